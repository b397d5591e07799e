package safety

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// sample is the corpus, or a share of it in which every kind is.
func (s *stage) sample(share int) []string {
	var texts []string
	for i, h := range s.corpus {
		if long() || i%share == 0 {
			texts = append(texts, h.text)
		}
	}
	return texts
}

// TestT1Refusals has the service refuse commands with hostile words, codes and
// ids of requests.
func TestT1Refusals(t *testing.T) {
	b := newBeacon(t)
	s := newStage(t, b, 2)
	in, j := s.signIn("op-1"), newJudge(t)
	p := s.pairs[1] // does not run
	for _, text := range s.sample(6) {
		if len(text) > 60_000 {
			continue // the answer would be too long to be read
		}
		j.same(fmt.Sprintf("refused with %.80q", text), func() (reply, reply) {
			return s.refused(in, p.hostile, text), s.refused(in, p.twin, harmless(text))
		})
		for _, path := range []string{"/flows/%s", "/activity?flow=%s"} {
			// By kinds, not by numbers: history and trail grow by the clock, which
			// may come between the two looks and stay between them.
			j.learn(path, in.look(fmt.Sprintf(path, s.pairs[0].twin)))
			j.known(path, fmt.Sprintf(path+" after %.80q", p.hostile, text),
				func() reply { return in.look(fmt.Sprintf(path, p.hostile)) },
				func() reply { return in.look(fmt.Sprintf(path, p.twin)) })
		}
		for _, path := range []string{"/flows/%s/row", "/flows/%s/command"} {
			j.same(fmt.Sprintf(path+" after %.80q", p.hostile, text), func() (reply, reply) {
				return in.look(fmt.Sprintf(path, p.hostile)), in.look(fmt.Sprintf(path, p.twin))
			})
		}
	}
	if n := len(s.cloud.Calls("ModifyFlowStart")); n < len(s.sample(6)) {
		t.Errorf("only %d commands were refused", n)
	}
	evidence(t, "T1", fmt.Sprintf("elements or attributes too many in %d renders of refusals", j.renders), j.extra, "0")
	evidence(t, "T1", "requests that refusals made elsewhere", b.hits.Load(), "0")
}

// refused starts a flow, which the service refuses with a text for its message,
// its code and the id of the request.
func (s *stage) refused(in *browser, id, says string) reply {
	says = s.gateway.wire(says)
	s.gateway.asks(says)
	s.cloud.Inject("ModifyFlowStart", 1, medialivetest.Status(http.StatusBadRequest, says, says))
	r := in.post("/flows/"+id+"/start", url.Values{"from": {"STANDBY"}})
	if r.status == http.StatusSeeOther {
		return in.get(r.header.Get("Location"))
	}
	return r
}

// TestT1Exports has hostile words written into the trail and the log by the
// service and by people, and reads the exports as a spreadsheet and a program do.
func TestT1Exports(t *testing.T) {
	t.Parallel()
	s := newStage(t, newBeacon(t), 54)
	in := s.signIn("op-1")
	for i, text := range s.sample(4) {
		if len(text) > 60_000 {
			continue // the answer would be too long to be read
		}
		p := s.pairs[i%len(s.pairs)|1] // does not run
		s.refused(in, p.hostile, text)
		in.post("/flows/"+p.hostile+"/protect", url.Values{"reason": {text}})
		in.post("/flows/"+p.hostile+"/notes", url.Values{"text": {text}})
	}
	rows, err := csv.NewReader(strings.NewReader(in.page("/activity.csv").body)).ReadAll() // all of as many cells
	must(t, err)
	runs, texts := 0, 0
	for _, cell := range slices.Concat(rows[1:]...) {
		if strings.Contains(strings.ToLower(cell), brand) {
			texts++
		}
		if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
			runs++
			t.Errorf("a spreadsheet runs %.80q", cell)
		}
	}
	var lines []map[string]any
	must(t, json.Unmarshal([]byte(in.page("/activity.json").body), &lines))
	forged := 0
	_, logs, _ := strings.Cut(s.app.Logs(), "Flowdeck is ready: "+s.app.URL+"\n\n") // for people
	for line := range strings.Lines(logs) {
		if !strings.HasPrefix(line, "time=20") {
			forged++
			t.Errorf("a line of the log was begun by a text: %.80q", line)
		}
	}
	evidence(t, "T1", fmt.Sprintf("cells of %d lines of the trail, with %d hostile ones, that a spreadsheet runs; lines that they forged in the log", len(lines), texts), fmt.Sprintf("%d; %d", runs, forged), "0; 0")
	if texts < 50 || len(lines) < len(rows)-1 || len(logs) < 10_000 {
		t.Errorf("%d hostile cells; %d lines of CSV, %d of JSON; a log of %d bytes", texts, len(rows)-1, len(lines), len(logs))
	}
}

