// Package bench measures the whole program: each figure with its reference, in
// one run. "make bench" runs it and writes the table into docs/performance.md.
package bench

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

// The test binary runs itself again in these roles, so that load, references
// and the program each are processes of their own.
const (
	roleVariable = "FLOWDECK_BENCH_ROLE"
	roleLoad     = "load"
	roleStatic   = "static"
	roleViewers  = "viewers"
)

func TestMain(m *testing.M) {
	run, ok := map[string]func(io.Reader, io.Writer) error{
		roleLoad: runLoad, roleStatic: runStatic, roleViewers: runViewers,
	}[os.Getenv(roleVariable)]
	if !ok {
		os.Exit(m.Run())
	}
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// peer is this binary in a role.
type peer struct {
	*relaytest.Process
	in  *os.File // closing it ends the role's work
	out *os.File
	buf *bufio.Reader
}

// as starts this binary in a role. Its settings are the first line it reads.
func as(b *testing.B, role string, settings any) *peer {
	b.Helper()
	self, err := os.Executable()
	must(b, err)
	inside, in, err := os.Pipe()
	must(b, err)
	out, outside, err := os.Pipe()
	must(b, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	cmd.Stdin, cmd.Stdout = inside, outside
	p := &peer{Process: relaytest.StartCommand(b, cmd), in: in, out: out, buf: bufio.NewReader(out)}
	must(b, inside.Close())
	must(b, outside.Close())
	b.Cleanup(func() {
		_ = in.Close() // it may be closed already
		_ = out.Close()
	})
	must(b, json.NewEncoder(in).Encode(settings))
	return p
}

// line reads a line that the role writes.
func (p *peer) line(b *testing.B, within time.Duration) string {
	b.Helper()
	must(b, p.out.SetReadDeadline(time.Now().Add(within)))
	text, err := p.buf.ReadString('\n')
	if err != nil {
		b.Fatalf("a helper process says nothing: %v\n%s", err, p.Output())
	}
	return strings.TrimSpace(text)
}

// result ends the role's work and reads what it found.
func (p *peer) result(b *testing.B, within time.Duration, into any) {
	b.Helper()
	must(b, p.in.Close())
	must(b, p.out.SetReadDeadline(time.Now().Add(within)))
	if err := json.NewDecoder(p.buf).Decode(into); err != nil {
		b.Fatalf("a helper process gives no result: %v\n%s", err, p.Output())
	}
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
