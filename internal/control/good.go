package control

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// goodWithin bounds the reads by which a flow or a channel is kept before it is
// changed, so that the change does not wait long for them.
const goodWithin = 3 * time.Second

// ErrNoGood tells that no state of the flow, or of the channel, was kept yet.
var ErrNoGood = errors.New("no state of it is kept")

// ErrPassphrase tells that a passphrase has to be typed, since none is kept.
var ErrPassphrase = errors.New("a passphrase is needed")

// Good is a flow, or a channel, as it was when it worked: without passphrases, of
// which the mask tells that there was one.
type Good struct {
	At          time.Time
	By          string // empty: kept by itself, before a change
	Source      medialive.Source
	Outputs     []medialive.Output
	Description string
	Channel     *medialive.Channel `json:"-"` // nil: it is of a flow
}

// goodRow is a Good as it is kept: a channel is sealed, since its addresses may be
// secrets.
type goodRow struct {
	Good
	sealed
}

// Step is one act on the way back to a Good.
type Step struct {
	Verb, Target string // of the trail
	Changes      []Change
	Impact       Impact  // on a flow that is ACTIVE, or a channel that is ON
	Needs        []Field // secrets that have to be typed: FieldPassphrase, or the paths of a channel's
	to           func(typed) func(*hand, context.Context) (*ReadBack, error)
}

// typed are the secrets that were typed for a step.
type typed map[Field]medialive.Secret

// Key names a step among others.
func (s Step) Key() string { return s.Verb + " " + s.Target }

// KeyOf names a secret that a step needs among those of all steps.
func (s Step) KeyOf(f Field) string { return s.Key() + " " + string(f) }

// typed chooses the secrets of the step.
func (s Step) typed(all map[string]medialive.Secret) typed {
	mine := typed{}
	for _, f := range s.Needs {
		mine[f] = all[s.KeyOf(f)]
	}
	return mine
}

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
	Err     error     // why not, nil where it was done
	Back    *ReadBack // of a channel: how it reads back, where the service did not take all
}

// Good gives the flow, or the channel, as it was kept last; ErrNoGood if it never
// was.
func (c *Control) Good(ctx context.Context, op Operator, id string) (Good, error) {
	g, version, err := c.recallGood(ctx, op, id)
	if err == nil && version == 0 {
		err = ErrNoGood
	}
	return g, err
}

// recallGood reads what is kept; version 0 tells that nothing is. What the key
// file does not open any more is as nothing, and may be replaced.
func (c *Control) recallGood(ctx context.Context, op Operator, id string) (Good, int64, error) {
	var row goodRow
	version, err := c.recall(ctx, op, id, topicGood, &row)
	if err != nil || row.Sealed == nil {
		return row.Good, version, err
	}
	row.Channel = &medialive.Channel{}
	if err := c.open(row.sealed, place(op.Endpoint, op.Project, id, topicGood), row.Channel); err != nil {
		c.log.WarnContext(ctx, "the channel as it worked cannot be read", "channel", id, "error", err)
		return Good{}, version, ErrNoGood
	}
	return row.Good, version, nil
}

// putGood keeps a state in place of the version that was read.
func (c *Control) putGood(ctx context.Context, op Operator, id string, g Good, version int64, lines ...trail.Line) error {
	row := goodRow{Good: g}
	if g.Channel != nil {
		var err error
		if row.sealed, err = c.seal(op, id, topicGood, g.Channel); err != nil {
			return err
		}
	}
	return c.keep(ctx, op, id, topicGood, row, version, lines...)
}

// KeepGood keeps the flow, or the channel, as it is now.
func (c *Control) KeepGood(ctx context.Context, op Operator, id string) error {
	done, err := c.serial.take(ctx, op.key(id))
	if err != nil {
		return err
	}
	defer done()
	g, err := readGood(ctx, op, id)
	if err != nil {
		return err
	}
	g.At, g.By = c.now(), op.Actor
	_, version, err := c.recallGood(ctx, op, id)
	if err != nil && !errors.Is(err, ErrNoGood) {
		return err
	}
	return c.putGood(ctx, op, id, g, version, c.line(op, VerbKeepGood, id, "", ""))
}

