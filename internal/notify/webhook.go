package notify

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/flowdeck/flowdeck/internal/alarm"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// Shape is the form in which a webhook wants to be told.
type Shape string

// The shapes.
const (
	JSON   Shape = "json"   // our own, signed
	Slack  Shape = "slack"  // {"text": …}
	Feishu Shape = "feishu" // {"msg_type": "text", …}, signed where a secret is set
)

// Webhook is one receiver of alarms. Its URL is a secret too: with many
// services whoever has it may post.
type Webhook struct {
	ID     string // empty: a new one
	Name   string // 1 to 64 characters
	Shape  Shape
	URL    medialive.Secret // https, or http to an allowed network; empty when changed: keep the one that is set
	Secret medialive.Secret // signs; empty when changed: keep the one that is set
	Host   string           // of the URL, to be shown; given, not taken
	Signed bool             // there is a secret; given, not taken
	Lang   string           // of the text for people: "en" or "zh"
	Least  alarm.Priority   // what is less is not told
	Off    bool
	By     string    // who set it last
	At     time.Time // when
}

// Errors of a webhook's fields.
var (
	ErrName     = errors.New("the name needs 1 to 64 characters")
	ErrURL      = errors.New("the address needs to be an https URL without user and password")
	ErrShape    = errors.New("there is no such shape")
	ErrPriority = errors.New("there is no such priority")
	ErrLimit    = errors.New("there are 20 webhooks already, which is as many as there can be")
	ErrSecret   = errors.New("the secret is longer than 200 characters")
	ErrUnknown  = errors.New("there is no such webhook")
)

// Delivery is one message to one webhook, with what came of it.
type Delivery = store.Delivery

// FlowOf gives the id of the flow, or the channel, that a delivery tells of; empty
// for none.
func FlowOf(d Delivery) string {
	var m Message
	if json.Unmarshal(d.Body, &m) != nil {
		return ""
	}
	return m.Alarm.FlowID
}

const (
	longestName   = 64
	longestURL    = 2048
	longestSecret = 200
	mostWebhooks  = 20 // of a project
)

// sealed is what of a webhook is kept secret.
type sealed struct{ URL, Secret, Lang string }

// Put adds a webhook to a project, or changes the one of its ID.
// ErrUnknown tells that the project has none of
// that ID.
func (n *Notifier) Put(ctx context.Context, key monitor.Key, w Webhook, by string) error {
	verb := "webhook_changed"
	if w.ID == "" {
		all, err := n.opts.Store.Webhooks(ctx, key.Endpoint, key.ProjectID)
		if err != nil {
			return fmt.Errorf("webhooks: %w", err)
		}
		if len(all) >= mostWebhooks {
			return ErrLimit
		}
		w.ID, verb = uuid.NewString(), "webhook_added"
	} else {
		row, err := n.row(ctx, key, w.ID)
		if err != nil {
			return err
		}
		now, err := n.open(row)
		if err != nil && w.URL == "" {
			return ErrURL // what was sealed with another key has to be typed again
		}
		w.URL, w.Secret = cmp.Or(w.URL, now.URL), cmp.Or(w.Secret, now.Secret)
	}
	if err := n.validate(&w); err != nil {
		return err
	}
	plain, err := json.Marshal(sealed{w.URL.Reveal(), w.Secret.Reveal(), w.Lang})
	if err != nil {
		return fmt.Errorf("encode a webhook: %w", err)
	}
	box, number, err := n.opts.Key.Seal(plain, contextOf(w.ID))
	if err != nil {
		return fmt.Errorf("seal a webhook: %w", err)
	}
	row := store.Webhook{
		ID: w.ID, Endpoint: key.Endpoint, Project: key.ProjectID, Name: w.Name, Shape: string(w.Shape), Host: w.Host,
		Least: priorityName(w.Least), Off: w.Off, Sealed: box, KeyNumber: number, By: by, At: n.opts.Now(),
	}
	if err := n.opts.Store.PutWebhook(ctx, row, n.line(key, verb, row, by)); err != nil {
		return fmt.Errorf("store a webhook: %w", err)
	}
	return nil
}

// Delete removes a webhook of a project; what waited for it is not sent.
func (n *Notifier) Delete(ctx context.Context, key monitor.Key, id, by string) error {
	row, err := n.row(ctx, key, id)
	if err != nil {
		return err
	}
	if err := n.opts.Store.DeleteWebhook(ctx, id, n.line(key, "webhook_removed", row, by)); err != nil {
		return fmt.Errorf("delete a webhook: %w", err)
	}
	return nil
}

// List gives the webhooks of a project, without URLs and secrets.
func (n *Notifier) List(ctx context.Context, key monitor.Key) ([]Webhook, error) {
	rows, err := n.opts.Store.Webhooks(ctx, key.Endpoint, key.ProjectID)
	if err != nil {
		return nil, fmt.Errorf("webhooks: %w", err)
	}
	list := make([]Webhook, 0, len(rows))
	for _, row := range rows {
		w, err := n.open(row)
		if err != nil {
			w = plain(row) // sealed with another key: shown, so that it can be set anew
		}
		w.URL, w.Secret = "", ""
		list = append(list, w)
	}
	return list, nil
}

