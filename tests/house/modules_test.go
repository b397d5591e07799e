package house

import (
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/mod/semver"
)

// floors are the lowest versions with what we rely on; docs/dependencies.md
// says what that is.
var floors = map[string]string{
	"github.com/labstack/echo/v4":  "v4.16.0",
	"github.com/a-h/templ":         "v0.3.977",
	"github.com/gorilla/sessions":  "v1.4.0",
	"github.com/jackc/pgx/v5":      "v5.12.0",
	"modernc.org/sqlite":           "v1.60.1",
	"github.com/ebitengine/purego": "v0.11.3",
}

// unwanted are modules that must not come in, and why.
var unwanted = map[string]string{
	"github.com/gorilla/csrf":     "forms are guarded by the origin, the session and one-use tickets",
	"github.com/mattn/go-sqlite3": "what is shipped is built without a C compiler",
}

func TestModules(t *testing.T) {
	cmd := exec.Command("go", "list", "-m", "-f", "{{.Path}} {{.Version}}", "all")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list -m: %v", err)
	}
	versions := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, version, _ := strings.Cut(strings.TrimSpace(line), " ")
		versions[path] = version
	}
	for path, floor := range floors {
		if semver.Compare(versions[path], floor) < 0 {
			t.Errorf("%s is %q, must be %s or newer", path, versions[path], floor)
		}
	}
	for path, why := range unwanted {
		if versions[path] != "" && needed(t, path) {
			t.Errorf("%s is in the build: %s", path, why)
		}
	}
}

// needed tells whether a package of the project imports something of a module.
func needed(t *testing.T, path string) bool {
	t.Helper()
	cmd := exec.Command("go", "mod", "why", "-m", path)
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go mod why: %v", err)
	}
	return !strings.Contains(string(out), "does not need")
}
