package apptest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Build builds the program from this tree and gives its path. It costs little
// where nothing has changed. Under the race detector the program has it too.
func Build(t testing.TB) string {
	t.Helper()
	root := moduleRoot(t)
	folder := filepath.Join(root, "bin")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "flowdeck-test")
	args := []string{"build", "-buildvcs=false"}
	cgo := "CGO_ENABLED=0"
	if raceEnabled {
		path += "-race"
		args = append(args, "-race")
		cgo = "CGO_ENABLED=1"
	}
	defer oneAtATime(t, path+".lock")()
	cmd := exec.Command("go", append(args, "-o", path, ".")...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), cgo)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build flowdeck: %v\n%s", err, out)
	}
	return path
}

// moduleRoot is the folder of the main module's go.mod.
func moduleRoot(t testing.TB) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/flowdeck/flowdeck").Output()
	if err != nil {
		t.Fatalf("find the module: %v", err)
	}
	return strings.TrimSpace(string(out))
}

// oneAtATime keeps test processes from building over each other; what it gives
// lets the next one in.
func oneAtATime(t testing.TB, path string) (done func()) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	return func() { _ = f.Close() }
}
