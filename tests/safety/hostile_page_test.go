package safety

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// beacon counts what is asked of another site.
type beacon struct {
	URL  string
	hits atomic.Int64
}

func newBeacon(t *testing.T) *beacon {
	b := &beacon{}
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { b.hits.Add(1) }))
	t.Cleanup(s.Close)
	b.URL = s.URL + "/b"
	return b
}

// The places of a flow that a string is put into, each with another string.
const (
	inName = iota
	inRegion
	inSource
	inDescription
	inStreamID
	inOutput
	inOutputText
	inFarEnd
	inTalk // what far ends and the relay say
	inCare // what people write
	places
)

// twins are a flow with hostile texts, and its twin with harmless ones of the
// same kind.
type twins struct {
	hostile, twin string // ids
	texts, plain  [places]string
}

// stage is a house with pairs of flows.
type stage struct {
	*house
	gateway *gateway
	corpus  []hostile
	pairs   []*twins
}

// newStage opens a house with n pairs.
func newStage(t *testing.T, b *beacon, n int) *stage {
	t.Helper()
	s := &stage{corpus: corpus(b.URL)}
	cloud := medialivetest.New()
	s.gateway = gatewayBefore(t, cloud)
	for i := range n {
		status := medialive.Standby
		if i%2 == 0 {
			status = medialive.Active
		}
		p := &twins{hostile: fmt.Sprintf("flow-h%03d", i), twin: fmt.Sprintf("flow-t%03d", i)}
		for _, id := range []string{p.hostile, p.twin} {
			f := flow("X", status, "one", "two")
			f.ID = id
			cloud.Add(f)
		}
		s.pairs = append(s.pairs, p)
	}
	s.spread(0)
	s.house = openBefore(t, cloud, s.gateway.URL)
	return s
}

// spread puts the corpus into the flows: in each round every string is in some
// place, and after as many rounds as there are places each was in all of them.
func (s *stage) spread(round int) {
	n := len(s.pairs)
	for i, p := range s.pairs {
		for place := range places {
			p.texts[place] = s.corpus[(i+(place+round)*n)%len(s.corpus)].text
			p.plain[place] = harmless(p.texts[place])
		}
		s.put(p.hostile, p.texts)
		s.put(p.twin, p.plain)
	}
}

// told waits until the texts are shown.
func (s *stage) told(to *browser) {
	s.t.Helper()
	last := s.pairs[len(s.pairs)-1]
	await(s.t, patience, "the texts to be told", func() bool {
		return to.page("/flows/"+last.twin).doc(s.t).Find("h1").Text() == strings.TrimSpace(last.plain[inName])
	})
}

// put writes texts into a flow. Outputs are addressed by their names, so that
// each has one of its own.
func (s *stage) put(id string, texts [places]string) {
	wire := texts
	for i := range wire {
		wire[i] = s.gateway.wire(texts[i])
	}
	s.gateway.say(id, texts[inTalk])
	s.gateway.cloud.Change(id, func(f *medialivetest.Flow) {
		f.Name, f.Region = wire[inName], wire[inRegion]
		source := &f.Sources[0]
		source.Name, source.Description, source.StreamID, source.Address = wire[inSource], wire[inDescription], wire[inStreamID], wire[inFarEnd]
		one, two := &f.Outputs[0], &f.Outputs[1]
		one.Name, one.Description, one.StreamID, one.Destination = wire[inOutput], wire[inOutputText], wire[inStreamID], wire[inFarEnd]
		two.Description = wire[inOutputText]
	})
}

// harmless gives a text like another of which nothing can be feared: as long in
// characters and in bytes, with its blanks and line ends, and as unfit for a
// name, an address or the book.
func harmless(text string) string {
	var b strings.Builder
	for rest := text; rest != ""; {
		r, size := utf8.DecodeRuneInString(rest)
		switch {
		case r == utf8.RuneError && size == 1:
			b.WriteByte(rest[0])
		case unicode.IsSpace(r):
			b.WriteRune(r)
		case unicode.IsControl(r):
			b.WriteByte(1)
		case r > unicode.MaxASCII:
			b.WriteRune([]rune("é字𝐱")[size-2])
		case unicode.IsDigit(r):
			b.WriteByte('1')
		case unicode.IsLetter(r):
			b.WriteByte('x')
		case strings.ContainsRune("-_.+", r):
			b.WriteRune(r)
		default:
			b.WriteByte('!')
		}
		rest = rest[size:]
	}
	return b.String()
}

// openBefore starts Flowdeck before a cloud that is served elsewhere.
func openBefore(t *testing.T, cloud *medialivetest.Cloud, backend string) *house {
	t.Helper()
	for i := range 4 {
		cloud.AddUser(fmt.Sprintf("op-%d", i+1), medialivetest.User{ID: fmt.Sprintf("u%d", i+1), Password: password})
	}
	return &house{t: t, cloud: cloud, app: apptest.Start(t, map[string]string{
		"FLOWDECK_BACKEND": backend, "FLOWDECK_ADMINS": account + "/op-1",
		"FLOWDECK_SERVICE_USER": "op-1", "FLOWDECK_SERVICE_PASSWORD": password, "FLOWDECK_SERVICE_ACCOUNT": account, // reads for displays
	})}
}

