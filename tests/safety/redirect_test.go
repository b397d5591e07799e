package safety

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// elsewhere are ways to write an address that leads to another host, if it is
// believed, decoded or cleaned by somebody on the way.
func elsewhere() []string {
	forms := []string{
		"https:evil.example", "https:/evil.example", "https:///evil.example", "http:evil.example", "HTTPS://evil.example", "hTtP://evil.example",
		"javascript:alert(1)", "JavaScript://evil.example/%0aalert(1)", "java\tscript:alert(1)", "data:text/html,<script>alert(1)</script>",
		"vbscript:x", "file:///etc/passwd", "ftp://evil.example", "blob:https://evil.example/x", "view-source:https://evil.example",
		"//evil.example:443", "//evil.example:0", "//user:pass@evil.example", "https://127.0.0.1@evil.example", "//127.0.0.1@evil.example",
		"//127.0.0.1%40evil.example", "https://127.0.0.1:8080@evil.example", "//evil.example#@127.0.0.1", "//evil.example?@127.0.0.1",
		"//127.0.0.1.evil.example", "//evil%2eexample", "//evil。example", "//ⓔvil.example", "//3232235777", "//0x7f000001", "//[::ffff:10.0.0.1]",
		"/flows?next=//evil.example", "/login?next=//evil.example", "/login?next=%2f%2fevil.example", "/flows//evil.example", "/flows/../..//evil.example",
		"/flows/%2e%2e//evil.example", "/flows/..%2f..%2f/evil.example", "/static/../..//evil.example", "/flows/x/outputs///evil.example",
		"?//evil.example", "#//evil.example", "flows", "../flows", ".//evil.example", "..//evil.example", "./\\evil.example", "@evil.example", ":80//evil.example",
		"/flows\r\nLocation: https://evil.example", "/flows%0d%0aLocation:%20https://evil.example", "/flows\r\n\r\n<script>", "\x00//evil.example",
	}
	for _, begin := range []string{
		"//", "///", "////", "/\\", "\\\\", "\\/", "/\\/", "\\", "/\t/", "/\n/", "\t//", " //", "\u00a0//", "\u3000//", "/%09/", "/%0a/", "/%5c", "/%5C%5c", "%2f%2f", "/%2f",
		"%5c%5c", "/.//", "/..//", "/;//", "/./\\", "/../\\", "/a/../\\", "/a/..//", "/a/../..//", "/%2e/\\", "/%2e%2e//", "/flows/..//", "/flows/../\\", "/\u2044/", "/%ef%bc%8f/", "／／",
	} {
		forms = append(forms, begin+"evil.example")
	}
	return forms
}

