package handlers

import (
	"context"
	"encoding/csv"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/alarm"
	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/history"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// stretch is how far back charts go.
type stretch struct {
	key   string // in addresses
	span  time.Duration
	every time.Duration // how often an open page has its charts drawn anew
	row   time.Duration // of the table
}

// stretches are those to choose from, the first where none is chosen.
var stretches = []stretch{
	{"10m", 10 * time.Minute, 2 * time.Second, time.Minute},
	{"1h", time.Hour, 5 * time.Second, 5 * time.Minute},
	{"6h", 6 * time.Hour, 15 * time.Second, 30 * time.Minute},
	{"24h", 24 * time.Hour, 30 * time.Second, 2 * time.Hour},
	{"7d", 7 * 24 * time.Hour, time.Minute, 12 * time.Hour},
	{"30d", 30 * 24 * time.Hour, time.Minute, 48 * time.Hour},
}

const (
	pastEvery  = 5 * time.Second // how often the store is asked for charts that are drawn more often
	pastWithin = 5 * time.Second
	pastEvents = 40             // alarms, and commands, on charts and in their table
	pastBefore = 24 * time.Hour // an alarm raised so long before a stretch may reach into it
)

// chartQuery is what of a flow's history is asked for. It is comparable, and so
// a part of a view's key.
type chartQuery struct {
	stretch stretch
	leg     string // an output; empty: the source
}

// parseChartQuery reads which stretch and which leg of a flow are asked for.
func parseChartQuery(v url.Values, f *monitor.Flow) (chartQuery, error) {
	q := chartQuery{stretch: stretches[0], leg: v.Get("leg")}
	if key := v.Get("range"); key != "" {
		i := slices.IndexFunc(stretches, func(s stretch) bool { return s.key == key })
		if i < 0 {
			return q, errBadRequest
		}
		q.stretch = stretches[i]
	}
	if q.leg != "" && !hasOutput(f, q.leg) {
		return q, errNotFound
	}
	return q, nil
}

func hasOutput(f *monitor.Flow, name string) bool {
	return slices.ContainsFunc(f.Outputs, func(o monitor.Output) bool { return o.Name == name })
}

// chartQueryOf is what the page of a flow shows: where what is asked for is not
// to be had, the nearest that is.
func chartQueryOf(c echo.Context, f *monitor.Flow) chartQuery {
	values := c.QueryParams()
	q, err := parseChartQuery(values, f)
	if err == nil {
		return q
	}
	if q.leg != "" && !hasOutput(f, q.leg) {
		values = url.Values{"range": values["range"]}
	} else {
		values = url.Values{"leg": values["leg"]}
	}
	if q, err = parseChartQuery(values, f); err != nil {
		return chartQuery{stretch: stretches[0]}
	}
	return q
}

// values are the parameters of an address.
func (q chartQuery) values() url.Values {
	v := url.Values{"range": {q.stretch.key}}
	if q.leg != "" {
		v.Set("leg", q.leg)
	}
	return v
}

// past is what charts are drawn of.
type past struct {
	query   chartQuery
	at      time.Time
	readAt  time.Time // what follows, without the samples
	series  history.Series
	samples []monitor.Sample // of the source, a second apart; where the stretch is short enough
	alarms  []*alarm.Alarm   // newest first
	events  []trail.Event    // commands, newest first
}

func (p *past) from() time.Time { return p.at.Add(-p.query.stretch.span) }

// past reads what is kept of a leg.
func (d *desk) past(ctx context.Context, w *monitor.Watcher, flowID string, q chartQuery) (*past, error) {
	ctx, cancel := context.WithTimeout(ctx, pastWithin)
	defer cancel()
	p := &past{query: q, at: d.now()}
	p.readAt = p.at
	var err error
	if p.series, err = d.History.Read(ctx, w.Key(), flowID, q.leg, p.from(), p.at); err != nil {
		return nil, err
	}
	if err := d.happened(ctx, w.Key(), flowID, p); err != nil {
		return nil, err
	}
	p.sample(w, flowID)
	return p, nil
}

// happened reads the alarms and commands of a flow or channel.
func (d *desk) happened(ctx context.Context, key monitor.Key, id string, p *past) (err error) {
	if p.alarms, err = d.chartAlarms(ctx, key, id, p); err != nil {
		return err
	}
	op := control.Operator{Endpoint: key.Endpoint, Project: key.ProjectID}
	p.events, err = d.Control.Timeline(ctx, op, trail.Filter{
		FlowID: id, Kinds: []trail.Kind{trail.Command}, From: p.from(), To: p.at, Limit: pastEvents,
	})
	return err
}

// chartAlarms are the alarms of a flow that lasted within the stretch.
func (d *desk) chartAlarms(ctx context.Context, key monitor.Key, flowID string, p *past) ([]*alarm.Alarm, error) {
	all, err := d.Alarms.Of(key).Past(ctx, alarm.Filter{FlowID: flowID, From: p.from().Add(-pastBefore), To: p.at, Limit: 2 * pastEvents})
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(a *alarm.Alarm) bool { return !a.Cleared.IsZero() && a.Cleared.Before(p.from()) })
	return all[:min(len(all), pastEvents)], nil
}

