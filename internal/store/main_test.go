package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/store/storetest"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(writerURL); url != "" {
		fmt.Fprintln(os.Stderr, write(url))
		os.Exit(1)
	}
	storetest.Main(m)
}

// onEach runs a test of the conformance suite on an empty database of every
// engine. The test gets the database's url too, to open it once more.
func onEach(t *testing.T, test func(t *testing.T, s *store.Store, url string)) {
	t.Helper()
	onEachURL(t, func(t *testing.T, url string) { test(t, open(t, url), url) })
}

// onEachURL is onEach for a database that was never opened.
func onEachURL(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, "sqlite:"+filepath.Join(t.TempDir(), "a b%20c?.db")) })
	t.Run("postgres", func(t *testing.T) { test(t, storetest.Postgres(t)) })
}

func open(t *testing.T, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	s.KeepTrail(storetest.Keys(1))
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// day is a time to count from, whole in milliseconds as the store keeps them.
var day = time.Date(2026, 3, 4, 5, 6, 7, 8e6, time.UTC)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
}

// same compares values as they print, which is exact for what the store
// keeps: nil and empty are alike.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	g, w := fmt.Appendf(nil, "%+v", got), fmt.Appendf(nil, "%+v", want)
	if !bytes.Equal(g, w) {
		t.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

// ignore drops an error that is expected of those who lose.
func ignore(err, expected error) error {
	if errors.Is(err, expected) {
		return nil
	}
	return err
}

// race lets n goroutines do something at once and counts those that won.
func race(t *testing.T, n int, do func(ctx context.Context, i int) (won bool, err error)) int {
	t.Helper()
	var all sync.WaitGroup
	var winners atomic.Int64
	begin := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-begin
			won, err := do(t.Context(), i)
			if err != nil {
				t.Error(err)
			}
			if won {
				winners.Add(1)
			}
		})
	}
	close(begin)
	all.Wait()
	return int(winners.Load())
}
