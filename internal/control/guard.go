package control

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/store"
)

// Consent is how an operator showed that a press was meant.
type Consent struct {
	Name string // the flow's name as typed
	Held bool   // the button was held for three seconds, as package auth proved
	Ask  string // id of the monitor.Ask that this confirms as the second person
}

// Protected tells that a flow is protected by somebody else. Nothing was sent.
type Protected struct {
	Protect monitor.Protect
}

// Error tells who protects the flow.
func (e *Protected) Error() string { return "the flow is protected by " + e.Protect.Owner }

// ErrConsent tells that the owner of a protected flow has to hold the button or
// type the flow's name, and to give a reason. Nothing was sent.
var ErrConsent = errors.New("the flow is protected: hold or type its name, and give a reason")

// The causes in the trail of what a guard refused.
const (
	CauseProtected = "protected"
	CauseConsent   = "consent"
)

// effect is what an act does to media, as the guard judges it.
type effect int

const (
	harmless effect = iota
	cuts            // interrupts media while the flow is ACTIVE
	ends            // always needs consent
)

// hand is an operator's hand on a flow: it has the flow's turn, and the guard
// has let it through. Every act upstream goes through one.
type hand struct {
	c        *Control
	op       Operator
	flowID   string
	flowName string
	verb     string // of what the operator wants, which may take several acts
	target   string
	protect  *monitor.Protect   // nil: not protected
	asked    *ask               // nil: nobody waits for a second person
	version  int64              // of asked
	second   string             // whose ask this hand confirms; empty: none
	agreed   bool               // consent was judged for all acts of this hand
	keptGood bool               // the flow as it was is kept, or need not be
	flow     *medialive.Flow    // as read in this turn; nil: not yet
	channel  *medialive.Channel // the same
	done     func()
}

// take waits for a flow's turn and lets through whom its protection does. The
// caller calls done.
func (c *Control) take(ctx context.Context, op Operator, flowID, verb, target string) (*hand, error) {
	done, err := c.turn(ctx, op.key(flowID))
	if err != nil {
		return nil, err
	}
	h := &hand{c: c, op: op, flowID: flowID, flowName: nameOf(op, flowID), verb: verb, target: target, done: done}
	if err := h.enter(ctx); err != nil {
		done()
		return nil, err
	}
	return h, nil
}

// enter reads the protection from the store, which all processes share, and
// refuses strangers.
func (h *hand) enter(ctx context.Context) error {
	c, op := h.c, h.op
	var protect monitor.Protect
	version, err := c.recall(ctx, op, h.flowID, topicProtect, &protect)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoTrail, err)
	}
	if version != 0 {
		h.protect = &protect
	}
	if h.protect == nil && op.Consent.Ask == "" {
		return nil
	}
	if h.asked, h.version, err = c.asked(ctx, op, h.flowID); err != nil {
		return fmt.Errorf("%w: %w", ErrNoTrail, err)
	}
	switch {
	case op.Consent.Ask != "":
		return h.confirming()
	case h.protect.Owner != op.Actor:
		c.refused(ctx, h, CauseProtected)
		c.show(ctx, op, h.flowID) // it may have been protected by another process
		return &Protected{protect}
	}
	return nil
}

// agree judges whether an act that was not yet judged is meant: want tells two
// acts of one verb and target apart.
func (h *hand) agree(ctx context.Context, e effect, want string) error {
	if h.agreed {
		return nil
	}
	h.agreed = true
	if err := h.unchanged(ctx, e); err != nil {
		return err
	}
	switch {
	case h.second != "":
		return h.confirm(ctx, want)
	case h.protect == nil || !h.needsConsent(ctx, e):
		return nil
	case !h.meant():
		h.c.refused(ctx, h, CauseConsent)
		return ErrConsent
	case h.protect.Second:
		return h.ask(ctx, want)
	}
	return nil
}

// unchanged refuses what would interrupt a flow that was not yet ACTIVE when
// the operator was shown what it would do. Who stops means to interrupt.
func (h *hand) unchanged(ctx context.Context, e effect) error {
	if e != cuts || h.verb == VerbStop || h.op.Shown == "" || h.op.Shown == medialive.Active {
		return nil
	}
	status, err := h.readStatus(ctx)
	if err != nil {
		return err
	}
	if status == medialive.Active {
		return ErrChanged
	}
	return nil
}

