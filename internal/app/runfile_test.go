package app

import (
	"net"
	"os"
	"testing"
)

func TestListenAgainWhereItWas(t *testing.T) {
	dir := t.TempDir()
	first, err := listen(dir, gatewayRole, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	file, err := runFile{Embedded: true}.announce(dir, gatewayRole, "http", first)
	if err != nil {
		t.Fatal(err)
	}
	if got := readRunFile(dir, gatewayRole); got != file || got.PID != os.Getpid() || got.URL != "http://"+first.Addr().String() {
		t.Errorf("run file %+v, want %+v", got, file)
	}

	second, err := listen(dir, gatewayRole, "127.0.0.1:0")
	if err != nil {
		t.Fatalf("with its former port taken: %v", err)
	}
	second.Close()
	first.Close()
	third, err := listen(dir, gatewayRole, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer third.Close()
	if third.Addr().String() != first.Addr().String() {
		t.Errorf("listens on %v, was on %v", third.Addr(), first.Addr())
	}
}

func TestReachable(t *testing.T) {
	for address, want := range map[string]string{
		"127.0.0.1:8080": "127.0.0.1:8080",
		"[::]:8443":      "localhost:8443",
		"0.0.0.0:80":     "localhost:80",
		"[::1]:1":        "[::1]:1",
	} {
		if got := reachable(address); got != want {
			t.Errorf("%s is reached at %s, want %s", address, got, want)
		}
	}
}

func TestRunFileDamaged(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(runFilePath(dir, gatewayRole), []byte("{half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := readRunFile(dir, gatewayRole); got != (runFile{}) {
		t.Errorf("read %+v from a damaged file", got)
	}
	l, err := listen(dir, gatewayRole, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}

func TestListenSaysWhatItTried(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if _, err := listen(t.TempDir(), gatewayRole, taken.Addr().String()); err == nil {
		t.Error("listens on a taken port")
	}
}
