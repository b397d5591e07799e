package store

import (
	"context"
	"fmt"
	"time"

	"github.com/flowdeck/flowdeck/internal/trail"
)

// Display is a read-only wall.
type Display struct {
	ID        string
	Endpoint  string
	Project   string
	Name      string
	Body      []byte // what it shows, and how
	KeyHash   []byte // SHA-256 of the key in its link
	Paused    bool
	ExpiresAt time.Time // zero: never
	By        string    // who made it
	At        time.Time // when
	Version   int64     // grows with each change; 0: not made yet
}

// Screen is a browser that opened a display's link.
type Screen struct {
	Hash     []byte // SHA-256 of its cookie
	Display  string
	OpenedAt time.Time
	SeenAt   time.Time
	Address  string
	Version  string // of the program that last served it
	Agent    string // what the browser says it is: untrusted
}

const (
	displayColumns = `id, endpoint, project, name, body, key_hash, paused, expires_at, made_by, made_at, version`
	screenColumns  = `hash, display, opened_at, seen_at, address, version, agent`
)

// PutDisplay writes v in place of the version it names, 0 for none. It says
// [ErrStale] if another one is there. Endpoint, project, By and At stay as they
// were made.
func (s *Store) PutDisplay(ctx context.Context, v Display, lines ...trail.Line) error {
	err := s.changed(ctx, lines, func(ctx context.Context, c conn) error {
		if v.Version == 0 {
			return stale(c.exec(ctx, `INSERT INTO displays (`+displayColumns+`)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1) ON CONFLICT DO NOTHING`,
				v.ID, v.Endpoint, v.Project, v.Name, blob(v.Body), v.KeyHash, v.Paused, v.ExpiresAt, v.By, v.At))
		}
		return stale(c.exec(ctx, `UPDATE displays SET name = $1, body = $2, key_hash = $3, paused = $4, expires_at = $5,
			version = version + 1 WHERE id = $6 AND version = $7`,
			v.Name, blob(v.Body), v.KeyHash, v.Paused, v.ExpiresAt, v.ID, v.Version))
	})
	if err != nil {
		return fmt.Errorf("put display: %w", err)
	}
	return nil
}

// RevokeDisplay is PutDisplay that takes every screen of the display away.
func (s *Store) RevokeDisplay(ctx context.Context, v Display, lines ...trail.Line) error {
	err := s.changed(ctx, lines, func(ctx context.Context, c conn) error {
		err := stale(c.exec(ctx, `UPDATE displays SET body = $1, key_hash = $2, version = version + 1
			WHERE id = $3 AND version = $4`, blob(v.Body), v.KeyHash, v.ID, v.Version))
		if err != nil {
			return err
		}
		_, err = c.exec(ctx, `DELETE FROM screens WHERE display = $1`, v.ID)
		return err
	})
	if err != nil {
		return fmt.Errorf("revoke display: %w", err)
	}
	return nil
}

// DeleteDisplay deletes the display with its screens, or says [ErrNotFound].
func (s *Store) DeleteDisplay(ctx context.Context, id string, lines ...trail.Line) error {
	err := s.changed(ctx, lines, func(ctx context.Context, c conn) error {
		return c.execOne(ctx, `DELETE FROM displays WHERE id = $1`, id)
	})
	if err != nil {
		return fmt.Errorf("delete display: %w", err)
	}
	return nil
}

// Display gives the display, or [ErrNotFound].
func (s *Store) Display(ctx context.Context, id string) (Display, error) {
	return s.display(ctx, `WHERE id = $1`, id)
}

// DisplayOfKey gives the display that a key opens, by its SHA-256, or
// [ErrNotFound].
func (s *Store) DisplayOfKey(ctx context.Context, hash []byte) (Display, error) {
	return s.display(ctx, `WHERE key_hash = $1`, hash)
}

func (s *Store) display(ctx context.Context, where string, args ...any) (Display, error) {
	v, err := one(ctx, s.read(), scanDisplay, `SELECT `+displayColumns+` FROM displays `+where, args...)
	if err != nil {
		return Display{}, fmt.Errorf("display: %w", err)
	}
	return v, nil
}