// parameters are the names of all that a page can be asked with: those of its
// links and forms, and those of other pages.
func parameters(t *testing.T, in *browser, paths []string) []string {
	t.Helper()
	names := map[string]bool{"next": true, "view": true, "id": true, "page": true, "out": true, "leg": true, "q": true, "lang": true, "theme": true, "address": true, "flow": true, "from": true, "to": true}
	for _, path := range paths {
		r := in.look(path)
		if !strings.HasPrefix(r.header.Get("Content-Type"), "text/html") {
			continue
		}
		doc := r.doc(t)
		for _, e := range doc.Find("[name]").EachIter() {
			names[e.AttrOr("name", "")] = true
		}
		for _, e := range doc.Find("a[href*='?']").EachIter() {
			_, query, _ := strings.Cut(e.AttrOr("href", ""), "?")
			values, err := url.ParseQuery(query)
			must(t, err)
			for name := range values {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// plainPages are those that need no id.
func plainPages(t *testing.T) (paths []string) {
	for _, r := range routes(t) {
		if r.method == http.MethodGet && !strings.Contains(r.path, ":") && !r.stream() && r.path != "/static/*" && r.path != "/" {
			paths = append(paths, r.path)
		}
	}
	return paths
}

// TestT1Queries asks every page with hostile words in every parameter, signed
// in and not.
func TestT1Queries(t *testing.T) {
	b := newBeacon(t)
	s := &stage{corpus: corpus(b.URL)}
	s.house = open(t, nil, func(c *medialivetest.Cloud) { c.Add(flow("FEED-7", medialive.Standby, "OUT-7")) }) // which no text finds
	in, j := s.signIn("op-1"), newJudge(t)
	paths := append(plainPages(t), "/flows/flow-0001", "/flows/flow-0001/history", "/nowhere")
	names := parameters(t, in, paths)
	for _, who := range []*browser{in, s.browser()} {
		for _, text := range s.sample(16) {
			if len(text) > 4000 {
				continue // no address is so long
			}
			for _, path := range paths {
				ask := func(text string) reply {
					values := url.Values{}
					for _, name := range names {
						values.Set(name, text)
					}
					return who.look(path + "?" + values.Encode())
				}
				if len(text)*3*len(names) > 12_000 { // a few at a time
					ask = func(text string) reply {
						return who.look(path + "?" + url.Values{"q": {text}, "next": {text}}.Encode())
					}
				}
				j.same(fmt.Sprintf("%s with %.80q", path, text), func() (reply, reply) { return ask(text), ask(harmless(text)) })
			}
		}
	}
	evidence(t, "T1", fmt.Sprintf("elements or attributes too many in %d renders of pages asked with %d parameters", j.renders, len(names)), j.extra, "0")
}

// TestT1Forms types hostile words into every form that is not a flow's, new
// ones too, and compares with harmless words.
func TestT1Forms(t *testing.T) {
	b := newBeacon(t)
	s := newStage(t, b, 2)
	in, j := s.signIn("op-1"), newJudge(t)
	sent := map[string]int{}
	for _, text := range s.sample(16) {
		if len(text) > 20_000 {
			text = text[:20_000]
		}
		for _, path := range plainPages(t) {
			one, other := formsOf(t, in.look(path)), formsOf(t, in.look(path))
			for n := range one[:min(len(one), len(other))] {
				sent[one[n].action]++
				j.known(one[n].action, fmt.Sprintf("the answer to %s with %.80q", one[n].action, text),
					func() reply { return in.fill(one[n], text) }, func() reply { return in.fill(other[n], harmless(text)) })
			}
		}
	}
	for _, path := range plainPages(t) {
		j.look(path, in.look(path))
	}
	for _, action := range []string{"/labels", "/settings/webhooks", "/settings/roles", "/displays"} {
		if sent[action] == 0 {
			t.Errorf("%s was not sent, only %v", action, sent)
		}
	}
	evidence(t, "T1", fmt.Sprintf("elements or attributes too many in %d renders of %d forms", j.renders, len(sent)), j.extra, "0")
}

// TestT1Names signs people in whose names, accounts, projects and browsers are
// hostile, and opens walls by such browsers.
func TestT1Names(t *testing.T) {
	b := newBeacon(t)
	s := newStage(t, b, 2)
	j := newJudge(t)
	admin := s.signIn("op-1")
	walls := []string{s.hang(admin, "one"), s.hang(admin, "two")}
	displays := admin.page("/displays").doc(t).Find(`a.name[href^="/displays/"]`).Map(func(_ int, a *goquery.Selection) string { return a.AttrOr("href", "") })
	for i, text := range s.sample(16) {
		if len(text) > 2000 {
			continue
		}
		one, other := s.named(i, text), s.named(i, harmless(text))
		if (one == nil) != (other == nil) {
			t.Errorf("who is called %.80q comes in: %t, with a harmless name: %t", text, one != nil, other != nil)
			continue
		}
		if one == nil {
			continue
		}
		for _, path := range []string{"/flows", "/flows/" + s.pairs[1].twin, "/flows/new", "/settings", "/settings/sessions", "/nowhere"} {
			j.same(fmt.Sprintf("%s for %.80q", path, text), func() (reply, reply) { return one.look(path), other.look(path) })
		}
		one.post("/logout", url.Values{}) // for others of the same name see how many sessions there are
		other.post("/logout", url.Values{})
		for k, agent := range []string{text, harmless(text)} {
			screen := s.browser()
			screen.header = saying(agent)
			screen.get(walls[k])
		}
		j.same(fmt.Sprintf("a display on a screen called %.80q", text), func() (reply, reply) { return admin.look(displays[0]), admin.look(displays[1]) })
	}
	evidence(t, "T1", fmt.Sprintf("elements or attributes too many in %d renders for people of hostile names", j.renders), j.extra, "0")
}

// named signs somebody in whom IAM calls so, or gives nil.
func (s *stage) named(i int, name string) *browser {
	s.gateway.call(name)
	defer s.gateway.call("")
	b := s.browser()
	b.header = saying(name)
	user := fmt.Sprintf("named-%d-%d", i, len(name))
	r := b.post("/login", url.Values{"account": {account}, "username": {user}, "password": {password}, "region": {"local"}})
	if r.status != http.StatusSeeOther {
		return nil
	}
	return b
}

// saying is the header of a browser that says a text of itself, as far as a
// header can.
func saying(text string) http.Header {
	return http.Header{"User-Agent": {strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return ' '
		}
		return c
	}, text)}}
}
