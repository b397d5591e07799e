package safety

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
)

// shape is what a document is made of, texts and values aside: how often there
// is an element in its place, with the names of its attributes.
type shape map[string]int

// shapeOf reads a page or a piece of one.
func shapeOf(body string) (shape, *goquery.Document, error) {
	if strings.HasPrefix(strings.TrimSpace(body), "<tr") { // a row alone is none for the parser
		body = "<table>" + body + "</table>"
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	s := shape{}
	var walk func(n *html.Node, path string)
	walk = func(n *html.Node, path string) {
		if n.Type == html.ElementNode {
			path += "/" + n.Data
			var names []string
			for _, a := range n.Attr {
				names = append(names, a.Key)
			}
			slices.Sort(names)
			s[path+"["+strings.Join(names, " ")+"]"]++
		}
		for child := n.FirstChild; child != nil; child = child.NextSibling {
			walk(child, path)
		}
	}
	for _, n := range doc.Nodes {
		walk(n, "")
	}
	return s, doc, nil
}

// more gives what a shape has that another has not, or not so often.
func (s shape) more(than shape) (extra []string) {
	for _, element := range slices.Sorted(maps.Keys(s)) {
		if n := s[element] - than[element]; n > 0 {
			extra = append(extra, fmt.Sprintf("%d × %s", n, element))
		}
	}
	return extra
}

// kinds gives what a shape has of which another has none, but for what charts
// draw of a history of which the two were not asked at one moment.
func (s shape) kinds(beside shape) (extra []string) {
	for _, element := range slices.Sorted(maps.Keys(s)) {
		if beside[element] == 0 && !strings.Contains(element, "/figure/svg/") {
			extra = append(extra, element)
		}
	}
	return extra
}

// leads are attributes by which a page leads to another address, or loads it.
var leads = []string{
	"href", "src", "action", "formaction", "srcset", "poster", "data", "background", "ping", "cite", "manifest", "xlink:href",
	"hx-get", "hx-post", "hx-put", "hx-patch", "hx-delete", "hx-sse:connect", "hx-ws:connect", "hx-push-url", "hx-replace-url",
}

// wrongs gives what no page of ours may have, whatever it shows.
func wrongs(doc *goquery.Document) (found []string) {
	doc.Find("*").Each(func(_ int, e *goquery.Selection) {
		n := e.Nodes[0]
		if strings.Contains(strings.ToLower(n.Data), brand) {
			found = append(found, "element "+n.Data)
		}
		for _, a := range n.Attr {
			key := a.Key
			if a.Namespace != "" {
				key = a.Namespace + ":" + key
			}
			switch {
			case strings.Contains(strings.ToLower(key), brand), strings.HasPrefix(key, "on"), key == "style", key == "srcdoc",
				strings.HasPrefix(key, "hx-on"), strings.HasPrefix(key, "data-hx-"), key == "hx-vals", key == "hx-headers", key == "hx-vars":
				found = append(found, n.Data+" with "+key+"="+a.Val)
			case slices.Contains(leads, key):
				if to, leaves := leavesFor(a.Val); leaves && !strings.HasPrefix(a.Val, "#") {
					found = append(found, fmt.Sprintf("%s %s leads to %.200q", n.Data, key, to))
				}
			}
		}
	})
	return found
}

// judge compares what pages are made of.
type judge struct {
	t       *testing.T
	renders int
	extra   int              // elements or attributes too many
	benign  map[string]shape // by page: what it is made of with harmless texts
}

func newJudge(t *testing.T) *judge { return &judge{t: t, benign: map[string]shape{}} }

// learn takes a page with harmless texts for an example of its kind.
func (j *judge) learn(kind string, r reply) {
	j.t.Helper()
	s := j.look(kind+" (harmless)", r)
	if j.benign[kind] == nil {
		j.benign[kind] = shape{}
	}
	for element, n := range s {
		j.benign[kind][element] = max(n, j.benign[kind][element])
	}
}

// few is how many elements may stand for the value of a text, such as the mark
// of one that was not empty. A text that swallows what follows takes far more.
const few = 2

// settled is how long two pages may differ that show what is read anew.
const settled = 3 * time.Second

// same fails the test if an answer is made of anything else than that to a
// harmless twin. They are asked for again while what they show may differ for
// another reason.
func (j *judge) same(where string, ask func() (hostile, twin reply)) {
	j.t.Helper()
	for end := time.Now().Add(settled); ; {
		hostile, twin := ask()
		s, w := j.look(where, hostile), j.look(where+" (harmless)", twin)
		more, less := s.more(w), w.more(s)
		if hostile.status == twin.status && len(more) == 0 && len(less) <= few {
			return
		}
		if time.Now().Before(end) {
			continue
		}
		if hostile.status != twin.status {
			j.t.Errorf("%s answers %d, and %d with a harmless text", where, hostile.status, twin.status)
		}
		j.blame(where, more)
		if len(less) > few {
			j.blame(where+" lacks", less)
		}
		return
	}
}

// known fails the test if an answer has something that harmless ones of its
// kind never have. They are asked for again while what they show may be new.
func (j *judge) known(kind, where string, hostile, harmless func() reply) {
	j.t.Helper()
	for end := time.Now().Add(settled); ; {
		j.learn(kind, harmless())
		unknown := j.look(where, hostile()).kinds(j.benign[kind])
		if len(unknown) == 0 {
			return
		}
		if time.Now().After(end) {
			j.blame(where, unknown)
			return
		}
	}
}

func (j *judge) look(where string, r reply) shape {
	j.t.Helper()
	j.renders++
	if !strings.HasPrefix(r.header.Get("Content-Type"), "text/html") {
		return shape{}
	}
	s, doc, err := shapeOf(r.body)
	must(j.t, err)
	j.blame(where, wrongs(doc))
	return s
}

func (j *judge) blame(where string, found []string) {
	j.t.Helper()
	j.extra += len(found)
	if len(found) > 0 {
		j.t.Errorf("%s: %s", where, strings.Join(found[:min(len(found), 5)], "\n\t"))
	}
}

// TestT1Judge proves that the judge sees what comes through.
func TestT1Judge(t *testing.T) {
	page := func(name string) string {
		return `<!DOCTYPE html><html><head><title>x</title></head><body><main><h1 title="x">` + name + `</h1><a href="/flows">x</a></main></body></html>`
	}
	plain, _, err := shapeOf(page("harmless"))
	must(t, err)
	missed := 0
	for _, h := range slices.Concat(markup, attributes) {
		s, doc, err := shapeOf(page(h))
		must(t, err)
		if len(s.more(plain))+len(wrongs(doc)) == 0 {
			missed++
			t.Logf("makes nothing by itself: %q", h)
		}
	}
	if missed > 25 {
		t.Errorf("the judge misses %d of %d", missed, len(markup)+len(attributes))
	}
	for _, h := range []string{`<a href="//evil.example">x</a>`, `<p onclick=x>`, `<p style=x>`, `<zqx>`, `<p zqx>`, `<img src=x:y>`} {
		_, doc, err := shapeOf(h)
		must(t, err)
		if len(wrongs(doc)) == 0 {
			t.Errorf("%s passes", h)
		}
	}
}
