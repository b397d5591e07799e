package handlers_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/display"
	"github.com/flowdeck/flowdeck/internal/handlers"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/notify"
	"github.com/flowdeck/flowdeck/internal/role"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// sort is what an answer amounts to.
type sort string

const (
	served   sort = "served"   // by the route, whatever it said of what was asked
	stranger sort = "stranger" // nobody is signed in
	renewal  sort = "renewal"  // the token ran out
	lacking  sort = "lacking"  // the role is too little
	stepUp   sort = "step-up"  // the password is asked for again
	dark     sort = "dark"     // a display that is not in use
	noRoute  sort = "no route" // the path has none for this method
	broken   sort = "broken"   // none of these
)

// sortOf judges an answer by what it says to who asked.
func sortOf(r *httptest.ResponseRecorder) sort {
	to, body := r.Header().Get("Location"), r.Body.String()
	switch {
	case r.Code == http.StatusMethodNotAllowed, r.Code == http.StatusNoContent && r.Header().Get("Allow") != "":
		return noRoute
	case r.Code == http.StatusSeeOther && strings.HasPrefix(to, "/login") && to != "/login?out=1",
		r.Code == http.StatusUnauthorized && strings.Contains(body, `"signed_out"`):
		return stranger
	case r.Code == http.StatusUnauthorized && strings.Contains(body, "step-up"):
		return stepUp
	case r.Code == http.StatusUnauthorized:
		return renewal
	case r.Code == http.StatusForbidden && (strings.Contains(body, "This takes the role") || strings.Contains(body, `"role"`)):
		return lacking
	case r.Code == http.StatusNotFound && strings.Contains(body, inTheDark):
		return dark
	case r.Code >= http.StatusInternalServerError && r.Code != http.StatusServiceUnavailable:
		return broken
	}
	return served
}

// asked is a column of the matrix: how a request is made.
type asked struct {
	method string // as it goes over the wire
	header http.Header
	query  string
}

func (a asked) String() string {
	return strings.TrimSpace(fmt.Sprint(a.method, " ", a.query, " ", a.header))
}

// manners are all ways to ask. Nothing but the method decides which route is
// meant.
func manners() []asked {
	var all []asked
	for _, m := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"} {
		all = append(all, asked{method: m})
	}
	for _, name := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
		all = append(all, asked{method: "GET", header: http.Header{name: {"POST"}}}, asked{method: "POST", header: http.Header{name: {"GET"}}})
	}
	return append(all, asked{method: "GET", query: "_method=POST"}, asked{method: "POST", query: "_method=GET"})
}

// matrix is a dashboard with one of everything in its project, beside one of
// another project over the same database.
type matrix struct {
	*house
	foreign *echo.Echo // the dashboard of the other project
	far     *auth.Auth // of that dashboard
	ids     map[string]string
	own     []string // what nobody of the other project may read
	cells   int

	wrong, done, told int // cells: answered otherwise; refused, and yet something was done; with a word of another project
}

// roleUsers are the people by their roles.
var roleUsers = map[role.Role]string{role.Viewer: "a-viewer", role.Operator: "an-operator", role.Engineer: "an-engineer", role.Admin: "boss"}

func newMatrix(t *testing.T) *matrix {
	t.Helper()
	people := func(c *medialivetest.Cloud) {
		for r, name := range roleUsers {
			c.AddUser(name, medialivetest.User{ID: fmt.Sprintf("r%d", r), Password: password})
		}
	}
	m := &matrix{ids: map[string]string{}}
	m.house = newHouse(t, func(c *medialivetest.Cloud) {
		people(c)
		c.Remove(c.Add(flowOf("GONE", medialive.Standby))) // so that the ids of the projects differ
		own := flowOf("OWN-FEED", medialive.Standby, outputOf("OUT-1"), outputOf("OUT-2"))
		own.Sources[0].Address = "203.0.113.77"
		m.ids["flow"] = c.Add(own)
		channel := pushChannel("own-channel", medialive.ChannelOff)
		channel.Name = "OWN-CHANNEL" // its id is in every address, which may be told back
		m.ids["channel"] = c.AddChannel(channel).ID
	})
	other := medialivetest.New()
	people(other)
	other.Add(flowOf("FOREIGN-FEED", medialive.Standby))
	const far = "https://far.example"
	o := m.options
	m.far = m.dashboard(other.Transport(), far)
	o.Auth = m.far
	var err error
	if m.foreign, err = handlers.New(o); err != nil {
		t.Fatal(err)
	}
	m.fill(t)
	return m
}

