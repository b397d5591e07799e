package control

import (
	"slices"
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/store"
)

// TestLedTo compares what is told of starts and stops without an answer with
// all that may have happened, for every run of up to six of them.
func TestLedTo(t *testing.T) {
	told := map[monitor.Outcome]int{}
	for n := 1; n <= 6; n++ {
		for verbs := range 1 << n {
			rows := make([]store.Command, n)
			for i := range rows {
				rows[i].Verb = []string{VerbStart, VerbStop}[verbs>>i&1]
			}
			for _, from := range []statuses{canStand, canRun, canStand | canRun} {
				for _, to := range []medialive.FlowStatus{medialive.Standby, medialive.Active} {
					may := happened(from, rows, to)
					if may == nil {
						continue // it cannot have come to this
					}
					got := ledTo(from, rows, to)
					if !slices.Equal(got, may) {
						t.Fatalf("%d, %v, %s: %v, want %v", from, rows, to, got, may)
					}
					for _, o := range got {
						told[o]++
					}
				}
			}
		}
	}
	if told[monitor.OutcomeDone] == 0 || told[monitor.OutcomeNotDone] == 0 || told[monitor.OutcomeUnknown] == 0 {
		t.Error(told)
	}
}

// happened tries all that may have happened: each command was done, where the
// flow was not so already, or was not.
func happened(from statuses, rows []store.Command, to medialive.FlowStatus) []monitor.Outcome {
	var may []monitor.Outcome
	for _, first := range []medialive.FlowStatus{medialive.Standby, medialive.Active} {
		for done := range 1 << len(rows) {
			now, possible := first, from.has(first)
			for i, row := range rows {
				if done>>i&1 == 1 {
					possible = possible && now != wantsOf(row.Verb)
					now = wantsOf(row.Verb)
				}
			}
			if !possible || now != to {
				continue
			}
			way := make([]monitor.Outcome, len(rows))
			for i := range rows {
				way[i] = []monitor.Outcome{monitor.OutcomeNotDone, monitor.OutcomeDone}[done>>i&1]
				if may != nil && may[i] != way[i] {
					way[i] = monitor.OutcomeUnknown
				}
			}
			may = way
		}
	}
	return may
}
