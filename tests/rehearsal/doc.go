// Package rehearsal plays a live event: three operators work and two viewers
// look on, while the cloud, the way to it and the dashboard itself fail in turn.
// A judge compares what people were shown, what was done and what the trail
// tells with the truth log of the fake cloud: nothing false may be shown, on the
// lists and the pages of flows and of channels, on those of alarms and of the
// trail, nothing done twice, and nobody's act may be missing.
//
// FLOWDECK_REHEARSAL is how long it lasts (a minute), FLOWDECK_REHEARSAL_SEED
// repeats its script.
package rehearsal
