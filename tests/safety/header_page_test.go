package safety

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/tests/chrome"
)

// carried is what every answer has.
var carried = map[string]string{
	"X-Content-Type-Options": "nosniff", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
}

// allowed is the whole of what a policy may say.
var allowed = map[string]string{
	"default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' data:", "connect-src": "'self'", "font-src": "'self'",
	"form-action": "'self'", "base-uri": "'none'", "object-src": "'none'", "frame-ancestors": "'none'",
}

// lacks tells what an answer should have and has not.
func lacks(path string, h http.Header, secure bool) (faults []string) {
	for name, want := range carried {
		if got := h.Get(name); got != want {
			faults = append(faults, fmt.Sprintf("%s is %q", name, got))
		}
	}
	policy := map[string]string{}
	for part := range strings.SplitSeq(h.Get("Content-Security-Policy"), ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), " ")
		policy[name] = value
	}
	if !maps.Equal(policy, allowed) {
		faults = append(faults, fmt.Sprintf("the policy is %q", h.Get("Content-Security-Policy")))
	}
	referrer, cache := "same-origin", "no-store"
	if strings.HasPrefix(path, "/wall") {
		referrer = "no-referrer"
	}
	if got := h.Get("Referrer-Policy"); got != referrer {
		faults = append(faults, fmt.Sprintf("Referrer-Policy is %q", got))
	}
	if got := h.Get("Cache-Control"); got != cache && !strings.HasPrefix(path, "/static/") {
		faults = append(faults, fmt.Sprintf("Cache-Control is %q", got))
	}
	if h.Get("X-Request-Id") == "" {
		faults = append(faults, "no X-Request-Id")
	}
	if got := h.Get("Strict-Transport-Security"); secure && got == "" || !secure && got != "" {
		faults = append(faults, fmt.Sprintf("Strict-Transport-Security is %q", got))
	}
	if h.Get("Server")+h.Get("X-Powered-By")+h.Get("Access-Control-Allow-Origin") != "" {
		faults = append(faults, "tells what it is, or lets others read it")
	}
	return faults
}

// sweep asks for everything in every way, and checks each answer's header.
type sweep struct {
	t       *testing.T
	secure  bool
	answers int
	bad     int
	kinds   map[int]int // answers by status
}

func (c *sweep) ask(b *browser, method, path string, body io.Reader, header http.Header) reply {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, b.base+path, body)
	must(c.t, err)
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	maps.Copy(r.Header, header)
	answer, err := b.http.Do(r)
	must(c.t, err)
	defer answer.Body.Close() // a stream ends with it
	c.answers++
	c.kinds[answer.StatusCode]++
	if faults := lacks(path, answer.Header, c.secure); len(faults) > 0 {
		c.bad++
		c.t.Errorf("%s %s (%v): %d: %s", method, path, header, answer.StatusCode, strings.Join(faults, "; "))
	}
	got := reply{status: answer.StatusCode, header: answer.Header}
	if !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/event-stream") {
		all, err := io.ReadAll(answer.Body)
		must(c.t, err)
		got.body = string(all)
	}
	return got
}

var staticFile = regexp.MustCompile(`/static/[0-9a-f]{12}/[^"' )]+`)

// TestT20Headers asks for every route as everybody, for errors, files, pieces
// of pages, what did not change, and streams.
func TestT20Headers(t *testing.T) {
	for name, settings := range map[string]map[string]string{"http": nil, "https by a proxy": {"FLOWDECK_TRUSTED_PROXIES": "127.0.0.1"}} {
		t.Run(name, func(t *testing.T) {
			h := open(t, settings, func(c *medialivetest.Cloud) { c.Add(flow("FEED-A", medialive.Active, "OUT-1")) })
			c := &sweep{t: t, secure: settings != nil, kinds: map[int]int{}}
			proxied := http.Header{}
			if c.secure {
				proxied.Set("X-Forwarded-Proto", "https")
			}
			in, out := h.signIn("op-1"), h.browser()
			files := map[string]bool{}
			for _, b := range []*browser{in, out} {
				c.routes(b, proxied, files)
				c.errors(b, proxied)
			}
			c.files(out, proxied, files)
			if n := c.kinds[http.StatusInternalServerError]; n > 0 {
				t.Errorf("%d answers were 500", n)
			}
			for _, kind := range []int{200, 303, 401, 403, 404, 405, 413, 422} {
				if c.kinds[kind] == 0 {
					t.Errorf("no answer was %d: %v", kind, c.kinds)
				}
			}
			evidence(t, "T20", fmt.Sprintf("of %d answers (%s; pages, pieces, files, errors, streams) without the whole set of headers", c.answers, name), c.bad, "0")
		})
	}
}

