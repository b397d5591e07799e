package history

import "github.com/flowdeck/flowdeck/internal/monitor"

// Worse tells whether a state weighs more than another: of several in one step
// the one that weighs most is kept and shown.
func Worse(a, b monitor.State) bool { return weights[a] > weights[b] }
