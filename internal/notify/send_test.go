package notify

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestPermitted(t *testing.T) {
	t.Parallel()
	allow := []netip.Prefix{netip.MustParsePrefix("10.9.0.0/16")}
	cases := []struct {
		address string
		secure  bool
		want    error
	}{
		{"8.8.8.8:443", true, nil},
		{"[2606:4700::1111]:443", true, nil},
		{"8.8.8.8:80", false, errClear},
		{"10.9.1.2:443", true, nil},
		{"10.9.1.2:80", false, nil},
		{"[::ffff:10.9.1.2]:80", false, nil},
		{"10.8.1.2:443", true, errAddress},
		{"127.0.0.1:443", true, errAddress},
		{"[::1]:443", true, errAddress},
		{"[::ffff:127.0.0.1]:443", true, errAddress},
		{"[::]:443", true, errAddress},
		{"0.0.0.0:443", true, errAddress},
		{"0.1.2.3:443", true, errAddress},
		{"172.16.0.1:443", true, errAddress},
		{"192.168.1.1:443", true, errAddress},
		{"169.254.169.254:443", true, errAddress}, // metadata of clouds
		{"[fe80::1%eth0]:443", true, errAddress},
		{"[fd00:ec2::254]:443", true, errAddress},
		{"[fec0::1]:443", true, errAddress},
		{"100.100.100.200:443", true, errAddress},
		{"[64:ff9b::7f00:1]:443", true, errAddress}, // 127.0.0.1 behind a translator
		{"[2002:7f00:1::]:443", true, errAddress},   // the same in 6to4
		{"224.0.0.1:443", true, errAddress},
		{"255.255.255.255:443", true, errAddress},
		{"198.18.0.1:443", true, errAddress},
	}
	for _, c := range cases {
		if err := permitted(c.address, c.secure, allow); !errors.Is(err, c.want) {
			t.Errorf("%s, https %t: %v, want %v", c.address, c.secure, err, c.want)
		}
	}
	if permitted("example.org:443", true, allow) == nil {
		t.Error("a name is not an address")
	}
}

// FuzzPermitted looks for an address that may be reached and is not public.
func FuzzPermitted(f *testing.F) {
	for _, a := range []string{"127.0.0.1:1", "[::1]:1", "8.8.8.8:443", "[::ffff:a00:1]:1", "[64:ff9b::a00:1]:1"} {
		f.Add(a)
	}
	f.Fuzz(func(t *testing.T, address string) {
		if permitted(address, true, nil) != nil {
			return
		}
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			t.Fatalf("%q is permitted and no address", address)
		}
		ip := at.Addr().Unmap()
		if ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified() {
			t.Fatalf("%q is permitted", address)
		}
	})
}

func TestTextsForPeopleCannotCall(t *testing.T) {
	t.Parallel()
	m := Message{Event: "alarm.raised", Alarm: Alarm{
		Kind: "source_lost", Flow: "<!channel> <at user_id=\"all\">x</at> & co", Since: time.Unix(0, 0),
	}}
	for _, shape := range []Shape{Slack, Feishu} {
		body, err := Webhook{Shape: shape, Lang: "zh"}.body(m, nil, time.Unix(0, 0))
		if err != nil {
			t.Fatal(err)
		}
		if text := string(body); strings.Contains(text, "<") || strings.Contains(text, "\\u003c") {
			t.Errorf("%s: %s", shape, text)
		}
	}
}

// What openssl gives, see TestSignatures.
const (
	opensslPlain  = "9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae"
	opensslFeishu = "q6Oev4Wrs23QSZVkmQVsgFJ6N6asqz82R5NA5r3kxD0="
)

// TestSignatures compares with signatures made by openssl:
//
//	printf '1700000000.{}' | openssl dgst -sha256 -hmac key
//	printf '' | openssl dgst -sha256 -hmac "$(printf '1700000000\nkey')" -binary | base64
func TestSignatures(t *testing.T) {
	t.Parallel()
	at := time.Unix(1700000000, 0)
	if got := signature([]byte("key"), at, []byte("{}")); got != "t=1700000000,v1="+opensslPlain {
		t.Errorf("signature %s", got)
	}
	if got := (Webhook{Secret: "key"}).feishu(Message{}, at).Sign; got != opensslFeishu {
		t.Errorf("sign of Feishu %s", got)
	}
}
