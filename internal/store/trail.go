package store

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"

	"github.com/flowdeck/flowdeck/internal/trail"
)

const lineColumns = `seq, at, endpoint, project, kind, id, flow_id, flow_name, verb, target, actor, reason, detail,
	outcome, cause, code, message, request, key_number, mac`

// AppendTrail adds the lines in their order, all or none.
func (s *Store) AppendTrail(ctx context.Context, lines ...trail.Line) error {
	if len(lines) == 0 {
		return nil
	}
	err := s.changed(ctx, lines, func(context.Context, conn) error { return nil })
	if err != nil {
		return fmt.Errorf("append to the trail: %w", err)
	}
	return nil
}

// AcceptTrail goes on with a trail whose end was changed from outside, or whose
// key is lost, from where it ends now; l is to say so. What is wrong with the
// lines before stays to be found.
func (s *Store) AcceptTrail(ctx context.Context, l trail.Line) error {
	if s.chain.keys == nil {
		return ErrNoKey
	}
	err := s.tx(ctx, func(c conn) error {
		if err := s.dialect.lockTrail(ctx, c); err != nil {
			return err
		}
		a := &appender{conn: c, ring: trail.NewRing(s.chain.keys), head: trail.Start()}
		ends, err := all(ctx, c, scanEntry, `SELECT `+lineColumns+` FROM trail_lines ORDER BY seq DESC LIMIT 1`)
		if err != nil {
			return err
		}
		for _, end := range ends {
			a.head = trail.Head{Lines: end.Seq, MAC: end.MAC}
		}
		if err := a.add(ctx, l); err != nil {
			return err
		}
		return a.writeHead(ctx)
	})
	if err != nil {
		return fmt.Errorf("accept the trail: %w", err)
	}
	return nil
}

// TrailHead gives where the trail ends, as it was last written. Who keeps it
// elsewhere can prove later that nothing up to there was cut.
func (s *Store) TrailHead(ctx context.Context) (trail.Head, error) {
	record, err := s.trailRecord(ctx, s.read())
	if err != nil || record == nil {
		return trail.Start(), err
	}
	return record.Head, nil
}

// trailRecord is nil where nothing was written yet.
func (s *Store) trailRecord(ctx context.Context, c conn) (*trail.Record, error) {
	records, err := all(ctx, c, scanHead, selectHead)
	if err != nil {
		return nil, fmt.Errorf("head of the trail: %w", err)
	}
	if len(records) == 0 {
		return nil, nil
	}
	return &records[0], nil
}

// HasTrailLine tells whether the trail has the line that ended it when head was
// taken.
func (s *Store) HasTrailLine(ctx context.Context, head trail.Head) (bool, error) {
	if head.Lines == 0 {
		return true, nil
	}
	macs, err := all(ctx, s.read(), func(scan scanner) (mac []byte, err error) { err = scan(&mac); return mac, err },
		`SELECT mac FROM trail_lines WHERE seq = $1`, head.Lines)
	if err != nil {
		return false, fmt.Errorf("look up a line of the trail: %w", err)
	}
	return len(macs) == 1 && bytes.Equal(macs[0], head.MAC), nil
}

// pageSize is how many lines are read at once for somebody who may be slow.
const pageSize = 1000

// EachTrail gives every line from the one numbered from, oldest first, up to
// the last of when it comes there. An error of do ends it. The database is not
// held up while do runs.
func (s *Store) EachTrail(ctx context.Context, from int64, do func(trail.Entry) error) error {
	for {
		page, err := all(ctx, s.read(), scanEntry, selectLines+` LIMIT $2`, from, pageSize)
		if err != nil {
			return fmt.Errorf("read the trail: %w", err)
		}
		for _, e := range page {
			if err := do(e); err != nil {
				return err
			}
		}
		if len(page) < pageSize {
			return nil
		}
		from = page[len(page)-1].Seq + 1
	}
}

const selectLines = `SELECT ` + lineColumns + ` FROM trail_lines WHERE seq >= $1 ORDER BY seq`

func scanEntry(scan scanner) (e trail.Entry, err error) {
	err = scan(entryColumns(&e)...)
	return e, err
}

// entryColumns are the places for [lineColumns].
func entryColumns(e *trail.Entry) []any {
	return []any{
		&e.Seq,
		instant{&e.At},
		&e.Endpoint, &e.Project, &e.Kind, &e.ID, &e.FlowID, &e.FlowName, &e.Verb, &e.Target,
		&e.Actor, &e.Reason, &e.Detail, &e.Outcome, &e.Cause, &e.Code, &e.Message, &e.Request, &e.KeyNumber, &e.MAC,
	}
}

// VerifyTrail goes through the whole trail as it stands at one moment, and
// through the table of commands, which must agree with it. The trail must also
// have the heads that are known from elsewhere. The error is that it could not
// be read; what is wrong with the trail is in the verdict.
func (s *Store) VerifyTrail(ctx context.Context, known ...trail.Head) (trail.Verdict, error) {
	if s.chain.keys == nil {
		return trail.Verdict{}, ErrNoKey
	}
	verdict, err := s.verify(ctx, trail.NewVerifier(s.chain.keys, known...))
	if err != nil {
		return trail.Verdict{}, fmt.Errorf("verify the trail: %w", err)
	}
	return verdict, nil
}

func (s *Store) verify(ctx context.Context, v *trail.Verifier) (verdict trail.Verdict, err error) {
	tx, err := s.reader.BeginTx(ctx, &sql.TxOptions{Isolation: s.dialect.snapshot(), ReadOnly: true})
	if err != nil {
		return verdict, err
	}
	defer func() { _ = tx.Rollback() }() // nothing to keep
	c := conn{tx}
	_, err = all(ctx, c, func(scan scanner) (struct{}, error) {
		e, err := scanEntry(scan)
		if err == nil {
			v.Add(e)
		}
		return struct{}{}, err
	}, selectLines, 0)
	if err != nil {
		return verdict, err
	}
	record, err := s.trailRecord(ctx, c)
	if err != nil {
		return verdict, err
	}
	if record != nil {
		if err := compareCommands(ctx, c, v); err != nil {
			return verdict, err
		}
	}
	return v.Finish(record), nil
}
