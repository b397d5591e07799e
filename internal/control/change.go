package control

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// Fingerprint tells two states of a source or an output apart, without their
// secrets and their health. It is short enough for a form's hidden field.
type Fingerprint string

// FingerprintSource gives the fingerprint of a source.
func FingerprintSource(s medialive.Source) Fingerprint {
	s.Health = ""
	s.Decryption = bare(s.Decryption)
	s.CIDRWhitelist = slices.Concat([]string{}, s.CIDRWhitelist) // none and empty are one
	return fingerprint(s)
}

// FingerprintOutput gives the fingerprint of an output.
func FingerprintOutput(o medialive.Output) Fingerprint {
	o.Health, o.Type = "", ""
	o.Encryption = bare(o.Encryption)
	o.CIDRWhitelist = slices.Concat([]string{}, o.CIDRWhitelist)
	return fingerprint(o)
}

// Likeness gives the fingerprint of an output whether it is on or off. By it a
// newer one of the same name is told from the one that somebody was shown.
func Likeness(o medialive.Output) Fingerprint {
	o.Status = ""
	return FingerprintOutput(o)
}

// bare gives a crypto without its passphrase, nil if it has none.
func bare(c *medialive.Crypto) *medialive.Crypto {
	if !encrypted(c) {
		return nil
	}
	return &medialive.Crypto{Algorithm: algorithm(c), KeyType: medialive.SRTPassword}
}

func encrypted(c *medialive.Crypto) bool { return c != nil && c.Passphrase != "" }

// algorithm gives a cipher by name, the default where none is.
func algorithm(c *medialive.Crypto) medialive.Algorithm {
	if c.Algorithm == "" {
		return medialive.AES256
	}
	return c.Algorithm
}

// fingerprint hashes plain data, which always encodes.
func fingerprint(v any) Fingerprint {
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	const hex = "0123456789abcdef"
	out := make([]byte, 0, 32)
	for _, b := range sum[:16] {
		out = append(out, hex[b>>4], hex[b&15])
	}
	return Fingerprint(out)
}

// Field is a field of the API that a change may touch.
type Field string

// The fields that changes are told of.
const (
	FieldName        Field = "name"
	FieldProtocol    Field = "protocol"
	FieldAddress     Field = "address" // of a caller: whom it calls
	FieldPort        Field = "port"
	FieldStreamID    Field = "stream_id"
	FieldLatency     Field = "min_latency"
	FieldWhitelist   Field = "cidr_whitelist"
	FieldDescription Field = "description"
	FieldAlgorithm   Field = "algorithm"
	FieldPassphrase  Field = "passphrase"
	FieldStatus      Field = "output_status"
	FieldSecond      Field = "second" // in the trail only: who asked, and who confirmed
	FieldMore        Field = "more"   // in the trail only: how many changes of a channel it does not tell
)

// hidden tells that a field may be one whose value is not told: a passphrase, or
// a secret within a channel, whose fields are told by their paths.
func (f Field) hidden() bool { return f == FieldPassphrase || strings.ContainsAny(string(f), ".[") }

// Change is a field that is to change. Of a passphrase it tells only whether
// there is one: Set, Fresh or nothing.
type Change struct {
	Field    Field
	From, To string // lists have one entry a line
}

// What a Change tells of a passphrase.
const (
	Set   = "set"
	Fresh = "new"
)

// DiffSource tells what a source would be changed in. An address or port that
// is left out, and a passphrase that is the mask, stay as they are.
func DiffSource(now, to medialive.Source) []Change {
	var d diff
	d.add(FieldName, now.Name, to.Name)
	d.add(FieldProtocol, string(now.Protocol), string(to.Protocol))
	if to.Address != "" || to.Protocol != now.Protocol {
		d.add(FieldAddress, now.Address, to.Address)
	}
	if to.Port != 0 {
		d.number(FieldPort, now.Port, to.Port)
	}
	d.add(FieldStreamID, now.StreamID, to.StreamID)
	if to.MinLatency != 0 {
		d.number(FieldLatency, now.MinLatency, to.MinLatency)
	}
	d.list(FieldWhitelist, now.CIDRWhitelist, to.CIDRWhitelist)
	d.add(FieldDescription, now.Description, to.Description)
	d.crypto(now.Decryption, to.Decryption)
	return d
}

