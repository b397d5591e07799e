// Package apptest runs the whole program for tests: the real binary, on free
// ports of loopback, with a data folder of its own. What it starts it also
// ends, and a test fails if a process is left behind.
package apptest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The account, the first user and the region of every program under test.
const (
	Account  = "flowdeck"
	User     = "admin"
	Password = "a password for tests"
	Region   = "local"
)

const (
	readyTimeout = 30 * time.Second // a slow machine, with the race detector
	stopTimeout  = 60 * time.Second
	lookEvery    = 20 * time.Millisecond
)

// Role is one of the three processes.
type Role string

// The processes of a program.
const (
	Dashboard Role = "serve"
	Gateway   Role = "gateway"
	Relay     Role = "relay"
)

// App is a running Flowdeck: dashboard, gateway and relay.
type App struct {
	URL        string // of the dashboard
	GatewayURL string // of the gateway's REST API and IAM; empty with another backend
	ProjectID  string // of the gateway's project
	SRTAddress string // loopback address of the SRT listeners, its own for each App
	Data       string // the data folder

	t         testing.TB
	binary    string
	env       map[string]string
	dashboard *exec.Cmd
	ended     chan struct{} // closed when the dashboard has ended
	logs      string        // file with what all three wrote
}

// Start runs "flowdeck serve" until the test ends, and returns when it answers.
// Settings override the ones chosen here: KEY to value, or to "" to unset one.
func Start(t testing.TB, settings map[string]string) *App {
	t.Helper()
	return StartBinary(t, Build(t), settings)
}

// StartBinary is Start with a program that was built in another way.
func StartBinary(t testing.TB, binary string, settings map[string]string) *App {
	t.Helper()
	dir, err := os.MkdirTemp("", "flowdeck-")
	if err != nil {
		t.Fatal(err)
	}
	a := &App{
		t: t, binary: binary, Data: filepath.Join(dir, "data"), logs: filepath.Join(dir, "log"),
		SRTAddress: fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(250), rand.IntN(256), 1+rand.IntN(250)),
	}
	a.env = map[string]string{
		"FLOWDECK_DATA":                a.Data,
		"FLOWDECK_LISTEN":              "127.0.0.1:0",
		"FLOWDECK_GATEWAY_LISTEN":      "127.0.0.1:0",
		"FLOWDECK_GATEWAY_SRT_ADDRESS": a.SRTAddress,
		"FLOWDECK_GATEWAY_SRT_PORTS":   "20000-20099",
		"FLOWDECK_ADMIN_PASSWORD":      Password,
		"FLOWDECK_LOG_LEVEL":           "debug",
	}
	maps.Copy(a.env, settings)
	t.Cleanup(func() {
		a.clean()
		if t.Failed() {
			t.Logf("what the processes wrote%s", told(a.Logs()))
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	a.Serve()
	return a
}

// Serve starts the dashboard again after it was stopped or killed, and waits
// until it answers.
func (a *App) Serve() {
	a.t.Helper()
	logs, err := os.OpenFile(a.logs, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		a.t.Fatal(err)
	}
	defer logs.Close()
	cmd := exec.Command(a.binary, "serve")
	cmd.Env = a.environ()
	cmd.Stdout, cmd.Stderr = logs, logs
	// If the tests die, the program ends with them.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		a.t.Fatalf("start flowdeck: %v", err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // a test may kill it
	}()
	a.dashboard, a.ended = cmd, ended
	a.awaitReady(cmd.Process.Pid)
}

func (a *App) awaitReady(pid int) {
	a.t.Helper()
	a.Await(readyTimeout, "the dashboard to answer", func() bool {
		select {
		case <-a.ended:
			a.t.Fatalf("flowdeck ended before it was ready:\n%s", a.Logs())
		default:
		}
		file := a.runFile("dashboard")
		if file.PID != pid {
			return false
		}
		gateway := a.runFile("gateway")
		a.URL, a.GatewayURL, a.ProjectID = file.URL, gateway.URL, gateway.Project
		return a.Healthy(a.URL)
	})
}

// Await blocks until a condition holds, and fails the test if it does not
// within the time.
func (a *App) Await(limit time.Duration, what string, holds func() bool) {
	a.t.Helper()
	deadline := time.Now().Add(limit)
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for !holds() {
		if time.Now().After(deadline) {
			a.t.Fatalf("waited %v in vain for %s", limit, what)
		}
		<-ticker.C
	}
}

// Healthy tells whether the server at a URL answers its health check now.
func (a *App) Healthy(url string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/healthz", nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	return res.Body.Close() == nil && res.StatusCode == http.StatusOK
}

// Stop ends the dashboard in order, and with it the gateway and the relay.
func (a *App) Stop() {
	a.t.Helper()
	_ = a.dashboard.Process.Signal(syscall.SIGTERM) // it may have ended already
	select {
	case <-a.ended:
	case <-time.After(stopTimeout):
		a.t.Errorf("the dashboard did not stop within %v", stopTimeout)
	}
}

// Kill kills the process of a role with SIGKILL, and gives its process id.
func (a *App) Kill(r Role) int {
	a.t.Helper()
	pid := a.PID(r)
	if pid == 0 {
		a.t.Fatalf("there is no %s to kill", r)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		a.t.Fatalf("kill the %s: %v", r, err)
	}
	a.Await(readyTimeout, "the killed process to end", func() bool { return ended(pid) && a.reaped(pid) })
	return pid
}

// reaped tells that a process was waited for, where it is ours to wait for: only
// then all its threads are gone for certain, and its locks with them. What /proc
// lists of a process that ends may lack some.
func (a *App) reaped(pid int) bool {
	if a.dashboard == nil || a.dashboard.Process.Pid != pid {
		return true
	}
	select {
	case <-a.ended:
		return true
	default:
		return false
	}
}

// PID is the process of a role, 0 if there is none.
func (a *App) PID(r Role) int {
	if pids := a.running()[r]; len(pids) > 0 {
		return pids[0]
	}
	return 0
}

// Run runs a command of the program on the same data folder, such as "key add",
// with stdin as its standard input, and gives its standard output.
func (a *App) Run(stdin string, args ...string) (string, error) {
	cmd := exec.Command(a.binary, args...)
	cmd.Env = a.environ()
	cmd.Stdin = strings.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return string(out), fmt.Errorf("flowdeck %s: %w: %s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out), nil
}

// Key makes an access key for a user.
func (a *App) Key(user string) (ak, sk string) {
	a.t.Helper()
	out, err := a.Run("", "key", "add", user)
	if err != nil {
		a.t.Fatal(err)
	}
	for line := range strings.Lines(out) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch name {
		case "AK":
			ak = value
		case "SK":
			sk = value
		}
	}
	if ak == "" || sk == "" {
		a.t.Fatalf("key add answered %d bytes without a key", len(out))
	}
	return ak, sk
}

// Logs is what the processes have written so far.
func (a *App) Logs() string {
	var all strings.Builder
	for _, path := range []string{a.logs, filepath.Join(a.Data, "run", "relay.log")} {
		content, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err.Error()
		}
		all.Write(content)
	}
	return all.String()
}

