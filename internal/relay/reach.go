package relay

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"
)

// reach is where legs may call. Whoever may make a flow chooses whom the
// gateway calls, and must not use it as a hand into the machine it runs on, nor
// into what only that machine sees. Other networks, private ones too, are what
// SRT is for.
type reach struct {
	allow []netip.Prefix // although they lead to this machine
	own   func() ([]net.Addr, error)
}

func newReach(allow []netip.Prefix) reach { return reach{allow: allow, own: net.InterfaceAddrs} }

// Guard gives a check for net.Dialer.Control that lets nobody reach what legs
// may not call: for what channels pull by HTTP. allow are networks that may be
// reached although they lead to this machine.
func Guard(allow []netip.Prefix) func(network, address string, c syscall.RawConn) error {
	where := newReach(allow)
	return func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("%q is no address: %w", address, err)
		}
		return where.permits(to.Addr())
	}
}

// nobodys are ranges that lead to no far end, or to a service of a cloud that
// trusts its machines: IANA's special-purpose registries, and the addresses at
// which clouds give out credentials.
var nobodys = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),          // this machine, on Linux
	netip.MustParsePrefix("240.0.0.0/4"),        // reserved, and broadcast
	netip.MustParsePrefix("192.0.0.0/24"),       // protocols; Oracle's metadata
	netip.MustParsePrefix("100.100.100.200/32"), // Alibaba's metadata
	netip.MustParsePrefix("168.63.129.16/32"),   // Azure's host
	netip.MustParsePrefix("fd00:ec2::/32"),      // Amazon's metadata
	netip.MustParsePrefix("fd20:ce::/32"),       // Google's metadata
	netip.MustParsePrefix("::/96"),              // IPv4 written as IPv6
	netip.MustParsePrefix("::ffff:0:0:0/96"),    // the same, translated
	netip.MustParsePrefix("64:ff9b::/96"),       // IPv4 behind a translator
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("2002::/16"), // IPv4 in 6to4
	netip.MustParsePrefix("2001::/32"), // IPv4 in Teredo
	netip.MustParsePrefix("fec0::/10"), // site-local, abandoned
}

// permits tells whether a leg may call an address, as it is at the moment of
// the call: a name may stand for another one each time it is looked up.
func (r reach) permits(ip netip.Addr) error {
	ip = ip.Unmap().WithZone("")
	within := func(p netip.Prefix) bool { return p.Contains(ip) }
	if slices.ContainsFunc(r.allow, within) {
		return nil
	}
	refused := fmt.Errorf("%s may not be called: FLOWDECK_GATEWAY_CALL_ALLOW does not name it", ip)
	// Loopback, link-local, multicast, and all that is unspecified.
	if !ip.IsGlobalUnicast() || slices.ContainsFunc(nobodys, within) {
		return refused
	}
	own, err := r.own()
	if err != nil {
		return fmt.Errorf("list the addresses of this machine: %w", err)
	}
	for _, a := range own {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Unmap() == ip {
			return refused
		}
	}
	return nil
}
