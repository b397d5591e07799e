package faults

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// falsehoods counts what a list showed that was not so: a flow or a channel that
// was gone, and a state that was neither the truth nor said to be old.
type falsehoods struct {
	looks, gone, wrong atomic.Int32
	first              atomic.Value
}

// check looks at a list, of which nothing changes in truth.
func (f *falsehoods) check(truth map[string]string) func(view) {
	return func(p view) {
		f.looks.Add(1)
		shown := p.rows()
		for id, word := range truth {
			switch r, ok := shown[id]; {
			case !ok:
				f.gone.Add(1)
				f.first.CompareAndSwap(nil, id+" is gone")
			case r.Word != word && r.Word != "STALE":
				f.wrong.Add(1)
				f.first.CompareAndSwap(nil, fmt.Sprintf("%s is %s, in truth %s", id, r.Word, word))
			}
		}
	}
}

func (f *falsehoods) fail(t *testing.T) {
	t.Helper()
	if f.gone.Load()+f.wrong.Load() > 0 {
		t.Errorf("%d times one was gone, %d times a state was false, at first: %v", f.gone.Load(), f.wrong.Load(), f.first.Load())
	}
}

// all gives the truth of all flows.
func (h *house) all() map[string]string {
	truth := map[string]string{}
	for _, id := range h.cloud.IDs() {
		truth[id] = h.truth(id)
	}
	return truth
}

// TestF5Unreadable has the service answer with what is no answer.
func TestF5Unreadable(t *testing.T) {
	t.Parallel()
	const noSense = "The answers of the service have made no sense"
	for _, c := range []struct {
		name  string
		fault medialivetest.Fault
		told  string
	}{
		{"truncated", medialivetest.Truncated(), noSense},
		{"garbage", medialivetest.Garbage(), noSense},
		{"HTML with 200", medialivetest.HTML(http.StatusOK), noSense},
		{"HTML with 502", medialivetest.HTML(http.StatusBadGateway), "The service has not been reached"},
		{"200 with an error_code", medialivetest.CodedSuccess("LIVE.100011001", "internal fault of the service"), "internal fault of the service"},
		{"50 MB", medialivetest.Huge(), noSense},
		{"a byte each 50 ms", medialivetest.Drip(50 * time.Millisecond), "The service has not been reached"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := open(t, nil, project)
			b := h.signIn("op-1")
			var lies falsehoods
			first := b.follow("/flows", nil)
			first.await(patience, "the truth", h.settled)
			list := b.follow("/flows", lies.check(h.all()))
			for _, op := range reads {
				h.cloud.Inject(op, 0, c.fault)
			}
			took := list.await(patience, "what is wrong", func(p view) bool { return strings.Contains(p.link(), c.told) })
			evidence(t, "F5", c.name+": told as such after", took, "≤ 10 s")
			within(t, "telling", took, 10*time.Second)
			list.await(patience, "old rows", func(p view) bool {
				for _, r := range p.rows() {
					if !r.marked() {
						return false
					}
				}
				return true
			})
			lasts(t, 3*time.Second, func() { lies.check(h.all())(b.page("/flows")) })
			h.cloud.LiftAll()
			took = list.await(patience, "the truth", h.settled)
			evidence(t, "F5", c.name+": true again after", took, "≤ 5 s")
			evidence(t, "F5", fmt.Sprintf("%s: flows gone, states false, in %d looks", c.name, lies.looks.Load()),
				fmt.Sprintf("%d, %d", lies.gone.Load(), lies.wrong.Load()), "0, 0")
			lies.fail(t)
			list.steady()
		})
	}
}

// unsteady is a list that changes while it is read.
type unsteady struct {
	what, path, count string // in the plural; its page; the id of their number
	op                string // that lists them
	idle, strange     string // their state, and the word that nobody knows for it
	add               func(c *medialivetest.Cloud, name string) (id string)
	remove            func(c *medialivetest.Cloud, id string)
	ids               func(c *medialivetest.Cloud) []string
}

