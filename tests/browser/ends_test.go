package browser

import (
	"bufio"
	"context"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
	"github.com/flowdeck/flowdeck/tests/chrome"
)

// evidence logs a figure for docs/evidence.md.
func evidence(t *testing.T, what string, figure any, goal string) {
	t.Helper()
	fault, _, _ := strings.Cut(strings.TrimPrefix(t.Name(), "Test"), "/")
	t.Logf("evidence: %s | %s | %v | %s", fault, what, figure, goal)
}

// watchIntruders notes a sign-in that appears where none belongs: in a part of a
// page, rather than on its own page or in the dialog that renews it.
const watchIntruders = `(() => {
	window.intruders = 0;
	const look = () => {
		if (document.querySelectorAll('main').length > 1 || document.querySelector('form[action="/login"]:not(#renew form)')) window.intruders++;
	};
	new MutationObserver(look).observe(document, {childList: true, subtree: true});
	return true;
})()`

// TestF12 ends a session while six pages of it are open, each with a stream of
// parts, and fetches more parts at that moment.
func TestF12(t *testing.T) {
	t.Parallel()
	h := build(t)
	f := h.flow("FEED-A", true, listener("viewer-1"))
	c := launch(t)
	first := c.enter(t, h.app.URL)
	first.awaitRow(f.ID, "WAITING")
	flow := "/flows/" + f.ID
	paths := []string{"/flows", flow, "/alarms", "/activity", "/settings", flow + "?range=1h"}
	tabs := make([]*tab, len(paths))
	for i, path := range paths {
		b := c.window(first)
		b.Expecting(append([]string{"status of 401"}, broken...)...)
		b.Visit(path)
		b.Await("the page "+path, "document.readyState === 'complete' && "+isOK)
		eval[bool](b, watchIntruders)
		tabs[i] = b
	}
	first.Click("#user-menu summary")
	first.Click(`form[action="/logout"] button`)
	first.AwaitPath("the sign-in", "/login")
	began := time.Now()
	for _, b := range tabs {
		_, _ = chrome.Try[bool](b.Tab, "$('[data-arm]')?.click() ?? true") // the page may be gone already
	}
	var slowest time.Duration
	intruders := 0
	for i, b := range tabs {
		b.Await("the page "+paths[i]+" to tell", "location.pathname === '/login' || $('dialog#renew')?.open || "+reported)
		slowest = max(slowest, time.Since(began))
		if n, err := chrome.Try[int](b.Tab, "window.intruders ?? 0"); err == nil && n > 0 {
			intruders++
			t.Errorf("%s: a sign-in appeared inside the page\n%s", paths[i], b.Describe())
		}
		b.Await("one document", "$$('main').length === 1 && $$('h1').length === 1")
		b.Clean(paths[i])
	}
	evidence(t, "sign-ins inside parts of 6 open pages whose session ended", intruders, "0")
	evidence(t, "until the last of 6 pages told that the session ended", slowest.Round(100*time.Millisecond), "1 poll")
}

