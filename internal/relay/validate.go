package relay

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"unicode/utf8"
)

// Limits of a spec. They are libsrt's and the API's, and guards of memory.
const (
	maxOutputs       = 10
	maxAllow         = 100
	maxName          = 255 // bytes
	maxHost          = 255 // bytes
	maxStreamID      = 512 // bytes
	maxLatency       = 15000
	minPassphrase    = 10 // bytes
	maxPassphrase    = 79 // bytes
	maxSpecBytes     = 256 << 10
	maxIDCharacters  = 64
	keyLengthAES128  = 16
	keyLengthAES192  = 24
	keyLengthAES256  = 32
	highestPort      = 65535
	anyAddress       = "0.0.0.0"
	idCharacters     = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	forbiddenInTexts = "\x00"
)

// DecodeSpec reads one FlowSpec in JSON and validates it. Unknown members are
// refused: they would be promises not kept.
func DecodeSpec(r io.Reader) (FlowSpec, error) {
	var spec FlowSpec
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&spec); err != nil {
		return FlowSpec{}, fmt.Errorf("read flow spec: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return FlowSpec{}, errors.New("read flow spec: more than one value")
	}
	return spec, spec.Validate()
}

// Validate tells all that is wrong with a spec.
func (f FlowSpec) Validate() error {
	var faults []error
	if f.ID == "" || len(f.ID) > maxIDCharacters || strings.Trim(f.ID, idCharacters) != "" {
		faults = append(faults, errors.New("id: 1 to 64 letters, digits, - and _ needed"))
	}
	if len(f.Outputs) > maxOutputs {
		faults = append(faults, fmt.Errorf("outputs: %d, at most %d allowed", len(f.Outputs), maxOutputs))
	}
	if err := f.Source.validate(); err != nil {
		faults = append(faults, fmt.Errorf("source: %w", err))
	}
	names := map[string]bool{}
	for i, o := range f.Outputs {
		if err := o.validate(); err != nil {
			faults = append(faults, fmt.Errorf("output %d: %w", i, err))
		}
		if names[o.Name] {
			faults = append(faults, fmt.Errorf("output %d: name used twice", i))
		}
		names[o.Name] = true
	}
	return errors.Join(faults...)
}

func (l LegSpec) validate() error {
	checks := []struct {
		ok   bool
		text string
	}{
		{l.Name != "" && len(l.Name) <= maxName && utf8.ValidString(l.Name), "name: 1 to 255 bytes needed"},
		{l.Mode == Listen || l.Mode == Call, "mode: listen or call needed"},
		{l.Port >= 1 && l.Port <= highestPort, "port: 1 to 65535 needed"},
		{l.Latency >= 0 && l.Latency <= maxLatency, "latency: 0 to 15000 ms needed"},
		{len(l.StreamID) <= maxStreamID && !strings.ContainsAny(l.StreamID, forbiddenInTexts), "stream_id: at most 512 bytes"},
		{len(l.Allow) <= maxAllow, "allow: at most 100 networks"},
		{l.validHost(), "host: an address to bind, or a host to call, needed"},
		{l.validKey(), "key_length: 0 without passphrase, or 16, 24, 32 with one of 10 to 79 bytes, needed"},
	}
	var faults []error
	for _, c := range checks {
		if !c.ok {
			faults = append(faults, errors.New(c.text))
		}
	}
	for i, p := range l.Allow {
		if !p.IsValid() {
			faults = append(faults, fmt.Errorf("allow %d: not a network", i))
		}
	}
	return errors.Join(faults...)
}

func (l LegSpec) validHost() bool {
	if l.Mode == Listen {
		_, err := netip.ParseAddr(l.Host)
		return l.Host == "" || err == nil
	}
	return l.Host != "" && len(l.Host) <= maxHost && !strings.ContainsAny(l.Host, " /:\x00") || isAddr(l.Host)
}

func (l LegSpec) validKey() bool {
	switch l.KeyLength {
	case 0:
		return l.Passphrase == ""
	case keyLengthAES128, keyLengthAES192, keyLengthAES256:
		return len(l.Passphrase) >= minPassphrase && len(l.Passphrase) <= maxPassphrase &&
			!strings.ContainsAny(l.Passphrase, forbiddenInTexts)
	}
	return false
}

func isAddr(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// sameConnection tells whether a leg can go from one spec to the other
// without its peers connecting anew.
func (l LegSpec) sameConnection(o LegSpec) bool {
	return l.Mode == o.Mode && l.Host == o.Host && l.Port == o.Port && l.StreamID == o.StreamID &&
		l.KeyLength == o.KeyLength && l.Passphrase == o.Passphrase
}
