package handlers_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/flowdeck/flowdeck/internal/display"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

const (
	firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
	chrome  = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36"
)

// signedInBy is signedIn in a browser that says what it is.
func (h *house) signedInBy(user, agent string) *browser {
	h.t.Helper()
	b := h.browser()
	values := form("account", "account", "username", user, "password", password, "region", "local")
	if r := b.do(http.MethodPost, "/login", values, http.Header{"User-Agent": {agent}}); r.status != http.StatusSeeOther {
		h.t.Fatalf("signing in: %d\n%s", r.status, r.body)
	}
	return b
}

// out tells that nobody is signed in any more.
func (b *browser) out() bool {
	b.t.Helper()
	r := b.get("/flows")
	return r.status == http.StatusSeeOther && strings.HasPrefix(r.header.Get("Location"), "/login")
}

func TestOwnSessions(t *testing.T) {
	h := newHouse(t, nil)
	here, there, hers := h.signedInBy("op-1", chrome), h.signedInBy("op-1", firefox), h.signedIn("op-2")
	page := here.page("/settings/sessions")
	rows := page.Find("table.sessions tbody tr")
	if rows.Length() != 2 {
		t.Fatalf("%d sessions:\n%s", rows.Length(), page.Text())
	}
	mine, other := rows.Eq(0), rows.Eq(1)
	if text := mine.Text(); !strings.Contains(text, "Chrome 138 · Linux") || !strings.Contains(text, "this one") || mine.Find(`form[action="/logout"]`).Length() != 1 {
		t.Errorf("this session: %s", text)
	}
	if text := other.Text(); !strings.Contains(text, "Firefox 140 · Windows") || strings.Contains(text, "this one") || !strings.Contains(text, "127.0.0.1") {
		t.Errorf("the other: %s", text)
	}
	if strings.Contains(page.Text(), "op-2") || page.Find(`a[href="/settings/sessions/everybody"]`).Length() != 0 {
		t.Error("it tells of other people")
	}
	path := other.Find("form").AttrOr("action", "")
	if r := hers.post(path, form()); r.status != http.StatusNotFound || there.out() {
		t.Errorf("somebody else's: %d", r.status)
	}
	if r := here.post(path, form()); r.status != http.StatusSeeOther || r.header.Get("Location") != "/settings/sessions" {
		t.Errorf("ending it: %d", r.status)
	}
	if text := here.page("/settings/sessions").Find("#notices").Text(); !strings.Contains(text, "op-1") {
		t.Errorf("the notice: %q", text)
	}
	if here.out() || !there.out() {
		t.Error("not the one that was to end has ended")
	}
	if r := here.post(path, form()); r.status != http.StatusNotFound || !strings.Contains(words(r), "ended already") {
		t.Errorf("once more: %d", r.status)
	}
	third := h.signedIn("op-1")
	if r := here.post("/settings/sessions/others", form()); r.status != http.StatusSeeOther {
		t.Errorf("ending the others: %d", r.status)
	}
	if here.out() || !third.out() || hers.out() {
		t.Error("ending the others ended too few, or too many")
	}
}

// A session is told of by its places as the menu names them, and by its role in
// the reader's language.
func TestSessionIsToldInWords(t *testing.T) {
	j := travel(t)
	for name, c := range map[string]struct {
		b    *browser
		role string
	}{"en": {j.browser, "engineer"}, "zh": {j.chinese(), "工程师"}} {
		row := c.b.page("/settings/sessions").Find("table.sessions tbody tr").First()
		places := row.Find("td").Eq(4).Find("div").Map(func(_ int, s *goquery.Selection) string { return s.Text() })
		if role := strings.TrimSpace(row.Find("td").Eq(5).Text()); role != c.role || !slices.Equal(places, []string{"paris", "berlin"}) {
			t.Errorf("%s: in %q as %q", name, places, role)
		}
	}
}

