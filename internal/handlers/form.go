package handlers

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// The names of the fields of our forms.
const (
	fieldName        = "name"
	fieldProtocol    = "protocol"
	fieldAddress     = "address"
	fieldPort        = "port"
	fieldStreamID    = "stream_id"
	fieldLatency     = "min_latency"
	fieldWhitelist   = "cidr_whitelist"
	fieldDescription = "description"
	fieldAlgorithm   = "algorithm"
	fieldAction      = "passphrase_action"
	fieldPassphrase  = "passphrase"
)

// legFields are the fields of a source or an output in the order of the form.
var legFields = []string{
	fieldName, fieldProtocol, fieldAddress, fieldPort, fieldStreamID, fieldLatency,
	fieldWhitelist, fieldDescription, fieldAlgorithm, fieldAction, fieldPassphrase,
}

// What a form does with a passphrase that is set.
const (
	actionKeep    = "keep"
	actionReplace = "replace"
	actionRemove  = "remove"
)

// legForm is a source or an output as somebody typed it.
type legForm struct {
	Name, Protocol, Address, Port, StreamID, Latency string
	Whitelist, Description, Algorithm, Action        string
	Passphrase                                       medialive.Secret
}

// formFault is what is wrong with a field. Line is the line of a field that
// has several, from 1; 0 for the field as a whole.
type formFault struct {
	Field string
	Line  int
	medialive.Fault
}

// parseLegForm takes what was typed as it is, but for blanks around what
// cannot have any. A passphrase is never trimmed.
func parseLegForm(v url.Values) legForm {
	trimmed := func(name string) string { return strings.TrimSpace(v.Get(name)) }
	f := legForm{
		Name: trimmed(fieldName), Protocol: trimmed(fieldProtocol), Address: trimmed(fieldAddress),
		Port: trimmed(fieldPort), StreamID: v.Get(fieldStreamID), Latency: trimmed(fieldLatency),
		Whitelist: strings.ReplaceAll(v.Get(fieldWhitelist), "\r\n", "\n"), Description: v.Get(fieldDescription),
		Algorithm: trimmed(fieldAlgorithm), Action: trimmed(fieldAction), Passphrase: medialive.Secret(v.Get(fieldPassphrase)),
	}
	f.Address = strings.TrimPrefix(f.Address, "srt://")
	if f.Passphrase != "" && f.Action == "" {
		f.Action = actionReplace
	}
	return f
}

// formOfSource is the form that shows a source.
func formOfSource(s medialive.Source) legForm {
	f := legForm{
		Name: s.Name, Protocol: string(s.Protocol), Address: s.Address, Port: number(s.Port), StreamID: s.StreamID,
		Latency: number(s.MinLatency), Whitelist: strings.Join(s.CIDRWhitelist, "\n"), Description: s.Description,
	}
	f.setCrypto(s.Decryption)
	if s.Protocol == medialive.Listener {
		f.Address = "" // the service's own, not to be typed
	}
	return f
}

// formOfOutput is the form that shows an output.
func formOfOutput(o medialive.Output) legForm {
	f := legForm{
		Name: o.Name, Protocol: string(o.Protocol), Address: o.Destination, Port: number(o.Port), StreamID: o.StreamID,
		Latency: number(o.MinLatency), Whitelist: strings.Join(o.CIDRWhitelist, "\n"), Description: o.Description,
	}
	f.setCrypto(o.Encryption)
	return f
}

func (f *legForm) setCrypto(c *medialive.Crypto) {
	if c != nil {
		f.Algorithm, f.Action = string(cmp.Or(c.Algorithm, medialive.AES256)), actionKeep
	}
}

// number is a number as a field shows it; 0 is none.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// source gives the source that the form describes and all that is wrong with
// it. had tells whether the source has a passphrase that can be kept.
func (f legForm) source(had bool) (medialive.Source, []formFault) {
	port, faults := f.number(fieldPort, f.Port, medialive.MinPort, medialive.MaxPort)
	latency, late := f.number(fieldLatency, f.Latency, medialive.MinLatencyLow, medialive.MinLatencyHigh)
	list, lines := f.whitelist()
	s := medialive.Source{
		Name: f.Name, Protocol: medialive.Protocol(f.Protocol), Port: port, StreamID: f.StreamID,
		MinLatency: latency, CIDRWhitelist: list, Description: f.Description, Decryption: f.crypto(had),
	}
	if s.Protocol == medialive.Caller {
		s.Address = f.Address
	}
	faults = append(faults, late...)
	return s, placed(faults, medialive.ValidateSource(s), lines)
}

// output gives the output that the form describes, as source does.
func (f legForm) output(had bool) (medialive.Output, []formFault) {
	port, faults := f.number(fieldPort, f.Port, medialive.MinPort, medialive.MaxPort)
	latency, late := f.number(fieldLatency, f.Latency, medialive.MinLatencyLow, medialive.MinLatencyHigh)
	list, lines := f.whitelist()
	o := medialive.Output{
		Name: f.Name, Protocol: medialive.Protocol(f.Protocol), Port: port,
		MinLatency: latency, Description: f.Description, Encryption: f.crypto(had),
	}
	if o.Protocol == medialive.Caller {
		o.Destination, o.StreamID = f.Address, f.StreamID
	} else {
		o.CIDRWhitelist = list
	}
	faults = append(faults, late...)
	return o, placed(faults, medialive.ValidateOutput(o), lines)
}

