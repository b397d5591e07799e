package srt

import (
	"net/netip"
	"strconv"
	"strings"
)

// Reject is the reason of a refused call (srt.h, SRT_REJECT_REASON, and
// access_control.h for those from 1000 on, which applications give).
type Reject int

// The reasons in use.
const (
	Accept          Reject = 0
	RejectPeer      Reject = 2
	RejectBadSecret Reject = 10 // another passphrase
	RejectUnsecure  Reject = 11 // a passphrase on one side only
	RejectTimeout   Reject = 16
	RejectOverload  Reject = 1402
	RejectForbidden Reject = 1403
	RejectNotFound  Reject = 1404
)

const (
	logAreaConnect    = 2 // SRT_LOGFA_CONN
	syscallLogWarning = 4 // LOG_WARNING
	rejectLine        = "rsp(REJECT): "
)

// Call is somebody calling a listener.
type Call struct {
	Socket   Socket // the one that Accept will give, if it comes so far
	Peer     netip.AddrPort
	StreamID string
}

// Door decides on the callers of one listener. Both functions run on
// libsrt's receive thread of the port: they must be quick, do no I/O, take no
// lock that is held around a call of this package, and may only set options
// and a reason on the calling socket.
type Door struct {
	// Admit is asked before libsrt has checked the passphrase. Another answer
	// than Accept refuses the caller, who is told it.
	Admit func(Call) Reject
	// Refused tells that libsrt turned away a caller whom Admit let in. It is
	// read from libsrt's log, so a library built without logs never tells.
	Refused func(Call, Reject)
}

// visit is a call under way on a receive thread.
type visit struct {
	call Call
	door Door
}

// Listen lets a bound socket take callers, whom the door decides on. backlog
// is how many may wait for Accept.
func (l *Library) Listen(s Socket, backlog int, door Door) error {
	l.admit.Store(s, door)
	if err := l.listen(s, backlog); err != nil {
		l.admit.Delete(s)
		return err
	}
	return nil
}

// decide asks the listener's door. An accepted call is remembered by its
// thread: libsrt verifies the passphrase next, on the same one.
func (l *Library) decide(listener Socket, call Call, thread int) bool {
	found, ok := l.admit.Load(listener)
	if !ok {
		return false
	}
	door := found.(Door)
	reason := door.Admit(call)
	if reason != Accept {
		l.setRejectReason(call.Socket, reason)
		return false
	}
	l.callMu.Lock()
	l.calls[thread] = visit{call, door}
	l.callMu.Unlock()
	return true
}

// readLog looks for the line by which libsrt tells that it refused the call
// that its thread handled last.
func (l *Library) readLog(line string, thread int) {
	reason, ok := rejectReason(line)
	if !ok {
		return
	}
	l.callMu.Lock()
	v, ok := l.calls[thread]
	delete(l.calls, thread)
	l.callMu.Unlock()
	if ok && v.door.Refused != nil {
		v.door.Refused(v.call, reason)
	}
}

// rejectReason reads the reason from a line of libsrt's log. Only the reasons
// found after the door are told, so that none is laid on an earlier caller.
func rejectReason(line string) (Reject, bool) {
	_, rest, ok := strings.Cut(line, rejectLine)
	if !ok {
		return 0, false
	}
	digits, _, _ := strings.Cut(rest, " ")
	code, err := strconv.Atoi(strings.TrimSpace(digits))
	if err != nil {
		return 0, false
	}
	const internal = 1000 // URQ_FAILURE_TYPES: where the reasons begin on the wire
	reason := Reject(code - internal)
	return reason, reason == RejectBadSecret || reason == RejectUnsecure
}
