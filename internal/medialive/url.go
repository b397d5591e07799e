package medialive

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
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

// masked gives the address with [Mask] in the place of what surely is a secret: a
// password before the host, and the passphrase of SRT.
func (u URL) masked() string {
	parsed, err := url.Parse(string(u))
	if err != nil {
		return u.String()
	}
	s := string(u)
	if _, has := parsed.User.Password(); has {
		scheme, rest, _ := strings.Cut(s, "//")
		user, host := rest[:strings.IndexByte(rest, ':')], rest[strings.IndexByte(rest, '@'):]
		s = scheme + "//" + user + ":" + Mask + host
	}
	for pair := range strings.SplitSeq(parsed.RawQuery, "&") {
		if name, value, _ := strings.Cut(pair, "="); strings.EqualFold(name, "passphrase") && value != "" {
			s = strings.Replace(s, pair, name+"="+Mask, 1)
		}
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
