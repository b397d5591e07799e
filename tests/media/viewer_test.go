package media

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
)

// viewer is somebody signed in at the dashboard.
type viewer struct {
	base string
	http *http.Client
}

// viewer signs in.
func (h *house) viewer(t *testing.T) *viewer {
	t.Helper()
	jar, err := cookiejar.New(nil)
	must(t, err)
	v := &viewer{base: h.app.URL, http: &http.Client{Jar: jar, Timeout: limit}}
	answer, err := v.http.PostForm(v.base+"/login", url.Values{
		"account": {apptest.Account}, "username": {apptest.User}, "password": {apptest.Password}, "region": {apptest.Region},
	})
	must(t, err)
	must(t, answer.Body.Close())
	if answer.StatusCode != http.StatusOK || strings.HasSuffix(answer.Request.URL.Path, "/login") {
		t.Fatalf("signing in leads to %s: %s", answer.Request.URL, answer.Status)
	}
	return v
}

// get gives what the dashboard answers.
func (v *viewer) get(t *testing.T, path string) string {
	t.Helper()
	answer, err := v.http.Get(v.base + path)
	must(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	must(t, err)
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s\n%s", path, answer.Status, body)
	}
	return string(body)
}

// alarms are the words of the alarms that the page of alarms lists of a flow,
// with those that another alarm stands for.
func (v *viewer) alarms(t *testing.T, f *flow) (listed, standIn []string) {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(v.get(t, "/alarms?flow="+f.id)))
	must(t, err)
	doc.Find("tr.alarm-row").Each(func(_ int, row *goquery.Selection) {
		listed = append(listed, strings.TrimSpace(row.Find(".alarm-told .state-word").First().Text()))
		row.Find(".alarm-members li .state-word").Each(func(_ int, s *goquery.Selection) { standIn = append(standIn, strings.TrimSpace(s.Text())) })
	})
	return slices.Clip(listed), slices.Clip(standIn)
}
