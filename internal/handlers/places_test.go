package handlers_test

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

const (
	berlin = "https://berlin.example"
	paris  = "https://paris.example"
)

// hosts leads each host's calls to a cloud of its own.
type hosts map[string]http.RoundTripper

func (h hosts) RoundTrip(r *http.Request) (*http.Response, error) {
	to, ok := h[r.URL.Host]
	if !ok {
		return nil, errors.New("no such host: " + r.URL.Host)
	}
	return to.RoundTrip(r)
}

// journey is a dashboard with two gateways, whose flows have the same ids, and
// somebody signed in to both.
type journey struct {
	*house
	*browser
	berlin, paris *medialivetest.Cloud
	flow          string // id, in each
	keys          map[string]string
}

// travel makes a journey; prepare is called before anybody signs in.
func travel(t *testing.T, prepare ...func(*journey)) *journey {
	t.Helper()
	j := &journey{berlin: medialivetest.New(), paris: medialivetest.New(), keys: map[string]string{
		"berlin": auth.PlaceKey(berlin, medialivetest.Project), "paris": auth.PlaceKey(paris, medialivetest.Project),
	}}
	for name, c := range map[string]*medialivetest.Cloud{"BERLIN-1": j.berlin, "PARIS-1": j.paris} {
		c.AddUser("op-1", medialivetest.User{ID: "u1", Password: password})
		j.flow = c.Add(flowOf(name, medialive.Active, outputOf("OUT-1")))
	}
	j.house = build(t, hosts{"berlin.example": j.berlin.Transport(), "paris.example": j.paris.Transport()}, berlin, auth.Several(
		auth.Only(auth.Target{Region: "berlin", Endpoint: berlin, IAMEndpoint: berlin, Project: "local"}),
		auth.Only(auth.Target{Region: "paris", Endpoint: paris, IAMEndpoint: paris, Project: "local"}),
	))
	for _, f := range prepare {
		f(j)
	}
	j.browser = j.house.browser()
	j.must(j.post("/login", form("account", "account", "username", "op-1", "password", password, "region", "berlin")))
	j.must(j.post("/places", form("account", "account", "username", "op-1", "password", password, "region", "paris")))
	eventually(t, "the flow of Paris to be read", func() bool { return j.has("/flows", "PARIS-1") })
	return j
}

// must fails unless the answer leads on.
func (j *journey) must(r reply) {
	j.browser.t.Helper()
	if r.status != http.StatusSeeOther {
		j.browser.t.Fatalf("%d\n%s", r.status, r.body)
	}
}

func (j *journey) has(path, words string) bool { return strings.Contains(j.get(path).body, words) }

// to goes to a place.
func (j *journey) to(region string) {
	j.browser.t.Helper()
	j.must(j.post("/places/switch", form("to", j.keys[region], "next", "/flows")))
}

// at is a form of a page of a place.
func (j *journey) at(region string, pairs ...string) url.Values {
	return form(append([]string{"at", j.keys[region]}, pairs...)...)
}

func TestPlacesAreSwitched(t *testing.T) {
	j := travel(t)
	j.to("berlin")
	page := j.page("/flows")
	if key := page.Find("body").AttrOr("data-place", ""); key != j.keys["berlin"] {
		t.Errorf("the page is of %q", key)
	}
	if words := page.Find("#flow-rows").Text(); !strings.Contains(words, "BERLIN-1") || strings.Contains(words, "PARIS-1") {
		t.Errorf("in Berlin there is %q", words)
	}
	if n := page.Find("#place-menu .place").Length(); n != 2 {
		t.Errorf("%d places in the menu", n)
	}
	j.must(j.post("/places/leave", form("to", j.keys["berlin"])))
	if !j.has("/flows", "PARIS-1") || j.has("/flows", "BERLIN-1") {
		t.Error("after leaving Berlin it is not Paris that is shown")
	}
	if r := j.post("/places/switch", form("to", j.keys["berlin"])); r.status != http.StatusConflict {
		t.Errorf("went to a place that was left: %d", r.status)
	}
}

// What stands on a page of one place is never done in another, whoever sends it
// and however. The flows of both have the same id.
func TestActOfAnotherPlaceIsRefused(t *testing.T) {
	t.Parallel()
	j := travel(t)
	j.to("berlin")
	calls := func() int { return len(j.berlin.Calls("")) + len(j.paris.Calls("")) }
	eventually(t, "the flow of Berlin to be read", func() bool { return j.has("/flows", "BERLIN-1") })
	acts := func(cloud *medialivetest.Cloud) (n int) {
		for _, c := range cloud.Calls("") {
			if !strings.HasPrefix(c.Op, "List") && !strings.HasPrefix(c.Op, "Show") && !strings.HasPrefix(c.Op, "Keystone") {
				n++
			}
		}
		return n
	}
	before := [2]int{acts(j.berlin), acts(j.paris)}
	for _, route := range guarded {
		method, path := concrete(route)
		path = strings.ReplaceAll(path, "flow-0001", j.flow)
		if strings.HasPrefix(path, "/places") || strings.HasPrefix(path, "/live") {
			continue
		}
		header := http.Header{"Flowdeck-Place": {j.keys["paris"]}}
		if r := j.do(method, path, nil, header); r.status != http.StatusConflict {
			t.Errorf("%s with the header of Paris: %d", route, r.status)
		}
		if method != http.MethodPost {
			continue
		}
		for what, values := range map[string]url.Values{"of Paris": j.at("paris"), "of nowhere": form("name", "X"), "of a place that is none": form("at", "000000000000")} {
			if r := j.post(path, values); r.status != http.StatusConflict {
				t.Errorf("%s from a page %s: %d", route, what, r.status)
			}
		}
	}
	if now := [2]int{acts(j.berlin), acts(j.paris)}; now != before {
		t.Errorf("acts in Berlin and Paris: %v, before %v, of %d calls", now, before, calls())
	}
}

func TestElsewhereIsToldInWords(t *testing.T) {
	j := travel(t)
	j.to("berlin")
	for name, b := range map[string]*browser{"en": j.browser, "zh": j.chinese()} {
		r := b.post("/flows/"+j.flow+"/start", j.at("paris"))
		words := r.doc().Find(".error-page").Text()
		if r.status != http.StatusConflict || !strings.Contains(words, "paris") || !strings.Contains(words, "berlin") {
			t.Errorf("%s: %d, %q", name, r.status, words)
		}
		if to := r.doc().Find(`.switches [name="to"]`).AttrOr("value", ""); to != j.keys["paris"] {
			t.Errorf("%s: the way back leads to %q", name, to)
		}
	}
	f := j.fragments().do(http.MethodPost, "/flows/"+j.flow+"/start", j.at("paris"), nil)
	if f.status != http.StatusConflict || f.header.Get("HX-Retarget") != "#notices" {
		t.Errorf("a fragment: %d to %q", f.status, f.header.Get("HX-Retarget"))
	}
	back := f.doc().Find(`form[action="/places/switch"]`)
	if back.AttrOr("hx-post", "") == "" {
		t.Error("the way back takes what was typed away")
	}
	kept := j.fragments().do(http.MethodPost, "/places/switch", form("to", hidden(f.doc(), "to")), nil)
	if kept.status != http.StatusOK || !strings.Contains(kept.body, "paris") {
		t.Errorf("back from the page: %d %s", kept.status, kept.body)
	}
	if r := j.post("/flows/"+j.flow+"/start", j.at("paris")); r.status == http.StatusConflict {
		t.Error("back in Paris, its page is still refused")
	}
}

