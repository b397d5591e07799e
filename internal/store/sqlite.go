package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/pressly/goose/v3"
	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// oldestSQLite is the first release without the WAL reset fault that could
// lose committed rows.
const oldestSQLite = "3.51.3"

// sqlite is the dialect of a SQLite file.
type sqlite struct{ path string }

// open gives one connection to write with, so that writers of this process
// queue in Go instead of polling for the file lock, and a few to read with.
func (d sqlite) open(ctx context.Context) (writer, reader *sql.DB, err error) {
	if err := d.makeFile(); err != nil {
		return nil, nil, err
	}
	writer, err = sql.Open("sqlite", d.dsn("_txlock", "immediate"))
	if err != nil {
		return nil, nil, err
	}
	writer.SetMaxOpenConns(1)
	if err := checkSQLite(ctx, writer); err != nil {
		return nil, nil, errors.Join(err, writer.Close())
	}
	reader, err = sql.Open("sqlite", d.dsn("_pragma", "query_only(1)"))
	if err != nil {
		return nil, nil, errors.Join(err, writer.Close())
	}
	reader.SetMaxOpenConns(4)
	reader.SetMaxIdleConns(4)
	return writer, reader, nil
}

// dsn is the file with the settings that every connection needs: commits that
// survive a loss of power, and 5 s of patience with other processes.
func (d sqlite) dsn(key, value string) string {
	settings := url.Values{"_pragma": {
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
	}}
	settings.Add(key, value)
	return "file:" + (&url.URL{Path: d.path}).EscapedPath() + "?" + settings.Encode()
}

// makeFile makes the file with its folder, for nobody else's eyes; SQLite
// gives its companion files the same mode.
func (d sqlite) makeFile() error {
	if err := os.MkdirAll(filepath.Dir(d.path), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(d.path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return file.Close()
}

func checkSQLite(ctx context.Context, db *sql.DB) error {
	var version string
	if err := db.QueryRowContext(ctx, `SELECT sqlite_version()`).Scan(&version); err != nil {
		return err
	}
	if !atLeast(version, oldestSQLite) {
		return fmt.Errorf("the bundled SQLite is %s: %s or newer is needed", version, oldestSQLite)
	}
	return nil
}

// atLeast compares versions of dotted numbers.
func atLeast(version, oldest string) bool {
	have, want := strings.Split(version, "."), strings.Split(oldest, ".")
	for i := range want {
		if i >= len(have) {
			return false
		}
		h, errH := strconv.Atoi(have[i])
		w, errW := strconv.Atoi(want[i])
		if errH != nil || errW != nil || h != w {
			return errH == nil && errW == nil && h > w
		}
	}
	return true
}

func (sqlite) forTurns() (*sql.DB, error) { return nil, nil }

// migrate holds a lock file meanwhile, since SQLite has no lock that spans
// several transactions.
func (d sqlite) migrate(ctx context.Context, db *sql.DB) error {
	unlock, err := lockFile(ctx, d.path+".lock")
	if err != nil {
		return err
	}
	return errors.Join(migrate(ctx, goose.DialectSQLite3, "sqlite", db), unlock())
}

func lockFile(ctx context.Context, path string) (unlock func() error, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // beside the database
	if err != nil {
		return nil, err
	}
	retry := time.NewTicker(20 * time.Millisecond)
	defer retry.Stop()
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return file.Close, nil // which unlocks
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), file.Close())
		}
		select {
		case <-retry.C:
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("lock %s: %w", path, ctx.Err()), file.Close())
		}
	}
}

func (sqlite) unique(err error) bool {
	var e *driver.Error
	return errors.As(err, &e) &&
		(e.Code() == lib.SQLITE_CONSTRAINT_UNIQUE || e.Code() == lib.SQLITE_CONSTRAINT_PRIMARYKEY)
}

// again is never: a transaction takes the write lock when it begins.
func (sqlite) again(error) bool { return false }

// lockTrail has nothing to do, for the same reason.
func (sqlite) lockTrail(context.Context, conn) error { return nil }

// snapshot is that of any transaction.
func (sqlite) snapshot() sql.IsolationLevel { return sql.LevelDefault }
