package packager

import (
	"testing"
	"time"
)

// TestAtLeastThreeSegments: a live playlist covers its window, and has three
// segments however short that is.
func TestAtLeastThreeSegments(t *testing.T) {
	for window, want := range map[time.Duration]int{
		0: 3, time.Second: 3, 12 * time.Second: 3, 13 * time.Second: 4, 24 * time.Hour: 21600,
	} {
		if got := (Package{Segment: 4 * time.Second, Window: window}).segments(); got != want {
			t.Errorf("a window of %v has %d segments of 4 s, want %d", window, got, want)
		}
	}
}