// Every form of every page says of which place it is, the parts too that come by
// a stream.
func TestEveryFormSaysWhereItIs(t *testing.T) {
	j := travel(t)
	check := func(where string, doc *goquery.Document) {
		t.Helper()
		doc.Find("form").Each(func(_ int, f *goquery.Selection) {
			action := f.AttrOr("action", "")
			if f.AttrOr("method", "") != "post" || slices.Contains([]string{"/login", "/logout", "/settings", "/places", "/places/switch", "/places/leave"}, action) {
				return
			}
			if at := f.Find(`input[name="at"]`).AttrOr("value", ""); at != j.keys["paris"] {
				t.Errorf("%s: the form to %s says it is in %q", where, action, at)
			}
		})
	}
	for _, route := range guarded {
		method, path := concrete(route)
		if method == http.MethodGet && !strings.HasPrefix(path, "/live") {
			r := j.get(strings.ReplaceAll(path, "flow-0001", j.flow))
			check(path, r.doc())
		}
	}
	for _, query := range []string{"view=list", "view=list&place=all", "view=flow&id=" + j.flow, "view=alarms"} {
		full := j.live(query).await("the state", func(e event) bool { return e.name == "" })
		check("the stream of "+query, parse(t, full.data))
	}
}

func TestStreamEndsWhenTheSessionGoesElsewhere(t *testing.T) {
	j := travel(t)
	s := j.live("view=list&at=" + j.keys["paris"])
	s.await("the state", func(e event) bool { return e.name == "" })
	j.to("berlin")
	ended := time.NewTimer(patience)
	defer ended.Stop()
	for open := true; open; {
		select {
		case _, open = <-s.events:
		case <-ended.C:
			t.Fatal("the stream of Paris goes on in Berlin")
		}
	}
	if r := j.get("/live?view=list&at=" + j.keys["paris"]); r.status != http.StatusConflict || strings.Contains(r.body, "BERLIN") {
		t.Errorf("the page of Paris asks for its stream again: %d %s", r.status, r.body)
	}
}

func TestAllPlacesInOneList(t *testing.T) {
	j := travel(t)
	j.to("berlin")
	eventually(t, "both flows", func() bool { return j.has("/flows?place=all", "BERLIN-1") && j.has("/flows?place=all", "PARIS-1") })
	page := j.page("/flows?place=all")
	for name, want := range map[string]struct{ region, action string }{"BERLIN-1": {"berlin", ""}, "PARIS-1": {"paris", "/places/switch"}} {
		row := page.Find("#flow-rows tr").FilterFunction(func(_ int, r *goquery.Selection) bool { return strings.Contains(r.Text(), name) })
		if region := strings.TrimSpace(row.Find(".col-region").Text()); region != want.region {
			t.Errorf("%s is in %q", name, region)
		}
		if action := row.Find(".col-name form").AttrOr("action", ""); action != want.action {
			t.Errorf("%s is led to by %q", name, action)
		}
		if row.Find(`[href*="`+j.flow+`"]`).Length() > 0 && want.action != "" {
			t.Errorf("%s has a link that opens the flow of another place", name)
		}
	}
	if ids := page.Find("#flow-rows tr").Map(func(_ int, r *goquery.Selection) string { return r.AttrOr("id", "") }); len(ids) != 2 || ids[0] == ids[1] {
		t.Errorf("rows %q", ids)
	}
	if all := strings.TrimSpace(page.Find("#chip-all").Text()); !strings.Contains(all, "2") {
		t.Errorf("the chip of all says %q", all)
	}
	if one := j.page("/flows?place=all&limit=10&q=paris-1").Find("#flow-rows tr"); one.Length() != 1 {
		t.Errorf("a search finds %d", one.Length())
	}
	r := j.post("/places/switch", form("to", j.keys["paris"], "next", "/flows/"+j.flow))
	if to := r.header.Get("Location"); to != "/flows/"+j.flow || !strings.Contains(j.page(to).Find("h1").Text(), "PARIS-1") {
		t.Errorf("the row leads to %q", to)
	}
}

