package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"
)

const password = "a password for tests"

// person is somebody with a browser: a cookie jar, and what is pressed in it.
type person struct {
	event *event
	name  string
	http  *http.Client
	dice  *rand.Rand
}

func newPerson(e *event, name string, seed uint64) *person {
	jar, _ := cookiejar.New(nil) // it has no way to fail
	return &person{event: e, name: name, dice: rand.New(rand.NewPCG(e.seed, seed)), http: &http.Client{
		Jar: jar, Timeout: 40 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 20},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// page is an answer that was read to its end.
type page struct {
	path   string
	status int
	header http.Header
	doc    *goquery.Document
	at     time.Time // when its head came
}

// errSignIn tells that the press was not taken: the sign-in had run out. It was
// renewed.
var errSignIn = errors.New("had to sign in again")

// ask makes a request. A sign-in that has run out is renewed, and what was
// asked is not sent again.
func (p *person) ask(ctx context.Context, method, path string, values url.Values) (page, error) {
	got, err := p.send(ctx, method, path, values)
	if err != nil || got.status != http.StatusUnauthorized {
		return got, err
	}
	if err := p.signIn(ctx); err != nil {
		return got, err
	}
	p.event.count(&p.event.renewals)
	return got, errSignIn
}

func (p *person) send(ctx context.Context, method, path string, values url.Values) (page, error) {
	r, err := http.NewRequestWithContext(ctx, method, p.event.base()+path, strings.NewReader(values.Encode()))
	if err != nil {
		return page{}, err
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := p.http.Do(r)
	if err != nil {
		return page{}, err
	}
	defer func() { _ = answer.Body.Close() }()
	got := page{path: path, status: answer.StatusCode, header: answer.Header, at: time.Now()}
	got.doc, err = goquery.NewDocumentFromReader(answer.Body)
	return got, err
}

func (p *person) get(ctx context.Context, path string) (page, error) {
	got, err := p.ask(ctx, http.MethodGet, path, nil)
	if err == nil && got.status != http.StatusOK {
		err = fmt.Errorf("GET %s: %d", path, got.status)
	}
	return got, err
}

// signIn signs in, or renews the sign-in.
func (p *person) signIn(ctx context.Context) error {
	got, err := p.send(ctx, http.MethodPost, "/login",
		url.Values{"account": {"account"}, "username": {p.name}, "password": {password}, "region": {"local"}})
	if err == nil && got.status != http.StatusSeeOther {
		err = fmt.Errorf("%s cannot sign in: %d %s", p.name, got.status, words(got.doc.Find("main")))
	}
	return err
}

// press sends a form as it stands by its first button, with what was typed into
// fields that it has: names and values in turn.
func (p *person) press(ctx context.Context, on page, form string, typed ...string) (page, error) {
	found := on.doc.Find(form).First()
	if found.Length() == 0 {
		return page{}, errNoForm
	}
	values := fields(found)
	for i := 0; i+1 < len(typed); i += 2 {
		if found.Find(fmt.Sprintf("[name=%q]", typed[i])).Length() > 0 {
			values.Set(typed[i], typed[i+1])
		}
	}
	return p.ask(ctx, http.MethodPost, found.AttrOr("action", ""), values)
}

var errNoForm = errors.New("the page does not offer it")

// fields are what a browser would send of a form.
func fields(form *goquery.Selection) url.Values {
	values := url.Values{}
	form.Find("[name]").Each(func(_ int, s *goquery.Selection) {
		name, value := s.AttrOr("name", ""), s.AttrOr("value", "")
		_, on := s.Attr("checked")
		switch kind := s.AttrOr("type", ""); {
		case goquery.NodeName(s) == "button", (kind == "radio" || kind == "checkbox") && !on:
			return
		case goquery.NodeName(s) == "textarea":
			value = s.Text()
		case goquery.NodeName(s) == "select":
			chosen := s.Find("option[selected]").AddSelection(s.Find("option")).First()
			if at := s.Find("option[selected]"); at.Length() > 0 {
				chosen = at.First()
			}
			value = chosen.AttrOr("value", words(chosen))
		}
		values.Add(name, value)
	})
	if button := form.Find(`button[name][type="submit"]`).First(); button.Length() > 0 {
		values.Set(button.AttrOr("name", ""), button.AttrOr("value", ""))
	}
	return values
}

// notice is the kind of the notice that an answer leaves for the next page:
// what was done.
func (g page) notice() string {
	for _, c := range (&http.Response{Header: g.header}).Cookies() {
		if c.Name == "flowdeck_flash" {
			kind, name, _ := strings.Cut(c.Value, ":")
			if kind == "acked" { // it counts those that were, and those that were gone
				return kind + ":" + name[:1]
			}
			return kind
		}
	}
	return ""
}

// stream opens the stream of a page. It lasts until it is closed.
func (p *person) stream(ctx context.Context, path string) (io.ReadCloser, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.event.base()+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	client := http.Client{Jar: p.http.Jar, Transport: p.http.Transport}
	answer, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		_ = answer.Body.Close()
		return nil, fmt.Errorf("GET %s: %d", path, answer.StatusCode)
	}
	return answer.Body, nil
}

func words(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }
