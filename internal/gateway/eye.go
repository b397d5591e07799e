package gateway

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/store"
)

// What follows answers as Cloud Eye does, with what was measured here.

// codeEye is the code by which Cloud Eye refuses a parameter.
const codeEye = "ces.0014"

// eyeError is a refusal in the shape of Cloud Eye.
type eyeError struct {
	Status  string   `json:"http_code"`
	Message eyeFault `json:"message"`
}

type eyeFault struct {
	Code    string `json:"code"`
	Details string `json:"details"`
}

const (
	maxFilterDims = 4                   // of a metric
	measuredFor   = 30 * 24 * time.Hour // back from now there are values
)

// units are those of the metrics that there are.
var units = map[string]string{
	medialive.MetricInputBandwidth:   "bit/s",
	medialive.MetricInputFrameRate:   "fps",
	medialive.MetricNoPackets:        "s",
	medialive.MetricDisconnections:   "count",
	medialive.MetricContinuity:       "count",
	medialive.MetricPIDErrors:        "count",
	medialive.MetricSwitches:         "count",
	medialive.MetricSignals:          "count",
	medialive.MetricOutputBandwidth:  "bit/s",
	medialive.MetricOutputFrameRate:  "fps",
	medialive.MetricDroppedFrames:    "count",
	medialive.MetricDroppedTraffic:   "Byte",
	medialive.MetricRequests2xx:      "count",
	medialive.MetricRequests4xx:      "count",
	medialive.MetricRequests5xx:      "count",
	medialive.MetricHLSRequests:      "count",
	medialive.MetricDASHRequests:     "count",
	medialive.MetricOutputTraffic:    "Byte",
	medialive.MetricRTT:              "ms",
	medialive.MetricLossRate:         "%",
	medialive.MetricLost:             "count",
	medialive.MetricRetransmitted:    "count",
	medialive.MetricDropped:          "count",
	medialive.MetricConnected:        "%",
	medialive.MetricOutputsConnected: "%",
}

// eyeMetric is a metric of a channel or flow, and where its values are.
type eyeMetric struct {
	medialive.Metric
	key  string // in the values of a minute
	read minutesOf
	of   string // what read is asked for
}

// minutesOf reads the minutes of a channel or flow from a table of the store.
type minutesOf func(ctx context.Context, id string, from, to time.Time) ([]store.Minute, error)

// marker names a metric between two pages.
func (m eyeMetric) marker() string {
	s := m.Namespace + "." + m.Name
	for _, d := range m.Dimensions {
		s += "." + d.Name + ":" + d.Value
	}
	return s
}

// matches tells whether a metric is among those that a filter names.
func (m eyeMetric) matches(filter medialive.Metric) bool {
	if filter.Namespace != "" && filter.Namespace != m.Namespace || filter.Name != "" && filter.Name != m.Name {
		return false
	}
	for _, d := range filter.Dimensions {
		if !slices.Contains(m.Dimensions, d) {
			return false
		}
	}
	return true
}

// eyeMetrics gives the metrics that have values: those of the project's channels,
// then those of its flows.
func (g *Gateway) eyeMetrics(ctx context.Context, project string) ([]eyeMetric, error) {
	rows, _, err := g.opts.Store.Channels(ctx, project, store.ChannelKey{}, maxChannels, 0)
	if err != nil {
		return nil, fmt.Errorf("read channels: %w", err)
	}
	last, err := g.opts.Store.LastChannelMinutes(ctx, project)
	if err != nil {
		return nil, err
	}
	values := make(map[string]map[string]float64, len(last))
	for _, minute := range last {
		values[minute.Of] = minute.Values
	}
	var all []eyeMetric
	for _, row := range rows {
		for _, key := range slices.Sorted(maps.Keys(values[row.UID])) {
			name, pack, _ := strings.Cut(key, "/")
			all = append(all, eyeMetric{newMetric(name, channelDims(row, pack)), key, g.opts.Store.ChannelMinutes, row.UID})
		}
	}
	flows, err := g.opts.Store.LastFlowMinutes(ctx, project)
	if err != nil {
		return nil, err
	}
	for _, minute := range flows {
		for _, name := range slices.Sorted(maps.Keys(minute.Values)) {
			of := []medialive.MetricDimension{{Name: medialive.DimFlow, Value: minute.Of}}
			all = append(all, eyeMetric{newMetric(name, of), name, g.opts.Store.FlowMinutes, minute.Of})
		}
	}
	return all, nil
}

