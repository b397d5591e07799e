package display

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// The verbs of the trail. Target is the display's name.
const (
	VerbMade    = "display_made"
	VerbChanged = "display_changed"
	VerbPaused  = "display_paused"
	VerbResumed = "display_resumed"
	VerbLinked  = "display_linked"  // a new link; the one before opens nothing any more
	VerbRevoked = "display_revoked" // no link, and no screen any more
	VerbDeleted = "display_deleted"
	VerbOpened  = "display_opened" // a browser was let in by the link; Detail is its address
)

var (
	// ErrUnknown tells that there is no such display in the project.
	ErrUnknown = errors.New("there is no such display")
	// ErrChanged tells that the display is not any more as it was shown. Nothing
	// was done.
	ErrChanged = errors.New("the display was changed meanwhile")
	// ErrDark tells that a screen shows nothing: there is no such display, or it
	// is revoked, expired, paused or not for this address.
	ErrDark = errors.New("the display is not in use")
	// ErrTooMany tells that an address tried too many wrong keys.
	ErrTooMany = errors.New("too many wrong links")
)

// Store is where displays are kept. *store.Store satisfies it.
type Store interface {
	PutDisplay(ctx context.Context, v store.Display, lines ...trail.Line) error
	RevokeDisplay(ctx context.Context, v store.Display, lines ...trail.Line) error
	DeleteDisplay(ctx context.Context, id string, lines ...trail.Line) error
	Display(ctx context.Context, id string) (store.Display, error)
	DisplayOfKey(ctx context.Context, hash []byte) (store.Display, error)
	Displays(ctx context.Context, endpoint, project string) ([]store.Display, error)
	PutScreen(ctx context.Context, v store.Screen, keyHash []byte, most int) error
	Screen(ctx context.Context, hash []byte) (store.Screen, error)
	Screens(ctx context.Context, display string) ([]store.Screen, error)
	TouchScreens(ctx context.Context, seen []store.Screen) error
	AppendTrail(ctx context.Context, lines ...trail.Line) error
}

// Options of Displays.
type Options struct {
	Store   Store
	Log     *slog.Logger     // nil: nothing is logged
	Now     func() time.Time // nil: time.Now
	Version string           // of the program, noted of each screen it serves
}

// Displays knows the displays of all projects, and who may look at them.
type Displays struct {
	opts     Options
	throttle *throttle

	asking sync.Mutex // held by who reads what is believed

	mu    sync.Mutex        // guards all below
	known map[string]*known // by display
	seen  map[string]store.Screen
}

// New makes Displays.
func New(o Options) *Displays {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Displays{opts: o, throttle: newThrottle(o.Now), known: map[string]*known{}, seen: map[string]store.Screen{}}
}

// body is what of a display has no column.
type body struct {
	Shows  Shows    `json:"shows"`
	Look   Look     `json:"look"`
	CIDRs  []string `json:"cidrs,omitempty"`
	Linked bool     `json:"linked"`
}

// newKey makes the key of a link or a cookie, 256 bits, and what is stored of it.
func newKey() (key string, hash []byte) {
	raw := make([]byte, sha256.Size)
	_, _ = rand.Read(raw) // never fails
	return base64.RawURLEncoding.EncodeToString(raw), hashOf(raw)
}

func hashOf(raw []byte) []byte {
	sum := sha256.Sum256(raw)
	return sum[:]
}

// parseKey gives the hash of a key as it was sent; false for what none can be.
func parseKey(key string) (hash []byte, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(key)
	if err != nil || len(raw) != sha256.Size {
		return nil, false
	}
	return hashOf(raw), true
}

// Of is which project, and who acts.
type Of struct{ Endpoint, ProjectID, Actor string }

// Make makes a display, and gives the key of its link, which nobody can be told
// again. It gives the joined faults of what was typed.
func (s *Displays) Make(ctx context.Context, of Of, d Display) (made Display, key string, err error) {
	now := s.opts.Now()
	if faults := d.Faults(now); len(faults) > 0 {
		return d, "", errors.Join(faults...)
	}
	all, err := s.opts.Store.Displays(ctx, of.Endpoint, of.ProjectID)
	if err != nil {
		return d, "", fmt.Errorf("displays: %w", err)
	}
	if len(all) >= MaxOf {
		return d, "", ErrLimit
	}
	d.ID, d.Endpoint, d.ProjectID, d.By, d.At, d.Version = uuid.NewString(), of.Endpoint, of.ProjectID, of.Actor, now, 0
	d.Linked, d.Paused = true, false
	key, hash := newKey()
	row, err := rowOf(d, hash)
	if err != nil {
		return d, "", err
	}
	if err := s.opts.Store.PutDisplay(ctx, row, s.line(of, VerbMade, d, d.summary())); err != nil {
		return d, "", fmt.Errorf("make a display: %w", err)
	}
	d.Version = 1
	return d, key, nil
}

// Change changes a display in place of the version that was shown. The link and
// the open screens stay.
func (s *Displays) Change(ctx context.Context, of Of, d Display) error {
	if faults := d.Faults(s.opts.Now()); len(faults) > 0 {
		return errors.Join(faults...)
	}
	return s.put(ctx, of, d.ID, d.Version, VerbChanged, func(now *Display) []byte {
		now.Name, now.Shows, now.Look, now.CIDRs, now.ExpiresAt = d.Name, d.Shows, d.Look, d.CIDRs, d.ExpiresAt
		return nil
	})
}

