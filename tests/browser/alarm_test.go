package browser

import (
	"syscall"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
	"github.com/flowdeck/flowdeck/tests/chrome"
)

// testAlarm is an alarm from the silence of a sender to its return: it comes to
// pages that are about other things, one key acknowledges it, and everybody sees
// who did.
func testAlarm(t *testing.T, c *chromium) {
	h := build(t)
	h.person("op-2")
	f := h.flow("FEED-A", true)
	clip := relaytest.Clip(t)
	sender := relaytest.Push(t, clip, inputOf(f))
	one, two := c.enter(t, h.app.URL), c.enterAs(t, h.app.URL, "op-2")
	one.awaitRow(f.ID, "LIVE")
	one.Visit("/labels")
	one.AwaitPath("a page about something else", "/labels")
	two.Visit("/alarms")
	two.AwaitPath("the alarms", "/alarms")
	two.Click("#bell summary")
	two.Await("the settings of sound and notifications", "$('#bell').open")
	if eval[bool](two, "$$('#bell input').some((box) => box.checked) || localStorage.length > 0") {
		t.Error("a browser sounds, or notifies, that nobody has told to")
	}
	two.Hit(chrome.KeyEscape)
	title := eval[string](one, "document.title")
	one.mark()
	two.mark()

	sender.Signal(syscall.SIGSTOP)
	began := time.Now()
	one.Await("the alarm line", "text('#alarm-line .state-word') === 'SOURCE LOST' && text('#alarm-line .name') === 'FEED-A'")
	t.Logf("the alarm was on another page %v after the sender fell silent", time.Since(began).Round(time.Millisecond))
	one.Await("the number of alarms", "text('#alarm-count .alarm-number-high [data-v]') === '1' && text('#alarm-rail') === '1'")
	one.Await("the number in the title", "document.title === "+chrome.Quoted("(1) "+title))
	one.Await("the sentence for those who hear the page", "text('#alarm-said').includes('FEED-A')")
	two.Await("the row of the alarm", "text('#alarm-rows .alarm-row .state-word').includes('NEW') && !$('#alarm-rows .alarm-by')")

	one.Await("the line to stand still", "performance.now() - (window.seenAt ??= performance.now()) > 1000")
	one.Hit(chrome.Letters["a"])
	two.Await("who acknowledged it", "text('#alarm-rows .alarm-by b') === 'admin' && !$('#alarm-rows [data-ack]')")
	one.Await("the line to be acknowledged", "$('#alarm-line[data-alarm]') && !$('#alarm-line [data-ack]') && document.title === "+chrome.Quoted(title))

	sender.Kill()
	began = time.Now()
	relaytest.Push(t, clip, inputOf(f))
	one.Await("the line to be empty", "!$('#alarm-line[data-alarm]') && text('#alarm-count') === 'Alarms 0' && text('#alarm-rail') === ''")
	t.Logf("the alarm was over %v after a sender was started again", time.Since(began).Round(time.Millisecond))
	two.Await("no row", "$('#alarm-rows .empty')")
	for _, b := range []*tab{one, two} {
		b.sameDocument()
		b.Clean("an alarm")
	}
}
