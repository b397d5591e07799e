package conform

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// told keeps what a test is told, so that failures can be expected.
type told struct {
	testing.TB
	faults []string
}

func (t *told) Helper() {}

func (t *told) Errorf(format string, args ...any) {
	t.faults = append(t.faults, fmt.Sprintf(format, args...))
}

func TestServer(t *testing.T) {
	const (
		list    = `{"total":1,"flows":[{"name":"a","region":"local","flow_id":"1","status":"STANDBY","protocol":"srt-caller"}]}`
		refusal = `{"error_code":"LIVE.100011001","error_msg":"Request parameters is invalid"}`
	)
	for name, c := range map[string]struct {
		method, target, body string
		status               int
		answer               string
		fault                string // part of what the test is told; empty: nothing
	}{
		"good":                    {"GET", "/v1/p/flows?limit=1", "", 200, list, ""},
		"unknown field":           {"GET", "/v1/p/flows", "", 200, strings.Replace(list, `"name"`, `"new":1,"name"`, 1), ""},
		"null list":               {"GET", "/v1/p/flows", "", 200, `{"total":0,"flows":null}`, "answer does not conform"},
		"status not in the enum":  {"GET", "/v1/p/flows", "", 200, strings.Replace(list, "STANDBY", "IDLE", 1), "answer does not conform"},
		"undeclared status":       {"GET", "/v1/p/flows", "", 418, refusal, "answer does not conform"},
		"created as 200":          {"POST", "/v1/p/flows/outputs?flow_id=1", `[{"name":"a","protocol":"srt-caller"}]`, 200, `{}`, "answer does not conform"},
		"bad limit refused":       {"GET", "/v1/p/flows?limit=0", "", 400, refusal, ""},
		"bad limit let pass":      {"GET", "/v1/p/flows?limit=0", "", 200, list, "request does not conform"},
		"reserved port let pass":  {"PUT", "/v1/p/flows/sources?flow_id=1&source_name=a", `{"source":{"name":"a","protocol":"srt-caller","source_listener_port":2077}}`, 200, `{"flow_id":"1","source":{"name":"a","protocol":"srt-caller"}}`, "request does not conform"},
		"nine-character password": {"PUT", "/v1/p/flows/outputs?flow_id=1&output_name=a", `{"encryption":{"key_type":"srt-password","passphrase":"123456789"}}`, 200, `{"name":"a"}`, "request does not conform"},
		"mask and empty password": {"PUT", "/v1/p/flows/outputs?flow_id=1&output_name=a", `{"encryption":{"key_type":"srt-password","passphrase":"******"}}`, 200, `{"name":"a"}`, ""},
		"no flow_id":              {"PUT", "/v1/p/flows/start", "", 200, `{"flow_id":"1","status":"ACTIVE"}`, "request does not conform"},
		"refusal without a code":  {"GET", "/v1/p/flows", "", 400, `{}`, "answer does not conform"},
		"outside of the spec":     {"GET", "/ext/v1/p/capabilities", "", 200, `anything`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			tb := &told{TB: t}
			server := Server(tb, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.answer))
			}))
			r := httptest.NewRequest(c.method, c.target, strings.NewReader(c.body))
			r.Header.Set("X-Auth-Token", "token")
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			server.ServeHTTP(w, r)
			if w.Code != c.status || w.Body.String() != c.answer {
				t.Errorf("passed on as %d %s", w.Code, w.Body)
			}
			all := strings.Join(tb.faults, "\n")
			if (c.fault == "") != (all == "") || !strings.Contains(all, c.fault) {
				t.Errorf("told %q, want %q", all, c.fault)
			}
		})
	}
}

func TestServerWantsAuthentication(t *testing.T) {
	tb := &told{TB: t}
	server := Server(tb, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"total":0,"flows":[]}`))
	}))
	server.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/v1/p/flows", nil))
	if len(tb.faults) != 1 {
		t.Errorf("told %q", tb.faults)
	}
}
