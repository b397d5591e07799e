package app

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"testing"
)

// holdVariable makes the test binary take the gateway's role in the folder it
// names, say so, and keep it until its standard input ends.
const holdVariable = "FLOWDECK_TEST_HOLD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(holdVariable); dir != "" {
		os.Exit(hold(dir))
	}
	os.Exit(m.Run())
}

func hold(dir string) int {
	if _, err := take(dir, gatewayRole); err != nil {
		return 1
	}
	os.Stdout.WriteString("held\n")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	return 0
}

func TestOneProcessARole(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), holdVariable+"="+dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if pid := holder(dir, gatewayRole); pid != 0 {
		t.Fatalf("process %d has the role before anybody took it", pid)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "held\n" {
		t.Fatalf("the other process said %q, %v", line, err)
	}

	if pid := holder(dir, gatewayRole); pid != cmd.Process.Pid {
		t.Errorf("holder is %d, want %d", pid, cmd.Process.Pid)
	}
	var held *heldError
	if _, err := take(dir, gatewayRole); !errors.As(err, &held) || held.pid != cmd.Process.Pid {
		t.Errorf("taking a role twice: %v", err)
	}
	other, err := take(dir, relayRole)
	if err != nil {
		t.Fatalf("another role is not free: %v", err)
	}
	defer other.Close()

	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	in.Close()
	lock, err := take(dir, gatewayRole)
	if err != nil {
		t.Fatalf("the role of a killed process is not free: %v", err)
	}
	lock.Close()
}
