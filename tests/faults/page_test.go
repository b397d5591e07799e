package faults

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/PuerkitoBio/goquery"
)

// view is what somebody sees.
type view struct{ doc *goquery.Document }

// row is a flow, or a channel, in its list.
type row struct {
	ID, Name string
	Word     string // of its state
	Aged     bool   // grey: older than it should be
	Off      string // why its button is off
	Button   bool   // can be pressed
}

// marked tells that the row does not pass for present knowledge.
func (r row) marked() bool { return r.Aged || r.Word == "STALE" }

// rows are the flows or the channels of the list, by id.
func (p view) rows() map[string]row {
	all := map[string]row{}
	p.doc.Find("#flow-rows tr[data-row], #channel-rows tr[data-row]").Each(func(_ int, tr *goquery.Selection) {
		r := row{
			ID: idOf(tr.Find(".col-name .name").AttrOr("href", "")), Name: words(tr.Find(".col-name .name")),
			Word: words(tr.Find(".col-state .state-word")), Aged: tr.HasClass("aged"),
			Off:    words(tr.Find(".col-action .off-why")),
			Button: tr.Find(".col-action [data-command]").Length() > 0,
		}
		all[r.ID] = r
	})
	return all
}

// word is the state on the page of a flow or a channel.
func (p view) word() string { return words(p.doc.Find("#flow-state .state-word")) }

// fact gives what one of the facts of a flow or a channel says: 0 what was commanded, 1 what
// the service confirmed.
func (p view) fact(n int) (word, all string) {
	fact := p.doc.Find("#flow-facts .fact, #channel-facts .fact").Eq(n)
	return words(fact.Find(".key")), words(fact)
}

// outputs are the names of a flow's outputs.
func (p view) outputs() (names []string) {
	p.doc.Find("#outputs .out .out-name .name").Each(func(_ int, a *goquery.Selection) { names = append(names, words(a)) })
	return names
}

// link is what stands over the page while the service is not reached well.
func (p view) link() string { return words(p.doc.Find("#link-state")) }

// off tells that the page gives no commands, as a whole.
func (p view) off() bool { return p.doc.Find("#link-state [data-off]").Length() > 0 }

// notice is what the page says of what was just done.
func (p view) notice() string { return words(p.doc.Find("#notices")) }

// says tells whether a text is on the page.
func (p view) says(what string) bool { return strings.Contains(p.text(), what) }

// text is all that can be read.
func (p view) text() string { return words(p.doc.Find("body")) }

// form gives where a form leads and what it sends: what stands in it, the name
// and value of its first button, and over them what was typed.
func (p view) form(selector string, typed ...string) (action string, values url.Values, err error) {
	form := p.doc.Find(selector).First()
	if form.Length() == 0 {
		return "", nil, fmt.Errorf("no form %s on this page:\n%s", selector, p.text())
	}
	values = url.Values{}
	add := func(s *goquery.Selection, value string) {
		if name := s.AttrOr("name", ""); name != "" {
			values.Add(name, value)
		}
	}
	form.Find("input, textarea, select").Each(func(_ int, s *goquery.Selection) {
		kind := s.AttrOr("type", "")
		_, checked := s.Attr("checked")
		switch {
		case (kind == "radio" || kind == "checkbox") && !checked, kind == "submit":
		case goquery.NodeName(s) == "select":
			chosen := s.Find("option[selected]")
			if chosen.Length() == 0 {
				chosen = s.Find("option")
			}
			add(s, chosen.First().AttrOr("value", words(chosen.First())))
		case goquery.NodeName(s) == "textarea":
			add(s, s.Text())
		default:
			add(s, s.AttrOr("value", ""))
		}
	})
	button := form.Find(`button[type="submit"]`).First()
	add(button, button.AttrOr("value", ""))
	for i := 0; i+1 < len(typed); i += 2 {
		values.Set(typed[i], typed[i+1])
	}
	return form.AttrOr("action", ""), values, nil
}

// words are the words of an element, with single blanks.
func words(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }
