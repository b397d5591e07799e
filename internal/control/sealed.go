package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/store"
)

// Sealer keeps at rest what may hold secrets: addresses and keys of channels.
// *seal.Key satisfies it.
type Sealer interface {
	Seal(plain, context []byte) (sealed []byte, keyNumber int, err error)
	Open(sealed, context []byte) ([]byte, error)
}

// sealed is a record, or a part of one, that only the key file opens.
type sealed struct {
	Sealed []byte `json:"sealed,omitempty"`
}

// errNoKey tells that a Control was made without a Sealer.
var errNoKey = errors.New("there is no key to seal it")

// place is what a record is sealed for, so that it passes for no other.
func place(endpoint, project, subject, topic string) []byte {
	return []byte(strings.Join([]string{endpoint, project, subject, topic}, "\x00"))
}

// seal seals what belongs into a record, with its secrets.
func (c *Control) seal(op Operator, subject, topic string, v any) (sealed, error) {
	if c.key == nil {
		return sealed{}, errNoKey
	}
	plain, err := medialive.RevealJSON(v)
	if err != nil {
		return sealed{}, fmt.Errorf("%s of a channel: %w", topic, err)
	}
	box, _, err := c.key.Seal(plain, place(op.Endpoint, op.Project, subject, topic))
	return sealed{box}, err
}

// open reads what was sealed for a place.
func (c *Control) open(s sealed, place []byte, into any) error {
	if c.key == nil {
		return errNoKey
	}
	plain, err := c.key.Open(s.Sealed, place)
	if err != nil {
		return fmt.Errorf("open what was kept of a channel: %w", err)
	}
	return json.Unmarshal(plain, into)
}

// keepPush keeps where to push to, as an answer told it. The command does not
// depend on it. The caller has the channel's turn.
func (c *Control) keepPush(ctx context.Context, op Operator, id string, told []medialive.PushAddress) {
	if len(told) == 0 {
		return
	}
	ctx = context.WithoutCancel(ctx)
	err := func() error {
		var before sealed
		version, err := c.recall(ctx, op, id, topicPush, &before)
		if err != nil {
			return err
		}
		if c.samePush(op, id, before, told) {
			return nil
		}
		box, err := c.seal(op, id, topicPush, told)
		if err != nil {
			return err
		}
		return c.keep(ctx, op, id, topicPush, box, version)
	}()
	if err != nil {
		c.log.WarnContext(ctx, "push addresses not kept", "channel", id, "error", err)
		return
	}
	c.show(ctx, op, id)
}

// samePush tells whether these addresses are kept already.
func (c *Control) samePush(op Operator, id string, before sealed, told []medialive.PushAddress) bool {
	var have json.RawMessage
	if c.open(before, place(op.Endpoint, op.Project, id, topicPush), &have) != nil {
		return false
	}
	now, err := medialive.RevealJSON(told)
	return err == nil && bytes.Equal(have, now)
}

// readPush adds to what is shown of a channel where to push to.
func (c *Control) readPush(care *monitor.Care, kept store.Care) error {
	var box sealed
	if err := decode(kept, &box); err != nil {
		return err
	}
	push := &monitor.Push{}
	if err := c.open(box, place(kept.Endpoint, kept.Project, kept.Subject, kept.Topic), &push.Addresses); err != nil {
		return err
	}
	care.Push = push
	return nil
}
