package control_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// as gives the operator under another name, with a reason and a consent.
func (r *room) as(actor, reason string, c control.Consent) control.Operator {
	op := r.op
	op.Actor, op.Reason, op.Consent = actor, reason, c
	return op
}

// changesSent counts the calls that change something.
func (r *room) changesSent() (n int) {
	for _, c := range r.cloud.Calls("") {
		if c.Op != "ListFlows" && c.Op != "ListOttChannelInfo" && c.Op != "ShowFlowDetail" && c.Op != "ShowOutputInfo" {
			n++
		}
	}
	return n
}

// protect protects a flow in the name of its owner.
func (r *room) protect(t *testing.T, id string, second bool) {
	t.Helper()
	if err := r.Protect(t.Context(), r.as("owner", "on air", control.Consent{}), id, second); err != nil {
		t.Fatal(err)
	}
}

// act is something that changes a flow with the outputs "on" and "off".
type act struct {
	name       string
	interrupts bool // while the flow is ACTIVE
	always     bool // needs consent whatever the state is
	give       func(*room, control.Operator, string) error
}

func acts() []act {
	ctx := context.Background()
	off, enabled := medialive.Disabled, medialive.Enabled
	text, port := "two", 6000
	disabled := output("off")
	disabled.Status = medialive.Disabled
	change := func(name string, shown medialive.Output, ch medialive.OutputChange) func(*room, control.Operator, string) error {
		return func(r *room, op control.Operator, id string) error {
			return r.UpdateOutput(ctx, op, id, name, ch, control.FingerprintOutput(shown))
		}
	}
	edit := func(edit func(*medialive.Source)) func(*room, control.Operator, string) error {
		return func(r *room, op control.Operator, id string) error {
			to := source()
			to.Decryption = &medialive.Crypto{Algorithm: medialive.AES128, KeyType: medialive.SRTPassword, Passphrase: medialive.Mask}
			edit(&to)
			return r.UpdateSource(ctx, op, id, "src", to, control.FingerprintSource(source()))
		}
	}
	return []act{
		{"start", false, false, func(r *room, op control.Operator, id string) error { return r.StartFlow(ctx, op, id) }},
		{"stop", true, false, func(r *room, op control.Operator, id string) error { return r.StopFlow(ctx, op, id) }},
		{"delete", true, true, func(r *room, op control.Operator, id string) error { return r.DeleteFlow(ctx, op, id) }},
		{"describe source", false, false, edit(func(s *medialive.Source) { s.Description = "two" })},
		{"move source", true, false, edit(func(s *medialive.Source) { s.StreamID = "b" })},
		{"add output", false, false, func(r *room, op control.Operator, id string) error { return r.AddOutput(ctx, op, id, output("new")) }},
		{"describe output", false, false, change("on", output("on"), medialive.OutputChange{Description: &text})},
		{"move output", true, false, change("on", output("on"), medialive.OutputChange{Port: &port})},
		{"move output that is off", false, false, change("off", disabled, medialive.OutputChange{Port: &port})},
		{"switch on", false, false, change("off", disabled, medialive.OutputChange{Status: &enabled})},
		{"switch off", true, false, change("on", output("on"), medialive.OutputChange{Status: &off})},
		{"remove output", true, false, func(r *room, op control.Operator, id string) error { return r.DeleteOutput(ctx, op, id, "on") }},
		{"park output", true, false, func(r *room, op control.Operator, id string) error { return r.ParkOutput(ctx, op, id, "on") }},
	}
}

// guarded adds a flow with an output that is on and one that is off.
func (r *room) guarded(t *testing.T, s medialive.FlowStatus) string {
	t.Helper()
	id := r.add(t, s, "on", "off")
	r.cloud.Change(id, func(f *cloudFlow) { f.Outputs[1].Status = medialive.Disabled })
	return id
}

// person is who gives a command in TestGuards.
type person struct {
	name, actor, reason string
	consent             control.Consent
	meant               bool
}

func people(flow string) []person {
	held := control.Consent{Held: true}
	return []person{
		{"owner", "owner", "test", control.Consent{}, false},
		{"owner who holds", "owner", "test", held, true},
		{"owner who types the name", "owner", "test", control.Consent{Name: flow}, true},
		{"owner who types another name", "owner", "test", control.Consent{Name: "another flow"}, false},
		{"owner who gives no reason", "owner", " ", held, false},
		{"stranger", "op-2", "test", control.Consent{}, false},
		{"stranger who holds", "op-2", "test", held, true},
		{"stranger with an ask that is not there", "op-2", "test", control.Consent{Ask: "x"}, false},
	}
}