// DiffOutput tells what an output would be changed in.
func DiffOutput(now, to medialive.Output) []Change {
	var d diff
	d.add(FieldAddress, now.Destination, to.Destination)
	d.number(FieldPort, now.Port, to.Port)
	d.add(FieldStreamID, now.StreamID, to.StreamID)
	d.number(FieldLatency, now.MinLatency, to.MinLatency)
	d.list(FieldWhitelist, now.CIDRWhitelist, to.CIDRWhitelist)
	d.add(FieldDescription, now.Description, to.Description)
	d.crypto(now.Encryption, to.Encryption)
	d.add(FieldStatus, string(now.Status), string(to.Status))
	return d
}

// diff gathers changes.
type diff []Change

func (d *diff) add(f Field, from, to string) {
	if from != to {
		*d = append(*d, Change{f, from, to})
	}
}

func (d *diff) number(f Field, from, to int) {
	d.add(f, strconv.Itoa(from), strconv.Itoa(to))
}

func (d *diff) list(f Field, from, to []string) {
	d.add(f, strings.Join(from, "\n"), strings.Join(to, "\n"))
}

func (d *diff) crypto(from, to *medialive.Crypto) {
	was, will := encrypted(from), encrypted(to)
	switch {
	case was && will && to.Passphrase != medialive.Mask:
		d.add(FieldPassphrase, Set, Fresh)
	case !was && will:
		d.add(FieldPassphrase, "", Fresh)
	case was && !will:
		d.add(FieldPassphrase, Set, "")
	}
	if was && will {
		d.add(FieldAlgorithm, string(algorithm(from)), string(algorithm(to)))
	}
}

// describe puts changes into one line for the trail.
func describe(changes []Change) string {
	parts := make([]string, len(changes))
	for i, c := range changes {
		parts[i] = string(c.Field) + ": " + quote(c.From) + " → " + quote(c.To)
	}
	return strings.Join(parts, "; ")
}

// Told gives the changes that a line of the trail tells of, lists in one line;
// none where the line is of another kind.
func Told(detail string) []Change {
	var all []Change
	for detail != "" {
		field, rest, ok := strings.Cut(detail, ": ")
		from, rest, was := unquote(rest)
		rest, arrow := strings.CutPrefix(rest, " → ")
		to, rest, will := unquote(rest)
		if !ok || !was || !arrow || !will {
			return nil
		}
		all = append(all, Change{Field(field), from, to})
		detail = strings.TrimPrefix(rest, "; ")
	}
	return all
}

// unquote takes a quoted value from the beginning of a text.
func unquote(s string) (value, rest string, ok bool) {
	quoted, err := strconv.QuotedPrefix(s)
	if err != nil {
		return "", s, false
	}
	value, err = strconv.Unquote(quoted)
	return value, s[len(quoted):], err == nil
}

// quote shows a value in one line, cut where it is long.
func quote(s string) string {
	const longest = 120
	s = strings.ReplaceAll(s, "\n", ", ")
	if r := []rune(s); len(r) > longest {
		s = string(r[:longest]) + "…"
	}
	return strconv.Quote(s)
}

// describeSource tells of a new source for the trail.
func describeSource(s medialive.Source) string {
	return describe(DiffSource(medialive.Source{}, s))
}

// describeOutput tells of a new output for the trail.
func describeOutput(o medialive.Output) string {
	return describe(DiffOutput(medialive.Output{}, o))
}

// digest tells two sets of changes apart, without their secrets.
func digest(changes []Change) string { return string(fingerprint(changes)) }
