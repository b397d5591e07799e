// Package store keeps what must outlive a process: sessions, commands, the
// activity trail, alarms, history and what people note about flows of the
// dashboard; flows and identities of the gateway. It is one
// SQL text over SQLite and PostgreSQL, with a small file for each engine; one
// suite of tests runs over both. Nothing outside this package writes SQL.
//
// A method that returned nil has its change on disk. Times are kept to the
// millisecond and read back in UTC.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Errors of the store; they come wrapped, so ask with errors.Is.
var (
	ErrNotFound  = errors.New("not found")
	ErrExists    = errors.New("exists already")
	ErrPortTaken = errors.New("port is taken by another listener")
)

// Store is the database. It is safe for concurrent use, also by several
// processes.
type Store struct {
	dialect dialect
	writer  *sql.DB
	reader  *sql.DB // the same as writer where the engine has no use for two
	turns   *sql.DB // a connection for each turn that is held; nil where one process has the database
	chain   chain
}

// dialect is what differs between the engines.
type dialect interface {
	// open gives a pool to write through and one to read through.
	open(ctx context.Context) (writer, reader *sql.DB, err error)
	// forTurns gives the pool of the connections that hold turns, nil where only
	// one process may have the database.
	forTurns() (*sql.DB, error)
	migrate(ctx context.Context, db *sql.DB) error
	// unique tells an error for a key that exists already.
	unique(err error) bool
	// again tells an error after which the same transaction may well succeed.
	again(err error) bool
	// lockTrail keeps other transactions from appending until this one ends.
	lockTrail(ctx context.Context, c conn) error
	// snapshot is the isolation in which all reads are of one moment.
	snapshot() sql.IsolationLevel
}

// Open opens the database at url, "sqlite:/path/file.db" or "postgres://…",
// and brings its tables up to date. Of several processes that open an old
// database at once one changes it and the others wait.
func Open(ctx context.Context, url string) (*Store, error) {
	dialect, err := dialectOf(url)
	if err != nil {
		return nil, err
	}
	writer, reader, err := dialect.open(ctx)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	s := &Store{dialect: dialect, writer: writer, reader: reader}
	if s.turns, err = dialect.forTurns(); err != nil {
		return nil, errors.Join(fmt.Errorf("open database: %w", err), s.Close())
	}
	if err := dialect.migrate(ctx, writer); err != nil {
		return nil, errors.Join(fmt.Errorf("migrate database: %w", err), s.Close())
	}
	return s, nil
}

// dialectOf chooses the engine. Its error does not repeat the url, which may
// hold a password.
func dialectOf(url string) (dialect, error) {
	scheme, rest, _ := strings.Cut(url, ":")
	switch scheme {
	case "sqlite":
		if rest == "" {
			return nil, errors.New("database url: sqlite: wants a file")
		}
		return sqlite{path: rest}, nil
	case "postgres", "postgresql":
		return postgres{url: url}, nil
	}
	return nil, errors.New("database url: want sqlite:/path/file.db or postgres://…")
}

// Close closes the database.
func (s *Store) Close() error {
	err := s.writer.Close()
	if s.reader != s.writer {
		err = errors.Join(s.reader.Close(), err)
	}
	if s.turns != nil {
		err = errors.Join(s.turns.Close(), err)
	}
	return err
}

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.reader.PingContext(ctx); err != nil {
		return fmt.Errorf("ping database: %w", err)
	}
	return nil
}

// read is for statements that change nothing.
func (s *Store) read() conn { return conn{s.reader} }

// write is for one statement that changes something; for more see [Store.tx].
func (s *Store) write() conn { return conn{s.writer} }

// tx runs do in a transaction, and once more where the engine says that a
// rival's transaction was in the way.
func (s *Store) tx(ctx context.Context, do func(conn) error) error {
	const attempts = 5
	for attempt := 1; ; attempt++ {
		err := s.txOnce(ctx, do)
		if err == nil || attempt == attempts || !s.dialect.again(err) {
			return err
		}
	}
}

func (s *Store) txOnce(ctx context.Context, do func(conn) error) error {
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // says only "done" after a commit
	if err := do(conn{tx}); err != nil {
		return err
	}
	return tx.Commit()
}

// conn is a pool or a transaction. It turns times into milliseconds and makes
// texts fit for every engine on their way in; [instant] turns times back.
type conn struct {
	sql interface {
		ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
		QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	}
}

// exec tells how many rows it changed.
func (c conn) exec(ctx context.Context, text string, args ...any) (int64, error) {
	result, err := c.sql.ExecContext(ctx, text, wire(args)...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// execOne is exec for a statement that must find its one row.
func (c conn) execOne(ctx context.Context, text string, args ...any) error {
	n, err := c.exec(ctx, text, args...)
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return err
}

// scanner reads the columns of the present row.
type scanner func(columns ...any) error

// one reads one row, or says [ErrNotFound].
func one[T any](ctx context.Context, c conn, read func(scanner) (T, error), text string, args ...any) (T, error) {
	v, err := read(c.sql.QueryRowContext(ctx, text, wire(args)...).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	return v, err
}

// all reads all rows.
func all[T any](ctx context.Context, c conn, read func(scanner) (T, error), text string, args ...any) ([]T, error) {
	rows, err := c.sql.QueryContext(ctx, text, wire(args)...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err has the error
	var vs []T
	for rows.Next() {
		v, err := read(rows.Scan)
		if err != nil {
			return nil, err
		}
		vs = append(vs, v)
	}
	return vs, rows.Err()
}

// number reads a row of one number.
func number(scan scanner) (n int64, err error) {
	err = scan(&n)
	return n, err
}

func wire(args []any) []any {
	out := make([]any, len(args))
	for i, arg := range args {
		switch v := arg.(type) {
		case time.Time:
			out[i] = millis(v)
		case string:
			out[i] = text(v)
		default:
			out[i] = arg
		}
	}
	return out
}

// text replaces what PostgreSQL refuses in a text: zero bytes and broken
// UTF-8, which strangers can send.
func text(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// millis is a time as kept: Unix milliseconds, 0 for the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// instant scans a column of milliseconds into a time.
type instant struct{ *time.Time }

// Scan implements sql.Scanner.
func (i instant) Scan(v any) error {
	ms, ok := v.(int64)
	if !ok {
		return fmt.Errorf("a time is a %T, not a number", v)
	}
	*i.Time = time.Time{}
	if ms != 0 {
		*i.Time = time.UnixMilli(ms).UTC()
	}
	return nil
}