// right tells what the guard has to make of a command.
func right(protected string, active bool, a act, who person) string {
	asks := a.always || a.interrupts && active
	switch {
	case who.consent.Ask != "":
		return "changed"
	case protected == "":
		return "passes"
	case who.actor != "owner":
		return "protected"
	case asks && !who.meant:
		return "consent"
	case asks && protected == "with second":
		return "asked"
	}
	return "passes"
}

// TestGuards goes through who × protected × what × consent: what is refused
// makes no call that changes anything.
func TestGuards(t *testing.T) {
	var refused, allowed atomic.Int64
	t.Run("", func(t *testing.T) {
		for _, protected := range []string{"", "alone", "with second"} {
			for _, status := range []medialive.FlowStatus{medialive.Active, medialive.Standby} {
				t.Run(protected+" "+string(status), func(t *testing.T) {
					t.Parallel()
					r := open(t)
					for _, a := range acts() {
						for i := range people("") {
							id := r.guarded(t, status)
							f, _ := r.cloud.Flow(id)
							who := people(f.Name)[i]
							if protected != "" {
								r.protect(t, id, protected == "with second")
							}
							before, want := r.changesSent(), right(protected, status == medialive.Active, a, who)
							err := a.give(r, r.as(who.actor, who.reason, who.consent), id)
							if got := verdict(err); got != want {
								t.Errorf("%s by %s: %s (%v), want %s", a.name, who.name, got, err, want)
							}
							sent, should := r.changesSent()-before, 0
							if want == "passes" {
								should = 1
								allowed.Add(1)
							} else {
								refused.Add(1)
							}
							if sent != should {
								t.Errorf("%s by %s, who is answered %s: %d calls", a.name, who.name, want, sent)
							}
						}
					}
				})
			}
		}
	})
	t.Logf("%d commands refused or held back with 0 calls that change anything, %d passed with 1 each", refused.Load(), allowed.Load())
}

// verdict names what the guard made of a command.
func verdict(err error) string {
	var protected *control.Protected
	var asked *control.Asked
	switch {
	case errors.As(err, &protected):
		return "protected"
	case errors.As(err, &asked):
		return "asked"
	case errors.Is(err, control.ErrConsent):
		return "consent"
	case errors.Is(err, control.ErrSecond):
		return "second"
	case errors.Is(err, control.ErrChanged):
		return "changed"
	}
	return "passes" // whatever the service made of it
}

func TestRefusalsAreWrittenOnce(t *testing.T) {
	r := open(t)
	id := r.add(t, medialive.Active)
	r.protect(t, id, false)
	stranger := r.as("op-2", "by mistake", control.Consent{})
	for range 20 {
		if err := r.StopFlow(t.Context(), stranger, id); verdict(err) != "protected" {
			t.Fatal(err)
		}
	}
	_ = r.DeleteFlow(t.Context(), stranger, id)
	_ = r.StopFlow(t.Context(), r.as("owner", "", control.Consent{}), id)
	var got []string
	for _, c := range r.trail(t, id) {
		got = append(got, c.Actor+" "+c.Verb+" "+c.Outcome+" "+c.Kind)
	}
	want := []string{"owner stop refused consent", "op-2 delete refused protected", "op-2 stop refused protected"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("trail %q, want %q", got, want)
	}
	r.begin(t, r.store)
	r.until(t, id, "its state read again", func(f *monitor.Flow) bool { return f.Status == medialive.Active && f.Care.Protect != nil })
	if f, _ := r.op.Watcher.Snapshot().Flow(id); f.Command != nil {
		t.Errorf("what the guard refused is shown as commanded: %+v", f.Command)
	}
}

