package safety

import (
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/seal"
	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/tests/chrome"
)

// age lets everybody have given the password a time ago, behind the program's
// back: it goes by the machine's clock.
func (h *house) age(by time.Duration) {
	t := h.t
	t.Helper()
	st, err := store.Open(t.Context(), "sqlite:"+filepath.Join(h.app.Data, "flowdeck.db"))
	must(t, err)
	defer func() { must(t, st.Close()) }()
	key, err := seal.OpenKeyFile(filepath.Join(h.app.Data, "secret.key"))
	must(t, err)
	rows, err := st.Sessions(t.Context(), nil, time.Now())
	must(t, err)
	for _, row := range rows {
		plain, err := key.Open(row.Sealed, row.Key)
		must(t, err)
		var is map[string]any
		must(t, json.Unmarshal(plain, &is))
		is["SteppedUpAt"] = time.Now().Add(-by)
		plain, err = json.Marshal(is)
		must(t, err)
		sealed, number, err := key.Seal(plain, row.Key)
		must(t, err)
		must(t, st.ResealSession(t.Context(), row.Key, sealed, number))
	}
	believed := time.NewTimer(2 * time.Second) // what the program has opened
	defer believed.Stop()
	<-believed.C
}

// enterBy signs somebody in in a fresh profile.
func (h *house) enterBy(c *chrome.Chromium, user string) *chrome.Tab {
	h.t.Helper()
	b := c.Open(h.t, h.app.URL)
	signInBy(b, user)
	return b
}

func signInBy(b *chrome.Tab, user string) {
	b.T.Helper()
	b.Visit("/login")
	b.Await("the sign-in", "$('#password')")
	if chrome.Eval[bool](b, "$('#account').value === ''") {
		b.Fill("#account", account)
	}
	b.Fill("#username", user)
	b.Fill("#password", password)
	b.Hit(chrome.KeyEnter)
	b.AwaitPath("the flows", "/flows")
}

// Whoever sits down after somebody signed out reads nothing of what was shown:
// not by going back, and not from the browser's cache.
func TestT4BackAfterSigningOut(t *testing.T) {
	t.Parallel()
	h := open(t, nil, func(c *medialivetest.Cloud) { c.Add(flow("FEED-SECRET", medialive.Standby, "OUT-1")) })
	b := h.enterBy(chrome.Launch(t), "op-2")
	b.Await("the flow", "text('#flow-rows').includes('FEED-SECRET')")
	paths := []string{"/flows", "/flows/" + h.cloud.IDs()[0], "/alarms", "/activity", "/settings", "/settings/sessions"}
	for _, path := range paths {
		b.Visit(path)
		b.AwaitPath("the page "+path, path)
	}
	b.Click("#user-menu summary")
	b.Click(`#user-menu form[action="/logout"] button`)
	began := time.Now()
	b.AwaitPath("the sign-in", "/login")
	t.Logf("signing out took %s", time.Since(began).Round(time.Millisecond))
	readable := 0
	for range paths {
		chrome.Eval[bool](b, "history.back() ?? true")
		b.Await("a page", "document.readyState === 'complete' && ($('#password') || $('#user-menu'))")
		if chrome.Eval[bool](b, "document.body.textContent.includes('FEED-SECRET') || $('#user-menu') !== null") {
			readable++
			t.Errorf("going back shows:\n%s", b.Describe())
		}
	}
	for _, path := range paths {
		chrome.Eval[bool](b, `(() => { window.kept = ''; fetch('`+path+`', {cache: 'only-if-cached', mode: 'same-origin'})
			.then((r) => { window.kept = r.ok && !r.redirected ? 'kept' : 'gone'; }, () => { window.kept = 'gone'; }); return true; })()`)
		b.Await("the cache to answer", "window.kept !== ''")
		if chrome.Eval[string](b, "window.kept") == "kept" {
			readable++
			t.Errorf("%s stands in the cache", path)
		}
	}
	evidence(t, "T4", "pages of 6 that can be read by going back, or from the cache, after signing out", readable, "0")
}

// A deletion asks for the password again: by keyboard, with scripts and without,
// with the focus where it is typed, and with nothing lost.
func TestT4PasswordBeforeDeleting(t *testing.T) {
	t.Parallel()
	h := open(t, nil, func(c *medialivetest.Cloud) {
		c.Add(flow("FEED-A", medialive.Standby, "OUT-1"))
		c.Add(flow("FEED-B", medialive.Standby, "OUT-1"))
	})
	c := chrome.Launch(t)
	ids := h.cloud.IDs()
	for i, scripts := range []bool{true, false} {
		b := c.Open(t, h.app.URL)
		if !scripts {
			b.WithoutScript()
		}
		b.Expecting("status of 401")
		signInBy(b, "op-2")
		path := "/flows/" + ids[i] + "/delete"
		b.Visit(path)
		b.Await("the question", "$('#reason')")
		b.Fill("#reason", "The event is over.")
		h.age(11 * time.Minute)
		b.TabTo("button[data-guarded]")
		b.Hit(chrome.KeyEnter)
		b.Await("the question for the password, with the focus", "document.activeElement?.id === 'password' && location.pathname === '"+path+"'")
		b.Write("wrong")
		b.Hit(chrome.KeyEnter)
		b.Await("that it is wrong, with the focus", "$('.error-line') && document.activeElement?.id === 'password' && location.pathname === '/step-up'")
		if n := len(h.cloud.Calls("DeleteFlow")); n != i {
			t.Fatalf("%d deletions before the password", n)
		}
		b.Write(password)
		b.Hit(chrome.KeyEnter)
		b.AwaitPath("the list", "/flows")
		if n := len(h.cloud.Calls("DeleteFlow")); n != i+1 {
			t.Fatalf("%d deletions after the password", n)
		}
		b.Visit("/activity")
		b.Await("why, on the trail", "document.body.textContent.includes('The event is over.')")
		b.Clean("the deletion")
	}
}

// A session that is ended takes its open page to the sign-in.
func TestT8EndedSessionLeavesItsPage(t *testing.T) {
	t.Parallel()
	h := open(t, nil, func(c *medialivetest.Cloud) { c.Add(flow("FEED-A", medialive.Standby, "OUT-1")) })
	c := chrome.Launch(t)
	one, two := h.enterBy(c, "op-2"), h.enterBy(c, "op-2")
	two.Expecting("status of 401", "htmx:sse:error", "htmx: htmx:response:error")
	one.Visit("/settings/sessions")
	one.AwaitPath("the sessions", "/settings/sessions")
	one.TabTo(`form[action^="/settings/sessions/"][action$="/end"] button`)
	one.Hit(chrome.KeyEnter)
	began := time.Now()
	two.AwaitPath("the sign-in", "/login")
	took := time.Since(began)
	evidence(t, "T8", "until the page of an ended session is the sign-in", took.Round(100*time.Millisecond), "≤ 5 s")
	if took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	one.Await("the notice", "text('#notices').includes('op-2') && $$('table.sessions tbody tr').length === 1")
	one.Clean("the sessions")
}
