package display

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/flowdeck/flowdeck/internal/monitor"
)

// Still is the newest picture of a flow on a wall.
type Still struct {
	Key string    // by which the screen asks for it, and that says nothing of the flow; empty: there is none
	At  time.Time // when it was made
}

// stillKey is of a display and a flow: another display has another one.
func (d Display) stillKey(flowID string) string {
	sum := sha256.Sum256([]byte("still/" + d.ID + "/" + flowID))
	return hex.EncodeToString(sum[:12])
}

// StillOf gives the flow of a key, if the display is about it.
func (d Display) StillOf(s *monitor.Snapshot, key string) (flowID string, ok bool) {
	for _, f := range d.members(s) {
		if moves(f) && d.stillKey(f.ID) == key {
			return f.ID, true
		}
	}
	return "", false
}

// still is the picture of a flow of a scene, while media comes.
func (d Display) still(f *monitor.Flow, s Scene) Still {
	if s.Picture == nil || !moves(f) {
		return Still{}
	}
	at, ok := s.Picture(f.ID)
	if !ok {
		return Still{}
	}
	return Still{d.stillKey(f.ID), at}
}

func moves(f *monitor.Flow) bool {
	return f.State == monitor.StateLive || f.State == monitor.StateLoss || f.State == monitor.StateOutputLost || f.State == monitor.StateSecondInput
}
