package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	guardPause = time.Second      // between two looks
	hungAfter  = 10 * time.Second // without an answer and without using the processor
)

// guard ends a relay that hangs, so that another one takes its place, until ctx
// ends. A relay that does not answer but uses the processor is left alone: it
// may well be moving media, and what moves media is not killed on a suspicion.
func (s *Supervisor) guard(ctx context.Context) {
	var last process
	var since time.Time // when last was first seen silent and as it is now
	tick := time.NewTicker(guardPause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now, err := s.silent(ctx)
		if err != nil || now != last {
			last, since = now, time.Now()
			continue
		}
		if now.pid != 0 && time.Since(since) >= hungAfter {
			s.opts.Log.ErrorContext(ctx, "relay hangs: it neither answers nor works, so it is killed", "pid", now.pid, "silent", time.Since(since).Round(time.Second))
			_ = syscall.Kill(now.pid, syscall.SIGKILL) // gone already: the next look tells
			since = time.Now()
		}
	}
}

// process is a process at one moment: the time it has had on a processor, in
// clock ticks.
type process struct{ pid, ticks int }

// silent gives the relay that holds the socket and does not answer; the zero
// process when it answers or is not there.
func (s *Supervisor) silent(ctx context.Context) (process, error) {
	asked, cancel := context.WithTimeout(ctx, pingTime)
	defer cancel()
	if err := s.client.Ping(asked); err == nil || !errors.Is(asked.Err(), context.DeadlineExceeded) {
		return process{}, nil
	}
	pid, err := listenerOf(ctx, s.opts.Socket)
	if err != nil {
		return process{}, err
	}
	ticks, err := ticksOf(pid)
	return process{pid, ticks}, err
}

// listenerOf tells which process listens on a unix socket.
func listenerOf(ctx context.Context, socket string) (pid int, err error) {
	ctx, cancel := context.WithTimeout(ctx, pingTime)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", socket)
	if err != nil {
		return 0, fmt.Errorf("find the relay: %w", err)
	}
	defer func() { _ = conn.Close() }()
	raw, err := conn.(*net.UnixConn).SyscallConn()
	if err != nil {
		return 0, fmt.Errorf("find the relay: %w", err)
	}
	failed := raw.Control(func(fd uintptr) {
		var cred *syscall.Ucred
		if cred, err = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED); err == nil {
			pid = int(cred.Pid)
		}
	})
	return pid, errors.Join(failed, err)
}

// ticksOf reads the processor time of a process: the fields utime and stime,
// which are the 12th and 13th after its name (proc_pid_stat(5)).
func ticksOf(pid int) (int, error) {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, fmt.Errorf("processor time of the relay: %w", err)
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("processor time of the relay: %d fields", len(fields))
	}
	user, err := strconv.Atoi(fields[11])
	if err != nil {
		return 0, fmt.Errorf("processor time of the relay: %w", err)
	}
	system, err := strconv.Atoi(fields[12])
	if err != nil {
		return 0, fmt.Errorf("processor time of the relay: %w", err)
	}
	return user + system, nil
}
