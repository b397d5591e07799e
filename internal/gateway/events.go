package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

const (
	beatTime   = time.Second
	runsTime   = 2 * time.Second // between looks at what is measured of channels
	recheck    = 5 * time.Second // between looks whether the reader still may
	writeTime  = 3 * time.Second // a reader who takes longer for one event is dropped
	maxStreams = 100             // open event streams of the gateway
	loadPage   = 100             // flows read at once for a new stream
)

// eventActions are needed to read the event stream, which tells flows and
// outputs in full.
var eventActions = []string{actionListFlow, actionShowFlow, actionShowOutput}

// feed tells event streams which flows and channels changed. It keeps names only,
// and each once: a stream reads what is true when it comes to tell it, so that a
// slow one costs no memory and never goes back in time.
type feed struct {
	mu      sync.Mutex
	readers map[*reader]struct{}
}

// reader is one event stream's side of the feed.
type reader struct {
	project string
	signal  chan struct{} // something is pending
	pending []change      // in order
	known   map[change]bool
	stats   bool // something was measured
}

// change names what changed: a flow or a channel.
type change struct {
	flow    string
	channel medialive.ChannelKey
}

func newFeed() *feed { return &feed{readers: map[*reader]struct{}{}} }

// join gives a new reader, or nothing when there are too many.
func (f *feed) join(project string) (*reader, func(), bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.readers) >= maxStreams {
		return nil, nil, false
	}
	rd := &reader{project: project, signal: make(chan struct{}, 1), known: map[change]bool{}}
	f.readers[rd] = struct{}{}
	return rd, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.readers, rd)
	}, true
}

// changed tells that a flow was created, changed or deleted.
func (f *feed) changed(project, id string) { f.tell(project, change{flow: id}) }

// channelChanged tells that a channel was created, changed or deleted.
func (f *feed) channelChanged(project string, key medialive.ChannelKey) {
	f.tell(project, change{channel: key})
}

func (f *feed) tell(project string, ch change) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for rd := range f.readers {
		if rd.project != project || rd.known[ch] {
			continue
		}
		rd.known[ch] = true
		rd.pending = append(rd.pending, ch)
		rd.nudge()
	}
}

// measured tells that there are new statistics.
func (f *feed) measured() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for rd := range f.readers {
		rd.stats = true
		rd.nudge()
	}
}

func (rd *reader) nudge() {
	select {
	case rd.signal <- struct{}{}:
	default:
	}
}

// take empties what is pending.
func (f *feed) take(rd *reader) (pending []change, stats bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	pending, stats = rd.pending, rd.stats
	rd.pending, rd.stats = nil, false
	clear(rd.known)
	return pending, stats
}

// stream writes events to one client.
type stream struct {
	w        http.ResponseWriter
	control  *http.ResponseController
	channels bool // the client may see them
}

// send writes one event; it fails when the client takes too long.
func (s stream) send(e medialive.Event) error {
	e.At = time.Now().UTC()
	return s.write(e)
}

// sendChannel writes an event with a channel as lists answer it: that is not how
// the types of channels encode by themselves.
func (s stream) sendChannel(e medialive.Event) error {
	whole, err := medialive.AnswerJSON(*e.Channel)
	if err != nil {
		return fmt.Errorf("encode a channel for an event: %w", err)
	}
	e.At = time.Now().UTC()
	return s.write(struct {
		medialive.Event
		Channel json.RawMessage `json:"channel"`
	}{e, whole})
}

