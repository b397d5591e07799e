package gateway

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/store"
)

// The refusals of the channel operations, in the words of the API where it has
// some.

func unknownChannel() *refusal {
	return &refusal{http.StatusBadRequest, codeUnknown, "The resource to access is not exists"}
}

// badParam refuses a parameter. The API says no more than that there is one;
// this tells which.
func badParam(format string, args ...any) *refusal {
	return invalid("param check failed: "+format, args...)
}

func faultyChannel(faults []medialive.Fault) *refusal {
	return badParam("%s", faulty("", faults).msg)
}

func addressTaken(address string) *refusal { return invalid("output url %s is exist", address) }

// inChannelState refuses what the state of a channel forbids.
func inChannelState(state medialive.ChannelState) *refusal {
	return invalid("Request parameters is invalid, channel state has been turned %s", state)
}

// unsupported refuses what a gateway cannot do.
func unsupported(format string, args ...any) *refusal {
	return &refusal{http.StatusBadRequest, codeUnsupported, fmt.Sprintf(format, args...)}
}

// channelProblem tells people why no channel can run here; empty: channels can.
func (g *Gateway) channelProblem() string {
	if g.opts.Channels != nil {
		return ""
	}
	return cmp.Or(g.opts.ChannelProblem, "this build of the gateway cannot run channels")
}

// noChannels refuses to turn a channel ON where none can run.
func (g *Gateway) noChannels() *refusal {
	return unsupported("No channel can be turned ON, nothing was changed: %s. It can be kept while it is OFF", g.channelProblem())
}

// channelRefused gives the refusal that a conflict in the store means.
func channelRefused(err error, doing string) error {
	var taken *store.AddressTakenError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &taken):
		return addressTaken(taken.Address)
	case errors.Is(err, store.ErrExists):
		return flowExists()
	case errors.Is(err, store.ErrNotFound):
		return unknownChannel()
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// channelError is a refusal in the shape of the channel operations.
type channelError struct {
	Code    string `json:"result_code"`
	Message string `json:"result_msg"`
	medialive.ChannelKey
}

// errorOf gives the body of a refusal. Of the operations on channels, what the
// service refuses has a shape of its own; what the layer in front of it refuses
// has not, nor has a failure.
func errorOf(c *call, rt route, known *refusal) any {
	inFront := strings.HasPrefix(known.code, "APIG")
	if rt.ofChannel && known.status == http.StatusBadRequest && !inFront {
		return channelError{known.code, known.msg, c.channel}
	}
	if rt.ofEye && known.status == http.StatusBadRequest && !inFront {
		return eyeError{strconv.Itoa(known.status), eyeFault{codeEye, known.msg}}
	}
	body := errorBody{Code: known.code, Message: known.msg}
	if inFront {
		body.RequestID = requestID(c.Context())
	}
	return body
}