func newMetric(name string, of []medialive.MetricDimension) medialive.Metric {
	return medialive.Metric{Namespace: medialive.LiveNamespace, Name: name, Dimensions: of, Unit: units[name]}
}

// channelDims are the dimensions of the metrics of a channel, or of one of its
// packages.
func channelDims(row store.Channel, pack string) []medialive.MetricDimension {
	dims := []medialive.MetricDimension{{Name: medialive.DimChannel, Value: row.ID}, {Name: medialive.DimPipeline, Value: "Pipeline0"}}
	if pack != "" {
		dims = []medialive.MetricDimension{{Name: medialive.DimPackage, Value: row.ID}, {Name: medialive.DimPackageID, Value: pack}}
	}
	return append(dims, medialive.MetricDimension{Name: medialive.DimDomain, Value: row.Domain}, medialive.MetricDimension{Name: medialive.DimAppName, Value: row.AppName})
}

// metrics answers ListMetrics.
func (g *Gateway) metrics(c *call) (answer, error) {
	values, err := c.query()
	if err != nil {
		return answer{}, err
	}
	limit, err := number(values, "limit", 1, medialive.MaxMetricPage, medialive.MaxMetricPage)
	if err != nil {
		return answer{}, err
	}
	filter, err := metricOf(values)
	if err != nil {
		return answer{}, err
	}
	all, err := g.eyeMetrics(c.Context(), c.project)
	if err != nil {
		return answer{}, err
	}
	all = slices.DeleteFunc(all, func(m eyeMetric) bool { return !m.matches(filter) })
	slices.SortFunc(all, func(a, b eyeMetric) int { return cmp.Compare(a.marker(), b.marker()) })
	if values.Get("order") == "desc" {
		slices.Reverse(all)
	}
	total := len(all)
	if start := values.Get("start"); start != "" {
		i := slices.IndexFunc(all, func(m eyeMetric) bool { return m.marker() == start })
		all = all[i+1:] // one that is gone by now: from the beginning
	}
	page := make([]medialive.Metric, 0, min(limit, len(all)))
	marker := ""
	for _, m := range all[:min(limit, len(all))] {
		page, marker = append(page, m.Metric), m.marker()
	}
	return ok(map[string]any{"metrics": page, "meta_data": map[string]any{"count": len(page), "total": total, "marker": marker}})
}

// metricOf reads which metrics a query names.
func metricOf(values url.Values) (medialive.Metric, error) {
	m := medialive.Metric{Namespace: values.Get("namespace"), Name: values.Get("metric_name")}
	for i := range maxFilterDims {
		text := values.Get("dim." + strconv.Itoa(i))
		if text == "" {
			break
		}
		name, value, two := strings.Cut(text, ",")
		if !two || name == "" || value == "" {
			return m, invalid("dim.%d must be a name and a value, with a comma between them", i)
		}
		m.Dimensions = append(m.Dimensions, medialive.MetricDimension{Name: name, Value: value})
	}
	return m, nil
}

// span is a stretch of time of which values are asked for.
type span struct {
	period   medialive.Period
	by       medialive.Aggregate
	from, to time.Time
}

// newSpan checks a span, and moves its start to where a period's first value may
// be.
func newSpan(period, by string, from, to int64, now time.Time) (span, error) {
	n, err := strconv.Atoi(period)
	s := span{medialive.Period(n), medialive.Aggregate(by), time.UnixMilli(from).UTC(), time.UnixMilli(to).UTC()}
	switch {
	case err != nil || !slices.Contains(medialive.Periods(), s.period):
		return s, invalid("period must be one of %v", medialive.Periods())
	case !slices.Contains([]medialive.Aggregate{medialive.Average, medialive.Variance, medialive.Minimum, medialive.Maximum, medialive.Sum}, s.by):
		return s, invalid("filter must be average, variance, min, max or sum")
	case from <= 0 || from >= to:
		return s, invalid("from must be before to, both in milliseconds since 1970")
	}
	longest := measuredFor
	if most := s.period.Span(); most > 0 {
		longest = min(longest, most)
	}
	s.begin(s.to.Add(-longest))
	s.begin(now.Add(-measuredFor))
	return s, nil
}

