package house

import (
	"database/sql"
	"debug/buildinfo"
	"fmt"
	"maps"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/mod/semver"
	_ "modernc.org/sqlite" // whose SQLite is asked for its version

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/srt"
)

// oldestGo is the oldest toolchain whose library has no hole that we know of.
const oldestGo = "v1.26.8"

// TestT21Floors reads from the program itself what it was built of.
func TestT21Floors(t *testing.T) {
	info, err := buildinfo.ReadFile(apptest.Build(t))
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]string{"go": "v" + strings.TrimPrefix(info.GoVersion, "go")}
	for _, d := range info.Deps {
		if d.Replace != nil {
			t.Errorf("%s is replaced by %s", d.Path, d.Replace.Path)
		}
		have[d.Path] = d.Version
	}
	below, oldest := 0, maps.Clone(floors)
	oldest["go"] = oldestGo
	for path, floor := range oldest {
		if semver.Compare(have[path], floor) < 0 {
			below++
			t.Errorf("%s is %q, below %s", path, have[path], floor)
		}
	}
	for path, why := range unwanted {
		if have[path] != "" {
			t.Errorf("%s is in the program: %s", path, why)
		}
	}
	t.Logf("evidence: T21 | Go %s, echo %s and the others of which the program says it was built: below the oldest without a known hole | %d of %d | 0",
		have["go"], have["github.com/labstack/echo/v4"], below, len(oldest))
}

// TestT21SQLite asks the SQLite that is in the program: up to 3.51.2 a reset of
// the write-ahead log could corrupt the database.
func TestT21SQLite(t *testing.T) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var version string
	if err := db.QueryRowContext(t.Context(), "SELECT sqlite_version()").Scan(&version); err != nil {
		t.Fatal(err)
	}
	t.Logf("evidence: T21 | SQLite | %s | ≥ 3.51.3", version)
	if semver.Compare("v"+version, "v3.51.3") < 0 {
		t.Errorf("SQLite %s", version)
	}
}

// patched are the distributions' packages of libsrt, with the first that has the
// fixes of CVE-2026-55868 and CVE-2026-55869.
var patched = map[string]string{"libsrt1.5-gnutls": "1.5.1-1+deb12u2", "libsrt1.5-openssl": "1.5.1-1+deb12u2"}

// TestT21SRT asks the libsrt that the relay would load: upstream fixed an
// overflow that any peer could cause in 1.5.6; a distribution fixes it in its
// own package.
func TestT21SRT(t *testing.T) {
	library, err := srt.Load()
	if err != nil {
		t.Fatal(err)
	}
	said, fixed := library.Version(), semver.Compare("v"+library.Version(), "v1.5.6") >= 0
	for name, floor := range patched {
		out, err := exec.CommandContext(t.Context(), "dpkg-query", "-W", "-f", "${Version}", name).Output()
		if err != nil {
			continue // not installed, or no Debian
		}
		version := strings.TrimSpace(string(out))
		if exec.CommandContext(t.Context(), "dpkg", "--compare-versions", version, "ge", floor).Run() == nil {
			said, fixed = fmt.Sprintf("%s, package %s", said, version), true
		}
	}
	t.Logf("evidence: T21 | libsrt | %s | ≥ 1.5.6, or a package with the fixes", said)
	if !fixed {
		t.Errorf("libsrt %s has known holes", said)
	}
}