// TestF6Unsteady changes a list between its pages, and uses words that nobody
// knows.
func TestF6Unsteady(t *testing.T) {
	t.Parallel()
	for _, u := range []unsteady{
		{
			"flows", "/flows", "#flow-count", "ListFlows", "STANDBY", "S-2030",
			func(c *medialivetest.Cloud, name string) string { return addFlow(c, name, medialive.Standby) },
			(*medialivetest.Cloud).Remove, (*medialivetest.Cloud).IDs,
		},
		{
			"channels", "/channels", "#channel-count", "ListOttChannelInfo", "OFF", "O-2030",
			func(c *medialivetest.Cloud, name string) string { return addChannel(c, name, medialive.ChannelOff) },
			func(c *medialivetest.Cloud, id string) { key, _ := monitor.ChannelKeyOf(id); c.RemoveChannel(key) }, channelIDs,
		},
	} {
		t.Run(u.what, func(t *testing.T) {
			t.Parallel()
			u.test(t)
		})
	}
}

func (u unsteady) test(t *testing.T) {
	truth := [2]map[string]string{{}, {}}
	h := open(t, nil, func(c *medialivetest.Cloud) {
		for i := range 150 {
			truth[i/100][u.add(c, fmt.Sprintf("FEED-%03d", i))] = u.idle
		}
	})
	b := h.signIn("op-1")
	var lies falsehoods
	var lists [2]*screen
	for i, path := range []string{u.path + "?limit=100", u.path + "?limit=100&offset=100"} {
		b.follow(path, nil).await(patience, "the whole list", func(p view) bool { return len(p.rows()) >= len(truth[i]) })
		lists[i] = b.follow(path, lies.check(truth[i]))
	}
	extra := u.slip(h)
	evidence(t, "F6", fmt.Sprintf("%d %s came and some went between the pages of the list: falsely gone, states false, in %d looks", extra, u.what, lies.looks.Load()),
		fmt.Sprintf("%d, %d", lies.gone.Load(), lies.wrong.Load()), "0, 0")
	lies.fail(t)
	want := len(u.ids(h.cloud))
	took := lists[0].await(patience, "the true number", func(p view) bool { return words(p.doc.Find(u.count)) == fmt.Sprint(want) })
	evidence(t, "F6", "the number of "+u.what+" is true again after", took, "≤ 10 s")
	seen := map[string]bool{}
	for _, l := range lists {
		l.see(func(p view) {
			for id := range p.rows() {
				if seen[id] {
					t.Errorf("%s is shown twice", id)
				}
				seen[id] = true
			}
		})
		l.steady()
	}
	u.unknownWords(t, h, b)
}

// slip has one come or go after each page of the list that is answered, whose
// name is behind all others: rows slip from one page to the other. It gives how
// many came.
func (u unsteady) slip(h *house) (extra int) {
	var pages int
	var last string
	lift := h.cloud.Inject(u.op, 0, medialivetest.Then(func() {
		if pages++; last != "" && pages%3 == 0 {
			u.remove(h.cloud, last)
			last = ""
			return
		}
		extra++
		last = u.add(h.cloud, fmt.Sprintf("Z-%04d", extra))
	}))
	span := 20 * time.Second
	if long() {
		span = 2 * time.Minute
	}
	lasts(h.t, span, nil)
	lift()
	return extra
}

