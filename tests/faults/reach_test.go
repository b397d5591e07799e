package faults

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// project puts six flows into a cloud: half of them live, half in standby.
func project(c *medialivetest.Cloud) {
	for i := range 3 {
		addFlow(c, fmt.Sprintf("LIVE-%d", i), medialive.Active, "out-1", "out-2")
		addFlow(c, fmt.Sprintf("STANDBY-%d", i), medialive.Standby, "out-1")
	}
}

// settled tells that the list shows each flow as it is in the cloud, with
// buttons that can be pressed.
func (h *house) settled(p view) bool { return h.tells(p, h.cloud.IDs()) }

// tells is settled of some flows, or of some channels.
func (h *house) tells(p view, ids []string) bool {
	shown := p.rows()
	for _, id := range ids {
		if r := shown[id]; r.Word != h.truth(id) || r.marked() || !r.Button {
			return false
		}
	}
	return len(shown) == len(ids) && !p.off()
}

// truth is the state word of a flow or a channel in the cloud: media comes to each
// flow that is started and whose source is connected.
func (h *house) truth(id string) string {
	if key, channel := monitor.ChannelKeyOf(id); channel {
		ch, _ := h.cloud.Channel(key)
		return string(ch.State)
	}
	f, ok := h.cloud.Flow(id)
	switch {
	case !ok:
		return ""
	case f.Status == medialive.Standby:
		return "STANDBY"
	case f.Sources[0].Health == medialive.Connected:
		return "LIVE"
	}
	return "WAITING"
}

// off tells that a list passes for old, and gives no command, with the reason.
func off(p view) bool {
	for _, r := range p.rows() {
		if !r.marked() || r.Button || r.Off != "no API" {
			return false
		}
	}
	return p.off() && len(p.rows()) > 0
}

// TestF1Refused takes the service off the net while people look on.
func TestF1Refused(t *testing.T) {
	t.Parallel()
	h := open(t, nil, project)
	away := 20 * time.Second
	if long() {
		away = time.Minute
	}
	one, two := h.signIn("op-1"), h.signIn("op-2")
	list := one.follow("/flows", nil)
	list.await(patience, "the truth", h.settled)
	id := h.cloud.IDs()[0]
	flow := two.follow("/flows/"+id, nil)
	standby := flow.await(patience, "the flow", func(p view) bool { return p.word() == h.truth(id) })
	t.Logf("the flow's page was true after %v", standby)
	people := h.browse([]*browser{one, two, h.signIn("op-3")}, "/flows", "/flows/"+id, "/alarms", "/activity")

	lift := h.cloud.Inject("", 0, medialivetest.Down())
	gone := time.Now()
	took := list.await(patience, "grey rows, and buttons that are off", off)
	evidence(t, "F1", "connections refused: list by stream marked old, buttons off with the reason", took, "≤ 5 s")
	within(t, "marking the list", took, 5*time.Second)
	plain := await(t, patience, "the same without JavaScript", func() bool { return off(one.page("/flows")) })
	evidence(t, "F1", "the same on a page that is loaded, after the stream's", plain, "at once")
	flow.await(patience, "the flow's page to be off", func(p view) bool {
		return p.off() && p.doc.Find("#flow-command [data-command]").Length() == 0 && p.doc.Find("#flow-command .off-why").Length() > 0
	})
	refusedWhileGone(t, h, two, id)
	lasts(t, away-time.Since(gone), nil)

	lift()
	took = list.await(patience, "the truth again", h.settled)
	evidence(t, "F1", "live again after the return, no reload", took, "≤ 5 s")
	within(t, "the return", took, 5*time.Second)
	list.steady()
	flow.steady()
	n, p99, broken := people.result()
	evidence(t, "F1", fmt.Sprintf("p99 of %d pages of 3 people, %v of outage", n, away), p99, "< 300 ms")
	evidence(t, "F1", "pages answered with 5xx or not at all", len(broken), "0")
	within(t, "a page", p99, 500*time.Millisecond)
	if len(broken) > 0 {
		t.Errorf("%d pages broke, the first: %s", len(broken), broken[0])
	}
}