func TestProtectAndRelease(t *testing.T) {
	r := open(t)
	id := r.add(t, medialive.Active)
	ctx := t.Context()
	owner, other := r.as("owner", "on air", control.Consent{}), r.as("op-2", "he went home", control.Consent{})
	if err := r.Protect(ctx, r.as("owner", " ", control.Consent{}), id, false); !errors.Is(err, control.ErrReason) {
		t.Errorf("without a reason: %v", err)
	}
	if err := r.Release(ctx, owner, id); !errors.Is(err, control.ErrNothingToDo) {
		t.Errorf("release of nothing: %v", err)
	}
	r.protect(t, id, false)
	r.until(t, id, "shown as protected", func(f *monitor.Flow) bool {
		p := f.Care.Protect
		return p != nil && p.Owner == "owner" && p.Reason == "on air" && !p.Since.IsZero() && !p.Second
	})
	since := r.care(id).Protect.Since
	r.protect(t, id, true)
	if p := r.care(id).Protect; !p.Second || p.Since.Sub(since).Abs() > time.Millisecond {
		t.Errorf("protected again: %+v, since %v", p, since)
	}
	if err := r.Protect(ctx, other, id, false); verdict(err) != "protected" {
		t.Errorf("over somebody's: %v", err)
	}
	if err := r.Release(ctx, other, id); verdict(err) != "protected" {
		t.Errorf("released by a stranger: %v", err)
	}
	if err := r.ForceRelease(ctx, r.as("op-2", "", control.Consent{}), id); !errors.Is(err, control.ErrReason) {
		t.Errorf("broken without a reason: %v", err)
	}
	if err := r.ForceRelease(ctx, other, id); err != nil {
		t.Fatal(err)
	}
	if c := r.care(id); c.Protect != nil {
		t.Errorf("still protected: %+v", c.Protect)
	}
	e := r.timeline(t, trail.Filter{Verb: control.VerbForceRelease})
	if len(e) != 1 || e[0].Actor != "op-2" || e[0].Target != "owner" || e[0].Detail != "on air" || e[0].Reason != "he went home" ||
		e[0].Outcome != "done" || e[0].Kind != trail.Care || e[0].FlowName != "flow-0" {
		t.Errorf("trail %+v", e)
	}
	if err := r.StopFlow(ctx, other, id); err != nil {
		t.Errorf("after the release: %v", err)
	}
	if err := r.Protect(ctx, owner, "no-such-flow", false); medialive.KindOf(err) != medialive.KindNotFound {
		t.Errorf("no such flow: %v", err)
	}
}

func (r *room) care(id string) monitor.Care {
	f, _ := r.op.Watcher.Snapshot().Flow(id)
	return f.Care
}

