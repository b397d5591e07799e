package revive_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowdeck/flowdeck/internal/revive"
)

// TestF27Loop lets a loop panic six times, with its tidying too.
func TestF27Loop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var counted, anew int
		var begun []time.Time
		g := revive.Guard{Log: slog.New(slog.NewTextHandler(&log, nil)), Panicked: func(string) { counted++ }}
		g.Loop(t.Context(), "the loop", func(context.Context) {
			begun = append(begun, time.Now())
			if len(begun) <= 6 {
				panic(errors.New("token=hush-hush"))
			}
		}, func() {
			if anew++; anew == 2 {
				panic("tidying breaks too")
			}
		})
		if len(begun) != 7 || anew != 6 || counted != 7 {
			t.Errorf("%d begun, %d anew, %d counted", len(begun), anew, counted)
		}
		if told := strings.Count(log.String(), "level=ERROR"); told != 7 || !strings.Contains(log.String(), "TestF27Loop") {
			t.Errorf("%d told: %s", told, log.String())
		}
		if strings.Contains(log.String(), "hush-hush") {
			t.Error("the log holds what the cause held")
		}
		first, last := begun[1].Sub(begun[0]), begun[6].Sub(begun[5])
		if first < 100*time.Millisecond || first > 200*time.Millisecond || last < 3200*time.Millisecond || last > 6400*time.Millisecond {
			t.Errorf("pauses of %v at first and %v at last", first, last)
		}
		t.Logf("evidence: F27 | a loop that panics 6 times in a row: process exits, beginnings, pauses | 0, 7, from %v to %v | 0, each, growing", first, last)
	})
}

// TestLoopEnds: a context that ends in a pause ends the loop.
func TestLoopEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		revive.Guard{}.Loop(ctx, "", func(context.Context) { panic("always") }, nil)
		if took := time.Since(began); took != time.Minute {
			t.Errorf("it ended after %v", took)
		}
	})
}

// TestLoopThatBeginsAtTheEnd: work that tidies up when its context ends does so,
// however early that is.
func TestLoopThatBeginsAtTheEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	ran := false
	revive.Guard{}.Loop(ctx, "", func(context.Context) { ran = true }, nil)
	if !ran {
		t.Error("it was not run")
	}
}

func TestTry(t *testing.T) {
	own := errors.New("own")
	var g revive.Guard
	if err := g.Try("", func() error { return own }); !errors.Is(err, own) {
		t.Error(err)
	}
	if err := g.Try("", func() error { panic("tried") }); !errors.Is(err, revive.ErrPanic) {
		t.Error(err)
	}
	func() {
		defer g.Survive("")
		panic("survived")
	}()
}