func TestEverybodysSessions(t *testing.T) {
	h := newHouse(t, nil)
	boss, one, two := h.signedIn("boss"), h.signedIn("op-1"), h.signedIn("op-2")
	for _, path := range []string{"/settings/sessions/everybody", "/settings/sessions/everybody/end"} {
		if r := one.get(path); r.status != http.StatusForbidden {
			t.Errorf("GET %s of no admin: %d", path, r.status)
		}
	}
	if link := boss.page("/settings/sessions").Find(`a[href="/settings/sessions/everybody"]`); link.Length() != 1 {
		t.Error("an admin is not led to everybody's sessions")
	}
	row := boss.page("/settings/sessions/everybody").Find(`tr:contains("op-1")`)
	path := row.Find("form").AttrOr("action", "")
	if r := two.post(path, form()); r.status != http.StatusForbidden || one.out() {
		t.Errorf("ended by no admin: %d", r.status)
	}
	if r := boss.post(path, form()); r.status != http.StatusSeeOther || !one.out() || two.out() || boss.out() {
		t.Errorf("ended by an admin: %d", r.status)
	}
	if r := boss.post("/settings/sessions/everybody/end", form()); r.status != http.StatusConflict || two.out() {
		t.Errorf("ending all without the question's ticket: %d", r.status)
	}
	ask := boss.page("/settings/sessions/everybody/end")
	r := boss.post("/settings/sessions/everybody/end", form("ticket", hidden(ask, "ticket")))
	if r.status != http.StatusSeeOther || !two.out() || boss.out() {
		t.Errorf("ending all: %d", r.status)
	}
}

// late is a browser whose password was given too long ago for what weighs, with
// a flow that can be deleted.
func late(t *testing.T, user string) (*house, *browser, string) {
	t.Helper()
	var id string
	h := newHouse(t, func(c *medialivetest.Cloud) { id = c.Add(flowOf("FEED-A", medialive.Standby, outputOf("OUT-1"))) })
	b := h.signedIn(user)
	b.awaitRead(id)
	h.now.move(11 * time.Minute)
	return h, b, id
}

// stepUp gives the password to a page that asks for it.
func (b *browser) stepUp(page reply, typed string) reply {
	b.t.Helper()
	values := fields(page.doc().Find(`form[action="/step-up"]`))
	values.Set("password", typed)
	return b.post("/step-up", values)
}

func TestPasswordBeforeDeleting(t *testing.T) {
	for op, path := range map[string]string{"DeleteFlow": "/delete", "DeleteFlowOutput": "/outputs/OUT-1/delete"} {
		t.Run(op, func(t *testing.T) {
			h, b, id := late(t, "op-1")
			askedBeforeDeleting(t, h, b, "/flows/"+id+path, op)
		})
	}
}

func askedBeforeDeleting(t *testing.T, h *house, b *browser, path, op string) {
	t.Helper()
	asked := b.get(path)
	if asked.status != http.StatusUnauthorized || asked.doc().Find(`form[action="/step-up"] input[type="password"][autofocus]`).Length() != 1 {
		t.Fatalf("%d\n%s", asked.status, asked.body)
	}
	before := b.cookie()
	if r := b.stepUp(asked, "wrong"); r.status != http.StatusUnauthorized || !strings.Contains(r.doc().Find(".error").Text(), "wrong") || b.cookie() != before {
		t.Errorf("a wrong password: %d", r.status)
	} else {
		asked = r // it asks once more
	}
	r := b.stepUp(asked, password)
	if r.status != http.StatusSeeOther || r.header.Get("Location") != path || b.cookie() == before {
		t.Fatalf("the right one: %d to %q", r.status, r.header.Get("Location"))
	}
	if r := h.browser().do(http.MethodGet, "/flows", nil, http.Header{"Cookie": {before}}); r.status != http.StatusSeeOther {
		t.Errorf("the id from before answers %d", r.status)
	}
	ticket := hidden(b.page(path), "ticket")
	h.now.move(4 * time.Minute)
	if r := b.post(path, form("ticket", ticket)); r.status != http.StatusSeeOther || len(h.cloud.Calls(op)) != 1 {
		t.Errorf("deleting: %d", r.status)
	}
}

