package store

import "testing"

func TestAtLeast(t *testing.T) {
	for version, want := range map[string]bool{
		"3.51.3": true, "3.51.4": true, "3.52.0": true, "4.0.0": true, "3.51.3.1": true, "3.51.10": true,
		"3.51.2": false, "3.50.9": false, "2.99.9": false, "3.51": false, "": false, "3.x.9": false, "x": false,
	} {
		if got := atLeast(version, oldestSQLite); got != want {
			t.Errorf("%q: %v", version, got)
		}
	}
}
