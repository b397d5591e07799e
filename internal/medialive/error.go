package medialive

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what an error means to the person who caused the call.
type Kind string

// The kinds of error.
const (
	KindNotSignedIn    Kind = "not_signed_in"   // no token, or it ended: sign in again
	KindNotPermitted   Kind = "not_permitted"   // signed in, but may not (a 401 too: LIVE.100011003)
	KindNotFound       Kind = "not_found"       // the flow, output or channel does not exist
	KindExists         Kind = "exists"          // the name is taken
	KindState          Kind = "state"           // the state forbids it: already running, must be stopped first
	KindRefused        Kind = "refused"         // any other refusal of the request as it stands
	KindThrottled      Kind = "throttled"       // too many requests; RetryAfter says when
	KindUnavailable    Kind = "unavailable"     // not reached, or broken; nothing was changed
	KindOutcomeUnknown Kind = "outcome_unknown" // a command was sent and no answer came
	KindUnreadable     Kind = "unreadable"      // an answer that is not the API's (reads only)
)

// Error is every error of this package's clients. Its text has no secret.
type Error struct {
	Op         string // operationId of the spec
	Kind       Kind
	Status     int           // HTTP status; 0 when there was no answer
	Code       string        // error_code or result_code as given, e.g. LIVE.100011001
	Message    string        // error_msg or result_msg as given: from outside, never trusted
	RequestID  string        // X-Request-Id, or request_id of the body
	RetryAfter time.Duration // with KindThrottled and KindUnavailable, when told
	Err        error         // the cause, where there is one
}

// Error tells the operation, the kind, and what was answered.
func (e *Error) Error() string {
	s := fmt.Sprintf("%s: %s", e.Op, e.Kind)
	if e.Status != 0 {
		s += fmt.Sprintf(" (%d %s %q, request %s)", e.Status, e.Code, e.Message, e.RequestID)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf gives the kind of an error of this package, and KindUnavailable for
// any other error.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindUnavailable
}
