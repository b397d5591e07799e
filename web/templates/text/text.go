// Package text has every word that Flowdeck shows, once for each language, as a
// typed struct: a text that is missing does not compile or fails a test.
package text

import "strings"

// The languages, as BCP 47 names them.
const (
	EN = "en"
	ZH = "zh-CN"
)

// For gives the strings of a language, English for one that is not spoken here.
func For(lang string) *Strings {
	if lang == ZH {
		return Chinese
	}
	return English
}

// Accepted chooses the language that an Accept-Language header asks for first.
func Accepted(header string) string {
	for entry := range strings.SplitSeq(header, ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(entry), ";")
		base, _, _ := strings.Cut(strings.ToLower(tag), "-")
		switch base {
		case "zh":
			return ZH
		case "en":
			return EN
		}
	}
	return EN
}

// All gives every language, in the order in which a menu lists them.
func All() []*Strings { return []*Strings{English, Chinese} }

// ErrorOf gives the texts for an error by its kind, a medialive.Kind; those of
// an internal error for a kind that is not known.
func (s *Strings) ErrorOf(kind string) ErrorText {
	e := s.Error
	switch kind {
	case "not_signed_in":
		return e.NotSignedIn
	case "not_permitted":
		return e.NotPermitted
	case "not_found":
		return e.NotFound
	case "exists":
		return e.Exists
	case "state":
		return e.State
	case "refused":
		return e.Refused
	case "throttled":
		return e.Throttled
	case "unavailable":
		return e.Unavailable
	case "outcome_unknown":
		return e.OutcomeUnknown
	case "unreadable":
		return e.Unreadable
	}
	return e.Internal
}

// FaultOf tells what is wrong with a field, by the code of the fault, a
// medialive.FaultCode, with its limits and the value that was given.
func (s *Strings) FaultOf(code string, low, high int, value string) string {
	f := s.Fault
	switch code {
	case "required":
		return f.Required
	case "length":
		return f.Length(low, high)
	case "characters":
		return f.Characters
	case "first_letter":
		return f.FirstLetter
	case "range":
		return f.Range(low, high)
	case "port_reserved":
		return f.PortReserved(value)
	case "cidr":
		return f.CIDR(value)
	case "cidr_v6":
		return f.CIDRv6(value)
	case "too_many":
		return f.TooMany(high)
	case "enum":
		return f.Enum
	case "host":
		return f.Host(value)
	case "limit":
		return s.ChannelForm.Limit.Never(s.ChannelForm.Limit.Reason(value))
	}
	if words, known := s.ChannelForm.Fault.faultOf(code, high, value); known {
		return words
	}
	return f.Other
}

// RefusalOf tells why a caller was refused, by a medialive.Refusal.
func (s *Strings) RefusalOf(reason string) string {
	r := s.Refusal
	switch reason {
	case "address":
		return r.Address
	case "stream_id":
		return r.StreamID
	case "passphrase":
		return r.Passphrase
	case "not_encrypted":
		return r.NotEncrypted
	case "encrypted":
		return r.Encrypted
	case "key_length":
		return r.KeyLength
	case "busy":
		return r.Busy
	case "unfinished":
		return r.Unfinished
	}
	return r.Other
}
