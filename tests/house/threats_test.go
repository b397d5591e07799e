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

// TestThreatModelIsTrue looks up each test that the threat model names, each
// threat, and each test that has the number of one.
func TestThreatModelIsTrue(t *testing.T) {
	model, err := os.ReadFile("../../docs/security/threat-model.md")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("git", "grep", "--untracked", "-hE", "^func (Test|Fuzz)", "--", "*_test.go")
	cmd.Dir = "../.."
	tests, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
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
			if !strings.Contains(string(tests), "func "+name[1]+"(") {
				t.Errorf("there is no %s, which the threat model names", name[1])
			}
		}
	}
	if len(sections) != 22 {
		t.Fatalf("%d threats", len(sections))
	}
	for _, found := range numbered.FindAllStringSubmatch(string(tests), -1) {
		threat, err := strconv.Atoi(found[2])
		if err != nil || threat < 1 || threat > len(sections) || !strings.Contains(sections[threat-1], "`"+found[1]+"`") {
			t.Errorf("the threat model does not name %s where it says what shows T%s", found[1], found[2])
		}
	}
}
