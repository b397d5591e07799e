package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// order is a command that the dashboard has acknowledged.
type order struct {
	verb, flow, actor string
	from, to          time.Time // when it was sent and when it was answered
}

// orders are those of all people.
type orders struct {
	mu    sync.Mutex
	all   []order
	tried int
}

// TestF16Killed kills the dashboard again and again while three people start
// and stop flows, and turn channels ON and OFF.
func TestF16Killed(t *testing.T) {
	t.Parallel()
	kills := 20
	if long() {
		kills = 200
	}
	h := open(t, map[string]string{"FLOWDECK_UPSTREAM_RPS": "50"}, slowToAnswer)
	var people []*browser
	var flows [][]string
	for i, u := range users[:3] {
		people = append(people, h.signIn(u))
		var own []string
		for n := range 4 {
			own = append(own, h.flow(fmt.Sprintf("FLOW-%d-%d", i, n), medialive.Standby, "out-1"))
		}
		flows = append(flows, append(own, h.channel(fmt.Sprintf("CHANNEL-%d", i), medialive.ChannelOff)))
	}
	await(t, patience, "all flows", func() bool { return len(people[0].page("/flows").rows()) == 12 })
	await(t, patience, "all channels", func() bool { return len(people[0].page("/channels").rows()) == 3 })

	ctx, stop := context.WithCancel(t.Context())
	given, work := &orders{}, sync.WaitGroup{}
	for i, b := range people {
		work.Go(func() { given.keepGiving(ctx, b, flows[i]) })
	}
	slowest, sum := h.killAgainAndAgain(kills)
	stop()
	work.Wait()
	evidence(t, "F16", fmt.Sprintf("%d kills under %d commands of 3 people: ready again, mean and slowest", kills, given.tried),
		fmt.Sprintf("%v, %v", (sum/time.Duration(kills)).Round(time.Millisecond), slowest.Round(time.Millisecond)), "≤ 2 s")
	within(t, "the start after a kill", slowest, 2*time.Second)
	h.reckon(people[0], given)
}

// slowToAnswer has starts and stops take their time both before and after their
// effect, so that kills meet them in the middle.
func slowToAnswer(c *medialivetest.Cloud) {
	const half = 30 * time.Millisecond
	c.After = func(call medialivetest.Call) (lost bool) {
		if isWrite(call.Op) {
			<-time.After(half)
		}
		return false
	}
	for _, op := range []string{"ModifyFlowStart", "ModifyFlowStop", "ModifyOttChannelInfoStats"} {
		c.Inject(op, 0, medialivetest.Slow(half))
	}
}

// killAgainAndAgain kills the dashboard at random moments, and tells how long
// it took to be ready again.
func (h *house) killAgainAndAgain(kills int) (slowest, sum time.Duration) {
	h.t.Helper()
	for range kills {
		lasts(h.t, 300*time.Millisecond+rand.N(700*time.Millisecond), nil)
		h.app.Kill(apptest.Dashboard)
		began := time.Now()
		h.app.Serve()
		took := time.Since(began)
		h.url.Store(h.app.URL)
		slowest, sum = max(slowest, took), sum+took
	}
	return slowest, sum
}

