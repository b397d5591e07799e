package gateway

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive/conform"
)

// TestRoutesFollowTheSpecification compares the table with the specification:
// every operation is there, with its permission, and nothing else is under /v1/.
func TestRoutesFollowTheSpecification(t *testing.T) {
	doc, err := conform.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			action := op.Extensions["x-iam-action"].(map[string]any)["action"]
			want[method+" "+path] = action.(string)
		}
	}
	if len(want) != 23 {
		t.Fatalf("the specification has %d operations", len(want))
	}
	got := map[string]string{}
	for _, rt := range (&Gateway{}).routes() {
		if len(rt.actions) == 0 || (rt.handle == nil) == (rt.stream == nil) {
			t.Errorf("%s: %d actions, and one handler is needed", rt.pattern, len(rt.actions))
		}
		if strings.Contains(rt.pattern, " /v1/") {
			got[rt.pattern] = rt.actions[0]
		}
	}
	for pattern, action := range want {
		if got[pattern] != action {
			t.Errorf("%s needs %s, the table says %q", pattern, action, got[pattern])
		}
		delete(got, pattern)
	}
	if len(got) > 0 {
		t.Errorf("not in the specification: %v", got)
	}
}

func FuzzPaging(f *testing.F) {
	for _, seed := range []string{"", "limit=10&offset=0", "limit=0", "limit=101", "limit=-1", "offset=-1", "offset=9223372036854775808", "limit=+5", "limit=%zz", "limit=1&limit=200", "limit=٣"} {
		f.Add(seed)
	}
	digits := regexp.MustCompile(`^[0-9]+$`)
	f.Fuzz(func(t *testing.T, raw string) {
		c := &call{Request: &http.Request{Method: http.MethodGet, URL: &url.URL{RawQuery: raw}}}
		values, err := c.query()
		if err != nil {
			return
		}
		limit, offset, err := paging(values)
		if err != nil {
			return
		}
		if limit < 1 || limit > 100 || offset < 0 {
			t.Fatalf("%q gave limit %d, offset %d", raw, limit, offset)
		}
		for _, key := range []string{"limit", "offset"} {
			if values.Has(key) && !digits.MatchString(values.Get(key)) {
				t.Fatalf("%q was read as a number", values.Get(key))
			}
		}
	})
}

// FuzzBodies reads what strangers may send as bodies: whatever passes must be
// within the limits, and whatever does not is a refusal, never another error.
func FuzzBodies(f *testing.F) {
	for _, seed := range []string{
		`[{"name":"a","protocol":"srt-listener","port":5000,"cidr_whitelist":["10.0.0.0/8"]}]`,
		`[{"name":"a","protocol":"srt-caller","destination":"srt://192.0.2.1","port":0}]`,
		`[{"name":"a","protocol":"srt-listener","encryption":{"key_type":"srt-password","passphrase":"0123456789"}}]`,
		`null`, `[null]`, `[[]]`, `{"name":{}}`, `[{"port":"abc"}]`, "[{\"name\":\"\xff\"}]", `[{"min_latency":1e99}]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		outputs, err := readOutputs(body)
		if err != nil {
			var known *refusal
			if !errors.As(err, &known) {
				t.Fatalf("not a refusal: %v", err)
			}
			return
		}
		for _, out := range outputs {
			if out.MinLatency < 10 || out.MinLatency > 15000 || out.Port != 0 && (out.Port < 1024 || out.Port > 65535) || len(out.CIDRWhitelist) > 20 {
				t.Fatalf("passed: %+v", out)
			}
			if _, err := encodeOutput(out); err != nil {
				t.Fatal(err)
			}
			for _, p := range prefixes(out.CIDRWhitelist) {
				if !p.IsValid() || !p.Addr().Is4() {
					t.Fatalf("whitelist %q gave %v", out.CIDRWhitelist, p)
				}
			}
		}
	})
}

func TestPanicIsAnswered(t *testing.T) {
	var log bytes.Buffer
	g := &Gateway{opts: Options{Log: slog.New(slog.NewTextHandler(&log, nil))}}
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		status  int
	}{
		"before the answer": {func(http.ResponseWriter, *http.Request) { panic("broken") }, http.StatusInternalServerError},
		"within the answer": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK); panic("broken") }, http.StatusOK},
	} {
		answered := httptest.NewRecorder()
		g.identified(g.recovered(c.handler)).ServeHTTP(answered, httptest.NewRequest(http.MethodGet, "/", nil))
		if answered.Code != c.status || c.status == http.StatusInternalServerError && !strings.Contains(answered.Body.String(), codeInternal) {
			t.Errorf("%s: %d %s", name, answered.Code, answered.Body)
		}
		if id := answered.Header().Get("X-Request-Id"); !strings.Contains(log.String(), id) || !strings.Contains(log.String(), "broken") {
			t.Errorf("%s: not in the log: %s", name, &log)
		}
	}
}

func TestPrefixesAdmitNobodyByAccident(t *testing.T) {
	got := prefixes([]string{"10.1.2.3/8", "nonsense"})
	if len(got) != 2 || got[0].String() != "10.0.0.0/8" || got[1].String() != "0.0.0.0/32" {
		t.Errorf("prefixes gave %v", got)
	}
}
