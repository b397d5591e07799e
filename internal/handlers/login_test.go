package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/role"
)

func TestSignIn(t *testing.T) {
	h := newHouse(t, func(c *medialivetest.Cloud) {
		c.AddUser("op-3", medialivetest.User{ID: "u3", Password: password, Passcode: "123456"})
	})
	b := h.browser()
	page := b.page("/login")
	if got := page.Find(`input[name="account"]`).AttrOr("value", ""); got != "account" {
		t.Errorf("the account is %q, want it filled in", got)
	}
	wrong := b.post("/login", form("account", "account", "username", "op-1", "password", "wrong-password", "region", "local"))
	if wrong.status != http.StatusUnauthorized || !strings.Contains(wrong.doc().Find(".error").Text(), "wrong") {
		t.Errorf("a wrong password: %d %s", wrong.status, wrong.doc().Find(".error").Text())
	}
	if strings.Contains(wrong.body, "wrong-password") || wrong.doc().Find(`input[name="username"]`).AttrOr("value", "") != "op-1" {
		t.Error("the page has the password, or lost the user")
	}
	missing := b.post("/login", form("account", "account", "username", "", "password", "x"))
	if missing.status != http.StatusUnprocessableEntity || strings.TrimSpace(missing.doc().Find(`[data-field="username"] .error`).Text()) == "" {
		t.Errorf("no user: %d", missing.status)
	}
	code := b.post("/login", form("account", "account", "username", "op-3", "password", password))
	if code.status != http.StatusUnauthorized || code.doc().Find(`input[name="passcode"]`).Length() != 1 {
		t.Errorf("a user with a one-time code: %d, asked for it %d times", code.status, code.doc().Find(`input[name="passcode"]`).Length())
	}
	if region := b.post("/login", form("account", "account", "username", "op-1", "password", password, "region", "nowhere")); region.status != http.StatusUnprocessableEntity {
		t.Errorf("a region that is none: %d", region.status)
	}
	if log := h.log.String(); strings.Contains(log, "wrong-password") || strings.Contains(log, password) {
		t.Error("the log has a password")
	}
}

// Nothing that a sign-in is told as its way back leads out of the house.
func TestWayBack(t *testing.T) {
	h := newHouse(t, nil)
	for next, want := range map[string]string{
		"/flows/flow-1":           "/flows/flow-1",
		"/flows/flow-1/source":    "/flows/flow-1/source",
		"/flows/f/outputs/OUT-1":  "/flows/f/outputs/OUT-1",
		"/flows?limit=20&q=a%20b": "/flows?limit=20&q=a+b",
		"/settings/sessions":      "/settings/sessions", "/settings/sessions?x=y": "/settings/sessions", "/settings/sessions/": "/flows",
		"/settings/sessions/everybody/end": "/flows", "/settings/../evil": "/flows", "//settings": "/flows",
		"//evil.example": "/flows", `/\evil.example`: "/flows", "https://evil.example/flows": "/flows",
		"/flows/../..//evil.example": "/flows", "/flows/%2e%2e": "/flows", "\t//evil.example": "/flows", "/%09/evil.example": "/flows",
		"javascript:alert(1)": "/flows", "/flows/a\r\nSet-Cookie: x=y": "/flows", "//flows/x": "/flows", "": "/flows",
		"/a/../\\evil": "/flows", "/..//evil": "/flows", "/flows//evil.example": "/flows", "/flows/x@evil.example": "/flows",
	} {
		r := h.browser().post("/login", form("account", "account", "username", "op-1", "password", password, "next", next))
		if got := r.header.Get("Location"); r.status != http.StatusSeeOther || got != want {
			t.Errorf("%q leads to %q (%d), want %q", next, got, r.status, want)
		}
		s := h.browser().post("/settings", form("lang", "zh-CN", "next", next))
		if got := s.header.Get("Location"); got != want {
			t.Errorf("the settings lead from %q to %q, want %q", next, got, want)
		}
	}
}

