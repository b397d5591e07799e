package gateway

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/flowdeck/flowdeck/internal/relay"
	"github.com/flowdeck/flowdeck/internal/store"
)

const (
	reportAge   = 2500 * time.Millisecond // a report older than this says nothing about now; DISCONNECTED is owed within 3 s
	relayTime   = 3 * time.Second         // for one request to the relay
	reconnect   = 100 * time.Millisecond  // between attempts to follow the relay
	putTogether = 8                       // flows brought to the relay at once
	portRelease = 10 * time.Second        // within which libsrt closes the port of an ended listener; it takes about 5 s
)

// relaySilent is what people are told where nothing is known of the media.
const relaySilent = "the media process does not answer"

// media knows which flows should run, and what the relay last said of them.
// Changes of one flow are serialised by the caller; see [serial].
type media struct {
	relay   Relay
	log     *slog.Logger
	changes *feed
	wake    chan struct{} // something may have to be reconciled

	mu     sync.Mutex
	wanted map[string]*running // flows that should run, by id
	report relay.Report
	said   map[string]relay.FlowReport // of report, by flow id
	heard  time.Time                   // when report came
	letGo  map[int]time.Time           // ports of listeners that ended lately
}

// running is a flow that should run, or an inlet of a channel.
type running struct {
	rec     record
	channel store.Channel // of an inlet
	spec    relay.FlowSpec
	taken   bool   // by the relay that answers now
	problem string // why not, for people
}

func (w *running) isInlet() bool { return w.channel.UID != "" }

func newMedia(r Relay, log *slog.Logger, changes *feed) *media {
	return &media{relay: r, log: log, changes: changes, wake: make(chan struct{}, 1), wanted: map[string]*running{}, letGo: map[int]time.Time{}}
}

// ready refuses a start where SRT cannot work, and where the relay does not
// answer at all. One that is just being started is waited for.
func (m *media) ready(ctx context.Context) error {
	report, fresh := m.lastReport()
	if !fresh {
		var err error
		if report, err = m.ask(ctx); err != nil {
			m.log.WarnContext(ctx, "relay does not answer", "error", err)
			return &refusal{http.StatusServiceUnavailable, codeInternal, "The media process does not answer; nothing was changed. It is restarted by itself: try again in a few seconds"}
		}
	}
	if report.SRTProblem != "" {
		return srtMissing(report.SRTProblem)
	}
	return nil
}

// ask asks the relay for a report, again and again within the time of one
// request: a relay that starts has no socket yet.
func (m *media) ask(ctx context.Context) (relay.Report, error) {
	ctx, cancel := context.WithTimeout(ctx, relayTime)
	defer cancel()
	for {
		report, err := m.relay.Report(ctx)
		if err == nil || ctx.Err() != nil {
			return report, err
		}
		pause(ctx, reconnect)
	}
}

// run makes a flow wanted and brings it to the relay. A failure leaves it
// wanted: [media.settle] tries again.
func (m *media) run(ctx context.Context, rec record, spec relay.FlowSpec) error {
	return m.bring(ctx, m.want(rec, spec), m.relay.Put)
}

// want makes a flow wanted, to be brought to the relay by [media.settle]
// unless it has been already.
func (m *media) want(rec record, spec relay.FlowSpec) *running {
	m.mu.Lock()
	defer m.mu.Unlock()
	if w := m.wanted[spec.ID]; w != nil && reflect.DeepEqual(w.spec, spec) {
		w.rec = rec
		return w
	}
	m.releaseLocked(spec.ID)
	w := &running{rec: rec, spec: spec}
	m.wanted[spec.ID] = w
	return w
}

// forget makes a flow unwanted, to be taken from the relay by [media.settle].
func (m *media) forget(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.releaseLocked(id)
	delete(m.wanted, id)
}

// wantedFlows lists the flows that should run.
func (m *media) wantedFlows() []record {
	m.mu.Lock()
	defer m.mu.Unlock()
	recs := make([]record, 0, len(m.wanted))
	for _, w := range m.wanted {
		if !w.isInlet() {
			recs = append(recs, w.rec)
		}
	}
	return recs
}

// releaseLocked notes the ports on which the relay listens for the flow, for
// it may cease to.
func (m *media) releaseLocked(id string) {
	w := m.wanted[id]
	if w == nil || !w.taken {
		return
	}
	for _, leg := range slices.Concat(w.spec.Outputs, []relay.LegSpec{w.spec.Source}) {
		if leg.Mode == relay.Listen {
			m.letGo[leg.Port] = time.Now()
		}
	}
}

// released tells whether our relay may still be letting the port go.
func (m *media) released(port int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.letGo, func(_ int, at time.Time) bool { return time.Since(at) > portRelease })
	_, lately := m.letGo[port]
	return lately
}

// broken makes a flow wanted that cannot be brought to the relay.
func (m *media) broken(rec record, cause error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if w := m.wanted[rec.row.ID]; w != nil && w.spec.ID == "" {
		w.rec = rec // known to be broken
		return
	}
	m.log.Error("flow cannot run", "flow", rec.row.ID, "error", cause)
	m.wanted[rec.row.ID] = &running{rec: rec, taken: true, problem: keyFileLost}
}

