package safety

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/role"
	"github.com/flowdeck/flowdeck/internal/seal"
	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/store/storetest"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// pair is two dashboards over one PostgreSQL before one cloud.
type pair struct {
	one, two *house
	store    *store.Store // the database, as a third program would have it
}

func openPair(t *testing.T) *pair {
	t.Helper()
	cloud := medialivetest.New()
	for i := range 4 {
		cloud.AddUser(fmt.Sprintf("op-%d", i+1), medialivetest.User{ID: fmt.Sprintf("u%d", i+1), Password: password})
	}
	cloud.Add(flow("FEED-A", medialive.Standby, "OUT-1"))
	settings := map[string]string{
		"FLOWDECK_BACKEND": cloud.Serve(t), "FLOWDECK_ADMINS": account + "/op-1",
		"FLOWDECK_DATABASE_URL": storetest.Postgres(t), "FLOWDECK_KEY_FILE": filepath.Join(t.TempDir(), "secret.key"),
	}
	p := &pair{one: &house{t: t, cloud: cloud, app: apptest.Start(t, settings)}}
	p.two = &house{t: t, cloud: cloud, app: apptest.Start(t, settings)}
	var err error
	p.store, err = store.Open(t.Context(), settings["FLOWDECK_DATABASE_URL"])
	must(t, err)
	t.Cleanup(func() { must(t, p.store.Close()) })
	key, err := seal.OpenKeyFile(settings["FLOWDECK_KEY_FILE"])
	must(t, err)
	p.store.KeepTrail(key)
	return p
}

// roles has everybody but the admins be of a role.
func (p *pair) roles(r role.Role) {
	t := p.one.t
	t.Helper()
	before, err := p.store.RoleRules(t.Context())
	must(t, err)
	must(t, p.store.ReplaceRoleRules(t.Context(), before, []store.RoleRule{{ID: "everybody", Role: r.String()}},
		trail.Line{At: time.Now(), Kind: trail.Access, ID: "everybody", Verb: "role_rule_changed", Actor: "test"}))
}

// elsewhere is the same browser at another replica.
func (b *browser) elsewhere(h *house) *browser {
	other := *b
	other.base = h.app.URL
	return &other
}

// session is the cookie by which one is signed in.
func (b *browser) session() string { return b.cookies["flowdeck"] }

// takes tells whether a session's id opens anything: a page, a stream, a form.
func (h *house) takes(id string) bool {
	h.t.Helper()
	thief := h.browser()
	thief.cookies["flowdeck"] = id
	for _, path := range []string{"/flows", "/live?view=nonsense", "/settings/sessions"} {
		if r := thief.get(path); r.status != http.StatusUnauthorized && (r.status != http.StatusSeeOther || !strings.HasPrefix(r.header.Get("Location"), "/login")) {
			h.t.Errorf("GET %s with the id from before: %d", path, r.status)
			return true
		}
	}
	r := thief.post("/step-up", url.Values{"password": {password}})
	return r.status != http.StatusSeeOther || !strings.HasPrefix(r.header.Get("Location"), "/login")
}

// knows is takes for one page.
func (h *house) knows(id string) bool {
	h.t.Helper()
	thief := h.browser()
	thief.cookies["flowdeck"] = id
	r := thief.get("/flows")
	return r.status != http.StatusSeeOther || !strings.HasPrefix(r.header.Get("Location"), "/login")
}

// An id that was known before somebody signed in, gave the password again or got
// another role opens nothing afterwards, on no replica.
func TestT3SessionFixation(t *testing.T) {
	trials := count(100, 25)
	p := openPair(t)
	again := func(b *browser, values url.Values) {
		values.Set("password", password)
		values.Set("region", "local")
		b.post("/login", values)
	}
	p.roles(role.Engineer)
	for _, entry := range []struct {
		name string
		pass func(b *browser)
	}{
		{"signing in over a planted session", func(b *browser) {
			again(b, url.Values{"account": {account}, "username": {"op-3"}})
		}},
		{"signing in again on the spot", func(b *browser) {
			again(b, url.Values{"account": {account}, "username": {"op-2"}, "renew": {"1"}, "next": {"/flows"}})
		}},
		{"giving the password again", func(b *browser) { b.post("/step-up", url.Values{"password": {password}}) }},
	} {
		replays := 0
		for range trials {
			b := p.one.signIn("op-2")
			replays += p.replay(b, entry.name, entry.pass)
		}
		evidence(t, "T3", fmt.Sprintf("replays of the old id that were taken after %s, of %d", entry.name, trials), replays, "0")
	}
	var all []*browser
	for range trials {
		all = append(all, p.one.signIn("op-2"))
	}
	probe := p.one.signIn("op-2")
	p.roles(role.Operator)
	await(t, patience, "the role to be known", func() bool { return probe.get("/flows/new").status == http.StatusForbidden })
	replays := 0
	for _, b := range all {
		replays += p.replay(b, "getting another role", func(b *browser) { b.get("/flows") })
	}
	evidence(t, "T3", fmt.Sprintf("replays of the old id that were taken after another role, of %d", trials), replays, "0")
	for _, made := range []string{strings.Repeat("A", 43), "", "x"} {
		b := p.one.browser()
		b.cookies["flowdeck"] = made
		again(b, url.Values{"account": {account}, "username": {"op-3"}})
		if b.session() == made || p.one.takes(made) {
			t.Errorf("the made-up id %q became a session", made)
		}
	}
}

