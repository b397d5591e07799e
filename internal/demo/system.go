package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

const (
	readyWithin = 30 * time.Second
	stopWithin  = 40 * time.Second
	lookEvery   = 100 * time.Millisecond
)

// system is the Flowdeck of the demo: one that already runs on the data folder,
// or one that the demo started and will end.
type system struct {
	url    string // of the dashboard
	api    *medialive.Client
	ended  chan struct{} // closed when the one that was started has ended
	binary string
	env    []string
	serve  *exec.Cmd // nil if it ran already
	ak     string    // the demo's access key
}

// startSystem finds or starts a Flowdeck, and makes an access key on it. The
// settings are added to the environment.
func startSystem(ctx context.Context, binary string, settings []string) (*system, error) {
	s := &system{binary: binary, env: append(os.Environ(), settings...), ended: make(chan struct{})}
	if s.command(ctx, "doctor", "--alive").Run() != nil {
		if err := s.start(); err != nil {
			return nil, err
		}
	}
	if err := s.connect(ctx); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// start runs the program in a process group of its own, so that Ctrl-C in a
// terminal reaches only the demo, which ends things in order.
func (s *system) start() error {
	cmd := s.command(context.Background(), "serve")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start flowdeck: %w", err)
	}
	s.serve = cmd
	go func() {
		defer close(s.ended)
		_ = cmd.Wait() // it has told the reason itself
	}()
	return nil
}

// connect waits until the dashboard and its gateway answer.
func (s *system) connect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for s.command(ctx, "doctor", "--alive").Run() != nil || s.runFile("dashboard").URL == "" {
		select {
		case <-ctx.Done():
			return fmt.Errorf("flowdeck does not answer: %w", ctx.Err())
		case <-s.ended:
			return errors.New("flowdeck ended; its own message is above")
		case <-ticker.C:
		}
	}
	return s.signIn(ctx)
}

// signIn makes an access key with the means of the machine's owner, so that no
// password is needed.
func (s *system) signIn(ctx context.Context) error {
	var stderr bytes.Buffer
	cmd := s.command(ctx, "key", "add", "admin")
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("make an access key: %w: %s", err, stderr.String())
	}
	key := map[string]string{}
	for line := range strings.Lines(string(out)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		key[name] = value
	}
	s.ak = key["AK"]
	s.url = s.runFile("dashboard").URL
	gateway := s.runFile("gateway")
	s.api, err = medialive.New(medialive.Config{
		Endpoint: gateway.URL, ProjectID: gateway.Project,
		Auth:      medialive.AKSK(s.ak, medialive.Secret(key["SK"]), time.Now),
		Transport: http.DefaultTransport,
	})
	if err != nil {
		return fmt.Errorf("call the gateway: %w", err)
	}
	return nil
}

// stop takes the key back, and ends what was started.
func (s *system) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	if s.ak != "" {
		if err := s.command(ctx, "key", "revoke", s.ak).Run(); err != nil {
			fmt.Fprintln(os.Stderr, "demo: the access key", s.ak, "is left:", err)
		}
	}
	if s.serve == nil {
		return
	}
	_ = s.serve.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-s.ended:
	case <-ctx.Done():
		fmt.Fprintln(os.Stderr, "demo: flowdeck does not end")
	}
}

func (s *system) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, s.binary, args...)
	cmd.Env = s.env
	return cmd
}

// runFile is what a process tells about itself in the data folder.
type runFile struct {
	URL     string `json:"url"`
	Project string `json:"project"`
}

func (s *system) runFile(role string) runFile {
	var file runFile
	content, err := os.ReadFile(filepath.Join(s.data(), "run", role+".json"))
	if err != nil || json.Unmarshal(content, &file) != nil {
		return runFile{}
	}
	return file
}

// data is the data folder, as the program takes it from its environment.
func (s *system) data() string {
	folder := "data"
	for _, pair := range s.env {
		if value, ok := strings.CutPrefix(pair, "FLOWDECK_DATA="); ok && value != "" {
			folder = value
		}
	}
	return folder
}
