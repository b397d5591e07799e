package relay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/flowdeck/flowdeck/internal/srt"
)

// Options are the settings of a relay process.
type Options struct {
	Socket  string // path of the unix socket to serve on
	Log     *slog.Logger
	Version string // of flowdeck, for the report
	// Allow are networks that legs may call although they lead to this machine
	// or to nobody: loopback, link-local, multicast and this machine's own.
	Allow []netip.Prefix
}

const (
	socketMode    = 0o600 // specs hold passphrases
	readTimeout   = 5 * time.Second
	writeTimeout  = 5 * time.Second
	eventPause    = 1 * time.Second
	stopTimeout   = 2 * time.Second
	adoptTimeout  = 1 * time.Second
	restoreOption = "restore"

	fewestProcessors = 2
)

// Serve is the relay process: it answers on the socket and moves media until
// ctx ends or a client asks it to stop; then it closes all connections and
// removes the socket. Without libsrt it serves too, and says in its report
// what to install. It refuses to start where a relay already answers.
func Serve(ctx context.Context, o Options) error { return serve(ctx, o, srt.Load) }

func serve(ctx context.Context, o Options, load func() (*srt.Library, error)) error {
	// Memory holds passphrases; a crash must not write them to a disk.
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return fmt.Errorf("forbid core files: %w", err)
	}
	// The media goroutine keeps one while it sleeps.
	if runtime.GOMAXPROCS(0) < fewestProcessors {
		runtime.GOMAXPROCS(fewestProcessors)
	}
	listener, err := listenUnix(ctx, o.Socket)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	r := newRelay(ctx, o, load)
	server := &http.Server{
		Handler:           r.handler(stop),
		ReadTimeout:       readTimeout,
		ReadHeaderTimeout: readTimeout,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
	}
	served := make(chan error, 1)
	go func() {
		served <- server.Serve(listener)
		stop()
	}()
	r.run(ctx)
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if err := server.Shutdown(last); err != nil {
		_ = server.Close()
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve %s: %w", o.Socket, err)
	}
	return nil
}

// listenUnix takes the socket's path, which a relay that was killed may have
// left behind.
func listenUnix(ctx context.Context, path string) (net.Listener, error) {
	if info, err := os.Lstat(path); err == nil {
		if info.Mode().Type() != os.ModeSocket {
			return nil, fmt.Errorf("listen on %s: it exists and is no socket", path)
		}
		dialer := net.Dialer{Timeout: adoptTimeout}
		conn, err := dialer.DialContext(ctx, "unix", path)
		if err == nil {
			_ = conn.Close()
			return nil, fmt.Errorf("listen on %s: another relay answers there", path)
		}
		if !errors.Is(err, syscall.ECONNREFUSED) {
			return nil, fmt.Errorf("listen on %s: %w", path, err)
		}
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("replace stale socket: %w", err)
		}
	}
	// The mode is set before the name appears, so that nobody else ever gets in.
	config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var err error
		if controlErr := c.Control(func(fd uintptr) { err = syscall.Fchmod(int(fd), socketMode) }); controlErr != nil {
			return controlErr
		}
		return err
	}}
	listener, err := config.Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	return listener, nil
}

func (r *relay) handler(stop func()) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ping", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("PUT /flows/{id}", r.servePut)
	mux.HandleFunc("DELETE /flows/{id}", func(w http.ResponseWriter, req *http.Request) {
		r.remove(req.PathValue("id"))
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /flows/{id}/media", r.serveTap)
	mux.HandleFunc("GET /report", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(r.report())
	})
	mux.HandleFunc("GET /events", r.serveEvents)
	mux.HandleFunc("POST /stop", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		stop()
	})
	return mux
}

func (r *relay) servePut(w http.ResponseWriter, req *http.Request) {
	spec, err := DecodeSpec(http.MaxBytesReader(w, req.Body, maxSpecBytes))
	if err == nil && spec.ID != req.PathValue("id") {
		err = errors.New("the spec is of another flow than the path")
	}
	if err != nil {
		writeProblem(w, http.StatusBadRequest, problem{Code: codeInvalid, Text: err.Error()})
		return
	}
	err = r.put(spec, req.URL.Query().Has(restoreOption))
	var port *PortError
	switch {
	case err == nil:
		w.WriteHeader(http.StatusNoContent)
	case errors.As(err, &port):
		writeProblem(w, http.StatusConflict, problem{Code: codePort, Text: err.Error(), Leg: port.Leg, Port: port.Port})
	case errors.Is(err, ErrUnavailable):
		writeProblem(w, http.StatusServiceUnavailable, problem{Code: codeUnavailable, Text: err.Error()})
	default:
		r.log.Error("put flow", "flow", spec.ID, "error", err)
		writeProblem(w, http.StatusInternalServerError, problem{Code: codeFailed, Text: err.Error()})
	}
}

// serveEvents writes a report at once, each second, and at each change.
func (r *relay) serveEvents(w http.ResponseWriter, req *http.Request) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	out := http.NewResponseController(w)
	_ = out.SetReadDeadline(time.Time{}) // the server's own would end the stream
	ticker := time.NewTicker(eventPause)
	defer ticker.Stop()
	encoder := json.NewEncoder(w)
	for {
		heard := r.changed.heard()
		_ = out.SetWriteDeadline(time.Now().Add(writeTimeout))
		if encoder.Encode(r.report()) != nil || out.Flush() != nil {
			return
		}
		select {
		case <-req.Context().Done():
			return
		case <-ticker.C:
		case <-heard:
		}
	}
}

// problem is an error on the wire.
type problem struct {
	Code string `json:"code"`
	Text string `json:"text"`
	Leg  string `json:"leg,omitempty"`
	Port int    `json:"port,omitempty"`
}

const (
	codeInvalid     = "invalid"
	codePort        = "port"
	codeUnavailable = "unavailable"
	codeNoFlow      = "no flow"
	codeFailed      = "failed"
)

func writeProblem(w http.ResponseWriter, status int, p problem) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(p)
}