// bring tells the relay what to run by one of its two ways, and keeps what
// came of it.
func (m *media) bring(ctx context.Context, w *running, tell func(context.Context, relay.FlowSpec) error) error {
	ctx, cancel := context.WithTimeout(ctx, relayTime)
	defer cancel()
	err := tell(ctx, w.spec)
	problem := problemOf(err)
	m.mu.Lock()
	again := w.problem == problem
	w.taken, w.problem = err == nil, problem
	m.mu.Unlock()
	if err != nil && !again {
		m.log.WarnContext(ctx, "relay did not take a flow", "flow", w.spec.ID, "error", err)
	}
	return err
}

// problemOf tells people why a flow does not run.
func problemOf(err error) string {
	var taken *relay.PortError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &taken):
		return portProblem(taken)
	case errors.Is(err, relay.ErrUnavailable), errors.Is(err, relay.ErrInvalid):
		return err.Error()
	}
	return relaySilent
}

// end makes a flow unwanted and takes it from the relay. A failure is left to
// [media.settle].
func (m *media) end(ctx context.Context, id string) {
	m.forget(id)
	m.remove(ctx, id)
}

func (m *media) remove(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(ctx, relayTime)
	defer cancel()
	if err := m.relay.Remove(ctx, id); err != nil {
		m.log.WarnContext(ctx, "relay did not let a flow go", "flow", id, "error", err)
	}
}

// follow reads the relay's reports until ctx ends, from whichever process
// answers on its socket.
func (m *media) follow(ctx context.Context) {
	silent := time.Now() // since when nothing was heard
	told := false        // of the silence
	for ctx.Err() == nil {
		known := false
		err := m.relay.Events(ctx, func(report relay.Report) error {
			if !known {
				m.doubt()
				m.log.InfoContext(ctx, "following the relay", "version", report.Version, "srt", report.SRTVersion, "flows", len(report.Flows))
			}
			known, told, silent = true, false, time.Now()
			m.observe(report)
			return nil
		})
		if ctx.Err() == nil && !told && (known || time.Since(silent) > reportAge) {
			m.log.WarnContext(ctx, "the relay is not there, looking for it", "error", err)
			told = true
		}
		pause(ctx, reconnect)
	}
}

// pause waits, or less if ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// doubt forgets what the relay has taken: another process may answer now. The
// relay leaves alone what it has already, so telling it twice costs nothing.
func (m *media) doubt() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, w := range m.wanted {
		w.taken = w.taken && w.spec.ID == "" // broken ones have no spec
	}
}

// observe keeps a report and tells who follows the changes.
func (m *media) observe(report relay.Report) {
	said := make(map[string]relay.FlowReport, len(report.Flows))
	for _, f := range report.Flows {
		said[f.ID] = f
	}
	m.mu.Lock()
	fresh := m.freshLocked()
	var turned []record
	for id, w := range m.wanted {
		if !w.isInlet() && (!fresh || !sameHealth(m.said[id], said[id])) {
			turned = append(turned, w.rec)
		}
	}
	m.report, m.said, m.heard = report, said, time.Now()
	m.mu.Unlock()
	m.announce(turned)
	m.nudge()
}

func (m *media) announce(turned []record) {
	for _, rec := range turned {
		m.changes.changed(rec.row.ProjectID, rec.row.ID)
	}
	m.changes.measured()
}

func (m *media) nudge() {
	select {
	case m.wake <- struct{}{}:
	default: // one is waiting already
	}
}

// watchAge tells who follows the changes when the relay has been silent for
// too long, for then nothing is known to be connected.
func (m *media) watchAge(ctx context.Context) {
	tick := time.NewTicker(reportAge / 12)
	defer tick.Stop()
	wasFresh := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		m.mu.Lock()
		fresh := m.freshLocked()
		m.mu.Unlock()
		if wasFresh && !fresh {
			m.announce(m.wantedFlows())
		}
		wasFresh = fresh
	}
}

func (m *media) freshLocked() bool {
	return !m.heard.IsZero() && time.Since(m.heard) < reportAge
}

// lastReport gives the relay's last report, and whether it is fresh.
func (m *media) lastReport() (relay.Report, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.report, m.freshLocked()
}

// settle brings the relay what it lacks and takes away what nobody wants.
func (m *media) settle(ctx context.Context, turns serial) {
	var work errgroup.Group
	work.SetLimit(putTogether)
	for _, id := range m.unsettled() {
		work.Go(func() error {
			defer turns.lock(id)()
			m.mu.Lock()
			w := m.wanted[id]
			m.mu.Unlock()
			if w == nil {
				m.remove(ctx, id)
				return nil
			}
			return m.bring(ctx, w, m.relay.Restore)
		})
	}
	_ = work.Wait() // each failure is logged, and tried again after the next report
}

// unsettled lists the flows in which the relay may differ from what is wanted.
func (m *media) unsettled() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var ids []string
	for id, w := range m.wanted {
		if _, runs := m.said[id]; w.spec.ID != "" && (!w.taken || !runs) {
			ids = append(ids, id)
		}
	}
	for id := range m.said {
		if m.wanted[id] == nil {
			ids = append(ids, id)
		}
	}
	return ids
}