// refusedWhileGone gives a command by an old page: it is told that the service
// is not reached, and nothing is done.
func refusedWhileGone(t *testing.T, h *house, b *browser, id string) {
	t.Helper()
	r := b.post("/flows/"+id+"/start", nil)
	if r.status != http.StatusServiceUnavailable || !r.says("The service is not reached") {
		t.Errorf("a start while the service is gone: %d %s", r.status, r.text())
	}
	if n := h.writes(); n != 0 {
		t.Errorf("%d writes came to a service that is gone", n)
	}
}

// TestF2Hangs has the service accept and never answer.
func TestF2Hangs(t *testing.T) {
	t.Parallel()
	h := open(t, nil, func(c *medialivetest.Cloud) {
		for i := range 60 {
			addFlow(c, fmt.Sprintf("FEED-%02d", i), medialive.Active, "out-1")
		}
	})
	all := []*browser{h.signIn("op-1"), h.signIn("op-2"), h.signIn("op-3")}
	list := all[0].follow("/flows?limit=100", nil)
	list.await(patience, "all flows", func(p view) bool { return len(p.rows()) == 60 })
	ids := h.cloud.IDs()
	people := h.browse(all, "/flows?limit=100", "/flows/"+ids[0], "/flows/"+ids[1], "/alarms")

	h.cloud.Busiest()
	lift := h.cloud.Inject("", 0, medialivetest.Hang())
	list.await(patience, "old rows, and why", func(p view) bool { return off(p) && p.link() != "" })
	lasts(t, 10*time.Second, nil)
	most := h.cloud.Busiest()
	evidence(t, "F2", "calls in flight at once while the service hangs, at most", most, "≤ 8")
	if most > 8 {
		t.Errorf("%d calls were in flight at once", most)
	}
	lift()
	took := list.await(patience, "rows that are not old", func(p view) bool {
		for _, r := range p.rows() {
			if r.marked() {
				return false
			}
		}
		return !p.off()
	})
	evidence(t, "F2", "not old any more, after the service answers again", took, "≤ 5 s")
	within(t, "the return", took, 5*time.Second)
	n, p99, broken := people.result()
	evidence(t, "F2", fmt.Sprintf("p99 of %d pages of 3 people while the service hangs", n), p99, "< 300 ms")
	within(t, "a page", p99, 500*time.Millisecond)
	if len(broken) > 0 {
		t.Errorf("%d pages broke, the first: %s", len(broken), broken[0])
	}
	list.steady()
}

// viewers are streams of which only the way to the service is looked at.
type viewers struct {
	down, ended atomic.Int32
	why         sync.Map // the words over the page
}

// crowd opens streams of the list until the test ends.
func (h *house) crowd(n int) *viewers {
	h.t.Helper()
	v := &viewers{}
	var all []*browser
	for _, u := range users {
		all = append(all, h.signIn(u))
	}
	for i := range n {
		body := all[i%len(all)].stream("/live?view=list&limit=50")
		done, was := make(chan struct{}), false
		h.t.Cleanup(func() { _ = body.Close(); <-done })
		go func() {
			defer close(done)
			_ = readEvents(body, func(_, data string) {
				at := strings.Index(data, `hx-target="#link-state"`)
				if at < 0 {
					return
				}
				part := data[at:]
				part = part[:strings.Index(part, "</hx-partial>")]
				is := strings.Contains(part, `class="down`)
				if is {
					v.why.Store(part, true)
				}
				if is != was {
					was = is
					v.down.Add(map[bool]int32{true: 1, false: -1}[is])
				}
			})
			v.ended.Add(1)
		}()
	}
	return v
}

