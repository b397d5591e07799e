package soak

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"

	"github.com/flowdeck/flowdeck/tests/chrome"
	"github.com/flowdeck/flowdeck/tests/wallstage"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
	"github.com/flowdeck/flowdeck/web/templates/wall"
	"github.com/flowdeck/flowdeck/web/templates/wall/walltest"
)

// A wall of 16 changes all its tiles once a second; here it does so 60 times as
// often, so that an hour stands for two and a half days, and in each minute of it
// loses its server, is left without news until its figures are gone, and turns
// pages. What it holds after the first half minute is what it may hold in the end.
const (
	wallUsual = 70 * time.Second // without FLOWDECK_SOAK
	wallWarm  = 30 * time.Second
	wallLook  = 10 * time.Second
	wallTiles = 16
	wallRate  = 60 // changes of all tiles a second

	moreHeap      = 1.5e6 // bytes that it may hold more than after it was warm
	moreNodes     = 1000  // tiles of some states have more of them than of others
	moreListeners = 2

	weighings = 5 // of which the lightest counts: a message may be on its way
)

// holding is what a page holds after its garbage was collected.
type holding struct{ heap, nodes, listeners, documents float64 }

// TestSoakWall lets a wall live fast, and weighs it.
func TestSoakWall(t *testing.T) {
	t.Parallel()
	length := max(duration(t), wallUsual)
	board := walltest.Board(text.English, time.Now(), wallTiles)
	stage := wallstage.Start(t, board, "dark")
	b := chrome.Launch(t).OpenFor(t, stage.URL, length)
	b.Do(chromedp.EmulateViewport(960, 540), chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		_, err := cdp.Call(ctx, to, performance.Enable, performance.EnableParams{})
		return err
	}))
	b.Expecting("ERR_") // the server goes away again and again
	b.Visit("/wall")
	b.Await("the wall", "document.documentElement.dataset.link === 'ok'")
	ctx, end := context.WithTimeout(t.Context(), length)
	defer end()
	driven := make(chan struct{})
	go func() {
		defer close(driven)
		drive(ctx, stage)
	}()
	look := time.NewTicker(wallLook)
	defer look.Stop()
	began, first, now := time.Now(), holding{}, holding{}
	for ctx.Err() == nil {
		select {
		case <-look.C:
		case <-ctx.Done():
		}
		now = weigh(b)
		if first == (holding{}) && time.Since(began) > wallWarm {
			first = now
		}
		t.Logf("%v: %.2f MB of heap, %.0f nodes, %.0f listeners, %.0f documents", time.Since(began).Round(time.Second), now.heap/1e6, now.nodes, now.listeners, now.documents)
		if first != (holding{}) {
			now.within(t, first)
		}
		b.Forget()
		b.Expecting("ERR_")
	}
	<-driven
	b.Await("the wall to live", "document.documentElement.dataset.link === 'ok' && document.querySelectorAll('.tile').length === 16")
	worth := time.Duration(stage.Events()) * time.Second // at one change a second
	t.Logf("evidence: a wall of 16 in Chromium, %d changes of all tiles, as in %v at one a second: heap, nodes, listeners at the end against after %v | %+.2f MB, %+.0f, %+.0f | +%.1f MB, +%d, +%d",
		stage.Events(), worth.Round(time.Minute), wallWarm, (now.heap-first.heap)/1e6, now.nodes-first.nodes, now.listeners-first.listeners, moreHeap/1e6, moreNodes, moreListeners)
	if least := time.Duration(0.25 * wallRate * float64(length)); worth < least {
		t.Errorf("only %d changes were sent in %v: this says nothing", stage.Events(), length)
	}
}

// within fails the test where a page holds more than it did.
func (h holding) within(t *testing.T, first holding) {
	t.Helper()
	if h.heap > first.heap+moreHeap || h.nodes > first.nodes+moreNodes || h.listeners > first.listeners+moreListeners || h.documents > first.documents {
		t.Fatalf("it grows: %+v, and was %+v", h, first)
	}
}

// weigh collects the garbage of a page, and tells what is left.
func weigh(b *chrome.Tab) holding {
	b.T.Helper()
	least := weighOnce(b)
	for range weighings - 1 {
		h := weighOnce(b)
		least = holding{min(h.heap, least.heap), min(h.nodes, least.nodes), min(h.listeners, least.listeners), min(h.documents, least.documents)}
	}
	return least
}

func weighOnce(b *chrome.Tab) holding {
	b.T.Helper()
	var h holding
	kinds := map[string]*float64{"JSHeapUsedSize": &h.heap, "Nodes": &h.nodes, "JSEventListeners": &h.listeners, "Documents": &h.documents}
	b.Do(chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		if _, err := cdp.Call(ctx, to, heapprofiler.CollectGarbage, cdp.Empty{}); err != nil {
			return err
		}
		answer, err := cdp.Call(ctx, to, performance.GetMetrics, cdp.Empty{})
		if err != nil {
			return err
		}
		for _, m := range answer.Metrics {
			if kind, ok := kinds[m.Name]; ok {
				*kind = m.Value
			}
		}
		return nil
	}))
	return h
}

// drive changes the board until ctx ends. Once a minute the server is killed, and
// once it stops answering until the wall has taken its figures away.
func drive(ctx context.Context, stage *wallstage.Stage) {
	beat := time.NewTicker(time.Second / wallRate)
	defer beat.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
		}
		switch n % (60 * wallRate) {
		case 15 * wallRate:
			stage.Close()
			stage.Listen()
		case 40 * wallRate:
			stage.Freeze()
			rest(ctx, 11*time.Second)
			stage.Thaw()
		}
		stage.Change(func(b *wall.Board) { change(b, n) })
	}
}

func rest(ctx context.Context, d time.Duration) {
	over, end := context.WithTimeout(ctx, d)
	defer end()
	<-over.Done()
}

// change gives every tile another figure and trace, and now and then another state,
// and turns the page.
func change(b *wall.Board, n int) {
	b.Tiles = slices.Clone(b.Tiles)
	for i := range b.Tiles {
		t := &b.Tiles[i]
		t.Bitrate, t.Rate = float64((n+i*37)%2000)/100, wall.Fresh
		t.Trace = trace(n + i)
		if rand.N(60*20) == 0 {
			t.State = []wall.State{wall.Live, wall.SourceLost, wall.OutputLost, wall.Waiting, wall.Stale, wall.Standby, wall.Starting}[rand.N(7)]
			t.Since, t.Unacked = time.Now(), t.State == wall.SourceLost
		}
	}
	if n%(5*wallRate) == 0 {
		b.Pages = wall.Pages{Now: 1 + n/(5*wallRate)%3, Of: 3}
	}
}

func trace(n int) ui.Sparkline {
	values := make([]float64, 60)
	for i := range values {
		values[i] = 8 + math.Sin(float64(i+n)/3)
	}
	return ui.Trace(values, false)
}
