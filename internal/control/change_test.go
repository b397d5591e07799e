package control

import (
	"slices"
	"testing"
)

func TestTold(t *testing.T) {
	changes := []Change{
		{FieldLatency, "120", "200"},
		{FieldDescription, `a "quoted"; b: "c" → d`, ""},
		{FieldWhitelist, "", "192.0.2.0/24\n198.51.100.0/24"},
		{FieldPassphrase, Set, Fresh},
	}
	want := slices.Clone(changes)
	want[2].To = "192.0.2.0/24, 198.51.100.0/24"
	if got := Told(describe(changes)); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for _, line := range []string{"", "started by hand", `port: "1" → `, `port: "1" "2"`, `: `} {
		if got := Told(line); got != nil {
			t.Errorf("%q: %q", line, got)
		}
	}
}
