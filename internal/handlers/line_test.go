package handlers_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// A stream is the same by each protocol, though over HTTP/1 its connection is
// taken out of the server's hands.
func TestStreamByProtocol(t *testing.T) {
	h := newHouse(t, func(c *medialivetest.Cloud) { c.Add(flowOf("FEED-A", medialive.Standby)) })
	second := httptest.NewUnstartedServer(h.echo)
	second.EnableHTTP2 = true
	second.StartTLS()
	t.Cleanup(second.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	over2 := second.Client()
	over2.Jar, over2.CheckRedirect = jar, func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, b := range []*browser{h.browser(), {t: t, base: second.URL, http: over2}} {
		b.post("/login", form("account", "account", "username", "op-1", "password", password, "region", "local"))
		ctx, cancel := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.base+"/live?view=list&limit=20", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := (&http.Client{Transport: b.http.Transport, Jar: b.http.Jar}).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "text/event-stream" {
			t.Errorf("%s: %s, %s", answer.Proto, answer.Status, answer.Header.Get("Content-Type"))
		}
		for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "X-Request-Id", "Date"} {
			if answer.Header.Get(name) == "" {
				t.Errorf("%s: no header %s", answer.Proto, name)
			}
		}
		if got := answer.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: Cache-Control %q", answer.Proto, got)
		}
		first, err := bufio.NewReader(answer.Body).ReadString('\n')
		if err != nil || !strings.Contains(first, partial("flow-rows")) {
			t.Errorf("%s: the first frame is %q, %v", answer.Proto, first, err)
		}
		cancel()
		_ = answer.Body.Close()
		eventually(t, answer.Proto+": the viewer is gone", func() bool {
			return strings.Contains(h.browser().get("/metrics").body, "flowdeck_live_viewers 0")
		})
	}
}
