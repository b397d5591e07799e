package gateway

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/flowdeck/flowdeck/internal/relay"
)

const (
	pingPause   = 250 * time.Millisecond // between looks at an adopted relay
	pingTime    = time.Second
	steadyRun   = 2 * time.Second // a relay that ran this long is started again at once
	firstPause  = 100 * time.Millisecond
	longestWait = 5 * time.Second
	stopTime    = 5 * time.Second // for a relay to end in order
	killTime    = 2 * time.Second // after it was told by a signal
)

// SupervisorOptions is what the relay's supervisor needs to know.
type SupervisorOptions struct {
	Executable string   // of the relay
	Args       []string // that make it serve on Socket
	Socket     string   // unix socket; the relay's own output is kept beside it in relay.log
	Version    string   // of this gateway; an adopted relay of another version is logged. Empty: not compared
	Log        *slog.Logger
}

// Supervisor keeps one relay process alive. The relay has a session of its
// own, so that it outlives a gateway that is killed; the next gateway adopts it.
type Supervisor struct {
	opts   SupervisorOptions
	client *relay.Client
	pause  time.Duration // before the next start
}

// NewSupervisor makes a supervisor. Nothing is started before [Supervisor.Run].
func NewSupervisor(opts SupervisorOptions) *Supervisor {
	return &Supervisor{opts: opts, client: relay.Dial(opts.Socket)}
}

// Run adopts the relay that answers on the socket, starts one where none does,
// and starts another when it ends or hangs. When ctx ends, it stops the relay in order
// and returns.
func (s *Supervisor) Run(ctx context.Context) error {
	output, err := openRelayLog(filepath.Join(filepath.Dir(s.opts.Socket), "relay.log"), s.opts.Log)
	if err != nil {
		return fmt.Errorf("supervise the relay: %w", err)
	}
	defer output.close()
	guarding, done := context.WithCancel(ctx)
	var work sync.WaitGroup
	defer work.Wait()
	defer done()
	work.Go(func() { s.guard(guarding) })
	for ctx.Err() == nil {
		if s.present(ctx) {
			s.watch(ctx)
			continue
		}
		if err := s.runChild(ctx, output); err != nil {
			s.opts.Log.ErrorContext(ctx, "relay could not be run", "error", err)
		}
		if ctx.Err() == nil {
			pause(ctx, s.pause)
		}
	}
	return ctx.Err()
}

// present tells whether a process is behind the socket. One that does not
// answer in time is there too: a second one could not have its ports.
func (s *Supervisor) present(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, pingTime)
	defer cancel()
	err := s.client.Ping(ctx)
	return err == nil || !errors.Is(err, syscall.ECONNREFUSED) && !errors.Is(err, fs.ErrNotExist)
}

// watch waits until the adopted relay is gone, or ctx ends and it was stopped.
func (s *Supervisor) watch(ctx context.Context) {
	report, err := s.client.Report(ctx)
	switch {
	case err != nil:
		s.opts.Log.WarnContext(ctx, "a relay is there, but does not answer", "error", err)
	case s.opts.Version != "" && report.Version != s.opts.Version:
		s.opts.Log.WarnContext(ctx, "adopted a relay of another version", "relay", report.Version, "gateway", s.opts.Version)
	default:
		s.opts.Log.InfoContext(ctx, "adopted the running relay", "version", report.Version, "flows", len(report.Flows))
	}
	tick := time.NewTicker(pingPause)
	defer tick.Stop()
	for s.present(ctx) {
		select {
		case <-ctx.Done():
			s.stopAdopted()
			return
		case <-tick.C:
		}
	}
	if ctx.Err() != nil {
		s.stopAdopted()
		return
	}
	s.opts.Log.WarnContext(ctx, "the adopted relay is gone")
}

// stopAdopted asks the adopted relay to end, and waits until it has.
func (s *Supervisor) stopAdopted() {
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	if err := s.client.Stop(ctx); err != nil {
		s.opts.Log.WarnContext(ctx, "adopted relay did not take the order to stop", "error", err)
	}
	for s.present(ctx) && ctx.Err() == nil {
		pause(ctx, firstPause)
	}
}

// runChild starts a relay and waits until it ends, or ctx does and it was
// stopped. It sets the pause before the next start.
func (s *Supervisor) runChild(ctx context.Context, output *relayLog) error {
	cmd := exec.Command(s.opts.Executable, s.opts.Args...)
	cmd.Env = relayEnvironment(os.Environ())
	cmd.Stdout, cmd.Stderr = output.file, output.file
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	began := time.Now()
	s.pause = min(max(2*s.pause, firstPause), longestWait)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", s.opts.Executable, err)
	}
	s.opts.Log.InfoContext(ctx, "relay started", "pid", cmd.Process.Pid)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		output.drain()
		if time.Since(began) > steadyRun {
			s.pause = 0
		}
		s.opts.Log.ErrorContext(ctx, "relay ended by itself", "pid", cmd.Process.Pid, "state", stateOf(err), "again_in", s.pause)
	case <-ctx.Done():
		s.stopChild(cmd.Process, ended)
		output.drain()
	}
	return nil
}

func stateOf(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}

// stopChild ends the relay in order, and by force if it does not.
func (s *Supervisor) stopChild(process *os.Process, ended <-chan error) {
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	if err := s.client.Stop(ctx); err != nil {
		s.opts.Log.WarnContext(ctx, "relay did not take the order to stop", "error", err)
		_ = process.Signal(syscall.SIGTERM) // gone already: ended tells
	}
	select {
	case <-ended:
		return
	case <-ctx.Done():
	}
	for _, sig := range []os.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		s.opts.Log.WarnContext(ctx, "relay does not end", "pid", process.Pid, "signal", sig.String())
		_ = process.Signal(sig) // gone already: ended tells
		select {
		case <-ended:
			return
		case <-time.After(killTime):
		}
	}
}

// relayEnvironment keeps what a process needs to run and to log, and nothing
// else: the relay parses packets from strangers and shall know no secret.
func relayEnvironment(all []string) []string {
	keep := map[string]bool{
		"PATH": true, "HOME": true, "LANG": true, "LC_ALL": true, "TZ": true, "TMPDIR": true, "LD_LIBRARY_PATH": true,
		"FLOWDECK_DATA": true, "FLOWDECK_LOG_LEVEL": true, "FLOWDECK_LOG_FORMAT": true,
		"GOGC": true, "GOMEMLIMIT": true, "GOTRACEBACK": true, "GODEBUG": true, "GOCOVERDIR": true,
	}
	kept := []string{} // not nil: that would mean all
	for _, entry := range all {
		if name, _, _ := strings.Cut(entry, "="); keep[name] {
			kept = append(kept, entry)
		}
	}
	return kept
}
