package medialive

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
)

// URL is an address that may carry a secret: a password before the host, a key
// in the path, a token in the query. It prints, and encodes to JSON, with scheme
// and host only; [URL.Reveal] gives it whole.
type URL string

// Reveal gives the whole address.
func (u URL) Reveal() string { return string(u) }

// String gives the address as far as it may be shown.
func (u URL) String() string {
	if u == "" {
		return ""
	}
	parsed, err := url.Parse(string(u))
	if err != nil || parsed.Host == "" {
		return "***"
	}
	s := parsed.Scheme + "://" + parsed.Host
	if parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" || len(parsed.Path) > 1 {
		s += "/***"
	}
	return s
}

// Format hides the rest from every verb.
func (u URL) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(u.String())) }

// LogValue hides the rest from slog.
func (u URL) LogValue() slog.Value { return slog.StringValue(u.String()) }

// MarshalJSON hides the rest; [RevealJSON] and [AnswerJSON] write it.
func (u URL) MarshalJSON() ([]byte, error) { return json.Marshal(u.String()) }

// secrets gives what must not be shown if an answer repeats the address, or the
// parts of it that prove who asks.
func (u URL) secrets() []Secret {
	all := []Secret{Secret(u)}
	if parsed, err := url.Parse(string(u)); err == nil {
		password, _ := parsed.User.Password()
		all = append(all, Secret(password), Secret(parsed.RawQuery))
	}
	return all
}