// dashboard is the auth of another dashboard over the same database.
func (m *matrix) dashboard(transport http.RoundTripper, endpoint string) *auth.Auth {
	o := m.auth
	o.Transport, o.Backend = transport, auth.Single(endpoint, endpoint, "local")
	return auth.New(o)
}

// fill puts one of everything into the project.
func (m *matrix) fill(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	boss, _ := m.enter(t, m.options.Auth, "boss")
	var rules role.Rules
	for _, r := range []role.Role{role.Viewer, role.Operator, role.Engineer} {
		rules = append(rules, role.Rule{ID: "rule-" + r.String(), User: roleUsers[r], Role: r})
	}
	must(t, m.options.Auth.ChangeRules(ctx, boss, auth.RuleChange{Verb: auth.VerbRuleAdded, Rule: rules[0], Now: rules}))
	client, err := m.options.Auth.Client(boss)
	must(t, err)
	key := monitor.Key{Endpoint: boss.Endpoint, ProjectID: boss.ProjectID}
	w := m.monitor.Watch(key, client, time.Time{})
	_, leave := w.Subscribe()
	t.Cleanup(leave)
	eventually(t, "the project is read", func() bool {
		w.Look(m.ids["flow"])
		f, ok := w.Snapshot().Flow(m.ids["flow"])
		return ok && !f.DetailAt.IsZero()
	})
	op := control.Operator{Client: client, Watcher: w, Endpoint: boss.Endpoint, Project: boss.ProjectID, Actor: "boss"}
	must(t, m.options.Control.AddNote(ctx, op, m.ids["flow"], "OWN-NOTE"))
	notes, _, err := m.options.Control.Notes(ctx, op, m.ids["flow"])
	must(t, err)
	must(t, m.options.Control.SetLabel(ctx, op, "203.0.113.61", "OWN-LABEL"))
	must(t, m.options.Notify.Put(ctx, key, notify.Webhook{Name: "OWN-HOOK", Shape: notify.JSON, Least: 1, URL: "https://127.0.0.1:9/x", Lang: "en"}, "boss"))
	hooks, err := m.options.Notify.List(ctx, key)
	must(t, err)
	shown, _ := m.display(func(d *display.Display) { d.Name = "OWN-WALL" })
	away, _ := m.enter(t, m.options.Auth, "op-2")
	m.ids["note"], m.ids["hook"], m.ids["display"], m.ids["session"], m.ids["rule"] = notes[0].ID, hooks[0].ID, shown.ID, away.ID(), "rule-viewer"
	m.own = []string{"OWN-FEED", "OWN-NOTE", "OWN-LABEL", "OWN-HOOK", "OWN-WALL", "203.0.113.77", "OWN-CHANNEL"}
}

// enter signs somebody in, and gives the cookie too.
func (m *matrix) enter(t *testing.T, a *auth.Auth, user string) (*auth.Session, *http.Cookie) {
	t.Helper()
	w := httptest.NewRecorder()
	s, err := a.SignIn(t.Context(), w, httptest.NewRequest(http.MethodPost, "/login", nil), auth.Form{Account: "account", User: user, Password: password})
	if err != nil {
		t.Fatalf("signing %s in: %v", user, err)
	}
	return s, w.Result().Cookies()[0]
}

// path fills in what a route's path leaves open with what is there.
func (m *matrix) path(pattern string) string {
	id := map[string]string{"flows": "flow", "displays": "display", "alarms": "flow", "settings": "hook", "channels": "channel"}[strings.Split(pattern, "/")[1]]
	switch {
	case strings.HasPrefix(pattern, "/settings/roles"):
		id = "rule"
	case strings.HasPrefix(pattern, "/settings/sessions"):
		id = "session"
	}
	return strings.NewReplacer(":id", m.ids[id], ":name", "OUT-1", ":note", m.ids["note"], ":key", strings.Repeat("k", 43), ":domain", "push.example.com", ":app", "live", "*", "js/live.js").Replace(pattern)
}

