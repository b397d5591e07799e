package display_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/display"
	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/store/storetest"
	"github.com/flowdeck/flowdeck/internal/trail"
)

var of = display.Of{Endpoint: "https://cloud.example", ProjectID: "p", Actor: "admin"}

func TestMain(m *testing.M) { storetest.Main(m) }

// clock is a time that moves by hand.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// rig is displays over a database, and a second dashboard over the same one.
type rig struct {
	*display.Displays
	other *display.Displays
	store *store.Store
	now   *clock
}

func open(t testing.TB) rig {
	t.Helper()
	st := stored(t, "sqlite:"+filepath.Join(t.TempDir(), "d.db"))
	return over(st, st)
}

// openPair is open for two dashboards on one PostgreSQL.
func openPair(t testing.TB) rig {
	t.Helper()
	url := storetest.Postgres(t)
	return over(stored(t, url), stored(t, url))
}

// stored opens a database.
func stored(t testing.TB, url string) *store.Store {
	t.Helper()
	st, err := store.Open(context.Background(), url)
	must(t, err)
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	st.KeepTrail(storetest.Keys(1))
	return st
}

func over(one, other *store.Store) rig {
	now := &clock{at: time.Date(2026, 11, 21, 19, 46, 8, 0, time.UTC)}
	make := func(st *store.Store, version string) *display.Displays {
		return display.New(display.Options{Store: st, Now: now.Now, Version: version})
	}
	return rig{make(one, "v1"), make(other, "v2"), one, now}
}

// plain is a display with nothing wrong with it.
func plain(name string) display.Display {
	return display.Display{
		Name: name, Shows: display.Shows{Mode: display.All},
		Look: display.Look{Layout: 16, Language: "en", Theme: "dark", Scale: 100},
	}
}

