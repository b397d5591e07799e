package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// role is one of the three processes. At most one of each uses a data folder.
type role string

const (
	dashboardRole role = "dashboard"
	gatewayRole   role = "gateway"
	relayRole     role = "relay"
)

// heldError is returned where another process has the role already.
type heldError struct {
	role role
	pid  int
}

func (e *heldError) Error() string {
	return fmt.Sprintf("a %s (process %d) already uses this data folder", e.role, e.pid)
}

// take makes this process the one of its role in a run folder, until the lock
// is closed or the process ends, however it ends.
func take(dir string, r role) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the run folder: %w", err)
	}
	f, err := os.OpenFile(lockPath(dir, r), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the %s's lock: %w", r, err)
	}
	lock := syscall.Flock_t{Type: syscall.F_WRLCK}
	err = syscall.FcntlFlock(f.Fd(), syscall.F_SETLK, &lock)
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) {
		err = &heldError{r, holderOf(f)}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock the data folder: %w", err), f.Close())
	}
	return f, nil
}

// holder gives the process that has a role in a run folder: 0 if none has. The
// kernel keeps it, so it can be neither stale nor another process's number. It
// is not to be asked for a role that this process has itself.
func holder(dir string, r role) int {
	f, err := os.OpenFile(lockPath(dir, r), os.O_RDWR, 0)
	if err != nil {
		return 0
	}
	defer f.Close()
	return holderOf(f)
}

func holderOf(f *os.File) int {
	lock := syscall.Flock_t{Type: syscall.F_WRLCK}
	if err := syscall.FcntlFlock(f.Fd(), syscall.F_GETLK, &lock); err != nil || lock.Type == syscall.F_UNLCK {
		return 0
	}
	return int(lock.Pid)
}

func lockPath(dir string, r role) string {
	return filepath.Join(dir, string(r)+".lock")
}
