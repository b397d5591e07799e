package handlers_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/role"
)

// offers are the routes that a page offers to whoever sees it: its links, and
// its forms.
func offers(d *goquery.Document) []string {
	var all []string
	add := func(method, target string) {
		if u, err := url.Parse(target); err == nil && u.Host == "" && strings.HasPrefix(u.Path, "/") {
			all = append(all, method+" "+u.Path)
		}
	}
	d.Find("a[href]").Each(func(_ int, s *goquery.Selection) { add(http.MethodGet, s.AttrOr("href", "")) })
	d.Find("[hx-get]").Each(func(_ int, s *goquery.Selection) { add(http.MethodGet, s.AttrOr("hx-get", "")) })
	d.Find("[hx-post]").Each(func(_ int, s *goquery.Selection) { add(http.MethodPost, s.AttrOr("hx-post", "")) })
	d.Find("form[action]").Each(func(_ int, s *goquery.Selection) {
		if s.Find("button[type=submit],button:not([type])").Length() > 0 {
			add(strings.ToUpper(s.AttrOr("method", "get")), s.AttrOr("action", ""))
		}
	})
	return all
}

// takes gives the least role of an offer by the lists of these tests.
func takes(offer string) role.Role {
	method, path, _ := strings.Cut(offer, " ")
	best, fixed := role.Nobody, -1
	for r, list := range map[role.Role][]string{role.Viewer: forViewers, role.Operator: forOperators, role.Engineer: forEngineers, role.Admin: forAdmins} {
		for _, route := range list {
			m, pattern, _ := strings.Cut(route, " ")
			plain := strings.Count(pattern, "/") - strings.Count(pattern, ":")
			if m == method && fits(pattern, path) && plain > fixed {
				best, fixed = r, plain
			}
		}
	}
	return best
}

// No page offers what the role of who sees it may not do, and each says so at
// the button; the more a role may, the more is offered.
func TestPagesOfferWhatTheRoleMay(t *testing.T) {
	m := newMatrix(t)
	flow := "/flows/" + m.ids["flow"]
	before := 0
	for r := role.Viewer; r <= role.Admin; r++ {
		b := m.signedIn(roleUsers[r])
		offered := map[string]bool{}
		for _, path := range []string{
			"/flows", flow, "/alarms", "/alarms?show=shelved", "/labels", "/settings", "/activity", "/displays", "/displays/" + m.ids["display"],
			"/settings/sessions",
		} {
			page := b.page(path)
			for _, offer := range offers(page) {
				if takes(offer) > r {
					t.Errorf("%s offers %s to a %s", path, offer, r)
				}
				offered[offer] = true
			}
			if word := map[role.Role]string{role.Viewer: "operators only", role.Operator: "engineers only"}[r]; path == flow && word != "" {
				if off := page.Find("[data-off]"); off.Length() == 0 || !strings.Contains(off.Text(), word) {
					t.Errorf("the page of a flow says to a %s at its buttons: %q", r, off.Text())
				}
			}
		}
		if len(offered) <= before {
			t.Errorf("a %s is offered %d routes, and less may see %d", r, len(offered), before)
		}
		before = len(offered)
		if r < role.Engineer && !strings.Contains(b.chinese().page(flow).Find("[data-off]").Text(), "仅限工程师") {
			t.Errorf("the reason is not told to a %s in Chinese", r)
		}
	}
}

