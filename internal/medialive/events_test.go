package medialive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestReadEvents(t *testing.T) {
	flow := Event{Kind: EventFlow, FlowID: "1", Flow: &Flow{ID: "1", Status: Active}}
	data, err := json.Marshal(flow)
	if err != nil {
		t.Fatal(err)
	}
	big := strings.Repeat("x", 2000)
	for name, c := range map[string]struct {
		stream string
		kinds  []EventKind
		fault  string // empty: the stream just ends
	}{
		"nothing":            {"", nil, ""},
		"one":                {"data: {\"kind\":\"beat\"}\n\n", []EventKind{EventBeat}, ""},
		"with other fields":  {"retry: 5\nid: 7\nevent: beat\ndata:{\"kind\":\"beat\"}\n\n", []EventKind{EventBeat}, ""},
		"comments":           {": hello\n\n:\n\ndata: {\"kind\":\"ready\"}\n\n", []EventKind{EventReady}, ""},
		"several lines":      {"data: {\"kind\":\ndata: \"beat\"}\n\n", []EventKind{EventBeat}, ""},
		"CRLF":               {"data: {\"kind\":\"beat\"}\r\n\r\n", []EventKind{EventBeat}, ""},
		"unknown kind":       {"data: {\"kind\":\"later\",\"more\":[1]}\n\n", []EventKind{"later"}, ""},
		"in full":            {"data: " + string(data) + "\n\n", []EventKind{EventFlow}, ""},
		"cut off":            {"data: {\"kind\":\"beat\"}\n\ndata: {\"kind\":\"be", []EventKind{EventBeat}, ""},
		"no kind":            {"data: {}\n\n", nil, "without a kind"},
		"not JSON":           {"data: beat\n\n", nil, "decode"},
		"endless line":       {"data: " + big + "\n\n", nil, "a line of more than"},
		"endless comment":    {":" + big, nil, "a line of more than"},
		"endless event":      {strings.Repeat("data: 0123456789\n", 100), nil, "an event of more than"},
		"JSON of other type": {"data: [1]\n\n", nil, "decode"},
	} {
		t.Run(name, func(t *testing.T) {
			var kinds []EventKind
			err := readEvents(strings.NewReader(c.stream), 1000, func() {}, func(e Event) error {
				kinds = append(kinds, e.Kind)
				return nil
			})
			if !reflect.DeepEqual(kinds, c.kinds) {
				t.Errorf("told %v, want %v", kinds, c.kinds)
			}
			var wrong *eventError
			if c.fault == "" && err != io.EOF || c.fault != "" && (!errors.As(err, &wrong) || !strings.Contains(err.Error(), c.fault)) {
				t.Errorf("ended with %v, want %q", err, c.fault)
			}
		})
	}
}

// streaming serves an event stream, until f returns.
func streaming(t *testing.T, f func(ctx context.Context, send func(string))) *Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/ext/v1/p/events" || r.Header.Get("X-Auth-Token") != "secret-token" || r.Header.Get("Accept") != "text/event-stream" {
			t.Errorf("asked for %s with %v", r.URL.Path, r.Header)
		}
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		control := http.NewResponseController(w)
		_ = control.Flush()
		f(r.Context(), func(s string) { _, _ = io.WriteString(w, s); _ = control.Flush() })
	}))
	t.Cleanup(server.Close)
	return testClient(t, server.URL, func(l *limits) { l.silence = 200 * time.Millisecond })
}

