package media

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"testing"

	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

// The test binary runs itself again in these roles: libsrt belongs in processes
// of their own.
const (
	roleVariable = "FLOWDECK_MEDIA_ROLE"
	roleCalls    = "calls"
	roleLoad     = "load"
)

// helper is this binary in a role; it answers with one T.
type helper[T any] struct {
	*relaytest.Process
	out *bytes.Buffer
}

// start starts this binary in a role.
func start[T any](t *testing.T, role string, settings any) *helper[T] {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	in, err := json.Marshal(settings)
	must(t, err)
	p := &helper[T]{out: &bytes.Buffer{}}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	cmd.Stdin, cmd.Stdout = bytes.NewReader(in), p.out
	p.Process = relaytest.StartCommand(t, cmd)
	return p
}

// result waits until the helper ends, and gives what it found.
func (p *helper[T]) result(t *testing.T) (found T) {
	t.Helper()
	must(t, p.Wait(t, 2*limit))
	must(t, json.Unmarshal(p.out.Bytes(), &found))
	return found
}

// calls makes calls until all are made.
func calls(t *testing.T, c relaytest.Calls) *helper[relaytest.CallsResult] {
	t.Helper()
	return start[relaytest.CallsResult](t, roleCalls, c)
}
