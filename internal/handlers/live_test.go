package handlers_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// event is one message of a stream.
type event struct{ name, data string }

// stream is an open stream.
type stream struct {
	t      *testing.T
	events chan event // closed when the stream ends
}

// live opens the stream of a page.
func (b *browser) live(query string) *stream {
	b.t.Helper()
	return b.streamAt("/live?" + query)
}

// streamAt opens the stream at a path.
func (b *browser) streamAt(path string) *stream {
	b.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	b.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.base+path, http.NoBody)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	client := http.Client{Jar: b.http.Jar}
	answer, err := client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "text/event-stream" {
		b.t.Fatalf("the stream: %d %s", answer.StatusCode, answer.Header.Get("Content-Type"))
	}
	s := &stream{t: b.t, events: make(chan event, 100)}
	go func() {
		defer close(s.events)
		defer answer.Body.Close()
		read(answer, s.events)
	}()
	return s
}

func read(answer *http.Response, to chan<- event) {
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 1<<20)
	var e event
	for lines.Scan() {
		switch name, value, _ := strings.Cut(lines.Text(), ": "); name {
		case "event":
			e.name = value
		case "data":
			e.data += value + "\n"
		case "":
			to <- e
			e = event{}
		}
	}
}

// await gives the first event that fits.
func (s *stream) await(what string, fits func(event) bool) event {
	s.t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		select {
		case e, open := <-s.events:
			if !open {
				s.t.Fatalf("the stream ended before: %s", what)
			}
			if fits(e) {
				return e
			}
		case <-limit.C:
			s.t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

func partial(id string) string { return `<hx-partial hx-target="#` + id + `"` }

func TestStream(t *testing.T) {
	t.Parallel()
	h, b, id := oneFlow(t)
	list, flow := b.live("view=list&limit=50"), b.live("view=flow&id="+id)
	first := list.await("the full state", func(e event) bool { return e.name == "" })
	for _, part := range []string{"flow-rows", "chips", "pager", "flow-count", "link-state"} {
		if !strings.Contains(first.data, partial(part)) {
			t.Errorf("the first frame has no %s", part)
		}
	}
	full := ""
	flow.await("the full state, with what the trail has of it", func(e event) bool {
		full += e.data
		return strings.Contains(full, partial("activity"))
	})
	for _, part := range []string{"flow-state", "flow-command", "flow-facts", "source-box", "flow-box", "outputs", "sheet"} {
		if !strings.Contains(full, partial(part)) {
			t.Errorf("the first frames of the flow have no %s", part)
		}
	}
	list.await("a heartbeat", func(e event) bool { return e.name == "hb" && len(strings.TrimSpace(e.data)) == 13 })
	path := "/flows/" + id + "/stop"
	b.post(path, form("ticket", hidden(b.page(path), "ticket")))
	list.await("the row that stands", func(e event) bool {
		return strings.Contains(e.data, partial("flow-"+id)) && strings.Contains(e.data, "STANDBY")
	})
	flow.await("the state that stands", func(e event) bool {
		return strings.Contains(e.data, partial("flow-state")) && strings.Contains(e.data, "STANDBY")
	})
	h.cloud.Add(flowOf("FEED-NEW", medialive.Standby))
	list.await("the new row", func(e event) bool {
		return strings.Contains(e.data, partial("flow-rows")) && strings.Contains(e.data, "FEED-NEW")
	})
}

// A flow that somebody deletes does not stand on an open page as it was.
func TestStreamOfAFlowThatIsGone(t *testing.T) {
	t.Parallel()
	h, b, id := oneFlow(t)
	s := b.live("view=flow&id=" + id)
	s.await("the full state", func(e event) bool { return strings.Contains(e.data, "ACTIVE") })
	h.cloud.Remove(id)
	gone := s.await("that it is gone", func(e event) bool {
		return strings.Contains(e.data, partial("flow-facts")) && strings.Contains(e.data, "may have been deleted")
	})
	if strings.Contains(gone.data, "ACTIVE") || strings.Contains(gone.data, "LIVE") || strings.Contains(gone.data, "OUT-1") {
		t.Errorf("it still stands there: %s", gone.data)
	}
	for _, part := range []string{"flow-state", "flow-command", "source-box", "flow-box", "outputs"} {
		if !strings.Contains(gone.data, partial(part)) {
			t.Errorf("%s is left as it was", part)
		}
	}
}

// Who is about to make the first flow is told of one that somebody else makes,
// and keeps what he has typed.
func TestFirstPageTellsOfOthers(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	b := h.signedIn("op-1")
	eventually(t, "the project is known to be empty", func() bool { return b.page("/flows").Find("#first-news").Length() == 1 })
	page := b.page("/flows")
	if news := page.Find("#first-news"); news.Length() != 1 || strings.TrimSpace(news.Text()) != "" {
		t.Fatalf("news before there are any: %q", news.Text())
	}
	if !strings.Contains(b.get("/flows").body, "/live?view=first") {
		t.Error("the page does not follow the news")
	}
	s := b.live("view=first")
	s.await("no news", func(e event) bool {
		return strings.Contains(e.data, partial("first-news")) && !strings.Contains(e.data, `href="/flows"`)
	})
	h.cloud.Add(flowOf("FEED-A", medialive.Standby))
	s.await("the news", func(e event) bool {
		return strings.Contains(e.data, partial("first-news")) && strings.Contains(e.data, `href="/flows"`)
	})
}

func TestStreamEndsWithTheSession(t *testing.T) {
	_, b, _ := oneFlow(t)
	s := b.live("view=shell")
	s.await("the full state", func(e event) bool { return e.name == "" })
	began := time.Now()
	b.post("/logout", form())
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for open := true; open; {
		select {
		case _, open = <-s.events:
		case <-limit.C:
			t.Fatal("the stream of a session that ended goes on")
		}
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it ended after %s, want at most 5 s", took)
	}
	if r := b.get("/live?view=shell"); r.status != http.StatusUnauthorized {
		t.Errorf("coming back: %d, want 401", r.status)
	}
}

// A second viewer causes no upstream call, and sees the same bytes.
func TestViewersShareAStream(t *testing.T) {
	h := newHouse(t, func(c *medialivetest.Cloud) { c.Add(flowOf("FEED-A", medialive.Standby)) })
	one, two := h.signedIn("op-1"), h.signedIn("op-2")
	two.get("/flows")
	a := one.live("view=list&limit=20&status=live")
	b := two.live("status=live&view=list&limit=20")
	isFrame := func(e event) bool { return e.name == "" }
	if first, second := a.await("a frame", isFrame), b.await("a frame", isFrame); first.data == "" || second.data == "" {
		t.Error("an empty frame")
	}
	if got := one.do(http.MethodGet, "/metrics", nil, nil).body; !strings.Contains(got, "flowdeck_live_viewers 2") {
		t.Error("two viewers are not counted")
	}
}

func TestStreamOfWhatIsNotThere(t *testing.T) {
	_, b, _ := oneFlow(t)
	for query, want := range map[string]int{
		"view=flow&id=flow-9999": http.StatusNotFound, "view=flow": http.StatusNotFound,
		"view=other": http.StatusBadRequest, "": http.StatusBadRequest,
	} {
		if r := b.get("/live?" + query); r.status != want {
			t.Errorf("%s: %d, want %d", query, r.status, want)
		}
	}
}
