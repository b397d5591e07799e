package auth_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/seal"
	"github.com/flowdeck/flowdeck/internal/store"
)

const password = "CANARY-password-1"

// house is an Auth with a real store and a fake IAM and API.
type house struct {
	*auth.Auth
	cloud *medialivetest.Cloud
	store *store.Store
	dir   string
	key   *seal.Key
	log   *lines
	ahead *atomic.Int64 // nanoseconds that the clock runs ahead
}

// lines gathers what is logged.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func open(t *testing.T, change ...func(*auth.Options)) *house {
	t.Helper()
	h := &house{cloud: medialivetest.New(), dir: t.TempDir(), log: &lines{}, ahead: new(atomic.Int64)}
	h.cloud.AddUser("op-1", medialivetest.User{ID: "u1", Password: password})
	h.cloud.AddUser("op-2", medialivetest.User{ID: "u2", Password: password, Passcode: "123456"})
	var err error
	if h.store, err = store.Open(t.Context(), "sqlite:"+filepath.Join(h.dir, "t.db")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.store.Close() })
	if h.key, err = seal.OpenKeyFile(filepath.Join(h.dir, "secret.key")); err != nil {
		t.Fatal(err)
	}
	h.store.KeepTrail(h.key)
	h.Auth = h.another(change...)
	return h
}

// another makes a further Auth on the same store, as a second replica is.
func (h *house) another(change ...func(*auth.Options)) *auth.Auth {
	o := auth.Options{
		Store: h.store, Trail: h.store, Key: h.key, Transport: h.cloud.Transport(),
		Backend: auth.Single(medialivetest.Endpoint, medialivetest.Endpoint, "local"),
		Log:     slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Now:     func() time.Time { return time.Now().Add(time.Duration(h.ahead.Load())) },
	}
	for _, f := range change {
		f(&o)
	}
	return auth.New(o)
}

func (h *house) later(d time.Duration) { h.ahead.Add(int64(d)) }

// request makes a request with the cookies of an answer.
func request(cookies ...*http.Cookie) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/flows", nil)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	return r
}

func form(user string) auth.Form {
	return auth.Form{Account: "account", User: user, Password: password, Region: "local"}
}

// signIn signs in from a browser with these cookies, and gives its new one.
func (h *house) signIn(t *testing.T, f auth.Form, cookies ...*http.Cookie) (*auth.Session, *http.Cookie) {
	t.Helper()
	w := httptest.NewRecorder()
	s, err := h.SignIn(t.Context(), w, request(cookies...), f)
	if err != nil {
		t.Fatalf("sign in: %v", err)
	}
	set := w.Result().Cookies()
	if len(set) != 1 {
		t.Fatalf("%d cookies set", len(set))
	}
	return s, set[0]
}

func (h *house) tryIn(t *testing.T, f auth.Form) error {
	t.Helper()
	_, err := h.SignIn(t.Context(), httptest.NewRecorder(), request(), f)
	return err
}

