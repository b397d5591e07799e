package gateway

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/relay"
	"github.com/flowdeck/flowdeck/internal/seal"
)

// The codes of the specification that this gateway answers.
const (
	codeInvalid      = "LIVE.100011001" // invalid parameter, wrong state, unknown or duplicate output
	codeInternal     = "LIVE.100011005"
	codeUnsupported  = "LIVE.100011006"
	codeMethod       = "LIVE.100011011"
	codeMediaType    = "LIVE.100011012"
	codeExists       = "LIVE.103011018"
	codeUnknown      = "LIVE.103011019"
	codeUnknownPath  = "APIG.0101"
	codeTooMany      = "APIG.0308"
	internalErrorMsg = "Server internal error, please try again later or contact customer service staff to help solve"
)

// refusal is an error that is meant for the caller. Its text has no secret.
type refusal struct {
	status int
	code   string
	msg    string
}

func (r *refusal) Error() string { return r.code + ": " + r.msg }

// invalid refuses a request as it stands.
func invalid(format string, args ...any) *refusal {
	return &refusal{http.StatusBadRequest, codeInvalid, fmt.Sprintf(format, args...)}
}

func unknownFlow() *refusal {
	return &refusal{http.StatusBadRequest, codeUnknown, "flow_id not exist"}
}

func unknownOutput(name string) *refusal { return invalid("output_name %s not exist in flow", name) }

func flowExists() *refusal {
	return &refusal{http.StatusBadRequest, codeExists, "The resource to create is already exists"}
}

// inStatus refuses what the flow's status forbids, in the words of the API.
func inStatus(active bool) *refusal {
	if active {
		return invalid("flow task is in active status")
	}
	return invalid("flow task is in standby status")
}

// relayRefusal gives the refusal that the relay's answer to a change means, and
// nil for success and for what may pass: then the relay is told again.
func relayRefusal(err error) *refusal {
	var taken *relay.PortError
	switch {
	case errors.As(err, &taken):
		return invalid("%s", portProblem(taken))
	case errors.Is(err, relay.ErrUnavailable):
		return srtMissing(err.Error())
	case errors.Is(err, relay.ErrInvalid):
		return invalid("%s", err.Error())
	}
	return nil
}

func portProblem(taken *relay.PortError) string {
	return fmt.Sprintf("port %d of %s is held by another program on this machine", taken.Port, taken.Leg)
}

func srtMissing(problem string) *refusal {
	return &refusal{http.StatusBadRequest, codeUnsupported, "SRT does not work on this machine, nothing was changed: " + problem}
}

// keyFileLost is what people are told of a passphrase that cannot be opened.
const keyFileLost = "a stored passphrase cannot be opened with the key file of this service; set it anew"

// secretRefusal gives the refusal that an unreadable passphrase means.
func secretRefusal(err error) error {
	if errors.Is(err, seal.ErrOpen) {
		return invalid("%s", keyFileLost)
	}
	return err
}

// faulty refuses a request for its faults, and names them all; where tells the
// part of the body, such as "source.".
func faulty(where string, faults []medialive.Fault) *refusal {
	text := where + faults[0].Field + " " + faultText(faults[0])
	for _, f := range faults[1:] {
		text += "; " + where + f.Field + " " + faultText(f)
	}
	return invalid("%s", text)
}

func faultText(f medialive.Fault) string {
	switch f.Code {
	case medialive.FaultRequired:
		return "is required"
	case medialive.FaultLength:
		return fmt.Sprintf("must have %d to %d characters", f.Min, f.Max)
	case medialive.FaultCharacters:
		if f.Value == "" {
			return "must not contain control characters"
		}
		return "may contain only letters, digits, hyphens and underscores"
	case medialive.FaultFirstLetter:
		return "must begin with a letter"
	case medialive.FaultRange:
		return fmt.Sprintf("must be from %d to %d", f.Min, f.Max)
	case medialive.FaultPortReserved:
		return fmt.Sprintf("must not be %s: the port is reserved", f.Value)
	case medialive.FaultCIDR:
		return fmt.Sprintf("is not a CIDR block such as 192.0.2.0/24: %q", f.Value)
	case medialive.FaultCIDRv6:
		return fmt.Sprintf("must be an IPv4 block, IPv6 is not supported: %q", f.Value)
	case medialive.FaultTooMany:
		return fmt.Sprintf("must have at most %d entries", f.Max)
	case medialive.FaultEnum:
		return fmt.Sprintf("has no such value: %q", f.Value)
	case medialive.FaultHost:
		return fmt.Sprintf("is not an IP address or a domain name: %q", f.Value)
	}
	return channelFaultText(f)
}

// channelFaultText is faultText for what only channels have.
func channelFaultText(f medialive.Fault) string {
	switch f.Code {
	case medialive.FaultURL:
		if f.Value == "" {
			return "is not an address with a host and a path"
		}
		return "is not an address; possible are " + f.Value
	case medialive.FaultAddress:
		return fmt.Sprintf("has an entry that is neither an IP address nor a CIDR block: %q", f.Value)
	case medialive.FaultDuplicate:
		return fmt.Sprintf("was given before: %q", f.Value)
	case medialive.FaultCount:
		return fmt.Sprintf("must be %d, that of the primary sources, and is %s", f.Max, f.Value)
	case medialive.FaultOrder:
		return fmt.Sprintf("must be below %d", f.Max)
	case medialive.FaultUnknown:
		return fmt.Sprintf("names nothing that exists: %q", f.Value)
	case medialive.FaultUnfit:
		return strings.TrimSpace("does not go with the rest of the channel " + f.Value)
	}
	return "is not valid"
}
