package medialive

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
)

// Opaque is JSON whose structure nobody has published: advertising settings,
// and what the service has added since. It is kept in order to be sent back, and
// never printed, since nobody knows what it holds.
type Opaque struct{ raw json.RawMessage }

// NewOpaque takes JSON as it was written.
func NewOpaque(data []byte) (*Opaque, error) {
	var compact bytes.Buffer
	if json.Compact(&compact, data) != nil { // its error could quote the data
		return nil, errors.New("not JSON")
	}
	return &Opaque{compact.Bytes()}, nil
}

// Reveal gives the JSON itself.
func (o *Opaque) Reveal() []byte { return o.raw }

// Format hides the content from every verb.
func (o *Opaque) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("***")) }

// LogValue hides the content from slog.
func (o *Opaque) LogValue() slog.Value { return slog.StringValue("***") }

// MarshalJSON hides the content; [RevealJSON] and [AnswerJSON] write it.
func (o *Opaque) MarshalJSON() ([]byte, error) { return []byte(`"` + Mask + `"`), nil }

// UnmarshalJSON keeps the content.
func (o *Opaque) UnmarshalJSON(data []byte) error {
	o.raw = bytes.Clone(data)
	return nil
}
