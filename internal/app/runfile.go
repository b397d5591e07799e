package app

import (
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"time"
)

// runFile says where a running process can be reached: RUN/ROLE.json. It stays
// behind when the process ends; the lock tells whether it is alive.
type runFile struct {
	PID      int       `json:"pid"`
	URL      string    `json:"url"`     // with the port actually taken
	Address  string    `json:"address"` // host:port
	Version  string    `json:"version"`
	Project  string    `json:"project,omitempty"` // of a gateway: the id of its project
	Embedded bool      `json:"embedded"`          // started by a dashboard, which may also stop it
	Started  time.Time `json:"started"`
}

func runFilePath(dir string, r role) string {
	return filepath.Join(dir, string(r)+".json")
}

// readRunFile gives the run file of a role, or a zero one where there is none
// that can be read.
func readRunFile(dir string, r role) runFile {
	var file runFile
	content, err := os.ReadFile(runFilePath(dir, r))
	if err != nil || json.Unmarshal(content, &file) != nil {
		return runFile{}
	}
	return file
}

// write puts the file in place in one step, so that nobody reads half of it.
func (f runFile) write(dir string, r role) error {
	content, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the run file: %w", err)
	}
	path := runFilePath(dir, r)
	if err := os.WriteFile(path+".new", append(content, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the run file: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("write the run file: %w", err)
	}
	return nil
}

// listen opens address for a role. For port 0 it takes the port that the role
// had before, if it is free, so that a process killed and started again is
// found where it was.
func listen(dir string, r role, address string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("listen on %q: %w", address, err)
	}
	if before, last, err := net.SplitHostPort(readRunFile(dir, r).Address); port == "0" && err == nil && before == host {
		if l, err := net.Listen("tcp", net.JoinHostPort(host, last)); err == nil {
			return l, nil
		}
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for the %s: %w", r, err)
	}
	return l, nil
}

// announce writes the run file of this process for a listener. What it cannot
// know by itself is in the file given.
func (f runFile) announce(dir string, r role, scheme string, l net.Listener) (runFile, error) {
	f.PID, f.Version, f.Started = os.Getpid(), Version(), time.Now().UTC()
	f.Address = l.Addr().String()
	f.URL = scheme + "://" + reachable(f.Address)
	return f, f.write(dir, r)
}

// reachable is where this machine reaches a listener: the address itself, or
// loopback for one that listens everywhere.
func reachable(address string) string {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !at.Addr().IsUnspecified() {
		return address
	}
	return net.JoinHostPort("localhost", fmt.Sprint(at.Port()))
}