// keepGood keeps a flow or a channel that is live as it is before its first change
// by this hand. The change does not depend on it.
func (h *hand) keepGood(ctx context.Context) {
	if h.keptGood {
		return
	}
	h.keptGood = true
	if !live(h.op.Watcher.Snapshot(), h.flowID) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, goodWithin)
	defer cancel()
	g, err := h.readGood(ctx)
	var old Good
	var version int64
	if err == nil {
		if old, version, err = h.c.recallGood(ctx, h.op, h.flowID); errors.Is(err, ErrNoGood) {
			err = nil
		}
	}
	if err == nil && (version == 0 || old.By == "" && !old.same(g)) { // what a person kept stays until a person keeps another
		g.At = h.c.now()
		err = h.c.putGood(ctx, h.op, h.flowID, g, version)
	}
	if err != nil {
		h.c.log.WarnContext(ctx, "what works was not kept before it was changed", "flow", h.flowID, "error", err)
	}
}

// live tells whether media goes through a flow or a channel, as it was read.
func live(s *monitor.Snapshot, id string) bool {
	if f, ok := s.Flow(id); ok {
		return f.State == monitor.StateLive
	}
	ch, ok := s.Channel(id)
	return ok && ch.Doing == monitor.StateLive
}

// readGood is what would be kept now. A channel that was read in this turn is not
// read again.
func (h *hand) readGood(ctx context.Context) (Good, error) {
	if h.channel != nil {
		return Good{Channel: h.channel}, nil
	}
	return readGood(ctx, h.op, h.flowID)
}

// readGood reads a flow with all its outputs, or a channel.
func readGood(ctx context.Context, op Operator, id string) (Good, error) {
	if key, channel := monitor.ChannelKeyOf(id); channel {
		ch, err := op.Client.ShowChannel(ctx, key)
		return Good{Channel: &ch}, err
	}
	f, err := op.Client.ShowFlow(ctx, id)
	if err != nil {
		return Good{}, err
	}
	source, err := sourceOf(f, "")
	if err != nil {
		return Good{}, err
	}
	source.Health = ""
	g := Good{Source: source, Description: source.Description}
	for _, ref := range f.Outputs {
		o, err := op.Client.ShowOutput(ctx, id, ref.Name)
		if err != nil {
			return Good{}, err
		}
		o.Health = ""
		g.Outputs = append(g.Outputs, o)
	}
	return g, nil
}

// same tells whether two are the same configuration.
func (g Good) same(other Good) bool {
	if g.Channel != nil && other.Channel != nil {
		return len(g.ChannelChanges(*other.Channel)) == 0
	}
	return g.Channel == other.Channel && FingerprintSource(g.Source) == FingerprintSource(other.Source) &&
		slices.EqualFunc(g.Outputs, other.Outputs, func(a, b medialive.Output) bool {
			return FingerprintOutput(a) == FingerprintOutput(b)
		})
}

