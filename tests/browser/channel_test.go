package browser

import (
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/tests/chrome"
)

// testChannels turns a channel with real media ON and OFF by the mouse, in its
// row and on its page, which both live.
func testChannels(t *testing.T, c *chromium) {
	h := build(t)
	key := h.channel("one")
	const path = "/channels/push.example.com/live/one"
	row, armed := "#flow-channels_2fpush_2eexample_2ecom_2flive_2fone", "#armed-channels_2fpush_2eexample_2ecom_2flive_2fone"
	b := c.dressed(t, h, dress{"en", "dark"})
	b.Visit("/channels")
	b.AwaitWithin(firstSegments, "the channel on air", "text("+chrome.Quoted(row+" .state-word")+") === 'ON AIR'")
	b.mark()
	b.Click(row + " [data-arm]")
	b.Await("the question", "$("+chrome.Quoted(armed+" .guard")+")")
	b.Click(armed + " [data-cancel]")
	b.Await("the row again", "$("+chrome.Quoted(row)+")")
	b.Click(row + " [data-arm]")
	b.Await("the settling time to pass", settled(armed))
	b.Click(armed + " [data-guarded]")
	b.Await("OFF", "text("+chrome.Quoted(row+" .state-word")+") === 'OFF'")
	b.sameDocument()
	ch, err := h.client.ShowChannel(t.Context(), key)
	must(t, err)
	if ch.State != medialive.ChannelOff {
		t.Errorf("confirmed, and it is %s", ch.State)
	}
	b.Visit(path)
	b.Await("the page", "text('#flow-state .state-word') === 'OFF'")
	b.mark()
	b.Click("#flow-command button")
	b.AwaitWithin(firstSegments, "the channel on air again", "text('#flow-state .state-word') === 'ON AIR'")
	b.Await("what is measured", "/Mb\\/s|kb\\/s/.test(text('#channel-facts'))")
	b.Await("the address to push to", "text('#push-0').startsWith('rtmp://')")
	b.Await("what was done", "text('#activity').includes('turned the channel ON')")
	b.sameDocument()
	b.Clean("the page of a channel")
}
