package gateway

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/packager"
	"github.com/flowdeck/flowdeck/internal/store"
)

// TestChannelSpec: all that a channel says reaches what runs it.
func TestChannelSpec(t *testing.T) {
	loss, window, low, high := 500, 60, 900_000, 1_800_000
	rec := channelRecord{store.Channel{UID: "u"}, medialive.Channel{
		Input: medialive.ChannelInput{
			Protocol: medialive.HLSPull, MaxBandwidth: 3_000_000,
			Sources:  []medialive.ChannelSource{{Bitrate: 1024, URL: "https://a.example.com/a.m3u8", BackupURLs: []medialive.URL{"https://b.example.com/a.m3u8"}}},
			Standby:  []medialive.ChannelSource{{URL: "https://c.example.com/a.m3u8"}},
			Failover: &medialive.FailoverConditions{LossThreshold: &loss, Preference: medialive.PreferPrimary},
		},
		Encoders: []medialive.EncoderSetting{{TemplateID: "720p"}, {TemplateID: "audio"}},
		Expand:   &medialive.EncoderExpand{Video: &medialive.VideoDescription{GOPDuration: 2}},
		Record:   medialive.RecordSettings{RollingBuffer: 3600},
		Outputs: []medialive.Endpoint{{
			HLS: []medialive.HLSPackage{{Version: "v7", Package: medialive.Package{
				ID: "h", SegmentDuration: 4, PlaylistWindow: &window, IPWhitelist: "192.0.2.9, 198.51.100.7/24", ManifestName: "main",
				StreamSelection:   []medialive.StreamSelection{{Key: "q=low", Min: &low, Max: &high}},
				ManifestSelection: &medialive.ManifestSelection{Order: medialive.OrderDescending, Min: 1, Max: &high},
				RequestArgs:       &medialive.RequestArgs{Record: []medialive.RecordArgs{{StartTime: "begin", EndTime: "end", Unit: "millisecond"}}},
			}}},
			DASH: []medialive.DASHPackage{{
				Package:                    medialive.Package{ID: "d", SegmentDuration: 2, AllowAllIPs: true, IPWhitelist: "192.0.2.9"},
				SuggestedPresentationDelay: 6, MinimumUpdatePeriod: 2, MinBufferTime: 3,
			}},
		}},
	}}
	got, err := (&Gateway{}).channelSpec(rec)
	if err != nil {
		t.Fatal(err)
	}
	hd, _ := template("720p")
	audio, _ := template("audio")
	want := packager.Spec{
		ID:      "u",
		Primary: packager.Source{Kind: packager.HLSPull, Address: "https://a.example.com/a.m3u8", Backups: []packager.Address{"https://b.example.com/a.m3u8"}, MaxBandwidth: 3_000_000, Bitrate: 1024},
		Standby: &packager.Source{Kind: packager.HLSPull, Address: "https://c.example.com/a.m3u8", MaxBandwidth: 3_000_000},
		Loss:    500 * time.Millisecond, GoBack: true, Ladder: []packager.Template{hd, audio}, GOP: 2 * time.Second, Record: time.Hour,
		Packages: []packager.Package{
			{
				ID: "h", Format: packager.HLS, FMP4: true, Segment: 4 * time.Second, Window: time.Minute, Manifest: "main",
				Access:     packager.Access{Restricted: true, Allow: []netip.Prefix{netip.MustParsePrefix("192.0.2.9/32"), netip.MustParsePrefix("198.51.100.0/24")}},
				Selections: []packager.Selection{{Key: "q=low", Min: low, Max: high}},
				Streams:    packager.Streams{Order: packager.Descending, Min: 1, Max: high},
				Catchup:    []packager.Span{{Begin: "begin", End: "end", Milliseconds: true}},
			},
			{ID: "d", Format: packager.DASH, Segment: 2 * time.Second, Delay: 6 * time.Second, Update: 2 * time.Second, Buffer: 3 * time.Second},
		},
	}
	if err := got.Validate(); err != nil {
		t.Error(err)
	}
	if got.Primary.Address != want.Primary.Address || got.Primary.Backups[0] != want.Primary.Backups[0] || got.Standby.Address != "https://c.example.com/a.m3u8" {
		t.Error("addresses differ") // they do not print
	}
	standby := *got.Standby
	got.Standby = want.Standby
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w || standby.MaxBandwidth != 3_000_000 {
		t.Errorf("\n got %s\nwant %s", g, w)
	}
}

func TestHLSVersions(t *testing.T) {
	for version, want := range map[medialive.Version]int{"": 0, "1": 1, "v3": 3, "V7": 7} {
		if got, err := hlsVersion(version); err != nil || got != want {
			t.Errorf("%q is %d, %v", version, got, err)
		}
	}
	for _, version := range []medialive.Version{"latest", "-7"} {
		if n, err := hlsVersion(version); err == nil {
			t.Errorf("%s is %d", version, n)
		}
	}
}
