package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// giveBack is how long giving back a turn may take.
const giveBack = 5 * time.Second

// Turn waits until no other process has the turn of that name, and takes it;
// release gives it back. The turn of a process that dies is free at once. Within
// one process turns are not kept apart.
func (s *Store) Turn(ctx context.Context, name ...string) (release func(), err error) {
	if s.turns == nil {
		return func() {}, nil
	}
	c, err := s.turns.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("wait for a turn: %w", err)
	}
	number := turnNumber(name)
	if _, err := c.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, number); err != nil {
		forget(c)
		return nil, fmt.Errorf("wait for a turn: %w", err)
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveBack)
		defer cancel()
		if _, err := c.ExecContext(ctx, `SELECT pg_advisory_unlock($1)`, number); err != nil {
			forget(c)
			return
		}
		_ = c.Close() // back into the pool
	}, nil
}

// forget closes a connection that may still hold a turn.
func forget(c *sql.Conn) {
	_ = c.Raw(func(any) error { return driver.ErrBadConn })
	_ = c.Close()
}

// turnNumber is the number of the advisory lock of a turn. That two names share
// one, once in 2^64, makes them wait for each other.
func turnNumber(name []string) int64 {
	sum := sha256.Sum256([]byte("turn\x00" + strings.Join(name, "\x00")))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}