func (s stream) write(event any) error {
	data, err := json.Marshal(event)
	if err != nil {
		return fmt.Errorf("encode an event: %w", err)
	}
	if err := s.control.SetWriteDeadline(time.Now().Add(writeTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := fmt.Fprintf(s.w, "data: %s\n\n", data); err != nil {
		return err
	}
	return s.control.Flush()
}

// events answers the event stream of a project: all that is, then what changes.
func (g *Gateway) events(w http.ResponseWriter, c *call) {
	rd, leave, room := g.changes.join(c.project)
	if !room {
		g.refuse(w, c, route{}, &refusal{http.StatusTooManyRequests, codeTooMany, "Too many event streams are open"})
		return
	}
	defer leave()
	w.Header().Set("Content-Type", "text/event-stream")
	s := stream{w: w, control: http.NewResponseController(w)}
	s.channels = g.seesChannels(c)
	err := g.tellAll(c.Context(), s, c.project)
	if err == nil {
		err = g.tellChanges(c, s, rd)
	}
	if c.Context().Err() == nil || errors.Is(err, os.ErrDeadlineExceeded) { // else the client has gone
		g.opts.Log.InfoContext(c.Context(), "event stream dropped", "request_id", requestID(c.Context()), "user", c.principal.UserName, "reason", err)
	}
}

// tellAll sends every flow and channel of the project, what was measured, and that this
// was all.
func (g *Gateway) tellAll(ctx context.Context, s stream, project string) error {
	for offset := 0; ; offset += loadPage {
		rows, total, err := g.opts.Store.Flows(ctx, project, loadPage, offset)
		if err != nil {
			return fmt.Errorf("read flows for a stream: %w", err)
		}
		for _, row := range rows {
			rec, err := decodeRecord(row)
			if err != nil {
				return err
			}
			if err := s.send(g.flowEvent(rec)); err != nil {
				return err
			}
		}
		if len(rows) == 0 || offset+len(rows) >= total {
			break
		}
	}
	if err := g.tellChannels(ctx, s, project); err != nil {
		return err
	}
	if err := s.send(g.statisticsEvent(project)); err != nil {
		return err
	}
	if err := g.tellRuns(ctx, s, project); err != nil {
		return err
	}
	return s.send(medialive.Event{Kind: medialive.EventReady})
}

// tellChanges sends what changes, and a beat each second, until the client
// goes or is not permitted any more.
func (g *Gateway) tellChanges(c *call, s stream, rd *reader) error {
	beat, runs, check := time.NewTicker(beatTime), time.NewTicker(runsTime), time.NewTicker(recheck)
	defer beat.Stop()
	defer runs.Stop()
	defer check.Stop()
	for {
		var err error
		select {
		case <-c.Context().Done():
			return c.Context().Err()
		case <-rd.signal:
			err = g.tellPending(c, s, rd)
		case <-beat.C:
			err = s.send(medialive.Event{Kind: medialive.EventBeat})
		case <-runs.C:
			err = g.tellRuns(c.Context(), s, c.project)
		case <-check.C:
			err = g.mayStill(c, s)
		}
		if err != nil {
			return err
		}
	}
}

func (g *Gateway) tellPending(c *call, s stream, rd *reader) error {
	pending, stats := g.changes.take(rd)
	for _, ch := range pending {
		if err := g.tellChange(c, s, ch); err != nil {
			return err
		}
	}
	if !stats {
		return nil
	}
	return s.send(g.statisticsEvent(c.project))
}

func (g *Gateway) tellChange(c *call, s stream, ch change) error {
	if ch.flow == "" {
		return g.tellChannel(c, s, ch.channel)
	}
	event, err := g.changeEvent(c.Context(), c.project, ch.flow)
	if err != nil {
		return err
	}
	return s.send(event)
}

// changeEvent tells a flow as it is now, or that it is gone.
func (g *Gateway) changeEvent(ctx context.Context, project, id string) (medialive.Event, error) {
	rec, err := g.load(ctx, project, id)
	var unknown *refusal
	if errors.As(err, &unknown) {
		return medialive.Event{Kind: medialive.EventGone, FlowID: id}, nil
	}
	if err != nil {
		return medialive.Event{}, err
	}
	return g.flowEvent(rec), nil
}

func (g *Gateway) flowEvent(rec record) medialive.Event {
	f := g.flow(rec)
	return medialive.Event{Kind: medialive.EventFlow, FlowID: f.ID, Flow: &f, Outputs: g.outputViews(rec)}
}

func (g *Gateway) statisticsEvent(project string) medialive.Event {
	return medialive.Event{Kind: medialive.EventStatistics, Statistics: g.media.statistics(project)}
}
