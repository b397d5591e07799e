package control

import (
	"context"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/store"
)

// ChannelPart is a part of a channel that is replaced as a whole.
type ChannelPart string

// The parts of a channel, each with a call of its own.
const (
	PartGeneral   ChannelPart = "general"
	PartInput     ChannelPart = "input" // with what the channel sends besides its templates, where that is given
	PartEndpoints ChannelPart = "endpoints"
	PartRecord    ChannelPart = "record"
	PartEncoders  ChannelPart = "encoders"
)

// ChannelChange replaces a part of a channel by that of another one. A secret
// that is medialive.Mask keeps what is set, where the service can.
type ChannelChange struct {
	Part ChannelPart
	To   medialive.Channel // of which only the part counts
}

// ChannelConflict tells that a part of a channel is no longer what the operator
// was shown. Nothing was changed.
type ChannelConflict struct {
	Theirs medialive.Channel // as it is now
}

// Error tells that there is a conflict.
func (e *ChannelConflict) Error() string {
	return "the channel was changed by somebody else in the meantime"
}

// Unmaskable tells which secrets have to be given again: a cloud would take the
// mask for the secret. Nothing was sent.
type Unmaskable struct {
	Fields []string // paths, as medialive.Masked gives them
}

// Error tells that secrets have to be given.
func (e *Unmaskable) Error() string { return "secrets that cannot be read back have to be given again" }

// Is makes it an ErrPassphrase.
func (e *Unmaskable) Is(target error) bool { return target == ErrPassphrase }

// StartChannel turns a channel ON. It is ErrNothingToDo (*AlreadyDone) if it is.
func (c *Control) StartChannel(ctx context.Context, op Operator, key medialive.ChannelKey) error {
	return c.switchTo(ctx, op, monitor.ChannelID(key), VerbStart, medialive.Active, c.switchChannel(op, key, medialive.ChannelOn))
}

// StopChannel turns a channel OFF. It is ErrNothingToDo (*AlreadyDone) if it is.
func (c *Control) StopChannel(ctx context.Context, op Operator, key medialive.ChannelKey) error {
	return c.switchTo(ctx, op, monitor.ChannelID(key), VerbStop, medialive.Standby, c.switchChannel(op, key, medialive.ChannelOff))
}

func (c *Control) switchChannel(op Operator, key medialive.ChannelKey, state medialive.ChannelState) func(context.Context) error {
	return func(ctx context.Context) error {
		push, err := op.Client.SwitchChannel(ctx, key, state)
		c.keepPush(ctx, op, monitor.ChannelID(key), push)
		return err
	}
}

// CreateChannel creates a channel, in the state that it has, and keeps where to
// push to where the service tells it.
func (c *Control) CreateChannel(ctx context.Context, op Operator, ch medialive.Channel) error {
	id := monitor.ChannelID(ch.ChannelKey)
	if masked := medialive.Masked(ch); len(masked) > 0 {
		return &Unmaskable{masked}
	}
	done, err := c.turn(ctx, op.key(id))
	if err != nil {
		return err
	}
	defer done()
	var push []medialive.PushAddress
	h := &hand{c: c, op: op, flowID: id, flowName: channelName(ch), verb: VerbCreate} // nobody can protect what is not there yet
	err = h.act(ctx, deed{
		verb: VerbCreate, detail: describe(few(describeChannel(ch))),
		do: func(ctx context.Context) (err error) {
			push, err = op.Client.CreateChannel(ctx, ch)
			return err
		},
		check: func(ctx context.Context) (bool, error) {
			gone, err := channelGone(ctx, op, ch.ChannelKey)
			return !gone, err
		},
	})
	if err != nil {
		return err
	}
	c.keepPush(ctx, op, id, push)
	c.appear(ctx, op, id)
	return nil
}

// DeleteChannel deletes a channel. Whether it may while it is ON is the service's
// decision (KindState). What people put on the channel goes with it.
func (c *Control) DeleteChannel(ctx context.Context, op Operator, key medialive.ChannelKey) error {
	id := monitor.ChannelID(key)
	h, err := c.take(ctx, op, id, VerbDelete, "")
	if err != nil {
		return err
	}
	defer h.done()
	err = h.act(ctx, deed{
		verb: VerbDelete, effect: ends,
		do:    func(ctx context.Context) error { return op.Client.DeleteChannel(ctx, key) },
		check: func(ctx context.Context) (bool, error) { return channelGone(ctx, op, key) },
	})
	if err == nil {
		c.clear(context.WithoutCancel(ctx), op, id)
		op.Watcher.SetCare(id, monitor.Care{})
		c.settled(ctx, op, id, false)
	}
	return err
}

