package auth_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/role"
	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// roles has everybody be of a role, as every replica knows it two seconds later.
func (h *house) roles(t *testing.T, r role.Role) {
	t.Helper()
	before, err := h.store.RoleRules(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rules := []store.RoleRule{{ID: "r1", Role: r.String()}}
	if err := h.store.ReplaceRoleRules(t.Context(), before, rules, trail.Line{At: time.Now(), Kind: trail.Access, ID: "1", Verb: auth.VerbRuleAdded}); err != nil {
		t.Fatal(err)
	}
	h.later(2 * time.Second)
}

// stepUp gives the password of a session again.
func (h *house) stepUp(t *testing.T, s *auth.Session, f auth.Form, cookie *http.Cookie) (*auth.Session, *http.Cookie, error) {
	t.Helper()
	w := httptest.NewRecorder()
	next, err := h.StepUp(t.Context(), w, request(cookie), s, f)
	if err != nil {
		return nil, nil, err
	}
	set := w.Result().Cookies()
	if len(set) != 1 || !set[0].HttpOnly || set[0].SameSite != http.SameSiteLaxMode || set[0].Path != "/" {
		t.Fatalf("cookies %v", set)
	}
	return next, set[0], nil
}

// refused fails unless a cookie opens nothing, here and on another replica.
func (h *house) refused(t *testing.T, what string, cookie *http.Cookie) {
	t.Helper()
	for name, a := range map[string]*auth.Auth{"here": h.Auth, "another replica": h.another()} {
		if _, err := a.Session(request(cookie)); !errors.Is(err, auth.ErrNoSession) {
			t.Errorf("%s, %s: %v", what, name, err)
		}
	}
}

func TestSessionsAreListed(t *testing.T) {
	h := open(t)
	h.cloud.AddUser("op-3", medialivetest.User{ID: "u3", Password: password})
	f := form("op-1")
	f.Address = "192.0.2.1"
	first, _ := h.signIn(t, f)
	h.later(time.Minute)
	f.Address = "192.0.2.2"
	r := request()
	r.Header.Set("User-Agent", strings.Repeat("ä", 300))
	second, err := h.SignIn(t.Context(), httptest.NewRecorder(), r, f)
	if err != nil {
		t.Fatal(err)
	}
	h.signIn(t, form("op-3"))
	own, err := h.Own(t.Context(), first)
	if err != nil || len(own) != 2 {
		t.Fatalf("%d own sessions, %v", len(own), err)
	}
	here, there := own[1], own[0]
	if here.ID != first.ID() || !here.This || here.Address != "192.0.2.1" || here.User != "op-1" || len(here.Where) != 1 || here.Where[0].Project != "local" || here.Role != role.Engineer {
		t.Errorf("this session: %+v", here)
	}
	if there.ID != second.ID() || there.This || there.Address != "192.0.2.2" || len([]rune(there.Agent)) != 200 || !there.Since.After(here.Since) {
		t.Errorf("the other session: %+v", there)
	}
	all, err := h.Everybody(t.Context(), first)
	if err != nil || len(all) != 3 {
		t.Errorf("%d sessions of everybody, %v", len(all), err)
	}
	for _, l := range all {
		if len(l.ID) != 16 || strings.Trim(l.ID, "0123456789abcdef") != "" {
			t.Errorf("the id is %q", l.ID)
		}
	}
}

func TestSessionsAreRevoked(t *testing.T) {
	h := open(t)
	h.cloud.AddUser("op-3", medialivetest.User{ID: "u3", Password: password})
	replica := h.another()
	mine, _ := h.signIn(t, form("op-1"))
	other, cookie := h.signIn(t, form("op-1"))
	hers, hersCookie := h.signIn(t, form("op-3"))
	for _, c := range []*http.Cookie{cookie, hersCookie} {
		if _, err := replica.Session(request(c)); err != nil {
			t.Fatal(err)
		}
	}
	ticket, err := h.Issue(t.Context(), other, "stop", "f", "", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{hers.ID(), "0123456789abcdef", "", "%"} {
		if err := h.RevokeOwn(t.Context(), mine, id); !errors.Is(err, auth.ErrNoSession) {
			t.Errorf("revoking %q, which is not mine: %v", id, err)
		}
	}
	if err := h.RevokeOwn(t.Context(), mine, other.ID()); err != nil {
		t.Fatal(err)
	}
	h.refused(t, "the revoked session", cookie)
	if err := h.Redeem(t.Context(), other, ticket, "stop", "f", ""); !errors.Is(err, auth.ErrTicket) {
		t.Errorf("its ticket: %v", err)
	}
	if user, err := h.Revoke(t.Context(), mine, hers.ID()); err != nil || user != "op-3" {
		t.Fatalf("revoking anybody's: %q, %v", user, err)
	}
	h.later(1500 * time.Millisecond)
	for _, c := range []*http.Cookie{cookie, hersCookie} {
		if _, err := replica.Session(request(c)); !errors.Is(err, auth.ErrNoSession) {
			t.Errorf("a replica that had seen it, 1.5 s later: %v", err)
		}
	}
	events, err := h.store.Timeline(t.Context(), trail.Filter{Verb: "revoke_session"})
	if err != nil || len(events) != 2 || events[0].Target != "op-3" || events[0].Actor != "op-1" || !strings.Contains(events[0].Detail, "session="+hers.ID()) {
		t.Errorf("the trail: %+v, %v", events, err)
	}
}

func TestAllSessionsAreRevoked(t *testing.T) {
	h := open(t, func(o *auth.Options) { o.Backend = vendor{} })
	code := form("op-2")
	code.Passcode, code.UserID = "123456", "u2"
	_, coded := h.signIn(t, code)
	mine, cookie := h.signIn(t, form("op-1"))
	_, second := h.signIn(t, form("op-1"))
	if n, err := h.RevokeOthers(t.Context(), mine); err != nil || n != 1 {
		t.Fatalf("%d others, %v", n, err)
	}
	h.refused(t, "another of mine", second)
	if _, err := h.Session(request(coded)); err != nil {
		t.Fatalf("somebody else's: %v", err)
	}
	if n, err := h.RevokeAll(t.Context(), mine); err != nil || n != 1 {
		t.Fatalf("%d of everybody, %v", n, err)
	}
	h.refused(t, "everybody else's", coded)
	if _, err := h.Session(request(cookie)); err != nil {
		t.Errorf("who ended all: %v", err)
	}
	code.UserID = ""
	h.signIn(t, code) // what is remembered of people is no session
}

// A session lasts as long as its role allows: without a request, and at most.
func TestSessionLimits(t *testing.T) {
	for _, c := range []struct {
		role       role.Role
		idle, life time.Duration
	}{
		{role.Viewer, 24 * time.Hour, 24 * time.Hour},
		{role.Operator, 12 * time.Hour, 16 * time.Hour},
		{role.Engineer, 12 * time.Hour, 16 * time.Hour},
		{role.Admin, 12 * time.Hour, 16 * time.Hour},
	} {
		t.Run(c.role.String(), func(t *testing.T) {
			h := open(t)
			h.cloud.TokensLive(48 * time.Hour)
			h.roles(t, c.role)
			idle, cookie := h.signIn(t, form("op-1"))
			h.later(c.idle - time.Minute)
			if _, err := h.Session(request(cookie)); err != nil {
				t.Errorf("left alone for less than %s: %v", c.idle, err)
			}
			if want := idle.SignedInAt.Add(c.life); !idle.Ends().Equal(want) {
				t.Errorf("it says that it ends at %s, want %s", idle.Ends(), want)
			}
			_, cookie = h.signIn(t, form("op-1"))
			h.later(c.idle)
			h.refused(t, "left alone", cookie)

			_, cookie = h.signIn(t, form("op-1"))
			for used := time.Duration(0); used+time.Hour < c.life; used += time.Hour {
				h.later(time.Hour)
				if _, err := h.Session(request(cookie)); err != nil {
					t.Fatalf("after %s of use: %v", used, err)
				}
			}
			h.later(time.Hour)
			h.refused(t, "in use for longer than it may live", cookie)
		})
	}
}

// A role that falls shortens a session that is there.
func TestLimitsFollowTheRole(t *testing.T) {
	h := open(t)
	h.cloud.TokensLive(48 * time.Hour)
	h.roles(t, role.Viewer)
	_, cookie := h.signIn(t, form("op-1"))
	h.later(20 * time.Hour)
	if _, err := h.Session(request(cookie)); err != nil {
		t.Fatalf("a viewer after 20 h: %v", err)
	}
	h.roles(t, role.Engineer)
	h.refused(t, "an engineer after 20 h", cookie)
}

func TestStepUp(t *testing.T) {
	h := open(t)
	before, old := h.signIn(t, form("op-1"))
	ticket, err := h.Issue(t.Context(), before, "delete", "f", "", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if !before.SteppedUp(time.Now(), 10*time.Minute) {
		t.Error("signing in is no step-up")
	}
	h.later(10 * time.Minute)
	if before.SteppedUp(time.Now().Add(10*time.Minute), 10*time.Minute) {
		t.Error("it counts for longer than ten minutes")
	}
	wrong := auth.Form{Password: "wrong", Account: "somebody", User: "else"}
	if _, _, err := h.stepUp(t, before, wrong, old); !errors.Is(err, auth.ErrCredentials) {
		t.Fatalf("a wrong password: %v", err)
	}
	if _, err := h.Session(request(old)); err != nil {
		t.Fatalf("after a wrong password: %v", err)
	}
	after, cookie, err := h.stepUp(t, before, auth.Form{Password: password, Account: "somebody", User: "else"}, old)
	if err != nil {
		t.Fatal(err)
	}
	if cookie.Value == old.Value || after.User != "op-1" || after.Token.Reveal() == before.Token.Reveal() {
		t.Errorf("it is %+v, under id %q", after, cookie.Value)
	}
	h.refused(t, "the id from before", old)
	got, err := h.Session(request(cookie))
	if err != nil || !got.SteppedUp(time.Now().Add(10*time.Minute), time.Minute) {
		t.Errorf("the session: %v", err)
	}
	if err := h.Redeem(t.Context(), after, ticket, "delete", "f", ""); err != nil {
		t.Errorf("a ticket from before: %v", err)
	}
	if _, _, err := h.stepUp(t, before, auth.Form{Password: password}, old); !errors.Is(err, auth.ErrNoSession) {
		t.Errorf("once more with the old id: %v", err)
	}
	events, err := h.store.Timeline(t.Context(), trail.Filter{Actor: "op-1"})
	if err != nil {
		t.Fatal(err)
	}
	var verbs []string
	for _, e := range slices.Backward(events) {
		verbs = append(verbs, e.Verb)
	}
	if want := []string{"sign_in", "step_up_refused", "step_up"}; !slices.Equal(verbs, want) {
		t.Errorf("the trail has %q, want %q", verbs, want)
	}
}

// Who sits at somebody's open session cannot try passwords for as long as he
// likes, and cannot pass as somebody else by giving his own.
func TestStepUpIsThrottled(t *testing.T) {
	h := open(t)
	s, cookie := h.signIn(t, form("op-1"))
	tried := 0
	for range 60 {
		_, _, err := h.stepUp(t, s, auth.Form{Password: "wrong"}, cookie)
		var slow *auth.ThrottledError
		switch {
		case errors.Is(err, auth.ErrCredentials):
			tried++
		case !errors.As(err, &slow):
			t.Fatal(err)
		}
		h.later(time.Second)
	}
	if tried > 10 {
		t.Errorf("%d passwords were tried in a minute, want at most 10", tried)
	}
}

func TestStepUpWithACode(t *testing.T) {
	h := open(t, func(o *auth.Options) { o.Backend = vendor{} })
	f := form("op-2")
	f.Passcode, f.UserID = "123456", "u2"
	s, cookie := h.signIn(t, f)
	if _, _, err := h.stepUp(t, s, auth.Form{Password: password}, cookie); !errors.Is(err, auth.ErrCodeNeeded) {
		t.Errorf("without the code: %v", err)
	}
	if _, _, err := h.stepUp(t, s, auth.Form{Password: password, Passcode: " 123456 "}, cookie); err != nil {
		t.Errorf("with the code: %v", err)
	}
}

// A session gets another id when its role changes, and its tickets stay good.
func TestNewIDWithTheRole(t *testing.T) {
	h := open(t)
	s, cookie := h.signIn(t, form("op-1"))
	settle := func(s *auth.Session) (*auth.Session, []*http.Cookie, error) {
		w := httptest.NewRecorder()
		next, err := h.Settle(t.Context(), w, s)
		return next, w.Result().Cookies(), err
	}
	if same, set, err := settle(s); err != nil || same != s || len(set) != 0 {
		t.Fatalf("the same role: %v, cookies %v", err, set)
	}
	ticket, err := h.Issue(t.Context(), s, "stop", "f", "", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []role.Role{role.Viewer, role.Admin, role.Engineer} {
		h.roles(t, r)
		next, set, err := settle(s)
		if err != nil || len(set) != 1 || next.Same(s) || next.Acts != r {
			t.Fatalf("as %s: %v, cookies %v", r, err, set)
		}
		h.refused(t, "the id from before", cookie)
		if _, _, err := settle(s); !errors.Is(err, auth.ErrNoSession) {
			t.Errorf("the id from before gets one too: %v", err)
		}
		s, cookie = next, set[0]
	}
	if _, err := h.Session(request(cookie)); err != nil {
		t.Error(err)
	}
	if err := h.Redeem(t.Context(), s, ticket, "stop", "f", ""); err != nil {
		t.Errorf("a ticket from before: %v", err)
	}
}

func TestKept(t *testing.T) {
	h := open(t)
	h.cloud.AddUser("op-3", medialivetest.User{ID: "u3", Password: password})
	mine, _ := h.signIn(t, form("op-1"))
	again, _ := h.signIn(t, form("op-1"))
	other, _ := h.signIn(t, form("op-3"))
	kept, err := h.Keep(mine, []byte("CANARY-typed"))
	if err != nil || strings.Contains(kept, "CANARY") {
		t.Fatalf("%q, %v", kept, err)
	}
	for name, a := range map[string]*auth.Auth{"here": h.Auth, "another replica": h.another()} {
		if got, err := a.Kept(again, kept); err != nil || string(got) != "CANARY-typed" {
			t.Errorf("%s, under another id: %q, %v", name, got, err)
		}
	}
	changed := []byte(kept)
	changed[len(changed)/2] ^= 1
	for name, c := range map[string]struct {
		session *auth.Session
		kept    string
	}{"somebody else": {other, kept}, "changed": {mine, string(changed)}, "cut": {mine, kept[:10]}, "none": {mine, ""}, "nonsense": {mine, "///"}} {
		if got, err := h.Kept(c.session, c.kept); !errors.Is(err, auth.ErrKept) || got != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// What the store has of a session is neither its id nor its token.
func TestStoreHasNoIDs(t *testing.T) {
	h := open(t)
	s, cookie := h.signIn(t, form("op-1"))
	rows, err := h.store.Sessions(t.Context(), nil, time.Now())
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, secret := range []string{cookie.Value, s.Token.Reveal(), "op-1"} {
		if bytes.Contains(bytes.Join([][]byte{rows[0].Key, rows[0].Owner, rows[0].Sealed}, nil), []byte(secret)) {
			t.Errorf("the row has %q", secret)
		}
	}
}
