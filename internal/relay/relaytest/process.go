// Package relaytest holds what tests of moving media share: programs that
// send and receive SRT, a checker of transport streams, free ports, and
// waiting for a condition.
package relaytest

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const shownOutput = 1000 // bytes, of a program in a failed test

// Process is a program that a test started. It is ended with the test.
type Process struct {
	cmd  *exec.Cmd
	out  output
	done chan struct{}
	err  error
}

// output collects what a program says, while others may read it.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// Start runs a program until the test ends.
func Start(t testing.TB, name string, args ...string) *Process {
	t.Helper()
	return StartCommand(t, exec.Command(name, args...))
}

// StartCommand is [Start] for a command with an environment or an output of
// its own.
func StartCommand(t testing.TB, cmd *exec.Cmd) *Process {
	t.Helper()
	p := &Process{cmd: cmd, done: make(chan struct{})}
	cmd.Stderr = &p.out
	if cmd.Stdout == nil {
		cmd.Stdout = &p.out
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", cmd.Path, err)
	}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			said := p.Output()
			t.Logf("%s\n%s", strings.Join(cmd.Args, " "), said[:min(len(said), shownOutput)])
		}
	})
	return p
}

// PID is the process's number.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Output is what the program has said so far.
func (p *Process) Output() string { return p.out.String() }

// Signal sends a signal.
func (p *Process) Signal(s os.Signal) { _ = p.cmd.Process.Signal(s) }

// Kill ends the process with SIGKILL and waits until it is gone.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// Interrupt asks the process to end, as Ctrl-C does, and waits until it has.
func (p *Process) Interrupt(t testing.TB) {
	t.Helper()
	p.Signal(os.Interrupt)
	p.Wait(t, 30*time.Second)
}

// Wait waits until the process ends by itself, and gives its error.
func (p *Process) Wait(t testing.TB, limit time.Duration) error {
	t.Helper()
	select {
	case <-p.done:
		return p.err
	case <-time.After(limit):
		t.Fatalf("%s did not end within %s\n%s", p.cmd.Path, limit, p.Output())
		return nil
	}
}

// Eventually waits until check holds, and fails the test after limit.
func Eventually(t testing.TB, limit time.Duration, what string, check func() bool) {
	t.Helper()
	deadline := time.After(limit)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !check() {
		select {
		case <-deadline:
			t.Fatalf("not within %s: %s", limit, what)
		case <-tick.C:
		}
	}
}