// needsConsent tells whether an act interrupts something now. A flow that
// cannot be read counts as ACTIVE.
func (h *hand) needsConsent(ctx context.Context, e effect) bool {
	switch {
	case e == ends:
		return true
	case e == harmless:
		return false
	case h.meant() && !h.protect.Second: // it may whatever the state is
		return false
	}
	status, err := h.readStatus(ctx)
	return err != nil || status != medialive.Standby
}

// meant tells whether the owner showed that it is meant, and said why.
func (h *hand) meant() bool {
	named := h.op.Consent.Name != "" && h.op.Consent.Name == h.flowName
	return (named || h.op.Consent.Held) && strings.TrimSpace(h.op.Reason) != ""
}

// read reads the flow once in this turn.
func (h *hand) read(ctx context.Context) (medialive.Flow, error) {
	if h.flow != nil {
		return *h.flow, nil
	}
	f, err := h.op.Client.ShowFlow(ctx, h.flowID)
	if err == nil {
		h.flow = &f
	}
	return f, err
}

// readChannel reads the channel once in this turn.
func (h *hand) readChannel(ctx context.Context) (medialive.Channel, error) {
	if h.channel != nil {
		return *h.channel, nil
	}
	key, _ := monitor.ChannelKeyOf(h.flowID)
	ch, err := h.op.Client.ShowChannel(ctx, key)
	if err == nil {
		h.channel = &ch
	}
	return ch, err
}

// readStatus reads once in this turn whether the flow is started, or the channel
// is ON.
func (h *hand) readStatus(ctx context.Context) (medialive.FlowStatus, error) {
	if _, channel := monitor.ChannelKeyOf(h.flowID); channel {
		ch, err := h.readChannel(ctx)
		return monitor.StatusOf(ch.State), err
	}
	f, err := h.read(ctx)
	return f.Status, err
}

// quietFor is how long an equal refusal is not written again.
const quietFor = 10 * time.Second

// refusals knows what a guard just refused. Its zero value is ready.
type refusals struct {
	mu   sync.Mutex
	last map[refusal]time.Time
}

type refusal struct {
	flow               flowKey
	actor, verb, cause string
}

// fresh tells that a refusal was not written in the last ten seconds.
func (r *refusals) fresh(key refusal, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last == nil {
		r.last = make(map[refusal]time.Time)
	}
	for k, at := range r.last {
		if now.Sub(at) >= quietFor {
			delete(r.last, k)
		}
	}
	if _, known := r.last[key]; known {
		return false
	}
	r.last[key] = now
	return true
}

// refused writes to the trail what a guard refused, but a press that is
// repeated only once. That it cannot be written changes nothing: it was not done.
func (c *Control) refused(ctx context.Context, h *hand, cause string) {
	now := c.now()
	if !c.refusals.fresh(refusal{h.op.key(h.flowID), h.op.Actor, h.verb, cause}, now) {
		return
	}
	row := h.row(deed{verb: h.verb, target: h.target})
	row.Outcome, row.Kind, row.SettledAt = string(monitor.OutcomeRefused), cause, row.At
	err := c.trail.AddCommand(ctx, row)
	if err != nil {
		c.log.WarnContext(ctx, "refusal not recorded", "flow", h.flowID, "verb", h.verb, "error", err)
	}
}

// row is what the trail keeps of an act. One that a second person confirmed
// names both.
func (h *hand) row(d deed) store.Command {
	row := store.Command{
		ID: uuid.NewString(), Endpoint: h.op.Endpoint, Project: h.op.Project,
		FlowID: h.flowID, FlowName: h.flowName, Verb: d.verb, Target: d.target,
		Actor: h.op.Actor, Reason: h.op.Reason, Detail: d.detail, At: h.c.now(),
	}
	if h.second != "" {
		if strings.TrimSpace(row.Reason) == "" {
			row.Reason = h.asked.Reason
		}
		both := describe([]Change{{FieldSecond, h.second, h.op.Actor}})
		if row.Detail == "" {
			row.Detail = both
		} else {
			row.Detail += "; " + both
		}
	}
	return row
}

// byGuard tells that a command was refused before it was given.
func byGuard(row store.Command) bool {
	return row.Outcome == string(monitor.OutcomeRefused) && (row.Kind == CauseProtected || row.Kind == CauseConsent)
}
