package faults

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// pressed is one of many presses of one button.
type pressed struct {
	by    *browser
	path  string
	sends url.Values
}

// TestF8Crowd has fifty posts of one command come at once, by five people.
func TestF8Crowd(t *testing.T) {
	t.Parallel()
	h := open(t, nil, nil)
	all := []crowd{
		{"flow", "/flows", h.flow("ON-AIR", medialive.Active, "out-1", "out-2"), "LIVE", "STANDBY", [2]press{
			{"stop", "ModifyFlowStop", "Stop of ON-AIR was accepted."}, {"start", "ModifyFlowStart", "Start of ON-AIR was accepted."},
		}},
		{"channel", "/channels", h.channel("ON-AIR", medialive.ChannelOn), "ON", "OFF", [2]press{
			{"stop", "ModifyOttChannelInfoStats", "Turning OFF ON-AIR."}, {"start", "ModifyOttChannelInfoStats", "Turning ON ON-AIR."},
		}},
	}
	var people []*browser
	for _, u := range users {
		people = append(people, h.signIn(u))
	}
	for _, c := range all {
		list := people[0].follow(c.list, nil)
		list.await(patience, c.on, func(p view) bool { return p.rows()[c.id].Word == c.on })
		h.crowd50(people, c, c.presses[0], func(b *browser) pressed {
			path, values, err := b.page(pathOf(c.id) + "/stop").form(`form[action$="/stop"]`)
			must(t, err)
			return pressed{b, path, values}
		})
		list.await(patience, c.off, func(p view) bool { return p.rows()[c.id].Word == c.off && p.rows()[c.id].Button })
		h.crowd50(people, c, c.presses[1], func(b *browser) pressed {
			path, values, err := b.page(pathOf(c.id)).form("#flow-command form")
			must(t, err)
			return pressed{b, path, values}
		})
		list.steady()
	}
}

// crowd is what fifty press at, and how it is called.
type crowd struct {
	what, list, id string
	on, off        string // its states
	presses        [2]press
}

// press is what they press.
type press struct{ verb, op, accepted string }

// crowd50 has each of the people prepare ten presses, and presses all at once.
func (h *house) crowd50(people []*browser, c crowd, what press, prepare func(*browser) pressed) {
	h.t.Helper()
	defer h.cloud.Inject(what.op, 0, medialivetest.Slow(300*time.Millisecond))()
	before := h.asked(what.op, c.id)
	const each = 10
	var presses []pressed
	for range each {
		for _, b := range people {
			presses = append(presses, prepare(b))
		}
	}
	answers := make([]string, len(presses))
	var work sync.WaitGroup
	go1 := make(chan struct{})
	for i, p := range presses {
		work.Go(func() {
			<-go1
			answers[i] = p.answer(h)
		})
	}
	began := time.Now()
	close(go1)
	work.Wait()
	took := time.Since(began)

	calls := h.asked(what.op, c.id) - before
	evidence(h.t, "F8", fmt.Sprintf("%d posts of one %s of a %s by %d people at once: upstream calls", len(presses), what.verb, c.what, len(people)), calls, "1")
	if calls != 1 {
		h.t.Errorf("%d calls of %s", calls, what.op)
	}
	var actor string
	done, others := 0, 0
	for _, e := range people[0].commands() {
		if e.Verb != what.verb || e.FlowID != c.id {
			continue
		}
		if e.Outcome == "done" {
			done, actor = done+1, e.Actor
		} else {
			others++
		}
	}
	evidence(h.t, "F8", "intents of that "+what.verb+" of a "+c.what+" in the trail: done, others", fmt.Sprintf("%d, %d", done, others), "1, 0")
	if done != 1 || others != 0 {
		h.t.Errorf("the trail has %d that were done, and %d others", done, others)
	}
	clear, accepted := 0, 0
	for _, a := range answers {
		switch {
		case strings.HasPrefix(a, what.accepted):
			accepted, clear = accepted+1, clear+1
		case strings.HasPrefix(a, actor+" has given that command already."):
			clear++
		default:
			h.t.Errorf("a press of %s was answered: %s", what.verb, a)
		}
	}
	evidence(h.t, "F8", "posts to a "+c.what+" that were told clearly: that theirs was accepted, or who did it, within "+took.Round(time.Millisecond).String(),
		fmt.Sprintf("%d + %d of %d", accepted, clear-accepted, len(answers)), "1 + 49 of 50")
	if accepted != 1 {
		h.t.Errorf("%d people were told that theirs was accepted", accepted)
	}
}

// answer presses, and gives what the page then says of it.
func (p pressed) answer(h *house) string {
	alone := *p.by
	alone.http = &http.Client{Jar: notices{p.by.http.Jar, &sync.Map{}}, Timeout: patience, Transport: p.by.http.Transport, CheckRedirect: p.by.http.CheckRedirect}
	r, err := alone.ask(h.t.Context(), http.MethodPost, p.path, p.sends)
	if err == nil {
		r, err = alone.landed(h.t.Context(), r)
	}
	switch {
	case err != nil:
		return err.Error()
	case r.status != http.StatusOK:
		return fmt.Sprintf("%d %s", r.status, r.text())
	}
	return r.notice()
}

// notices is a jar of which the notice of the last press is a tab's own: fifty
// tabs of five people would take each other's.
type notices struct {
	http.CookieJar
	own *sync.Map
}

const noticeCookie = "flowdeck_flash"

// SetCookies implements http.CookieJar.
func (n notices) SetCookies(u *url.URL, all []*http.Cookie) {
	for _, c := range all {
		if c.Name == noticeCookie {
			n.own.Store(noticeCookie, c)
		} else {
			n.CookieJar.SetCookies(u, []*http.Cookie{c})
		}
	}
}

// Cookies implements http.CookieJar.
func (n notices) Cookies(u *url.URL) []*http.Cookie {
	all := n.CookieJar.Cookies(u)
	if c, ok := n.own.Load(noticeCookie); ok {
		all = append(all, c.(*http.Cookie))
	}
	return all
}
