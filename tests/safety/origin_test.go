package safety

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// sender is what a browser tells about the page that sends.
type sender struct {
	site, origin string // empty: not told
	ours         bool
}

func (s sender) header() http.Header {
	h := http.Header{}
	if s.site != "" {
		h.Set("Sec-Fetch-Site", s.site)
	}
	if s.origin != "" {
		h.Set("Origin", s.origin)
	}
	return h
}

// senders are other sites' pages in all the ways that browsers tell of them,
// and our own. A browser that tells the site never lies about it, so that
// same-origin with another's Origin does not exist.
func senders(base string, secure bool) []sender {
	host := strings.TrimPrefix(base, "http://")
	origins := []string{
		"https://evil.example", "http://evil.example", "null", "http://127.0.0.1:1", "http://" + host + ".evil.example",
		"http://evil.example/" + host, "http://" + host + "@evil.example", "file://", "http://localhost:1", "garbage", "http://[::1]:1",
	}
	var all []sender
	for _, origin := range origins {
		all = append(all, sender{origin: origin}, sender{site: "cross-site", origin: origin}, sender{site: "same-site", origin: origin})
	}
	ours := base
	if secure {
		ours = "https://" + host
		all = append(all, sender{origin: "http://" + host}) // what somebody on the way put into the clear
	}
	for _, site := range []string{"cross-site", "same-site"} {
		all = append(all, sender{site: site}, sender{site: site, origin: ours})
	}
	return append(all, sender{site: "same-origin", origin: ours, ours: true}, sender{origin: ours, ours: true})
}

// kinds of content that a form or a script can send.
var kinds = map[string]string{
	"application/x-www-form-urlencoded": url.Values{"name": {"X"}, "start": {"1"}, "username": {"op-1"}}.Encode(),
	"multipart/form-data; boundary=b":   "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nX\r\n--b--\r\n",
	"text/plain":                        "name=X\r\n",
	"application/json":                  `{"name":"X"}`,
	"":                                  "",
}

// TestT10Origins sends to every route that may change something what another
// site's page would make a browser send.
func TestT10Origins(t *testing.T) {
	for name, settings := range map[string]map[string]string{
		"http": nil, "https by a proxy": {"FLOWDECK_TRUSTED_PROXIES": "127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, settings, func(c *medialivetest.Cloud) { c.Add(flow("FEED-A", medialive.Active, "OUT-1")) })
			b := h.signIn("op-1")
			before, trail := len(h.writes()), acts(t, b)
			cells, accepted := forged(t, b, settings != nil)
			if n := len(h.writes()) - before; n != 0 {
				t.Errorf("other sites' pages caused %d upstream writes", n)
			}
			if now := acts(t, b); now != trail {
				t.Errorf("the trail had %d lines of op-1 before, and %d after", trail, now)
			}
			evidence(t, "T10", fmt.Sprintf("route × site × origin × cookie × content type, %s: of %d sent by other sites' pages accepted", name, cells), accepted, "0 of ≥ 2,000")
			if accepted > 0 || cells < 2000 {
				t.Errorf("%d of %d accepted", accepted, cells)
			}
		})
	}
}

// forged sends them all, and counts what was not refused as another site's.
func forged(t *testing.T, b *browser, secure bool) (cells, accepted int) {
	ids := map[string]string{":id": "flow-0001", ":name": "OUT-1"}
	all, cell := unsafeRoutes(t), 0
	for _, cookie := range []string{"valid", "forged", "none"} {
		asked := &browser{t: t, base: b.base, http: b.http, cookies: map[string]string{}}
		for name, value := range b.cookies {
			switch cookie {
			case "valid":
				asked.cookies[name] = value
			case "forged":
				asked.cookies[name] = strings.Repeat("A", 43)
			}
		}
		for _, from := range senders(b.base, secure) {
			if from.ours && cookie == "valid" {
				continue // would do it
			}
			for kind, body := range kinds {
				for _, r := range all {
					if cell++; cell%count(1, 5) != 0 {
						continue
					}
					header := from.header()
					if kind != "" {
						header.Set("Content-Type", kind)
					}
					answer, err := asked.send(t.Context(), r.method, r.at(ids), strings.NewReader(body), header)
					must(t, err)
					switch refused := answer.status == http.StatusForbidden; {
					case from.ours && refused:
						t.Errorf("%s %s by our own page is refused: %+v, cookie %s, %q", r.method, r.path, from, cookie, kind)
					case from.ours:
					case refused:
						cells++
					default:
						cells++
						accepted++
						t.Errorf("%s %s, %+v, cookie %s, %q: %d", r.method, r.path, from, cookie, kind, answer.status)
					}
				}
			}
		}
	}
	return cells, accepted
}

// TestT10SafeMethodsChangeNothing asks every route by GET and HEAD as another
// site's page can, with what might turn it into another method.
func TestT10SafeMethodsChangeNothing(t *testing.T) {
	h := open(t, nil, func(c *medialivetest.Cloud) { c.Add(flow("FEED-A", medialive.Active, "OUT-1")) })
	b := h.signIn("op-1")
	before, trail, asked := len(h.writes()), acts(t, b), 0
	ids := map[string]string{":id": "flow-0001", ":name": "OUT-1"}
	for i, r := range routes(t) {
		if r.stream() || i%count(1, 3) != 0 {
			continue
		}
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions, "TRACE", "PUT", "DELETE", "PATCH"} {
			for _, override := range []string{"X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"} {
				header := http.Header{override: {"POST"}}
				_, err := b.send(t.Context(), method, r.at(ids)+"?_method=POST&name=X&start=1", nil, header)
				must(t, err)
				asked++
			}
		}
	}
	n := len(h.writes()) - before + acts(t, b) - trail
	evidence(t, "T10", fmt.Sprintf("changes by %d requests of safe or unknown methods, with override headers", asked), n, "0")
	if n != 0 {
		t.Errorf("%d changes", n)
	}
}

// acts counts the lines of the trail that tell what op-1 did.
func acts(t *testing.T, b *browser) (n int) {
	t.Helper()
	var lines []struct{ Actor string }
	must(t, json.Unmarshal([]byte(b.page("/activity.json").body), &lines))
	for _, line := range lines {
		if line.Actor == "op-1" {
			n++
		}
	}
	return n
}