func TestSignIn(t *testing.T) {
	h := open(t)
	f := form("op-1")
	f.Account, f.User = " account ", "op-1\n"
	s, cookie := h.signIn(t, f)
	if s.User != "op-1" || s.UserID != "u1" || s.Account != "account" || s.ProjectID != medialivetest.Project ||
		s.Project != "local" || s.Region != "local" || s.Endpoint != medialivetest.Endpoint || s.Token == "" {
		t.Errorf("session %+v", s)
	}
	if cookie.Name != "flowdeck" || !cookie.HttpOnly || cookie.Secure || cookie.SameSite != http.SameSiteLaxMode ||
		cookie.Path != "/" || cookie.Domain != "" || len(cookie.Value) != 43 {
		t.Errorf("cookie %+v", cookie)
	}
	for name, a := range map[string]*auth.Auth{"here": h.Auth, "another replica": h.another()} {
		got, err := a.Session(request(cookie))
		if err != nil || got.Token.Reveal() != s.Token.Reveal() || !got.Same(s) || got.User != "op-1" {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestCookieOverHTTPS(t *testing.T) {
	h := open(t, func(o *auth.Options) { o.Secure = true })
	_, cookie := h.signIn(t, form("op-1"))
	if cookie.Name != "__Host-flowdeck" || !cookie.Secure || cookie.Path != "/" || cookie.Domain != "" {
		t.Errorf("cookie %+v", cookie)
	}
	plain := *cookie
	plain.Name = "flowdeck"
	if _, err := h.Session(request(&plain)); !errors.Is(err, auth.ErrNoSession) {
		t.Errorf("a cookie without the prefix: %v", err)
	}
}

func TestNoSession(t *testing.T) {
	h := open(t)
	for _, value := range []string{"", "x", strings.Repeat("A", 43), strings.Repeat("A", 44), "../../etc/passwd", strings.Repeat("é", 30)} {
		if s, err := h.Session(request(&http.Cookie{Name: "flowdeck", Value: value})); !errors.Is(err, auth.ErrNoSession) || s != nil {
			t.Errorf("%q: %v, %v", value, s, err)
		}
	}
}

func TestSessionFixation(t *testing.T) {
	h := open(t)
	planted := &http.Cookie{Name: "flowdeck", Value: strings.Repeat("A", 43)}
	_, mine := h.signIn(t, form("op-1"), planted)
	if mine.Value == planted.Value {
		t.Fatal("the planted id became a session")
	}
	for range 10 {
		_, next := h.signIn(t, form("op-1"), mine)
		if next.Value == mine.Value {
			t.Fatal("signing in again kept the id")
		}
		for name, a := range map[string]*auth.Auth{"here": h.Auth, "another replica": h.another()} {
			if _, err := a.Session(request(mine)); !errors.Is(err, auth.ErrNoSession) {
				t.Errorf("the old id still works %s: %v", name, err)
			}
		}
		mine = next
	}
}

func TestSignInRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*auth.Form)
		want   error
	}{
		{"wrong password", func(f *auth.Form) { f.Password = "wrong" }, auth.ErrCredentials},
		{"nobody of that name", func(f *auth.Form) { f.User = "nobody" }, auth.ErrCredentials},
		{"no such region", func(f *auth.Form) { f.Region = "moon" }, auth.ErrRegion},
		{"code needed", func(f *auth.Form) { f.User = "op-2" }, auth.ErrCodeNeeded},
		{"wrong code", func(f *auth.Form) { f.User, f.UserID, f.Passcode = "op-2", "u2", "000000" }, auth.ErrCodeNeeded},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := open(t)
			f := form("op-1")
			c.change(&f)
			if err := h.tryIn(t, f); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

func TestIAMUnreachable(t *testing.T) {
	h := open(t)
	h.cloud.After = func(medialivetest.Call) bool { return true }
	err := h.tryIn(t, form("op-1"))
	var e *medialive.Error
	if !errors.Is(err, auth.ErrUnreachable) || !errors.As(err, &e) {
		t.Errorf("%v", err)
	}
}

func TestOneTimeCode(t *testing.T) {
	cloudLike := func(o *auth.Options) { o.Backend = vendor{} }
	h := open(t, cloudLike)
	f := form("op-2")
	f.Passcode = " 123456 "
	if err := h.tryIn(t, f); !errors.Is(err, auth.ErrUserID) {
		t.Errorf("user id not known: %v", err)
	}
	f.UserID = "u2"
	h.signIn(t, f)
	f.UserID = ""
	h.signIn(t, f) // remembered
}

// vendor is a backend that wants the user's id with a code.
type vendor struct{}

func (vendor) Target(string) (auth.Target, bool) {
	return auth.Target{Endpoint: medialivetest.Endpoint, IAMEndpoint: medialivetest.Endpoint, Project: "local", NeedsUserID: true}, true
}

func (vendor) Project(string, string) (auth.Target, bool) { return auth.Target{}, false }

func (vendor) Regions() []medialive.Region { return nil }

func TestSignInIsThrottled(t *testing.T) {
	h := open(t)
	wrong := form("op-1")
	wrong.Password = "wrong"
	tried, slowed := 0, 0
	for range 600 { // ten minutes, an attempt a second, from ever new addresses
		wrong.Address = fmt.Sprintf("192.0.2.%d", tried%250)
		err := h.tryIn(t, wrong)
		var slow *auth.ThrottledError
		switch {
		case errors.As(err, &slow):
			slowed++
			if slow.RetryAfter <= 0 || slow.RetryAfter > time.Minute {
				t.Fatalf("retry after %s", slow.RetryAfter)
			}
		case errors.Is(err, auth.ErrCredentials):
			tried++
		default:
			t.Fatal(err)
		}
		h.later(time.Second)
	}
	if tried > 30 || tried < 5 || slowed == 0 {
		t.Errorf("%d attempts reached IAM in ten minutes", tried)
	}
	h.later(20 * time.Minute)
	h.signIn(t, form("op-1"))
}

func TestManyAccountsFromOneAddressAreThrottled(t *testing.T) {
	h := open(t)
	tried := 0
	for i := range 300 {
		f := form(fmt.Sprintf("user-%d", i))
		f.Address = "192.0.2.1"
		if err := h.tryIn(t, f); errors.Is(err, auth.ErrCredentials) {
			tried++
		}
		h.later(100 * time.Millisecond)
	}
	if tried > 30 {
		t.Errorf("%d attempts from one address in half a minute", tried)
	}
}

func TestAttemptsAtOnceAreCounted(t *testing.T) {
	h := open(t)
	var tried atomic.Int64
	var work sync.WaitGroup
	for range 50 {
		work.Go(func() {
			f := form("op-1")
			f.Password = "wrong"
			if errors.Is(h.tryIn(t, f), auth.ErrCredentials) {
				tried.Add(1)
			}
		})
	}
	work.Wait()
	if n := tried.Load(); n > 3 {
		t.Errorf("%d of 50 attempts at once reached IAM", n)
	}
}

func TestSessionEnds(t *testing.T) {
	for _, c := range []struct {
		name  string
		steps []time.Duration
		want  error
	}{
		{"used now and then", []time.Duration{11 * time.Hour, 4 * time.Hour}, nil},
		{"idle for twelve hours", []time.Duration{12*time.Hour + time.Minute}, auth.ErrNoSession},
		{"after sixteen hours of use", []time.Duration{6 * time.Hour, 6 * time.Hour, 4*time.Hour + time.Minute}, auth.ErrNoSession},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := open(t)
			_, cookie := h.signIn(t, form("op-1"))
			var err error
			for _, step := range c.steps {
				h.later(step)
				_, err = h.Session(request(cookie))
			}
			if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

func TestTokenRunsOut(t *testing.T) {
	h := open(t)
	h.cloud.TokensLive(time.Hour)
	before, cookie := h.signIn(t, form("op-1"))
	h.later(time.Hour)
	s, err := h.Session(request(cookie))
	if !errors.Is(err, auth.ErrExpired) || s == nil || s.User != "op-1" {
		t.Fatalf("%v, %v", s, err)
	}
	h.cloud.TokensLive(24 * time.Hour)
	after, renewed := h.signIn(t, form("op-1"), cookie)
	if after.Same(before) {
		t.Error("renewed under the same id")
	}
	if _, err := h.Session(request(renewed)); err != nil {
		t.Errorf("renewed: %v", err)
	}
}

func TestTokenIsRefused(t *testing.T) {
	h := open(t)
	s, cookie := h.signIn(t, form("op-1"))
	if _, err := h.Reader(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	h.cloud.Before = func(w http.ResponseWriter, c medialivetest.Call) bool {
		medialivetest.Refuse(w, http.StatusUnauthorized, "APIG.0307", "The token must be updated.")
		return true
	}
	client, err := h.Client(s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = client.ShowFlow(t.Context(), "f"); !auth.Ended(err) {
		t.Fatalf("%v", err)
	}
	if err := h.Expire(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	for name, a := range map[string]*auth.Auth{"here": h.Auth, "another replica": h.another()} {
		if got, err := a.Session(request(cookie)); !errors.Is(err, auth.ErrExpired) || got.User != "op-1" {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestSignOut(t *testing.T) {
	h := open(t)
	replica := h.another()
	s, cookie := h.signIn(t, form("op-1"))
	if _, err := replica.Session(request(cookie)); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if err := h.SignOut(t.Context(), w, request(cookie)); err != nil {
		t.Fatal(err)
	}
	if c := w.Result().Cookies(); len(c) != 1 || c[0].MaxAge >= 0 || c[0].Value != "" {
		t.Errorf("cookies %v", c)
	}
	if _, err := h.Session(request(cookie)); !errors.Is(err, auth.ErrNoSession) {
		t.Errorf("here: %v", err)
	}
	h.later(2 * time.Second)
	if _, err := replica.Session(request(cookie)); !errors.Is(err, auth.ErrNoSession) {
		t.Errorf("another replica, 2 s later: %v", err)
	}
	if err := h.Expire(t.Context(), s); err != nil {
		t.Error(err)
	}
	if _, err := h.another().Session(request(cookie)); !errors.Is(err, auth.ErrNoSession) {
		t.Errorf("noting the end of its token revived a session: %v", err)
	}
	if err := h.SignOut(t.Context(), httptest.NewRecorder(), request(cookie)); err != nil {
		t.Errorf("once more: %v", err)
	}
}

func TestTickets(t *testing.T) {
	h := open(t)
	s, _ := h.signIn(t, form("op-1"))
	other, _ := h.signIn(t, form("op-1"))
	for _, c := range []struct {
		name                 string
		session              *auth.Session
		verb, subject, state string
		later                time.Duration
		want                 error
	}{
		{"as issued", s, "stop", "flow-1", "ACTIVE", 0, nil},
		{"another session", other, "stop", "flow-1", "ACTIVE", 0, auth.ErrTicket},
		{"another verb", s, "start", "flow-1", "ACTIVE", 0, auth.ErrTicket},
		{"another flow", s, "stop", "flow-2", "ACTIVE", 0, auth.ErrTicket},
		{"another state", s, "stop", "flow-1", "STANDBY", 0, auth.ErrTicket},
		{"too late", s, "stop", "flow-1", "ACTIVE", 11 * time.Second, auth.ErrTicket},
	} {
		t.Run(c.name, func(t *testing.T) {
			ticket, err := h.Issue(t.Context(), s, "stop", "flow-1", "ACTIVE", 10*time.Second)
			if err != nil {
				t.Fatal(err)
			}
			h.later(c.later)
			if err := h.Redeem(t.Context(), c.session, ticket, c.verb, c.subject, c.state); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if err := h.Redeem(t.Context(), s, ticket, "stop", "flow-1", "ACTIVE"); !errors.Is(err, auth.ErrTicket) {
				t.Errorf("used again: %v", err)
			}
		})
	}
}

// A held ticket shown too early is refused and stays: then it is good once.
func TestHeldTicket(t *testing.T) {
	h := open(t)
	s, _ := h.signIn(t, form("op-1"))
	ticket, err := h.IssueHeld(t.Context(), s, "stop", "flow-1", "ACTIVE", 2800*time.Millisecond, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	redeem := func() error { return h.Redeem(t.Context(), s, ticket, "stop", "flow-1", "ACTIVE") }
	for _, c := range []struct {
		later time.Duration
		want  error
	}{{0, auth.ErrTooSoon}, {2700 * time.Millisecond, auth.ErrTooSoon}, {200 * time.Millisecond, nil}, {0, auth.ErrTicket}} {
		h.later(c.later)
		if err := redeem(); !errors.Is(err, c.want) {
			t.Errorf("%s later: %v, want %v", c.later, err, c.want)
		}
	}
	if ticket, err = h.IssueHeld(t.Context(), s, "stop", "flow-1", "ACTIVE", 3*time.Second, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	h.later(13 * time.Second)
	if err := redeem(); !errors.Is(err, auth.ErrTicket) {
		t.Errorf("after its life: %v", err)
	}
}

func TestOneOfManyWinsATicket(t *testing.T) {
	h := open(t)
	s, _ := h.signIn(t, form("op-1"))
	ticket, err := h.Issue(t.Context(), s, "stop", "flow-1", "ACTIVE", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	var won atomic.Int64
	var work sync.WaitGroup
	for range 20 {
		work.Go(func() {
			switch err := h.Redeem(t.Context(), s, ticket, "stop", "flow-1", "ACTIVE"); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, auth.ErrTicket):
				t.Error(err)
			}
		})
	}
	work.Wait()
	if n := won.Load(); n != 1 {
		t.Errorf("%d of 20 won", n)
	}
}

func TestReaderProves(t *testing.T) {
	h := open(t)
	s, _ := h.signIn(t, form("op-1"))
	var work sync.WaitGroup
	for range 50 {
		work.Go(func() {
			if _, err := h.Reader(t.Context(), s); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	if n := len(h.cloud.Calls("ListFlows")); n != 1 {
		t.Errorf("50 readers at once listed the project %d times", n)
	}
	h.later(5 * time.Minute)
	if _, err := h.Reader(t.Context(), s); err != nil {
		t.Error(err)
	}
	until(t, func() bool { return len(h.cloud.Calls("ListFlows")) == 2 }, "no new proof after five minutes")
}

func TestAnswer401IsLookedInto(t *testing.T) {
	for _, c := range []struct {
		name  string
		code  string
		lists bool // the token may still list
		want  error
	}{
		{"the token ended", "APIG.0301", false, auth.ErrExpired},
		{"one right is missing", medialive.CodeNotPermitted, true, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := open(t)
			s, cookie := h.signIn(t, form("op-1"))
			if _, err := h.Reader(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			h.later(10 * time.Second)
			h.cloud.Before = func(w http.ResponseWriter, call medialivetest.Call) bool {
				if call.Op == "ListFlows" && c.lists {
					return false
				}
				medialivetest.Refuse(w, http.StatusUnauthorized, c.code, "no")
				return true
			}
			client, err := h.Client(s)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := client.StartFlow(t.Context(), "f"); err == nil {
				t.Fatal("not refused")
			}
			if _, err := h.Reader(t.Context(), s); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if _, err := h.Session(request(cookie)); !errors.Is(err, c.want) {
				t.Errorf("the session: %v, want %v", err, c.want)
			}
		})
	}
}

func TestReaderIsRefused(t *testing.T) {
	h := open(t)
	s, _ := h.signIn(t, form("op-1"))
	var answer atomic.Pointer[string]
	h.cloud.Before = func(w http.ResponseWriter, c medialivetest.Call) bool {
		code := answer.Load()
		if code == nil {
			return false
		}
		medialivetest.Refuse(w, http.StatusUnauthorized, *code, "no")
		return true
	}
	if _, err := h.Reader(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	may := medialive.CodeNotPermitted
	answer.Store(&may)
	h.later(5 * time.Minute)
	until(t, func() bool {
		h.later(time.Second)
		_, err := h.Reader(t.Context(), s)
		return medialive.KindOf(err) == medialive.KindNotPermitted && err != nil
	}, "still let in after the right was taken away")
	h.later(time.Minute)
	ended := "APIG.0301"
	answer.Store(&ended)
	if _, err := h.Reader(t.Context(), s); !errors.Is(err, auth.ErrExpired) {
		t.Errorf("the token is no longer taken: %v", err)
	}
}

func TestReaderOutlivesAnOutage(t *testing.T) {
	h := open(t)
	s, _ := h.signIn(t, form("op-1"))
	if _, err := h.Reader(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	h.cloud.Before = func(w http.ResponseWriter, c medialivetest.Call) bool {
		medialivetest.Refuse(w, http.StatusServiceUnavailable, "X", "down")
		return true
	}
	for range 10 {
		h.later(5 * time.Minute)
		if _, err := h.Reader(t.Context(), s); err != nil {
			t.Fatalf("an outage shut a reader out: %v", err)
		}
	}
}

// TestSignInCountsInAnOutage: the API goes down between a sign-in and the first
// page. IAM's word counts until the API answers, and no longer.
func TestSignInCountsInAnOutage(t *testing.T) {
	h := open(t)
	s, cookie := h.signIn(t, form("op-1"))
	var refuses atomic.Bool
	h.cloud.Before = func(w http.ResponseWriter, c medialivetest.Call) bool {
		if refuses.Load() {
			medialivetest.Refuse(w, http.StatusUnauthorized, medialive.CodeNotPermitted, "no")
		} else {
			medialivetest.Refuse(w, http.StatusServiceUnavailable, "X", "down")
		}
		return true
	}
	for range 10 {
		if _, err := h.Reader(t.Context(), s); err != nil {
			t.Fatalf("shut out by an outage: %v", err)
		}
		h.later(5 * time.Minute)
	}
	again, err := h.Session(request(cookie))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.another().Reader(t.Context(), again); err == nil {
		t.Error("a process that did not see the sign-in lets in without proof")
	}
	refuses.Store(true)
	until(t, func() bool {
		h.later(30 * time.Second)
		_, err := h.Reader(t.Context(), s)
		return medialive.KindOf(err) == medialive.KindNotPermitted && err != nil
	}, "let in though the API refuses")
	refuses.Store(false)
	h.later(time.Minute)
	if _, err := h.Reader(t.Context(), s); err == nil {
		t.Error("a sign-in that the API refused counts again")
	}
}

func TestSecretsStayInside(t *testing.T) {
	h := open(t)
	f := form("op-2")
	f.UserID, f.Passcode = "u2", "123456"
	s, cookie := h.signIn(t, f)
	wrong := form("op-1")
	wrong.Password = password + "-wrong"
	err := h.tryIn(t, wrong)
	shown := fmt.Sprintf("%v %+v %#v %s %v %+v", s, s, s, s.Token, err, f)
	shown += h.log.String()
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(h.dir, "t.db*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		shown += string(b)
	}
	for name, secret := range map[string]string{
		"password": password, "token": s.Token.Reveal(), "session id": cookie.Value,
	} {
		if strings.Contains(shown, secret) {
			t.Errorf("the %s can be seen", name)
		}
	}
}

func TestHuaweiCloud(t *testing.T) {
	b := auth.HuaweiCloud("")
	if len(b.Regions()) == 0 {
		t.Error("no regions")
	}
	for _, r := range b.Regions() {
		got, ok := b.Target(r.ID)
		if !ok || got.Project != r.ID || !strings.HasPrefix(got.Endpoint, "https://live."+r.ID) ||
			!strings.HasPrefix(got.IAMEndpoint, "https://iam.") {
			t.Errorf("%s: %+v, %t", r.ID, got, ok)
		}
	}
	for _, region := range []string{"", "moon", "evil.example/"} {
		if _, ok := b.Target(region); ok {
			t.Errorf("a target for %q", region)
		}
	}
	if got, _ := auth.HuaweiCloud("https://iam.example").Target(b.Regions()[0].ID); got.IAMEndpoint != "https://iam.example" {
		t.Errorf("IAM at %s", got.IAMEndpoint)
	}
}

// until waits for a condition.
func until(t *testing.T, ok func() bool, otherwise string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal(otherwise)
		}
	}
}

// sweeps counts how often the expired rows of a store were deleted.
type sweeps struct {
	auth.Store
	n atomic.Int32
}

func (s *sweeps) DeleteExpired(ctx context.Context, now time.Time) error {
	s.n.Add(1)
	return s.Store.DeleteExpired(ctx, now)
}

// TestTicketsDoNotPileUp issues tickets over hours in which nobody signs in.
func TestTicketsDoNotPileUp(t *testing.T) {
	swept := &sweeps{}
	h := open(t, func(o *auth.Options) {
		swept.Store = o.Store
		o.Store = swept
	})
	s, _ := h.signIn(t, form("op-1"))
	began := swept.n.Load()
	for range 3 {
		h.later(time.Hour)
		if _, err := h.Issue(t.Context(), s, "stop", "flow-1", "ACTIVE", time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	if n := swept.n.Load() - began; n != 3 {
		t.Errorf("expired rows deleted %d times in three hours, want 3", n)
	}
}
