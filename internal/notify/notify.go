// Package notify tells alarms to other systems by webhooks. What is to be told
// is stored before it is sent, and sent until it is taken or given up, so a
// restart loses nothing. Addresses within a network that the installation does
// not name are refused at the moment of connecting.
package notify

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/flowdeck/flowdeck/internal/alarm"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/revive"
	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/trail"
)

const (
	queueLength = 1024                // changes of alarms on their way to the store
	lookEvery   = time.Second         // for deliveries that have fallen due
	atOnce      = 8                   // deliveries under way
	backlog     = 1000                // of deliveries that are looked at
	claimFor    = 3 * sendTime        // in which no other process tries a delivery
	tryFor      = 6 * time.Hour       // after which a delivery is given up
	keepFor     = 30 * 24 * time.Hour // of the delivery log
	pruneEvery  = time.Hour
	drainTime   = 3 * time.Second // for what waits to be stored at the end
)

// pauses are the times between two tries of a delivery; the last one is that of
// all further tries.
var pauses = []time.Duration{5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute}

// Store is what notify keeps. *store.Store satisfies it.
type Store interface {
	PutWebhook(ctx context.Context, w store.Webhook, lines ...trail.Line) error
	DeleteWebhook(ctx context.Context, id string, lines ...trail.Line) error
	Webhook(ctx context.Context, id string) (store.Webhook, error)
	Webhooks(ctx context.Context, endpoint, project string) ([]store.Webhook, error)
	PutDelivery(ctx context.Context, d store.Delivery) error
	ClaimDelivery(ctx context.Context, id string, was, until time.Time) error
	DueDeliveries(ctx context.Context, now time.Time, limit int) ([]store.Delivery, error)
	Deliveries(ctx context.Context, webhook string, limit int) ([]store.Delivery, error)
	PruneDeliveries(ctx context.Context, before time.Time) error
}

// Sealer keeps secrets at rest. *seal.Key satisfies it.
type Sealer interface {
	Seal(plain, context []byte) (sealed []byte, keyNumber int, err error)
	Open(sealed, context []byte) ([]byte, error)
}

// Options of a Notifier.
type Options struct {
	Store Store
	Key   Sealer
	Log   *slog.Logger
	Now   func() time.Time // nil means time.Now
	Allow []netip.Prefix   // private networks that webhooks may reach, in the clear too
	Home  string           // URL of the dashboard, for links; may be empty

	Panicked func(what string) // told of each panic of Run; may be nil
}

// Notifier sends what happens to alarms to the webhooks of their project.
type Notifier struct {
	opts   Options
	guard  revive.Guard
	client *http.Client
	queue  chan news
	kick   chan struct{} // something fell due

	mu    sync.Mutex
	busy  map[string]bool // webhooks with a delivery under way
	ended map[string]bool // webhooks of which one ended since the due ones were last read
}

// news is a change of an alarm.
type news struct {
	key    monitor.Key
	alarm  *alarm.Alarm
	change alarm.Change
	at     time.Time
}

// New makes a Notifier; Run makes it work.
func New(o Options) *Notifier {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Notifier{
		opts: o, guard: revive.Guard{Log: o.Log, Panicked: o.Panicked}, client: newClient(o.Allow), queue: make(chan news, queueLength), kick: make(chan struct{}, 1),
		busy: make(map[string]bool), ended: make(map[string]bool),
	}
}

// Raised takes a change of an alarm and returns at once; pass it to
// alarm.Options. Where a thousand changes wait already it is dropped, and the
// log tells so.
func (n *Notifier) Raised(key monitor.Key, a *alarm.Alarm, change alarm.Change) {
	if a.Parent != "" {
		return // its parent is told
	}
	select {
	case n.queue <- news{key, a, change, n.opts.Now()}:
	default:
		n.opts.Log.Error("webhooks are too slow: an alarm is not told", "alarm", a.ID, "change", change)
	}
}

// Run stores and sends until ctx ends.
func (n *Notifier) Run(ctx context.Context) error {
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() { n.guard.Loop(ctx, "deliveries to be stored", n.store, nil) })
	slots := make(chan struct{}, atOnce)
	n.guard.Loop(ctx, "deliveries to be sent", func(ctx context.Context) { n.sendAll(ctx, &work, slots) }, nil)
	return ctx.Err()
}

// sendAll sends what falls due until ctx ends.
func (n *Notifier) sendAll(ctx context.Context, work *sync.WaitGroup, slots chan struct{}) {
	look, prune := time.NewTicker(lookEvery), time.NewTicker(pruneEvery)
	defer look.Stop()
	defer prune.Stop()
	for {
		n.sendDue(ctx, work, slots)
		select {
		case <-ctx.Done():
			return
		case <-prune.C:
			if err := n.opts.Store.PruneDeliveries(ctx, n.opts.Now().Add(-keepFor)); err != nil {
				n.opts.Log.WarnContext(ctx, "old deliveries not removed", "error", err)
			}
		case <-look.C:
		case <-n.kick:
		}
	}
}

// store writes down what is to be told to whom.
func (n *Notifier) store(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			n.drain(context.WithoutCancel(ctx))
			return
		case what := <-n.queue:
			n.noteWhole(ctx, what)
		}
	}
}

// noteWhole is note for a change that the end must not cut off halfway.
func (n *Notifier) noteWhole(ctx context.Context, what news) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	n.note(ctx, what)
}

// drain writes down what still waits at the end.
func (n *Notifier) drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, drainTime)
	defer cancel()
	for {
		select {
		case what := <-n.queue:
			n.note(ctx, what)
		default:
			return
		}
	}
}

