package browser

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/tests/chrome"
)

// hand is somebody who sets the stage by the dashboard's own forms, without a
// browser.
type hand struct {
	t    *testing.T
	base string
	http *http.Client
}

// hand signs somebody in.
func (h *house) hand(user string) *hand {
	h.t.Helper()
	jar, err := cookiejar.New(nil)
	must(h.t, err)
	p := &hand{t: h.t, base: h.app.URL, http: &http.Client{
		Jar: jar, Timeout: chrome.Patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	p.send("/login", "/login", "account", apptest.Account, "username", user, "password", apptest.Password, "region", apptest.Region)
	return p
}

// page is what a page says.
func (p *hand) page(path string) string {
	p.t.Helper()
	answer, err := p.http.Get(p.base + path)
	must(p.t, err)
	defer answer.Body.Close()
	all, err := io.ReadAll(answer.Body)
	must(p.t, err)
	return string(all)
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)

// send sends a form that a page shows: its hidden fields, and names and values in
// turn. It gives where that leads.
func (p *hand) send(page, to string, typed ...string) (path string) {
	p.t.Helper()
	answer, body := p.sent(page, to, typed...)
	if answer.StatusCode != http.StatusSeeOther {
		p.t.Fatalf("POST %s: %s\n%s", to, answer.Status, body)
	}
	return answer.Header.Get("Location")
}

// sent is send, and gives the answer.
func (p *hand) sent(page, to string, typed ...string) (answer *http.Response, body string) {
	p.t.Helper()
	values := url.Values{}
	if page != "" {
		_, form, _ := strings.Cut(p.page(page), `action="`+to+`"`)
		form, _, _ = strings.Cut(form, "</form>")
		for _, field := range hiddenField.FindAllStringSubmatch(form, -1) {
			values.Set(html.UnescapeString(field[1]), html.UnescapeString(field[2]))
		}
	}
	for i := 0; i+1 < len(typed); i += 2 {
		values.Set(typed[i], typed[i+1])
	}
	answer, err := p.http.PostForm(p.base+to, values)
	must(p.t, err)
	defer answer.Body.Close()
	all, err := io.ReadAll(answer.Body)
	must(p.t, err)
	return answer, string(all)
}

var alarmID = regexp.MustCompile(`data-ack="([0-9a-f-]{36})"`)

// alarm waits until a flow has an alarm of its own on a page of alarms, and gives its
// id.
func (p *hand) alarm(h *house, show, flow string) (id string) {
	p.t.Helper()
	h.app.Await(chrome.Patience, "the alarm of "+flow, func() bool {
		_, rows, _ := strings.Cut(p.page("/alarms?show="+show+"&flow="+flow), `id="alarm-rows"`)
		if found := alarmID.FindStringSubmatch(rows); found != nil {
			id = found[1]
		}
		return id != ""
	})
	return id
}