// made makes a display, and a screen that shows it.
func (r rig) made(t testing.TB, d display.Display) (display.Display, string, display.Visit) {
	t.Helper()
	d, key, err := r.Make(t.Context(), of, d)
	if err != nil {
		t.Fatal(err)
	}
	cookie, err := r.Open(t.Context(), key, "", "192.0.2.1", "kiosk")
	if err != nil {
		t.Fatal(err)
	}
	v, err := r.Visit(t.Context(), cookie, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	return d, key, v
}

func (r rig) dark(t testing.TB, what string, err error) {
	t.Helper()
	if !errors.Is(err, display.ErrDark) {
		t.Errorf("%s: %v, want a dark screen", what, err)
	}
}

func TestKeyIsExchangedForACookieThatOpensOneDisplay(t *testing.T) {
	r := open(t)
	ctx := t.Context()
	d, key, v := r.made(t, plain("MCR wall 1"))
	other, _, _ := r.made(t, plain("Corridor"))
	if v.Display.ID != d.ID || len(key) != 43 {
		t.Fatalf("opened %q with a key of %d characters", v.Display.Name, len(key))
	}
	cookie, err := r.Open(ctx, key, "", "192.0.2.1", "a\x00\r\nb"+strings.Repeat("x", 500))
	if err != nil || len(cookie) != 43 || cookie == key {
		t.Fatalf("cookie %q, %v", cookie, err)
	}
	if again, err := r.Open(ctx, key, cookie, "192.0.2.1", ""); err != nil || again != "" {
		t.Errorf("who is let in already got %q, %v", again, err)
	}
	if _, err := r.Visit(ctx, key, "192.0.2.1"); err == nil {
		t.Error("the key of the link opens the wall without an exchange")
	}
	if _, err := r.Open(ctx, cookie, "", "192.0.2.1", ""); err == nil {
		t.Error("the cookie is taken for a link")
	}
	screens, err := r.Screens(ctx, d.ID)
	if err != nil || len(screens) != 2 {
		t.Fatalf("%d screens, %v", len(screens), err)
	}
	for _, s := range screens {
		if strings.ContainsAny(s.Agent, "\x00\r\n") || len(s.Agent) > 200 {
			t.Errorf("agent %q", s.Agent)
		}
	}
	if rows, err := r.store.Displays(ctx, of.Endpoint, of.ProjectID); err != nil || len(rows) != 2 {
		t.Fatal(err)
	} else {
		for _, row := range rows {
			if strings.Contains(string(row.Body)+string(row.KeyHash), key) {
				t.Error("the key is stored as it is")
			}
		}
	}
	if got, err := r.Get(ctx, display.Of{Endpoint: of.Endpoint, ProjectID: "another"}, other.ID); !errors.Is(err, display.ErrUnknown) {
		t.Errorf("another project's: %+v, %v", got, err)
	}
}

// What is done to a display shows on its screens at once here, and within the
// second that is believed on another dashboard.
func TestWhatMakesAScreenDark(t *testing.T) {
	ctx := t.Context()
	for name, c := range map[string]struct {
		change func(t *testing.T, r rig, d display.Display)
		undo   func(t *testing.T, r rig, d display.Display)
	}{
		"paused": {
			func(t *testing.T, r rig, d display.Display) { must(t, r.Pause(ctx, of, d.ID, true)) },
			func(t *testing.T, r rig, d display.Display) { must(t, r.Pause(ctx, of, d.ID, false)) },
		},
		"revoked": {func(t *testing.T, r rig, d display.Display) { must(t, r.Revoke(ctx, of, d.ID)) }, nil},
		"deleted": {func(t *testing.T, r rig, d display.Display) { must(t, r.Delete(ctx, of, d.ID)) }, nil},
		"expired": {
			func(t *testing.T, r rig, d display.Display) {
				d.ExpiresAt = r.now.Now().Add(time.Minute)
				must(t, r.Change(ctx, of, d))
				r.now.move(time.Minute)
			}, nil,
		},
		"from elsewhere": {
			func(t *testing.T, r rig, d display.Display) {
				d.CIDRs = []string{"198.51.100.0/24"}
				must(t, r.Change(ctx, of, d))
			}, nil,
		},
	} {
		darkens := func(t *testing.T, r rig) {
			d, key, v := r.made(t, plain("wall"))
			if _, err := r.other.Again(ctx, v); err != nil {
				t.Fatal(err)
			}
			c.change(t, r, d)
			_, err := r.Again(ctx, v)
			r.dark(t, "here", err)
			_, err = r.Open(ctx, key, "", "192.0.2.1", "")
			r.dark(t, "its link", err)
			r.now.move(time.Second)
			_, err = r.other.Again(ctx, v)
			r.dark(t, "on another dashboard", err)
			if c.undo == nil {
				return
			}
			c.undo(t, r, d)
			if _, err := r.Again(ctx, v); err != nil {
				t.Errorf("after the undoing: %v", err)
			}
		}
		t.Run(name, func(t *testing.T) { darkens(t, open(t)) })
		t.Run(name+", two on one PostgreSQL", func(t *testing.T) { darkens(t, openPair(t)) })
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestNewLink(t *testing.T) {
	r := open(t)
	ctx := t.Context()
	d, key, v := r.made(t, plain("wall"))
	next, err := r.Relink(ctx, of, d.ID)
	must(t, err)
	_, err = r.Open(ctx, key, "", "192.0.2.1", "")
	r.dark(t, "the link before", err)
	if _, err := r.Again(ctx, v); err != nil {
		t.Errorf("an open screen: %v", err)
	}
	if _, err := r.Open(ctx, next, "", "192.0.2.1", ""); err != nil {
		t.Errorf("the new link: %v", err)
	}
	must(t, r.Revoke(ctx, of, d.ID))
	_, err = r.Open(ctx, next, "", "192.0.2.1", "")
	r.dark(t, "a revoked link", err)
	must(t, r.Pause(ctx, of, d.ID, false))
	_, err = r.Again(ctx, v)
	r.dark(t, "a screen of a revoked display that is resumed", err)
	last, err := r.Relink(ctx, of, d.ID)
	must(t, err)
	_, err = r.Again(ctx, v)
	r.dark(t, "a screen of before the revoking", err)
	if _, err := r.Open(ctx, last, "", "192.0.2.1", ""); err != nil {
		t.Errorf("the link after the revoking: %v", err)
	}
}

func TestChangeOfWhatWasChanged(t *testing.T) {
	r := open(t)
	d, _, _ := r.made(t, plain("wall"))
	mine, theirs := d, d
	theirs.Name = "theirs"
	must(t, r.Change(t.Context(), of, theirs))
	mine.Name = "mine"
	if err := r.other.Change(t.Context(), of, mine); !errors.Is(err, display.ErrChanged) {
		t.Errorf("over another's change: %v", err)
	}
	if got, err := r.Get(t.Context(), of, d.ID); err != nil || got.Name != "theirs" {
		t.Errorf("%q, %v", got.Name, err)
	}
}

func TestScreensAreNoted(t *testing.T) {
	r := open(t)
	ctx := t.Context()
	d, _, v := r.made(t, plain("wall"))
	looked := func() display.Screen {
		t.Helper()
		s, err := r.Screens(ctx, d.ID)
		must(t, err)
		return s[0]
	}
	r.now.move(time.Minute)
	if looked().Looked {
		t.Error("looked at a minute after the last look")
	}
	v2, err := r.other.Again(ctx, v)
	must(t, err)
	must(t, r.other.Write(ctx))
	if s := looked(); !s.Looked || !s.SeenAt.Equal(r.now.Now()) || s.Version != "v2" || s.Address != "192.0.2.1" {
		t.Errorf("%+v", s)
	}
	must(t, r.Revoke(ctx, of, d.ID))
	_, err = r.other.Again(ctx, v2) // it was believed, and is noted once more
	must(t, err)
	must(t, r.other.Write(ctx))
	if s, err := r.Screens(ctx, d.ID); err != nil || len(s) != 0 {
		t.Errorf("a late note revives %d screens, %v", len(s), err)
	}
}

func TestTrailOfDisplays(t *testing.T) {
	r := open(t)
	ctx := t.Context()
	d, _, _ := r.made(t, plain("wall"))
	must(t, r.Change(ctx, of, d))
	must(t, r.Pause(ctx, of, d.ID, true))
	must(t, r.Pause(ctx, of, d.ID, false))
	key, err := r.Relink(ctx, of, d.ID)
	must(t, err)
	must(t, r.Revoke(ctx, of, d.ID))
	must(t, r.Delete(ctx, of, d.ID))
	events, err := r.store.Timeline(ctx, trail.Filter{Endpoint: of.Endpoint, Project: of.ProjectID})
	must(t, err)
	var verbs []string
	for _, e := range events {
		verbs = append(verbs, e.Verb)
		if e.Target != "wall" || e.Kind != trail.Access || (e.Actor != "admin") != (e.Verb == display.VerbOpened) || strings.Contains(e.Detail, key) {
			t.Errorf("%+v", e)
		}
	}
	want := "display_deleted display_revoked display_linked display_resumed display_paused display_changed display_opened display_made"
	if got := strings.Join(verbs, " "); got != want {
		t.Errorf("trail\n%s, want\n%s", got, want)
	}
}

func TestFaults(t *testing.T) {
	now := time.Date(2026, 11, 21, 19, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		change func(*display.Display)
		want   error
	}{
		"nothing":             {func(*display.Display) {}, nil},
		"no name":             {func(d *display.Display) { d.Name = "" }, display.ErrName},
		"blank name":          {func(d *display.Display) { d.Name = " " }, display.ErrName},
		"long name":           {func(d *display.Display) { d.Name = strings.Repeat("字", 65) }, display.ErrName},
		"name of 64":          {func(d *display.Display) { d.Name = strings.Repeat("字", 64) }, nil},
		"name over two lines": {func(d *display.Display) { d.Name = "a\nb" }, display.ErrName},
		"turned name":         {func(d *display.Display) { d.Name = "a\u202eb" }, display.ErrName},
		"no mode":             {func(d *display.Display) { d.Shows.Mode = "" }, display.ErrShows},
		"odd status":          {func(d *display.Display) { d.Shows.Status = "active" }, display.ErrShows},
		"odd protocol":        {func(d *display.Display) { d.Shows.Protocol = "udp" }, display.ErrShows},
		"none chosen":         {func(d *display.Display) { d.Shows.Mode = display.Chosen }, display.ErrFlows},
		"five tiles":          {func(d *display.Display) { d.Look.Layout = 5 }, display.ErrLayout},
		"a file's zone":       {func(d *display.Display) { d.Look.Zone = "../../etc/passwd" }, display.ErrZone},
		"the box's zone":      {func(d *display.Display) { d.Look.Zone = "Local" }, display.ErrZone},
		"a zone":              {func(d *display.Display) { d.Look.Zone = "Asia/Singapore" }, nil},
		"too fast":            {func(d *display.Display) { d.Look.Rotate = 4 }, display.ErrRotate},
		"too slow":            {func(d *display.Display) { d.Look.Rotate = 3601 }, display.ErrRotate},
		"French":              {func(d *display.Display) { d.Look.Language = "fr" }, display.ErrLook},
		"odd theme":           {func(d *display.Display) { d.Look.Theme = "auto" }, display.ErrLook},
		"odd scale":           {func(d *display.Display) { d.Look.Scale = 101 }, display.ErrScale},
		"ended":               {func(d *display.Display) { d.ExpiresAt = now }, display.ErrExpiry},
		"no network":          {func(d *display.Display) { d.CIDRs = []string{"192.0.2.1"} }, display.ErrCIDR},
		"21 networks":         {func(d *display.Display) { d.CIDRs = make([]string, 21) }, display.ErrCIDR},
	} {
		d := plain("wall")
		c.change(&d)
		if got := errors.Join(d.Faults(now)...); !errors.Is(got, c.want) || c.want == nil && got != nil {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestNetworks(t *testing.T) {
	for typed, want := range map[string]string{
		"192.0.2.0/24": "192.0.2.0/24", "192.0.2.77/24": "192.0.2.0/24", "192.0.2.1": "192.0.2.1/32", "2001:db8::1": "2001:db8::1/128",
		"2001:db8::/32": "2001:db8::/32", "::ffff:192.0.2.1": "192.0.2.1/32", "fe80::1%eth0": "", "": "", "all": "", "192.0.2.0/33": "",
	} {
		got, err := display.ParseCIDR(typed)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%q is %q, %v; want %q", typed, got, err, want)
		}
	}
	r := open(t)
	d := plain("wall")
	d.CIDRs = []string{"192.0.2.0/24", "2001:db8::/32"}
	_, key, err := r.Make(t.Context(), of, d)
	must(t, err)
	for address, in := range map[string]bool{
		"192.0.2.9": true, "::ffff:192.0.2.9": true, "2001:db8::9": true, "192.0.3.9": false, "2001:db9::9": false, "": false, "nonsense": false,
	} {
		if _, err := r.Open(t.Context(), key, "", address, ""); (err == nil) != in {
			t.Errorf("from %q: %v", address, err)
		}
	}
}

// A key that is one of 2^256 is not guessed, and who tries is soon not even
// answered.
func TestGuessing(t *testing.T) {
	r := open(t)
	_, key, _ := r.made(t, plain("wall"))
	refused := 0
	for i := range 1000 {
		guess := strings.Repeat("A", 40) + string([]byte{'A' + byte(i%26), 'A' + byte(i/26%26), 'A'})
		_, err := r.Open(t.Context(), guess, "", "198.51.100.7", "")
		switch {
		case err == nil:
			t.Fatalf("%q opens the wall", guess)
		case errors.Is(err, display.ErrTooMany):
			refused++
		}
	}
	for i := range 1000 { // all over what one customer has
		if _, err := r.Open(t.Context(), strings.Repeat("B", 43), "", fmt.Sprintf("2001:db8:0:1::%x", i), ""); errors.Is(err, display.ErrTooMany) {
			refused++
		}
	}
	if _, err := r.Open(t.Context(), key, "", "2001:db8:0:2::1", ""); err != nil {
		t.Errorf("the right key, from the next customer: %v", err)
	}
	if refused != 2*940 {
		t.Errorf("%d of twice 1000 were refused unasked, want 940 each", refused)
	}
	if _, err := r.Open(t.Context(), key, "", "198.51.100.7", ""); !errors.Is(err, display.ErrTooMany) {
		t.Errorf("the right key, from who guesses: %v", err)
	}
	if _, err := r.Open(t.Context(), key, "", "198.51.100.8", ""); err != nil {
		t.Errorf("the right key, from another address: %v", err)
	}
	r.now.move(2 * time.Second)
	if _, err := r.Open(t.Context(), key, "", "198.51.100.7", ""); err != nil {
		t.Errorf("the right key, two seconds later: %v", err)
	}
}
