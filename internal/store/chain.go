package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/flowdeck/flowdeck/internal/trail"
)

// ErrStale is that what was to be replaced has changed, or went, meanwhile.
var ErrStale = errors.New("changed meanwhile")

// ErrNoKey is that lines were to be written without [Store.KeepTrail].
var ErrNoKey = errors.New("the activity trail has no key")

// errHead is that the record of the trail's end is not Flowdeck's own.
var errHead = errors.New("the activity trail was changed from outside, or the key file is another one: " +
	"nothing more is written to it; flowdeck audit verify tells what is wrong, and flowdeck audit accept goes on after it")

const (
	batchMost = 256              // writers of one transaction
	batchTime = 15 * time.Second // for a transaction with what holds it up
)

// chain is what this process knows of the trail it appends to. Writers that
// come while a transaction runs go into the next one together, so that one
// flush to the disk serves them all.
type chain struct {
	keys    trail.Keys
	ring    *trail.Ring // of who leads
	mu      sync.Mutex
	busy    bool // somebody leads
	waiting []*job
}

// job is one writer's share of a transaction. It may run more than once, each
// time in a new transaction.
type job struct {
	ctx  context.Context
	do   func(context.Context, *appender) error
	err  error
	done chan struct{} // closed when err is known
	lead chan struct{} // closed when this writer is to lead
}

// appender is a transaction that appends to the trail.
type appender struct {
	conn
	ring *trail.Ring
	head trail.Head
}

// KeepTrail gives the keys of the trail. Without them commands and lines are
// refused. Call it before the first of them.
func (s *Store) KeepTrail(keys trail.Keys) {
	s.chain.keys, s.chain.ring = keys, trail.NewRing(keys)
}

// chained runs do in a transaction that may append to the trail, together with
// the lines. It returns when all is on disk, or nothing of it.
func (s *Store) chained(ctx context.Context, do func(context.Context, *appender) error, lines ...trail.Line) error {
	if s.chain.keys == nil {
		return ErrNoKey
	}
	j := &job{ctx: ctx, done: make(chan struct{}), lead: make(chan struct{})}
	j.do = func(ctx context.Context, a *appender) error {
		if err := do(ctx, a); err != nil {
			return err
		}
		return a.add(ctx, lines...)
	}
	if s.chain.enter(j) {
		s.lead(j)
		return j.err
	}
	select {
	case <-j.done:
	case <-j.lead:
		s.lead(j)
	}
	return j.err
}

// changed is chained where there are lines, else a plain transaction.
func (s *Store) changed(ctx context.Context, lines []trail.Line, do func(context.Context, conn) error) error {
	if len(lines) == 0 {
		return s.tx(ctx, func(c conn) error { return do(ctx, c) })
	}
	for _, l := range lines {
		if l.Kind == trail.Command || l.Kind == trail.Outcome {
			return errors.New("a line of a command is written with the command only")
		}
	}
	return s.chained(ctx, func(ctx context.Context, a *appender) error { return do(ctx, a.conn) }, lines...)
}

// enter tells whether the job is to lead; else it waits in line.
func (c *chain) enter(j *job) (leads bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy {
		c.waiting = append(c.waiting, j)
		return false
	}
	c.busy = true
	return true
}

// lead runs the jobs that wait, its own first, and hands the lead on.
func (s *Store) lead(own *job) {
	batch := s.chain.take(own)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(own.ctx), batchTime)
	s.runBatch(ctx, batch)
	cancel()
	for _, j := range batch {
		close(j.done)
	}
	s.chain.handOn()
}

// take takes those that wait and still want to.
func (c *chain) take(own *job) []*job {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(len(c.waiting), batchMost-1)
	batch := append([]*job{own}, c.waiting[:n]...)
	c.waiting = append([]*job(nil), c.waiting[n:]...)
	return batch
}

func (c *chain) handOn() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) == 0 {
		c.busy = false
		return
	}
	next := c.waiting[0]
	c.waiting = c.waiting[1:]
	close(next.lead)
}

// runBatch runs the jobs in one transaction. One that fails is left out and
// has its error, and the others begin anew without it.
func (s *Store) runBatch(ctx context.Context, batch []*job) {
	for len(batch) > 0 {
		failed := -1
		err := s.tx(ctx, func(c conn) error {
			failed = -1
			a, err := s.begin(ctx, c)
			if err != nil {
				return err
			}
			for i, j := range batch {
				if err := j.run(ctx, a); err != nil {
					failed = i
					return err
				}
			}
			return a.writeHead(ctx)
		})
		if failed < 0 {
			for _, j := range batch {
				j.err = err
			}
			return
		}
		batch[failed].err = err
		batch = append(append([]*job(nil), batch[:failed]...), batch[failed+1:]...)
	}
}

