package browser

import (
	"syscall"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
	"github.com/flowdeck/flowdeck/tests/chrome"
)

// commands are the buttons that command something, on any page.
const commands = "$$('#content [data-command], #content [data-off]').filter((e) => !e.closest('#link-state') && e.checkVisibility())"

// testBackendDown stops the gateway for a while: what is shown turns grey, no
// command can be given and each button says why, and all comes back by itself.
func testBackendDown(t *testing.T, c *chromium) {
	h := build(t)
	f := h.flow("FEED-A", true, listener("viewer-1"))
	relaytest.Push(t, relaytest.Clip(t), inputOf(f))
	list := c.enter(t, h.app.URL)
	list.awaitRow(f.ID, "LIVE")
	flow, form := c.window(list), c.window(list)
	flow.Visit("/flows/" + f.ID)
	flow.AwaitPath("the page of the flow", "/flows/"+f.ID)
	flow.awaitState("LIVE")
	form.Visit("/flows/new")
	form.AwaitPath("a form", "/flows/new")
	form.Fill("#name", "FEED-B")
	tabs := map[string]*tab{"the list": list, "the page of the flow": flow, "a form": form}
	for _, b := range tabs {
		b.mark()
	}
	figures := "$('.live .col-bitrate, .live .link-over')"
	before := eval[string](list, "getComputedStyle("+figure(f.ID)+").color")

	h.signal(apptest.Gateway, syscall.SIGSTOP)
	began := time.Now()
	for where, b := range tabs {
		b.Await(where+" to tell it", "$('#link-state [data-off]')")
		t.Logf("%s told that the service is not reached after %v", where, time.Since(began).Round(time.Millisecond))
		b.Await("every button of "+where+" off, with its reason", commands+".length > 0 && "+commands+
			".every((e) => e.getAttribute('aria-disabled') === 'true' && e.textContent.includes('no API') && "+
			"$('#' + e.getAttribute('aria-describedby'))?.textContent.includes('No command can be given'))")
	}
	list.Await("grey figures", "$("+chrome.Quoted("#flow-"+f.ID+".aged")+") || text("+chrome.Quoted("#flow-"+f.ID+" .state-word")+") === 'STALE'")
	t.Logf("the row was grey after %v", time.Since(began).Round(time.Millisecond))
	list.Await("another colour", "!"+figure(f.ID)+" || getComputedStyle("+figure(f.ID)+").color !== "+chrome.Quoted(before))
	flow.Await("the state of the flow to be grey", "$('#flow-facts .aged') && "+figures)
	form.Click(`#content button[name="start"][value=""]`)
	form.sameDocument()

	h.signal(apptest.Gateway, syscall.SIGCONT)
	began = time.Now()
	for where, b := range tabs {
		b.Await(where+" to live again", "!$('#link-state [data-off]') && "+commands+".length > 0 && "+
			commands+".every((e) => e.getAttribute('aria-disabled') !== 'true')")
		b.sameDocument()
		b.Clean(where)
	}
	list.Await("present figures", "!$("+chrome.Quoted("#flow-"+f.ID+".aged")+") && text("+chrome.Quoted("#flow-"+f.ID+" .state-word")+") === 'LIVE'")
	t.Logf("all lived again %v after the service answered", time.Since(began).Round(time.Millisecond))
	if name := eval[string](form, "$('#name').value"); name != "FEED-B" {
		t.Errorf("what was typed is now %q", name)
	}
}
