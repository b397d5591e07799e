package faults

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// browser is somebody's browser without JavaScript: it keeps cookies, follows
// redirects as asked, and sends forms as they stand.
type browser struct {
	h    *house
	user string
	http *http.Client
}

// signIn is a browser in which somebody is signed in.
func (h *house) signIn(user string) *browser {
	h.t.Helper()
	jar, err := cookiejar.New(nil)
	must(h.t, err)
	transport := &http.Transport{MaxIdleConnsPerHost: 100}
	h.t.Cleanup(transport.CloseIdleConnections)
	b := &browser{h: h, user: user, http: &http.Client{
		Jar: jar, Timeout: patience, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	r := b.post("/login", url.Values{"account": {"account"}, "username": {user}, "password": {password}, "region": {"local"}})
	if r.status != http.StatusSeeOther {
		h.t.Fatalf("%s cannot sign in: %d\n%s", user, r.status, r.text())
	}
	b.page(r.header.Get("Location"))
	return b
}

// reply is an answer, read to its end.
type reply struct {
	status int
	header http.Header
	view
	took time.Duration
}

// ask makes a request. It may be called by many at once.
func (b *browser) ask(ctx context.Context, method, path string, values url.Values) (reply, error) {
	var body io.Reader
	if values != nil {
		body = strings.NewReader(values.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, method, b.h.base()+path, body)
	if err != nil {
		return reply{}, err
	}
	if values != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	began := time.Now()
	answer, err := b.http.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer answer.Body.Close()
	doc, err := goquery.NewDocumentFromReader(answer.Body)
	if err != nil {
		return reply{}, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return reply{status: answer.StatusCode, header: answer.Header, view: view{doc}, took: time.Since(began)}, nil
}

func (b *browser) do(method, path string, values url.Values) reply {
	b.h.t.Helper()
	r, err := b.ask(b.h.t.Context(), method, path, values)
	must(b.h.t, err)
	return r
}

func (b *browser) get(path string) reply {
	b.h.t.Helper()
	return b.do(http.MethodGet, path, nil)
}

func (b *browser) post(path string, values url.Values) reply {
	b.h.t.Helper()
	return b.do(http.MethodPost, path, values)
}

// page gets a page that must be there.
func (b *browser) page(path string) view {
	b.h.t.Helper()
	r := b.get(path)
	if r.status != http.StatusOK {
		b.h.t.Fatalf("GET %s: %d to %q\n%s", path, r.status, r.header.Get("Location"), r.text())
	}
	return r.view
}

// press sends a form of a page by its first button, with what was typed: names
// and values in turn.
func (b *browser) press(p view, form string, typed ...string) reply {
	b.h.t.Helper()
	action, values, err := p.form(form, typed...)
	must(b.h.t, err)
	return b.post(action, values)
}

// landed follows a redirect, if that is the answer, as a browser does.
func (b *browser) landed(ctx context.Context, r reply) (reply, error) {
	if r.status != http.StatusSeeOther {
		return r, nil
	}
	return b.ask(ctx, http.MethodGet, r.header.Get("Location"), nil)
}

// start presses Start on the page of a flow, or turns a channel ON.
func (b *browser) start(id string) reply {
	b.h.t.Helper()
	return b.press(b.page(pathOf(id)), "#flow-command form")
}

// stop presses Stop, or turns OFF, and confirms.
func (b *browser) stop(id string) reply {
	b.h.t.Helper()
	return b.press(b.page(pathOf(id)+"/stop"), `form[action$="/stop"]`)
}

// text gets what is no page.
func (b *browser) text(ctx context.Context, path string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.h.base()+path, http.NoBody)
	if err != nil {
		return "", err
	}
	answer, err := b.http.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	all, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %d %s", path, answer.StatusCode, all)
	}
	return string(all), err
}
