package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// Book is where that is kept which people put on a project's flows: each topic
// of a flow is one record with a version, changed together with its line of the
// trail. *store.Store satisfies it.
type Book interface {
	PutCare(ctx context.Context, c store.Care, lines ...trail.Line) (version int64, err error)
	DeleteCare(ctx context.Context, endpoint, project, subject, topic string, version int64, lines ...trail.Line) error
	Care(ctx context.Context, endpoint, project, subject, topic string) (store.Care, error)
	Cares(ctx context.Context, endpoint, project string) ([]store.Care, error)
	CaresOf(ctx context.Context, endpoint, project, subject string) ([]store.Care, error)
	AppendTrail(ctx context.Context, lines ...trail.Line) error
	Timeline(ctx context.Context, f trail.Filter) ([]trail.Event, error)
}

// The topics of the book.
const (
	topicProtect  = "protect"
	topicAsk      = "ask"
	topicBand     = "band"
	topicNotes    = "notes"
	topicHandover = "handover"
	topicGood     = "good"
	topicParked   = "parked"
	topicTally    = "tally"
	topicPush     = "push"   // of a channel: see monitor.Push
	topicLabels   = "labels" // of the project, not of a flow
)

// The verbs of the trail for what is done as soon as it is written.
const (
	VerbProtect      = "protect"
	VerbRelease      = "release"
	VerbForceRelease = "force_release" // by another than the owner; Target is the owner, Detail why he protected it
	VerbAsk          = "ask"           // Target is the verb that waits for a second person
	VerbConfirm      = "confirm"       // Target is the verb, Detail who asked
	VerbWithdraw     = "withdraw"
	VerbNote         = "note"
	VerbDeleteNote   = "delete_note"
	VerbHandover     = "handover"
	VerbBand         = "band"
	VerbTally        = "tally" // Target is the lamp: "on_air", "ready" or "off"
	VerbLabel        = "label" // Target is the address, Detail its name
	VerbDeleteLabel  = "delete_label"
	VerbKeepGood     = "keep_good"
	VerbPark         = "park"
	VerbUnpark       = "unpark"
	VerbDropParked   = "drop_parked"
	VerbRestore      = "restore" // of an Ask and of a refusal; the trail has each step
)

// ErrChanged tells that something is not any more what the operator was shown.
// Nothing was done: look again.
var ErrChanged = errors.New("not as it was shown any more")

// ErrReason tells that a reason has to be given.
var ErrReason = errors.New("a reason is needed")

// What can be wrong with a text or a figure, see Invalid.
const (
	ProblemEmpty      = "empty"
	ProblemTooLong    = "too_long"
	ProblemTooMany    = "too_many"
	ProblemCharacters = "characters" // other than printable ones
	ProblemRange      = "range"
	ProblemOrder      = "order" // the least is more than the most
	ProblemAddress    = "address"
)

// Invalid tells what is wrong with what was typed.
type Invalid struct {
	Field   string // "lamp", "text", "reason", "name", "address", "min_bitrate", "max_bitrate", "max_loss", "idle_after"
	Problem string // one of Problem…
	Limit   int    // of ProblemTooLong and ProblemTooMany
}

// Error tells the field and what is wrong with it.
func (e *Invalid) Error() string { return e.Field + ": " + e.Problem }

// checkText judges a text that somebody typed, most characters long at most.
func checkText(field, text string, most int) error {
	if utf8.RuneCountInString(text) > most {
		return &Invalid{Field: field, Problem: ProblemTooLong, Limit: most}
	}
	odd := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }
	if !utf8.ValidString(text) || strings.ContainsFunc(text, odd) {
		return &Invalid{Field: field, Problem: ProblemCharacters}
	}
	return nil
}

// maxReason is how long a reason may be, in characters.
const maxReason = 500

// needReason judges a reason that has to be given.
func needReason(op Operator) error {
	if strings.TrimSpace(op.Reason) == "" {
		return ErrReason
	}
	return checkText("reason", op.Reason, maxReason)
}

// line is a line of the trail for what is done as soon as it is written.
func (c *Control) line(op Operator, verb, flowID, target, detail string) trail.Line {
	return trail.Line{
		At: c.now(), Endpoint: op.Endpoint, Project: op.Project, Kind: trail.Care, ID: uuid.NewString(),
		FlowID: flowID, FlowName: nameOf(op, flowID), Verb: verb, Target: target,
		Actor: op.Actor, Reason: op.Reason, Detail: detail, Outcome: string(monitor.OutcomeDone),
	}
}

// recall reads a record into what it is of; version 0 tells that there is none.
func (c *Control) recall(ctx context.Context, op Operator, subject, topic string, into any) (version int64, err error) {
	kept, err := c.trail.Care(ctx, op.Endpoint, op.Project, subject, topic)
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("%s of a flow: %w", topic, err)
	}
	return kept.Version, decode(kept, into)
}