func TestEvents(t *testing.T) {
	stop := errors.New("that is enough")
	beats := func(ctx context.Context, send func(string)) {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ; i++ {
			send(fmt.Sprintf("data: {\"kind\":\"beat\",\"flow_id\":\"%d\"}\n\n", i))
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}
	t.Run("go on while it beats", func(t *testing.T) {
		var told int
		start := time.Now()
		err := streaming(t, beats).Events(t.Context(), func(e Event) error {
			if e.FlowID != fmt.Sprint(told) {
				t.Errorf("event %s came as number %d", e.FlowID, told)
			}
			if told++; time.Since(start) > 500*time.Millisecond {
				return stop
			}
			return nil
		})
		if wantKind(t, err, KindUnavailable); !errors.Is(err, stop) || told < 5 {
			t.Errorf("%v after %d events", err, told)
		}
	})
	t.Run("end with the context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		err := streaming(t, beats).Events(ctx, func(Event) error { cancel(); return nil })
		if wantKind(t, err, KindUnavailable); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	t.Run("silence", func(t *testing.T) {
		silent := streaming(t, func(ctx context.Context, send func(string)) {
			send("data: {\"kind\":\"beat\"}\n\ndata: ")
			<-ctx.Done()
		})
		err := silent.Events(t.Context(), func(Event) error { return nil })
		if wantKind(t, err, KindUnavailable); !strings.Contains(err.Error(), "nothing came for 200ms") {
			t.Error(err)
		}
	})
	t.Run("bytes without a line are silence", func(t *testing.T) {
		dripping := streaming(t, func(ctx context.Context, send func(string)) {
			tick := time.NewTicker(10 * time.Millisecond)
			defer tick.Stop()
			for ctx.Err() == nil {
				send("x")
				<-tick.C
			}
		})
		err := dripping.Events(t.Context(), func(Event) error { return nil })
		if wantKind(t, err, KindUnavailable); !strings.Contains(err.Error(), "nothing came") {
			t.Error(err)
		}
	})
	t.Run("the stream ends", func(t *testing.T) {
		over := streaming(t, func(_ context.Context, send func(string)) { send("data: {\"kind\":\"ready\"}\n\n") })
		var told []EventKind
		err := over.Events(t.Context(), func(e Event) error { told = append(told, e.Kind); return nil })
		if wantKind(t, err, KindUnavailable); !errors.Is(err, io.EOF) || len(told) != 1 {
			t.Errorf("%v after %v", err, told)
		}
	})
	t.Run("garbage", func(t *testing.T) {
		c := streaming(t, func(_ context.Context, send func(string)) { send("data: {\n\n") })
		wantKind(t, c.Events(t.Context(), nil), KindUnreadable)
	})
}

func TestEventsThatDoNotBegin(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		kind   Kind
	}{
		"not a stream":  {200, `{"kind":"beat"}`, KindUnreadable},
		"not signed in": {401, `{"error_code":"APIG.0301","error_msg":"x"}`, KindNotSignedIn},
		"not permitted": {401, `{"error_code":"LIVE.100011003","error_msg":"x"}`, KindNotPermitted},
		"unavailable":   {502, "<html>", KindUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			url, _ := answering(t, c.status, nil, c.body)
			wantKind(t, testClient(t, url).Events(t.Context(), nil), c.kind)
		})
	}
	t.Run("no answer", func(t *testing.T) {
		c := testClient(t, hanging(t, ""), func(l *limits) { l.silence = 50 * time.Millisecond })
		wantKind(t, c.Events(t.Context(), nil), KindUnavailable)
	})
}

func FuzzEvents(f *testing.F) {
	f.Add("event: beat\ndata: {\"kind\":\"beat\"}\n\n")
	f.Add("data: {\"kind\":\"flow\",\"flow\":{\"flow_id\":\"1\",\"sources\":[{\"decryption\":null}]}}\r\n\r\n")
	f.Add(": c\n\ndata\ndata:\ndata: \n\n")
	f.Fuzz(func(t *testing.T, stream string) {
		var lines, events int
		err := readEvents(strings.NewReader(stream), 256, func() { lines++ }, func(e Event) error {
			if events++; e.Kind == "" {
				t.Fatal("an event without a kind")
			}
			return nil
		})
		if err == nil || events > lines {
			t.Fatalf("%v, %d events in %d lines", err, events, lines)
		}
	})
}
