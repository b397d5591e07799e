package medialive

import (
	"encoding/json"
	"testing"
	"time"
)

func TestSignals(t *testing.T) {
	const head = `{"domain":"push.example.com","app_name":"live","id":"ch1","type":"scte35"`
	for body, want := range map[string]int{ // signals; -1: unreadable
		head + `,"scte35":{"total":1,"scte35_info":[{"type":"Splice Insert","event_id":2147483648}]}}`: 1,
		head + `,"scte35":{"total":0}}`: 0,
		head + `,"scte35":null}`:        0,
		head + `}`:                      0,
		`{}`:                            -1,
		`{"domain":"push.example.com","app_name":"live","id":"ch2","type":"scte35"}`: -1,
	} {
		url, _ := answering(t, 200, nil, body)
		list, err := testClient(t, url).ShowChannelStatistic(t.Context(), StatisticQuery{ChannelKey: testChannel}, 10, 0)
		switch {
		case want < 0:
			wantKind(t, err, KindUnreadable)
		case err != nil || list.Signals == nil || len(list.Signals) != want:
			t.Errorf("%s: %+v, %v", body, list, err)
		case want == 1 && (list.Signals[0].Kind != SpliceInsert || list.Signals[0].EventID != 1<<31):
			t.Errorf("%+v", list)
		}
	}
}

// TestWordsOfSignals reads what is declared and what was published.
func TestWordsOfSignals(t *testing.T) {
	for text, want := range map[string]Segmentation{
		`"-"`:                                     NoSegmentation,
		`"ProviderAdvertisementStart"`:            ProviderAdStart,
		`"Provider advertisement Start"`:          ProviderAdStart,
		`"Distributor placement opportunity End"`: DistributorOpportunityEnd,
		`"Program Start"`:                         "Program Start",
	} {
		var got Segmentation
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s is read as %q, %v", text, got, err)
		}
	}
	for text, want := range map[string]SCTE35Kind{`"splice_insert"`: SpliceInsert, `"Splice Insert"`: SpliceInsert, `"Time Signal"`: TimeSignal} {
		var got SCTE35Kind
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s is read as %q, %v", text, got, err)
		}
	}
	if json.Unmarshal([]byte("7"), new(SCTE35Kind)) == nil || json.Unmarshal([]byte("7"), new(Segmentation)) == nil {
		t.Error("a number is no word")
	}
}

func TestQuerySCTE35(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 999, time.UTC)
	q := QuerySCTE35(testChannel, TimeSignal, at, at.Add(time.Hour))
	if data, err := json.Marshal(q); err != nil || string(data) !=
		`{"domain":"push.example.com","app_name":"live","id":"ch1","type":"scte35","scte35":{"type":"time_signal","start_time":1767323045,"end_time":1767326645}}` {
		t.Errorf("%s, %v", data, err)
	}
}
