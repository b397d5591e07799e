package medialive

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// FaultCode says what is wrong with a field. It is stable: interfaces translate it.
type FaultCode string

// The codes of faults. Which of Min, Max and Value a fault has stands with its code.
const (
	FaultRequired     FaultCode = "required"      // nothing given
	FaultLength       FaultCode = "length"        // not Min..Max characters
	FaultCharacters   FaultCode = "characters"    // names: not letters, digits, - and _; other texts: control characters, or not UTF-8
	FaultFirstLetter  FaultCode = "first_letter"  // must begin with a letter
	FaultRange        FaultCode = "range"         // Value is not Min..Max
	FaultPortReserved FaultCode = "port_reserved" // Value is a port that the service keeps
	FaultCIDR         FaultCode = "cidr"          // Value is not a CIDR block
	FaultCIDRv6       FaultCode = "cidr_v6"       // Value is an IPv6 block; only IPv4 is supported
	FaultTooMany      FaultCode = "too_many"      // more than Max entries
	FaultEnum         FaultCode = "enum"          // Value is none of those possible
	FaultHost         FaultCode = "host"          // Value is neither an IP address nor a domain name

	// Of channels.
	FaultURL       FaultCode = "url"       // not an address; Value has the schemes that are possible, never the address
	FaultAddress   FaultCode = "address"   // Value is neither an IP address nor a CIDR block, of a comma-separated list
	FaultDuplicate FaultCode = "duplicate" // Value was given before
	FaultCount     FaultCode = "count"     // Value is not Max, that of the primary sources
	FaultOrder     FaultCode = "order"     // not below (start, min) its other end, Max
	FaultUnknown   FaultCode = "unknown"   // Value names nothing that exists
	FaultUnfit     FaultCode = "unfit"     // Value, or having one, does not go with the rest: protocol, format, or another choice
)

// Fault is one thing wrong with what was entered.
type Fault struct {
	Field    string // API field name with its place, e.g. min_latency, cidr_whitelist[3], decryption.passphrase
	Code     FaultCode
	Min, Max int
	Value    string // what was given, shortened; never a secret
}

// The limits of the API.
const (
	MinPort            = 1024
	MaxPort            = 65535
	MinLatencyLow      = 10    // milliseconds
	MinLatencyHigh     = 15000 // milliseconds
	DefaultLatency     = 2000  // milliseconds, where none is given
	MaxName            = 64    // characters
	MaxStreamID        = 512   // characters, and bytes: libsrt's limit
	MaxDescription     = 255   // characters
	MaxAddress         = 255   // characters of a source's address
	MaxDestination     = 64    // characters
	MaxCIDRs           = 20
	MaxCIDRLength      = 1024 // characters
	MinPassphrase      = 10   // characters
	MaxPassphrase      = 79   // characters, and bytes: libsrt's limit
	maxFaultValue      = 64   // bytes of a value that a fault keeps
	maxDomain          = 253
	maxDomainPart      = 63
	reservedPortFirst  = 2077
	reservedPortSecond = 2088
)

// ValidateNewFlow gives everything that is wrong with a new flow. Fields of the
// source are told as sources[0].name and so on.
func ValidateNewFlow(flow NewFlow) []Fault {
	var v validation
	v.name("name", flow.Name, true)
	v.length("region", flow.Region, 1, MaxName)
	v.prefix = "sources[0]."
	v.source(flow.Source, false)
	return v.faults
}

// ValidateSource gives everything that is wrong with a source that takes the
// place of another, so that a passphrase of [Mask] may stand for the stored one.
func ValidateSource(s Source) []Fault {
	var v validation
	v.source(s, true)
	return v.faults
}

// ValidateOutput gives everything that is wrong with a new output.
func ValidateOutput(o Output) []Fault {
	var v validation
	v.name("name", o.Name, true)
	v.output(o)
	v.crypto("encryption", o.Encryption, false)
	return v.faults
}

// ValidateOutputChange gives everything that is wrong with a change to an
// output as it is now: of the fields given, and of what the output would
// lack after it.
func ValidateOutputChange(ch OutputChange, existing Output) []Fault {
	var v validation
	changed := ch.Apply(existing)
	v.output(changed)
	if ch.Encryption != nil && changed.Encryption != nil {
		v.crypto("encryption", ch.Encryption, existing.Encryption != nil)
	}
	return v.faults
}