// note writes down what is to be told of one change.
func (n *Notifier) note(ctx context.Context, what news) {
	if err := n.guard.Try("a delivery to be stored", func() error { return n.enqueue(ctx, what) }); err != nil {
		n.opts.Log.ErrorContext(ctx, "an alarm is not told to webhooks", "alarm", what.alarm.ID, "change", what.change, "error", err)
	}
}

// enqueue makes a delivery for each webhook that wants to know.
func (n *Notifier) enqueue(ctx context.Context, what news) error {
	hooks, err := n.opts.Store.Webhooks(ctx, what.key.Endpoint, what.key.ProjectID)
	if err != nil {
		return fmt.Errorf("webhooks: %w", err)
	}
	for _, row := range hooks {
		if row.Off || what.alarm.Priority < priorityOf(row.Least) {
			continue
		}
		if err := n.put(ctx, row.ID, messageOf(what, n.opts.Home)); err != nil {
			return err
		}
	}
	wake(n.kick)
	return nil
}

// put writes one delivery down.
func (n *Notifier) put(ctx context.Context, webhook string, m Message) error {
	id, err := uuid.NewV7() // in the order of time, also within a millisecond
	if err != nil {
		return fmt.Errorf("name a delivery: %w", err)
	}
	m.ID = id.String()
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode a delivery: %w", err)
	}
	err = n.opts.Store.PutDelivery(ctx, store.Delivery{
		ID: m.ID, Webhook: webhook, Event: m.Event, Subject: m.Alarm.Flow, Body: body, At: m.At, NextTry: m.At,
	})
	if err != nil {
		return fmt.Errorf("store a delivery: %w", err)
	}
	return nil
}

// sendDue starts the deliveries that have fallen due. What happened first is
// told first: of each webhook only the oldest is tried, and the others wait for
// it, or "lost" could arrive after "back".
func (n *Notifier) sendDue(ctx context.Context, work *sync.WaitGroup, slots chan struct{}) {
	n.mu.Lock()
	clear(n.ended)
	n.mu.Unlock()
	now := n.opts.Now()
	waiting, err := n.opts.Store.DueDeliveries(ctx, now.Add(tryFor), backlog)
	if err != nil {
		if ctx.Err() == nil {
			n.opts.Log.WarnContext(ctx, "due deliveries not read", "error", err)
		}
		return
	}
	slices.SortFunc(waiting, func(a, b store.Delivery) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	met := make(map[string]bool)
	for _, d := range waiting {
		first := !met[d.Webhook]
		met[d.Webhook] = true
		if !first || d.NextTry.After(now) || !n.take(d) {
			continue
		}
		select {
		case slots <- struct{}{}:
		default:
			n.release(d)
			return
		}
		work.Go(func() {
			err := n.guard.Try("a delivery", func() error { return n.attempt(ctx, d) })
			n.release(d)
			<-slots
			if err == nil { // else it is looked at again in a second, and no sooner
				wake(n.kick)
			}
		})
	}
}

// take claims the webhook of a delivery. What was read of a webhook before its
// last delivery ended is old: it would be sent twice.
func (n *Notifier) take(d store.Delivery) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.busy[d.Webhook] || n.ended[d.Webhook] {
		return false
	}
	n.busy[d.Webhook] = true
	return true
}

func (n *Notifier) release(d store.Delivery) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.busy, d.Webhook)
	n.ended[d.Webhook] = true
}

// attempt sends a delivery once and keeps what came of it, unless another
// process does. Its error tells that the store refuses.
func (n *Notifier) attempt(ctx context.Context, d store.Delivery) error {
	was := d.NextTry
	d.NextTry = n.opts.Now().Add(claimFor)
	switch err := n.opts.Store.ClaimDelivery(ctx, d.ID, was, d.NextTry); {
	case errors.Is(err, store.ErrStale):
		return nil
	case err != nil:
		if ctx.Err() == nil {
			n.opts.Log.WarnContext(ctx, "delivery not claimed, and so not sent", "delivery", d.ID, "error", err)
		}
		return err
	}
	hook, err := n.webhook(ctx, d.Webhook)
	if err != nil {
		d.DoneAt, d.Problem = n.opts.Now(), "the webhook is gone or cannot be opened"
		return n.keep(ctx, d)
	}
	var status int
	err = n.guard.Try("a delivery under way", func() (err error) {
		status, err = n.send(ctx, hook, d.Body)
		return err
	})
	if ctx.Err() != nil { // stopped in the middle: it is still due
		d.NextTry = was
		return n.keep(context.WithoutCancel(ctx), d)
	}
	d.Tries++
	d.Status, d.Problem = status, ""
	switch now := n.opts.Now(); {
	case err == nil:
		d.DoneAt = now
	case refusedForGood(status) || now.Sub(d.At) >= tryFor:
		d.DoneAt, d.Problem = now, "given up: "+err.Error()
	default:
		d.NextTry, d.Problem = now.Add(pauses[min(d.Tries, len(pauses))-1]), err.Error()
	}
	return n.keep(ctx, d)
}

// refusedForGood tells whether a status says that the same message will not be
// taken later either (RFC 9110 §15.5, RFC 6585 §4).
func refusedForGood(status int) bool {
	return status >= 300 && status <= 499 && status != http.StatusRequestTimeout && status != http.StatusTooManyRequests
}

func (n *Notifier) keep(ctx context.Context, d store.Delivery) error {
	err := n.opts.Store.PutDelivery(ctx, d)
	if err != nil {
		n.opts.Log.ErrorContext(ctx, "outcome of a delivery not kept", "delivery", d.ID, "error", err)
	}
	return err
}

// wake fills a channel of one, unless it is full already.
func wake(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
