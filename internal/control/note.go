package control

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/flowdeck/flowdeck/internal/trail"
)

// The limits of notes.
const (
	MaxNotes = 100  // of a flow
	MaxNote  = 2000 // characters of a note, and of a hand-over text
)

// Note is what somebody wrote on a flow.
type Note struct {
	ID   string // of a hand-over text: its fingerprint, for SetHandover
	By   string
	Text string
	At   time.Time
}

// HandoverChanged tells that somebody changed the hand-over text since it was
// shown. Nothing was changed.
type HandoverChanged struct {
	Now Note // as it is now
}

// Error tells who changed it.
func (e *HandoverChanged) Error() string { return "the hand-over text was changed by " + e.Now.By }

// Is makes it an ErrChanged.
func (e *HandoverChanged) Is(target error) bool { return target == ErrChanged }

// Notes gives the notes on a flow, newest first, and its hand-over text, which
// is empty where there is none.
func (c *Control) Notes(ctx context.Context, op Operator, flowID string) (notes []Note, handover Note, err error) {
	if _, err = c.recall(ctx, op, flowID, topicNotes, &notes); err != nil {
		return nil, Note{}, err
	}
	if _, err = c.recall(ctx, op, flowID, topicHandover, &handover); err != nil {
		return nil, Note{}, err
	}
	handover.ID = handover.shown()
	return notes, handover, nil
}

// shown tells two hand-over texts apart.
func (n Note) shown() string { return string(fingerprint([]string{n.By, n.Text})) }

// AddNote writes a note on a flow. One that is empty or too long, or one too
// many, is *Invalid.
func (c *Control) AddNote(ctx context.Context, op Operator, flowID, text string) error {
	if text = strings.TrimSpace(text); text == "" {
		return &Invalid{Field: "text", Problem: ProblemEmpty}
	}
	if err := checkText("text", text, MaxNote); err != nil {
		return err
	}
	if err := known(op, flowID); err != nil {
		return err
	}
	_, err := edit(ctx, c, op, flowID, topicNotes, func(all *[]Note) (trail.Line, error) {
		if len(*all) >= MaxNotes {
			return trail.Line{}, &Invalid{Field: "text", Problem: ProblemTooMany, Limit: MaxNotes}
		}
		*all = slices.Insert(*all, 0, Note{ID: uuid.NewString(), By: op.Actor, Text: text, At: c.now()})
		return c.line(op, VerbNote, flowID, "", text), nil
	})
	return err
}

// DeleteNote removes a note. It is ErrNothingToDo where there is none such.
func (c *Control) DeleteNote(ctx context.Context, op Operator, flowID, noteID string) error {
	_, err := edit(ctx, c, op, flowID, topicNotes, func(all *[]Note) (trail.Line, error) {
		i := slices.IndexFunc(*all, func(n Note) bool { return n.ID == noteID })
		if i < 0 {
			return trail.Line{}, ErrNothingToDo
		}
		n := (*all)[i]
		*all = slices.Delete(*all, i, i+1)
		return c.line(op, VerbDeleteNote, flowID, n.By, n.Text), nil
	})
	return err
}

// SetHandover replaces the hand-over text of a flow, if it still is the one
// that was shown (the ID that Notes gave with it); else it is a
// *HandoverChanged with the present one. An empty text takes it away.
func (c *Control) SetHandover(ctx context.Context, op Operator, flowID, text, shown string) error {
	text = strings.TrimSpace(text)
	if err := checkText("text", text, MaxNote); err != nil {
		return err
	}
	if err := known(op, flowID); err != nil {
		return err
	}
	_, err := edit(ctx, c, op, flowID, topicHandover, func(n *Note) (trail.Line, error) {
		switch {
		case n.Text == text:
			return trail.Line{}, ErrNothingToDo
		case n.shown() != shown:
			now := *n
			now.ID = n.shown()
			return trail.Line{}, &HandoverChanged{now}
		}
		*n = Note{By: op.Actor, Text: text, At: c.now()}
		return c.line(op, VerbHandover, flowID, "", text), nil
	})
	return err
}
