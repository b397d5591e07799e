package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/trail"
)

func TestCare(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		note := store.Care{Endpoint: "e", Project: "p", Subject: "f", Topic: "note", Body: []byte("1"), By: "alice", At: day}
		v1, err := s.PutCare(ctx, note, line(trail.Care, "f", "note", day))
		must(t, err)
		_, err = s.PutCare(ctx, note)
		wantErr(t, err, store.ErrStale)
		note.Body, note.Version = []byte("2"), v1
		v2, err := s.PutCare(ctx, note, line(trail.Care, "f", "note", day), line(trail.Care, "f", "note", day))
		must(t, err)
		_, err = s.PutCare(ctx, note, line(trail.Care, "f", "note", day))
		wantErr(t, err, store.ErrStale)
		note.Version = v2
		got, err := s.Care(ctx, "e", "p", "f", "note")
		must(t, err)
		same(t, "care", got, note)

		label := store.Care{Endpoint: "e", Project: "p", Topic: "label:1", By: "bob", At: day}
		label.Version, err = s.PutCare(ctx, label)
		must(t, err)
		all, err := s.Cares(ctx, "e", "p")
		must(t, err)
		same(t, "all", all, []store.Care{label, note})
		own, err := s.CaresOf(ctx, "e", "p", "f")
		must(t, err)
		same(t, "of the flow", own, []store.Care{note})

		wantErr(t, s.DeleteCare(ctx, "e", "p", "f", "note", v1, line(trail.Care, "f", "x", day)), store.ErrStale)
		must(t, s.DeleteCare(ctx, "e", "p", "f", "note", v2, line(trail.Care, "f", "x", day)))
		wantErr(t, s.DeleteCare(ctx, "e", "p", "f", "note", v2), store.ErrStale)
		_, err = s.Care(ctx, "e", "p", "f", "note")
		wantErr(t, err, store.ErrNotFound)
		again := note
		again.Version, again.At = 0, day.Add(time.Minute)
		_, err = s.PutCare(ctx, again)
		must(t, err)
		_, err = s.PutCare(ctx, note) // who saw the one that was deleted
		wantErr(t, err, store.ErrStale)
		wantWhole(t, s, 4)
	})
}

func TestCareIsPutByOne(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, url string) {
		other := open(t, url)
		won := race(t, 16, func(ctx context.Context, i int) (bool, error) {
			_, err := []*store.Store{s, other}[i%2].PutCare(ctx, store.Care{Subject: "f", Topic: "protect", At: day},
				line(trail.Care, "f", "protect", day))
			return err == nil, ignore(err, store.ErrStale)
		})
		same(t, "winners", won, 1)
		wantWhole(t, s, 1)
	})
}

func TestAlarms(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		a := store.Alarm{ID: "a", Endpoint: "e", Project: "p", FlowID: "f", Kind: "loss", Target: "x", RaisedAt: day, Open: true, Body: []byte("1")}
		must(t, s.PutAlarm(ctx, a, line(trail.Alarm, "f", "raised", day)))
		twin := a
		twin.ID, twin.RaisedAt = "b", day.Add(time.Minute)
		wantErr(t, s.PutAlarm(ctx, twin, line(trail.Alarm, "f", "raised", day)), store.ErrExists)
		a.Body = []byte("2")
		must(t, s.PutAlarm(ctx, a))
		got, err := s.OpenAlarms(ctx, "e", "p")
		must(t, err)
		same(t, "open", got, []store.Alarm{a})
		late := a
		late.Body, late.Was = []byte("3"), []byte("1")
		wantErr(t, s.PutAlarm(ctx, late, line(trail.Alarm, "f", "acknowledged", day)), store.ErrStale)
		late.Was = []byte("2")
		must(t, s.PutAlarm(ctx, late))
		a.Open, a.Body = false, []byte("4")
		must(t, s.PutAlarm(ctx, a, line(trail.Alarm, "f", "cleared", day)))
		late.Was = a.Body
		wantErr(t, s.PutAlarm(ctx, late), store.ErrStale) // it is closed
		must(t, s.PutAlarm(ctx, twin))
		other := twin
		other.ID, other.FlowID, other.RaisedAt = "c", "g", day.Add(2*time.Minute)
		must(t, s.PutAlarm(ctx, other))
		for filter, want := range map[store.AlarmFilter][]store.Alarm{
			{}:                                {other, twin, a},
			{FlowID: "f"}:                     {twin, a},
			{From: day.Add(time.Minute)}:      {other, twin},
			{To: day.Add(time.Minute)}:        {a},
			{Limit: 1}:                        {other},
			{FlowID: "g", To: day}:            nil,
			{From: day, To: day.Add(1)}:       nil, // the same millisecond
			{From: day, To: day.Add(1 << 20)}: {a},
		} {
			filter.Endpoint, filter.Project = "e", "p"
			got, err := s.Alarms(ctx, filter)
			must(t, err)
			same(t, fmt.Sprintf("%+v", filter), got, want)
		}
		wantWhole(t, s, 2)
	})
}

// Of many who change an alarm as they have read it, one does.
func TestAlarmIsChangedByOne(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, url string) {
		other := open(t, url)
		a := store.Alarm{ID: "a", FlowID: "f", Kind: "loss", RaisedAt: day, Open: true, Body: []byte("read")}
		must(t, s.PutAlarm(t.Context(), a))
		won := race(t, 16, func(ctx context.Context, i int) (bool, error) {
			mine := a
			mine.Body, mine.Was = fmt.Append(nil, "by ", i), a.Body
			err := []*store.Store{s, other}[i%2].PutAlarm(ctx, mine, line(trail.Alarm, "f", "acknowledged", day))
			return err == nil, ignore(err, store.ErrStale)
		})
		same(t, "winners", won, 1)
		wantWhole(t, s, 1)
	})
}

func TestOpenAlarmIsRaisedByOne(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, url string) {
		other := open(t, url)
		won := race(t, 16, func(ctx context.Context, i int) (bool, error) {
			err := []*store.Store{s, other}[i%2].PutAlarm(ctx,
				store.Alarm{ID: fmt.Sprint(i), FlowID: "f", Kind: "loss", RaisedAt: day, Open: true}, line(trail.Alarm, "f", "raised", day))
			return err == nil, ignore(err, store.ErrExists)
		})
		same(t, "winners", won, 1)
		wantWhole(t, s, 1)
	})
}

func TestShelves(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		a := store.Shelf{ID: "a", Endpoint: "e", Project: "p", Until: day.Add(time.Hour), Body: []byte("{}")}
		b := store.Shelf{ID: "b", Endpoint: "e", Project: "p", Until: day}
		must(t, s.PutShelf(ctx, a, line(trail.Alarm, "f", "shelved", day)))
		must(t, s.PutShelf(ctx, b))
		a.Body = []byte("2")
		must(t, s.PutShelf(ctx, a))
		got, err := s.Shelves(ctx, "e", "p")
		must(t, err)
		same(t, "shelves", got, []store.Shelf{b, a})
		must(t, s.DeleteShelf(ctx, "a", line(trail.Alarm, "f", "unshelved", day)))
		wantErr(t, s.DeleteShelf(ctx, "a", line(trail.Alarm, "f", "unshelved", day)), store.ErrNotFound)
		wantWhole(t, s, 2)
	})
}