// Apply gives the output as it is after the change. An empty passphrase takes
// the encryption away; one of [Mask] keeps that of o.
func (ch OutputChange) Apply(o Output) Output {
	set(&o.Destination, ch.Destination)
	set(&o.Port, ch.Port)
	set(&o.StreamID, ch.StreamID)
	set(&o.MinLatency, ch.MinLatency)
	set(&o.CIDRWhitelist, ch.CIDRWhitelist)
	set(&o.Description, ch.Description)
	set(&o.Status, ch.Status)
	if ch.Encryption != nil {
		o.Encryption = ch.Encryption.over(o.Encryption)
	}
	return o
}

// over gives the protection that c leaves in place of old.
func (c Crypto) over(old *Crypto) *Crypto {
	switch {
	case c.Passphrase == "":
		return nil
	case c.Passphrase == Mask && old != nil:
		c.Passphrase = old.Passphrase
	}
	return &c
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// Host gives the bare host of an address: the API's own examples have
// srt:// before it.
func Host(address string) string { return strings.TrimPrefix(address, "srt://") }

// validation collects faults.
type validation struct {
	prefix string // before the name of every field
	faults []Fault
}

// within has the fields that check names stand below another.
func (v *validation) within(field string, check func()) {
	was := v.prefix
	v.prefix += field + "."
	check()
	v.prefix = was
}

func (v *validation) add(f Fault) {
	f.Field = v.prefix + f.Field
	f.Value = strings.ToValidUTF8(cut(f.Value, maxFaultValue), "")
	v.faults = append(v.faults, f)
}

func (v *validation) source(s Source, mayKeep bool) {
	v.name("name", s.Name, false)
	v.protocol(s.Protocol)
	v.host("source_listener_address", s.Address, MaxAddress, s.Protocol == Caller)
	v.port("source_listener_port", s.Port, s.Protocol == Caller, true)
	v.common(s.StreamID, s.MinLatency, s.CIDRWhitelist, s.Description)
	v.crypto("decryption", s.Decryption, mayKeep)
}

// output checks all but the name and the encryption.
func (v *validation) output(o Output) {
	v.protocol(o.Protocol)
	v.host("destination", o.Destination, MaxDestination, o.Protocol == Caller)
	v.port("port", o.Port, o.Protocol == Caller, o.Protocol == Listener)
	v.common(o.StreamID, o.MinLatency, o.CIDRWhitelist, o.Description)
	if o.Status != "" && o.Status != Enabled && o.Status != Disabled {
		v.add(Fault{Field: "output_status", Code: FaultEnum, Value: string(o.Status)})
	}
}

// common checks what sources and outputs both have.
func (v *validation) common(streamID string, latency int, cidrs []string, description string) {
	v.text("stream_id", streamID, MaxStreamID, false)
	if len(streamID) > MaxStreamID && utf8.RuneCountInString(streamID) <= MaxStreamID {
		v.add(Fault{Field: "stream_id", Code: FaultLength, Max: MaxStreamID})
	}
	if latency != 0 && (latency < MinLatencyLow || latency > MinLatencyHigh) {
		v.add(Fault{
			Field: "min_latency", Code: FaultRange,
			Min: MinLatencyLow, Max: MinLatencyHigh, Value: strconv.Itoa(latency),
		})
	}
	v.cidrs(cidrs)
	v.text("description", description, MaxDescription, true)
}

// name checks a name: the API wants the first character of flows and outputs,
// but not of sources, to be a letter.
func (v *validation) name(field, name string, letterFirst bool) {
	if !v.length(field, name, 1, MaxName) {
		return
	}
	switch first := name[0]; {
	case !onlyNameCharacters(name):
		v.add(Fault{Field: field, Code: FaultCharacters, Value: name})
	case letterFirst && (first < 'A' || (first > 'Z' && first < 'a') || first > 'z'):
		v.add(Fault{Field: field, Code: FaultFirstLetter, Value: name})
	}
}

// length checks the number of characters of a required text, and says whether
// it is right.
func (v *validation) length(field, s string, least, most int) bool {
	n := utf8.RuneCountInString(s)
	switch {
	case n == 0:
		v.add(Fault{Field: field, Code: FaultRequired, Min: least, Max: most})
	case n < least || n > most:
		v.add(Fault{Field: field, Code: FaultLength, Min: least, Max: most})
	default:
		return true
	}
	return false
}

// text checks an optional text; lines says whether it may have several.
func (v *validation) text(field, s string, most int, lines bool) {
	if utf8.RuneCountInString(s) > most {
		v.add(Fault{Field: field, Code: FaultLength, Max: most})
	}
	if !plain(s, lines) {
		v.add(Fault{Field: field, Code: FaultCharacters})
	}
}

func (v *validation) protocol(p Protocol) {
	switch p {
	case Caller, Listener:
	case "":
		v.add(Fault{Field: "protocol", Code: FaultRequired})
	default:
		v.add(Fault{Field: "protocol", Code: FaultEnum, Value: string(p)})
	}
}

// port checks a port; 0 stands for none given. The service keeps two ports to
// itself.
func (v *validation) port(field string, port int, required, reserved bool) {
	f := Fault{Field: field, Min: MinPort, Max: MaxPort, Value: strconv.Itoa(port)}
	switch {
	case port == 0 && !required:
		return
	case port == 0:
		f.Code, f.Value = FaultRequired, ""
	case port < MinPort || port > MaxPort:
		f.Code = FaultRange
	case reserved && ReservedPort(port):
		f.Code = FaultPortReserved
	default:
		return
	}
	v.add(f)
}

// ReservedPort says whether the service keeps a port to itself: 2077 and 2088.
func ReservedPort(port int) bool { return port == reservedPortFirst || port == reservedPortSecond }

// host checks an IP address or domain name. Where none is required it is the
// service's own, which a client may send back.
func (v *validation) host(field, address string, most int, required bool) {
	switch n := utf8.RuneCountInString(address); {
	case n == 0 && required:
		v.add(Fault{Field: field, Code: FaultRequired, Max: most})
	case n == 0:
	case n > most:
		v.add(Fault{Field: field, Code: FaultLength, Min: 1, Max: most})
	case !validHost(Host(address)):
		v.add(Fault{Field: field, Code: FaultHost, Value: address})
	}
}

func (v *validation) cidrs(list []string) {
	if len(list) > MaxCIDRs {
		v.add(Fault{Field: "cidr_whitelist", Code: FaultTooMany, Max: MaxCIDRs, Value: strconv.Itoa(len(list))})
		return
	}
	for i, cidr := range list {
		f := Fault{Field: fmt.Sprintf("cidr_whitelist[%d]", i), Value: cidr}
		prefix, err := netip.ParsePrefix(cidr)
		switch {
		case err != nil:
			f.Code = FaultCIDR
		case !prefix.Addr().Is4():
			f.Code = FaultCIDRv6
		default:
			continue
		}
		v.add(f)
	}
}

// crypto checks a passphrase protection, and never puts the passphrase into a
// fault.
func (v *validation) crypto(field string, c *Crypto, mayKeep bool) {
	if c == nil {
		return
	}
	if c.Algorithm.KeyLength() == 0 {
		v.add(Fault{Field: field + ".algorithm", Code: FaultEnum, Value: string(c.Algorithm)})
	}
	if c.KeyType != SRTPassword {
		v.add(Fault{Field: field + ".key_type", Code: FaultEnum, Value: c.KeyType})
	}
	field += ".passphrase"
	passphrase := c.Passphrase.Reveal()
	switch n := utf8.RuneCountInString(passphrase); {
	case passphrase == Mask && mayKeep:
	case n == 0:
		v.add(Fault{Field: field, Code: FaultRequired, Min: MinPassphrase, Max: MaxPassphrase})
	case n < MinPassphrase || len(passphrase) > MaxPassphrase:
		v.add(Fault{Field: field, Code: FaultLength, Min: MinPassphrase, Max: MaxPassphrase})
	case !plain(passphrase, false):
		v.add(Fault{Field: field, Code: FaultCharacters})
	}
}

// onlyNameCharacters says whether s has letters of ASCII, digits, - and _ only.
func onlyNameCharacters(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// plain says whether s is UTF-8 without control characters, line ends and tabs
// aside where lines are allowed.
func plain(s string, lines bool) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(c rune) bool {
		return unicode.IsControl(c) && !(lines && (c == '\n' || c == '\r' || c == '\t'))
	}) < 0
}

// validHost says whether s is an IP address or a domain name. A name whose last
// part is a number would be read as an address, and is none.
func validHost(s string) bool {
	if addr, err := netip.ParseAddr(s); err == nil {
		return addr.Zone() == ""
	}
	s = strings.TrimSuffix(s, ".")
	if s == "" || len(s) > maxDomain {
		return false
	}
	parts := strings.Split(s, ".")
	for _, part := range parts {
		if part == "" || len(part) > maxDomainPart || !onlyNameCharacters(part) ||
			strings.HasPrefix(part, "-") || strings.HasSuffix(part, "-") {
			return false
		}
	}
	return strings.Trim(parts[len(parts)-1], "0123456789") != ""
}
