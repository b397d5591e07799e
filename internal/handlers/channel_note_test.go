package handlers

import (
	"testing"

	"github.com/flowdeck/flowdeck/web/templates/text"
)

// What the trail keeps by the paths of fields, people read by the words of the forms.
func TestChannelNote(t *testing.T) {
	for detail, want := range map[string]string{
		`input.sources[0].bitrate: "3000000" → "5000000"`:                                 "Source 1 · Bitrate 3.00 Mb/s → 5.00 Mb/s",
		`input.secondary_sources[1].latency: "" → "120"`:                                  "Standby for source 2 · Latency 120 ms",
		`input.sources[0].passphrase: "******" → "new"`:                                   "Source 1 · Passphrase ****** → a new secret",
		`name: "Night" → ""`:                                                              "Name Night → not set",
		`endpoints[0].hls_package[1].segment_duration_seconds: "4" → "6"; more: "" → "3"`: "HLS 2 · Segment length 4 s → 6 s; +3",
		`an.odd[7].path: "a" → "b"`:                                                       "an.odd[7].path a → b",
	} {
		got := teller{t: text.For(text.EN)}.channelNote(detail)
		if got != want {
			t.Errorf("%s\n is told %q\n not %q", detail, got, want)
		}
	}
}
