package safety

import (
	"context"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/tests/chrome"
)

// hands are those of somebody who slips.
type hands struct {
	*chrome.Tab
	house *house
	other *chrome.Tab // of the same session
	free  string      // a flow that runs
	held  string      // one that runs and is protected
}

// stops counts the calls that stop or interrupt something.
func (h *hands) stops() (n int) {
	for _, op := range []string{"ModifyFlowStop", "DeleteFlow", "DeleteFlowOutput", "ModifyFlowOutput", "ModifyFlowSources"} {
		n += len(h.house.cloud.Calls(op))
	}
	return n
}

func (h *hands) row() string    { return "#flow-" + h.free }
func (h *hands) button() string { return h.row() + " [data-arm]" }
func (h *hands) guard() string  { return "#armed-" + h.free }

// list shows the list with nothing asked, and the flow running, whatever became
// of it before.
func (h *hands) list() {
	h.Visit("/flows")
	if f, _ := h.house.cloud.Flow(h.free); f.Status != medialive.Active {
		h.house.cloud.Change(h.free, func(f *medialivetest.Flow) { f.Status = medialive.Active })
	}
	h.Await("the list", "$("+chrome.Quoted(h.button())+") && "+isLive)
}

// asks arms the row, and waits for its question.
func (h *hands) asks() {
	h.Click(h.button())
	h.Await("the question", "$("+chrome.Quoted(h.guard()+" [data-guarded]")+")")
}

// touch taps a place.
func (h *hands) touch(at chrome.Spot) {
	for _, kind := range []input.DispatchTouchEventType{input.DispatchTouchEventTypeTouchStart, input.DispatchTouchEventTypeTouchEnd} {
		p := input.DispatchTouchEventParams{Type: kind, TouchPoints: []*input.TouchPoint{}}
		if kind == input.DispatchTouchEventTypeTouchStart {
			p.TouchPoints = append(p.TouchPoints, &input.TouchPoint{X: at.X, Y: at.Y})
		}
		h.Do(chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
			_, err := cdp.Call(ctx, to, input.DispatchTouchEvent, p)
			return err
		}))
	}
}

// back goes back, or forth, in the tab's history.
func (h *hands) back(by int) {
	_, _ = chrome.Try[bool](h.Tab, fmt.Sprintf("(history.go(%d), true)", by))
} // the page goes away under it

// repeats holds a key that repeats by itself.
func (h *hands) repeats(k chrome.Key) {
	h.Down(k, false)
	for range 20 {
		h.Down(k, true)
	}
	h.Up(k)
}

// edits types a change that interrupts the flow, and waits to be told so.
func (h *hands) edits() {
	h.list()
	h.Visit("/flows/" + h.free + "/source")
	h.Await("the form", "$('#save') && "+isLive)
	h.Fill(port, fmt.Sprint(20001+h.stops()))
	h.Await("what it interrupts", "$('#save')?.dataset.twice")
}

const port = `[name="port"]`

// hold holds the button of the protected flow for a time.
func (h *hands) hold(d time.Duration) {
	h.Visit("/flows/" + h.held + "/stop")
	h.Await("the question", "$('[data-hold]') && "+isLive)
	h.Fill(`form.confirm-consent [name="reason"]`, "a slip")
	at := h.Hold("[data-hold]")
	passes(d)
	h.LetGo(at)
}

// passes is how long hands do nothing else: that is the slip.
func passes(d time.Duration) {
	pause := time.NewTimer(d)
	defer pause.Stop()
	<-pause.C
}

