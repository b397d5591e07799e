package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Codes of PostgreSQL's appendix A.
const (
	uniqueViolation      = "23505"
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
)

// postgres is the dialect of a PostgreSQL server.
type postgres struct{ url string }

func (d postgres) open(ctx context.Context) (writer, reader *sql.DB, err error) {
	config, err := pgx.ParseConfig(d.url) // its errors have the password masked
	if err != nil {
		return nil, nil, err
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(8)
	db.SetConnMaxIdleTime(5 * time.Minute)
	if err := db.PingContext(ctx); err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return db, db, nil
}

// mostTurns is how many turns a process may hold or wait for at once; more wait
// for a connection.
const mostTurns = 16

func (d postgres) forTurns() (*sql.DB, error) {
	config, err := pgx.ParseConfig(d.url)
	if err != nil {
		return nil, err
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(mostTurns)
	db.SetMaxIdleConns(2)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return db, nil
}

// migrate holds an advisory lock meanwhile.
func (postgres) migrate(ctx context.Context, db *sql.DB) error {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60))
	if err != nil {
		return err
	}
	return migrate(ctx, goose.DialectPostgres, "postgres", db, goose.WithSessionLocker(locker))
}

func (postgres) unique(err error) bool { return code(err) == uniqueViolation }

func (postgres) again(err error) bool {
	c := code(err)
	return c == serializationFailure || c == deadlockDetected
}

// trailLock is the number of the advisory lock of those who append; the head's
// row will not do, since at first there is none.
const trailLock = 0x666c6f77 // "flow"

func (postgres) lockTrail(ctx context.Context, c conn) error {
	_, err := c.exec(ctx, `SELECT pg_advisory_xact_lock($1)`, trailLock)
	return err
}

func (postgres) snapshot() sql.IsolationLevel { return sql.LevelRepeatableRead }

func code(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