// schemed tells an address that names its scheme.
var schemed = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:`)

// leavesFor tells where a browser would go, if that is not a page of ours: it
// drops tabs and line ends, and takes a backslash for a slash.
func leavesFor(address string) (host string, leaves bool) {
	seen := strings.TrimFunc(address, func(c rune) bool { return c <= ' ' })
	seen = strings.NewReplacer("\t", "", "\n", "", "\r", "", "\\", "/").Replace(seen)
	switch {
	case strings.HasPrefix(seen, "//"), schemed.MatchString(seen), !strings.HasPrefix(seen, "/"):
		return seen, true
	}
	return "", false
}

func TestT11LeavesFor(t *testing.T) {
	for address, want := range map[string]bool{
		"/flows": false, "/login?next=%2Fflows": false, "//evil.example": true, "/\\evil.example": true, "/\t/evil.example": true,
		"https://evil.example": true, "https:evil.example": true, "evil.example": true, "\\\\evil.example": true, " //evil.example": true, "": true,
	} {
		if _, leaves := leavesFor(address); leaves != want {
			t.Errorf("%q leaves: %t", address, leaves)
		}
	}
}

// leading are the headers by which an answer leads a browser on.
var leading = []string{"Location", "Hx-Redirect", "Hx-Location", "Hx-Push-Url", "Hx-Replace-Url", "Refresh", "Content-Location"}

// refreshed is a page that loads another one by itself; without an address it loads
// itself again.
var refreshed = regexp.MustCompile(`(?i)http-equiv="refresh" content="[^"]*url`)

// led counts where answers lead.
type led struct {
	t             *testing.T
	answers, away int
	ways          map[string]int // answers that lead on, by header
}

// check looks at an answer.
func (l *led) check(what, form string, status int, header http.Header, body string) {
	l.t.Helper()
	l.answers++
	for _, name := range leading {
		for _, value := range header.Values(name) {
			if name == "Refresh" { // "30; url=…"; alone it shows the same page again
				_, value, _ = strings.Cut(strings.ToLower(value), "url=")
				if value == "" {
					continue
				}
			}
			if name == "Hx-Push-Url" && value == "false" {
				continue
			}
			l.ways[name]++
			if host, leaves := leavesFor(value); leaves {
				l.away++
				l.t.Errorf("%s with %q: %d, %s %q leads to %q", what, form, status, name, value, host)
			}
		}
	}
	if header.Get("Set-Cookie") == "" && refreshed.MatchString(body) {
		l.away++
		l.t.Errorf("%s with %q: the page leads on by itself", what, form)
	}
}

// links checks that the hidden ways back on a page stay here too.
func (l *led) links(what, form string, r reply) {
	l.t.Helper()
	l.check(what, form, r.status, r.header, r.body)
	for _, input := range r.doc(l.t).Find(`input[name="next"]`).EachIter() {
		if host, leaves := leavesFor(input.AttrOr("value", "")); leaves {
			l.away++
			l.t.Errorf("%s with %q: the form leads to %q afterwards", what, form, host)
		}
	}
}

// backs are names under which forms anywhere say where to go afterwards.
func backs(form string) url.Values {
	values := url.Values{"lang": {"en"}, "name": {"X"}}
	for _, name := range []string{"next", "return_to", "return", "back", "to", "url", "redirect", "redirect_uri", "continue", "page", "from", "then"} {
		values.Set(name, form)
	}
	return values
}

// TestT11Redirects tries to be led to another host by everything that leads on.
func TestT11Redirects(t *testing.T) {
	h := open(t, nil, func(c *medialivetest.Cloud) { c.Add(flow("FEED-A", medialive.Active, "OUT-1")) })
	forms := elsewhere()
	if len(forms) < 80 {
		t.Fatalf("only %d forms", len(forms))
	}
	l := &led{t: t, ways: map[string]int{}}
	in, out := h.signIn("op-1"), h.browser()
	fragment := http.Header{"Hx-Request": {"true"}}
	for _, form := range forms {
		query := "?" + backs(form).Encode()
		l.links("GET /login", form, out.get("/login"+query))
		l.links("GET /renew", form, in.get("/renew"+query))
		l.links("GET /renew of a fragment", form, in.do(http.MethodGet, "/renew"+query, nil, fragment))
		signIn := backs(form)
		for name, value := range map[string]string{"account": account, "username": "op-2", "password": password, "region": "local"} {
			signIn.Set(name, value)
		}
		passing := h.browser()
		l.links("signing in", form, passing.post("/login", signIn))
		if len(passing.cookies) == 0 {
			t.Fatalf("op-2 cannot sign in with %q", form)
		}
		l.links("signing in by htmx", form, passing.do(http.MethodPost, "/login", signIn, fragment))
		again := backs(form)
		again.Set("password", password)
		l.links("the password again", form, passing.post("/step-up", again))
		l.links("the password again, by htmx", form, passing.do(http.MethodPost, "/step-up", again, fragment))
		l.links("signing out", form, passing.do(http.MethodPost, "/logout"+query, backs(form), nil))
	}
	everyRoute(t, l, in, forms)
	rawPaths(t, l, h, in, forms)
	for _, way := range []string{"Location", "Hx-Redirect"} {
		if l.ways[way] == 0 {
			t.Errorf("no answer leads on by %s", way)
		}
	}
	evidence(t, "T11", fmt.Sprintf("%d forms of addresses at sign-in, sign-out, renewal, the password again, every form's way back, HX-Redirect, and as a path: of %d answers off our origin", len(forms), l.answers), l.away, "0")
}

// everyRoute gives each form as the way back to each route, as a page and as a
// fragment, and tells that it stands on such a page.
func everyRoute(t *testing.T, l *led, in *browser, forms []string) {
	ids := map[string]string{":id": "flow-0001", ":name": "OUT-1"}
	for i, r := range routes(t) {
		if r.stream() || r.path == "/logout" || r.path == "/login" {
			continue
		}
		for j, form := range forms {
			if !long() && (i+j)%4 != 0 {
				continue
			}
			header := http.Header{"Referer": {url.PathEscape(form)}, "Hx-Current-Url": {url.PathEscape(form)}, "X-Forwarded-Host": {"evil.example"}}
			if j%2 == 0 {
				header.Set("Hx-Request", "true")
			}
			if j%3 == 0 {
				header.Set("Cookie", "flowdeck="+strings.Repeat("A", 43)) // not signed in: led to the sign-in
			}
			path, values := r.at(ids), backs(form)
			if r.method == http.MethodGet {
				path, values = path+"?"+values.Encode(), nil
			}
			answer := in.do(r.method, path, values, header)
			l.check(r.method+" "+r.path, form, answer.status, answer.header, answer.body)
		}
	}
}

// rawPaths asks for each form as a path, below each of ours too, exactly as it
// is written, since a client would clean it.
func rawPaths(t *testing.T, l *led, h *house, in *browser, forms []string) {
	cookie := ""
	for name, value := range in.cookies {
		cookie += name + "=" + value + "; "
	}
	for i, form := range forms {
		if strings.ContainsAny(form, " \r\n\x00") {
			form = url.PathEscape(form)
		}
		for _, path := range []string{form, form + "/", "/" + form, "/flows/" + form, "/flows" + form, "/static/" + form, "/static" + form + "/"} {
			for _, header := range []string{"", "Hx-Request: true\r\n", "Cookie: " + cookie + "\r\n", "X-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\n"} {
				for _, host := range []string{"", "evil.example"} {
					if host != "" && i%8 != 0 {
						continue
					}
					status, answered := raw(t, h.app.URL, path, host, header)
					l.check("the path "+path, form, status, answered, "")
				}
			}
		}
	}
}

// raw makes a GET with the path as it is.
func raw(t *testing.T, base, path, host, header string) (status int, answered http.Header) {
	t.Helper()
	address := strings.TrimPrefix(base, "http://")
	if host == "" {
		host = address
	}
	conn, err := net.DialTimeout("tcp", address, patience)
	must(t, err)
	defer conn.Close()
	must(t, conn.SetDeadline(time.Now().Add(patience)))
	_, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s\r\n", path, host, header)
	must(t, err)
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	must(t, err)
	defer answer.Body.Close()
	if slices.Contains([]int{301, 302, 303, 307, 308}, answer.StatusCode) && answer.Header.Get("Location") == "" {
		t.Errorf("%q: %d without a Location", path, answer.StatusCode)
	}
	return answer.StatusCode, answer.Header
}
