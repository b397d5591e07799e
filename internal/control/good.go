package control

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// goodWithin bounds the reads by which a flow is kept before it is changed, so
// that the change does not wait long for them.
const goodWithin = 3 * time.Second

// ErrNoGood tells that no state of the flow was kept yet.
var ErrNoGood = errors.New("no state of the flow is kept")

// ErrPassphrase tells that a passphrase has to be typed, since none is kept.
var ErrPassphrase = errors.New("a passphrase is needed")

// Good is a flow as it was when it worked: without passphrases, of which the
// mask tells that there was one.
type Good struct {
	At          time.Time
	By          string // empty: kept by itself, before a change
	Source      medialive.Source
	Outputs     []medialive.Output
	Description string
}

// Step is one act on the way back to a Good.
type Step struct {
	Verb, Target    string // of the trail
	Changes         []Change
	Impact          Impact // on a flow that is ACTIVE
	NeedsPassphrase bool
	to              func(medialive.Secret) func(*hand, context.Context) error
}

// Key names a step among others: of its passphrase.
func (s Step) Key() string { return s.Verb + " " + s.Target }

// FingerprintSteps tells two ways back apart.
func FingerprintSteps(steps []Step) Fingerprint {
	type shown struct {
		Key     string
		Changes []Change
	}
	all := make([]shown, len(steps))
	for i, s := range steps {
		all[i] = shown{s.Key(), s.Changes}
	}
	return fingerprint(all)
}

// StepResult is what became of a step. A step that was not tried since one
// before it failed has no outcome.
type StepResult struct {
	Step
	Outcome monitor.Outcome
	Err     error // why not, nil where it was done
}

// Good gives the flow as it was kept last; ErrNoGood if it never was.
func (c *Control) Good(ctx context.Context, op Operator, flowID string) (Good, error) {
	var g Good
	version, err := c.recall(ctx, op, flowID, topicGood, &g)
	if err == nil && version == 0 {
		err = ErrNoGood
	}
	return g, err
}

// KeepGood keeps the flow as it is now.
func (c *Control) KeepGood(ctx context.Context, op Operator, flowID string) error {
	done, err := c.serial.take(ctx, op.key(flowID))
	if err != nil {
		return err
	}
	defer done()
	g, _, err := readGood(ctx, op, flowID)
	if err != nil {
		return err
	}
	g.At, g.By = c.now(), op.Actor
	var old Good
	version, err := c.recall(ctx, op, flowID, topicGood, &old)
	if err != nil {
		return err
	}
	return c.keep(ctx, op, flowID, topicGood, g, version, c.line(op, VerbKeepGood, flowID, "", ""))
}

// keepGood keeps a flow that is live as it is before its first change by this
// hand. The change does not depend on it.
func (h *hand) keepGood(ctx context.Context) {
	if h.keptGood {
		return
	}
	h.keptGood = true
	f, ok := h.op.Watcher.Snapshot().Flow(h.flowID)
	if !ok || f.State != monitor.StateLive {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, goodWithin)
	defer cancel()
	g, _, err := readGood(ctx, h.op, h.flowID)
	var old Good
	var version int64
	if err == nil {
		version, err = h.c.recall(ctx, h.op, h.flowID, topicGood, &old)
	}
	if err == nil && (version == 0 || old.By == "" && !old.same(g)) { // what a person kept stays until a person keeps another
		g.At = h.c.now()
		err = h.c.keep(ctx, h.op, h.flowID, topicGood, g, version)
	}
	if err != nil {
		h.c.log.WarnContext(ctx, "the flow as it works was not kept", "flow", h.flowID, "error", err)
	}
}

// readGood reads a flow with all its outputs.
func readGood(ctx context.Context, op Operator, flowID string) (Good, medialive.Flow, error) {
	f, err := op.Client.ShowFlow(ctx, flowID)
	if err != nil {
		return Good{}, f, err
	}
	source, err := sourceOf(f, "")
	if err != nil {
		return Good{}, f, err
	}
	source.Health = ""
	g := Good{Source: source, Description: source.Description}
	for _, ref := range f.Outputs {
		o, err := op.Client.ShowOutput(ctx, flowID, ref.Name)
		if err != nil {
			return Good{}, f, err
		}
		o.Health = ""
		g.Outputs = append(g.Outputs, o)
	}
	return g, f, nil
}