// run does the job's share, unless who wanted it has gone.
func (j *job) run(ctx context.Context, a *appender) error {
	if err := j.ctx.Err(); err != nil {
		return err
	}
	return j.do(ctx, a)
}

// begin locks the trail for this transaction and reads where it ends. A trail
// without a line begins with the commands that are older than it.
func (s *Store) begin(ctx context.Context, c conn) (*appender, error) {
	a := &appender{conn: c, ring: s.chain.ring, head: trail.Start()}
	if err := s.dialect.lockTrail(ctx, c); err != nil {
		return nil, fmt.Errorf("lock the trail: %w", err)
	}
	record, err := one(ctx, c, scanHead, selectHead)
	switch {
	case errors.Is(err, ErrNotFound):
		return a, a.first(ctx)
	case err != nil:
		return nil, fmt.Errorf("head of the trail: %w", err)
	case !a.ring.Proves(record.Proof, record.KeyNumber, record.Head):
		return nil, errHead
	}
	a.head = record.Head
	return a, nil
}

// first writes the commands down that are older than the trail.
func (a *appender) first(ctx context.Context) error {
	n, err := one(ctx, a.conn, number, `SELECT count(*) FROM (SELECT seq FROM trail_lines LIMIT 1) AS any_line`)
	if err != nil {
		return err
	}
	if n > 0 {
		return errHead
	}
	olds, err := all(ctx, a.conn, scanCommand, `SELECT `+commandColumns+` FROM commands ORDER BY at, seq`)
	if err != nil {
		return err
	}
	for _, old := range olds {
		lines := []trail.Line{commandLine(old)}
		if old.Outcome != "" {
			lines = append(lines, outcomeLine(old))
		}
		if err := a.add(ctx, lines...); err != nil {
			return err
		}
	}
	return nil
}

const selectHead = `SELECT lines, mac, key_number, proof FROM trail_head WHERE id = 1`

func scanHead(scan scanner) (v trail.Record, err error) {
	err = scan(&v.Lines, &v.MAC, &v.KeyNumber, &v.Proof)
	return v, err
}

// add appends lines.
func (a *appender) add(ctx context.Context, lines ...trail.Line) error {
	for _, l := range lines {
		e, head, err := a.ring.Next(a.head, clean(l))
		if err != nil {
			return err
		}
		_, err = a.exec(ctx, `INSERT INTO trail_lines (`+lineColumns+`)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
			e.Seq, e.At, e.Endpoint, e.Project, string(e.Kind), e.ID, e.FlowID, e.FlowName, e.Verb, e.Target, e.Actor,
			e.Reason, e.Detail, e.Outcome, e.Cause, e.Code, e.Message, e.Request, e.KeyNumber, e.MAC)
		if err != nil {
			return fmt.Errorf("append to the trail: %w", err)
		}
		a.head = head
	}
	return nil
}

// writeHead writes where the trail ends now.
func (a *appender) writeHead(ctx context.Context) error {
	proof, keyNumber, err := a.ring.Prove(a.head)
	if err != nil {
		return err
	}
	_, err = a.exec(ctx, `
		INSERT INTO trail_head (id, lines, mac, key_number, proof) VALUES (1, $1, $2, $3, $4)
		ON CONFLICT (id) DO UPDATE SET lines = excluded.lines, mac = excluded.mac,
			key_number = excluded.key_number, proof = excluded.proof`,
		a.head.Lines, a.head.MAC, keyNumber, proof)
	if err != nil {
		return fmt.Errorf("head of the trail: %w", err)
	}
	return nil
}

// clean gives the line as it will be read back, since that is what is hashed.
func clean(l trail.Line) trail.Line {
	if ms := millis(l.At); ms != 0 {
		l.At = time.UnixMilli(ms).UTC()
	} else {
		l.At = time.Time{}
	}
	l.Kind = trail.Kind(text(string(l.Kind)))
	for _, field := range []*string{
		&l.Endpoint, &l.Project, &l.ID, &l.FlowID, &l.FlowName, &l.Verb, &l.Target, &l.Actor, &l.Reason, &l.Detail,
		&l.Outcome, &l.Cause, &l.Code, &l.Message, &l.Request,
	} {
		*field = text(*field)
	}
	return l
}
