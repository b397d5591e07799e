package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// onEach runs a test of the conformance suite on an empty database of every
// engine. The test gets the database's url too, to open it once more.
func onEach(t *testing.T, test func(t *testing.T, s *store.Store, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		url := "sqlite:" + filepath.Join(t.TempDir(), "a b%20c?.db")
		test(t, open(t, url), url)
	})
	t.Run("postgres", func(t *testing.T) {
		url := storetest.Postgres(t)
		test(t, open(t, url), url)
	})
}

func open(t *testing.T, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
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