func TestAfterSignInThePageThatWasAsked(t *testing.T) {
	h, _, id := oneFlow(t)
	b := h.browser()
	asked := b.get("/flows/" + id + "/source")
	page := b.page(asked.header.Get("Location"))
	r := b.post("/login", form("account", "account", "username", "op-1", "password", password, "next", page.Find(`form[action="/login"] [name="next"]`).AttrOr("value", "")))
	if got := r.header.Get("Location"); got != "/flows/"+id+"/source" {
		t.Errorf("it leads to %q", got)
	}
}

func TestSessionIsNewAtEverySignIn(t *testing.T) {
	h := newHouse(t, nil)
	b := h.signedIn("op-1")
	old := b.do(http.MethodGet, "/flows", nil, nil)
	if old.status != http.StatusOK {
		t.Fatal("not signed in")
	}
	first := b.cookie()
	b.post("/login", form("account", "account", "username", "op-1", "password", password))
	if b.cookie() == first {
		t.Error("the session kept its id")
	}
	if r := h.browser().do(http.MethodGet, "/flows", nil, http.Header{"Cookie": {first}}); r.status != http.StatusSeeOther {
		t.Errorf("the old session answers %d", r.status)
	}
	second := b.cookie()
	b.post("/logout", form())
	if r := h.browser().do(http.MethodGet, "/flows", nil, http.Header{"Cookie": {second}}); r.status != http.StatusSeeOther {
		t.Errorf("the session answers %d after signing out", r.status)
	}
}

// cookie is the browser's session as it would be sent.
func (b *browser) cookie() string {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.base, http.NoBody)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.http.Jar.Cookies(r.URL) {
		if c.Name == "flowdeck" {
			return c.Name + "=" + c.Value
		}
	}
	return ""
}

// A token that runs out is renewed on the spot: with what was typed, without
// secrets, and without doing anything by itself.
func TestRenewal(t *testing.T) {
	var id string
	h := newHouse(t, func(c *medialivetest.Cloud) {
		c.TokensLive(time.Hour)
		id = c.Add(flowOf("FEED-A", medialive.Active, outputOf("OUT-1")))
	})
	b := h.signedIn("op-1")
	b.awaitRead(id)
	path := "/flows/" + id + "/source"
	values := typed(b.page(path))
	values.Set("description", "typed before it ran out")
	values.Set("passphrase_action", "replace")
	values.Set("passphrase", "a-passphrase-of-the-test")
	h.now.move(61 * time.Minute)

	dialog := b.fragments().post(path+"/effect", values)
	if dialog.status != http.StatusUnauthorized || dialog.header.Get("HX-Retarget") != "#dialogs" || dialog.doc().Find("dialog#renew").Length() != 1 {
		t.Errorf("a fragment: %d %v", dialog.status, dialog.header)
	}
	if r := b.get("/live?view=shell"); r.status != http.StatusUnauthorized {
		t.Errorf("the stream: %d", r.status)
	}
	page := b.post(path, values)
	if page.status != http.StatusUnauthorized || strings.Contains(page.body, "a-passphrase-of") {
		t.Fatalf("saving: %d", page.status)
	}
	again := fields(page.doc().Find(`form[action="/login"]`))
	again.Set("password", "wrong")
	if r := b.post("/login", again); r.status != http.StatusUnauthorized || !strings.Contains(r.body, "typed before it ran out") {
		t.Errorf("a wrong password: %d, or what was typed is lost", r.status)
	}
	again.Set("password", password)
	kept := b.post("/login", again)
	if kept.status != http.StatusOK {
		t.Fatalf("signing in again: %d\n%s", kept.status, kept.body)
	}
	form := typed(kept.doc())
	if form.Get("description") != "typed before it ran out" || form.Get("passphrase_action") != "replace" || form.Get("passphrase") != "" {
		t.Errorf("the form has %v", form)
	}
	if len(h.cloud.Calls("ModifyFlowSources")) != 0 {
		t.Error("signing in again saved by itself")
	}
	if got := kept.doc().Find(`form[data-form]`).AttrOr("action", ""); got != path {
		t.Errorf("the form leads to %q", got)
	}
}

