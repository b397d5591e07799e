package house

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// named are tests and fuzz targets in a text.
var named = regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9]+)`")

// numbered are tests that have the number of a threat in their names.
var numbered = regexp.MustCompile(`(?m)^func (TestT([0-9]+)[A-Za-z]+)\(`)

// tests gives the first line of each test and fuzz target of the project.
func tests(t *testing.T) string {
	t.Helper()
	cmd := exec.Command("git", "grep", "--untracked", "-hE", "^func (Test|Fuzz)", "--", "*_test.go")
	cmd.Dir = "../.."
	found, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(found)
}

// TestQuirksAreShown looks up each test that docs/testing.md names: the quirks of
// the API are shown by what is there.
func TestQuirksAreShown(t *testing.T) {
	document, err := os.ReadFile("../../docs/testing.md")
	if err != nil {
		t.Fatal(err)
	}
	all, tests := named.FindAllStringSubmatch(string(document), -1), tests(t)
	if len(all) < 40 {
		t.Errorf("docs/testing.md names %d tests", len(all))
	}
	for _, name := range all {
		if !strings.Contains(tests, "func "+name[1]+"(") {
			t.Errorf("there is no %s, which docs/testing.md names", name[1])
		}
	}
}

// TestThreatModelIsTrue looks up each test that the threat model names, each
// threat, and each test that has the number of one.
func TestThreatModelIsTrue(t *testing.T) {
	model, err := os.ReadFile("../../docs/security/threat-model.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := tests(t)
	sections := strings.Split(string(model), "\n### ")[1:]
	for i, section := range sections {
		if number := fmt.Sprintf("T%d ", i+1); !strings.HasPrefix(section, number) {
			t.Errorf("section %d is not %s: %.30s", i+1, number, section)
		}
		shown := named.FindAllStringSubmatch(section, -1)
		if len(shown) == 0 {
			t.Errorf("no test shows what stands against %.30s", section)
		}
		for _, name := range shown {
			if !strings.Contains(tests, "func "+name[1]+"(") {
				t.Errorf("there is no %s, which the threat model names", name[1])
			}
		}
	}
	if len(sections) != 22 {
		t.Fatalf("%d threats", len(sections))
	}
	for _, found := range numbered.FindAllStringSubmatch(tests, -1) {
		threat, err := strconv.Atoi(found[2])
		if err != nil || threat < 1 || threat > len(sections) || !strings.Contains(sections[threat-1], "`"+found[1]+"`") {
			t.Errorf("the threat model does not name %s where it says what shows T%s", found[1], found[2])
		}
	}
}
