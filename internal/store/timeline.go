package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/flowdeck/flowdeck/internal/trail"
)

// Timeline gives the newest events that the filter chooses, newest first. A
// command has its outcome and the flow that it made; the lines of outcomes are
// not listed by themselves. A text is found in whatever case, in SQLite only
// where its letters are those of ASCII.
func (s *Store) Timeline(ctx context.Context, f trail.Filter) ([]trail.Event, error) {
	var events []trail.Event
	for _, scope := range scopes(f) {
		some, err := s.timeline(ctx, f, scope)
		if err != nil {
			return nil, fmt.Errorf("timeline: %w", err)
		}
		events = append(events, some...)
	}
	slices.SortFunc(events, func(a, b trail.Event) int { return cmp.Compare(b.Seq, a.Seq) })
	return events[:min(len(events), limit(f.Limit))], nil
}

// scopes gives the sets of lines that the filter is about. No line is in two
// of them, and each has its index, in which the newest come first: one query
// for all would have to sort what it finds. A column in an
// expression is one whose index SQLite must not take, since it is much worse.
func scopes(f trail.Filter) []query {
	if f.FlowID != "" {
		var own, made query
		own.and(`l.flow_id = %s`, f.FlowID)
		made.and(`l.flow_id || '' = ''`)
		made.and(`l.kind = 'command'`)
		made.and(`l.id IN (SELECT id FROM commands WHERE endpoint = %s AND project = %s AND flow_id = %s)`,
			f.Endpoint, f.Project, f.FlowID)
		for _, q := range []*query{&own, &made} {
			q.unless(f.Endpoint == "", `l.endpoint || '' = %s`, f.Endpoint)
			q.unless(f.Project == "", `l.project || '' = %s`, f.Project)
		}
		return []query{own, made}
	}
	if f.Endpoint == "" && f.Project == "" {
		return []query{{}}
	}
	var own, whole query
	own.unless(f.Endpoint == "", `l.endpoint = %s`, f.Endpoint)
	own.unless(f.Project == "", `l.project = %s`, f.Project)
	whole.and(`l.endpoint = ''`)
	whole.and(`l.project = ''`)
	return []query{own, whole}
}

func (s *Store) timeline(ctx context.Context, f trail.Filter, q query) ([]trail.Event, error) {
	q.and(`l.kind <> 'outcome'`)
	if len(f.Kinds) > 0 {
		kinds := make([]any, len(f.Kinds))
		for i, k := range f.Kinds {
			kinds[i] = string(k)
		}
		q.and(`l.kind IN (`+strings.Repeat(`, %s`, len(kinds))[2:]+`)`, kinds...)
	}
	q.unless(f.Without == "", `COALESCE(c.flow_id, l.flow_id) NOT LIKE %s`, f.Without+"%")
	q.unless(f.Actor == "", `l.actor = %s`, f.Actor)
	q.unless(f.Verb == "", `l.verb = %s`, f.Verb)
	q.unless(f.Outcome == "", `COALESCE(c.outcome, l.outcome) = %s`, f.Outcome)
	q.unless(f.From.IsZero(), `l.at >= %s`, f.From)
	q.unless(f.To.IsZero(), `l.at < %s`, f.To)
	q.unless(f.Before == 0, `l.seq < %s`, f.Before)
	if f.Text != "" {
		like := q.arg("%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(f.Text) + "%")
		var columns []string
		for _, c := range []string{"l.flow_name", "l.target", "l.actor", "l.reason", "l.detail", "COALESCE(c.message, l.message)"} {
			columns = append(columns, `lower(`+c+`) LIKE lower(CAST(`+like+` AS TEXT)) ESCAPE '\'`)
		}
		q.conditions = append(q.conditions, `(`+strings.Join(columns, ` OR `)+`)`)
	}
	return all(ctx, s.read(), scanEvent, `
		SELECT l.seq, l.at, l.endpoint, l.project, l.kind, l.id, COALESCE(c.flow_id, l.flow_id), l.flow_name, l.verb,
			l.target, l.actor, l.reason, l.detail, COALESCE(c.outcome, l.outcome), COALESCE(c.kind, l.cause),
			COALESCE(c.code, l.code), COALESCE(c.message, l.message), COALESCE(c.request_id, l.request), l.key_number,
			l.mac, COALESCE(c.settled_at, 0)
		FROM trail_lines l LEFT JOIN commands c ON l.kind = 'command' AND c.id = l.id
		`+q.where()+` ORDER BY l.seq DESC LIMIT `+q.arg(limit(f.Limit)), q.args...)
}

func scanEvent(scan scanner) (e trail.Event, err error) {
	var settled time.Time
	err = scan(append(entryColumns(&e.Entry), instant{&settled})...)
	e.SettledAt = settled
	return e, err
}