// pagesOf are the pages about a flow: all routes with an id of one, and all
// links on its page that stay below it.
func pagesOf(t *testing.T, all []route, b *browser, id, output string) (paths []string) {
	t.Helper()
	name := url.PathEscape(output)
	if output == "new" {
		name = "%6eew" // as pages write it: new is another page
	}
	for _, r := range all {
		if r.method == http.MethodGet && strings.HasPrefix(r.path, "/flows/:id") {
			paths = append(paths, r.at(map[string]string{":id": id, ":name": name}))
		}
	}
	for _, list := range []string{"/flows?q=", "/alarms?show=all&flow=", "/activity?flow="} {
		paths = append(paths, list+id)
	}
	doc := b.look("/flows/" + id).doc(t)
	for _, e := range doc.Find("[href], [hx-get]").EachIter() {
		for _, name := range []string{"href", "hx-get"} {
			path := e.AttrOr(name, "")
			if strings.HasPrefix(path, "/flows/"+id+"/") {
				paths = append(paths, path)
			}
		}
	}
	return paths
}

// look gets a page without what was to be told once.
func (b *browser) look(path string) reply {
	b.t.Helper()
	maps.DeleteFunc(b.cookies, func(name, _ string) bool { return strings.HasSuffix(name, "flash") })
	return b.get(path)
}

// TestT1EveryPlace shows every hostile string in every place, on every page and
// in every answer to a form, and compares what that is made of with the same of
// a harmless twin.
func TestT1EveryPlace(t *testing.T) {
	b := newBeacon(t)
	s := newStage(t, b, 54)
	in := s.signIn("op-1")
	j := newJudge(t)
	all := routes(t)
	for round := range count(places, 1) {
		s.spread(round)
		s.told(in)
		for i, p := range s.pairs {
			j.pair(all, in, p, long() || i%4 == 0)
		}
	}
	evidence(t, "T1", fmt.Sprintf("elements or attributes too many in %d renders of flows, their pages and forms", j.renders), j.extra, "0 of ≥ 10,000")
	evidence(t, "T1", "requests that answers made elsewhere", b.hits.Load(), "0")
}

// pair compares all that is shown of a flow and its twin, and the answers to
// all forms.
func (j *judge) pair(all []route, in *browser, p *twins, forms bool) {
	j.t.Helper()
	hostile, twin := pagesOf(j.t, all, in, p.hostile, p.texts[inOutput]), pagesOf(j.t, all, in, p.twin, p.plain[inOutput])
	if len(hostile) != len(twin) {
		j.t.Errorf("%q has %d pages, its twin %d:\n%q\n%q", p.texts, len(hostile), len(twin), hostile, twin)
		return
	}
	for k, path := range hostile {
		var one, other reply
		j.same(fmt.Sprintf("%s with %.60q", path, p.texts), func() (reply, reply) {
			one, other = in.look(path), in.look(twin[k])
			return one, other
		})
		if !forms {
			continue
		}
		mine, theirs := formsOf(j.t, one), formsOf(j.t, other)
		for n := range mine[:min(len(mine), len(theirs))] {
			j.same(fmt.Sprintf("the answer to %s with %.60q", mine[n].action, p.texts), func() (reply, reply) {
				return in.fill(mine[n], p.texts[inCare]), in.fill(theirs[n], p.plain[inCare])
			})
		}
	}
}

// typed is a form, with the fields into which one types.
type typed struct {
	action string
	values url.Values
	fields []string
}

// untyped are ends of actions that are not tried: they end the session, or
// change a flow that its twin may not follow.
var untyped = []string{
	"/login", "/logout", "/settings", "/start", "/stop", "/delete", "/enable", "/disable", "/drop", "/restore", "/force", "/release", "/withdraw", "/park", "/end", "/others", "/effect", "/step-up", "/ask",
}

// formsOf are the forms of a page into which one can type.
func formsOf(t *testing.T, r reply) (all []typed) {
	t.Helper()
	if r.status != http.StatusOK || !strings.HasPrefix(r.header.Get("Content-Type"), "text/html") {
		return nil
	}
	for _, form := range r.doc(t).Find(`form[method="post"]`).EachIter() {
		action := form.AttrOr("action", "")
		if slices.ContainsFunc(untyped, func(end string) bool { return strings.HasSuffix(action, end) }) {
			continue
		}
		f := typed{action: action}
		f.values = valuesOf(form)
		for _, e := range form.Find(`input, textarea`).EachIter() {
			switch e.AttrOr("type", "text") {
			case "text", "search", "password", "url":
				f.fields = append(f.fields, e.AttrOr("name", ""))
			}
		}
		if len(f.fields) > 0 {
			all = append(all, f)
		}
	}
	return all
}

// fill sends a form with a text in all its fields, and follows where that leads.
func (b *browser) fill(f typed, text string) reply {
	b.t.Helper()
	values := maps.Clone(f.values)
	for _, name := range f.fields {
		values[name] = []string{text}
	}
	r := b.post(f.action, values)
	if r.status == http.StatusSeeOther {
		return b.get(r.header.Get("Location"))
	}
	return r
}
