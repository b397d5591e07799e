package display

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/flowdeck/flowdeck/internal/store"
)

const (
	believeFor  = time.Second      // how long a display and its screens are believed without asking the store
	believeLost = time.Minute      // the same, while the store does not answer
	noteEvery   = 10 * time.Second // between two notes of a screen that is looked at
	lookedFor   = 25 * time.Second // how long after a note a screen counts as looked at
	maxAgent    = 200              // characters
)

// Screen is a browser that was let in.
type Screen struct {
	OpenedAt time.Time
	SeenAt   time.Time
	Looked   bool // it shows the display now
	Address  string
	Version  string // of the program that last served it
	Agent    string // what the browser says it is: untrusted
}

// Visit is a screen that may look at its display.
type Visit struct {
	Display Display
	hash    string
	address string
}

// known is a display with its screens, as the store had them.
type known struct {
	at      time.Time
	display Display
	gone    bool
	screens map[string]store.Screen // by hash
}

// Open exchanges the key of a link for the cookie of a screen. Who brings the
// cookie of a screen that may look at this display keeps it: cookie is empty
// then. It answers ErrDark, or ErrTooMany to an address that tries key after key.
func (s *Displays) Open(ctx context.Context, key, have, address, agent string) (cookie string, err error) {
	if !s.throttle.may(address) {
		return "", ErrTooMany
	}
	hash, ok := parseKey(key)
	if !ok {
		s.throttle.missed(address)
		return "", ErrDark
	}
	row, err := s.opts.Store.DisplayOfKey(ctx, hash)
	switch {
	case errors.Is(err, store.ErrNotFound):
		s.throttle.missed(address)
		return "", ErrDark
	case err != nil:
		return "", fmt.Errorf("find a display: %w", err)
	}
	d, err := displayOf(row)
	if err != nil {
		return "", err
	}
	if !d.open(s.opts.Now(), address) {
		return "", ErrDark
	}
	if v, err := s.Visit(ctx, have, address); err == nil && v.Display.ID == d.ID {
		return "", nil
	}
	return s.admit(ctx, d, hash, address, agent)
}

// admit makes a screen of a display.
func (s *Displays) admit(ctx context.Context, d Display, keyHash []byte, address, agent string) (cookie string, err error) {
	now := s.opts.Now()
	cookie, hash := newKey()
	err = s.opts.Store.PutScreen(ctx, store.Screen{
		Hash: hash, Display: d.ID, OpenedAt: now, SeenAt: now, Address: address, Version: s.opts.Version, Agent: clean(agent),
	}, keyHash, MaxOpen)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return "", ErrDark
	case err != nil:
		return "", fmt.Errorf("let a screen in: %w", err)
	}
	s.forget(d.ID)
	if err := s.opts.Store.AppendTrail(ctx, s.line(Of{}, VerbOpened, d, "address="+address)); err != nil {
		s.opts.Log.WarnContext(ctx, "not written to the trail", "verb", VerbOpened, "error", err)
	}
	return cookie, nil
}

// clean is a browser's name for itself, fit to be stored and shown.
func clean(agent string) string {
	runes := make([]rune, 0, maxAgent)
	for _, r := range agent {
		if len(runes) == maxAgent {
			break
		}
		if r < ' ' || r == utf8.RuneError || r == 0x7f {
			r = ' '
		}
		runes = append(runes, r)
	}
	return string(runes)
}

// open tells whether a display shows anything, at an address.
func (d Display) open(now time.Time, address string) bool {
	return d.Linked && !d.Paused && (d.ExpiresAt.IsZero() || now.Before(d.ExpiresAt)) && d.admits(address)
}

// Visit finds the screen of a cookie, or says ErrDark. Somebody looks at it now.
func (s *Displays) Visit(ctx context.Context, cookie, address string) (Visit, error) {
	hash, ok := parseKey(cookie)
	if !ok {
		return Visit{}, ErrDark
	}
	screen, err := s.opts.Store.Screen(ctx, hash)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return Visit{}, ErrDark
	case err != nil:
		return Visit{}, fmt.Errorf("find a screen: %w", err)
	}
	return s.Again(ctx, Visit{Display: Display{ID: screen.Display}, hash: string(hash), address: address})
}

