package store_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/store"
)

func TestOpenRefuses(t *testing.T) {
	folder := t.TempDir()
	for _, url := range []string{
		"", "sqlite:", "mysql://user:secret@host/db", "postgres://user:secret@127.0.0.1:1/db?connect_timeout=2",
		"postgres://user:secret@host:port/db", "sqlite:" + folder,
	} {
		s, err := store.Open(t.Context(), url)
		if err == nil {
			t.Errorf("%s was opened: %v", url, s.Close())
			continue
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error shows the password: %v", err)
		}
	}
}

func TestOpenByManyAtOnce(t *testing.T) {
	onEachURL(t, func(t *testing.T, url string) {
		race(t, 4, func(ctx context.Context, _ int) (bool, error) {
			s, err := store.Open(ctx, url)
			if err != nil {
				return false, err
			}
			return true, s.Close()
		})
		s := open(t, url)
		must(t, s.Ping(t.Context()))
		must(t, s.CreateFlow(t.Context(), newFlow("a", 20000)))
	})
}

func TestSQLiteFileIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "flowdeck.db")
	s := open(t, "sqlite:"+path)
	must(t, s.CreateFlow(t.Context(), newFlow("a", 0)))
	for _, name := range []string{path, path + "-wal", path + "-shm", path + ".lock"} {
		info, err := os.Stat(name)
		must(t, err)
		same(t, name, info.Mode().Perm(), os.FileMode(0o600))
	}
}

func TestSQLitePathIsTakenLiterally(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, path := range []string{"data/flowdeck.db", "a b%20c?mode=ro#d.db", "c:d.db"} {
		s := open(t, "sqlite:"+path)
		must(t, s.CreateFlow(t.Context(), newFlow("a", 0)))
		if info, err := os.Stat(path + "-wal"); err != nil || info.Size() == 0 {
			t.Errorf("%s is elsewhere: %v", path, err)
		}
	}
}
