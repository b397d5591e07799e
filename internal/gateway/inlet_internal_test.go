package gateway

import (
	"fmt"
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/relay"
)

func TestPullLeg(t *testing.T) {
	for address, want := range map[string]string{
		"srt://192.0.2.1:9000": "192.0.2.1:9000  2000 0 ",
		"srt://host.example:9000?streamid=%23!::r=a&mode=caller":        "host.example:9000 #!::r=a 2000 0 ",
		"srt://[2001:db8::1]:9000?passphrase=orchard-lantern-7":         "2001:db8::1:9000  2000 16 orchard-lantern-7",
		"srt://192.0.2.1:9000?passphrase=orchard-lantern-7&pbkeylen=32": "192.0.2.1:9000  2000 32 orchard-lantern-7",
		"srt://192.0.2.1":                            "",
		"srt://192.0.2.1:0":                          "",
		"srt://192.0.2.1:70000":                      "",
		"srt://192.0.2.1:9000/path":                  "",
		"srt://user@192.0.2.1:9000":                  "",
		"srt://192.0.2.1:9000?latency=200":           "", // milliseconds for some, microseconds for others
		"srt://192.0.2.1:9000?pbkeylen=long":         "",
		"srt://192.0.2.1:9000?mode=listener":         "",
		"srt://192.0.2.1:9000?streamid=a&streamid=b": "",
		"http://192.0.2.1:9000":                      "",
		"srt://192.0.2.1:9000?streamid=%zz":          "",
	} {
		leg, err := pullLeg(medialive.ChannelSource{URL: medialive.URL(address)})
		got := fmt.Sprintf("%s:%d %s %d %d %s", leg.Host, leg.Port, leg.StreamID, leg.Latency, leg.KeyLength, leg.Passphrase)
		if (err != nil) != (want == "") || err == nil && got != want {
			t.Errorf("%s: %q, %v; want %q", address, got, err, want)
		}
	}
	leg, err := pullLeg(medialive.ChannelSource{
		URL: "srt://192.0.2.1:9000?streamid=theirs&passphrase=another-passphrase", StreamID: "ours", Passphrase: "orchard-lantern-7", KeyLength: 24, Latency: 80,
	})
	if err != nil || leg.StreamID != "ours" || leg.Passphrase != "orchard-lantern-7" || leg.KeyLength != 24 || leg.Latency != 80 {
		t.Errorf("the fields go before the address: %+v, %v", leg, err)
	}
}

// FuzzPullLeg: whatever is typed as an address, what comes of it is one that can be
// called, or nothing.
func FuzzPullLeg(f *testing.F) {
	f.Add("srt://192.0.2.1:9000?streamid=a&passphrase=orchard-lantern-7&pbkeylen=16")
	f.Add("srt://flow/11111111-1111-1111-1111-111111111111")
	f.Fuzz(func(t *testing.T, address string) {
		s := medialive.ChannelSource{URL: medialive.URL(address)}
		leg, err := pullLeg(s)
		if id, ok := pulledFlow(s.URL); ok && err == nil {
			t.Errorf("%q is flow %q and a far end", address, id)
		}
		if err == nil && (leg.Mode != relay.Call || leg.Port < 1 || leg.Port > medialive.MaxPort || (leg.Passphrase == "") != (leg.KeyLength == 0)) {
			t.Errorf("%q: %+v", address, leg)
		}
	})
}

// TestNetworks: what cannot be read admits nobody, rather than everybody.
func TestNetworks(t *testing.T) {
	if got := networks("192.0.2.7, 198.51.100.9/24,2001:db8::1"); fmt.Sprint(got) != "[192.0.2.7/32 198.51.100.0/24 2001:db8::1/128]" {
		t.Error(got)
	}
	if got := networks("anyone"); fmt.Sprint(got) != "[0.0.0.0/32]" {
		t.Error(got)
	}
	if got := networks(""); got != nil {
		t.Error(got)
	}
}