// Displays gives the displays of a project by name.
func (s *Store) Displays(ctx context.Context, endpoint, project string) ([]Display, error) {
	vs, err := all(ctx, s.read(), scanDisplay, `SELECT `+displayColumns+` FROM displays
		WHERE endpoint = $1 AND project = $2 ORDER BY name, id`, endpoint, project)
	if err != nil {
		return nil, fmt.Errorf("displays: %w", err)
	}
	return vs, nil
}

// inUse is how lately a screen was seen that is in use.
const inUse = time.Minute

// PutScreen adds a screen, and takes away those of its display that were seen
// least recently beyond the most there may be: those in use last of all, so that
// nobody pushes them out by opening the link again and again. It says
// [ErrNotFound] where the display's link is another one by now: keyHash is that
// of the key it came with.
func (s *Store) PutScreen(ctx context.Context, v Screen, keyHash []byte, most int) error {
	err := s.tx(ctx, func(c conn) error {
		// Holds the display until the end: a screen that came in beside a revoking
		// would outlive it.
		err := c.execOne(ctx, `UPDATE displays SET key_hash = key_hash WHERE id = $1 AND key_hash = $2`, v.Display, keyHash)
		if err != nil {
			return err
		}
		_, err = c.exec(ctx, `INSERT INTO screens (`+screenColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			v.Hash, v.Display, v.OpenedAt, v.SeenAt, v.Address, v.Version, v.Agent)
		if err != nil {
			return err
		}
		_, err = c.exec(ctx, `DELETE FROM screens WHERE display = $1 AND hash NOT IN (SELECT hash FROM screens WHERE display = $1
			ORDER BY (seen_at > opened_at AND seen_at > $2) DESC, seen_at DESC, opened_at DESC LIMIT $3)`,
			v.Display, v.SeenAt.Add(-inUse), most)
		return err
	})
	if err != nil {
		return fmt.Errorf("put screen: %w", err)
	}
	return nil
}

// Screen gives the screen with a cookie's SHA-256, or [ErrNotFound].
func (s *Store) Screen(ctx context.Context, hash []byte) (Screen, error) {
	v, err := one(ctx, s.read(), scanScreen, `SELECT `+screenColumns+` FROM screens WHERE hash = $1`, hash)
	if err != nil {
		return Screen{}, fmt.Errorf("screen: %w", err)
	}
	return v, nil
}

// Screens gives the screens of a display, the last seen first.
func (s *Store) Screens(ctx context.Context, display string) ([]Screen, error) {
	vs, err := all(ctx, s.read(), scanScreen, `SELECT `+screenColumns+` FROM screens
		WHERE display = $1 ORDER BY seen_at DESC, opened_at DESC, hash`, display)
	if err != nil {
		return nil, fmt.Errorf("screens: %w", err)
	}
	return vs, nil
}

// TouchScreens notes when, from where and by which version screens were last
// seen. A screen that is gone stays gone, and no note makes one older.
func (s *Store) TouchScreens(ctx context.Context, seen []Screen) error {
	err := s.tx(ctx, func(c conn) error {
		for _, v := range seen {
			_, err := c.exec(ctx, `UPDATE screens SET seen_at = $1, address = $2, version = $3 WHERE hash = $4 AND seen_at < $1`,
				v.SeenAt, v.Address, v.Version, v.Hash)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("touch screens: %w", err)
	}
	return nil
}

func scanDisplay(scan scanner) (v Display, err error) {
	err = scan(&v.ID, &v.Endpoint, &v.Project, &v.Name, &v.Body, &v.KeyHash, &v.Paused, instant{&v.ExpiresAt}, &v.By,
		instant{&v.At}, &v.Version)
	return v, err
}

func scanScreen(scan scanner) (v Screen, err error) {
	err = scan(&v.Hash, &v.Display, instant{&v.OpenedAt}, instant{&v.SeenAt}, &v.Address, &v.Version, &v.Agent)
	return v, err
}