func (r *room) timeline(t *testing.T, f trail.Filter) []trail.Event {
	t.Helper()
	all, err := r.Timeline(t.Context(), r.op, f)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestSecondPerson(t *testing.T) {
	r := open(t)
	id := r.add(t, medialive.Active)
	r.protect(t, id, true)
	ctx := t.Context()
	owner := r.as("owner", "end of show", control.Consent{Held: true})
	var asked *control.Asked
	if err := r.StopFlow(ctx, owner, id); !errors.As(err, &asked) {
		t.Fatal(err)
	}
	first := asked.Ask
	if err := r.StopFlow(ctx, owner, id); !errors.As(err, &asked) || asked.Ask.ID != first.ID {
		t.Errorf("asked again: %v", err)
	}
	if got := r.care(id).Ask; got == nil || got.ID != first.ID || got.Verb != "stop" || got.By != "owner" {
		t.Errorf("shown %+v", got)
	}
	confirm := control.Consent{Ask: first.ID}
	for _, c := range []struct {
		name string
		give func() error
		want string
	}{
		{"by the asker", func() error { return r.StopFlow(ctx, r.as("owner", "", confirm), id) }, "second"},
		{"of something else", func() error { return r.DeleteFlow(ctx, r.as("op-2", "", confirm), id) }, "changed"},
		{"of another ask", func() error { return r.StopFlow(ctx, r.as("op-2", "", control.Consent{Ask: "x"}), id) }, "changed"},
	} {
		if err := c.give(); verdict(err) != c.want {
			t.Errorf("confirmed %s: %v", c.name, err)
		}
	}
	if n := r.changesSent(); n != 0 {
		t.Fatalf("%d calls before it was confirmed", n)
	}
	second := r.as("op-2", "", confirm)
	client, err := r.cloud.Client("token-2")
	if err != nil {
		t.Fatal(err)
	}
	second.Client = client
	if err := r.StopFlow(ctx, second, id); err != nil {
		t.Fatal(err)
	}
	if calls := r.cloud.Calls("ModifyFlowStop"); len(calls) != 1 || calls[0].Token != "token-2" {
		t.Errorf("calls %+v", calls)
	}
	if c := r.trail(t, id)[0]; c.Actor != "op-2" || c.Reason != "end of show" || c.Detail != `second: "owner" → "op-2"` || c.Outcome != "done" {
		t.Errorf("trail %+v", c)
	}
	if r.care(id).Ask != nil {
		t.Error("still shown as waiting")
	}
	if err := r.StopFlow(ctx, second, id); verdict(err) != "changed" {
		t.Errorf("confirmed twice: %v", err)
	}
}

func TestAskEnds(t *testing.T) {
	now := newClock()
	r := open(t, func(r *room) { r.now = now.time })
	id := r.add(t, medialive.Active)
	r.protect(t, id, true)
	ctx := t.Context()
	owner := r.as("owner", "end of show", control.Consent{Held: true})
	ask := func() monitor.Ask {
		t.Helper()
		var asked *control.Asked
		if err := r.StopFlow(ctx, owner, id); !errors.As(err, &asked) {
			t.Fatal(err)
		}
		return asked.Ask
	}
	late := ask()
	if late.Until.Sub(late.At) != 5*time.Minute {
		t.Errorf("waits for %s", late.Until.Sub(late.At))
	}
	now.add(5 * time.Minute)
	if err := r.StopFlow(ctx, r.as("op-2", "", control.Consent{Ask: late.ID}), id); verdict(err) != "changed" {
		t.Errorf("confirmed too late: %v", err)
	}
	taken := ask()
	if err := r.WithdrawAsk(ctx, r.as("op-3", "not now", control.Consent{}), id); err != nil {
		t.Fatal(err)
	}
	if err := r.StopFlow(ctx, r.as("op-2", "", control.Consent{Ask: taken.ID}), id); verdict(err) != "changed" {
		t.Errorf("confirmed after it was withdrawn: %v", err)
	}
	if err := r.WithdrawAsk(ctx, owner, id); !errors.Is(err, control.ErrChanged) {
		t.Errorf("withdrawn twice: %v", err)
	}
	released := ask()
	if err := r.ForceRelease(ctx, r.as("op-3", "emergency", control.Consent{}), id); err != nil {
		t.Fatal(err)
	}
	if err := r.StopFlow(ctx, r.as("op-2", "", control.Consent{Ask: released.ID}), id); verdict(err) != "changed" {
		t.Errorf("confirmed after the release: %v", err)
	}
	if n := r.changesSent(); n != 0 {
		t.Errorf("%d calls", n)
	}
}

// TestTwoProcessesAgree protects in one process and acts in the other, which
// has not heard of it.
func TestTwoProcessesAgree(t *testing.T) {
	r := open(t)
	id := r.add(t, medialive.Active)
	other := &room{cloud: r.cloud, store: r.store, key: r.key}
	other.begin(t, r.store)
	other.until(t, id, "read", func(f *monitor.Flow) bool { return f.Source != nil })
	r.protect(t, id, false)
	if err := other.StopFlow(t.Context(), other.op, id); verdict(err) != "protected" {
		t.Errorf("the other process lets it through: %v", err)
	}
	if other.care(id).Protect == nil {
		t.Error("the other process does not show why it refused")
	}
	if n := r.changesSent(); n != 0 {
		t.Errorf("%d calls", n)
	}
}

// TestStartedSinceShown saves a change that was judged while the flow was in
// standby.
func TestStartedSinceShown(t *testing.T) {
	for _, a := range acts() {
		if a.name == "delete" || a.name == "start" {
			continue
		}
		r := open(t)
		id := r.guarded(t, medialive.Standby)
		r.cloud.Change(id, func(f *cloudFlow) { f.Status = medialive.Active })
		op := r.op
		op.Shown = medialive.Standby
		want := "passes"
		if a.interrupts && a.name != "stop" { // who stops means to interrupt
			want = "changed"
		}
		if err := a.give(r, op, id); verdict(err) != want {
			t.Errorf("%s: %v, want %s", a.name, err, want)
		}
		if n := r.changesSent(); n != map[string]int{"passes": 1}[want] {
			t.Errorf("%s: %d calls", a.name, n)
		}
	}
}

// TestNoGuardWithoutTheStore: what cannot be told of is refused.
func TestNoGuardWithoutTheStore(t *testing.T) {
	r := open(t)
	id := r.add(t, medialive.Standby)
	r.begin(t, blind{r.store})
	if err := r.StartFlow(t.Context(), r.op, id); !errors.Is(err, control.ErrNoTrail) || r.changesSent() != 0 {
		t.Errorf("%v, %d calls", err, r.changesSent())
	}
}

// blind is a store of which care cannot be read.
type blind struct{ control.Trail }

func (blind) Care(context.Context, string, string, string, string) (store.Care, error) {
	return store.Care{}, errors.New("disk I/O error")
}