// unknownWords has the service use statuses that nobody knows: each row says
// so, none says something else, and no button guesses.
func (u unsteady) unknownWords(t *testing.T, h *house, b *browser) {
	t.Helper()
	list := b.follow(u.path+"?limit=100", nil)
	var other atomic.Int32
	lift := h.cloud.Inject("", 0, medialivetest.UnknownWords())
	took := list.await(patience, "UNKNOWN in each row", func(p view) bool {
		for _, r := range p.rows() {
			if r.Word != "UNKNOWN" || r.Button {
				return false
			}
		}
		return len(p.rows()) == 100
	})
	evidence(t, "F6", "unknown status words of "+u.what+": every row UNKNOWN, without a button, after", took, "≤ 5 s")
	within(t, "UNKNOWN", took, 5*time.Second)
	lasts(t, 2*time.Second, func() {
		for _, r := range b.page(u.path + "?limit=100").rows() {
			if r.Word != "UNKNOWN" {
				other.Add(1)
			}
		}
	})
	if n := other.Load(); n > 0 {
		t.Errorf("%d rows told another state than UNKNOWN", n)
	}
	if _, all := b.page(pathOf(u.ids(h.cloud)[0])).fact(1); !strings.Contains(all, u.strange) {
		t.Errorf("the page does not tell the word that the service used: %s", all)
	}
	lift()
	list.await(patience, u.idle+" again", func(p view) bool {
		for _, r := range p.rows() {
			if r.Word != u.idle {
				return false
			}
		}
		return true
	})
}

// TestF10NeverLive starts flows that never run, and one that runs without
// media.
func TestF10NeverLive(t *testing.T) {
	t.Parallel()
	var never, dry string
	h := open(t, nil, func(c *medialivetest.Cloud) {
		never = addFlow(c, "NEVER", medialive.Standby, "out-1")
		dry = addFlow(c, "DRY", medialive.Standby, "out-1")
		c.Inject("ModifyFlowStart", 1, medialivetest.Never())
	})
	b := h.signIn("op-1")
	var live atomic.Int32
	look := func(p view) {
		for _, r := range p.rows() {
			if r.Word == "LIVE" {
				live.Add(1)
			}
		}
	}
	list := b.follow("/flows", look)
	list.await(patience, "both flows", func(p view) bool { return len(p.rows()) == 2 })
	began := time.Now()
	for _, id := range []string{never, dry} {
		if r := b.start(id); r.status != http.StatusSeeOther {
			t.Fatalf("start: %d %s", r.status, r.text())
		}
	}
	list.await(patience, "STARTING and WAITING", func(p view) bool {
		rows := p.rows()
		return rows[never].Word == "STARTING" && rows[dry].Word == "WAITING"
	})
	if _, all := b.page("/flows/" + never).fact(1); !strings.Contains(all, "not confirmed yet") {
		t.Errorf("of a start that was answered and not confirmed the page says: %s", all)
	}
	alarms := b.follow("/alarms", nil)
	for _, name := range []string{"DRY", "NEVER"} {
		alarms.await(2*time.Minute, "an alarm of "+name, func(p view) bool { return noMedia(p, name) })
		evidence(t, "F10", map[string]string{"DRY": "ACTIVE, source DISCONNECTED", "NEVER": "start answered 200, never ACTIVE"}[name]+
			": alarm of no media after the command", time.Since(began), "60 s (its delay)")
		within(t, "the alarm", max(0, time.Since(began)-time.Minute), 5*time.Second)
	}
	falsely := live.Load()
	if falsely > 0 {
		t.Errorf("a flow without media was LIVE in %d looks", falsely)
	}
	list.see(func(p view) {
		if w := p.rows()[never].Word; w != "STARTING" && w != "UNKNOWN" {
			t.Errorf("a flow that was told to start and did not is %s", w)
		}
	})
	h.cloud.Change(dry, func(f *medialivetest.Flow) { f.Sources[0].Health = medialive.Connected })
	took := list.await(patience, "LIVE, once media comes", func(p view) bool { return p.rows()[dry].Word == "LIVE" })
	evidence(t, "F10", "times LIVE was shown before media came", falsely, "0")
	evidence(t, "F10", "LIVE after media came", took, "≤ 10 s")
	list.steady()
}

// noMedia tells whether the page of alarms has one of no media for a flow.
func noMedia(p view, flow string) (found bool) {
	for _, tr := range p.doc.Find("#alarm-rows tr").EachIter() {
		found = found || strings.Contains(words(tr), flow) && strings.Contains(words(tr), "NO MEDIA")
	}
	return found
}
