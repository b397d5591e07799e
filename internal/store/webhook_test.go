package store_test

import (
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/trail"
)

func hook(id, project string) store.Webhook {
	return store.Webhook{
		ID: id, Endpoint: "e", Project: project, Name: "n" + id, Shape: "slack", Host: "hooks.example", Least: "high",
		Sealed: []byte{1, 0, 255}, KeyNumber: 2, By: "alice", At: day,
	}
}

func TestWebhooks(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		a, b := hook("a", "p"), hook("b", "q")
		must(t, s.PutWebhook(ctx, a, line(trail.Access, "", "webhook_add", day)))
		must(t, s.PutWebhook(ctx, b))
		a.Off = true
		must(t, s.PutWebhook(ctx, a))
		got, err := s.Webhook(ctx, "a")
		must(t, err)
		same(t, "webhook", got, a)
		own, err := s.Webhooks(ctx, "e", "p")
		must(t, err)
		same(t, "of the project", own, []store.Webhook{a})
		all, err := s.Webhooks(ctx, "", "")
		must(t, err)
		same(t, "all", all, []store.Webhook{a, b})
		must(t, s.DeleteWebhook(ctx, "a", line(trail.Access, "", "webhook_delete", day)))
		wantErr(t, s.DeleteWebhook(ctx, "a"), store.ErrNotFound)
		_, err = s.Webhook(ctx, "a")
		wantErr(t, err, store.ErrNotFound)
		wantWhole(t, s, 2)
	})
}

func TestDeliveries(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		must(t, s.PutWebhook(ctx, hook("w", "p")))
		delivery := func(id string, age time.Duration) store.Delivery {
			return store.Delivery{ID: id, Webhook: "w", Event: "raised", Subject: "a", Body: []byte("{}"), At: day.Add(-age), NextTry: day.Add(-age)}
		}
		old, late, next := delivery("old", time.Hour), delivery("late", time.Minute), delivery("next", -time.Minute)
		for _, d := range []store.Delivery{late, old, next} {
			must(t, s.PutDelivery(ctx, d))
		}
		due, err := s.DueDeliveries(ctx, day, 10)
		must(t, err)
		same(t, "due", due, []store.Delivery{old, late})
		due, err = s.DueDeliveries(ctx, day, 1)
		must(t, err)
		same(t, "the first due", due, []store.Delivery{old})

		must(t, s.ClaimDelivery(ctx, "late", late.NextTry, day.Add(time.Minute)))
		wantErr(t, s.ClaimDelivery(ctx, "late", late.NextTry, day.Add(time.Minute)), store.ErrStale)
		due, err = s.DueDeliveries(ctx, day, 10)
		must(t, err)
		same(t, "due of what is claimed", due, []store.Delivery{old})

		old.Tries, old.Status, old.Problem, old.DoneAt = 2, 200, "slow", day
		must(t, s.PutDelivery(ctx, old))
		late.Tries, late.NextTry = 1, day.Add(time.Hour)
		must(t, s.PutDelivery(ctx, late))
		due, err = s.DueDeliveries(ctx, day, 10)
		must(t, err)
		same(t, "due", len(due), 0)
		got, err := s.Deliveries(ctx, "w", 2)
		must(t, err)
		same(t, "newest", got, []store.Delivery{next, late})

		must(t, s.PruneDeliveries(ctx, day)) // not what is still to be tried
		got, err = s.Deliveries(ctx, "w", 10)
		must(t, err)
		same(t, "left", got, []store.Delivery{next, late})
		must(t, s.DeleteWebhook(ctx, "w"))
		wantErr(t, s.PutDelivery(ctx, late), store.ErrNotFound)
		wantErr(t, s.ClaimDelivery(ctx, "next", next.NextTry, day), store.ErrStale)
		due, err = s.DueDeliveries(ctx, day.Add(24*time.Hour), 10)
		must(t, err)
		same(t, "due of a webhook that is gone", len(due), 0)
	})
}

func TestHistory(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		chunk := func(leg string, step, minute int, body string) store.HistoryChunk {
			return store.HistoryChunk{
				Endpoint: "e", Project: "p", FlowID: "f", Leg: leg, Step: step,
				From: day.Add(time.Duration(minute) * time.Minute), Body: []byte(body),
			}
		}
		must(t, s.PutHistory(ctx, chunk("", 5, 0, "old"), chunk("", 5, 10, "b"), chunk("", 60, 0, "m"), chunk("out", 5, 0, "o")))
		must(t, s.PutHistory(ctx, chunk("", 5, 0, "a"), chunk("", 5, 20, "c")))
		must(t, s.PutHistory(ctx))
		got, err := s.History(ctx, "e", "p", "f", "", 5, day, day.Add(20*time.Minute))
		must(t, err)
		same(t, "chunks", got, []store.HistoryChunk{chunk("", 5, 0, "a"), chunk("", 5, 10, "b")})
		legs, err := s.HistoryLegs(ctx, "e", "p", "f")
		must(t, err)
		same(t, "legs", legs, []string{"", "out"})
		must(t, s.PruneHistory(ctx, 5, day.Add(10*time.Minute)))
		got, err = s.History(ctx, "e", "p", "f", "", 5, day, day.Add(time.Hour))
		must(t, err)
		same(t, "left", got, []store.HistoryChunk{chunk("", 5, 10, "b"), chunk("", 5, 20, "c")})
		got, err = s.History(ctx, "e", "p", "f", "", 60, day, day.Add(time.Hour))
		must(t, err)
		same(t, "of the other step", len(got), 1)
	})
}