// begin moves the start to a time, if it is before that.
func (s *span) begin(earliest time.Time) {
	if s.from.Before(earliest) {
		s.from = earliest
	}
}

// step is how long a period is.
func (s span) step() time.Duration { return time.Duration(s.period) * time.Second }

// metricData answers ShowMetricData.
func (g *Gateway) metricData(c *call) (answer, error) {
	values, err := c.query()
	if err != nil {
		return answer{}, err
	}
	m, err := metricOf(values)
	if err != nil {
		return answer{}, err
	}
	from, _ := strconv.ParseInt(values.Get("from"), 10, 64) // 0 is refused
	to, _ := strconv.ParseInt(values.Get("to"), 10, 64)
	s, err := newSpan(values.Get("period"), values.Get("filter"), from, to, time.Now())
	if err != nil {
		return answer{}, err
	}
	found, err := g.series(c.Context(), c.project, []medialive.Metric{m}, s)
	if err != nil {
		return answer{}, err
	}
	points := found[0].Points
	for _, p := range points {
		p["unit"] = found[0].Unit
	}
	return ok(map[string]any{"metric_name": m.Name, "datapoints": points})
}

// batchMetricData answers BatchListMetricData. The start is moved where there
// would be too many points.
func (g *Gateway) batchMetricData(c *call) (answer, error) {
	var body struct {
		Metrics  []medialive.Metric `json:"metrics"`
		Period   string             `json:"period"`
		Filter   string             `json:"filter"`
		From, To int64
	}
	if err := decode(c.body, &body); err != nil {
		return answer{}, err
	}
	if n := len(body.Metrics); n < 1 || n > medialive.MaxBatch {
		return answer{}, invalid("metrics must have 1 to %d entries", medialive.MaxBatch)
	}
	s, err := newSpan(body.Period, body.Filter, body.From, body.To, time.Now())
	if err != nil {
		return answer{}, err
	}
	each := medialive.MaxPoints / len(body.Metrics)
	s.begin(s.to.Add(-time.Duration(each) * max(s.step(), time.Minute)))
	found, err := g.series(c.Context(), c.project, body.Metrics, s)
	if err != nil {
		return answer{}, err
	}
	return ok(map[string]any{"metrics": found})
}

// eyeSeries is a metric with its values as they are answered.
type eyeSeries struct {
	medialive.Metric
	Points []map[string]any `json:"datapoints"`
}

// series gives the values of metrics, each that of the newest channel it fits.
// One that does not exist has none.
func (g *Gateway) series(ctx context.Context, project string, wanted []medialive.Metric, s span) ([]eyeSeries, error) {
	known, err := g.eyeMetrics(ctx, project)
	if err != nil {
		return nil, err
	}
	read := map[string][]store.Minute{}
	all := make([]eyeSeries, len(wanted))
	for n, m := range wanted {
		all[n] = eyeSeries{m, []map[string]any{}}
		i := slices.IndexFunc(known, func(k eyeMetric) bool { return k.Name == m.Name && k.matches(m) })
		if i < 0 {
			continue
		}
		found := known[i]
		if _, have := read[found.of]; !have {
			if read[found.of], err = found.read(ctx, found.of, s.from, s.to); err != nil {
				return nil, err
			}
		}
		all[n].Unit = found.Unit
		all[n].Points = s.points(read[found.of], found.key)
	}
	return all, nil
}

// points gives what becomes of the values of each period, oldest first.
func (s span) points(minutes []store.Minute, key string) []map[string]any {
	out := []map[string]any{}
	var values []float64
	var begins time.Time
	end := func() {
		if len(values) > 0 {
			out = append(out, map[string]any{"timestamp": begins.UnixMilli(), string(s.by): s.by.Of(values)})
		}
		values = nil
	}
	for _, minute := range minutes {
		v, has := minute.Values[key]
		if !has {
			continue
		}
		at := minute.At.Truncate(s.step())
		if !at.Equal(begins) {
			end()
			begins = at
		}
		values = append(values, v)
	}
	end()
	return out
}