// channelGone reads whether there is no such channel.
func channelGone(ctx context.Context, op Operator, key medialive.ChannelKey) (bool, error) {
	_, err := op.Client.ShowChannel(ctx, key)
	if medialive.KindOf(err) == medialive.KindNotFound {
		return true, nil
	}
	return false, err
}

// channelName is what a channel is called: by its id where it has no name.
func channelName(ch medialive.Channel) string {
	if ch.Name != "" {
		return ch.Name
	}
	return ch.ID
}

// ChangeChannel replaces a part of a channel, if it still is as the operator was
// shown it (FingerprintChannel); else it is a *ChannelConflict. It is
// *Unmaskable where a secret is only a mask, and the service could not keep it;
// ErrNothingToDo where nothing would change; and ErrChanged if the change would
// interrupt a channel that was not ON when the operator was shown what it does
// (Operator.Shown). Where the service says that it is done, and the channel reads back
// otherwise, it gives what was read; nil: it took all, as far as that can be told.
func (c *Control) ChangeChannel(ctx context.Context, op Operator, key medialive.ChannelKey, change ChannelChange, shown Fingerprint) (*ReadBack, error) {
	h, err := c.take(ctx, op, monitor.ChannelID(key), VerbUpdateChannel, string(change.Part))
	if err != nil {
		return nil, err
	}
	defer h.done()
	now, err := h.readChannel(ctx)
	if err != nil {
		return nil, err
	}
	change.To.ChannelKey = key
	switch masked := medialive.Masked(change.body()); {
	case FingerprintChannel(now, change.Part) != shown:
		return nil, &ChannelConflict{Theirs: now}
	case len(masked) > 0 && op.Watcher.Snapshot().Capabilities == nil:
		return nil, &Unmaskable{masked}
	case len(change.from(now)) == 0:
		return nil, ErrNothingToDo
	}
	return h.changeChannel(ctx, now, change)
}

// changeChannel changes a channel that was just read, keeps where to push to where
// the answer tells it, and reads back what the service made of the change.
func (h *hand) changeChannel(ctx context.Context, now medialive.Channel, change ChannelChange) (*ReadBack, error) {
	changes := change.from(now)
	var push []medialive.PushAddress
	var back *ReadBack
	d := h.channelDeed(now, change, changes, &push)
	d.took = func(ctx context.Context) error {
		back = h.readBack(ctx, change, visible(changes))
		return back.partly()
	}
	if err := h.act(ctx, d); err != nil {
		return nil, err
	}
	h.c.keepPush(ctx, h.op, h.flowID, push)
	return back, nil
}

// ReadBack is a channel that reads back otherwise than it was sent, though the
// service said that the change is done.
type ReadBack struct {
	Now     medialive.Channel
	Untaken []Untaken
}

// After joins what was read after a change to what was read after the one before,
// which may be nil.
func (b *ReadBack) After(before *ReadBack) *ReadBack {
	if before == nil {
		return b
	}
	return &ReadBack{b.Now, append(before.Untaken, b.Untaken...)}
}

// Untaken is a field that the service did not take as it was sent.
type Untaken struct {
	Field    Field
	Is, Sent string
}

// CausePartly is the cause that the trail tells of a change that was done, and of
// which the service did not take all. Its message is what was not taken, as Told
// reads it: from what was sent to what is there.
const CausePartly = "partly"

// partly is what the trail is told of a ReadBack.
type partly struct{ untaken []Change }

// Error tells that not all was taken.
func (p *partly) Error() string { return "not all was taken: " + describe(p.untaken) }

// partly is what the trail is to be told; nil: the service took all.
func (b *ReadBack) partly() error {
	if b == nil {
		return nil
	}
	p := &partly{}
	for _, u := range b.Untaken {
		p.untaken = append(p.untaken, Change{u.Field, u.Sent, u.Is})
	}
	return p
}

// A service may need a moment to show what it took.
const (
	readBackFor   = 2 * time.Second
	readBackPause = 600 * time.Millisecond
)

// readBack tells which changes are not to be seen in a channel, after as long as a
// service may need to show them. What cannot be read is not told.
func (h *hand) readBack(ctx context.Context, change ChannelChange, sent []Change) (back *ReadBack) {
	if len(sent) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, readBackFor)
	defer cancel()
	again := time.NewTicker(readBackPause)
	defer again.Stop()
	for {
		got, err := h.op.Client.ShowChannel(ctx, change.To.ChannelKey)
		if err != nil {
			return back
		}
		if back = change.held(got, sent); back == nil {
			return nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return back
		}
	}
}

