package srt

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"syscall"
	"unsafe"

	"github.com/ebitengine/purego"
)

// This file holds all use of purego and unsafe. Rules that its calls keep:
// pointers are converted to uintptr in the call's own argument list, which
// keeps what they point to alive and in place; libsrt copies and keeps none.
// C ints arrive in a 64-bit register, so results are cut to int32. The last
// error of libsrt belongs to the thread, so failing calls stay on theirs.

// symbols are the addresses of the functions in use, in the order of names.
type symbols struct {
	startup, cleanup, getversion                                  uintptr
	createSocket, close, bind, listen, listenCallback             uintptr
	accept, connect, setsockflag, getsockflag                     uintptr
	recvmsg2, sendmsg2, bistats, getsockstate                     uintptr
	getlasterror, lasterrorStr                                    uintptr
	getrejectreason, setrejectreason, rejectreasonStr             uintptr
	epollCreate, epollAdd, epollRemove, epollWait, epollSet       uintptr
	epollRelease, setloglevel, resetlogfa, setloghandler, getname uintptr
}

func (y *symbols) named() []struct {
	name string
	at   *uintptr
} {
	return []struct {
		name string
		at   *uintptr
	}{
		{"srt_startup", &y.startup},
		{"srt_cleanup", &y.cleanup},
		{"srt_getversion", &y.getversion},
		{"srt_create_socket", &y.createSocket},
		{"srt_close", &y.close},
		{"srt_bind", &y.bind},
		{"srt_listen", &y.listen},
		{"srt_listen_callback", &y.listenCallback},
		{"srt_accept", &y.accept},
		{"srt_connect", &y.connect},
		{"srt_setsockflag", &y.setsockflag},
		{"srt_getsockflag", &y.getsockflag},
		{"srt_recvmsg2", &y.recvmsg2},
		{"srt_sendmsg2", &y.sendmsg2},
		{"srt_bistats", &y.bistats},
		{"srt_getsockstate", &y.getsockstate},
		{"srt_getlasterror", &y.getlasterror},
		{"srt_getlasterror_str", &y.lasterrorStr},
		{"srt_getrejectreason", &y.getrejectreason},
		{"srt_setrejectreason", &y.setrejectreason},
		{"srt_rejectreason_str", &y.rejectreasonStr},
		{"srt_epoll_create", &y.epollCreate},
		{"srt_epoll_add_usock", &y.epollAdd},
		{"srt_epoll_remove_usock", &y.epollRemove},
		{"srt_epoll_uwait", &y.epollWait},
		{"srt_epoll_set", &y.epollSet},
		{"srt_epoll_release", &y.epollRelease},
		{"srt_setloglevel", &y.setloglevel},
		{"srt_resetlogfa", &y.resetlogfa},
		{"srt_setloghandler", &y.setloghandler},
		{"srt_getsockname", &y.getname},
	}
}

// Library is an opened libsrt.
type Library struct {
	name    string
	version uint32
	y       symbols

	admit     sync.Map // Socket of a listener → Door
	callMu    sync.Mutex
	calls     map[int]visit // by receive thread: the call it handles
	onCallPtr uintptr
	onLogPtr  uintptr
}

// open opens the first of the named libraries that is there.
func open(names []string) (*Library, error) {
	var missing []error
	for _, name := range names {
		handle, err := purego.Dlopen(name, purego.RTLD_NOW|purego.RTLD_LOCAL)
		if err != nil {
			missing = append(missing, err)
			continue
		}
		l := &Library{name: name, calls: map[int]visit{}}
		if err := l.resolve(handle); err != nil {
			return nil, err
		}
		return l, nil
	}
	return nil, errors.Join(missing...)
}

func (l *Library) resolve(handle uintptr) error {
	for _, s := range l.y.named() {
		at, err := purego.Dlsym(handle, s.name)
		if err != nil {
			return fmt.Errorf("%s lacks the function %s: %w", l.name, s.name, err)
		}
		*s.at = at
	}
	r, _, _ := purego.SyscallN(l.y.getversion)
	l.version = uint32(r)
	return nil
}

// fail reads the error of the last call on this thread.
func (l *Library) fail(op string) error {
	var errno int32
	r, _, _ := purego.SyscallN(l.y.getlasterror, uintptr(unsafe.Pointer(&errno)))
	code := int(int32(r))
	if code == codeSendWait || code == codeReceiveWait {
		return ErrWouldBlock
	}
	text, _, _ := purego.SyscallN(l.y.lasterrorStr)
	return &Error{Op: op, Code: code, Errno: syscall.Errno(errno), Text: goString(text)}
}

