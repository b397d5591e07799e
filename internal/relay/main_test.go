package relay

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"os/exec"
	"os/signal"
	"testing"

	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

// The test binary runs itself again in these roles, so that a relay can be
// killed, and processor time and memory measured by process.
const (
	roleVariable = "FLOWDECK_TEST_ROLE"
	socketOf     = "FLOWDECK_TEST_SOCKET"
	roleRelay    = "relay"
	roleLoad     = "load"
)

// loopback is where the far ends of tests are.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

func TestMain(m *testing.M) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	switch os.Getenv(roleVariable) {
	case "":
		os.Exit(m.Run())
	case roleRelay:
		err = Serve(ctx, Options{Socket: os.Getenv(socketOf), Log: slog.Default(), Version: "test", Allow: loopback})
	case roleLoad:
		err = relaytest.Run(ctx, os.Stdin, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// role starts this binary in a role.
func role(t testing.TB, name, socket string, in *bytes.Reader, out *bytes.Buffer) *relaytest.Process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), roleVariable+"="+name, socketOf+"="+socket)
	if in != nil {
		cmd.Stdin, cmd.Stdout = in, out
	}
	return relaytest.StartCommand(t, cmd)
}
