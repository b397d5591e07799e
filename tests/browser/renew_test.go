package browser

import (
	"testing"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/tests/chrome"
)

// testSignInRunsOut ends a token while somebody types: the page asks for the
// password where it is, keeps what was typed, and lives again.
func testSignInRunsOut(t *testing.T, c *chromium) {
	const password = "another password for tests"
	h := build(t)
	f := h.flow("FEED-A", false)
	b := c.enter(t, h.app.URL)
	b.Expecting("status of 401", "htmx:sse:error", "htmx: htmx:response:error")
	b.Visit("/flows/new")
	b.AwaitPath("the form of a flow", "/flows/new")
	b.mark()
	b.Fill("#name", "STUDIO-D")
	if _, err := h.app.Run(password+"\n", "user", "passwd", apptest.User); err != nil {
		t.Fatal(err)
	}
	// Flowdeck reads by itself here, so nobody's token is missed until somebody
	// commands something: then every page of it has to know.
	other := b.beside()
	other.Expecting("status of 401", "htmx:sse:error", "htmx: htmx:response:error")
	other.Visit("/flows")
	other.awaitRow(f.ID, "STANDBY")
	other.Click("#flow-" + f.ID + ` form[action$="/start"] button`)
	other.Await("the question for the password", "$('dialog#renew')?.open")
	took := b.Await("the question for the password", "$('dialog#renew')?.open")
	t.Logf("asked %v after the token ended", took)
	if eval[string](b, "text('#renew .who')") == "" {
		t.Error("the dialog does not say who is to sign in")
	}
	b.Fill("#renew-password", apptest.Password)
	b.Hit(chrome.KeyEnter)
	b.Await("the old password to be refused", "$('dialog#renew')?.open && text('#renew-form-error') === 'Account, user or password is wrong.'")
	b.Fill("#renew-password", password)
	// A page that was silent for a moment only is "ok" still, and off soon after.
	chrome.Eval[bool](b.Tab, "$('#stream').addEventListener('hb', () => { window.heardAgain = true; }, {once: true}) ?? true")
	b.Hit(chrome.KeyEnter)
	b.Await("the page without the dialog", "!$('dialog[open]') && text('#notices') !== '' && window.heardAgain && "+isOK)
	b.sameDocument()
	if got := eval[string](b, "$('#name').value"); got != "STUDIO-D" {
		t.Errorf("what was typed is now %q", got)
	}
	b.Clean("the renewed sign-in")
	b.Click(`button[name="start"][value=""]`)
	b.AwaitPath("the page of the flow", "/flows/[0-9a-f-]+")
	b.awaitState("STANDBY")
	b.Clean("the flow")
}
