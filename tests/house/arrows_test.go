package house

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/flowdeck/flowdeck"

// arrows is who may import whom inside the project, tests aside. A package that
// is not here may not be imported by anybody and fails the test, so that a new
// one gets its row.
var arrows = map[string][]string{
	"":                                 {"internal/app"},
	"web/static":                       {},
	"web/templates/text":               {},
	"web/templates/ui":                 {},
	"web/templates/layout":             {"web/templates/ui", "web/templates/text", "web/static"},
	"web/templates/pages":              {"web/templates/ui", "web/templates/layout", "web/templates/wall", "web/templates/text", "web/static"},
	"web/templates/wall":               {"web/templates/ui", "web/templates/text", "web/static"},
	"web/templates/gallery":            {"web/templates/ui", "web/templates/layout", "web/templates/pages", "web/templates/wall", "web/templates/wall/walltest", "web/templates/text", "web/static"},
	"internal/medialive":               {},
	"internal/revive":                  {}, // panics of background work
	"internal/seal":                    {},
	"internal/trail":                   {},
	"internal/store":                   {"internal/trail"},
	"internal/srt":                     {},
	"internal/relay":                   {"internal/srt"},
	"internal/packager":                {"internal/packager/rtmp"},
	"internal/packager/rtmp":           {},
	"internal/picture":                 {},
	"internal/channelform":             {"internal/medialive"}, // what is typed about a channel, and back
	"internal/measure":                 {"internal/medialive"}, // what services measure of channels
	"internal/role":                    {},
	"internal/config":                  {"internal/medialive", "internal/role"}, // for Secret, and who are admins
	"internal/monitor":                 {"internal/medialive", "internal/revive"},
	"internal/auth":                    {"internal/medialive", "internal/revive", "internal/role", "internal/store", "internal/seal", "internal/trail"},
	"internal/control":                 {"internal/medialive", "internal/revive", "internal/monitor", "internal/store", "internal/trail"},
	"internal/display":                 {"internal/alarm", "internal/medialive", "internal/monitor", "internal/store", "internal/trail"},
	"internal/alarm":                   {"internal/medialive", "internal/revive", "internal/monitor", "internal/store", "internal/trail"},
	"internal/history":                 {"internal/medialive", "internal/revive", "internal/monitor", "internal/store"},
	"internal/notify":                  {"internal/alarm", "internal/monitor", "internal/medialive", "internal/revive", "internal/store", "internal/seal", "internal/trail"},
	"internal/gateway/iam":             {"internal/store", "internal/seal", "internal/medialive"},
	"internal/gateway":                 {"internal/medialive", "internal/store", "internal/seal", "internal/relay", "internal/packager", "internal/picture", "internal/gateway/iam"},
	"internal/handlers":                {"internal/channelform", "internal/control", "internal/monitor", "internal/auth", "internal/alarm", "internal/display", "internal/history", "internal/measure", "internal/notify", "internal/role", "internal/trail", "internal/medialive", "internal/revive", "web/..."},
	"internal/app":                     {"..."},
	"internal/app/apptest":             {},
	"scripts/vulndb":                   {},
	"internal/demo":                    {"internal/medialive", "internal/config"},
	"internal/medialive/medialivetest": {"internal/medialive"},
	"internal/medialive/conform":       {"internal/medialive"},
}

// outside is what only some may import from outside the project: nothing below
// handlers knows the web, nothing outside store writes SQL, libsrt is bound in
// one place.
var outside = map[string][]string{
	"github.com/labstack/echo/v4":                    {"internal/handlers"},
	"github.com/a-h/templ":                           {"internal/handlers", "web/..."},
	"github.com/gorilla/sessions":                    {"internal/auth"},
	"github.com/gorilla/securecookie":                {"internal/auth"},
	"database/sql":                                   {"internal/store"},
	"github.com/jackc/pgx/v5":                        {"internal/store"},
	"modernc.org/sqlite":                             {"internal/store"},
	"github.com/pressly/goose/v3":                    {"internal/store"},
	"github.com/ebitengine/purego":                   {"internal/srt"},
	"html/template":                                  {},
	"github.com/prometheus/client_golang/prometheus": {"internal/app", "internal/handlers"},
}

// listed is what go list tells of a package.
type listed struct {
	ImportPath string
	Dir        string
	Name       string
	Doc        string
	GoFiles    []string
	Imports    []string
}

// path is the package's path inside the project.
func (p listed) path() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
}

// packages lists the project's packages, those of tests aside.
func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Dir,Name,Doc,GoFiles,Imports", module+"/...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Logf("%s", exit.Stderr)
		}
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// ships tells the program's own packages from the tests'.
func (p listed) ships() bool {
	return !strings.HasPrefix(p.path(), "tests/") && !strings.HasSuffix(p.path(), "test")
}

func TestArrows(t *testing.T) {
	for _, p := range packages(t) {
		if !p.ships() {
			continue
		}
		allowed, known := arrows[p.path()]
		if !known {
			t.Errorf("%s has no row among the arrows", p.ImportPath)
		}
		for _, imported := range p.Imports {
			inside, ours := strings.CutPrefix(imported, module+"/")
			if ours && !matches(allowed, inside) {
				t.Errorf("%s must not import %s", p.path(), inside)
			}
			if few, guarded := guard(imported); guarded && !matches(few, p.path()) {
				t.Errorf("%s must not import %s", p.path(), imported)
			}
		}
	}
}

// matches tells whether a path is in a list, where "x/..." is x and all below.
func matches(list []string, path string) bool {
	return slices.ContainsFunc(list, func(entry string) bool {
		prefix, tree := strings.CutSuffix(entry, "...")
		if !tree {
			return entry == path
		}
		return strings.HasPrefix(path, prefix)
	})
}

// guard gives who may import a package from outside, or one below it.
func guard(imported string) (few []string, guarded bool) {
	for path, few := range outside {
		if imported == path || strings.HasPrefix(imported, path+"/") {
			return few, true
		}
	}
	return nil, false
}