// TestF3Storm has the service answer nothing but 503 while two hundred look on.
func TestF3Storm(t *testing.T) {
	t.Parallel()
	h := open(t, nil, project)
	const count = 200
	list := h.signIn("op-1").follow("/flows", nil)
	list.await(patience, "the truth", h.settled)
	looking := h.crowd(count)

	lift := h.cloud.Inject("", 0, medialivetest.Status(http.StatusServiceUnavailable, "LIVE.9503", "backend overloaded, try later"))
	began := time.Now()
	took := list.await(patience, "the reason", func(p view) bool { return strings.Contains(p.link(), "backend overloaded, try later") })
	evidence(t, "F3", "503 storm: the service's reason shown after", took, "≤ 5 s")
	within(t, "telling why", took, 5*time.Second)
	told := await(t, patience, "all viewers to be told", func() bool { return looking.down.Load() == count })
	evidence(t, "F3", fmt.Sprintf("all of %d stream viewers told, after the first", count), told, "≤ 1 s")
	list.await(patience, "buttons that are off", off)
	lasts(t, max(0, 6*time.Second-time.Since(began)), nil) // by now the breaker is open

	open, span := time.Now(), 15*time.Second
	lasts(t, span, nil)
	var calls int
	for _, r := range h.cloud.Requests() {
		if r.At.After(open) {
			calls++
		}
	}
	rate := float64(calls) / span.Seconds()
	evidence(t, "F3", fmt.Sprintf("upstream calls a second while the breaker is open, %d viewers", count), fmt.Sprintf("%.2f", rate), "≤ 1")
	if rate > 1 {
		t.Errorf("%d calls in %v to a service that fails", calls, span)
	}
	lift()
	took = list.await(patience, "the truth again", func(p view) bool { return !p.off() && p.link() == "" })
	evidence(t, "F3", "breaker closed after health", took, "≤ 4 s")
	within(t, "closing the breaker", took, 4*time.Second)
	await(t, patience, "all viewers to be told", func() bool { return looking.down.Load() == 0 })
	list.await(patience, "the truth", h.settled)
	list.steady()
	if n := looking.ended.Load(); n > 0 {
		t.Errorf("%d streams ended", n)
	}
	looking.why.Range(func(why, _ any) bool {
		if !bytes.Contains([]byte(why.(string)), []byte("backend overloaded")) {
			t.Errorf("a viewer was told: %s", why)
		}
		return true
	})
}

// reads are the operations that are throttled in F4.
var reads = []string{"ListFlows", "ListOttChannelInfo", "ShowFlowDetail", "ShowOutputInfo"}

// TestF4Throttled has the service refuse all reads as too many.
func TestF4Throttled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, after string
		seconds     time.Duration
	}{{"without Retry-After", "", 0}, {"with Retry-After 3 s", "3", 3 * time.Second}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := open(t, nil, project)
			h.t = t
			b := h.signIn("op-1")
			list := b.follow("/flows", nil)
			list.await(patience, "the truth", h.settled)
			ids := h.cloud.IDs()
			began := time.Now()
			for _, op := range reads {
				h.cloud.Inject(op, 0, medialivetest.Throttle(c.after))
			}
			lasts(t, 5*time.Second, nil)
			slowest := commandsWhile(t, h, b, ids)
			lasts(t, max(0, 12*time.Second-time.Since(began)), nil)
			evidence(t, "F4", "429 "+c.name+" on all reads: slowest of 3 starts and stops", slowest, "≤ 2 s")
			within(t, "a command", slowest, 2*time.Second)
			calls, peak, early := rates(h.cloud.Requests(), began, c.seconds)
			mean := float64(calls) / time.Since(began).Seconds()
			evidence(t, "F4", "429 "+c.name+": calls a second, and most in any second", fmt.Sprintf("%.2f, %d", mean, peak), "≤ 10 (quota)")
			if peak > 10 {
				t.Errorf("%d calls in one second, the quota is 10", peak)
			}
			if c.seconds > 0 {
				evidence(t, "F4", "reads made before the time that Retry-After gave", early, "0")
				if early > 0 {
					t.Errorf("%d reads came before the time that the service gave", early)
				}
			}
			h.cloud.LiftAll()
			took := list.await(patience, "the truth", h.settled)
			evidence(t, "F4", "429 "+c.name+": all true again after the quota is free", took, "≤ 5 s")
			list.steady()
		})
	}
}

