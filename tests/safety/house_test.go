package safety

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

const (
	account  = "account"
	password = "a password for tests"
	patience = 60 * time.Second // of what is promised within seconds, for a busy machine
)

// house is a running Flowdeck before a fake cloud.
type house struct {
	t     *testing.T
	app   *apptest.App
	cloud *medialivetest.Cloud
}

// open starts Flowdeck until the test ends. prepare fills the cloud first.
func open(t *testing.T, settings map[string]string, prepare func(*medialivetest.Cloud)) *house {
	t.Helper()
	h := &house{t: t, cloud: medialivetest.New()}
	for i := range 4 {
		h.cloud.AddUser(fmt.Sprintf("op-%d", i+1), medialivetest.User{ID: fmt.Sprintf("u%d", i+1), Password: password})
	}
	if prepare != nil {
		prepare(h.cloud)
	}
	all := map[string]string{
		"FLOWDECK_BACKEND": h.cloud.Serve(t), "FLOWDECK_ADMINS": account + "/op-1",
	}
	maps.Copy(all, settings)
	h.app = apptest.Start(t, all)
	return h
}

// flow is a flow as a cloud may hold it, with one source and outputs.
func flow(name string, status medialive.FlowStatus, outputs ...string) medialivetest.Flow {
	f := medialivetest.Flow{}
	f.Name, f.Region, f.Status = name, "local", status
	f.Sources = []medialive.Source{{
		Name: "camera", Protocol: medialive.Listener, Address: "203.0.113.10", Port: 20000, MinLatency: 120, Health: medialive.Connected,
	}}
	for i, o := range outputs {
		f.Outputs = append(f.Outputs, medialive.Output{
			Name: o, Protocol: medialive.Caller, Destination: "203.0.113.61", Port: 5000 + i, MinLatency: 120,
			Status: medialive.Enabled, Health: medialive.Connected, Type: medialive.StandardOutput,
		})
	}
	return f
}

// isWrite tells the operations that change something in the cloud.
func isWrite(op string) bool {
	for _, begin := range []string{"Create", "Delete", "Modify"} {
		if strings.HasPrefix(op, begin) {
			return true
		}
	}
	return false
}

// writes are the requests that would change something, as the cloud saw them.
func (h *house) writes() []medialivetest.Request {
	return slices.DeleteFunc(h.cloud.Requests(), func(r medialivetest.Request) bool { return !isWrite(r.Op) })
}

// browser is somebody's, with cookies by hand: an attack sends what it likes.
type browser struct {
	t       *testing.T
	base    string
	http    *http.Client
	cookies map[string]string
	header  http.Header // of every request
}

// browser is one in which nobody is signed in.
func (h *house) browser() *browser { return browserAt(h.t, h.app.URL) }