// streamEnds is an answer that ends its request once it has begun: streams go on
// for ever otherwise.
type streamEnds struct {
	*httptest.ResponseRecorder
	end context.CancelFunc
}

// Flush ends the request of a stream.
func (s streamEnds) Flush() {
	if s.Header().Get("Content-Type") == "text/event-stream" {
		s.end()
	}
}

// SetWriteDeadline lets handlers that set one go on.
func (streamEnds) SetWriteDeadline(time.Time) error { return nil }

// ask makes a request of a dashboard, without a network between.
func (m *matrix) ask(e *echo.Echo, pattern string, how asked, cookies ...*http.Cookie) *httptest.ResponseRecorder {
	m.cells++
	target := m.path(pattern)
	if pattern == "/live" {
		target += "?view=list"
	}
	if how.query != "" {
		target += map[bool]string{true: "&", false: "?"}[strings.Contains(target, "?")] + how.query
	}
	form := url.Values{"name": {"X"}, "password": {password}, "_method": {"DELETE"}}
	ctx, end := context.WithTimeout(m.t.Context(), patience)
	defer end()
	r := httptest.NewRequestWithContext(ctx, how.method, target, nil)
	if how.method == http.MethodPost {
		r = httptest.NewRequestWithContext(ctx, how.method, target, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.RemoteAddr = fmt.Sprintf("127.0.%d.%d:1234", m.cells>>8&255, m.cells&255) // guesses of keys are slowed down by address
	for name, v := range how.header {
		r.Header[name] = v
	}
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(streamEnds{w, end}, r)
	return w
}

// column is who asks: somebody of a role, in a project, with a session in some
// state.
type column struct {
	name    string
	at      *echo.Echo          // nil: that of the project
	role    role.Role           // by the rules, at this moment
	instead sort                // what every route behind a session answers; empty: by the role
	onWall  bool                // it holds a display's cookie
	stale   bool                // the password was given long ago
	foreign bool                // it is of another project
	enter   func() *http.Cookie // makes the session; nil: there is none
	once    bool                // it is not made anew

	cookie *http.Cookie
}

// strangers are the columns of those whom a session does not, or no longer, let
// in.
func (m *matrix) strangers(t *testing.T) []*column {
	t.Helper()
	ctx, here := t.Context(), m.options.Auth
	replica := m.dashboard(m.cloud.Transport(), medialivetest.Endpoint)
	_, out := m.enter(t, here, "boss")
	leaving := httptest.NewRequest(http.MethodPost, "/logout", nil)
	leaving.AddCookie(out)
	must(t, here.SignOut(ctx, httptest.NewRecorder(), leaving))
	boss, _ := m.enter(t, here, "boss")
	gone, revoked := m.enter(t, here, "boss")
	if r := m.ask(m.echo, "/flows", asked{method: http.MethodGet}, revoked); r.Code != http.StatusOK { // so that this dashboard believes it
		t.Fatalf("a session before it is revoked: %d", r.Code)
	}
	_, err := replica.Revoke(ctx, boss, gone.ID())
	must(t, err)
	m.now.move(2 * time.Second)
	_, key := m.display(nil)
	screen := m.screen(key).http.Jar.Cookies(mustParse(t, m.url))[0]
	return []*column{
		{name: "nobody", instead: stranger},
		{name: "a made-up cookie", instead: stranger, cookie: &http.Cookie{Name: "flowdeck", Value: strings.Repeat("A", 43)}},
		{name: "a display's cookie", instead: stranger, onWall: true, cookie: screen},
		{name: "a display's cookie as a session's", instead: stranger, cookie: &http.Cookie{Name: "flowdeck", Value: screen.Value}},
		{name: "signed out", instead: stranger, cookie: out},
		{name: "revoked on another dashboard", instead: stranger, cookie: revoked},
		{name: "a token that ran out", instead: renewal, enter: func() *http.Cookie {
			s, c := m.enter(t, here, "boss")
			must(t, here.Expire(ctx, s))
			return c
		}},
	}
}

// people are the columns of those who are let in: by role, in this project and
// in another, with the password given now and long ago.
func (m *matrix) people(t *testing.T) []*column {
	t.Helper()
	var all []*column
	entering := func(a *auth.Auth, user string) func() *http.Cookie {
		return func() *http.Cookie { _, c := m.enter(t, a, user); return c }
	}
	for r := role.Viewer; r <= role.Admin; r++ {
		all = append(all,
			&column{name: r.String(), role: r, enter: entering(m.options.Auth, roleUsers[r])},
			&column{name: r.String() + " of another project", at: m.foreign, role: r, foreign: true, enter: entering(m.far, roleUsers[r])})
	}
	boss, engineer := entering(m.options.Auth, "boss"), entering(m.options.Auth, roleUsers[role.Engineer])
	return append(all, &column{name: "admin, the password given long ago", role: role.Admin, stale: true, enter: func() *http.Cookie {
		c := boss()
		m.now.move(20 * time.Minute)
		return c
	}}, &column{name: "engineer until another dashboard made a viewer of them", role: role.Viewer, enter: func() *http.Cookie {
		c := engineer()
		m.lower(t)
		return c
	}}, &column{name: "idle for too long", instead: stranger, once: true, enter: func() *http.Cookie {
		c := boss()
		m.now.move(13 * time.Hour)
		return c
	}})
}

// lower has another dashboard make viewers of engineers, once.
func (m *matrix) lower(t *testing.T) {
	t.Helper()
	replica := m.dashboard(m.cloud.Transport(), medialivetest.Endpoint)
	now, err := replica.Policy(t.Context())
	must(t, err)
	then := slices.Clone(now.Rules)
	i := then.Find("rule-engineer")
	if then[i].Role == role.Viewer {
		return
	}
	then[i].Role = role.Viewer
	boss, _ := m.enter(t, replica, "boss")
	must(t, replica.ChangeRules(t.Context(), boss, auth.RuleChange{Verb: auth.VerbRuleChanged, Rule: then[i], Were: now.Rules, Now: then}))
	m.now.move(2 * time.Second)
}

// weighty are the routes that ask for the password again after ten minutes;
// those of admins do after fifteen.
var weighty = []string{
	"GET /flows/:id/delete", "POST /flows/:id/delete",
	"GET /flows/:id/outputs/:name/delete", "POST /flows/:id/outputs/:name/delete",
	"GET /channels/:domain/:app/:id/delete", "POST /channels/:domain/:app/:id/delete",
}

// leastOf gives the least role of a route by the lists of these tests, not by
// the table that is tested.
func leastOf(route string) (least role.Role, behind bool) {
	for r, list := range map[role.Role][]string{
		role.Nobody: forSignedIn, role.Viewer: forViewers, role.Operator: forOperators, role.Engineer: forEngineers, role.Admin: forAdmins,
	} {
		if slices.Contains(list, route) {
			return r, true
		}
	}
	return role.Nobody, false
}

// want is what a cell should be; route is as it stands in the lists, or empty
// where there is none.
func (c *column) want(route string) sort {
	least, behind := leastOf(route)
	switch {
	case route == "":
		return noRoute
	case route == "GET /wall/:key", slices.Contains(onWalls, route) && !c.onWall:
		return dark
	case !behind:
		return served
	case c.instead == renewal && slices.Contains(forSignedIn, route):
		return served
	case c.instead != "":
		return c.instead
	case c.role < least:
		return lacking
	case c.stale && (least == role.Admin || slices.Contains(weighty, route)):
		return stepUp
	}
	return served
}

// routeOf finds the route that a request means: the method alone decides, and a
// path that is written out goes before one with an id in its place. It is empty
// where there is none.
func routeOf(routes map[string]bool, method, pattern string) string {
	listed := method
	if method == http.MethodHead {
		listed = http.MethodGet
	}
	if routes[method+" "+pattern] {
		return listed + " " + pattern
	}
	for route := range routes {
		if m, other, _ := strings.Cut(route, " "); m == method && fits(other, pattern) {
			return listed + " " + other
		}
	}
	return ""
}

// fits tells whether a path is one of a pattern's.
func fits(pattern, path string) bool {
	a, b := strings.Split(pattern, "/"), strings.Split(path, "/")
	return len(a) == len(b) && slices.EqualFunc(a, b, func(step, is string) bool {
		return step == is || strings.HasPrefix(step, ":")
	})
}

// cell is one request of the matrix, with what it should come to.
type cell struct {
	pattern string
	how     asked
	want    sort
}

// run asks for every path in every manner as a column, and judges each answer:
// first for all that should be refused, of which nothing may come, then for the
// rest.
func (m *matrix) run(t *testing.T, c *column, paths []string, routes map[string]bool) {
	t.Helper()
	var refused, open []cell
	for _, pattern := range paths {
		for _, how := range manners() {
			one := cell{pattern, how, c.want(routeOf(routes, how.method, pattern))}
			if one.want == served {
				open = append(open, one)
			} else {
				refused = append(refused, one)
			}
		}
	}
	if c.at == nil {
		c.at = m.echo
	}
	if c.enter != nil {
		c.cookie = c.enter()
	}
	before := m.traces(t)
	for _, one := range refused {
		m.judge(t, c, one)
	}
	if after := m.traces(t); after != before {
		m.done++
		t.Errorf("%s: what was refused left traces: commands and lines were %v, are %v", c.name, before, after)
	}
	for _, one := range open {
		m.judge(t, c, one)
	}
}

// judge asks for a cell.
func (m *matrix) judge(t *testing.T, c *column, one cell) {
	t.Helper()
	if c.enter != nil && c.cookie == nil {
		c.cookie = c.enter()
	}
	var cookies []*http.Cookie
	if c.cookie != nil {
		cookies = append(cookies, c.cookie)
	}
	r := m.ask(c.at, one.pattern, one.how, cookies...)
	got := sortOf(r)
	if got != one.want {
		m.wrong++
		t.Errorf("%s: %s %s: %s (%d to %q), want %s", c.name, one.pattern, one.how, got, r.Code, r.Header().Get("Location"), one.want)
	}
	if c.foreign || one.want != served {
		m.keepsQuiet(t, c, one, r)
	}
	c.follow(r, got, one.how)
}

// traces counts the commands that reached the cloud, and what people did by the
// trail.
func (m *matrix) traces(t *testing.T) [2]int {
	t.Helper()
	all, err := m.store.Timeline(t.Context(), trail.Filter{Kinds: []trail.Kind{trail.Command, trail.Care, trail.Access}, Limit: 1 << 20})
	must(t, err)
	return [2]int{m.changes(), len(all)}
}

// keepsQuiet tells of an answer that has something of the project in it.
func (m *matrix) keepsQuiet(t *testing.T, c *column, one cell, r *httptest.ResponseRecorder) {
	t.Helper()
	for _, own := range m.own {
		if strings.Contains(r.Body.String(), own) || strings.Contains(fmt.Sprint(r.Header()), own) {
			m.told++
			t.Errorf("%s: %s %s tells %s", c.name, one.pattern, one.how, own)
		}
	}
}

// follow does with cookies as a browser does, and has the session made anew
// after what may have changed it.
func (c *column) follow(r *httptest.ResponseRecorder, got sort, how asked) {
	if c.enter == nil || c.once {
		return
	}
	for _, set := range r.Result().Cookies() {
		if set.Name == "flowdeck" {
			c.cookie = set
		}
	}
	if got == served && how.method == http.MethodPost || got == stranger || c.cookie.MaxAge < 0 {
		c.cookie = nil
	}
}

// Every route, by every role and state of a session, in the own project and from
// another, by every method and whatever pretends to be one.
func TestT7Matrix(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	routes, paths := map[string]bool{}, []string{}
	for _, r := range m.echo.Routes() {
		routes[r.Method+" "+r.Path] = true
		if !slices.Contains(paths, r.Path) {
			paths = append(paths, r.Path)
		}
	}
	slices.Sort(paths)
	columns := append(m.strangers(t), m.people(t)...)
	m.cells = 0
	for _, c := range columns {
		t.Run(c.name, func(t *testing.T) { m.run(t, c, paths, routes) })
	}
	want := len(columns) * len(paths) * len(manners())
	if m.cells != want {
		t.Errorf("%d cells were asked for, of %d", m.cells, want)
	}
	t.Logf("evidence: T7 | %d routes on %d paths, %d roles, states of a session and projects, %d ways to ask: cells asserted, of all; wrong | %d of %d; %d | 100 %%; 0",
		len(routes), len(paths), len(columns), len(manners()), m.cells, want, m.wrong)
	t.Logf("evidence: T7 | of these, refused ones that changed something upstream or on the trail, and answers with a word of another project | %d, %d | 0, 0", m.done, m.told)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
