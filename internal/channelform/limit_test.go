package channelform_test

import (
	"net/url"
	"slices"
	"testing"

	"github.com/flowdeck/flowdeck/internal/channelform"
	"github.com/flowdeck/flowdeck/internal/medialive"
)

var limits = []medialive.ChannelLimit{
	{Field: "mode", Value: "ADD_CDN", Reason: "no CDN"},
	{Field: "input.sources", Most: 1, Reason: "one comes in"},
	{Field: "input.sources.url", Partly: true, Reason: "some"},
	{Field: "input.sources.bitrate_for3u8", Reason: "measured"},
	{Field: "endpoints.hls_package.encryption", Reason: "no DRM"},
	{Field: "endpoints.hls_package.ads", Reason: "no ads"},
	{Field: "endpoints.mss_package", Reason: "no MSS"},
	{Field: "input.audio_selectors", Reason: "one track"},
}

// TestBeyond: what a form asks for is told at its field, and nothing that it does
// not ask for.
func TestBeyond(t *testing.T) {
	form := url.Values{
		"mode": {"ADD_CDN"}, "input.sources[0]": {"1"}, "input.sources[0].url": {"srt://a"}, "input.sources[1]": {"1"},
		"input.sources[0].bitrate_for3u8": {"0"}, "input.sources[1].bitrate_for3u8": {"1"},
		"endpoints[0].hls_package[0].encryption": {"0"}, "endpoints[0].hls_package[1].encryption": {"1"},
		"endpoints[0].hls_package[0].ads": {"{}"}, "endpoints[0].mss_package[0]": {"1"}, "endpoints[0].mss_package[0].url": {"a"},
	}
	var got []string
	for _, f := range channelform.Beyond(form, limits) {
		if f.Code != channelform.FaultLimit {
			t.Errorf("%v", f)
		}
		got = append(got, f.Field+": "+f.Value)
	}
	want := []string{
		"endpoints[0].hls_package[1].encryption: no DRM", "endpoints[0].mss_package[0]: no MSS", "input.sources[1]: one comes in",
		"input.sources[1].bitrate_for3u8: measured", "mode: no CDN",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	form.Set("mode", "ONLY_OS")
	if slices.ContainsFunc(channelform.Beyond(form, limits), func(f medialive.Fault) bool { return f.Field == "mode" }) {
		t.Error("the other mode is possible")
	}
	if got := channelform.Beyond(form, nil); len(got) != 0 {
		t.Errorf("without limits: %v", got)
	}
}

// TestNever: what cannot be had is told where nothing is set, lists where they
// are full.
func TestNever(t *testing.T) {
	form := url.Values{"endpoints[0].hls_package[1].encryption": {"1"}}
	for path, want := range map[string]string{
		"mode": "", "name": "", "input.sources": "", "input.sources[0].url": "",
		"input.audio_selectors": "one track", "endpoints[0].mss_package": "no MSS",
		"endpoints[0].hls_package[0].encryption": "no DRM", "endpoints[0].hls_package[1].encryption": "",
	} {
		if got := channelform.Never(form, path, limits); got != want {
			t.Errorf("%s: %q", path, got)
		}
	}
	form.Set("input.sources[0]", "1")
	if got := channelform.Never(form, "input.sources", limits); got != "one comes in" {
		t.Errorf("full: %q", got)
	}
}