// Startup starts libsrt's threads and routes its log away from stderr. Each
// Startup needs a [Library.Cleanup].
func (l *Library) Startup() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if r, _, _ := purego.SyscallN(l.y.startup); int32(r) < 0 {
		return l.fail("start up")
	}
	// Callbacks are never freed by purego: one of each for a library's life.
	if l.onCallPtr == 0 {
		l.onCallPtr = purego.NewCallback(l.onCall)
		l.onLogPtr = purego.NewCallback(l.onLog)
	}
	area := int32(logAreaConnect)
	purego.SyscallN(l.y.resetlogfa, uintptr(unsafe.Pointer(&area)), 1)
	purego.SyscallN(l.y.setloglevel, syscallLogWarning)
	purego.SyscallN(l.y.setloghandler, 0, l.onLogPtr)
	return nil
}

// Cleanup closes every socket and ends libsrt's threads. No other call may be
// running.
func (l *Library) Cleanup() {
	purego.SyscallN(l.y.cleanup)
}

// NewSocket makes a socket with no options set.
func (l *Library) NewSocket() (Socket, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	r, _, _ := purego.SyscallN(l.y.createSocket)
	if int32(r) < 0 {
		return 0, l.fail("create socket")
	}
	return Socket(int32(r)), nil
}

// Close closes a socket. What is not sent yet is dropped.
func (l *Library) Close(s Socket) {
	purego.SyscallN(l.y.close, s.arg())
	l.admit.Delete(s)
}

func (l *Library) setFlag(s Socket, option Option, value []byte) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	r, _, _ := purego.SyscallN(l.y.setsockflag, s.arg(), uintptr(option),
		uintptr(unsafe.Pointer(unsafe.SliceData(value))), uintptr(len(value)))
	if int32(r) < 0 {
		return l.fail(fmt.Sprintf("set option %d", option))
	}
	return nil
}

// Int reads an option that is a 32-bit integer.
func (l *Library) Int(s Socket, option Option) (int, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	out := struct{ value, size int32 }{size: 4}
	r, _, _ := purego.SyscallN(l.y.getsockflag, s.arg(), uintptr(option),
		uintptr(unsafe.Pointer(&out.value)), uintptr(unsafe.Pointer(&out.size)))
	if int32(r) < 0 {
		return 0, l.fail(fmt.Sprintf("get option %d", option))
	}
	return int(out.value), nil
}

func (l *Library) bind(s Socket, addr []byte) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	r, _, _ := purego.SyscallN(l.y.bind, s.arg(), uintptr(unsafe.Pointer(&addr[0])), uintptr(len(addr)))
	if int32(r) < 0 {
		return l.fail("bind")
	}
	return nil
}

func (l *Library) connect(s Socket, addr []byte) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	r, _, _ := purego.SyscallN(l.y.connect, s.arg(), uintptr(unsafe.Pointer(&addr[0])), uintptr(len(addr)))
	if int32(r) < 0 {
		return l.fail("connect")
	}
	return nil
}

func (l *Library) getName(s Socket, addr []byte) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	size := int32(len(addr))
	r, _, _ := purego.SyscallN(l.y.getname, s.arg(), uintptr(unsafe.Pointer(&addr[0])), uintptr(unsafe.Pointer(&size)))
	if int32(r) < 0 {
		return l.fail("get name")
	}
	return nil
}

func (l *Library) listen(s Socket, backlog int) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	// The socket's number is the key by which onCall finds its door.
	purego.SyscallN(l.y.listenCallback, s.arg(), l.onCallPtr, s.arg())
	if r, _, _ := purego.SyscallN(l.y.listen, s.arg(), uintptr(backlog)); int32(r) < 0 {
		return l.fail("listen")
	}
	return nil
}

func (l *Library) accept(s Socket, addr []byte) (Socket, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	size := int32(len(addr))
	r, _, _ := purego.SyscallN(l.y.accept, s.arg(), uintptr(unsafe.Pointer(&addr[0])), uintptr(unsafe.Pointer(&size)))
	if int32(r) < 0 {
		return 0, l.fail("accept")
	}
	return Socket(int32(r)), nil
}

// Receive reads one message. On a non-blocking socket with nothing to read the
// error is [ErrWouldBlock].
func (l *Library) Receive(s Socket, p *Packet) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	r, _, _ := purego.SyscallN(l.y.recvmsg2, s.arg(), uintptr(unsafe.Pointer(&p.data[0])), uintptr(len(p.data)),
		uintptr(unsafe.Pointer(&p.control)))
	if int32(r) < 0 {
		return l.fail("receive")
	}
	p.size, p.due = int(int32(r)), p.control.sourceTime
	return nil
}