// A press that meets the question is done once the password is right: with its
// ticket, its reason, and by nobody else.
func TestPasswordAfterThePress(t *testing.T) {
	h, b, id := late(t, "op-1")
	path := "/flows/" + id + "/delete"
	h.now.move(-3 * time.Minute)
	ticket := hidden(b.page(path), "ticket")
	h.now.move(3 * time.Minute)
	asked := b.post(path, form("ticket", ticket, "reason", "CANARY of the reason"))
	if asked.status != http.StatusUnauthorized || strings.Contains(asked.body, "CANARY") || !strings.Contains(words(asked), "What you entered is kept") {
		t.Fatalf("%d\n%s", asked.status, asked.body)
	}
	if len(h.cloud.Calls("DeleteFlow")) != 0 {
		t.Fatal("deleted without the password")
	}
	other := h.signedIn("op-2")
	if r := other.stepUp(asked, password); r.status != http.StatusSeeOther || r.header.Get("Location") != "/settings/sessions" {
		t.Errorf("somebody else brings it: %d to %q", r.status, r.header.Get("Location"))
	}
	asked = b.stepUp(asked, "wrong")
	r := b.stepUp(asked, password)
	if r.status != http.StatusSeeOther || r.header.Get("Location") != "/flows" || len(h.cloud.Calls("DeleteFlow")) != 1 {
		t.Fatalf("%d to %q, %d deletions\n%s", r.status, r.header.Get("Location"), len(h.cloud.Calls("DeleteFlow")), r.body)
	}
	eventually(t, "the reason on the trail", func() bool { return strings.Contains(b.page("/activity").Text(), "CANARY of the reason") })
	if r := b.stepUp(asked, password); len(h.cloud.Calls("DeleteFlow")) != 1 {
		t.Errorf("the same brought again: %d, it deleted twice", r.status)
	}
}

// A long form is not lost, secrets included, and nothing of it is on the page.
func TestPasswordLosesNoForm(t *testing.T) {
	h := newHouse(t, nil)
	b := h.signedIn("boss")
	address, _ := hook(t, http.StatusNoContent)
	b.page("/settings/webhooks/new")
	h.now.move(20 * time.Minute)
	values := webhookForm(address)
	values.Set("name", "")
	asked := b.post("/settings/webhooks", values)
	if asked.status != http.StatusUnauthorized || strings.Contains(asked.body, "s3cret-path") || strings.Contains(asked.body, "shared-secret") {
		t.Fatalf("%d\n%s", asked.status, asked.body)
	}
	wrong := b.stepUp(asked, password)
	if wrong.status != http.StatusUnprocessableEntity || wrong.doc().Find(`form[action="/settings/webhooks"]`).Length() != 1 {
		t.Fatalf("a form with a fault: %d\n%s", wrong.status, wrong.body)
	}
	h.now.move(20 * time.Minute)
	asked = b.post("/settings/webhooks", webhookForm(address))
	if r := b.stepUp(asked, password); r.status != http.StatusSeeOther || r.header.Get("Location") != "/settings" {
		t.Fatalf("%d to %q\n%s", r.status, r.header.Get("Location"), r.body)
	}
	if text := b.page("/settings").Text(); !strings.Contains(text, "desk <b>") || !strings.Contains(text, "127.0.0.1:") {
		t.Errorf("the webhook: %s", text)
	}
}

// Nothing but what the dashboard itself sealed leads anywhere, and not for ever.
func TestPasswordLeadsNowhereElse(t *testing.T) {
	h, b, id := late(t, "op-1")
	asked := b.get("/flows/" + id + "/delete?next=//evil.example")
	old := hidden(asked.doc(), "kept")
	for _, kept := range []string{"", "//evil.example", "https://evil.example", old[:len(old)-2], old + "A", strings.Repeat("A", 100)} {
		r := b.post("/step-up", form("password", password, "kept", kept, "next", "//evil.example", "to", "https://evil.example"))
		if got := r.header.Get("Location"); r.status != http.StatusSeeOther || got != "/settings/sessions" {
			t.Errorf("%q leads to %q (%d)", kept, got, r.status)
		}
	}
	if r := b.post("/step-up", form("password", password, "kept", old)); r.header.Get("Location") != "/flows/"+id+"/delete?next=%2F%2Fevil.example" {
		t.Errorf("it leads to %q", r.header.Get("Location"))
	}
	h.now.move(2 * time.Hour)
	if r := b.post("/step-up", form("password", password, "kept", old)); r.header.Get("Location") != "/settings/sessions" {
		t.Errorf("hours later it leads to %q", r.header.Get("Location"))
	}
	if r := b.do(http.MethodPost, "/step-up", form("password", password), http.Header{"Sec-Fetch-Site": {"same-site"}}); r.status != http.StatusForbidden {
		t.Errorf("from another site: %d", r.status)
	}
}

