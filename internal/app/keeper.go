package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"syscall"
	"time"
)

const (
	readyTimeout = 20 * time.Second // for a process that was started to answer
	stopTimeout  = 20 * time.Second // for a process that was asked to end
	lookInterval = 50 * time.Millisecond
	watchEvery   = 200 * time.Millisecond // for the end of a process that is not our child
	restartFirst = 100 * time.Millisecond
	restartMost  = 5 * time.Second
	steadyAfter  = 10 * time.Second // alive that long, the next restart is at once again
)

// keeper sees to it that a process of a role runs: it adopts the one that
// already does, else starts one, and starts it again when it ends. The process
// has a session of its own, so that it outlives this one, however this ends.
type keeper struct {
	dir        string // of the locks and run files
	role       role
	executable string
	args       []string
	env        []string
	log        *slog.Logger

	current *process
}

// process is a process of the role that runs, ours or adopted.
type process struct {
	runFile
	handle *os.Process
	ended  chan struct{} // closed when it has ended
}

// ready adopts or starts the process, and returns when it answers.
func (k *keeper) ready(ctx context.Context) (runFile, error) {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	p, err := k.adoptOrStart(ctx)
	if err != nil {
		return runFile{}, err
	}
	k.current = p
	return p.runFile, nil
}

// run keeps the process alive until ctx ends, and then stops it in order if a
// dashboard started it. ready must have succeeded before.
func (k *keeper) run(ctx context.Context) error {
	pause := restartFirst
	for {
		p := k.current
		began := time.Now()
		select {
		case <-ctx.Done():
			return k.stop(p)
		case <-p.ended:
		}
		if time.Since(began) > steadyAfter {
			pause = restartFirst
		}
		k.log.Warn("ended; starting it again", "child", k.role, "pid", p.PID)
		for {
			if !sleep(ctx, pause) {
				return nil
			}
			pause = min(2*pause, restartMost)
			if _, err := k.ready(ctx); err == nil {
				break
			} else if ctx.Err() == nil {
				k.log.Error("start", "child", k.role, "error", err)
			}
		}
	}
}

// errEnded is that a process ended before it answered.
var errEnded = errors.New("it ended before it answered; its own message is above")

// adoptOrStart adopts the process that has the role; where there is none, or
// the one there just ends, it starts one.
func (k *keeper) adoptOrStart(ctx context.Context) (*process, error) {
	for pid := holder(k.dir, k.role); pid != 0; pid = holder(k.dir, k.role) {
		if p, err := k.adopt(ctx, pid); !errors.Is(err, errEnded) {
			return p, err
		}
	}
	return k.start(ctx)
}

// adopt takes on the process that has the role already.
func (k *keeper) adopt(ctx context.Context, pid int) (*process, error) {
	handle, err := os.FindProcess(pid)
	if err != nil {
		return nil, fmt.Errorf("adopt the %s: %w", k.role, err)
	}
	p := &process{handle: handle, ended: make(chan struct{})}
	go k.watch(p, pid)
	if err := k.await(ctx, p, pid); err != nil {
		return nil, fmt.Errorf("adopt the %s (process %d): %w", k.role, pid, err)
	}
	k.log.Info("adopted", "child", k.role, "pid", pid, "url", p.URL)
	if p.Version != Version() {
		k.log.Warn("another version was adopted", "child", k.role, "version", p.Version, "own", Version())
	}
	return p, nil
}

// watch waits for a process that is not our child to give up its lock.
func (k *keeper) watch(p *process, pid int) {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for holder(k.dir, k.role) == pid {
		<-ticker.C
	}
	close(p.ended)
}

// start runs a new process, detached from the terminal and from our death.
func (k *keeper) start(ctx context.Context) (*process, error) {
	cmd := exec.Command(k.executable, k.args...)
	cmd.Env = k.env
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr // files, so that it can go on writing without us
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the %s: %w", k.role, err)
	}
	p := &process{handle: cmd.Process, ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		if err := cmd.Wait(); err != nil {
			k.log.Warn("ended", "child", k.role, "pid", cmd.Process.Pid, "error", err)
		}
	}()
	if err := k.await(ctx, p, cmd.Process.Pid); err != nil {
		return nil, errors.Join(fmt.Errorf("start the %s: %w", k.role, err), k.stop(p))
	}
	k.log.Info("started", "child", k.role, "pid", p.PID, "url", p.URL)
	return p, nil
}

// await blocks until the process has written its run file and answers there.
func (k *keeper) await(ctx context.Context, p *process, pid int) error {
	ticker := time.NewTicker(lookInterval)
	defer ticker.Stop()
	for {
		if file := readRunFile(k.dir, k.role); file.PID == pid && answers(ctx, file.URL) {
			p.runFile = file
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("it does not answer: %w", ctx.Err())
		case <-p.ended:
			return errEnded
		case <-ticker.C:
		}
	}
}

// stop ends a process in order, the hard way if it does not listen. One that
// somebody started by hand goes on.
func (k *keeper) stop(p *process) error {
	if !p.Embedded && p.PID != 0 {
		return nil
	}
	if err := p.handle.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop the %s: %w", k.role, err)
	}
	select {
	case <-p.ended:
		return nil
	case <-time.After(stopTimeout):
	}
	if err := p.handle.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill the %s: %w", k.role, err)
	}
	<-p.ended
	return fmt.Errorf("the %s did not stop within %v and was killed", k.role, stopTimeout)
}

// sleep waits, and tells whether ctx goes on.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
