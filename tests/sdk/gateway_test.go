package sdk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
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

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/region"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	live "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/live/v1"
)

const (
	readyTimeout = 30 * time.Second
	stopTimeout  = 30 * time.Second
	regionID     = "local"
)

// service is a gateway that runs until the test ends.
type service struct {
	t      *testing.T
	binary string
	dir    string // for all that it writes
	url    string
}

// startGateway runs the program as a gateway on free ports, with a data folder
// of its own.
func startGateway(t *testing.T) *service {
	t.Helper()
	dir, err := os.MkdirTemp("", "flowdeck-sdk-")
	if err != nil {
		t.Fatal(err)
	}
	s := &service{t: t, binary: binary(t, dir), dir: dir}
	logs, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(s.binary, "gateway")
	cmd.Env = s.environ()
	cmd.Stdout, cmd.Stderr = logs, logs
	// If the test dies, the gateway is told to end, and ends its relay.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start the gateway: %v", err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // it is stopped by a signal
	}()
	t.Cleanup(func() { s.stop(cmd.Process, ended, logs) })
	s.awaitReady(ended)
	return s
}

// binary is the program under test.
func binary(t *testing.T, dir string) string {
	t.Helper()
	if path := os.Getenv("FLOWDECK_BIN"); path != "" {
		return path
	}
	path := filepath.Join(dir, "flowdeck")
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", path, ".")
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build flowdeck: %v\n%s", err, out)
	}
	return path
}

// environ is this process's environment with the gateway's settings and no
// other of Flowdeck's. The SRT address is its own, so that ports are free.
func (s *service) environ() []string {
	env := slices.DeleteFunc(os.Environ(), func(pair string) bool { return strings.HasPrefix(pair, "FLOWDECK_") })
	return append(env,
		"FLOWDECK_DATA="+filepath.Join(s.dir, "data"),
		"FLOWDECK_GATEWAY_LISTEN=127.0.0.1:0",
		fmt.Sprintf("FLOWDECK_GATEWAY_SRT_ADDRESS=127.%d.%d.%d", 1+rand.IntN(250), rand.IntN(256), 1+rand.IntN(250)),
		"FLOWDECK_GATEWAY_SRT_PORTS=20000-20009",
		"FLOWDECK_ADMIN_PASSWORD=a password for tests",
	)
}

// awaitReady waits until the gateway answers, and keeps its address.
func (s *service) awaitReady(ended <-chan struct{}) {
	s.t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(readyTimeout)
	for !s.healthy() {
		select {
		case <-ticker.C:
		case <-ended:
			s.t.Fatal("the gateway ended before it was ready")
		case <-deadline:
			s.t.Fatalf("the gateway was not ready within %v", readyTimeout)
		}
	}
}

func (s *service) healthy() bool {
	content, err := os.ReadFile(filepath.Join(s.dir, "data", "run", "gateway.json"))
	if err != nil {
		return false
	}
	var run struct{ URL string }
	if json.Unmarshal(content, &run) != nil || run.URL == "" {
		return false
	}
	s.url = run.URL
	res, err := (&http.Client{Timeout: time.Second}).Get(s.url + "/healthz")
	return err == nil && res.Body.Close() == nil && res.StatusCode == http.StatusOK
}

// stop ends the gateway in order, and with it its relay.
func (s *service) stop(process *os.Process, ended <-chan struct{}, logs *os.File) {
	_ = process.Signal(syscall.SIGTERM) // it may have ended already
	select {
	case <-ended:
	case <-time.After(stopTimeout):
		s.t.Errorf("the gateway did not stop within %v", stopTimeout)
		_ = process.Kill()
	}
	_ = logs.Close()
	if s.t.Failed() {
		if content, err := os.ReadFile(logs.Name()); err == nil {
			s.t.Logf("what the gateway wrote:\n%s", content)
		}
	}
	if err := os.RemoveAll(s.dir); err != nil {
		s.t.Error(err)
	}
}

// run runs a command of the program on the gateway's data.
func (s *service) run(stdin string, args ...string) string {
	s.t.Helper()
	cmd := exec.Command(s.binary, args...)
	cmd.Env = s.environ()
	cmd.Stdin = strings.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("flowdeck %s: %v: %s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

// key is an access key.
type key struct{ access, secret string }

// newKey makes an access key for a user.
func (s *service) newKey(user string) key {
	s.t.Helper()
	var k key
	for line := range strings.Lines(s.run("", "key", "add", user)) {
		switch name, value, _ := strings.Cut(strings.TrimSpace(line), "="); name {
		case "AK":
			k.access = value
		case "SK":
			k.secret = value
		}
	}
	if k.access == "" || k.secret == "" {
		s.t.Fatal("key add gave no key")
	}
	return k
}

// client makes a client of the SDK. With no project given, the SDK asks IAM for
// the one that is named like the region.
func (s *service) client(k key, project string) (*live.LiveClient, error) {
	credentials, err := basic.NewCredentialsBuilder().
		WithAk(k.access).WithSk(k.secret).WithProjectId(project).WithIamEndpointOverride(s.url).SafeBuild()
	if err != nil {
		return nil, err
	}
	c, err := live.LiveClientBuilder().
		WithRegion(region.NewRegion(regionID, s.url)).WithCredential(credentials).SafeBuild()
	if err != nil {
		return nil, err
	}
	return live.NewLiveClient(c), nil
}

// must is client where nothing should go wrong.
func (s *service) must(k key, project string) *live.LiveClient {
	s.t.Helper()
	c, err := s.client(k, project)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// refused checks that an error is the API's, as the SDK understands it.
func refused(t *testing.T, err error, status int, code, message string) {
	t.Helper()
	var e *sdkerr.ServiceResponseError
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want %d %s", err, status, code)
	}
	if e.StatusCode != status || e.ErrorCode != code || !strings.Contains(e.ErrorMessage, message) {
		t.Errorf("got %d %s %q, want %d %s %q", e.StatusCode, e.ErrorCode, e.ErrorMessage, status, code, message)
	}
	if e.RequestId == "" {
		t.Error("no request id")
	}
}
