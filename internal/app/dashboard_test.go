package app_test

import (
	"bufio"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
)

// browser gives an HTTP client with cookies that does not follow redirects.
func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// signInAt signs a client in to the dashboard.
func signInAt(t *testing.T, c *http.Client, a *apptest.App, password string) *http.Response {
	t.Helper()
	res, err := c.PostForm(a.URL+"/login", url.Values{
		"account": {apptest.Account}, "username": {apptest.User}, "password": {password}, "region": {apptest.Region},
	})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res
}

// get fetches a page of the dashboard.
func get(t *testing.T, c *http.Client, address string) *http.Response {
	t.Helper()
	res, err := c.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

func TestSignInAndSurviveRestarts(t *testing.T) {
	a := apptest.Start(t, nil)
	c := browser(t)
	if res := get(t, c, a.URL+"/flows"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("the list without a session: status %d", res.StatusCode)
	}
	if res := signInAt(t, c, a, "not the password"); res.StatusCode == http.StatusSeeOther {
		t.Error("signed in with a wrong password")
	}
	if res := signInAt(t, c, a, apptest.Password); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("signing in: status %d", res.StatusCode)
	}
	if res := get(t, c, a.URL+"/flows"); res.StatusCode != http.StatusOK {
		t.Fatalf("the list: status %d", res.StatusCode)
	}
	a.Kill(apptest.Dashboard)
	a.Kill(apptest.Gateway)
	a.Serve()
	if res := get(t, c, a.URL+"/flows"); res.StatusCode != http.StatusOK {
		t.Errorf("the list, after both were killed and are back: status %d", res.StatusCode)
	}
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		if res := get(t, browser(t), a.URL+path); res.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d", path, res.StatusCode)
		}
	}
}

func TestStopWithOpenStream(t *testing.T) {
	a := apptest.Start(t, nil)
	c := browser(t)
	signInAt(t, c, a, apptest.Password)
	page, err := goquery.NewDocumentFromReader(get(t, c, a.URL+"/flows").Body)
	if err != nil {
		t.Fatal(err)
	}
	address, found := page.Find("[hx-sse\\:connect]").Attr("hx-sse:connect")
	if !found {
		t.Fatal("the list has no stream")
	}
	req, err := http.NewRequest(http.MethodGet, a.URL+address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	stream, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	reader := bufio.NewReader(stream.Body)
	if line, err := reader.ReadString('\n'); err != nil || stream.StatusCode != http.StatusOK {
		t.Fatalf("the stream begins with %q, status %d, %v", line, stream.StatusCode, err)
	}
	began := time.Now()
	ended := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, reader)
		ended <- err
	}()
	a.Stop()
	if err := <-ended; err != nil {
		t.Errorf("the stream was cut, not ended: %v", err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("stopping with an open stream took %v", took)
	}
}
