// Package control is where commands happen. Each goes the same way: a guard
// judges it, what is to be done is written to the trail, then one upstream call
// is made with the operator's own token, then the outcome is written, then the
// watcher reads. What cannot be written down is not done. A command is never
// repeated: a lost answer is an unknown outcome until a read settles it.
//
// Permission is the API's: it refuses what the operator's token may not do. The
// guard keeps what people protect from slips of other people and of their own.
// What is put on a flow without any call, such as a protection or a note, is
// done in one transaction with its line of the trail.
package control

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/revive"
	"github.com/flowdeck/flowdeck/internal/store"
)

// Trail is where commands are written down, and what people put on flows.
// *store.Store satisfies it.
type Trail interface {
	Book
	AddCommand(ctx context.Context, c store.Command) error
	SettleCommand(ctx context.Context, id, outcome, kind, code, message, requestID string, at time.Time) error
	NameCommand(ctx context.Context, id, flowID string) error
	OpenCommands(ctx context.Context) ([]store.Command, error)
	UnknownCommands(ctx context.Context, since time.Time) ([]store.Command, error)
	LatestCommands(ctx context.Context, endpoint, project string) ([]store.Command, error)
	FlowCommands(ctx context.Context, endpoint, project, flowID string, limit int) ([]store.Command, error)
	Turn(ctx context.Context, name ...string) (release func(), err error)
}

// API is what commands need of the API. *medialive.Client satisfies it.
type API interface {
	ListFlows(ctx context.Context, limit, offset int) (medialive.FlowPage, error)
	ShowFlow(ctx context.Context, flowID string) (medialive.Flow, error)
	CreateFlow(ctx context.Context, f medialive.NewFlow) (medialive.Flow, error)
	DeleteFlow(ctx context.Context, flowID string) error
	StartFlow(ctx context.Context, flowID string) (medialive.FlowStatus, error)
	StopFlow(ctx context.Context, flowID string) (medialive.FlowStatus, error)
	UpdateSource(ctx context.Context, flowID, sourceName string, s medialive.Source) (medialive.Source, error)
	CreateOutputs(ctx context.Context, flowID string, outputs []medialive.Output) ([]medialive.Output, error)
	ShowOutput(ctx context.Context, flowID, name string) (medialive.Output, error)
	UpdateOutput(ctx context.Context, flowID, name string, ch medialive.OutputChange) (medialive.Output, error)
	DeleteOutput(ctx context.Context, flowID, name string) error
	ShowChannel(ctx context.Context, key medialive.ChannelKey) (medialive.Channel, error)
	CreateChannel(ctx context.Context, channel medialive.Channel) ([]medialive.PushAddress, error)
	DeleteChannel(ctx context.Context, key medialive.ChannelKey) error
	SwitchChannel(ctx context.Context, key medialive.ChannelKey, state medialive.ChannelState) ([]medialive.PushAddress, error)
	ModifyChannelInput(ctx context.Context, ch medialive.InputChange) ([]medialive.PushAddress, error)
	ModifyChannelEndpoints(ctx context.Context, ch medialive.EndpointsChange) ([]medialive.PushAddress, error)
	ModifyChannelRecordSettings(ctx context.Context, ch medialive.RecordChange) error
	ModifyChannelGeneral(ctx context.Context, ch medialive.GeneralChange) ([]medialive.PushAddress, error)
	ModifyChannelEncoderSettings(ctx context.Context, ch medialive.EncoderChange) ([]medialive.PushAddress, error)
}

// Watcher is what commands need of the project's watcher. *monitor.Watcher
// satisfies it.
type Watcher interface {
	Snapshot() *monitor.Snapshot
	Subscribe() (changed <-chan struct{}, cancel func())
	Commanded(flowID string, c monitor.Command)
	Heard() time.Time
	ReadSoon(flowID string)
	SetCare(flowID string, c monitor.Care)
	SetLabels(l *monitor.Labels)
}

// Operator is who gives a command, where, and by what client.
type Operator struct {
	Client   API // with the operator's own token
	Watcher  Watcher
	Endpoint string
	Project  string // its id
	Actor    string // the user's name
	Reason   string // as the operator gave it; may be empty
	Consent  Consent

	// Shown is the status under which the operator was shown what a change of a
	// source or an output would do; empty: not told. What would interrupt more
	// than that is ErrChanged.
	Shown medialive.FlowStatus

	// Seen is the Likeness of the output that the operator was shown before it is removed or
	// parked; empty: not told. One that is another by now, of the same name, is
	// an *OutputConflict.
	Seen Fingerprint
}

// Options of a Control.
type Options struct {
	Store   Trail
	Monitor *monitor.Monitor // whose watchers are told of past commands; may be nil
	Key     Sealer           // nil: nothing is kept that may hold secrets
	Log     *slog.Logger
	Now     func() time.Time // nil means time.Now

	Panicked func(what string) // told of each panic of what goes on by itself; may be nil
}

// Control carries out commands, one at a time for each flow.
type Control struct {
	trail    Trail
	key      Sealer
	log      *slog.Logger
	now      func() time.Time
	serial   serial
	refusals refusals
	late     late
	began    time.Time // commands given before are of a former process

	monitor *monitor.Monitor // may be nil

	past      sync.Mutex // held while commands of a former process are turned unknown
	recovered bool
	lost      []store.Command // of these, those that no watcher was asked about yet

	ctx    context.Context // of the reads that settle outcomes
	cancel context.CancelFunc
	work   sync.WaitGroup
	guard  revive.Guard
}

// New makes a Control, and the keeper of the monitor's journal.
func New(o Options) *Control {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &Control{trail: o.Store, key: o.Key, log: o.Log, now: o.Now, began: o.Now(), monitor: o.Monitor, ctx: ctx, cancel: cancel, guard: revive.Guard{Log: o.Log, Panicked: o.Panicked}}
	if o.Monitor != nil {
		o.Monitor.Keep(journal{c})
	}
	return c
}

