package channelform

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

func hls(id, address string, segment int) medialive.HLSPackage {
	return medialive.HLSPackage{Package: medialive.Package{ID: id, URL: address, SegmentDuration: segment}}
}

func channel(change ...func(*medialive.Channel)) medialive.Channel {
	ch := medialive.Channel{
		Name:  "one",
		Input: medialive.ChannelInput{Protocol: medialive.SRTPush, Sources: []medialive.ChannelSource{{Bitrate: 1000, Passphrase: "a secret indeed"}}},
		Outputs: []medialive.Endpoint{{
			HLS:  []medialive.HLSPackage{hls("h1", "play.example.com/1", 4), hls("h2", "play.example.com/2", 4)},
			DASH: []medialive.DASHPackage{{Package: medialive.Package{ID: "d1", URL: "play.example.com/3", SegmentDuration: 4}}},
		}},
	}
	for _, c := range change {
		c(&ch)
	}
	return ch
}

func TestChangesAndEffects(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(*medialive.Channel)
		changes string // path:from>to
		effect  Effect
	}{
		"nothing": {func(*medialive.Channel) {}, "", Effect{}},
		"name":    {func(ch *medialive.Channel) { ch.Name = "two" }, "name:one>two", Effect{}},
		"state":   {func(ch *medialive.Channel) { ch.State = medialive.ChannelOn }, "", Effect{}},
		"secret": {
			func(ch *medialive.Channel) { ch.Input.Sources[0].Passphrase = "another secret" },
			"input.sources[0].passphrase:******>******",
			Effect{Input: true, Packages: []string{"endpoints[0].hls_package[0]", "endpoints[0].hls_package[1]", "endpoints[0].dash_package[0]"}},
		},
		"pictures": {func(ch *medialive.Channel) { ch.Input.Sources[0].EnableSnapshot = true }, "input.sources[0].enable_snapshot:>1", Effect{}},
		"ladder": {
			func(ch *medialive.Channel) { ch.Encoders = []medialive.EncoderSetting{{TemplateID: "720p"}} },
			"encoder_settings[0]:>720p",
			Effect{Encoder: true, Packages: []string{"endpoints[0].hls_package[0]", "endpoints[0].hls_package[1]", "endpoints[0].dash_package[0]"}},
		},
		"recording": {
			func(ch *medialive.Channel) { ch.Record.RollingBuffer = 60 }, "record_settings.rollingbuffer_duration:>60", Effect{Recorder: true},
		},
		"first package away": {
			func(ch *medialive.Channel) { ch.Outputs[0].HLS = ch.Outputs[0].HLS[1:] },
			"endpoints[0].hls_package[0]:play.example.com/1>",
			Effect{Gone: []string{"endpoints[0].hls_package[0]"}},
		},
		"package added": {
			func(ch *medialive.Channel) {
				ch.Outputs[0].HLS = append(ch.Outputs[0].HLS, hls("", "play.example.com/4", 4))
			},
			"endpoints[0].hls_package[2]:>play.example.com/4",
			Effect{Added: []string{"endpoints[0].hls_package[2]"}},
		},
		"segments": {
			func(ch *medialive.Channel) { ch.Outputs[0].HLS[1].SegmentDuration = 2 },
			"endpoints[0].hls_package[1].segment_duration_seconds:4>2",
			Effect{Packages: []string{"endpoints[0].hls_package[1]"}},
		},
		"whitelist": {
			func(ch *medialive.Channel) { ch.Outputs[0].HLS[1].IPWhitelist = "192.0.2.1" },
			"endpoints[0].hls_package[1].ip_whitelist:>192.0.2.1",
			Effect{},
		},
		"standby": {
			func(ch *medialive.Channel) {
				ch.Input.Standby = []medialive.ChannelSource{{Bitrate: 5, URL: "srt://b"}}
			},
			"input.secondary_sources[0]:>srt://b",
			Effect{Input: true, Packages: []string{"endpoints[0].hls_package[0]", "endpoints[0].hls_package[1]", "endpoints[0].dash_package[0]"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			from, to := channel(), channel(c.change)
			var got []string
			for _, ch := range Changes(from, to) {
				got = append(got, fmt.Sprintf("%s:%s>%s", ch.Path, strings.Join(ch.From, ","), strings.Join(ch.To, ",")))
			}
			if strings.Join(got, " ") != c.changes {
				t.Errorf("%q, want %q", got, c.changes)
			}
			if e := Compare(from, to); !reflect.DeepEqual(e, c.effect) {
				t.Errorf("%+v, want %+v", e, c.effect)
			}
		})
	}
}

// TestAllOfAChannelChanges: against nothing every field is a change, and none
// tells a secret.
func TestAllOfAChannelChanges(t *testing.T) {
	secrets := secretsOf(full())
	for _, c := range append(Changes(medialive.Channel{}, full()), Changes(full(), medialive.Channel{})...) {
		for _, s := range secrets {
			if strings.Contains(fmt.Sprint(c.From, c.To), s.value.Reveal()) {
				t.Errorf("%s tells a secret", c.Path)
			}
		}
	}
}

// TestOrderOfPackages: packages that only change places are one change, and
// interrupt nothing.
func TestOrderOfPackages(t *testing.T) {
	pack := func(id string) medialive.HLSPackage {
		return medialive.HLSPackage{Package: medialive.Package{ID: id, URL: "play.example.com/" + id, SegmentDuration: 4}}
	}
	from := medialive.Channel{Outputs: []medialive.Endpoint{{HLS: []medialive.HLSPackage{pack("a"), pack("b"), pack("c")}}}}
	to := medialive.Channel{Outputs: []medialive.Endpoint{{HLS: []medialive.HLSPackage{pack("b"), pack("a"), pack("c")}}}}
	got := Changes(from, to)
	if len(got) != 1 || got[0].Path != "endpoints[0].hls_package" || !slices.Equal(got[0].To, []string{"play.example.com/b", "play.example.com/a", "play.example.com/c"}) {
		t.Errorf("%v", got)
	}
	if e := Compare(from, to); !e.None() {
		t.Errorf("%v", e)
	}
	gone := medialive.Channel{Outputs: []medialive.Endpoint{{HLS: []medialive.HLSPackage{pack("b"), pack("c")}}}}
	for _, c := range Changes(from, gone) {
		if c.Kind == Lines {
			t.Errorf("one is gone, the others stay in order: %v", c)
		}
	}
}

// TestMove: an item changes places with its neighbour, with all that is below it,
// over places that are empty; at the end nothing happens.
func TestMove(t *testing.T) {
	form := url.Values{"encoder_settings[0].template_id": {"a"}, "encoder_settings[3].template_id": {"b"}, "encoder_settings[10].template_id": {"c"}, "name": {"n"}}
	order := func() (all []string) {
		p, err := Parse(form, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range p.Channel.Encoders {
			all = append(all, e.TemplateID)
		}
		return all
	}
	for _, c := range []struct {
		item string
		by   int
		want string
	}{
		{"encoder_settings[3]", -1, "b a c"},
		{"encoder_settings[0]", -1, "b a c"},
		{"encoder_settings[3]", 1, "b c a"},
		{"encoder_settings[10]", 1, "b c a"},
		{"encoder_settings[7]", 1, "b c a"},
		{"name", 1, "b c a"},
	} {
		Move(form, c.item, c.by)
		if got := strings.Join(order(), " "); got != c.want {
			t.Errorf("%s by %d: %s, want %s", c.item, c.by, got, c.want)
		}
	}
}