// same tells whether two are the same configuration.
func (g Good) same(other Good) bool {
	return FingerprintSource(g.Source) == FingerprintSource(other.Source) &&
		slices.EqualFunc(g.Outputs, other.Outputs, func(a, b medialive.Output) bool {
			return FingerprintOutput(a) == FingerprintOutput(b)
		})
}

// GoodSteps tells what going back to the kept state would do: nothing where the
// flow is as it was kept.
func (c *Control) GoodSteps(ctx context.Context, op Operator, flowID string) ([]Step, error) {
	good, err := c.Good(ctx, op, flowID)
	if err != nil {
		return nil, err
	}
	now, _, err := readGood(ctx, op, flowID)
	if err != nil {
		return nil, err
	}
	return stepsTo(now, good), nil
}

// stepsTo orders the way back: the source, then what makes room, then the rest.
func stepsTo(now, good Good) []Step {
	var steps, removes, adds []Step
	if s, ok := stepSource(now.Source, good.Source); ok {
		steps = append(steps, s)
	}
	for _, o := range now.Outputs {
		was, ok := outputNamed(good.Outputs, o.Name)
		switch {
		case !ok:
			removes = append(removes, stepRemove(o))
		case was.Protocol != o.Protocol: // cannot be changed
			removes, adds = append(removes, stepRemove(o)), append(adds, stepAdd(was))
		default:
			if s, ok := stepOutput(o, was); ok {
				steps = append(steps, s)
			}
		}
	}
	for _, o := range good.Outputs {
		if _, ok := outputNamed(now.Outputs, o.Name); !ok {
			adds = append(adds, stepAdd(o))
		}
	}
	return slices.Concat(removes, steps, adds)
}

func outputNamed(all []medialive.Output, name string) (medialive.Output, bool) {
	i := slices.IndexFunc(all, func(o medialive.Output) bool { return o.Name == name })
	if i < 0 {
		return medialive.Output{}, false
	}
	return all[i], true
}

// stepSource gives the step that brings a source back, if it takes one. The
// mask keeps a passphrase that is set still.
func stepSource(now, was medialive.Source) (Step, bool) {
	s := Step{Verb: VerbUpdateSource, Target: now.Name, Changes: DiffSource(now, was)}
	s.NeedsPassphrase = encrypted(was.Decryption) && !encrypted(now.Decryption)
	if s.Impact = impact(s.Changes); len(s.Impact.Cause) > 0 {
		s.Impact.Source = now.Name
	}
	s.to = func(p medialive.Secret) func(*hand, context.Context) error {
		to := was
		to.Decryption = withPassphrase(was.Decryption, s.NeedsPassphrase, p)
		return func(h *hand, ctx context.Context) error { return h.updateSource(ctx, now.Name, now, to) }
	}
	return s, len(s.Changes) > 0
}

// stepOutput gives the step that brings an output back, if it takes one.
func stepOutput(now, was medialive.Output) (Step, bool) {
	s := Step{Verb: VerbUpdateOutput, Target: now.Name, Changes: DiffOutput(now, was)}
	s.NeedsPassphrase = encrypted(was.Encryption) && !encrypted(now.Encryption)
	if now.Status == medialive.Disabled {
		s.Impact = Impact{Free: fieldsOf(s.Changes)}
	} else if s.Impact = impact(s.Changes); len(s.Impact.Cause) > 0 {
		s.Impact.Output, s.Impact.Stops = now.Name, was.Status == medialive.Disabled
	}
	s.to = func(p medialive.Secret) func(*hand, context.Context) error {
		ch := changeTo(now, was, withPassphrase(was.Encryption, s.NeedsPassphrase, p))
		return func(h *hand, ctx context.Context) error { return h.updateOutput(ctx, now, ch) }
	}
	return s, len(s.Changes) > 0
}

