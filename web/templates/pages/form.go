package pages

import (
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// leg tells whether the fields are those of a source or of an output.
type leg bool

const (
	sourceLeg leg = true
	outputLeg leg = false
)

// was is the note beside a field that was changed.
func was(t *text.Strings, v ui.Value, unit string) string {
	if v.Was == "" {
		return ""
	}
	if strings.Contains(v.Was, "\n") {
		return t.Form.Changed
	}
	value := v.Was
	if unit != "" {
		value += " " + unit
	}
	return strings.Replace(t.Form.Was, "{}", value, 1)
}

func (f LegFields) protocol(t *text.Strings, of leg) ui.Choice {
	c := ui.Choice{Name: "protocol", Label: t.Field.Mode, Error: f.Protocol.Error, Fixed: f.ProtocolFixed}
	labels := []string{t.List.Listener, t.List.Caller}
	c.Helps = []string{t.Form.OutputListen, t.Form.OutputCall}
	if of == sourceLeg {
		c.Helps = []string{f.listenHelp(t), t.Form.ModeCallHelp}
	}
	for i, value := range []string{"srt-listener", "srt-caller"} {
		chosen := value == f.Protocol.Text || i == 0 && f.Protocol.Text == ""
		c.Options = append(c.Options, ui.Option{Value: value, Label: labels[i], Selected: chosen})
		if chosen {
			c.Help = c.Helps[i]
		}
		if value == f.Protocol.Was {
			c.WasText = strings.Replace(t.Form.Was, "{}", labels[i], 1)
		}
	}
	if f.ProtocolFixed {
		c.Help = t.Form.ModeFixed
	}
	return c
}

func (f LegFields) listenHelp(t *text.Strings) string {
	if f.ListenAddress == "" {
		return t.Form.ModeListenPlain
	}
	return strings.Replace(t.Form.ModeListenHelp, "{}", f.ListenAddress, 1)
}

func (f LegFields) address(t *text.Strings) ui.Field {
	return ui.Field{Name: "address", Label: t.Field.Address, Value: f.Address, Help: t.Form.AddressHelp, WasText: was(t, f.Address, ""), Mono: true, MaxLen: "64"}
}

func (f LegFields) port(t *text.Strings) ui.Field {
	return ui.Field{
		Name: "port", Label: t.Field.Port, Value: f.Port, Help: or(f.PortHelp, t.Form.PortHelp), CallHelp: t.Form.PortCallHelp, WasText: was(t, f.Port, ""),
		Unit: t.Form.UDP, Mono: true, Short: true, MaxLen: "5", Mode: "numeric", Check: "port",
	}
}

func (f LegFields) latency(t *text.Strings) ui.Field {
	return ui.Field{
		Name: "min_latency", Label: t.Field.Latency, Value: f.Latency, Help: or(f.LatencyHelp, t.Form.LatencyHelp), WasText: was(t, f.Latency, t.Form.MS),
		Unit: t.Form.MS, Mono: true, Short: true, MaxLen: "5", Mode: "numeric", Check: "latency",
	}
}

func (f LegFields) streamID(t *text.Strings) ui.Field {
	return ui.Field{
		Name: "stream_id", Label: t.Field.StreamID, Value: f.StreamID, Help: t.Form.StreamIDHelp, CallHelp: t.Form.StreamIDCall, WasText: was(t, f.StreamID, ""),
		Mono: true, MaxLen: "512",
	}
}

func (f LegFields) whitelist(t *text.Strings, of leg, rows string) ui.Field {
	label := t.Field.Receivers
	if of == sourceLeg {
		label = t.Field.Senders
	}
	return ui.Field{
		Name: "cidr_whitelist", Label: label, Value: f.Whitelist, Help: t.Form.WhitelistHelp, WasText: was(t, f.Whitelist, ""),
		Mono: true, Rows: rows, Check: "cidr", Errors: f.WhitelistErrors,
	}
}

func (f LegFields) description(t *text.Strings) ui.Field {
	return ui.Field{
		Name: "description", Label: t.Field.Description, Value: f.Description, Help: t.Form.DescriptionHelp,
		WasText: was(t, f.Description, ""), MaxLen: "255",
	}
}

func (f LegFields) algorithm(t *text.Strings) ui.Choice {
	c := ui.Choice{Name: "algorithm", Label: t.Field.KeyLength, Help: t.Form.KeyHelp, Error: f.Algorithm.Error}
	for _, o := range []ui.Option{
		{Value: "", Label: t.Form.KeyNone},
		{Value: "aes128", Label: "AES-128"},
		{Value: "aes192", Label: "AES-192"},
		{Value: "aes256", Label: "AES-256"},
	} {
		o.Selected = o.Value == f.Algorithm.Text
		c.Options = append(c.Options, o)
	}
	if f.Algorithm.Was != "" {
		c.WasText = strings.Replace(t.Form.Was, "{}", f.Algorithm.Was, 1)
	}
	return c
}

func (f LegFields) passphraseAction(t *text.Strings) ui.Choice {
	c := ui.Choice{Name: "passphrase_action", Label: t.Field.Passphrase, Radio: true, Help: t.Form.PassphraseHelp}
	for _, o := range []ui.Option{
		{Value: "keep", Label: t.Form.Keep},
		{Value: "replace", Label: t.Form.Replace},
		{Value: "remove", Label: t.Form.RemoveKey},
	} {
		o.Selected = o.Value == or(f.PassphraseAction.Text, "keep")
		c.Options = append(c.Options, o)
	}
	switch f.PassphraseAction.Text {
	case "replace":
		c.WasText = t.Form.WillReplace
	case "remove":
		c.WasText = t.Form.WillRemove
	}
	return c
}

func (f LegFields) passphrase(t *text.Strings) ui.Field {
	return ui.Field{
		Name: "passphrase", Label: t.Field.Passphrase, Value: ui.Value{Error: f.PassphraseError}, Help: t.Form.CharactersOf(10, 79),
		Type: "password", Mono: true, MaxLen: "79", Complete: "new-password", Check: "passphrase",
	}
}

func (f NewFlowForm) name(focus bool) ui.Field {
	return ui.Field{
		Name: "name", Label: f.T.Field.FlowName, Value: f.Name, Help: f.T.Form.NameHelp, Mono: true, Required: true, Focus: focus,
		MaxLen: "64", Check: "name",
	}
}

func (f LegFields) name(t *text.Strings, of leg) ui.Field {
	label, help, check := t.Field.OutputName, t.Form.NameHelp, "name"
	if of == sourceLeg {
		label, help, check = t.Field.SourceName, t.Form.SourceNameHelp, "source-name"
	}
	return ui.Field{Name: "name", Label: label, Value: f.Name, Help: help, WasText: was(t, f.Name, ""), Mono: true, Required: true, MaxLen: "64", Check: check}
}

// longProtocol says the two modes in full, for those who make their first flow.
func (f LegFields) longProtocol(t *text.Strings, port string) ui.Choice {
	c := f.protocol(t, sourceLeg)
	c.Helps[0] = portFree(t, port)
	if c.Options[0].Selected {
		c.Help = c.Helps[0]
	}
	c.Label = t.First.Source
	c.Options[0].Label, c.Options[1].Label = t.First.ListenLong, t.First.CallLong
	return c
}

func portFree(t *text.Strings, port string) string {
	if port == "" {
		return t.First.PortGiven
	}
	return strings.Replace(t.First.PortFree, "{}", port, 1)
}

// faulty tells whether a line of a diff is to be shown as wrong.
func faulty(c ui.Change, line string) bool {
	return c.Bad && (len(c.Faulty) == 0 || slices.Contains(c.Faulty, line))
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// checks are the texts that form.js puts under a field as it is typed, by the
// name of the data attribute that holds each.
func checks(t *text.Strings) templ.Attributes {
	f := t.Fault
	return templ.Attributes{
		"data-say-required":    f.Required,
		"data-say-characters":  f.Characters,
		"data-say-letter":      f.FirstLetter,
		"data-say-port":        f.Range(1024, 65535),
		"data-say-kept":        f.PortReserved("{}"),
		"data-say-latency":     f.Range(10, 15000),
		"data-say-cidr":        f.CIDR("{}"),
		"data-say-v6":          f.CIDRv6("{}"),
		"data-say-many":        f.TooMany(20),
		"data-say-line":        strings.Replace(t.Form.Line(0, "{}"), "0", "[n]", 1),
		"data-say-passphrase":  f.Length(10, 79),
		"data-say-once-more":   t.Guard.SaveConfirm,
		"data-say-name-length": f.Length(1, 64),
	}
}

// changes are the texts that form.js puts beside a field that is changed.
func changes(t *text.Strings) templ.Attributes {
	return templ.Attributes{"data-say-was": t.Form.Was, "data-say-changed": t.Form.Changed}
}

func (e SourceEdit) post() string { return flowPath(e.FlowID, "source") }

func (e OutputEdit) post() string {
	if e.New {
		return flowPath(e.FlowID, "outputs")
	}
	return OutputPath(e.FlowID, e.Name)
}

func (e OutputEdit) title(t *text.Strings) string {
	if e.New {
		return t.Form.AddOutput
	}
	return t.Form.EditOutput
}

// effectPost is where the effect of an output's form is asked for: beside the
// outputs for a new one, below it for one that exists.
func (e OutputEdit) effectPost() string {
	if e.New {
		return flowPath(e.FlowID, "outputs", "new", "effect")
	}
	return OutputPath(e.FlowID, e.Name, "effect")
}