// What the service denied is off from then on, and says so, until the next
// sign-in.
func TestDeniedIsSaidAtTheButton(t *testing.T) {
	var id string
	h := newHouse(t, func(c *medialivetest.Cloud) { id = c.Add(flowOf("FEED-A", medialive.Standby, outputOf("OUT-1"))) })
	h.cloud.Before = func(w http.ResponseWriter, c medialivetest.Call) bool {
		if c.Op != "ModifyFlowStart" {
			return false
		}
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"error_code":"` + medialive.CodeNotPermitted + `","error_msg":"no"}`))
		return true
	}
	b, other := h.signedIn("op-1"), h.signedIn("op-2")
	b.awaitRead(id)
	for from, to := range map[string]string{"": "/flows/" + id, "list": "/flows", "all": "/flows?place=all"} {
		if r := b.post("/flows/"+id+"/start", form("from", from)); r.status != http.StatusSeeOther || r.header.Get("Location") != to {
			t.Errorf("a start from %q that the service denies: %d to %q", from, r.status, r.header.Get("Location"))
		}
		if notice := b.page("/flows/" + id).Find("#notices").Text(); !strings.Contains(notice, "Your account may not start flows") {
			t.Errorf("the notice is %q", notice)
		}
	}
	if r := b.fragments().post("/flows/"+id+"/start", form()); r.status != http.StatusForbidden || !strings.Contains(words(r), "may not start flows") {
		t.Errorf("by htmx: %d %s", r.status, words(r))
	}
	for _, path := range []string{"/flows", "/flows/" + id} {
		eventually(t, path+" says that the account may not", func() bool {
			off := b.page(path).Find("[data-off]")
			return strings.Contains(off.Text(), "account may not") && regexp.MustCompile(`may not start flows: the service said so at \d\d:\d\d:\d\d UTC`).MatchString(off.AttrOr("title", "")+off.Text())
		})
		if page := other.page(path); page.Find("[data-off]").Length() != 0 {
			t.Errorf("%s is off for another: %s", path, page.Find("[data-off]").Text())
		}
	}
	if again := h.signedIn("op-1").page("/flows/" + id); again.Find("[data-off]").Length() != 0 {
		t.Errorf("after a new sign-in still: %s", again.Find("[data-off]").Text())
	}
}

// What the service denied is off in the forms and in the questions too, with its
// reason, and nothing that was typed is lost.
func TestDeniedIsSaidInFormsAndQuestions(t *testing.T) {
	var id, idle string
	h := newHouse(t, func(c *medialivetest.Cloud) {
		id = c.Add(flowOf("FEED-A", medialive.Active, outputOf("OUT-1")))
		idle = c.Add(flowOf("FEED-B", medialive.Standby, outputOf("OUT-1")))
	})
	h.cloud.Before = func(w http.ResponseWriter, c medialivetest.Call) bool {
		if strings.HasPrefix(c.Op, "List") || strings.HasPrefix(c.Op, "Show") || strings.HasPrefix(c.Op, "Keystone") {
			return false
		}
		medialivetest.Refuse(w, http.StatusUnauthorized, medialive.CodeNotPermitted, "no")
		return true
	}
	b := h.signedIn("op-1")
	b.awaitRead(id)
	b.awaitRead(idle)
	path, other := "/flows/"+id, "/flows/"+idle
	b.post(path+"/stop", form("ticket", hidden(b.page(path+"/stop"), "ticket")))
	b.post(other+"/delete", form("ticket", hidden(b.page(other+"/delete"), "ticket")))
	b.post(path+"/outputs/OUT-1/delete", form("ticket", hidden(b.page(path+"/outputs/OUT-1/delete"), "ticket")))
	for to, values := range map[string]url.Values{
		"/flows":                 form("name", "FEED-C", "protocol", "srt-listener", "source_name", "Cam"),
		path + "/outputs":        form("name", "OUT-2", "protocol", "srt-listener"),
		other + "/source":        withField(fieldsOf(b.page(other+"/source")), "min_latency", "300"),
		other + "/outputs/OUT-1": withField(fieldsOf(b.page(other+"/outputs/OUT-1")), "min_latency", "300"),
	} {
		r := b.post(to, values)
		if r.status != http.StatusForbidden || !strings.Contains(words(r), "Your account may not") {
			t.Errorf("POST %s: %d %s", to, r.status, words(r))
		}
		if latency := values.Get("min_latency"); latency != "" && r.doc().Find("[name=min_latency]").AttrOr("value", "") != latency {
			t.Errorf("POST %s lost what was typed", to)
		}
	}
	for page, does := range map[string]string{
		path + "/stop": "stop flows", other + "/delete": "delete flows", path + "/outputs/OUT-1/delete": "remove outputs", path + "/outputs/OUT-1/park": "remove outputs",
		path + "/outputs/OUT-1/disable": "change outputs", path + "/source": "change sources", path + "/outputs/OUT-1": "change outputs", path + "/outputs/new": "add outputs", "/flows/new": "make flows",
	} {
		doc := b.page(page)
		if text := doc.Find("main").Text(); !strings.Contains(text, "Your account may not "+does) {
			t.Errorf("%s does not say that the account may not %s", page, does)
		}
		if doc.Find("main form[method=post] button[data-command]").Length() != 0 {
			t.Errorf("%s still offers the command", page)
		}
	}
	h.now.move(15 * time.Minute)
	if doc := b.page(path + "/stop"); doc.Find("main form[method=post] button[data-command]").Length() != 1 {
		t.Error("after 15 minutes it cannot be tried again")
	}
}

// withField is a form with another value in a field.
func withField(values url.Values, name, value string) url.Values {
	values.Set(name, value)
	return values
}

// answers sends the form that a question shows.
func (b *browser) answers(r reply) reply {
	b.t.Helper()
	f := r.doc().Find("form.confirm-reason")
	values := url.Values{}
	f.Find("input").Each(func(_ int, s *goquery.Selection) { values.Add(s.AttrOr("name", ""), s.AttrOr("value", "")) })
	return b.post(f.AttrOr("action", ""), values)
}

func TestRoles(t *testing.T) {
	h := newHouse(t, nil)
	boss, op := h.signedIn("boss"), h.signedIn("op-1")
	roles := func() string { return boss.page("/settings/roles").Find("main").Text() }
	if text := roles(); !strings.Contains(text, "account/boss") || !strings.Contains(text, "Everybody else") || !strings.Contains(text, "engineer") {
		t.Errorf("without rules the page reads %s", text)
	}
	if r := boss.post("/settings/roles", form("user", "a\u0007b", "role", "operator")); r.status != http.StatusUnprocessableEntity || r.doc().Find("#error-user").Text() == "" {
		t.Errorf("a pattern that is none: %d", r.status)
	}
	if r := boss.post("/settings/roles", form("user", "op-*", "role", "king")); r.status != http.StatusUnprocessableEntity {
		t.Errorf("a role that is none: %d", r.status)
	}

	asked := boss.post("/settings/roles", form("user", "op-*", "role", "operator"))
	if text := asked.doc().Find("main").Text(); asked.status != http.StatusOK || !strings.Contains(text, "op-1") || !strings.Contains(text, "Everybody else") {
		t.Fatalf("before roles change: %d %s", asked.status, text)
	}
	if op.get("/flows/new").status != http.StatusOK {
		t.Error("the question changed a role")
	}
	if r := boss.answers(asked); r.status != http.StatusSeeOther {
		t.Fatalf("adding a rule: %d %s", r.status, r.body)
	}
	if r := boss.answers(asked); r.status != http.StatusSeeOther { // and adds nothing, as the number of rules shows
		t.Errorf("the same answer again: %d", r.status)
	}
	if n := boss.page("/settings/roles").Find("a[href^='/settings/roles/']").Length(); n != 2 { // to add one, to change the one
		t.Errorf("there are %d rules", n-1)
	}
	if r := op.get("/flows/new"); r.status != http.StatusForbidden || !strings.Contains(r.body, "account/boss") {
		t.Errorf("what takes an engineer, of an operator: %d", r.status)
	}
	if r := op.chinese().get("/flows/new"); !strings.Contains(r.body, "此处需要“工程师”角色") {
		t.Error("the page that refuses is not in Chinese")
	}

	// A second rule changes nobody's role, and is added at once; put before the
	// first it would.
	if r := boss.post("/settings/roles", form("user", "op-1", "role", "viewer")); r.status != http.StatusSeeOther {
		t.Fatalf("a rule that changes nothing yet: %d", r.status)
	}
	rule := func(n int) string {
		return boss.page("/settings/roles").Find("form[action$='/delete']").Eq(n).AttrOr("action", "")
	}
	up := boss.post(strings.TrimSuffix(rule(1), "delete")+"move", form("to", "up"))
	if text := up.doc().Find("main").Text(); up.status != http.StatusOK || !strings.Contains(text, "op-1") || strings.Contains(text, "Everybody else") {
		t.Fatalf("moving it up: %d %s", up.status, text)
	}
	if r := boss.answers(up); r.status != http.StatusSeeOther {
		t.Fatalf("moving it up: %d", r.status)
	}
	if r := op.post("/flows", form("name", "X")); r.status != http.StatusForbidden {
		t.Errorf("a viewer makes a flow: %d", r.status)
	}
	for range 2 {
		if r := boss.answers(boss.post(rule(0), form())); r.status != http.StatusSeeOther {
			t.Fatalf("removing a rule: %d", r.status)
		}
	}
	if op.get("/flows/new").status != http.StatusOK {
		t.Error("without rules nobody is engineer")
	}
	if events := boss.chinese().page("/activity").Find(".event").Text(); !strings.Contains(events, "*/op-*: 操作员") || strings.Contains(events, ": operator") {
		t.Errorf("the trail in Chinese reads %s", events)
	}
	var verbs []string
	boss.page("/activity").Find(".event").Each(func(_ int, s *goquery.Selection) { verbs = append(verbs, s.Text()) })
	for _, want := range []string{"added the role rule */op-*: operator", "moved the role rule */op-1: viewer", "removed the role rule"} {
		if !slices.ContainsFunc(verbs, func(s string) bool { return strings.Contains(s, want) }) {
			t.Errorf("the trail does not tell %q", want)
		}
	}
}

// No rule takes it from those who are admins by setting, and one who would give
// up the own role is told.
func TestNobodyIsLockedOut(t *testing.T) {
	h := newHouse(t, nil)
	boss := h.signedIn("boss")
	if r := boss.answers(boss.post("/settings/roles", form("user", "boss", "role", "viewer"))); r.status != http.StatusSeeOther {
		t.Fatalf("a rule against the admin by setting: %d", r.status)
	}
	boss.page("/settings/roles")
	if r := boss.post("/settings/roles", form("user", "op-1", "role", "admin")); r.status != http.StatusSeeOther {
		t.Fatalf("a rule for who is not signed in: %d", r.status)
	}
	op := h.signedIn("op-1")
	mine := op.page("/settings/roles").Find("form[action$='/delete']").Last().AttrOr("action", "")
	asked := op.post(mine, form())
	if !strings.Contains(asked.doc().Find("main").Text(), "your own role of admin") {
		t.Errorf("giving up the own role reads %s", asked.doc().Find("main").Text())
	}
	if r := op.answers(asked); r.status != http.StatusSeeOther {
		t.Errorf("giving it up: %d", r.status)
	}
	if r := op.get("/settings/roles"); r.status != http.StatusForbidden {
		t.Errorf("after giving it up: %d", r.status)
	}
}