// slips are what hands do that mean nothing by it.
var slips = []struct {
	name string
	slip func(*hands)
}{
	{"a double click on Stop", func(h *hands) { h.list(); at := h.Spot(h.button()); h.Press(at, 1); h.Press(at, 2) }},
	{"a triple click on Stop", func(h *hands) {
		h.list()
		at := h.Spot(h.button())
		for n := range int64(3) {
			h.Press(at, n+1)
		}
	}},
	{"a double click on the question, at once", func(h *hands) {
		h.list()
		h.asks()
		at := h.Spot(h.guard() + " [data-guarded]")
		h.Press(at, 1)
		h.Press(at, 2)
	}},
	{"Enter that repeats on Stop", func(h *hands) { h.list(); h.TabTo(h.button()); h.repeats(chrome.KeyEnter) }},
	{"Space that repeats on Stop", func(h *hands) { h.list(); h.TabTo(h.button()); h.repeats(chrome.KeySpace) }},
	{"Enter that is held on Stop for long", func(h *hands) {
		h.list()
		h.TabTo(h.button())
		h.Down(chrome.KeyEnter, false)
		h.Await("the question", "$("+chrome.Quoted(h.guard()+" [data-guarded]")+")")
		passes(900 * time.Millisecond)
		h.Down(chrome.KeyEnter, true)
		h.Up(chrome.KeyEnter)
	}},
	{"Enter on the question as it comes", func(h *hands) { h.list(); h.asks(); h.Hit(chrome.KeyEnter) }},
	{"the key x twice", func(h *hands) {
		h.list()
		h.Hit(chrome.Letters["j"])
		h.Hit(chrome.Letters["x"])
		h.Hit(chrome.Letters["x"])
	}},
	{"the key x and Enter", func(h *hands) {
		h.list()
		h.Hit(chrome.Letters["j"])
		h.Hit(chrome.Letters["x"])
		h.Hit(chrome.KeyEnter)
	}},
	{"back and forth over the question", func(h *hands) {
		h.list()
		h.Visit("/flows/" + h.free + "/stop")
		h.Await("the question", "$('[data-guarded]')")
		h.back(-1)
		h.back(1)
		h.back(-1)
	}},
	{"back and forth with Enter", func(h *hands) {
		h.Visit("/flows/" + h.free + "/stop")
		h.Await("the question", "$('[data-guarded]')")
		h.Hit(chrome.KeyEnter) // the focus is on the way back
		h.back(-1)
	}},
	{"a reload of the question", func(h *hands) {
		h.Visit("/flows/" + h.free + "/stop")
		h.Await("the question", "$('[data-guarded]')")
		h.Do(chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
			_, err := cdp.Call(ctx, to, page.Reload, page.ReloadParams{})
			return err
		}))
	}},
	{"the question in two tabs", func(h *hands) {
		h.list()
		h.other.Visit("/flows")
		h.other.Await("the list", "$("+chrome.Quoted(h.button())+")")
		h.asks()
		h.other.Click(h.button())
		h.Hit(chrome.KeyEscape)
		h.other.Hit(chrome.KeyEscape)
	}},
	{"a double tap on Stop", func(h *hands) { h.list(); at := h.Spot(h.button()); h.touch(at); h.touch(at) }},
	{"a tap on Stop and on what takes its place", func(h *hands) { h.list(); h.touch(h.Spot(h.button())); h.touch(h.Spot(h.row() + ", " + h.guard())) }},
	{"a press that is dragged off", func(h *hands) {
		h.list()
		h.asks()
		at := h.Hold(h.guard() + " [data-guarded]")
		h.Do(chromedp.MouseEvent(chromedp.MouseMoved, at.X+200, at.Y+200))
		h.LetGo(chrome.Spot{X: at.X + 200, Y: at.Y + 200})
	}},
	{"a hold let go early", func(h *hands) { h.hold(1200 * time.Millisecond) }},
	{"a hold let go at once", func(h *hands) { h.hold(0) }},
	{"a hold late, and too short", func(h *hands) { h.hold(2500 * time.Millisecond) }},
	{"a click where a button was, in a list that moves", func(h *hands) {
		h.list()
		at := h.Spot(h.button())
		id := h.house.cloud.Add(flow("AAA-"+h.free, medialive.Active, "OUT-1"))
		h.Press(at, 1)
		h.Await("the list to have moved", "$("+chrome.Quoted("#flow-"+id)+")")
		h.Press(at, 1)
		h.house.cloud.Remove(id)
	}},
	{"a double click on Save of what interrupts", func(h *hands) { h.edits(); at := h.Spot("#save"); h.Press(at, 1); h.Press(at, 2) }},
	{"Enter that is held in a field of what interrupts", func(h *hands) {
		h.edits()
		h.Click(port)
		h.Down(chrome.KeyEnter, false)
		passes(900 * time.Millisecond) // more than what two presses must be apart
		h.Down(chrome.KeyEnter, true)
		h.Up(chrome.KeyEnter)
	}},
	{"Escape and Enter", func(h *hands) { h.list(); h.asks(); h.Hit(chrome.KeyEscape); h.Hit(chrome.KeyEnter) }},
}