// sample takes the seconds of the source that the monitor has, where the
// stretch is no longer than they go back.
func (p *past) sample(w *monitor.Watcher, flowID string) {
	if p.query == (chartQuery{stretch: stretches[0]}) {
		p.samples = w.History(flowID)
	}
}

// later is the past a little later, without asking the store again.
func (p *past) later(w *monitor.Watcher, flowID string, now time.Time) *past {
	next := *p
	next.at = now
	next.sample(w, flowID)
	return &next
}

// chartFeed keeps what the charts of an open page are drawn of.
type chartFeed struct {
	held  atomic.Pointer[past]
	asked time.Time // when the store was asked last; of the goroutine that reads
	drawn *past     // what parts show; of the goroutine that renders
	parts []part
}

// followPast reads the history of a leg now and then while its page is open,
// once for all who look.
func (d *desk) followPast(w *monitor.Watcher, flowID string, q chartQuery, s *sheet) *chartFeed {
	feed := &chartFeed{}
	d.followed(s, func(ctx context.Context) (changed bool) {
		now, have := d.now(), feed.held.Load()
		switch {
		case now.Sub(feed.asked) >= max(q.stretch.every, pastEvery):
			feed.asked = now
			next, err := d.past(ctx, w, flowID, q)
			if err != nil {
				if ctx.Err() == nil {
					d.log.WarnContext(ctx, "history not read", "flow", flowID, "error", err)
				}
				return false
			}
			feed.held.Store(next)
		case have != nil && now.Sub(have.at) >= q.stretch.every:
			feed.held.Store(have.later(w, flowID, now))
		default:
			return false
		}
		return true
	})
	return feed
}

// chartParts are the charts, drawn again only when there is more to draw, and
// their present values, which are pushed as they change.
func (d *desk) chartParts(v teller, s *monitor.Snapshot, flowID string, feed *chartFeed) []part {
	f, ok := s.Flow(flowID)
	p := feed.held.Load()
	if !ok || p == nil {
		return nil
	}
	if p != feed.drawn {
		feed.drawn = p
		c := v.charts(f, p)
		feed.parts = []part{d.piece("charts", c.Plots), d.piece("chart-since", c.Since), d.piece("chart-data", c.Data)}
	}
	parts := slices.Clone(feed.parts)
	if p.series.Measured || len(p.samples) > 0 {
		for _, n := range v.chartNows(f, p) {
			parts = append(parts, d.piece("chart-now-"+n.ID, n))
		}
	}
	return parts
}

// histories show and give out what was recorded of a flow.
type histories struct{ *desk }

// read finds the flow, and reads what is asked for.
func (h *histories) read(c echo.Context) (*visit, *monitor.Flow, *past, error) {
	v := visitOf(c)
	f, err := v.flow(c.Param("id"))
	if err != nil {
		return nil, nil, nil, err
	}
	q, err := parseChartQuery(c.QueryParams(), f)
	if err != nil {
		return nil, nil, nil, err
	}
	p, err := h.past(c.Request().Context(), v.watcher, f.ID, q)
	return v, f, p, err
}

// charts gives the charts of a flow by themselves.
// GET /flows/:id/history (range, leg)
func (h *histories) charts(c echo.Context) error {
	v, f, p, err := h.read(c)
	if err != nil {
		return err
	}
	return h.print.page(c, http.StatusOK, h.teller(v).charts(f, p))
}

// file gives the values as a file. GET /flows/:id/history.csv (range, leg)
func (h *histories) file(c echo.Context) error {
	_, f, p, err := h.read(c)
	if err != nil {
		return err
	}
	head := c.Response().Header()
	head.Set(echo.HeaderContentType, "text/csv; charset=utf-8")
	head.Set(echo.HeaderContentDisposition, `attachment; filename="`+fileName(f, p)+`"`)
	c.Response().WriteHeader(http.StatusOK)
	if c.Request().Method == http.MethodHead {
		return nil
	}
	return writeHistory(c.Response(), p)
}

// fileName names a file by what is in it, in letters that mean nothing to a
// header or a shell.
func fileName(f *monitor.Flow, p *past) string {
	name := "flow-" + plainName(f.Name)
	if p.query.leg != "" {
		name += "-" + plainName(p.query.leg)
	}
	return name + "-" + p.query.stretch.key + "-" + p.at.UTC().Format("20060102T150405Z") + ".csv"
}

// plainName is a name in letters that stand for nothing else.
func plainName(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '_'
	}, s)
}

// writeHistory writes a line for each step. Nothing in it comes from outside:
// every cell is a time, one of our words, or a number that is not negative, so
// no spreadsheet takes one for a formula.
func writeHistory(out http.ResponseWriter, p *past) error {
	w := csv.NewWriter(out)
	_ = w.Write([]string{"time", "state", "bitrate_mbps", "rtt_ms", "loss_percent", "retransmitted_packets", "dropped_packets"}) // kept by w
	for _, point := range p.series.Points {
		row := []string{point.At.UTC().Format(time.RFC3339), string(point.State), "", "", "", "", ""}
		if !math.IsNaN(point.Bitrate) {
			row = append(row[:2],
				strconv.FormatFloat(point.Bitrate, 'f', 3, 64), strconv.FormatFloat(point.RTT, 'f', 1, 64),
				strconv.FormatFloat(point.Loss, 'f', 2, 64),
				strconv.FormatInt(point.Retransmitted, 10), strconv.FormatInt(point.Dropped, 10))
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}