// With htmx the page stays, and the press is the person's own again.
func TestPasswordInPlace(t *testing.T) {
	h, b, id := late(t, "op-1")
	path := "/flows/" + id + "/delete"
	asked := b.chinese().fragments().post(path, form())
	if asked.status != http.StatusUnauthorized || asked.header.Get("HX-Retarget") != "#dialogs" || asked.doc().Find("dialog#step-up[data-modal]").Length() != 1 || !strings.Contains(asked.body, "请确认身份") {
		t.Fatalf("%d %v\n%s", asked.status, asked.header, asked.body)
	}
	values := fields(asked.doc().Find("dialog form"))
	values.Set("password", "wrong")
	if r := b.fragments().post("/step-up", values); r.status != http.StatusUnauthorized || r.doc().Find("dialog#step-up").Length() != 1 {
		t.Errorf("a wrong password: %d", r.status)
	}
	values.Set("password", password)
	if r := b.fragments().post("/step-up", values); r.status != http.StatusOK || r.doc().Find("[data-renewed][data-ends]").Length() != 1 {
		t.Errorf("the right one: %d %s", r.status, r.body)
	}
	if len(h.cloud.Calls("DeleteFlow")) != 0 {
		t.Error("it deleted by itself")
	}
	if r := b.get(path); r.status != http.StatusOK {
		t.Errorf("afterwards: %d", r.status)
	}
}

// What opens a display to more people takes the password again, as its link does.
func TestPasswordBeforeChangingADisplay(t *testing.T) {
	h := newHouse(t, nil)
	b := h.signedIn("boss")
	d, _ := h.display(func(d *display.Display) { d.CIDRs = []string{"192.0.2.0/24"} })
	at := "/displays/" + d.ID
	typed := filled(b.page(at + "/edit"))
	typed.Set("cidrs", "")
	h.now.move(11 * time.Minute)
	if r := b.get(at + "/edit"); r.status != http.StatusUnauthorized {
		t.Errorf("the form: %d", r.status)
	}
	asked := b.post(at, typed)
	if now, err := h.displays.Get(t.Context(), projectOfHouse, d.ID); err != nil || asked.status != http.StatusUnauthorized || len(now.CIDRs) != 1 {
		t.Fatalf("%d, the networks are %v (%v)", asked.status, now.CIDRs, err)
	}
	r := b.stepUp(asked, password)
	if now, err := h.displays.Get(t.Context(), projectOfHouse, d.ID); err != nil || r.status != http.StatusSeeOther || len(now.CIDRs) != 0 {
		t.Errorf("with the password: %d, the networks are %v (%v)", r.status, now.CIDRs, err)
	}
}

// What only an admin may takes a password of the last quarter of an hour.
func TestPasswordOfAnAdmin(t *testing.T) {
	h := newHouse(t, nil)
	b := h.signedIn("boss")
	for _, c := range []struct {
		path  string
		after time.Duration
		want  int
	}{
		{"/settings/sessions/everybody", 14 * time.Minute, http.StatusOK},
		{"/settings/sessions/everybody/end", 0, http.StatusUnauthorized},
		{"/settings/sessions/everybody", time.Minute, http.StatusUnauthorized},
		{"/flows", 0, http.StatusOK},
		{"/settings/sessions", 0, http.StatusOK},
	} {
		h.now.move(c.after)
		if r := b.get(c.path); r.status != c.want {
			t.Errorf("%s: %d, want %d", c.path, r.status, c.want)
		}
	}
}

// Who is led to the sign-in by a request that another of his own overtook is led
// back.
func TestSignedInIsLedBack(t *testing.T) {
	h := newHouse(t, nil)
	b := h.signedIn("op-1")
	if r := b.get("/login?next=/alarms"); r.status != http.StatusSeeOther || r.header.Get("Location") != "/alarms" {
		t.Errorf("%d to %q", r.status, r.header.Get("Location"))
	}
	if r := b.get("/login"); r.status != http.StatusOK {
		t.Errorf("the sign-in by itself: %d", r.status)
	}
}

func TestSignOutClearsTheCache(t *testing.T) {
	h := newHouse(t, nil)
	b := h.signedIn("op-1")
	for _, path := range []string{"/flows", "/settings/sessions", "/activity"} {
		if r := b.get(path); r.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: Cache-Control %q", path, r.header.Get("Cache-Control"))
		}
	}
	if r := b.post("/logout", form()); r.header.Get("Clear-Site-Data") != `"cache"` {
		t.Errorf("Clear-Site-Data %q", r.header.Get("Clear-Site-Data"))
	}
}
