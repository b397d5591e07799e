package srt

// Events is what a socket is watched for or ready for.
type Events int32

// The events of a socket.
const (
	In  Events = 1 // to receive, or a caller to accept
	Out Events = 4 // to send, or connected
	Err Events = 8
)

const pollEnableEmpty = 1 // SRT_EPOLL_ENABLE_EMPTY

// Event is a ready socket, laid out as SRT_EPOLL_EVENT.
type Event struct {
	Socket Socket
	Events Events
}

// Poll watches sockets. It is level-triggered: a socket is told of as long as
// it is ready.
type Poll struct {
	l  *Library
	id int32
}

// NewPoll makes a poll that watches nothing yet.
func (l *Library) NewPoll() (*Poll, error) {
	id, err := l.newPoll()
	if err != nil {
		return nil, err
	}
	return &Poll{l, id}, nil
}

// Watch adds a socket.
func (p *Poll) Watch(s Socket, events Events) error { return p.l.pollAdd(p.id, s, events) }

// Forget removes a socket; closed ones are removed by libsrt.
func (p *Poll) Forget(s Socket) { p.l.pollRemove(p.id, s) }

// Ready fills ready with sockets that are so now and does not wait. Waiting
// inside libsrt would wake the thread at every change of any socket.
func (p *Poll) Ready(ready []Event) (int, error) { return p.l.pollWait(p.id, ready, 0) }

// Release frees the poll.
func (p *Poll) Release() { p.l.pollRelease(p.id) }