// mostTold is how much of what the processes wrote a test that failed tells, in
// bytes; and lastTold, in lines, where it is more.
const (
	mostTold = 1 << 20
	lastTold = 200
)

// told is what a failed test tells of logs. Of long ones it is the end, and
// where all of them are: they would drown what failed.
func told(logs string) string {
	if len(logs) <= mostTold {
		return ":\n" + logs
	}
	lines := strings.SplitAfter(logs, "\n")
	end := strings.Join(lines[max(0, len(lines)-lastTold):], "")
	file, err := os.CreateTemp("", "flowdeck-*.log")
	if err == nil {
		_, err = file.WriteString(logs)
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		return fmt.Sprintf(", the last lines (all of it could not be kept: %v):\n%s", err, end)
	}
	return fmt.Sprintf(", the last lines (all of it is in %s):\n%s", file.Name(), end)
}

// alarms are words that no process may write.
var alarms = []string{"WARNING: DATA RACE", "panic:", "fatal error:"}

// clean ends what runs, and fails the test if more than the dashboard has to be
// told, or if a process crashed.
func (a *App) clean() {
	if a.dashboard == nil {
		return
	}
	a.Stop()
	for role, pids := range a.running() {
		for _, pid := range pids {
			a.t.Errorf("the %s (process %d) was left behind", role, pid)
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	for _, alarm := range alarms {
		if strings.Contains(a.Logs(), alarm) {
			a.t.Errorf("a process wrote %q", alarm)
		}
	}
}

// environ is this process's environment without settings of Flowdeck's, and
// with the App's.
func (a *App) environ() []string {
	env := slices.DeleteFunc(os.Environ(), func(pair string) bool { return strings.HasPrefix(pair, "FLOWDECK_") })
	for name, value := range a.env {
		if value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// runFile is what a process tells about itself in the data folder.
type runFile struct {
	PID     int    `json:"pid"`
	URL     string `json:"url"`
	Project string `json:"project"`
}

func (a *App) runFile(role string) runFile {
	var file runFile
	content, err := os.ReadFile(filepath.Join(a.Data, "run", role+".json"))
	if err == nil {
		err = json.Unmarshal(content, &file)
	}
	if err != nil {
		return runFile{}
	}
	return file
}
