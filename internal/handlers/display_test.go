package handlers_test

import (
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/flowdeck/flowdeck/internal/display"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	wallview "github.com/flowdeck/flowdeck/web/templates/wall"
)

// threeFlows is a house with three flows that are read, and who runs it.
func threeFlows(t *testing.T) (h *house, boss *browser, ids map[string]string) {
	t.Helper()
	ids = map[string]string{}
	h = newHouse(t, func(c *medialivetest.Cloud) {
		for _, name := range []string{"FEED-A", "FEED-B", "FEED-C"} {
			ids[name] = c.Add(flowOf(name, medialive.Standby))
		}
	})
	h.reads(t)
	return h, h.signedIn("boss"), ids
}

// filled gives what a form would send as it stands.
func filled(doc *goquery.Document) url.Values {
	v := url.Values{}
	doc.Find("#display-form").Find("input, textarea, select").Each(func(_ int, s *goquery.Selection) {
		name, typed := s.AttrOr("name", ""), s.AttrOr("value", "")
		_, checked := s.Attr("checked")
		switch {
		case name == "" || s.AttrOr("type", "") == "radio" && !checked || name == "add":
		case goquery.NodeName(s) == "textarea":
			v.Add(name, s.Text())
		default:
			v.Add(name, typed)
		}
	})
	return v
}

var linkOf = regexp.MustCompile(`http://[^/]+(/wall/[A-Za-z0-9_-]{43})`)

// A display is made, opened, changed, paused, linked anew, revoked and deleted by
// forms alone.
func TestDisplayByForms(t *testing.T) {
	h, boss, ids := threeFlows(t)
	if text := boss.page("/displays").Text(); !strings.Contains(text, "There is no display yet") {
		t.Error("an empty list says nothing")
	}
	v := filled(boss.page("/displays/new"))
	v.Set("name", "MCR wall 1")
	v.Set("mode", "chosen")
	for _, step := range []struct{ act, add, want string }{
		{"add", ids["FEED-C"], "FEED-C"},
		{"add", ids["FEED-A"], "FEED-C FEED-A"},
		{"add", ids["FEED-A"], "FEED-C FEED-A"},
		{"add", ids["FEED-B"], "FEED-C FEED-A FEED-B"},
		{"up:" + ids["FEED-B"], "", "FEED-C FEED-B FEED-A"},
		{"down:" + ids["FEED-C"], "", "FEED-B FEED-C FEED-A"},
		{"down:" + ids["FEED-A"], "", "FEED-B FEED-C FEED-A"},
		{"up:" + ids["FEED-B"], "", "FEED-B FEED-C FEED-A"},
		{"remove:" + ids["FEED-C"], "", "FEED-B FEED-A"},
		{"explode", "x", "FEED-B FEED-A"},
	} {
		v.Set("act", step.act)
		v.Set("add", step.add)
		r := boss.post("/displays/form", v)
		if r.status != http.StatusOK {
			t.Fatalf("%s: %d\n%s", step.act, r.status, r.body)
		}
		doc := r.doc()
		got := strings.Join(strings.Fields(strings.Join(doc.Find(".display-flow-name").Map(textOf), " ")), " ")
		if got != step.want {
			t.Fatalf("after %s: %q, want %q", step.act, got, step.want)
		}
		if shown := strings.Join(doc.Find("#display-preview .umd-name").Map(textOf), " "); shown != step.want {
			t.Errorf("after %s the preview has %q", step.act, shown)
		}
		v = filled(doc)
	}
	if v.Get("name") != "MCR wall 1" {
		t.Errorf("the form has forgotten the name: %q", v.Get("name"))
	}
	made := boss.post("/displays", v)
	link := linkOf.FindStringSubmatch(made.body)
	if made.status != http.StatusOK || link == nil {
		t.Fatalf("made: %d\n%s", made.status, made.body)
	}
	if again := boss.post("/displays", v); again.status != http.StatusSeeOther || len(boss.page("/displays").Find("tbody tr").Nodes) != 1 {
		t.Errorf("sent twice: %d", again.status)
	}
	screen := h.screen(strings.TrimPrefix(link[1], "/wall/"))
	if got := strings.Join(screen.page("/wall").Find(".umd-name").Map(textOf), " "); got != "FEED-B FEED-A" {
		t.Errorf("the wall has %q", got)
	}
	list := boss.page("/displays")
	at := list.Find("tbody th a").AttrOr("href", "")
	if text := list.Find("tbody").Text(); !strings.Contains(text, "1 now") || !strings.Contains(text, "127.0.0.1") || !strings.Contains(text, "v1") {
		t.Errorf("the list says %q", strings.Join(strings.Fields(text), " "))
	}
	if body := boss.get(at).body; strings.Contains(body, link[1]) {
		t.Error("the link is shown again")
	}
	h.throughChanges(boss, screen, at, link[1])
}