// Log gives the last deliveries of a webhook of a project, the newest first.
func (n *Notifier) Log(ctx context.Context, key monitor.Key, id string, limit int) ([]Delivery, error) {
	if _, err := n.row(ctx, key, id); err != nil {
		return nil, err
	}
	list, err := n.opts.Store.Deliveries(ctx, id, limit)
	if err != nil {
		return nil, fmt.Errorf("deliveries: %w", err)
	}
	return list, nil
}

// Test sends one message of test at once and tells what came of it; the log has
// it too.
func (n *Notifier) Test(ctx context.Context, key monitor.Key, id string) (Delivery, error) {
	hook, err := n.own(ctx, key, id)
	if err != nil {
		return Delivery{}, err
	}
	m := testMessage(n.opts.Now(), n.opts.Home)
	m.ID = uuid.NewString()
	body, err := json.Marshal(m)
	if err != nil {
		return Delivery{}, fmt.Errorf("encode a test: %w", err)
	}
	d := Delivery{ID: m.ID, Webhook: id, Event: m.Event, Body: body, At: m.At, NextTry: m.At, Tries: 1}
	d.Status, err = n.send(ctx, hook, body)
	d.DoneAt = n.opts.Now()
	if err != nil {
		d.Problem = err.Error()
	}
	_ = n.keep(context.WithoutCancel(ctx), d) // it is logged, and the outcome shown
	return d, nil
}

// row finds a webhook, of this project and no other.
func (n *Notifier) row(ctx context.Context, key monitor.Key, id string) (store.Webhook, error) {
	row, err := n.opts.Store.Webhook(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && (row.Endpoint != key.Endpoint || row.Project != key.ProjectID):
		return store.Webhook{}, ErrUnknown
	case err != nil:
		return store.Webhook{}, fmt.Errorf("webhook: %w", err)
	}
	return row, nil
}

// own finds a webhook of a project and opens it.
func (n *Notifier) own(ctx context.Context, key monitor.Key, id string) (Webhook, error) {
	row, err := n.row(ctx, key, id)
	if err != nil {
		return Webhook{}, err
	}
	return n.open(row)
}

// webhook finds a webhook and opens it.
func (n *Notifier) webhook(ctx context.Context, id string) (Webhook, error) {
	row, err := n.opts.Store.Webhook(ctx, id)
	if err != nil {
		return Webhook{}, fmt.Errorf("webhook: %w", err)
	}
	return n.open(row)
}

func (n *Notifier) open(row store.Webhook) (Webhook, error) {
	text, err := n.opts.Key.Open(row.Sealed, contextOf(row.ID))
	if err != nil {
		return Webhook{}, fmt.Errorf("open a webhook: %w", err)
	}
	var s sealed
	if err := json.Unmarshal(text, &s); err != nil {
		return Webhook{}, fmt.Errorf("open a webhook: %w", err)
	}
	w := plain(row)
	w.URL, w.Secret, w.Lang, w.Signed = medialive.Secret(s.URL), medialive.Secret(s.Secret), s.Lang, s.Secret != ""
	return w, nil
}

// plain gives what is not secret.
func plain(row store.Webhook) Webhook {
	return Webhook{
		ID: row.ID, Name: row.Name, Shape: Shape(row.Shape), Host: row.Host,
		Least: priorityOf(row.Least), Off: row.Off, By: row.By, At: row.At,
	}
}

// line is a webhook's line of the trail: who is told what, without the secrets.
func (n *Notifier) line(key monitor.Key, verb string, row store.Webhook, by string) trail.Line {
	return trail.Line{
		At: n.opts.Now(), Endpoint: key.Endpoint, Project: key.ProjectID, Kind: trail.Access, ID: row.ID,
		Verb: verb, Target: row.Name, Actor: by, Detail: row.Shape + " " + row.Host + " " + row.Least,
	}
}

// validate checks the fields and fills in the host.
func (n *Notifier) validate(w *Webhook) error {
	w.Name = strings.TrimSpace(w.Name)
	if c := utf8.RuneCountInString(w.Name); c < 1 || c > longestName {
		return ErrName
	}
	if w.Shape != JSON && w.Shape != Slack && w.Shape != Feishu {
		return ErrShape
	}
	if w.Least < alarm.Low || w.Least > alarm.High {
		return ErrPriority
	}
	if len(w.Secret.Reveal()) > longestSecret {
		return ErrSecret
	}
	u, err := url.Parse(w.URL.Reveal())
	if err != nil || len(w.URL.Reveal()) > longestURL || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return ErrURL
	}
	if u.Scheme != "https" && (u.Scheme != "http" || len(n.opts.Allow) == 0) {
		return ErrURL
	}
	w.Host = u.Host
	return nil
}

// contextOf binds what is sealed to its webhook.
func contextOf(id string) []byte { return []byte("webhook " + id) }

// priorityName is a priority as it is stored.
func priorityName(p alarm.Priority) string {
	switch p {
	case alarm.High:
		return "high"
	case alarm.Medium:
		return "medium"
	}
	return "low"
}

func priorityOf(name string) alarm.Priority {
	switch name {
	case "high":
		return alarm.High
	case "medium":
		return alarm.Medium
	}
	return alarm.Low
}