// decode reads the body of a record.
func decode(kept store.Care, into any) error {
	if err := json.Unmarshal(kept.Body, into); err != nil {
		return fmt.Errorf("%s of a flow cannot be read: %w", kept.Topic, err)
	}
	return nil
}

// keep writes a record in place of the version that was read, with its lines.
func (c *Control) keep(ctx context.Context, op Operator, subject, topic string, v any, version int64, lines ...trail.Line) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("%s of a flow: %w", topic, err)
	}
	_, err = c.trail.PutCare(ctx, store.Care{
		Endpoint: op.Endpoint, Project: op.Project, Subject: subject, Topic: topic,
		Body: body, By: op.Actor, At: c.now(), Version: version,
	}, lines...)
	return notKept(err)
}

// drop deletes the version of a record that was read, with its lines.
func (c *Control) drop(ctx context.Context, op Operator, subject, topic string, version int64, lines ...trail.Line) error {
	return notKept(c.trail.DeleteCare(ctx, op.Endpoint, op.Project, subject, topic, version, lines...))
}

// notKept tells why something could not be written: somebody else was faster,
// or the trail cannot be written.
func notKept(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrStale), errors.Is(err, store.ErrNotFound):
		return ErrChanged
	}
	return fmt.Errorf("%w: %w", ErrNoTrail, err)
}

// edit changes a record in its turn, and tries again where another process was
// faster: for records of which each change holds whatever the others are.
func edit[T any](ctx context.Context, c *Control, op Operator, subject, topic string, change func(*T) (trail.Line, error)) (T, error) {
	const attempts = 10
	var none T
	done, err := c.serial.take(ctx, op.key(topic+" of "+subject))
	if err != nil {
		return none, err
	}
	defer done()
	for attempt := 1; ; attempt++ {
		var v T
		version, err := c.recall(ctx, op, subject, topic, &v)
		if err != nil {
			return none, err
		}
		line, err := change(&v)
		if err != nil {
			return none, err
		}
		err = c.keep(ctx, op, subject, topic, v, version, line)
		if attempt == attempts || !errors.Is(err, ErrChanged) {
			return v, err
		}
	}
}

// show lets the watcher show what people have put on a flow. The caller holds
// the flow's turn, so that no older state comes later.
func (c *Control) show(ctx context.Context, op Operator, flowID string) {
	kept, err := c.trail.CaresOf(ctx, op.Endpoint, op.Project, flowID)
	if err != nil {
		c.log.WarnContext(ctx, "care of a flow not read", "flow", flowID, "error", err)
		return
	}
	var care monitor.Care
	for _, k := range kept {
		c.read(ctx, &care, k)
	}
	op.Watcher.SetCare(flowID, care)
}

// read adds a record to what is shown of a flow. One that cannot be read is for
// the log.
func (c *Control) read(ctx context.Context, care *monitor.Care, kept store.Care) {
	var err error
	switch kept.Topic {
	case topicProtect:
		care.Protect = new(monitor.Protect)
		err = decode(kept, care.Protect)
	case topicBand:
		err = decode(kept, &care.Band)
	case topicTally:
		err = decode(kept, &care.Tally)
	case topicPush:
		err = c.readPush(care, kept)
	case topicAsk:
		var a ask
		if err = decode(kept, &a); err == nil && a.Until.After(c.now()) {
			care.Ask = &a.Ask
		}
	}
	if err != nil {
		c.log.ErrorContext(ctx, "care of a flow not readable", "flow", kept.Subject, "error", err)
	}
}

// Care gives what people have put on the flows of a project, for its watcher.
func (j journal) Care(ctx context.Context, key monitor.Key) (map[string]monitor.Care, *monitor.Labels, error) {
	kept, err := j.c.trail.Cares(ctx, key.Endpoint, key.ProjectID)
	if err != nil {
		return nil, nil, fmt.Errorf("care of flows: %w", err)
	}
	all := make(map[string]monitor.Care)
	names := make(map[string]string)
	for _, k := range kept {
		switch k.Topic {
		case topicProtect, topicAsk, topicBand, topicTally, topicPush:
			care := all[k.Subject]
			j.c.read(ctx, &care, k)
			all[k.Subject] = care
		case topicLabels:
			if err := decode(k, &names); err != nil {
				j.c.log.ErrorContext(ctx, "labels not readable", "error", err)
			}
		}
	}
	return all, monitor.NewLabels(names), nil
}

// clear forgets what was put on a flow that is gone. The timeline keeps what
// was written of it.
func (c *Control) clear(ctx context.Context, op Operator, flowID string) {
	kept, err := c.trail.CaresOf(ctx, op.Endpoint, op.Project, flowID)
	for _, k := range kept {
		err = errors.Join(err, c.trail.DeleteCare(ctx, k.Endpoint, k.Project, k.Subject, k.Topic, k.Version))
	}
	if err != nil {
		c.log.WarnContext(ctx, "care of a deleted flow not cleared", "flow", flowID, "error", err)
	}
}
