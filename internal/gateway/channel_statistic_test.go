package gateway_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/packager"
)

func TestStatisticTellsSignalsThatWereSeen(t *testing.T) {
	t.Parallel()
	f, r := newChannelFixture(t)
	f.createRunnable(testKey)
	at := time.Unix(1_741_650_700, 0)
	query := func(kind medialive.SCTE35Kind, from, to time.Time) medialive.SCTE35List {
		t.Helper()
		list, err := f.client.ShowChannelStatistic(t.Context(), medialive.QuerySCTE35(testKey, kind, from, to), 100, 0)
		f.must(err)
		return list
	}
	if list := query(medialive.AllSignals, at, at.Add(time.Hour)); list.Total != 0 || len(list.Signals) != 0 {
		t.Errorf("nothing was seen: %v", list)
	}
	section := []byte{0xfc, 0x30, 0x11}
	insert := packager.Signal{Seen: at, Start: at, Kind: packager.SpliceInsert, EventID: 7, Duration: 30 * time.Second, Section: section}
	odd := packager.Signal{
		Seen: at.Add(time.Second), Start: at.Add(time.Minute), Kind: packager.TimeSignal, EventID: 1<<32 - 1, Duration: packager.NoDuration,
		Segmentation: 0x30, Section: make([]byte, 4093),
	}
	r.set(func(r *fakeChannels) { r.signals = []packager.Signal{insert, odd} })
	_, err := f.client.SwitchChannel(t.Context(), testKey, medialive.ChannelOn)
	f.must(err)
	eventually(t, "both signals", 2*patience, func() bool {
		return query(medialive.AllSignals, at, at.Add(time.Hour)).Total == 2
	})
	list := query(medialive.SpliceInsert, at, at.Add(time.Second))
	if list.Total != 1 {
		t.Fatalf("%+v", list)
	}
	got := list.Signals[0]
	if !strings.Contains(got.Decoded, `"event_id":7`) {
		t.Errorf("decoded as %s", got.Decoded)
	}
	got.Decoded = ""
	if want := (medialive.SCTE35Event{
		Kind: medialive.SpliceInsert, EventID: 7, Start: at.Unix(), Duration: 30, Segmentation: medialive.NoSegmentation,
		Data: base64.StdEncoding.EncodeToString(section), Role: medialive.MasterRegion, Region: region,
	}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	list = query(medialive.TimeSignal, at, at.Add(time.Hour))
	if list.Total != 1 || list.Signals[0].Segmentation != medialive.ProviderAdStart || list.Signals[0].Duration != -1 {
		t.Errorf("%+v", list)
	}
	q := medialive.QuerySCTE35(testKey, medialive.AllSignals, at, at.Add(time.Hour))
	q.Role = medialive.SlaveRegion
	if list, err := f.client.ShowChannelStatistic(t.Context(), q, 100, 0); err != nil || list.Total != 0 {
		t.Errorf("the standby region: %v, %v", list, err)
	}
	for path, want := range map[string]int{"?limit=0": 400, "?limit=1&offset=1": 200} {
		if reply := f.ask("POST", "/v1/ott/channels/statistic"+path, body(t, q)); reply.status != want {
			t.Errorf("%s: %d %s", path, reply.status, reply.body)
		}
	}
}

// TestStatisticRefuses: alone of the channel operations it has the other shape,
// and 404.
func TestStatisticRefuses(t *testing.T) {
	t.Parallel()
	f := newFixture(t, newFakeRelay())
	q := medialive.QuerySCTE35(testKey, medialive.AllSignals, time.Unix(1, 0), time.Unix(2, 0))
	if r := f.ask("POST", "/v1/ott/channels/statistic", body(t, q)); r.status != 404 || r.code != "LIVE.103011099" || r.msg != "query channel statistic failed" {
		t.Errorf("unknown channel: %d %s", r.status, r.body)
	}
	q.Type = "bitrate"
	if r := f.ask("POST", "/v1/ott/channels/statistic", body(t, q)); r.status != 400 || r.code != codeBad || !strings.Contains(r.msg, "type") {
		t.Errorf("unknown type: %d %s", r.status, r.body)
	}
}