// GoodSteps tells what going back to the kept state would do: nothing where the
// flow, or the channel, is as it was kept.
func (c *Control) GoodSteps(ctx context.Context, op Operator, id string) ([]Step, error) {
	good, err := c.Good(ctx, op, id)
	if err != nil {
		return nil, err
	}
	now, err := readGood(ctx, op, id)
	if err != nil {
		return nil, err
	}
	if now.Channel != nil {
		return good.channelSteps(*now.Channel, op.Watcher.Snapshot().Capabilities != nil), nil
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
	s.Needs = neededFor(encrypted(was.Decryption) && !encrypted(now.Decryption))
	if s.Impact = impact(s.Changes); len(s.Impact.Cause) > 0 {
		s.Impact.Source = now.Name
	}
	s.does(func(p typed) func(*hand, context.Context) error {
		to := was
		to.Decryption = withPassphrase(was.Decryption, p)
		return func(h *hand, ctx context.Context) error { return h.updateSource(ctx, now.Name, now, to) }
	})
	return s, len(s.Changes) > 0
}

// stepOutput gives the step that brings an output back, if it takes one.
func stepOutput(now, was medialive.Output) (Step, bool) {
	s := Step{Verb: VerbUpdateOutput, Target: now.Name, Changes: DiffOutput(now, was)}
	s.Needs = neededFor(encrypted(was.Encryption) && !encrypted(now.Encryption))
	if now.Status == medialive.Disabled {
		s.Impact = Impact{Free: fieldsOf(s.Changes)}
	} else if s.Impact = impact(s.Changes); len(s.Impact.Cause) > 0 {
		s.Impact.Output, s.Impact.Stops = now.Name, was.Status == medialive.Disabled
	}
	s.does(func(p typed) func(*hand, context.Context) error {
		ch := changeTo(now, was, withPassphrase(was.Encryption, p))
		return func(h *hand, ctx context.Context) error { return h.updateOutput(ctx, now, ch) }
	})
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
	s := Step{Verb: VerbAddOutput, Target: was.Name, Changes: DiffOutput(medialive.Output{}, was), Needs: neededFor(encrypted(was.Encryption))}
	s.Impact = Impact{Free: fieldsOf(s.Changes)}
	s.does(func(p typed) func(*hand, context.Context) error {
		o := was
		o.Encryption = withPassphrase(was.Encryption, p)
		return func(h *hand, ctx context.Context) error { return h.addOutput(ctx, o) }
	})
	return s
}

// stepRemove gives the step that removes an output that was not there.
func stepRemove(now medialive.Output) Step {
	s := Step{Verb: VerbDeleteOutput, Target: now.Name}
	if now.Status != medialive.Disabled {
		s.Impact = Impact{Output: now.Name, Stops: true, Cause: []Field{FieldName}}
	}
	s.does(func(typed) func(*hand, context.Context) error {
		return func(h *hand, ctx context.Context) error { return h.deleteOutput(ctx, now.Name) }
	})
	return s
}

func fieldsOf(changes []Change) (all []Field) {
	for _, c := range changes {
		all = append(all, c.Field)
	}
	return all
}

// does is what a step of a flow's does, whose changes are not read back.
func (s *Step) does(to func(typed) func(*hand, context.Context) error) {
	s.to = func(p typed) func(*hand, context.Context) (*ReadBack, error) {
		act := to(p)
		return func(h *hand, ctx context.Context) (*ReadBack, error) { return nil, act(h, ctx) }
	}
}

// neededFor are the secrets that a step of a flow's needs.
func neededFor(passphrase bool) []Field {
	if passphrase {
		return []Field{FieldPassphrase}
	}
	return nil
}

// withPassphrase gives a crypto to send: with what was typed where one is
// needed, with the mask where one is set still.
func withPassphrase(was *medialive.Crypto, p typed) *medialive.Crypto {
	if !encrypted(was) {
		return nil
	}
	to := &medialive.Crypto{Algorithm: algorithm(was), KeyType: medialive.SRTPassword, Passphrase: medialive.Mask}
	if fresh, needed := p[FieldPassphrase]; needed {
		to.Passphrase = fresh
	}
	return to
}

// RestoreGood goes back to the kept state: each step is an act with its intent
// and outcome. It is ErrChanged where the steps are not those that were shown
// (FingerprintSteps), and ErrPassphrase where one that is needed is not given
// (by Step.KeyOf). It stops at the first step that is not done, and tells of each
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
		for _, f := range s.Needs {
			if passphrases[s.KeyOf(f)] == "" {
				return nil, fmt.Errorf("%s: %w", s.Target, ErrPassphrase)
			}
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
		back, err := s.to(s.typed(passphrases))(h, ctx)
		results[i].Err, results[i].Outcome, results[i].Back = err, outcomeOf(err), back
		if err != nil {
			return results, err
		}
	}
	return results, nil
}