// TestF14 kills the dashboard under an open page and a hundred streams.
func TestF14(t *testing.T) {
	t.Parallel()
	h := build(t)
	f := h.flow("FEED-A", true, listener("viewer-1"))
	relaytest.Push(t, relaytest.Clip(t), inputOf(f))
	c := launch(t)
	list := c.enter(t, h.app.URL)
	list.awaitRow(f.ID, "LIVE")
	flow := c.window(list)
	flow.Visit("/flows/" + f.ID)
	flow.AwaitPath("the page of the flow", "/flows/"+f.ID)
	flow.awaitState("LIVE")
	others := crowd(t, list, 100)
	others.await(t, "all to hear")
	colour := eval[string](list, "getComputedStyle("+figure(f.ID)+").color")
	tabs := []*tab{list, flow}
	for _, b := range tabs {
		b.Expecting(broken...)
		b.mark()
	}

	h.app.Kill(apptest.Dashboard)
	began := time.Now()
	var grey time.Duration
	for _, b := range tabs {
		b.AwaitWithin(2*silentLimit, "the page to be grey", isStale)
		grey = max(grey, time.Since(began))
		b.Await("all buttons off, with the reason", commands+".length > 0 && "+commands+
			".every((e) => e.getAttribute('aria-disabled') === 'true' && e.textContent.includes('no '))")
	}
	if now := eval[string](list, "getComputedStyle("+figure(f.ID)+").color"); now == colour {
		t.Errorf("the figure of a page without a server is still %s", now)
	}
	list.Await("the banner", "$('#silent').checkVisibility()")
	evidence(t, "a page without its server is grey after", grey.Round(100*time.Millisecond), "≤ 6 s")
	evidence(t, "buttons that could be pressed meanwhile", 0, "0")

	h.app.Serve()
	began = time.Now()
	for _, b := range tabs {
		b.Await("the page to live again", isOK+" && !$('#silent').checkVisibility() && "+commands+".every((e) => e.getAttribute('aria-disabled') !== 'true')")
		b.sameDocument()
	}
	evidence(t, "pages live again by themselves, after the server was back", time.Since(began).Round(100*time.Millisecond), "no reload")
	list.awaitRow(f.ID, "LIVE")
	others.await(t, "all to hear again")
	spread, peak := others.spread()
	evidence(t, "100 streams came back spread over", spread.Round(100*time.Millisecond), "≥ 10 s; 2 s are kept to, so that a page lives again at once")
	evidence(t, "most of those 100 streams that came back within one second, all served", peak, "all served")
	for _, b := range tabs {
		b.Clean("the server killed and back")
	}
}

// streams are clients that follow a page's stream as the page does, and come
// back as it does: after half a second, growing to two, give or take a third.
type streams struct {
	mu     sync.Mutex
	heard  []bool // since the last break, by client
	backAt []time.Time
}

// crowd opens streams with a tab's session until the test ends.
func crowd(t *testing.T, b *tab, n int) *streams {
	t.Helper()
	s := &streams{heard: make([]bool, n), backAt: make([]time.Time, n)}
	var cookies []string
	for _, k := range b.Cookies() {
		cookies = append(cookies, k.Name+"="+k.Value)
	}
	transport := &http.Transport{MaxConnsPerHost: n}
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	for i := range n {
		work.Go(func() { s.follow(ctx, &http.Client{Transport: transport}, b.Base, strings.Join(cookies, "; "), i) })
	}
	t.Cleanup(func() {
		cancel()
		work.Wait()
		transport.CloseIdleConnections()
	})
	return s
}

// follow follows a stream, and again each time it breaks.
func (s *streams) follow(ctx context.Context, client *http.Client, base, cookie string, i int) {
	const first, most = 500 * time.Millisecond, 2 * time.Second
	wait := first
	for ctx.Err() == nil {
		if s.once(ctx, client, base, cookie, i) {
			wait = first
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(float64(wait) * (0.7 + 0.6*rand.Float64()))):
		}
		wait = min(2*wait, most)
	}
}

// once follows a stream until it breaks, and tells whether it was heard.
func (s *streams) once(ctx context.Context, client *http.Client, base, cookie string, i int) (heard bool) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/live?view=shell", http.NoBody)
	if err != nil {
		return false
	}
	r.Header.Set("Cookie", cookie)
	answer, err := client.Do(r)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "event: hb") && !heard {
			heard = true
			s.note(i, true)
		}
	}
	s.note(i, false)
	return heard
}

func (s *streams) note(i int, heard bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if heard && !s.heard[i] {
		s.backAt[i] = time.Now()
	}
	s.heard[i] = heard
}

// await waits until every stream is heard.
func (s *streams) await(t *testing.T, what string) {
	t.Helper()
	relaytest.Eventually(t, chrome.Patience, what, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return !slices.Contains(s.heard, false)
	})
}

// spread tells between the first and the last that came back, and how many did
// within the busiest second.
func (s *streams) spread() (all time.Duration, peak int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.SortedFunc(slices.Values(s.backAt), time.Time.Compare)
	for i, first := range at {
		n, _ := slices.BinarySearchFunc(at[i:], first.Add(time.Second), time.Time.Compare)
		peak = max(peak, n)
	}
	return at[len(at)-1].Sub(at[0]), peak
}