func browserAt(t *testing.T, base string) *browser {
	transport := &http.Transport{MaxIdleConnsPerHost: 100}
	t.Cleanup(transport.CloseIdleConnections)
	return &browser{t: t, base: base, cookies: map[string]string{}, http: &http.Client{
		Timeout: patience, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// signIn is a browser in which somebody is signed in.
func (h *house) signIn(user string) *browser {
	h.t.Helper()
	b := h.browser()
	b.enter(url.Values{"account": {account}, "username": {user}, "password": {password}, "region": {"local"}})
	return b
}

// twin is another window of the same browser, for somebody else to use at the
// same time.
func (b *browser) twin() *browser {
	other := *b
	other.cookies = maps.Clone(b.cookies)
	return &other
}

// enter signs in, and waits for the list to be there.
func (b *browser) enter(values url.Values) {
	b.t.Helper()
	if r := b.post("/login", values); r.status != http.StatusSeeOther {
		b.t.Fatalf("cannot sign in: %d\n%s", r.status, r.body)
	}
	await(b.t, patience, "the list of flows", func() bool { return b.get("/flows").status == http.StatusOK })
}

// reply is an answer, read to its end.
type reply struct {
	status int
	header http.Header
	body   string
	took   time.Duration
}

// doc is the answer as a document.
func (r reply) doc(t *testing.T) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(r.body))
	must(t, err)
	return doc
}

// all is every byte of the answer.
func (r reply) all() []byte {
	var b bytes.Buffer
	_ = r.header.Write(&b) // a buffer takes everything
	b.WriteString(r.body)
	return b.Bytes()
}

// send makes a request as it is told. It may be called by many at once as long
// as no answer sets cookies.
func (b *browser) send(ctx context.Context, method, path string, body io.Reader, header http.Header) (reply, error) {
	r, err := http.NewRequestWithContext(ctx, method, b.base+path, body)
	if err != nil {
		return reply{}, err
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	for name, values := range b.header {
		r.Header[name] = values
	}
	for name, values := range header {
		r.Header[name] = values
	}
	began := time.Now()
	answer, err := b.http.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer answer.Body.Close()
	all, err := io.ReadAll(answer.Body)
	if err != nil {
		return reply{}, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return reply{answer.StatusCode, answer.Header, string(all), time.Since(began)}, nil
}

// do makes a request with a form, if any, and keeps the cookies of its answer.
func (b *browser) do(method, path string, values url.Values, header http.Header) reply {
	b.t.Helper()
	var body io.Reader
	if values != nil {
		body = strings.NewReader(values.Encode())
		all := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
		maps.Copy(all, header)
		header = all
	}
	r, err := b.send(b.t.Context(), method, path, body, header)
	must(b.t, err)
	b.keep(r)
	return r
}

func (b *browser) keep(r reply) {
	for _, c := range (&http.Response{Header: r.header}).Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
}

func (b *browser) get(path string) reply {
	b.t.Helper()
	return b.do(http.MethodGet, path, nil, nil)
}

func (b *browser) post(path string, values url.Values) reply {
	b.t.Helper()
	return b.do(http.MethodPost, path, values, nil)
}

// page gets a page that must be there.
func (b *browser) page(path string) reply {
	b.t.Helper()
	r := b.get(path)
	if r.status != http.StatusOK {
		b.t.Fatalf("GET %s: %d to %q\n%s", path, r.status, r.header.Get("Location"), r.body)
	}
	return r
}

// form gives where a form of a page leads and what it sends: what stands in it,
// the name and value of its first button, and over them what was typed, names
// and values in turn.
func (r reply) form(t *testing.T, selector string, typed ...string) (action string, values url.Values) {
	t.Helper()
	form := r.doc(t).Find(selector).First()
	if form.Length() == 0 {
		t.Fatalf("no form %s on this page:\n%s", selector, r.body)
	}
	values = valuesOf(form)
	for i := 0; i+1 < len(typed); i += 2 {
		values.Set(typed[i], typed[i+1])
	}
	return form.AttrOr("action", ""), values
}

// valuesOf are what stands in a form, and the name and value of its first button.
func valuesOf(form *goquery.Selection) url.Values {
	values := url.Values{}
	add := func(s *goquery.Selection, value string) {
		if name := s.AttrOr("name", ""); name != "" {
			values.Add(name, value)
		}
	}
	form.Find("input, textarea, select").Each(func(_ int, s *goquery.Selection) {
		kind := s.AttrOr("type", "")
		_, checked := s.Attr("checked")
		switch {
		case (kind == "radio" || kind == "checkbox") && !checked, kind == "submit":
		case goquery.NodeName(s) == "select":
			chosen := s.Find("option[selected]")
			if chosen.Length() == 0 {
				chosen = s.Find("option")
			}
			add(s, chosen.First().AttrOr("value", strings.TrimSpace(chosen.First().Text())))
		case goquery.NodeName(s) == "textarea":
			add(s, s.Text())
		default:
			add(s, s.AttrOr("value", ""))
		}
	})
	button := form.Find(`button[type="submit"]`).First()
	add(button, button.AttrOr("value", ""))
	return values
}

// press sends a form of a page by its first button, with what was typed.
func (b *browser) press(r reply, selector string, typed ...string) reply {
	b.t.Helper()
	action, values := r.form(b.t, selector, typed...)
	return b.post(action, values)
}