// changeTo gives the change that makes an output what it was.
func changeTo(now, was medialive.Output, crypto *medialive.Crypto) medialive.OutputChange {
	list := slices.Concat([]string{}, was.CIDRWhitelist)
	ch := medialive.OutputChange{
		MinLatency: &was.MinLatency, CIDRWhitelist: &list, Description: &was.Description, Status: &was.Status,
	}
	if was.Port != 0 {
		ch.Port = &was.Port
	}
	if was.Protocol == medialive.Caller {
		ch.Destination, ch.StreamID = &was.Destination, &was.StreamID
	}
	switch {
	case crypto != nil:
		ch.Encryption = crypto
	case encrypted(now.Encryption):
		ch.Encryption = &medialive.Crypto{KeyType: medialive.SRTPassword} // an empty passphrase takes it away
	}
	return ch
}

// stepAdd gives the step that adds an output again.
func stepAdd(was medialive.Output) Step {
	s := Step{Verb: VerbAddOutput, Target: was.Name, Changes: DiffOutput(medialive.Output{}, was), NeedsPassphrase: encrypted(was.Encryption)}
	s.Impact = Impact{Free: fieldsOf(s.Changes)}
	s.to = func(p medialive.Secret) func(*hand, context.Context) error {
		o := was
		o.Encryption = withPassphrase(was.Encryption, s.NeedsPassphrase, p)
		return func(h *hand, ctx context.Context) error { return h.addOutput(ctx, o) }
	}
	return s
}

// stepRemove gives the step that removes an output that was not there.
func stepRemove(now medialive.Output) Step {
	s := Step{Verb: VerbDeleteOutput, Target: now.Name}
	if now.Status != medialive.Disabled {
		s.Impact = Impact{Output: now.Name, Stops: true, Cause: []Field{FieldName}}
	}
	s.to = func(medialive.Secret) func(*hand, context.Context) error {
		return func(h *hand, ctx context.Context) error { return h.deleteOutput(ctx, now.Name) }
	}
	return s
}

func fieldsOf(changes []Change) (all []Field) {
	for _, c := range changes {
		all = append(all, c.Field)
	}
	return all
}

// withPassphrase gives a crypto to send: with what was typed where one is
// needed, with the mask where one is set still.
func withPassphrase(was *medialive.Crypto, needed bool, typed medialive.Secret) *medialive.Crypto {
	if !encrypted(was) {
		return nil
	}
	to := &medialive.Crypto{Algorithm: algorithm(was), KeyType: medialive.SRTPassword, Passphrase: medialive.Mask}
	if needed {
		to.Passphrase = typed
	}
	return to
}

// RestoreGood goes back to the kept state: each step is an act with its intent
// and outcome. It is ErrChanged where the steps are not those that were shown
// (FingerprintSteps), and ErrPassphrase where one that is needed is not given
// (by Step.Key). It stops at the first step that is not done, and tells of each
// what became of it; the error is that step's.
func (c *Control) RestoreGood(ctx context.Context, op Operator, flowID string, shown Fingerprint, passphrases map[string]medialive.Secret) ([]StepResult, error) {
	h, err := c.take(ctx, op, flowID, VerbRestore, "")
	if err != nil {
		return nil, err
	}
	defer h.done()
	steps, err := c.GoodSteps(ctx, op, flowID)
	if err != nil {
		return nil, err
	}
	if FingerprintSteps(steps) != shown {
		return nil, ErrChanged
	}
	var whole effect
	for _, s := range steps {
		if s.NeedsPassphrase && passphrases[s.Key()] == "" {
			return nil, fmt.Errorf("%s: %w", s.Target, ErrPassphrase)
		}
		if s.Impact.Interrupts() {
			whole = cuts
		}
	}
	if err := h.agree(ctx, whole, string(shown)); err != nil {
		return nil, err
	}
	h.keptGood = true // what is left behind is not what was good
	return h.walk(ctx, steps, passphrases)
}

// walk takes the steps of a way back, one after another.
func (h *hand) walk(ctx context.Context, steps []Step, passphrases map[string]medialive.Secret) ([]StepResult, error) {
	results := make([]StepResult, len(steps))
	for i, s := range steps {
		results[i].Step = s
	}
	for i, s := range steps {
		err := s.to(passphrases[s.Key()])(h, ctx)
		results[i].Err, results[i].Outcome = err, outcomeOf(err)
		if err != nil {
			return results, err
		}
	}
	return results, nil
}