// Pause makes every screen of a display dark until it is resumed.
func (s *Displays) Pause(ctx context.Context, of Of, id string, pause bool) error {
	verb := VerbResumed
	if pause {
		verb = VerbPaused
	}
	return s.put(ctx, of, id, 0, verb, func(d *Display) []byte { d.Paused = pause; return nil })
}

// Relink gives a display a new link and its key, which nobody can be told
// again. The link before opens nothing any more; screens that are open stay.
func (s *Displays) Relink(ctx context.Context, of Of, id string) (key string, err error) {
	key, hash := newKey()
	err = s.put(ctx, of, id, 0, VerbLinked, func(d *Display) []byte { d.Linked = true; return hash })
	return key, err
}

// Revoke takes the link and every screen of a display away.
func (s *Displays) Revoke(ctx context.Context, of Of, id string) error {
	_, hash := newKey() // whose key nobody knows
	return s.put(ctx, of, id, 0, VerbRevoked, func(d *Display) []byte { d.Linked = false; return hash })
}

// Delete removes a display, with its link and its screens.
func (s *Displays) Delete(ctx context.Context, of Of, id string) error {
	_, d, err := s.find(ctx, of, id)
	if err != nil {
		return err
	}
	defer s.forget(id)
	err = s.opts.Store.DeleteDisplay(ctx, id, s.line(of, VerbDeleted, d, ""))
	if errors.Is(err, store.ErrNotFound) {
		return ErrUnknown
	}
	return err
}

// put changes a display; change gives the hash of another key, or nil. A
// version of 0 is whatever is there.
func (s *Displays) put(ctx context.Context, of Of, id string, version int64, verb string, change func(*Display) []byte) error {
	row, d, err := s.find(ctx, of, id)
	if err != nil {
		return err
	}
	if version != 0 && version != d.Version {
		return ErrChanged
	}
	hash := row.KeyHash
	if other := change(&d); other != nil {
		hash = other
	}
	next, err := rowOf(d, hash)
	if err != nil {
		return err
	}
	detail := ""
	if verb == VerbChanged {
		detail = d.summary()
	}
	write := s.opts.Store.PutDisplay
	if verb == VerbRevoked {
		write = s.opts.Store.RevokeDisplay
	}
	defer s.forget(id)
	if err := write(ctx, next, s.line(of, verb, d, detail)); errors.Is(err, store.ErrStale) {
		return ErrChanged
	} else if err != nil {
		return fmt.Errorf("change a display: %w", err)
	}
	return nil
}

// Get gives a display of a project.
func (s *Displays) Get(ctx context.Context, of Of, id string) (Display, error) {
	_, d, err := s.find(ctx, of, id)
	return d, err
}

// find finds a display, of this project and no other.
func (s *Displays) find(ctx context.Context, of Of, id string) (store.Display, Display, error) {
	row, err := s.opts.Store.Display(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && (row.Endpoint != of.Endpoint || row.Project != of.ProjectID):
		return row, Display{}, ErrUnknown
	case err != nil:
		return row, Display{}, fmt.Errorf("display: %w", err)
	}
	d, err := displayOf(row)
	return row, d, err
}

// List gives the displays of a project by name.
func (s *Displays) List(ctx context.Context, of Of) ([]Display, error) {
	rows, err := s.opts.Store.Displays(ctx, of.Endpoint, of.ProjectID)
	if err != nil {
		return nil, fmt.Errorf("displays: %w", err)
	}
	list := make([]Display, 0, len(rows))
	for _, row := range rows {
		d, err := displayOf(row)
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, nil
}

// summary tells the trail what a display is: what it shows, and for whom.
func (d Display) summary() string {
	words := []string{"shows=" + string(d.Shows.Mode)}
	if len(d.CIDRs) > 0 {
		words = append(words, "from="+strings.Join(d.CIDRs, ","))
	}
	if !d.ExpiresAt.IsZero() {
		words = append(words, "until="+d.ExpiresAt.UTC().Format(time.RFC3339))
	}
	return strings.Join(words, " ")
}

// line is a display's line of the trail.
func (s *Displays) line(of Of, verb string, d Display, detail string) trail.Line {
	return trail.Line{
		At: s.opts.Now(), Endpoint: d.Endpoint, Project: d.ProjectID, Kind: trail.Access, ID: uuid.NewString(),
		Verb: verb, Target: d.Name, Actor: of.Actor, Detail: detail,
	}
}

func rowOf(d Display, keyHash []byte) (store.Display, error) {
	text, err := json.Marshal(body{d.Shows, d.Look, d.CIDRs, d.Linked})
	if err != nil {
		return store.Display{}, fmt.Errorf("encode a display: %w", err)
	}
	return store.Display{
		ID: d.ID, Endpoint: d.Endpoint, Project: d.ProjectID, Name: d.Name, Body: text, KeyHash: keyHash,
		Paused: d.Paused, ExpiresAt: d.ExpiresAt, By: d.By, At: d.At, Version: d.Version,
	}, nil
}

func displayOf(row store.Display) (Display, error) {
	var b body
	if err := json.Unmarshal(row.Body, &b); err != nil {
		return Display{}, fmt.Errorf("decode a display: %w", err)
	}
	return Display{
		ID: row.ID, Endpoint: row.Endpoint, ProjectID: row.Project, Name: row.Name, Shows: b.Shows, Look: b.Look,
		CIDRs: slices.Clip(b.CIDRs), ExpiresAt: row.ExpiresAt, Paused: row.Paused, Linked: b.Linked,
		By: row.By, At: row.At, Version: row.Version,
	}, nil
}