func (c *sweep) routes(b *browser, proxied http.Header, files map[string]bool) {
	c.t.Helper()
	ids := map[string]string{":id": "flow-0001", ":name": "OUT-1"}
	for _, r := range routes(c.t) {
		for _, extra := range []http.Header{{}, {"Hx-Request": {"true"}}, {"Sec-Fetch-Site": {"cross-site"}}} {
			header := proxied.Clone()
			maps.Copy(header, extra)
			path, body := r.at(ids), io.Reader(nil)
			if r.stream() {
				path += "?view=list"
			}
			if r.path == "/logout" && b.cookies != nil && extra.Get("Sec-Fetch-Site") == "" {
				continue // would end the session
			}
			if r.method != http.MethodGet {
				body = strings.NewReader(url.Values{"name": {"1 x"}, "from": {"?"}}.Encode())
				header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
			answer := c.ask(b, r.method, path, body, header)
			for _, file := range staticFile.FindAllString(answer.body, -1) {
				files[file] = true
			}
			if r.method == http.MethodGet && !r.stream() {
				c.ask(b, http.MethodHead, path, nil, header)
			}
		}
	}
}

// errors asks for what is not there, or not so.
func (c *sweep) errors(b *browser, proxied http.Header) {
	c.t.Helper()
	for _, path := range []string{"/nowhere", "/flows/none", "/flows/%2e%2e/x", "//evil.example", "/flows?limit=%zz", "/static/none.js", "/static/", "/static/../main.go", "/wall/none", "/live?view=nonsense", "/live", "/flows/", "/%00", "/" + strings.Repeat("a", 4000), "/favicon.ico", "/robots.txt"} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"} {
			c.ask(b, method, path, nil, proxied)
		}
	}
	c.ask(b, "POST", "/login", bytes.NewReader(bytes.Repeat([]byte("a"), 200_000)), proxied)
	c.ask(b, "PUT", "/flows", nil, proxied)
	c.ask(b, "POST", "/login", strings.NewReader("account=a&username=b&password=c&region=local"), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "X-Forwarded-Proto": proxied["X-Forwarded-Proto"]})
}

// files asks for all files that pages name, again by who has them, and in
// pieces. None is answered 304: their addresses change with them, and all else
// is not to be kept.
func (c *sweep) files(b *browser, proxied http.Header, files map[string]bool) {
	c.t.Helper()
	if len(files) < 12 {
		c.t.Errorf("pages name only %d files", len(files))
	}
	for file := range files {
		first := c.ask(b, "GET", file, nil, proxied)
		if first.status != http.StatusOK || first.body == "" {
			c.t.Errorf("%s: %d, %d bytes", file, first.status, len(first.body))
		}
		header := proxied.Clone()
		if tag := first.header.Get("Etag"); tag != "" {
			header.Set("If-None-Match", tag)
		}
		header.Set("If-Modified-Since", time.Now().UTC().Format(http.TimeFormat))
		c.ask(b, "GET", file, nil, header)
		header = proxied.Clone()
		header.Set("Range", "bytes=0-3")
		c.ask(b, "GET", file, nil, header)
		header.Set("Range", "bytes=99999999-")
		c.ask(b, "GET", file, nil, header)
	}
}

// TestT20Chromium looks at all pages that need no id, signed in and not: nothing
// breaks the policy, and nothing is asked of others.
func TestT20Chromium(t *testing.T) {
	t.Parallel()
	h := open(t, nil, func(c *medialivetest.Cloud) { c.Add(flow("FEED-A", medialive.Active, "OUT-1")) })
	c := chrome.Launch(t)
	visits := 0
	for _, who := range []string{"op-1", ""} {
		b := h.browser()
		if who != "" {
			b = h.signIn(who)
		}
		tab := b.inChrome(t, c)
		tab.Expecting("the server responded with a status of 40")
		for _, path := range append(plainPages(t), "/flows/flow-0001", "/flows/flow-0001/source", "/nowhere") {
			if r := b.look(path); !strings.HasPrefix(r.header.Get("Content-Type"), "text/html") && r.status != http.StatusSeeOther {
				continue
			}
			tab.Visit(path)
			tab.Await("the page "+path, "document.readyState === 'complete'")
			visits++
			tab.Clean(path)
		}
	}
	evidence(t, "T20", fmt.Sprintf("violations of the policy and requests to others, in %d pages in Chromium", visits), 0, "0")
}