// Again tells whether a screen may still look at its display, which it gives as
// it is now. It asks the store at most once a second for all screens of a
// display.
func (s *Displays) Again(ctx context.Context, v Visit) (Visit, error) {
	k, err := s.believed(ctx, v.Display.ID)
	if err != nil {
		return Visit{}, err
	}
	screen, there := k.screens[v.hash]
	now := s.opts.Now()
	if k.gone || !there || !k.display.open(now, v.address) {
		return Visit{}, ErrDark
	}
	v.Display = k.display
	s.note(screen, v.address, now)
	return v, nil
}

// believed gives a display with its screens as the store has them, or had them
// a second ago. While the store does not answer it is what it had, for a while:
// a wall outlives a database that starts anew.
func (s *Displays) believed(ctx context.Context, id string) (*known, error) {
	if k := s.kept(id); k != nil && s.age(k) < believeFor {
		return k, nil
	}
	s.asking.Lock() // one asks, those behind him take what he got
	defer s.asking.Unlock()
	k := s.kept(id)
	if k != nil && s.age(k) < believeFor {
		return k, nil
	}
	next, err := s.read(ctx, id)
	if err != nil {
		if k != nil && s.age(k) < believeLost {
			return k, nil
		}
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[id] = next
	return next, nil
}

func (s *Displays) kept(id string) *known {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known[id]
}

func (s *Displays) age(k *known) time.Duration { return s.opts.Now().Sub(k.at).Abs() }

// read reads a display with its screens.
func (s *Displays) read(ctx context.Context, id string) (*known, error) {
	k := &known{at: s.opts.Now(), screens: map[string]store.Screen{}} // as old as the question
	row, err := s.opts.Store.Display(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		k.gone = true
		return k, nil
	}
	if err != nil {
		return nil, fmt.Errorf("display: %w", err)
	}
	if k.display, err = displayOf(row); err != nil {
		return nil, err
	}
	screens, err := s.opts.Store.Screens(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("screens of a display: %w", err)
	}
	for _, v := range screens {
		k.screens[string(v.Hash)] = v
	}
	return k, nil
}

// forget has a display read anew.
func (s *Displays) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, id)
}

// note remembers that a screen is looked at, to be written down by Run.
func (s *Displays) note(screen store.Screen, address string, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	screen.SeenAt, screen.Address, screen.Version = now, address, s.opts.Version
	s.seen[string(screen.Hash)] = screen
}

// Run writes down which screens are looked at, until ctx ends.
func (s *Displays) Run(ctx context.Context) error {
	t := time.NewTicker(noteEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
			if err := s.Write(ctx); err != nil {
				s.opts.Log.WarnContext(ctx, "not noted which displays are looked at", "error", err)
			}
		}
	}
}

// Write writes down which screens were looked at since the last time.
func (s *Displays) Write(ctx context.Context) error {
	s.mu.Lock()
	seen := make([]store.Screen, 0, len(s.seen))
	for _, v := range s.seen {
		seen = append(seen, v)
	}
	clear(s.seen)
	now := s.opts.Now()
	for id, k := range s.known {
		if now.Sub(k.at) > believeLost {
			delete(s.known, id)
		}
	}
	s.mu.Unlock()
	if len(seen) == 0 {
		return nil
	}
	return s.opts.Store.TouchScreens(ctx, seen)
}

// Screens gives the screens of a display, the last seen first.
func (s *Displays) Screens(ctx context.Context, id string) ([]Screen, error) {
	rows, err := s.opts.Store.Screens(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("screens of a display: %w", err)
	}
	now := s.opts.Now()
	list := make([]Screen, len(rows))
	for i, v := range rows {
		list[i] = Screen{
			OpenedAt: v.OpenedAt, SeenAt: v.SeenAt, Looked: now.Sub(v.SeenAt) < lookedFor,
			Address: v.Address, Version: v.Version, Agent: v.Agent,
		}
	}
	return list, nil
}