// throughChanges does all that can be done to a display that there is.
func (h *house) throughChanges(boss, screen *browser, at, link string) {
	t := h.t
	t.Helper()
	v := filled(boss.page(at + "/edit"))
	v.Set("name", "Gallery")
	v.Set("mode", "all")
	if r := boss.post(at, v); r.status != http.StatusSeeOther {
		t.Fatalf("changed: %d\n%s", r.status, r.body)
	}
	if doc := screen.page("/wall"); !strings.Contains(doc.Text(), "Gallery") || doc.Find(".umd-name").Length() != 3 {
		t.Error("the wall is not changed")
	}
	v.Set("name", "Late")
	if r := boss.post(at, v); r.status != http.StatusConflict || !strings.Contains(r.body, "Somebody changed this display") {
		t.Errorf("over another's change: %d", r.status)
	}
	for _, step := range []struct {
		act  string
		dark bool
	}{{"pause", true}, {"resume", false}} {
		if r := boss.post(at+"/"+step.act, url.Values{}); r.status != http.StatusSeeOther || isDark(screen.get("/wall")) != step.dark {
			t.Errorf("%s: %d, dark %v", step.act, r.status, !step.dark)
		}
		if said := boss.page(at).Find("[data-preview] .settings-bar").Text(); strings.Contains(said, "Its screens are dark") != step.dark {
			t.Errorf("%s: the preview says %q", step.act, said)
		}
	}
	asked := func(act string) reply {
		doc := boss.page(at + "/" + act)
		if r := boss.post(at+"/"+act, form("ticket", "none")); r.status != http.StatusConflict {
			t.Errorf("%s without its question: %d", act, r.status)
		}
		return boss.post(at+"/"+act, form("ticket", hidden(doc, "ticket")))
	}
	next := linkOf.FindStringSubmatch(asked("link").body)
	if next == nil || next[1] == link {
		t.Fatalf("no new link: %v", next)
	}
	if r := h.browser().get(link); !isDark(r) {
		t.Errorf("the link before: %d", r.status)
	}
	if r := screen.get("/wall"); r.status != http.StatusOK {
		t.Errorf("an open screen after a new link: %d", r.status)
	}
	if r := asked("revoke"); r.status != http.StatusSeeOther || !isDark(screen.get("/wall")) || !isDark(h.browser().get(next[1])) {
		t.Errorf("revoked: %d", r.status)
	}
	if text := boss.page(at).Text(); !strings.Contains(text, "Revoked") || !strings.Contains(text, "No screen has opened") {
		t.Error("its page does not say that it is revoked")
	}
	if r := asked("delete"); r.status != http.StatusSeeOther || boss.get(at).status != http.StatusNotFound {
		t.Errorf("deleted: %d", r.status)
	}
	said := boss.page("/activity").Text()
	for _, words := range []string{"made display", "changed display", "paused display", "resumed display", "new link of display", "revoked display", "deleted display", "a screen opened display"} {
		if !strings.Contains(said, words) {
			t.Errorf("the trail does not tell: %s", words)
		}
	}
}

// Each fault stands at its field, in both languages, and nothing that was typed
// is lost.
func TestFaultsOfADisplay(t *testing.T) {
	_, boss, _ := threeFlows(t)
	sound := filled(boss.page("/displays/new"))
	sound.Set("name", "wall")
	for field, c := range map[string]struct{ typed, at string }{
		"name": {"", "error-name"}, "layout": {"5", "error-layout"}, "rotate": {"4", "error-rotate"}, "zone": {"Mars/Base", "error-zone"},
		"cidrs": {"192.0.2.0/24\n<b>no</b>", "error-cidrs"}, "expires": {"tomorrow", "error-expires"}, "mode": {"chosen", "error-flow"},
		"scale": {"99", "error-scale"}, "language": {"fr", "error-text_lang"}, "theme": {"auto", "error-theme"},
	} {
		v := url.Values{}
		for name, all := range sound {
			v[name] = all
		}
		name := field
		if field == "language" {
			name = "text_lang"
		}
		v.Set(name, c.typed)
		for _, b := range []*browser{boss, boss.chinese()} {
			r := b.post("/displays", v)
			said := strings.TrimSpace(r.doc().Find("#" + c.at).Text())
			if r.status != http.StatusUnprocessableEntity || said == "" || strings.Contains(r.body, "<b>no</b>") {
				t.Errorf("%s: %d, says %q", field, r.status, said)
			}
		}
	}
	past := url.Values{}
	for name, all := range sound {
		past[name] = all
	}
	past.Set("expires", "2020-01-01 00:00")
	if r := boss.post("/displays", past); !strings.Contains(r.doc().Find("#error-expires").Text(), "lie ahead") {
		t.Errorf("an end that is over: %d", r.status)
	}
}

