package handlers

import (
	"cmp"
	"strings"
	"unicode/utf8"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// edit is a source or an output in a form: as typed, as it was, and what is
// wrong with it. It makes the view models that both forms share.
type edit struct {
	t         *text.Strings
	form      legForm
	was       *legForm // nil: it is new
	had       bool     // a passphrase is set
	faults    []formFault
	refused   map[string]string // what the service refused, by field
	output    bool
	newFlow   bool // the source of a flow that is made, and the flow's name
	lost      bool // a passphrase was typed, and the page does not have it any more
	snapshot  *monitor.Snapshot
	rtt       float64 // milliseconds; 0: not known
	listening string  // where we listen
}

// fields are the form's fields.
func (e edit) fields() pages.LegFields {
	was := legForm{}
	if e.was != nil {
		was = *e.was
	}
	f := pages.LegFields{
		Name:             e.value(fieldName, e.form.Name, was.Name),
		Protocol:         e.value(fieldProtocol, e.form.Protocol, was.Protocol),
		ProtocolFixed:    e.output && e.was != nil,
		Address:          e.value(fieldAddress, e.form.Address, was.Address),
		Port:             e.value(fieldPort, e.form.Port, was.Port),
		StreamID:         e.value(fieldStreamID, e.form.StreamID, was.StreamID),
		Latency:          e.value(fieldLatency, e.form.Latency, was.Latency),
		Whitelist:        e.value(fieldWhitelist, e.form.Whitelist, was.Whitelist),
		WhitelistErrors:  e.lineErrors(),
		Description:      e.value(fieldDescription, e.form.Description, was.Description),
		Algorithm:        e.value(fieldAlgorithm, e.form.Algorithm, cipherName(was.Algorithm)),
		PassphraseAction: ui.Value{Text: e.form.Action, Error: e.error(fieldAction)},
		PassphraseSet:    e.had,
		PassphraseError:  e.error(fieldPassphrase),
		ListenAddress:    e.listening,
	}
	if e.form.Algorithm == was.Algorithm {
		f.Algorithm.Was = ""
	}
	if e.lost && f.PassphraseError == "" && e.form.Action != actionKeep && e.form.Algorithm != "" {
		f.PassphraseError = e.t.Form.PassphraseLost
	}
	if c := e.snapshot.Capabilities; c != nil && c.PortLast > 0 {
		f.PortHelp = e.t.Form.PortRange(c.PortFirst, c.PortLast)
	}
	if e.rtt >= 1 {
		rtt := int(e.rtt + 0.5)
		f.LatencyHelp = e.t.Form.LatencyRTT(rtt, 4*rtt)
	}
	return f
}

// value is a field with what it was, where that is something else.
func (e edit) value(field, typed, was string) ui.Value {
	v := ui.Value{Text: typed, Error: e.error(field)}
	if e.was != nil && typed != was {
		v.Was = was
	}
	return v
}

// error tells the first thing that is wrong with a field as a whole.
func (e edit) error(field string) string {
	for _, f := range e.faults {
		if f.Field == field && f.Line == 0 {
			return e.faultText(f)
		}
	}
	return e.refused[field]
}

// lineErrors tell what is wrong with the lines of the whitelist.
func (e edit) lineErrors() []string {
	var all []string
	for _, f := range e.faults {
		if f.Line > 0 {
			all = append(all, e.t.Form.Line(f.Line, e.faultText(f)))
		}
	}
	return all
}

func (e edit) faultText(f formFault) string {
	return e.t.FaultOf(string(f.Code), f.Min, f.Max, f.Value)
}

// links lead from the save button to what has to be mended.
func (e edit) links() []pages.FaultLink {
	var all []pages.FaultLink
	seen := map[string]bool{}
	add := func(field string) {
		if !seen[field] {
			seen[field] = true
			all = append(all, pages.FaultLink{Field: field, Label: e.label(control.Field(field))})
		}
	}
	for _, f := range e.faults {
		add(f.Field)
	}
	for _, field := range legFields {
		if e.refused[field] != "" {
			add(field)
		}
	}
	return all
}

// label is the name of a field.
func (e edit) label(f control.Field) string {
	w := e.t.Field
	switch f {
	case control.FieldName:
		switch {
		case e.output:
			return w.OutputName
		case e.newFlow:
			return w.FlowName
		}
		return w.SourceName
	case control.FieldProtocol:
		return w.Mode
	case control.FieldAddress:
		return w.Address
	case control.FieldPort:
		return w.Port
	case control.FieldStreamID:
		return w.StreamID
	case control.FieldLatency:
		return w.Latency
	case control.FieldWhitelist:
		if e.output {
			return w.Receivers
		}
		return w.Senders
	case control.FieldDescription:
		return w.Description
	case control.FieldAlgorithm:
		return w.KeyLength
	case control.FieldStatus:
		return w.Status
	}
	return w.Passphrase
}

// changes are the lines of the diff.
func (e edit) changes(diff []control.Change) []ui.Change {
	var all []ui.Change
	for _, c := range diff {
		all = append(all, ui.Change{
			Label: e.label(c.Field), Now: e.shown(c.Field, c.From), After: e.shown(c.Field, c.To),
			Bad: e.error(string(c.Field)) != "" || c.Field == control.FieldWhitelist && len(e.lineErrors()) > 0,
		})
	}
	return all
}

// shown is a value of the diff in lines; none for one that is not set.
func (e edit) shown(f control.Field, value string) []string {
	switch {
	case f == control.FieldPassphrase:
		return []string{e.passphraseWord(value)}
	case value == "" || value == "0":
		return nil
	case f == control.FieldProtocol:
		return []string{modeName(e.t, value == string(medialive.Listener))}
	case f == control.FieldAlgorithm:
		return []string{cipherName(value)}
	case f == control.FieldLatency:
		return []string{value + " ms"}
	}
	return strings.Split(value, "\n")
}

func (e edit) passphraseWord(value string) string {
	switch value {
	case control.Set:
		return e.t.Field.Set
	case control.Fresh:
		return e.t.Field.NewKey(utf8.RuneCountInString(e.form.Passphrase.Reveal()))
	}
	return e.t.Field.NotSet
}

// passphrase is what the form says of the passphrase.
func (f legForm) passphrase(had bool) control.PassphraseChange {
	switch {
	case f.Algorithm == "" || had && f.Action == actionRemove:
		return control.RemovePassphrase
	case had && f.Action != actionReplace:
		return control.KeepPassphrase
	}
	return control.ReplacePassphrase
}

// isSet tells whether a connection has a passphrase.
func isSet(c *medialive.Crypto) bool { return c != nil && c.Passphrase != "" }

// refusalAt finds the field that a refusal of the service is about. Only its
// text tells, and texts are not stable; where none is found the refusal stands
// over the form.
func refusalAt(t *text.Strings, err *medialive.Error, f legForm) map[string]string {
	said := strings.ToLower(err.Message)
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(said, w) {
				return true
			}
		}
		return false
	}
	switch {
	case err.Kind == medialive.KindExists:
		return map[string]string{fieldName: t.Fault.NameTaken}
	case has("port") && has("use", "taken", "occupied", "held", "holds"):
		return map[string]string{fieldPort: t.Fault.PortTaken(cmp.Or(f.Port, ui.Lost))}
	}
	for _, at := range []struct {
		field string
		words []string
	}{
		{fieldPassphrase, []string{"passphrase"}},
		{fieldPort, []string{"port"}},
		{fieldLatency, []string{"latency"}},
		{fieldWhitelist, []string{"cidr", "whitelist"}},
		{fieldStreamID, []string{"stream_id", "stream id"}},
		{fieldAddress, []string{"destination", "listener_address", "source_listener_address"}},
		{fieldDescription, []string{"description"}},
	} {
		if has(at.words...) {
			return map[string]string{at.field: t.Fault.Other}
		}
	}
	return nil
}