// A place that hangs greys its own rows, and delays nobody's page.
func TestDeadPlaceDelaysNone(t *testing.T) {
	t.Parallel()
	j := travel(t)
	j.to("berlin")
	eventually(t, "both flows", func() bool { return j.has("/flows?place=all", "BERLIN-1") && j.has("/flows?place=all", "PARIS-1") })
	s := j.live("view=list&place=all")
	lift := j.paris.Inject("", 0, medialivetest.Down())
	defer lift()
	s.await("Paris to be told of", func(e event) bool {
		return strings.Contains(e.data, "place-troubles") && strings.Contains(e.data, "paris") && strings.Contains(e.data, "cannot be reached")
	})
	began := time.Now()
	page := j.page("/flows?place=all")
	if took := time.Since(began); took > time.Second {
		t.Errorf("a page took %v", took)
	}
	if troubles := page.Find("#place-troubles .place-down"); troubles.Length() != 1 || !strings.Contains(troubles.Text(), "paris") {
		t.Errorf("told of %q", troubles.Text())
	}
	if down := page.Find("#link-state .down"); down.Length() != 0 {
		t.Errorf("Berlin is told to be out of reach: %q", down.Text())
	}
	if start := page.Find("#flow-rows .col-action [aria-disabled]"); start.Length() != 0 {
		t.Errorf("the button of Berlin's flow is off: %q", start.Text())
	}
}

func TestFlowOfAnotherPlaceIsFound(t *testing.T) {
	j := travel(t)
	other := j.berlin.Add(flowOf("BERLIN-2", medialive.Standby))
	j.to("berlin")
	eventually(t, "the flow of Berlin", func() bool { return j.has("/flows", "BERLIN-2") })
	j.to("paris")
	j.paris.Remove(other)
	r := j.get("/flows/" + other)
	next := func(r reply) string { return r.doc().Find(`.switches [name="next"]`).AttrOr("value", "") }
	if r.status != http.StatusNotFound || !strings.Contains(r.doc().Find(".error-page").Text(), "berlin") || next(r) != "/flows/"+other {
		t.Errorf("%d, leading to %q\n%s", r.status, next(r), r.doc().Find(".error-page").Text())
	}
}

// Who stands in a place that does not answer can go to another.
// The list of all places is put in order by them, to and fro, and flows of one
// by their names; a list of one place is not.
func TestListInTheOrderOfPlaces(t *testing.T) {
	j := travel(t)
	j.berlin.Add(flowOf("A-BERLIN", medialive.Standby))
	j.berlin.Add(flowOf("Z-BERLIN", medialive.Standby))
	names := func(path string) string {
		return strings.Join(j.page(path).Find("#flow-rows tr .col-region").Map(func(_ int, cell *goquery.Selection) string {
			return strings.TrimSpace(cell.Text()) + " " + strings.TrimSpace(cell.Closest("tr").Find(".name").First().Text())
		}), ", ")
	}
	up := "berlin A-BERLIN, berlin BERLIN-1, berlin Z-BERLIN, paris PARIS-1"
	eventually(t, "all flows", func() bool { return names("/flows?place=all&sort=region") == up })
	head := j.page("/flows?place=all").Find("th.col-region a")
	if to := head.AttrOr("href", ""); names(to) != up {
		t.Errorf("the head leads to %s: %s", to, names(to))
	}
	sorted := j.page("/flows?place=all&sort=region")
	turned := sorted.Find("th.col-region a").AttrOr("href", "")
	if down := "paris PARIS-1, berlin A-BERLIN, berlin BERLIN-1, berlin Z-BERLIN"; names(turned) != down {
		t.Errorf("turned round by %s: %s", turned, names(turned))
	}
	if order := sorted.Find("th.col-region").AttrOr("aria-sort", ""); order != "ascending" {
		t.Errorf("the head says %q", order)
	}
	sorted.Find(".scopes a").Each(func(_ int, a *goquery.Selection) {
		if to := a.AttrOr("href", ""); !strings.Contains(to, "place=all") && strings.Contains(to, "region") {
			t.Errorf("the list of one place is asked for by %s", to)
		}
	})
	if page := j.page("/flows?sort=region"); strings.Contains(page.Find("#notices").Text(), "region") || page.Find("th.col-region").Length() != 0 {
		t.Error("one place in the order of places")
	}
}

func TestWayOutOfADeadPlace(t *testing.T) {
	j := travel(t)
	lift := j.paris.Inject("", 0, medialivetest.Down())
	defer lift()
	j.now.move(17 * time.Minute)
	if r := j.post("/places/switch", form("to", j.keys["berlin"])); r.status != http.StatusSeeOther {
		t.Errorf("%d\n%s", r.status, r.body)
	}
	if !j.has("/flows", "berlin") {
		t.Error("Berlin is not shown")
	}
}

func TestNewPlaceForm(t *testing.T) {
	j := travel(t)
	page := j.page("/places/new")
	if n := page.Find("#other-region option").Length(); n != 2 {
		t.Errorf("%d regions offered", n)
	}
	for what, c := range map[string]struct {
		values url.Values
		status int
	}{
		"nothing typed":    {form("region", "paris"), http.StatusUnprocessableEntity},
		"a wrong password": {form("region", "paris", "account", "account", "username", "op-1", "password", "wrong-and-secret"), http.StatusUnauthorized},
		"no such region":   {form("region", "rome", "account", "account", "username", "op-1", "password", password), http.StatusUnprocessableEntity},
		"no project":       {form("own", "1", "password", password), http.StatusUnprocessableEntity},
	} {
		r := j.post("/places", c.values)
		if r.status != c.status || r.doc().Find(".error-line").Length() == 0 || strings.Contains(r.body, "wrong-and-secret") {
			t.Errorf("%s: %d\n%s", what, r.status, r.doc().Find("main").Text())
		}
	}
}

// Where some of several projects are refused it is told which, and why, in both
// languages; what was chosen is chosen still, and what was entered is.
func TestSomeProjectsAreRefused(t *testing.T) {
	h := newHouse(t, func(c *medialivetest.Cloud) {
		c.AddProject("local_open", "open", 0, "")
		c.AddProject("local_closed", "closed", http.StatusForbidden, "no")
	})
	for what, c := range map[string]struct {
		ask      func(*browser) *browser
		projects []string
		password string
		status   int
		told     []string
		chosen   []string
	}{
		"one of two": {
			func(b *browser) *browser { return b },
			[]string{"local_open", "local_closed"},
			password, http.StatusOK,
			[]string{"Signed in to local · local_open", "local · local_closed: your user may not use this project"},
			[]string{"local_closed"},
		},
		"one of two, in Chinese": {
			(*browser).chinese,
			[]string{"local_open", "local_closed"},
			password, http.StatusOK,
			[]string{"已登录 local · local_open", "local · local_closed：您的用户无权使用此项目"},
			[]string{"local_closed"},
		},
		"both, by the password": {
			func(b *browser) *browser { return b },
			[]string{"local_open", "local_closed"},
			"wrong-and-secret", http.StatusUnauthorized,
			[]string{"local · local_open: the password was not taken", "local · local_closed: the password was not taken"},
			[]string{"local_closed", "local_open"},
		},
		"the only one": {
			func(b *browser) *browser { return b },
			[]string{"local_closed"},
			password, http.StatusForbidden,
			[]string{"no project there"},
			[]string{"local_closed"},
		},
	} {
		t.Run(what, func(t *testing.T) {
			b := h.signedIn("op-1")
			r := c.ask(b).post("/places", url.Values{"own": {"1"}, "project": c.projects, "password": {c.password}})
			text := strings.Join(strings.Fields(r.doc().Find("main").Text()), " ")
			if r.status != c.status || strings.Contains(r.body, "wrong-and-secret") {
				t.Fatalf("%d\n%s", r.status, text)
			}
			for _, want := range c.told {
				if !strings.Contains(text, want) {
					t.Errorf("it does not say %q: %s", want, text)
				}
			}
			chosen := r.doc().Find(`[name="project"][checked]`).Map(func(_ int, s *goquery.Selection) string { return s.AttrOr("value", "") })
			if !slices.Equal(chosen, c.chosen) {
				t.Errorf("chosen still: %q", chosen)
			}
		})
	}
}
