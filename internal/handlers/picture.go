package handlers

import (
	"bytes"
	"slices"
)

// part is one piece of a page that is replaced as a whole; or, with rows, a
// table body whose rows are replaced one by one for as long as they are the
// same rows in the same order.
type part struct {
	target string        // the element's id
	html   []byte        // without rows the part itself; with rows what stands around them
	rows   []part        // with rows
	whole  func() []byte // with rows: the body in full
}

// sheet is the picture of a page's live parts. It renders all of them at each
// change, and sends those that came out differently.
type sheet struct {
	subscribe func() (<-chan struct{}, func())
	render    func() []part
	shown     []part
	full      []byte // kept until the next change
}

// Changed implements picture.
func (s *sheet) Changed() (<-chan struct{}, func()) { return s.subscribe() }

// Change implements picture.
func (s *sheet) Change() []byte {
	before := s.shown
	s.shown = s.render()
	var text []byte
	for _, p := range s.shown {
		text = appendChange(text, partOf(before, p.target), p)
	}
	if text == nil {
		return nil
	}
	s.full = nil
	return appendEvent(nil, text)
}

// Full implements picture.
func (s *sheet) Full() []byte {
	if s.full == nil {
		var text []byte
		for _, p := range s.shown {
			text = appendPartial(text, p.target, p.content())
		}
		s.full = appendEvent(nil, text)
	}
	return s.full
}

func (p part) content() []byte {
	if p.whole != nil {
		return p.whole()
	}
	return p.html
}

// partOf finds a part by its target; one without a target if there is none.
func partOf(parts []part, target string) part {
	i := slices.IndexFunc(parts, func(p part) bool { return p.target == target })
	if i < 0 {
		return part{}
	}
	return parts[i]
}

// appendChange appends what leads from one rendering of a part to another.
func appendChange(dst []byte, old, now part) []byte {
	sameRow := func(a, b part) bool { return a.target == b.target }
	changed := old.target == "" || !alike(old.html, now.html)
	if changed || !slices.EqualFunc(old.rows, now.rows, sameRow) {
		return appendPartial(dst, now.target, now.content())
	}
	for i, row := range now.rows {
		if !alike(old.rows[i].html, row.html) {
			dst = appendPartial(dst, row.target, row.html)
		}
	}
	return dst
}

// What stands around the text of a moment; see [ui.Moment].
var (
	momentBegins = []byte(`<time data-t="`)
	momentEnds   = []byte(`</time>`)
)

// alike tells that two renderings differ at most in the texts of moments, which
// the browser counts on by itself: else whatever lasts would be sent to every
// viewer each second.
func alike(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	for {
		headA, restA, moreA := bytes.Cut(a, momentBegins)
		headB, restB, moreB := bytes.Cut(b, momentBegins)
		if moreA != moreB || !bytes.Equal(headA, headB) {
			return false
		}
		if !moreA {
			return true
		}
		tagA, restA, _ := bytes.Cut(restA, []byte(">"))
		tagB, restB, _ := bytes.Cut(restB, []byte(">"))
		if !bytes.Equal(tagA, tagB) {
			return false
		}
		_, a, _ = bytes.Cut(restA, momentEnds)
		_, b, _ = bytes.Cut(restB, momentEnds)
	}
}

// appendPartial appends a part in the envelope by which htmx finds its target.
// A page without the target ignores it. A target that is no plain identifier
// (a name from outside) is left out: it must not become markup; so is what could
// not be rendered: the page keeps what it has.
func appendPartial(dst []byte, target string, html []byte) []byte {
	if html == nil || !elementID.MatchString(target) {
		return dst
	}
	dst = append(dst, `<hx-partial hx-target="#`...)
	dst = append(dst, target...)
	dst = append(dst, `" hx-swap="outerMorph">`...)
	dst = append(dst, html...)
	return append(dst, "</hx-partial>"...)
}
