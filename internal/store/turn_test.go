package store_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/store/storetest"
)

// TestTurn lets many of two processes take turns of two names: of one name only
// one has it at a time.
func TestTurn(t *testing.T) {
	url := storetest.Postgres(t)
	stores := []*store.Store{open(t, url), open(t, url)}
	var held [2]atomic.Int32
	var taken atomic.Int32
	var work sync.WaitGroup
	for i := range 80 { // more than there are connections for
		work.Go(func() {
			name := i % 2
			release, err := stores[i/2%2].Turn(t.Context(), "e", "p", []string{"f", "g"}[name])
			if err != nil {
				t.Error(err)
				return
			}
			if held[name].Add(1) > 1 {
				t.Error("two have one turn")
			}
			taken.Add(1)
			held[name].Add(-1)
			release()
		})
	}
	work.Wait()
	if n := taken.Load(); n != 80 {
		t.Errorf("%d of 80 had their turn", n)
	}
}

// TestTurnIsGivenUp: who waits may give up, and leaves nothing behind.
func TestTurnIsGivenUp(t *testing.T) {
	url := storetest.Postgres(t)
	release, err := open(t, url).Turn(t.Context(), "f")
	must(t, err)
	rival := open(t, url)
	ctx, cancel := context.WithCancel(t.Context())
	gaveUp := make(chan error)
	go func() {
		_, err := rival.Turn(ctx, "f")
		gaveUp <- err
	}()
	cancel()
	if err := <-gaveUp; !errors.Is(err, context.Canceled) {
		t.Errorf("gave up with %v", err)
	}
	release()
	again, err := rival.Turn(t.Context(), "f")
	must(t, err)
	again()
}

func TestTurnOfOneProcess(t *testing.T) {
	s := open(t, "sqlite:"+t.TempDir()+"/a.db")
	for range 2 { // kept apart by who uses it
		release, err := s.Turn(t.Context(), "f")
		must(t, err)
		defer release()
	}
}