// held holds a channel that was read against what was sent; nil: it has it all. What
// was left out the service may have filled in, as it makes the ids of packages.
func (c ChannelChange) held(got medialive.Channel, sent []Change) *ReadBack {
	back := &ReadBack{Now: got}
	value := values(c.of(got))
	for _, s := range sent {
		is := value[s.Field]
		if is != s.To && (s.To != "" || is == s.From) {
			back.Untaken = append(back.Untaken, Untaken{s.Field, is, s.To})
		}
	}
	if len(back.Untaken) == 0 {
		return nil
	}
	return back
}

// channelDeed is the deed that changes a channel which was just read.
func (h *hand) channelDeed(now medialive.Channel, change ChannelChange, changes []Change, push *[]medialive.PushAddress) deed {
	d := deed{
		verb: VerbUpdateChannel, target: string(change.Part), detail: describe(few(changes)), want: digest(changes),
		before: seen{channel: &now, at: farOff}, changes: true,
		do: func(ctx context.Context) (err error) {
			*push, err = change.send(ctx, h.op.Client)
			return err
		},
	}
	if change.Interrupts(now) {
		d.effect = cuts
	}
	if told := visible(changes); len(told) > 0 { // else a read cannot tell
		d.check = func(ctx context.Context) (bool, error) {
			got, err := h.op.Client.ShowChannel(ctx, now.ChannelKey)
			if err != nil {
				return false, err
			}
			return change.held(got, told) == nil, nil
		}
	}
	return d
}

// Interrupts tells whether a change of a channel that is ON stops its pictures
// for a while, or takes away what was recorded.
func (c ChannelChange) Interrupts(now medialive.Channel) bool {
	switch c.Part {
	case PartGeneral:
		return false
	case PartRecord:
		return c.To.Record.RollingBuffer < now.Record.RollingBuffer
	}
	return len(c.from(now)) > 0
}

// send makes the one call of a change.
func (c ChannelChange) send(ctx context.Context, api API) ([]medialive.PushAddress, error) {
	switch body := c.body().(type) {
	case medialive.GeneralChange:
		return api.ModifyChannelGeneral(ctx, body)
	case medialive.InputChange:
		return api.ModifyChannelInput(ctx, body)
	case medialive.EndpointsChange:
		return api.ModifyChannelEndpoints(ctx, body)
	case medialive.EncoderChange:
		return api.ModifyChannelEncoderSettings(ctx, body)
	case medialive.RecordChange:
		return nil, api.ModifyChannelRecordSettings(ctx, body)
	}
	return nil, &medialive.Error{Op: "ChangeChannel", Kind: medialive.KindRefused, Message: "a channel has no such part"}
}

// Body is what is sent, for who wants to see the exact request:
// medialive.AnswerJSON shows it without secrets.
func (c ChannelChange) Body() any { return c.body() }

func (c ChannelChange) body() any {
	to := c.To
	switch c.Part {
	case PartGeneral:
		return medialive.GeneralChange{ChannelKey: to.ChannelKey, Name: to.Name}
	case PartInput:
		return medialive.InputChange{ChannelKey: to.ChannelKey, Input: &to.Input, Expand: to.Expand}
	case PartEndpoints:
		return medialive.EndpointsChange{ChannelKey: to.ChannelKey, Outputs: to.Outputs}
	case PartEncoders:
		return medialive.EncoderChange{ChannelKey: to.ChannelKey, Encoders: to.Encoders}
	case PartRecord:
		return medialive.RecordChange{ChannelKey: to.ChannelKey, Record: &to.Record}
	}
	return nil
}

// of is the same part of another channel; what the change does not give is left
// out.
func (c ChannelChange) of(ch medialive.Channel) any {
	other := ChannelChange{c.Part, ch}
	if c.To.Expand == nil {
		other.To.Expand = nil
	}
	return other.body()
}

// from tells what a change changes in a channel.
func (c ChannelChange) from(now medialive.Channel) []Change { return diffParts(c.of(now), c.body()) }

// judgeChannel tells by a snapshot what became of a command to a channel.
func judgeChannel(row store.Command, key medialive.ChannelKey, s *monitor.Snapshot, heard, now time.Time) monitor.Outcome {
	if !s.Channels.Complete || !s.Channels.Link.OK {
		return monitor.OutcomePending
	}
	ch, there := s.Channel(monitor.ChannelID(key))
	read := now // when it was so
	if there {
		read = later(ch.ReadAt, heard)
	}
	switch row.Verb {
	case VerbStart, VerbStop:
		if !there {
			return verdict(row, false, read)
		}
		return switched(row, ch.Status(), read)
	case VerbCreate:
		return verdict(row, there, read)
	case VerbDelete:
		return verdict(row, !there, read)
	case VerbUpdateChannel:
		if !there {
			return judgeChange(row, seen{}, heard, now)
		}
		return judgeChange(row, seen{channel: &ch.Channel, at: ch.ReadAt}, heard, now)
	}
	return monitor.OutcomeUnknown
}