// changeFaults gives all that is wrong with a change of an output that exists.
func (f legForm) changeFaults(ch medialive.OutputChange, now medialive.Output) []formFault {
	_, faults := f.number(fieldPort, f.Port, medialive.MinPort, medialive.MaxPort)
	_, late := f.number(fieldLatency, f.Latency, medialive.MinLatencyLow, medialive.MinLatencyHigh)
	_, lines := f.whitelist()
	return placed(append(faults, late...), medialive.ValidateOutputChange(ch, now), lines)
}

// newFlow gives the flow that the form describes, and all that is wrong with
// it. Its source has the flow's name.
func (f legForm) newFlow(region string) (medialive.NewFlow, []formFault) {
	source, faults := f.source(false)
	made := medialive.NewFlow{Name: f.Name, Region: region, Source: source}
	faults = slices.DeleteFunc(faults, func(x formFault) bool { return x.Field == fieldName })
	for _, fault := range medialive.ValidateNewFlow(made) {
		if fault.Field == fieldName {
			faults = slices.Insert(faults, 0, formFault{Field: fieldName, Fault: fault})
		}
	}
	return made, faults
}

// crypto gives the protection that the form asks for; nil for none.
func (f legForm) crypto(had bool) *medialive.Crypto {
	if f.Algorithm == "" || (had && f.Action == actionRemove) {
		return nil
	}
	c := &medialive.Crypto{Algorithm: medialive.Algorithm(f.Algorithm), KeyType: medialive.SRTPassword}
	if had && f.Action != actionReplace {
		c.Passphrase = medialive.Mask
		return c
	}
	c.Passphrase = f.Passphrase
	if c.Passphrase == medialive.Mask {
		c.Passphrase = "" // typed, it must not mean "keep"
	}
	return c
}

// number reads a whole number. What is none, or does not fit, is a fault of
// the field's range; an empty field is 0, which means "not given". A zero that
// was typed is outside of every range.
func (f legForm) number(field, typed string, low, high int) (int, []formFault) {
	if typed == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(typed)
	if err != nil || n == 0 {
		return 0, []formFault{{Field: field, Fault: medialive.Fault{
			Field: field, Code: medialive.FaultRange, Min: low, Max: high, Value: cut(typed, 20),
		}}}
	}
	return n, nil
}

// whitelist gives the address ranges, and the line on which each was typed.
func (f legForm) whitelist() (list []string, lines []int) {
	for i, line := range strings.Split(f.Whitelist, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			list, lines = append(list, line), append(lines, i+1)
		}
	}
	return list, lines
}

// placed gives the form's own faults and those of the spec, at the fields of
// the form and in their order. A field that could not be read at all is not
// faulted again for being empty.
func placed(own []formFault, faults []medialive.Fault, lines []int) []formFault {
	all := slices.Clone(own)
	for _, fault := range faults {
		field, index := formField(fault.Field)
		if slices.ContainsFunc(own, func(o formFault) bool { return o.Field == field }) {
			continue
		}
		line := 0
		if index >= 0 && index < len(lines) {
			line = lines[index]
		}
		all = append(all, formFault{Field: field, Line: line, Fault: fault})
	}
	slices.SortStableFunc(all, func(a, b formFault) int {
		return cmp.Or(cmp.Compare(slices.Index(legFields, a.Field), slices.Index(legFields, b.Field)), cmp.Compare(a.Line, b.Line))
	})
	return all
}

// formField gives the field of the form that holds a field of the API, and the
// index in a list, or -1.
func formField(api string) (string, int) {
	name, index := api, -1
	if open := strings.IndexByte(api, '['); open > 0 && strings.HasSuffix(api, "]") {
		if n, err := strconv.Atoi(api[open+1 : len(api)-1]); err == nil {
			name, index = api[:open], n
		}
	}
	name = name[strings.LastIndexByte(name, '.')+1:]
	switch name {
	case "source_listener_address", "destination", "listener_address":
		return fieldAddress, index
	case "source_listener_port":
		return fieldPort, index
	case "key_type", "decryption", "encryption":
		return fieldAlgorithm, index
	}
	return name, index
}

// outputChange gives the change that leads from an output to what the form
// asks for; every field that the form shows is sent, so that an emptied one is
// cleared.
func outputChange(o medialive.Output, had bool) medialive.OutputChange {
	ch := medialive.OutputChange{Description: &o.Description, Encryption: o.Encryption}
	if o.MinLatency != 0 {
		ch.MinLatency = &o.MinLatency
	}
	if o.Port != 0 {
		ch.Port = &o.Port
	}
	if o.Protocol == medialive.Caller {
		ch.Destination, ch.StreamID = &o.Destination, &o.StreamID
	} else {
		list := o.CIDRWhitelist
		if list == nil {
			list = []string{}
		}
		ch.CIDRWhitelist = &list
	}
	if o.Encryption == nil && had {
		ch.Encryption = &medialive.Crypto{KeyType: medialive.SRTPassword}
	}
	return ch
}