// keepGiving starts and stops flows and channels in turn, and notes what was acknowledged.
// What fails while the dashboard is away is tried no second time: the next flow
// is.
func (o *orders) keepGiving(ctx context.Context, b *browser, flows []string) {
	tick := time.NewTicker(again)
	defer tick.Stop()
	for n := 0; ctx.Err() == nil; n++ {
		if made, err := give(ctx, b, flows[n%len(flows)]); err == nil && made.verb != "" {
			o.mu.Lock()
			o.all = append(o.all, made)
			o.mu.Unlock()
		}
		o.mu.Lock()
		o.tried++
		o.mu.Unlock()
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// give presses the button that a page offers, if any, and gives the
// command if it was acknowledged.
func give(ctx context.Context, b *browser, id string) (order, error) {
	made := order{verb: "start", flow: id, actor: b.user}
	form := "#flow-command form"
	p, err := b.ask(ctx, http.MethodGet, pathOf(id), nil)
	if err != nil {
		return order{}, err
	}
	if p.doc.Find(`#flow-command a[href*="/stop"]`).Length() > 0 {
		made.verb, form = "stop", `form[action$="/stop"]`
		if p, err = b.ask(ctx, http.MethodGet, pathOf(id)+"/stop", nil); err != nil {
			return order{}, err
		}
	}
	action, values, err := p.form(form)
	if err != nil {
		return order{}, err
	}
	made.from = time.Now()
	r, err := b.ask(ctx, http.MethodPost, action, values)
	made.to = time.Now()
	switch {
	case err != nil:
		return order{}, err
	case r.status != http.StatusSeeOther || !slices.Contains(accepted[made.verb], flash(r)):
		return order{}, nil // nothing to do, or refused: it said so
	}
	return made, nil
}

// accepted are the notices that acknowledge a command.
var accepted = map[string][]string{"start": {"started", "turned_on"}, "stop": {"stopped", "turned_off"}}

// flash is the kind of the notice that an answer leaves for the next page.
func flash(r reply) string {
	for _, c := range (&http.Response{Header: r.header}).Cookies() {
		if c.Name == noticeCookie {
			kind, _, _ := strings.Cut(c.Value, ":")
			return kind
		}
	}
	return ""
}

// reckon compares what was acknowledged, what the trail has, and what came to
// the cloud.
func (h *house) reckon(b *browser, given *orders) {
	h.t.Helper()
	began := time.Now()
	var trail []entry
	await(h.t, 2*time.Minute, "every intent to be settled", func() bool {
		b.page("/flows")
		trail = b.commands()
		return len(unsettled(trail)) == 0
	})
	untold := doubtful(trail)
	evidence(h.t, "F16", "every open intent settled after the last start", time.Since(began), "≤ 30 s")
	evidence(h.t, "F16", "flows with an outcome that stays unknown, since two commands in a row were cut off", len(untold), "0")
	cut := map[string]bool{}
	for _, e := range h.exported() {
		if e.Outcome == "unknown" {
			cut[e.ID] = true
		}
	}
	evidence(h.t, "F16", "commands that a kill met between intent and outcome", len(cut), "many")
	next := map[string]entry{} // of a flow, the command after the one that is looked at
	for i, e := range trail {
		if after := next[e.FlowID]; e.Outcome == "unknown" && !cut[after.ID] && !needless(e, trail[i+1:]) {
			h.t.Errorf("%s stays unknown, though the command after it was answered; newest first:%s", e.ID, told(trail, e.FlowID))
		}
		next[e.FlowID] = e
	}
	missing := 0
	for _, o := range given.all {
		if !slices.ContainsFunc(trail, func(e entry) bool {
			return e.Verb == o.verb && e.FlowID == o.flow && e.Actor == o.actor && e.Outcome == "done" &&
				!e.At.Before(o.from.Add(-time.Millisecond)) && !e.At.After(o.to)
		}) {
			missing++
			h.t.Errorf("acknowledged and not in the trail: %+v", o)
		}
	}
	evidence(h.t, "F16", fmt.Sprintf("acknowledged commands that are missing from the trail, of %d", len(given.all)), missing, "0")
	twice, unwritten := 0, 0
	for _, s := range h.switches() {
		intents, done := 0, 0
		for _, e := range trail {
			if strings.Contains(s.verbs, e.Verb) && e.FlowID == s.id {
				intents++
				if e.Outcome == "done" {
					done++
				}
			}
		}
		asked, effects := h.asked(s.op, s.id), h.effects(s.op, s.id)
		if asked > intents {
			unwritten += asked - intents
			h.t.Errorf("%s of %s: %d calls, %d intents", s.verbs, s.id, asked, intents)
		}
		if effects < done || effects > done+untold[s.id] {
			twice += max(effects-done, done-effects)
			h.t.Errorf("%s of %s: took effect %d times, the trail has %d done", s.verbs, s.id, effects, done)
		}
	}
	evidence(h.t, "F16", "calls without an intent; effects that the trail does not have, or has in excess", fmt.Sprintf("%d; %d", unwritten, twice), "0; 0")
	took := await(h.t, patience, "the truth on the lists", func() bool {
		return h.settled(b.page("/flows")) && h.tells(b.page("/channels"), channelIDs(h.cloud))
	})
	evidence(h.t, "F16", "the lists show the truth after the last start and all outcomes", took, "≤ 10 s")
	h.verified("F16")
}

// switches are what was switched, by which operation, and the verbs of the trail
// for it: a channel has one operation for both.
type switches struct{ id, op, verbs string }

func (h *house) switches() (all []switches) {
	for _, id := range h.cloud.IDs() {
		all = append(all, switches{id, "ModifyFlowStart", "start"}, switches{id, "ModifyFlowStop", "stop"})
	}
	for _, id := range channelIDs(h.cloud) {
		all = append(all, switches{id, "ModifyOttChannelInfoStats", "start, stop"})
	}
	return all
}

// effects tells how many times an operation took effect on a flow or a channel.
func (h *house) effects(op, id string) int {
	if key, channel := monitor.ChannelKeyOf(id); channel {
		return h.cloud.ChannelEffects(op, key)
	}
	return h.cloud.Effects(op, id)
}

// told are the commands of a flow, a line each.
func told(trail []entry, id string) string {
	var lines strings.Builder
	for _, e := range trail {
		if e.FlowID == id {
			fmt.Fprintf(&lines, "\n%s %s %s %s %s", e.At.Format("15:04:05.000"), e.ID, e.Actor, e.Verb, e.Outcome)
		}
	}
	return lines.String()
}

// needless tells that a command was given on a flow that the one before had made
// so already, as from a page of before a kill, or may have: of two stops that were
// both cut off, one did it. Nobody can tell which, or whether somebody switched the
// flow elsewhere in between.
func needless(e entry, older []entry) bool {
	for _, o := range older { // newest first
		if o.FlowID == e.FlowID && o.Outcome != "refused" && o.Outcome != "not_done" {
			return o.Verb == e.Verb && (o.Outcome == "done" || o.Outcome == "unknown")
		}
	}
	return false
}

// unsettled are the commands of which a read can still tell what became of them:
// without an outcome, and the last ones of their flows.
func unsettled(trail []entry) (all []entry) {
	seen := map[string]bool{}
	for _, e := range trail { // newest first
		if e.Outcome == "" || e.Outcome == "unknown" && !seen[e.FlowID] {
			all = append(all, e)
		}
		seen[e.FlowID] = true
	}
	return all
}

// doubtful counts by flow the commands that stay unknown for good.
func doubtful(trail []entry) map[string]int {
	n := map[string]int{}
	for _, e := range trail {
		if e.Outcome == "unknown" {
			n[e.FlowID]++
		}
	}
	return n
}

// verified has the program prove its trail.
func (h *house) verified(number string) {
	h.t.Helper()
	out, err := h.app.Run("", "audit", "verify")
	if err != nil || !strings.Contains(out, "OK") {
		h.t.Errorf("audit verify: %v\n%s", err, out)
	}
	lines, _, _ := strings.Cut(out, "\n")
	evidence(h.t, number, "flowdeck audit verify at the end", strings.Join(strings.Fields(lines), " ")+", OK", "OK")
}