// fields gives what a form would send.
func fields(s *goquery.Selection) url.Values {
	values := url.Values{}
	s.Find("[name]").Each(func(_ int, f *goquery.Selection) {
		values.Add(f.AttrOr("name", ""), f.AttrOr("value", ""))
	})
	return values
}

// A sign-in that is renewed shows no page that the role does not reach.
func TestRenewalShowsWhatTheRoleMay(t *testing.T) {
	m := newMatrix(t)
	flow := "/flows/" + m.ids["flow"]
	for next, least := range map[string]role.Role{
		"/flows/new": role.Engineer, flow + "/source": role.Engineer, flow + "/outputs/new": role.Engineer, flow + "/outputs/OUT-1": role.Engineer,
	} {
		for _, r := range []role.Role{role.Viewer, role.Operator, role.Engineer} {
			b := m.signedIn(roleUsers[r])
			again := form("account", "account", "username", roleUsers[r], "password", password, "region", "local", "renew", "1", "next", next, "kept.name", "typed")
			want := http.StatusOK
			if r < least {
				want = http.StatusForbidden
			}
			if got := b.post("/login", again); got.status != want || want == http.StatusForbidden && got.doc().Find("form[data-form]").Length() != 0 {
				t.Errorf("%s as %s: %d, want %d", next, r, got.status, want)
			}
		}
	}
}

// With htmx the page stays as it is, and only the dialog goes.
func TestRenewalInPlace(t *testing.T) {
	h := newHouse(t, func(c *medialivetest.Cloud) {
		c.TokensLive(time.Hour)
		c.Add(flowOf("FEED-A", medialive.Standby))
	})
	b := h.signedIn("op-1")
	b.awaitRead("flow-0001")
	h.now.move(61 * time.Minute)
	ask := b.fragments().post("/flows/flow-0001/start", form("from", "flow"))
	values := fields(ask.doc().Find("dialog form"))
	values.Set("password", "wrong")
	if r := b.fragments().post("/login", values); r.status != http.StatusUnauthorized || r.doc().Find("dialog#renew").Length() != 1 {
		t.Errorf("a wrong password: %d %s", r.status, r.body)
	}
	values.Set("password", password)
	if r := b.fragments().post("/login", values); r.status != http.StatusOK || r.doc().Find("[data-renewed]").Length() != 1 {
		t.Errorf("signing in again: %d %s", r.status, r.body)
	}
	if len(h.cloud.Calls("ModifyFlowStart")) != 0 {
		t.Error("signing in again started by itself")
	}
	if r := b.fragments().post("/flows/flow-0001/start", form("from", "flow")); r.status != http.StatusOK || len(h.cloud.Calls("ModifyFlowStart")) != 1 {
		t.Errorf("the fresh press: %d", r.status)
	}
}

func TestTokenThatTheServiceRefuses(t *testing.T) {
	var refuse atomic.Bool
	h := newHouse(t, func(c *medialivetest.Cloud) {
		c.Add(flowOf("FEED-A", medialive.Standby))
		c.Before = func(w http.ResponseWriter, call medialivetest.Call) bool {
			if refuse.Load() && call.Op == "ModifyFlowStart" {
				medialivetest.Refuse(w, http.StatusUnauthorized, "APIG.0301", "Incorrect IAM authentication information")
				return true
			}
			return false
		}
	})
	b := h.signedIn("op-1")
	b.awaitRead("flow-0001")
	refuse.Store(true)
	r := b.fragments().post("/flows/flow-0001/start", form("from", "flow"))
	if r.status != http.StatusUnauthorized || r.header.Get("HX-Retarget") != "#dialogs" || r.doc().Find("dialog#renew").Length() != 1 {
		t.Errorf("a refused token: %d %v", r.status, r.header)
	}
}
