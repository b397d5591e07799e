package medialive

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"
)

func TestExtensions(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	caps := Capabilities{Version: "1", Region: "local", SRTAddress: "127.0.0.1", PortFirst: 20000, PortLast: 20999, NextPort: 20001}
	stats := []FlowStatistics{{FlowID: testFlow, At: at, Source: LegStatistics{Name: "s", State: LegConnected, Bitrate: 5_000_000}, Outputs: []LegStatistics{}}}
	refused := []RefusedCaller{{Leg: "s", Address: "192.0.2.1", Reason: RefusedPassphrase, First: at, Last: at, Count: 3}}
	answers := map[string]any{
		"/ext/v1/p/capabilities":                        caps,
		"/ext/v1/p/statistics":                          []FlowStatistics{},
		"/ext/v1/p/statistics?flow_id=" + testFlow:      stats,
		"/ext/v1/p/refused-callers?flow_id=" + testFlow: refused,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, ok := answers[r.URL.RequestURI()]
		if !ok || r.Method != http.MethodGet || r.Header.Get("X-Auth-Token") == "" {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	defer server.Close()
	c := testClient(t, server.URL)
	if got, err := c.Capabilities(t.Context()); err != nil || !reflect.DeepEqual(got, caps) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := c.Statistics(t.Context(), ""); err != nil || len(got) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := c.Statistics(t.Context(), testFlow); err != nil || !reflect.DeepEqual(got, stats) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := c.RefusedCallers(t.Context(), testFlow); err != nil || !reflect.DeepEqual(got, refused) {
		t.Errorf("%+v, %v", got, err)
	}
}
