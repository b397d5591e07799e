package gateway

import (
	"os"
	"strings"
	"testing"
)

// TestDocsTellEveryRoute: what is not in the specification is in docs/gateway.md,
// with what one has to be allowed.
func TestDocsTellEveryRoute(t *testing.T) {
	told, err := os.ReadFile("../../docs/gateway.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for line := range strings.Lines(string(told)) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			rows[strings.Trim(cells[1], " `")] = cells[2]
		}
	}
	above := ""
	for _, rt := range (&Gateway{}).routes() {
		if strings.Contains(rt.pattern, " /v1/") {
			continue
		}
		permission, there := rows[rt.pattern]
		if strings.Contains(permission, "the same") {
			permission = above
		}
		above = permission
		for _, action := range rt.actions {
			if !there || !strings.Contains(permission, "`"+action+"`") {
				t.Errorf("%s needs %s, the docs say %q", rt.pattern, action, permission)
			}
		}
	}
	if !strings.Contains(string(told), "`"+playPattern[:strings.Index(playPattern, "...")]+"}`") {
		t.Errorf("the docs do not have %s", playPattern)
	}
}