// TestF4Quota has the service take ten requests a second, as many as Flowdeck
// may make, of a project whose flows need more to be read.
func TestF4Quota(t *testing.T) {
	t.Parallel()
	const quota, flows, presses = 10, 100, 10
	h := open(t, nil, func(c *medialivetest.Cloud) {
		c.Quota(quota)
		for i := range flows {
			addFlow(c, fmt.Sprintf("FEED-%03d", i), medialive.Active, "out-1", "out-2", "out-3")
		}
	})
	b := h.signIn("op-1")
	list := b.follow("/flows?limit=100", nil)
	list.await(patience, "all flows", func(p view) bool { return len(p.rows()) == flows })
	ids, began := h.cloud.IDs(), time.Now()
	var slowest time.Duration
	refused := 0
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for _, id := range ids[:presses] {
		<-tick.C
		sent := time.Now()
		r := b.stop(id)
		for r.status == http.StatusTooManyRequests && time.Since(sent) < patience {
			refused++
			r = b.stop(id)
		}
		slowest = max(slowest, time.Since(sent))
		if f, _ := h.cloud.Flow(id); f.Status != medialive.Standby {
			t.Errorf("%s: %d %s", f.Name, r.status, r.text())
		}
	}
	within(t, "a command", slowest, 2*time.Second)
	var all, over int
	for _, r := range h.cloud.Requests() {
		if r.At.After(began) {
			all++
			if r.Status == http.StatusTooManyRequests {
				over++
			}
		}
	}
	evidence(t, "F4", fmt.Sprintf("quota of %d/s, %d flows that need more: slowest of %d stops, and how often one was refused before", quota, flows, presses),
		fmt.Sprintf("%v, %d", slowest.Round(time.Millisecond), refused), "≤ 2 s, 0")
	evidence(t, "F4", "the same: calls a second; of them over the quota", fmt.Sprintf("%.1f; %d of %d", float64(all)/time.Since(began).Seconds(), over, all), "≤ 10; few")
	list.steady()
}

// commandsWhile gives commands, and tells how long the slowest took.
func commandsWhile(t *testing.T, h *house, b *browser, ids []string) (slowest time.Duration) {
	t.Helper()
	for _, id := range ids[:3] {
		before := h.writes()
		give := b.start
		if h.truth(id) == "LIVE" {
			give = b.stop
		}
		r := give(id)
		if r.status != http.StatusSeeOther || h.writes() == before {
			t.Errorf("a command while reads are throttled: %d %s", r.status, r.text())
		}
		slowest = max(slowest, r.took)
	}
	return slowest
}

// rates counts calls since a time, the most of any second, and the reads that
// came while the service had asked for a pause: later than a moment after its
// answer, for those that were under way.
func rates(all []medialivetest.Request, since time.Time, pause time.Duration) (calls, peak, early int) {
	all = slices.DeleteFunc(all, func(r medialivetest.Request) bool { return r.At.Before(since) })
	var refused time.Time
	for i, r := range all {
		n := 0
		for _, other := range all[i:] {
			if other.At.Sub(r.At) < time.Second {
				n++
			}
		}
		peak = max(peak, n)
		if isWrite(r.Op) {
			continue
		}
		if d := r.At.Sub(refused); !refused.IsZero() && d < pause-100*time.Millisecond && d > 300*time.Millisecond {
			early++
		}
		if r.Status == http.StatusTooManyRequests {
			refused = r.At
		}
	}
	return len(all), peak, early
}
