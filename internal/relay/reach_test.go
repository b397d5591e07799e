package relay

import (
	"errors"
	"net"
	"net/netip"
	"testing"
)

// TestT13Reach asks about addresses of every kind.
func TestT13Reach(t *testing.T) {
	own := func() ([]net.Addr, error) {
		return []net.Addr{&net.IPNet{IP: net.ParseIP("198.51.100.4"), Mask: net.CIDRMask(24, 32)}, &net.IPNet{IP: net.ParseIP("2001:db8::4"), Mask: net.CIDRMask(64, 128)}}, nil
	}
	shut := reach{own: own}
	open := reach{own: own, allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("198.51.100.4/32")}}
	for address, want := range map[string][2]bool{
		"203.0.113.9": {true, true}, "10.1.2.3": {true, true}, "192.168.1.9": {true, true}, "100.64.0.1": {true, true},
		"fd12:3456::1": {true, true}, "2606:4700::1111": {true, true}, "198.51.100.5": {true, true}, "::ffff:203.0.113.9": {true, true},
		"127.0.0.1": {false, true}, "127.255.255.254": {false, true}, "::ffff:127.0.0.1": {false, true}, "198.51.100.4": {false, true}, "::ffff:198.51.100.4": {false, true},
		"::1": {}, "::": {}, "0.0.0.0": {}, "0.1.2.3": {}, "255.255.255.255": {}, "240.0.0.1": {}, "224.0.0.1": {}, "239.1.2.3": {}, "ff02::1": {}, "ff05::1": {},
		"169.254.1.1": {}, "169.254.169.254": {}, "fe80::1": {}, "fe80::1%lo": {}, "fec0::1": {}, "100.100.100.200": {}, "168.63.129.16": {}, "192.0.0.192": {},
		"fd00:ec2::254": {}, "fd20:ce::254": {}, "64:ff9b::7f00:1": {}, "64:ff9b:1::7f00:1": {}, "2002:7f00:1::": {}, "2001:0:7f00:1::": {}, "::7f00:1": {}, "::ffff:0:127.0.0.1": {}, "2001:db8::4": {},
	} {
		ip := netip.MustParseAddr(address)
		for i, r := range []reach{shut, open} {
			if got := r.permits(ip) == nil; got != want[i] {
				t.Errorf("%s, allow %v: %t", address, r.allow, got)
			}
		}
	}
	blind := reach{own: func() ([]net.Addr, error) { return nil, errors.New("no list") }}
	if blind.permits(netip.MustParseAddr("203.0.113.9")) == nil {
		t.Error("an address that may be our own is called")
	}
}