// replay passes an entry point, and counts 1 if the id from before still opens
// anything, or the new one nothing.
func (p *pair) replay(b *browser, what string, pass func(*browser)) int {
	t := p.one.t
	t.Helper()
	old := b.session()
	pass(b)
	if b.session() == old || b.session() == "" {
		t.Errorf("%s: the id stayed the same", what)
		return 1
	}
	if r := b.get("/flows"); r.status != http.StatusOK {
		t.Errorf("%s: the new id opens nothing: %d", what, r.status)
	}
	if p.one.takes(old) || p.two.knows(old) {
		t.Errorf("%s: the id from before is taken", what)
		return 1
	}
	return 0
}

// A session that was ended on one replica is refused on another at once.
func TestT4RevokedOnAnotherReplica(t *testing.T) {
	p := openPair(t)
	boss := p.one.signIn("op-1")
	trials := count(40, 10)
	mine, began := p.one.signIn("op-2"), map[*browser]time.Time{}
	var all []*browser
	for range trials {
		all = append(all, p.one.signIn("op-2").elsewhere(p.two))
	}
	for i, other := range all {
		if other.get("/flows").status != http.StatusOK {
			t.Fatal("the other replica does not know the session")
		}
		end := other.endPath()
		began[other] = time.Now()
		if i%2 == 0 {
			mine.post(end, url.Values{})
		} else {
			boss.post(strings.Replace(end, "/sessions/", "/sessions/everybody/", 1), url.Values{})
		}
	}
	var slowest time.Duration
	await(t, patience, "the other replica to refuse", func() bool {
		for other, at := range began {
			if other.get("/flows").status == http.StatusSeeOther {
				slowest = max(slowest, time.Since(at))
				delete(began, other)
			}
		}
		return len(began) == 0
	})
	evidence(t, "T4", fmt.Sprintf("an ended session refused by another replica over PostgreSQL, slowest of %d", trials), slowest, "≤ 2 s")
	if slowest > 2*time.Second {
		t.Errorf("it took %s", slowest)
	}
	events, err := p.store.Timeline(t.Context(), trail.Filter{Verb: "revoke_session"})
	must(t, err)
	if len(events) != trials {
		t.Errorf("%d lines of it on the trail, want %d", len(events), trials)
	}
}

// endPath is where a browser's own session is ended: the list names it by a hash
// of the hash by which the store knows it.
func (b *browser) endPath() string {
	key := sha256.Sum256([]byte(b.session()))
	name := sha256.Sum256(key[:])
	return "/settings/sessions/" + hex.EncodeToString(name[:8]) + "/end"
}

// heard is an open stream: when it last said anything, and whether it has ended.
type heard struct {
	b     *browser
	last  atomic.Int64 // UnixNano
	ended chan struct{}
}

// listen opens a stream, and reads it until it ends.
func (b *browser) listen(ctx context.Context) *heard {
	b.t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.base+"/live?view=list", http.NoBody)
	must(b.t, err)
	r.AddCookie(&http.Cookie{Name: "flowdeck", Value: b.session()})
	answer, err := (&http.Client{Transport: b.http.Transport}).Do(r)
	must(b.t, err)
	if answer.StatusCode != http.StatusOK {
		b.t.Fatalf("the stream: %d", answer.StatusCode)
	}
	h := &heard{b: b, ended: make(chan struct{})}
	first := make(chan struct{})
	go func() {
		defer close(h.ended)
		defer answer.Body.Close()
		lines := bufio.NewScanner(answer.Body)
		lines.Buffer(nil, 1<<20)
		for open := first; lines.Scan(); {
			h.last.Store(time.Now().UnixNano())
			if open != nil {
				close(open)
				open = nil
			}
		}
	}()
	select {
	case <-first:
	case <-h.ended:
		b.t.Fatal("the stream ended at once")
	}
	return h
}

