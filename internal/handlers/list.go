package handlers

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// listing is a page of the list of flows.
type listing struct {
	query   FlowQuery // with the offset of a page that exists
	flows   []*monitor.Flow
	matched int            // flows that the filters leave, on all pages
	total   int            // flows of the project
	counts  map[string]int // flows by group, under the other filters
	of      map[*monitor.Flow]*viewpoint
	views   []*viewpoint
	read    bool // all of them were read to their end
}

// viewpoint is from where flows are told of: each place has its own.
type viewpoint struct {
	teller
	watcher *monitor.Watcher
}

// listing gives the page that a query asks for: of one place, or of all that a
// session may look at.
func (d *desk) listing(v teller, w *monitor.Watcher, s *monitor.Snapshot, q FlowQuery) listing {
	here := &viewpoint{v, w}
	if !q.All || len(v.sites) < 2 {
		q.All = false
		l := listing{query: q, views: []*viewpoint{here}, read: s.Complete, of: make(map[*monitor.Flow]*viewpoint, len(s.Flows))}
		l.tellOf(here, s.Flows)
		l.list(s.Flows)
		return l
	}
	l := listing{query: q, views: d.viewpoints(v, s), of: make(map[*monitor.Flow]*viewpoint)}
	l.read = len(l.views) == len(v.sites)
	var flows []*monitor.Flow
	for _, view := range l.views {
		l.read = l.read && view.known.Complete
		l.tellOf(view, view.known.Flows)
		flows = append(flows, view.known.Flows...)
	}
	slices.SortFunc(flows, func(a, b *monitor.Flow) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	l.list(flows)
	return l
}

// tellOf has a view tell of flows.
func (l *listing) tellOf(view *viewpoint, flows []*monitor.Flow) {
	for _, f := range flows {
		l.of[f] = view
	}
}

// groupOf gives the chip under which a state is counted.
func groupOf(s monitor.State) string {
	switch s {
	case monitor.StateLive:
		return "live"
	case monitor.StateWaiting:
		return "waiting"
	case monitor.StateLoss, monitor.StateOutputLost:
		return "degraded"
	case monitor.StateSourceLost:
		return "lost"
	case monitor.StateStarting, monitor.StateStopping:
		return "changing"
	case monitor.StateStandby:
		return "standby"
	}
	return "stale" // stale and unknown: we cannot say
}

// list selects, counts, sorts and cuts out the page that the query asks for.
func (l *listing) list(flows []*monitor.Flow) {
	q := l.query
	l.total, l.counts = len(flows), map[string]int{}
	text := strings.ToLower(q.Text)
	var found []*monitor.Flow
	for _, f := range flows {
		if !matches(f, q, text) {
			continue
		}
		group := groupOf(f.State)
		l.counts[group]++
		if q.Group == "" || q.Group == group {
			found = append(found, f)
		}
	}
	l.order(found)
	l.matched = len(found)
	if q.Offset >= l.matched {
		l.query.Offset = max(0, (l.matched-1)/q.Limit*q.Limit)
	}
	end := min(l.query.Offset+q.Limit, l.matched)
	l.flows = found[l.query.Offset:end]
}

// look tells the watchers which flows are on a screen, so that they read them
// first.
func (l listing) look() {
	for _, view := range l.views {
		var ids []string
		for _, f := range l.flows {
			if l.of[f] == view {
				ids = append(ids, f.ID)
			}
		}
		view.watcher.LookAll(ids)
	}
}

// matches applies every filter but the chips'.
func matches(f *monitor.Flow, q FlowQuery, text string) bool {
	if q.Status != "" && string(f.Status) != q.Status {
		return false
	}
	if q.Protocol != "" && string(f.Protocol) != q.Protocol {
		return false
	}
	if q.Health != "" && string(healthOf(f)) != q.Health {
		return false
	}
	return text == "" || strings.Contains(searchText(f), text)
}

// healthOf gives the health of a flow's source, as far as it was read.
func healthOf(f *monitor.Flow) medialive.Health {
	if st := f.Statistics; st != nil {
		if st.Source.State == medialive.LegConnected {
			return medialive.Connected
		}
		return medialive.Disconnected
	}
	if f.Source == nil || f.Source.Health == "" {
		return medialive.Disconnected
	}
	return f.Source.Health
}

// searchText is all by which a flow can be found, in lower case.
func searchText(f *monitor.Flow) string {
	words := []string{f.Name, f.ID, f.Description, peerOf(f)}
	if f.Source != nil {
		words = append(words, f.Source.Name, f.Source.Address, f.Source.StreamID, strconv.Itoa(f.Source.Port))
	}
	for _, o := range f.Outputs {
		words = append(words, o.Name)
		if o.Config != nil {
			words = append(words, o.Config.Destination)
		}
	}
	return strings.ToLower(strings.Join(words, "\x00"))
}

// peerOf gives the far end of a flow's source: who is connected, else whom we
// call; empty when neither is known.
func peerOf(f *monitor.Flow) string {
	if f.Statistics != nil && f.Statistics.Source.Peer != "" && f.State != monitor.StateStale {
		return f.Statistics.Source.Peer
	}
	if f.Source != nil && f.Source.Protocol == medialive.Caller {
		return hostPort(f.Source.Address, f.Source.Port)
	}
	return ""
}

// severity puts the states in order, worst first.
var severity = []monitor.State{
	monitor.StateSourceLost, monitor.StateOutputLost, monitor.StateLoss, monitor.StateUnknown, monitor.StateStale,
	monitor.StateStarting, monitor.StateStopping, monitor.StateWaiting, monitor.StateLive, monitor.StateStandby,
}

// order sorts flows by the query's column; equal ones keep the order of name and
// id.
func (l *listing) order(flows []*monitor.Flow) {
	key := strings.TrimPrefix(l.query.Sort, "-")
	if key == "" {
		return
	}
	slices.SortStableFunc(flows, func(a, b *monitor.Flow) int {
		c := l.compareBy(key, a, b)
		if key != l.query.Sort {
			return -c
		}
		return c
	})
}

// compareBy compares two flows in one column.
func (l *listing) compareBy(column string, a, b *monitor.Flow) int {
	switch column {
	case columnRegion:
		return cmp.Compare(l.of[a].region, l.of[b].region)
	case "name":
		return cmp.Compare(a.Name, b.Name)
	case "state":
		return cmp.Compare(slices.Index(severity, a.State), slices.Index(severity, b.State))
	case "source":
		return cmp.Or(cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(peerOf(a), peerOf(b)))
	case "outputs":
		return cmp.Compare(len(a.Outputs), len(b.Outputs))
	case "since":
		return a.StateSince.Compare(b.StateSince)
	case "seen":
		return a.SeenAt.Compare(b.SeenAt)
	}
	return cmp.Compare(measured(column, a), measured(column, b))
}

// measured gives a figure of the source, or -1 where there is none.
func measured(column string, f *monitor.Flow) float64 {
	if f.Statistics == nil {
		return -1
	}
	switch s := f.Statistics.Source; column {
	case "bitrate":
		return float64(s.Bitrate)
	case "rtt":
		return s.RTT
	default:
		return s.Loss
	}
}