// The list says of what each display is.
func TestListTellsWhatDisplaysShow(t *testing.T) {
	h, boss, ids := threeFlows(t)
	want := map[string]string{}
	for kind, words := range map[display.Kind]string{display.OfFlows: "Flows · All", display.OfChannels: "Channels · All", display.OfBoth: "Flows + Channels · All"} {
		d, _ := h.display(func(d *display.Display) { d.Shows.Kind = kind })
		want[d.ID] = words
	}
	chosen, _ := h.display(func(d *display.Display) {
		d.Shows = display.Shows{Mode: display.Chosen, Flows: []string{ids["FEED-A"]}}
	})
	want[chosen.ID] = "Chosen (1)"
	list := boss.page("/displays")
	for id, words := range want {
		row := list.Find(`tr:has(a[href="/displays/` + id + `"])`).Text()
		if !strings.Contains(row, words+" · 16") || strings.Count(row, "Flows")+strings.Count(row, "Channels") != strings.Count(words, "Flows")+strings.Count(words, "Channels") {
			t.Errorf("%q, want %q", row, words)
		}
	}
}

// A preview shows what is typed, however odd, and saves nothing.
func TestPreviewOfADisplay(t *testing.T) {
	_, boss, _ := threeFlows(t)
	v := filled(boss.page("/displays/new"))
	for layout, places := range map[string]int{"1": 1, "4": 4, "9": 9, "16": 16, "25": 25, "36": 36, "x": 16, "-1": 16, "1000000": 16} {
		v.Set("layout", layout)
		doc := boss.fragments().post("/displays/preview", v).doc()
		if n := doc.Find("#display-preview .tile").Length(); n != places {
			t.Errorf("layout %s has %d places, want %d", layout, n, places)
		}
	}
	v.Set("layout", "4")
	v.Set("query", "feed-b")
	if got := strings.Join(boss.fragments().post("/displays/preview", v).doc().Find(".umd-name").Map(textOf), " "); got != "FEED-B" {
		t.Errorf("filtered: %q", got)
	}
	v.Set("name", `<script>alert(1)</script>`)
	if body := boss.fragments().post("/displays/preview", v).body; strings.Contains(body, "<script>") {
		t.Error("what is typed is markup")
	}
	if n := boss.page("/displays").Find("tbody tr").Length(); n != 0 {
		t.Errorf("%d displays were made", n)
	}
}

// Who only looks on sees which displays there are, and cannot make one.
func TestWhoMayKeepDisplays(t *testing.T) {
	h, _, _ := threeFlows(t)
	_, _ = h.display(nil)
	op := h.signedIn("op-1")
	doc := op.page("/displays")
	if doc.Find(`a[href="/displays/new"]`).Length() != 0 || doc.Find("tbody tr").Length() != 1 {
		t.Error("an engineer is offered to make one, or sees none")
	}
	at := doc.Find("tbody th a").AttrOr("href", "")
	if n := op.page(at).Find(`.settings-acts a, .settings-acts form`).Length(); n != 0 {
		t.Errorf("%d acts are offered", n)
	}
	if r := op.get("/displays/new"); r.status != http.StatusForbidden {
		t.Errorf("the form: %d", r.status)
	}
}

// forbidden are names that no field of what a wall is made of may have.
var forbidden = regexp.MustCompile(`(?i)(^|[a-z])(id|ids|address|addr|peer|host|port|url|link_?url|stream_?id|passphrase|password|secret|token|key|endpoint|project|cidr|whitelist|destination|description|reason|account|region)$`)

// permitted are the fields that such a name does not make one: by the key of a
// picture a screen asks for it, it is a hash of the display's id, which no screen is
// told, and the flow's, and opens nothing elsewhere (TestPictureOnAWall); its address
// is /wall/picture/ with that key.
var permitted = map[string]bool{"display.Wall.Tiles.Still.Key": true, "wall.Page.Board.Tiles.Still.URL": true}

// TestT9Projection: what a wall is rendered from has no field for an id, an
// address or a secret, however deep.
func TestT9Projection(t *testing.T) {
	fields, found := 0, 0
	seen := map[reflect.Type]bool{}
	var look func(path string, of reflect.Type)
	look = func(path string, of reflect.Type) {
		switch of.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
			look(path, of.Elem())
			return
		case reflect.Struct:
		default:
			return
		}
		if seen[of] || of == reflect.TypeFor[time.Time]() || strings.HasSuffix(of.PkgPath(), "templates/text") {
			return
		}
		seen[of] = true
		for i := range of.NumField() {
			f := of.Field(i)
			fields++
			if forbidden.MatchString(f.Name) && !permitted[path+"."+f.Name] {
				found++
				t.Errorf("%s.%s", path, f.Name)
			}
			if strings.Contains(f.Type.String(), "medialive.") || strings.Contains(f.Type.String(), "monitor.") {
				t.Errorf("%s.%s is a %s", path, f.Name, f.Type)
			}
			look(path+"."+f.Name, f.Type)
		}
	}
	look("display.Wall", reflect.TypeFor[display.Wall]())
	look("wall.Page", reflect.TypeFor[wallview.Page]())
	for _, name := range []string{"ID", "FlowID", "StreamID", "PeerAddress", "Passphrase", "Host", "ProjectID", "Key"} {
		if !forbidden.MatchString(name) {
			t.Errorf("a field %s would not be noticed", name)
		}
	}
	if fields < 60 {
		t.Errorf("only %d fields were looked at", fields)
	}
	t.Logf("evidence: T9 | fields of what a wall is rendered from, looked through for ids, addresses and secrets: found | %d of %d | 0", found, fields)
}