// newHands gives hands to a house in which flows run.
func newHands(t *testing.T) *hands {
	t.Helper()
	h := open(t, map[string]string{"FLOWDECK_UPSTREAM_RPS": "50"}, func(c *medialivetest.Cloud) {
		for _, name := range []string{"FEED-A", "FEED-B", "FEED-C"} {
			c.Add(flow(name, medialive.Active, "OUT-1"))
		}
	})
	in := h.signIn("op-1")
	in.post("/flows/flow-0002/protect", url.Values{"reason": {"on air"}})
	tab := in.inChrome(t, chrome.Launch(t))
	return &hands{Tab: tab, house: h, other: tab.Beside(), free: "flow-0001", held: "flow-0002"}
}

// TestT22Slips makes slips, of which none may stop anything.
func TestT22Slips(t *testing.T) {
	t.Parallel()
	h := newHands(t)
	n := count(500, len(slips))
	for i := range n {
		s := slips[i%len(slips)]
		before := h.stops()
		s.slip(h)
		h.Await("the page to be done", "document.readyState === 'complete'")
		if now := h.stops(); now != before {
			t.Errorf("%s, or the slip before it: %d calls", s.name, now-before)
		}
	}
	h.list()
	accidents := h.stops()
	if accidents != 0 {
		t.Errorf("%d calls in all", accidents)
	}
	h.Forget()
	h.other.Forget()
	evidence(t, "T22", fmt.Sprintf("accidental stops in %d slips of %d kinds", n, len(slips)), accidents, "0 of 500")
}

// TestT22Confirmed confirms a stop by hands that do too much of it: one call
// each.
func TestT22Confirmed(t *testing.T) {
	t.Parallel()
	h := newHands(t)
	wrong, n := 0, count(60, 3)
	for i := range n {
		h.house.cloud.Change(h.free, func(f *medialivetest.Flow) { f.Status = medialive.Active })
		h.list()
		before := h.stops()
		h.asks()
		h.Await("the question to have settled", "(window.asked ??= performance.now()) < performance.now() - 900")
		button := h.guard() + " [data-guarded]"
		switch i % 3 {
		case 0:
			at := h.Spot(button)
			h.Press(at, 1)
			h.Press(at, 2)
			h.Press(at, 3)
		case 1:
			chrome.Eval[bool](h.Tab, "($("+chrome.Quoted(button)+").focus(), true)")
			h.repeats(chrome.KeyEnter)
			if h.stops() == before { // a key that was held from the beginning is no answer
				h.Hit(chrome.KeyEnter)
			}
		case 2:
			h.Click(button)
			h.back(-1)
			h.back(1)
		}
		await(t, patience, "the call", func() bool { return h.stops() > before })
		h.Visit("/flows")
		h.Await("the list", isLive)
		if calls := h.stops() - before; calls != 1 {
			wrong++
			t.Errorf("confirmed in way %d: %d calls", i%3, calls)
		}
	}
	h.Forget()
	evidence(t, "T22", fmt.Sprintf("of %d confirmed stops, with double clicks, keys that repeat and ways back, not exactly one call", n), wrong, "0")
}
