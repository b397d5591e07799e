package medialive

import (
	"fmt"
	"log/slog"
)

// Mask is what the API answers in place of a passphrase. Sent back, it means
// "keep the stored one" (spec: semantics, "Unknown: decide sensibly").
const Mask = "******"

// Secret is a text that must not be shown: a passphrase, a token, a key. It
// prints as *** through fmt, slog and error texts, and encodes to JSON as
// [Mask]; only [Secret.Reveal] gives the text, so every place that needs it
// can be found by name.
type Secret string

// Reveal gives the secret itself.
func (s Secret) Reveal() string { return string(s) }

// String hides the secret.
func (s Secret) String() string { return "***" }

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return "***" }

// Format hides the secret from every other verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("***")) }

// LogValue hides the secret from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue("***") }

// MarshalJSON hides the secret as the API does; an empty one stays empty.
func (s Secret) MarshalJSON() ([]byte, error) {
	if s == "" {
		return []byte(`""`), nil
	}
	return []byte(`"` + Mask + `"`), nil
}