// Close ends the reads that settle outcomes; what is not settled stays unknown
// in the trail.
func (c *Control) Close() {
	c.cancel()
	c.work.Wait()
}

// aside lets something go on by itself; where it panics it is done anew.
func (c *Control) aside(what string, work func()) {
	c.work.Go(func() { c.guard.Loop(c.ctx, what, func(context.Context) { work() }, nil) })
}

// ErrNoTrail tells that a command was refused because it could not be written
// down. Nothing was sent.
var ErrNoTrail = errors.New("the command cannot be recorded, so it was not given")

// ErrNothingToDo tells that the flow is already as the command would have it.
var ErrNothingToDo = errors.New("already done")

// AlreadyDone is the ErrNothingToDo that knows who did it.
type AlreadyDone struct {
	Actor string    // empty: not known here
	At    time.Time // zero: not known
	Err   error     // what the API answered, where it was asked
}

// Error tells that nothing was to be done.
func (e *AlreadyDone) Error() string {
	if e.Actor == "" {
		return ErrNothingToDo.Error()
	}
	return fmt.Sprintf("%s by %s", ErrNothingToDo, e.Actor)
}

// Is makes it an ErrNothingToDo.
func (e *AlreadyDone) Is(target error) bool { return target == ErrNothingToDo }

// Unwrap gives the API's answer.
func (e *AlreadyDone) Unwrap() error { return e.Err }

// The verbs of the trail.
const (
	VerbStart        = "start"
	VerbStop         = "stop"
	VerbCreate       = "create"
	VerbDelete       = "delete"
	VerbUpdateSource = "update_source"
	VerbAddOutput    = "add_output"
	VerbUpdateOutput = "update_output"
	VerbDeleteOutput = "delete_output"

	VerbUpdateChannel = "update_channel" // Target is the ChannelPart; the verbs of flows are those of channels too
)

// deed is one upstream call with what the trail keeps of it.
type deed struct {
	verb, target, detail string
	effect               effect
	want                 string // tells two deeds of one verb and target apart
	changes              bool   // the configuration of a flow or a channel
	// needless, if set, tells after the guard that there is nothing to do.
	needless func() error
	before   seen // as it was read in this turn
	// do makes the one call.
	do func(context.Context) error
	// made, if set, gives the id of the flow that the call made.
	made func() string
	// check reads whether it was done; it is asked only after a lost answer. It
	// is nil for a start or stop, of which the watcher's reads tell, and where no
	// read can tell.
	check func(context.Context) (done bool, err error)
	// took, if set, reads after a call that was answered as done what the service
	// made of it: a *partly where that is not all.
	took func(context.Context) error
}

// act lets the guard judge a deed, writes the intent, makes the call, writes
// the outcome.
func (h *hand) act(ctx context.Context, d deed) error {
	if err := h.agree(ctx, d.effect, d.want); err != nil {
		return err
	}
	if d.needless != nil {
		if err := d.needless(); err != nil {
			return err
		}
	}
	if d.changes {
		h.keepGood(ctx)
	}
	c, op, row := h.c, h.op, h.row(d)
	if err := c.trail.AddCommand(ctx, row); err != nil {
		c.aside("a command that was not given", func() { c.neverGiven(row.ID) })
		return fmt.Errorf("%w: %w", ErrNoTrail, err)
	}
	c.tell(op.Watcher, row, monitor.OutcomePending)
	// From here on the browser going away changes nothing: the call is made
	// and its outcome is kept. The client's own deadline bounds it.
	ctx = context.WithoutCancel(ctx)
	err := d.do(ctx)
	outcome, why := outcomeOf(err), explained(row, err)
	if err == nil && d.took != nil {
		why = d.took(ctx)
	}
	c.settle(ctx, row.ID, outcome, why)
	if err == nil && d.made != nil {
		c.name(ctx, row.ID, d.made())
	}
	switch {
	case isSwitch(row):
		c.supersede(ctx, row, err)
	case err == nil:
		c.overtake(ctx, row, d.before)
	}
	c.tell(op.Watcher, row, outcome)
	op.Watcher.ReadSoon(h.flowID)
	switch {
	case outcome != monitor.OutcomeUnknown:
	case isSwitch(row):
		c.aside("a command to be settled", func() { c.reconcile(op.Watcher, []store.Command{row}) })
	case d.check != nil:
		c.aside("a command without answer", func() { c.find(op.Watcher, row, d) })
	}
	return err
}

// outcomeOf says what an answer means for the trail.
func outcomeOf(err error) monitor.Outcome {
	switch {
	case err == nil:
		return monitor.OutcomeDone
	case medialive.KindOf(err) == medialive.KindOutcomeUnknown:
		return monitor.OutcomeUnknown
	}
	return monitor.OutcomeRefused
}

// name writes which flow a command made.
func (c *Control) name(ctx context.Context, id, flowID string) {
	if err := c.trail.NameCommand(ctx, id, flowID); err != nil {
		c.log.ErrorContext(ctx, "flow of a command not recorded", "command", id, "flow", flowID, "error", err)
	}
}

// tell lets the watcher show a start or stop and what became of it.
func (c *Control) tell(w Watcher, row store.Command, outcome monitor.Outcome) {
	if !isSwitch(row) {
		return
	}
	cmd := monitor.Command{ID: row.ID, Verb: row.Verb, Actor: row.Actor, At: row.At, Outcome: outcome}
	if outcome != monitor.OutcomePending && outcome != monitor.OutcomeUnknown {
		cmd.Settled = c.now()
	}
	w.Commanded(row.FlowID, cmd)
}