// Rights that were taken away are gone from streams that are open, too, on the
// replica where it was done and on another.
func TestT8RightsEndOnOpenStreams(t *testing.T) {
	t.Parallel()
	const trials = 50
	p := openPair(t)
	p.roles(role.Engineer)
	boss := p.one.signIn("op-1")
	refuse := medialivetest.Status(http.StatusUnauthorized, "APIG.0307", "The token must be updated.")
	for _, c := range []struct {
		name  string
		comes int // how a stream that does not exist is answered then
		take  func(all []*browser, at []time.Time)
	}{
		{"ended from the list of one's own sessions", http.StatusUnauthorized, func(all []*browser, at []time.Time) {
			by := p.one.signIn("op-2")
			for i, b := range all {
				at[i] = time.Now()
				by.post(b.endPath(), url.Values{})
			}
		}},
		{"ended by an admin", http.StatusUnauthorized, func(all []*browser, at []time.Time) {
			for i, b := range all {
				at[i] = time.Now()
				boss.post(strings.Replace(b.endPath(), "/sessions/", "/sessions/everybody/", 1), url.Values{})
			}
		}},
		{"ended by an admin with everybody's", http.StatusUnauthorized, func(_ []*browser, at []time.Time) {
			page := boss.page("/settings/sessions/everybody/end")
			now(at)
			boss.press(page, `form[action="/settings/sessions/everybody/end"]`)
		}},
		{"signed out", http.StatusUnauthorized, func(all []*browser, at []time.Time) {
			for i, b := range all {
				at[i] = time.Now()
				b.elsewhere(p.one).post("/logout", url.Values{})
			}
		}},
		{"their token refused to a command", http.StatusUnauthorized, func(all []*browser, at []time.Time) {
			defer p.one.cloud.Inject("ModifyFlowStart", 0, refuse)()
			for i, b := range all {
				at[i] = time.Now()
				b.elsewhere(p.one).post("/flows/"+p.one.cloud.IDs()[0]+"/start", url.Values{})
			}
		}},
		{"of a role that fell", http.StatusBadRequest, func(_ []*browser, at []time.Time) {
			now(at)
			p.roles(role.Viewer)
		}},
	} {
		slowest, within := p.taken(c.take, trials, c.comes)
		evidence(t, "T8", fmt.Sprintf("streams of sessions %s that were silent within 5 s, half of them on another replica over PostgreSQL", c.name),
			fmt.Sprintf("%d of %d, slowest %.1f s", within, trials, slowest.Seconds()), "50 of 50")
		if within < trials {
			t.Errorf("%s: only %d of %d streams, the last after %s", c.name, within, trials, slowest)
		}
	}
}

// now sets all times to the present.
func now(at []time.Time) {
	for i := range at {
		at[i] = time.Now()
	}
}

// taken opens streams, half of them on each replica, takes something away from
// all, and tells when the last word of the last one was said, and how many fell
// silent within 5 s. A stream that comes back is answered as told.
func (p *pair) taken(take func([]*browser, []time.Time), trials, comes int) (slowest time.Duration, within int) {
	t := p.one.t
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	all, streams := make([]*browser, trials), make([]*heard, trials)
	for i := range all {
		all[i] = p.one.signIn("op-2")
		if i%2 == 1 {
			all[i] = all[i].elsewhere(p.two)
		}
		streams[i] = all[i].listen(ctx)
	}
	at := make([]time.Time, trials)
	take(all, at)
	for i, s := range streams {
		select {
		case <-s.ended:
		case <-time.After(time.Until(at[i].Add(patience))):
			t.Errorf("stream %d goes on", i)
			continue
		}
		last := time.Unix(0, s.last.Load()).Sub(at[i])
		slowest = max(slowest, last)
		if last <= 5*time.Second {
			within++
		}
		if r := s.b.get("/live?view=nonsense"); r.status != comes {
			t.Errorf("a stream that comes back is answered %d, want %d", r.status, comes)
		}
	}
	return slowest, within
}
