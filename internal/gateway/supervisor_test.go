package gateway_test

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/relay"
	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

// relayPID tells which process answers on the socket, 0 for none.
func relayPID(t *testing.T, dir string) int {
	t.Helper()
	conn, err := net.Dial("unix", socketIn(dir))
	if err != nil {
		return 0
	}
	defer func() { _ = conn.Close() }()
	raw, err := conn.(*net.UnixConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	pid := 0
	err = raw.Control(func(fd uintptr) {
		if cred, err := syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED); err == nil {
			pid = int(cred.Pid)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// otherRelay waits for a relay whose process is not the old one.
func otherRelay(t *testing.T, dir string, old int, limit time.Duration) int {
	t.Helper()
	pid := 0
	eventually(t, "a relay answers", limit, func() bool {
		pid = relayPID(t, dir)
		return pid != 0 && pid != old
	})
	return pid
}

// sessionOf reads the session of a process: the fourth field after its name.
func sessionOf(t *testing.T, pid int) string {
	t.Helper()
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(stat[strings.LastIndex(string(stat), ")")+1:]))[3]
}

func killProcess(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// supervise runs a supervisor and gives the function that stops it and waits.
func supervise(t *testing.T, dir string, log *syncBuffer) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = supervisorIn(dir, slog.New(slog.NewTextHandler(log, nil))).Run(ctx)
	}()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

func TestSupervisorRestartsTheRelay(t *testing.T) {
	t.Parallel()
	dir, log := t.TempDir(), &syncBuffer{}
	stop := supervise(t, dir, log)
	first := otherRelay(t, dir, 0, patience)
	if session := sessionOf(t, first); session != strconv.Itoa(first) {
		t.Errorf("the relay's session is %s: it would not survive its gateway", session)
	}
	killProcess(t, first)
	second := otherRelay(t, dir, first, 2*time.Second)
	killProcess(t, second) // so soon that it counts as a crash
	third := otherRelay(t, dir, second, 2*time.Second)
	stop()
	if err := syscall.Kill(third, 0); err == nil {
		t.Error("the relay outlives an orderly stop")
	}
	if text := log.String(); !strings.Contains(text, "relay ended by itself") || !strings.Contains(text, "killed") {
		t.Errorf("log: %s", text)
	}
}

func TestSupervisorAdopts(t *testing.T) {
	t.Parallel()
	dir, log := t.TempDir(), &syncBuffer{}
	relaytest.Start(t, os.Args[0], "relay", socketIn(dir))
	running := otherRelay(t, dir, 0, patience)
	stop := supervise(t, dir, log)
	eventually(t, "the relay is adopted", patience, func() bool { return strings.Contains(log.String(), "adopted the running relay") })
	if pid := relayPID(t, dir); pid != running {
		t.Fatalf("relay %d was replaced by %d", running, pid)
	}
	killProcess(t, running)
	next := otherRelay(t, dir, running, 2*time.Second)
	stop()
	if err := syscall.Kill(next, 0); err == nil {
		t.Error("the relay outlives an orderly stop")
	}
}

func TestSupervisorStopsAnAdoptedRelay(t *testing.T) {
	t.Parallel()
	dir, log := t.TempDir(), &syncBuffer{}
	process := relaytest.Start(t, os.Args[0], "relay", socketIn(dir))
	otherRelay(t, dir, 0, patience)
	stop := supervise(t, dir, log)
	eventually(t, "the relay is adopted", patience, func() bool { return strings.Contains(log.String(), "adopted the running relay") })
	stop()
	if err := process.Wait(t, patience); err != nil {
		t.Errorf("the relay ended with %v", err)
	}
}

func TestSupervisorReplacesARelayThatHangs(t *testing.T) {
	t.Parallel()
	dir, log := t.TempDir(), &syncBuffer{}
	supervise(t, dir, log)
	hung := otherRelay(t, dir, 0, patience)
	if err := syscall.Kill(hung, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	otherRelay(t, dir, hung, 8*patience)
	if text := log.String(); !strings.Contains(text, "relay hangs") {
		t.Errorf("log: %s", text)
	}
}

func TestRelayThatCannotStart(t *testing.T) {
	t.Parallel()
	dir, log := t.TempDir(), &syncBuffer{}
	if err := os.WriteFile(socketIn(dir), nil, 0o600); err != nil { // no socket, and in its place
		t.Fatal(err)
	}
	supervise(t, dir, log)
	eventually(t, "what the relay said is in the log", patience, func() bool {
		return strings.Contains(log.String(), "relay says") && strings.Contains(log.String(), "is no socket")
	})
	if err := os.Remove(socketIn(dir)); err != nil {
		t.Fatal(err)
	}
	otherRelay(t, dir, 0, 8*time.Second)
}

func TestRelayKnowsNoSecret(t *testing.T) {
	t.Setenv("FLOWDECK_ADMIN_PASSWORD", "not-for-the-relay")
	dir, log := t.TempDir(), &syncBuffer{}
	supervise(t, dir, log)
	pid := otherRelay(t, dir, 0, patience)
	environment, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "environ"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(environment), "ADMIN_PASSWORD") || !strings.Contains(string(environment), "PATH=") {
		t.Errorf("environment of the relay: %q", environment)
	}
	if err := relay.Dial(socketIn(dir)).Ping(t.Context()); err != nil {
		t.Error(err)
	}
}
