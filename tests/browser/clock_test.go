package browser

import (
	"testing"

	"github.com/flowdeck/flowdeck/tests/chrome"
)

// TestClockOfTheBrowser sets the browser's clock off and right again: the page
// tells so beside its own clocks, which stay those of the server.
func TestClockOfTheBrowser(t *testing.T) {
	t.Parallel()
	h := build(t)
	b := launch(t).enter(t, h.app.URL)
	b.Await("the page to live", isOK)
	const shown, right = "$('.clock-off').checkVisibility()", "Math.abs(Date.parse(new Date(realNow()).toISOString().slice(0, 11) + text('[data-clock=\"utc\"]') + 'Z') - realNow()) < 3000"
	eval[bool](b, "(() => { const now = Date.now.bind(Date); window.realNow = now; window.off = 0; Date.now = () => now() + window.off; return true })()")
	for _, c := range []struct{ off, words string }{{"5000", "5 s ahead"}, {"-5000", "5 s behind"}, {"-7200000", "2 h behind"}} {
		eval[bool](b, "(window.off = "+c.off+", true)")
		b.Await("the page to tell", shown+" && text('.clock-off').includes("+chrome.Quoted(c.words)+")")
		b.Await("the clock of the server", right)
	}
	eval[bool](b, "(window.off = 900, true)")
	b.Await("the page to tell no longer", "!"+shown)
	b.Clean("a wrong clock")
}
