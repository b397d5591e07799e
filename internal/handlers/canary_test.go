package handlers

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestT5Panic lets each handler panic over a request that is full of secrets:
// neither the answer nor the log, which has the stack, has any of them.
func TestT5Panic(t *testing.T) {
	e, table, log := panicking(t)
	const secret = "CANARY-of-a-request"
	answers, hits := 0, 0
	for _, r := range table {
		path := strings.NewReplacer(":id", "x", ":name", "x", ":note", "x", ":key", secret+"-in-the-path", "*", "x").Replace(r.path)
		for _, htmx := range []string{"", "true"} {
			request := httptest.NewRequest(r.method, path+"?next=/flows&key="+secret, strings.NewReader("passphrase="+secret+"&password="+secret))
			for name, value := range map[string]string{
				"Content-Type": "application/x-www-form-urlencoded", "Cookie": "flowdeck=" + secret, "Authorization": "Bearer " + secret,
				"X-Auth-Token": secret, "HX-Request": htmx, "Referer": "http://x/wall/" + secret,
			} {
				request.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			e.ServeHTTP(w, request)
			answers++
			if w.Code != http.StatusInternalServerError {
				t.Errorf("%s %s: %d", r.method, r.path, w.Code)
			}
			if strings.Contains(w.Body.String(), secret) {
				hits++
				t.Errorf("%s %s answers with a secret:\n%s", r.method, r.path, w.Body)
			}
		}
	}
	if strings.Contains(log.String(), secret) {
		hits++
		t.Errorf("the log has a secret:\n%s", log)
	}
	t.Logf("evidence: T5 | panics in all routes over requests full of secrets, %d answers and the log with its stacks: hits | %d | 0", answers, hits)
}
