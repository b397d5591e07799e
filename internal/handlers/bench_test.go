package handlers_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// BenchmarkList serves the list page beside a handler that writes the same
// bytes; the ratio of the two is the goal.
func BenchmarkList(b *testing.B) {
	for _, n := range []int{10, 100} {
		h := newHouse(b, func(c *medialivetest.Cloud) {
			for i := range n {
				c.Add(flowOf(fmt.Sprintf("FEED-%03d", i), medialive.Standby, outputOf("OUT-1"), outputOf("OUT-2")))
			}
		})
		cookie := signInFor(b, h)
		request := func() (*http.Request, *httptest.ResponseRecorder) {
			r := httptest.NewRequest(http.MethodGet, "/flows?limit=100", http.NoBody)
			r.Header.Set("Cookie", cookie)
			return r, httptest.NewRecorder()
		}
		var page []byte
		eventually(b, "the list is read", func() bool {
			r, w := request()
			h.echo.ServeHTTP(w, r)
			page = w.Body.Bytes()
			return w.Code == http.StatusOK && countRows(w.Body.String()) == n
		})
		static := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write(page)
		})
		for name, handler := range map[string]http.Handler{"dashboard": h.echo, "static": static} {
			b.Run(fmt.Sprintf("%d/%s", n, name), func(b *testing.B) {
				server := httptest.NewServer(handler)
				defer server.Close()
				client := server.Client()
				b.ReportAllocs()
				for b.Loop() {
					r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, server.URL+"/flows?limit=100", http.NoBody)
					if err != nil {
						b.Fatal(err)
					}
					r.Header.Set("Cookie", cookie)
					if err := drain(client, r); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// signInFor gives the cookie of somebody who is signed in.
func signInFor(b *testing.B, h *house) string {
	b.Helper()
	values := form("account", "account", "username", "op-1", "password", password, "region", "local")
	r := httptest.NewRequest(http.MethodPost, "/login", strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.echo.ServeHTTP(w, r)
	cookie, _, _ := strings.Cut(w.Header().Get("Set-Cookie"), ";")
	if w.Code != http.StatusSeeOther || cookie == "" {
		b.Fatalf("signing in: %d", w.Code)
	}
	return cookie
}

func countRows(page string) int { return strings.Count(page, "<tr class=\"row ") }

func drain(client *http.Client, r *http.Request) error {
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}