// Send queues one message. On a non-blocking socket whose buffer is full the
// error is [ErrWouldBlock].
func (l *Library) Send(s Socket, p *Packet) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	p.control = newControl(p.due)
	r, _, _ := purego.SyscallN(l.y.sendmsg2, s.arg(), uintptr(unsafe.Pointer(&p.data[0])), uintptr(p.size),
		uintptr(unsafe.Pointer(&p.control)))
	if int32(r) < 0 {
		return l.fail("send")
	}
	return nil
}

func (l *Library) stats(s Socket, block []byte) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	// Never cleared, and instantaneous: several readers then do not disturb each other.
	r, _, _ := purego.SyscallN(l.y.bistats, s.arg(), uintptr(unsafe.Pointer(&block[0])), 0, 1)
	if int32(r) < 0 {
		return l.fail("read statistics")
	}
	return nil
}

// State tells the life of a socket.
func (l *Library) State(s Socket) State {
	r, _, _ := purego.SyscallN(l.y.getsockstate, s.arg())
	return State(int32(r))
}

// RejectReason tells why a call failed. Ask before closing the socket.
func (l *Library) RejectReason(s Socket) (Reject, string) {
	r, _, _ := purego.SyscallN(l.y.getrejectreason, s.arg())
	text, _, _ := purego.SyscallN(l.y.rejectreasonStr, uintptr(uint32(r)))
	return Reject(int32(r)), goString(text)
}

func (l *Library) setRejectReason(s Socket, reason Reject) {
	purego.SyscallN(l.y.setrejectreason, s.arg(), uintptr(uint32(reason)))
}

func (l *Library) newPoll() (int32, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	r, _, _ := purego.SyscallN(l.y.epollCreate)
	if int32(r) < 0 {
		return 0, l.fail("create poll")
	}
	purego.SyscallN(l.y.epollSet, uintptr(uint32(r)), pollEnableEmpty)
	return int32(r), nil
}

func (l *Library) pollAdd(poll int32, s Socket, events Events) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	mask := int32(events)
	r, _, _ := purego.SyscallN(l.y.epollAdd, uintptr(uint32(poll)), s.arg(), uintptr(unsafe.Pointer(&mask)))
	if int32(r) < 0 {
		return l.fail("watch socket")
	}
	return nil
}

func (l *Library) pollRemove(poll int32, s Socket) {
	purego.SyscallN(l.y.epollRemove, uintptr(uint32(poll)), s.arg())
}

func (l *Library) pollRelease(poll int32) {
	purego.SyscallN(l.y.epollRelease, uintptr(uint32(poll)))
}

func (l *Library) pollWait(poll int32, ready []Event, milliseconds int) (int, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	r, _, _ := purego.SyscallN(l.y.epollWait, uintptr(uint32(poll)),
		uintptr(unsafe.Pointer(&ready[0])), uintptr(len(ready)), uintptr(milliseconds))
	n := int(int32(r))
	if n < 0 {
		return 0, l.fail("wait for sockets")
	}
	return min(n, len(ready)), nil
}

// onCall runs on the receive thread of a port, for each call to a listener,
// before libsrt checks the passphrase. A panic must not reach C.
func (l *Library) onCall(listener uintptr, s, _ int32, peer, streamID unsafe.Pointer) (result uintptr) {
	defer func() {
		if recover() != nil {
			result = ^uintptr(0)
		}
	}()
	call := Call{Socket: Socket(s), StreamID: cString(streamID, MaxStreamID)}
	if peer != nil {
		call.Peer = addrPort(sockaddr(peer))
	}
	if !l.decide(Socket(int32(listener)), call, syscall.Gettid()) {
		return ^uintptr(0)
	}
	return 0
}

// onLog runs on any of libsrt's threads. A panic must not reach C.
func (l *Library) onLog(_, _ uintptr, _ unsafe.Pointer, _ uintptr, _, message unsafe.Pointer) {
	defer func() { _ = recover() }()
	l.readLog(cString(message, maxLogLine), syscall.Gettid())
}

// sockaddr gives the bytes of a struct sockaddr by its family.
func sockaddr(p unsafe.Pointer) []byte {
	if *(*uint16)(p) == syscall.AF_INET6 {
		return unsafe.Slice((*byte)(p), sizeSockaddr6)
	}
	return unsafe.Slice((*byte)(p), sizeSockaddr4)
}

// cString copies a NUL-ended string of at most limit bytes.
func cString(p unsafe.Pointer, limit int) string {
	if p == nil {
		return ""
	}
	n := 0
	for n < limit && *(*byte)(unsafe.Add(p, n)) != 0 {
		n++
	}
	return string(unsafe.Slice((*byte)(p), n))
}

// goString copies a static string of libsrt. The detour by a pointer to the
// address keeps vet content: the memory is C's, and never moves.
func goString(at uintptr) string {
	return cString(*(*unsafe.Pointer)(unsafe.Pointer(&at)), maxLogLine)
}
