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

// measures are the metrics of channels: their units, and whether they are of its
// packages.
var measures = map[string]struct {
	unit      string
	ofPackage bool
}{
	medialive.MetricInputBandwidth:  {unit: "bit/s"},
	medialive.MetricInputFrameRate:  {unit: "fps"},
	medialive.MetricNoPackets:       {unit: "s"},
	medialive.MetricDisconnections:  {unit: "count"},
	medialive.MetricContinuity:      {unit: "count"},
	medialive.MetricPIDErrors:       {unit: "count"},
	medialive.MetricSwitches:        {unit: "count"},
	medialive.MetricSignals:         {unit: "count"},
	medialive.MetricOutputBandwidth: {unit: "bit/s"},
	medialive.MetricOutputFrameRate: {unit: "fps"},
	medialive.MetricDroppedFrames:   {unit: "count"},
	medialive.MetricDroppedTraffic:  {unit: "Byte"},
	medialive.MetricRequests2xx:     {"count", true},
	medialive.MetricRequests4xx:     {"count", true},
	medialive.MetricRequests5xx:     {"count", true},
	medialive.MetricHLSRequests:     {"count", true},
	medialive.MetricDASHRequests:    {"count", true},
	medialive.MetricOutputTraffic:   {"Byte", true},
}

// eyeMetric is a metric of a channel.
type eyeMetric struct {
	medialive.Metric
	uid string
}

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

// eyeMetrics gives the metrics of the project's channels that have values, those
// of one channel in the order of their markers.
func (g *Gateway) eyeMetrics(ctx context.Context, project string) ([]eyeMetric, error) {
	rows, _, err := g.opts.Store.Channels(ctx, project, store.ChannelKey{}, maxChannels, 0)
	if err != nil {
		return nil, fmt.Errorf("read channels: %w", err)
	}
	last, err := g.opts.Store.LastChannelMinutes(ctx, project)
	if err != nil {
		return nil, err
	}
	names := make(map[string]map[string]float64, len(last))
	for _, minute := range last {
		names[minute.Channel] = minute.Values
	}
	var all []eyeMetric
	for _, row := range rows {
		for _, name := range slices.Sorted(maps.Keys(names[row.UID])) {
			if _, known := measures[name]; known {
				all = append(all, newEyeMetric(row, name))
			}
		}
	}
	return all, nil
}

func newEyeMetric(row store.Channel, name string) eyeMetric {
	m := measures[name]
	dims := []medialive.MetricDimension{{Name: medialive.DimChannel, Value: row.ID}, {Name: medialive.DimPipeline, Value: "Pipeline0"}}
	if m.ofPackage {
		dims = []medialive.MetricDimension{{Name: medialive.DimPackage, Value: row.ID}}
	}
	dims = append(dims, medialive.MetricDimension{Name: medialive.DimDomain, Value: row.Domain}, medialive.MetricDimension{Name: medialive.DimAppName, Value: row.AppName})
	return eyeMetric{medialive.Metric{Namespace: medialive.LiveNamespace, Name: name, Dimensions: dims, Unit: m.unit}, row.UID}
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
	read := map[string][]store.ChannelMinute{}
	all := make([]eyeSeries, len(wanted))
	for n, m := range wanted {
		all[n] = eyeSeries{m, []map[string]any{}}
		i := slices.IndexFunc(known, func(k eyeMetric) bool { return k.Name == m.Name && k.matches(m) })
		if i < 0 {
			continue
		}
		uid := known[i].uid
		if _, have := read[uid]; !have {
			if read[uid], err = g.opts.Store.ChannelMinutes(ctx, uid, s.from, s.to); err != nil {
				return nil, err
			}
		}
		all[n].Unit = known[i].Unit
		all[n].Points = s.points(read[uid], m.Name)
	}
	return all, nil
}

// points gives what becomes of the values of each period, oldest first.
func (s span) points(minutes []store.ChannelMinute, name string) []map[string]any {
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
		v, has := minute.Values[name]
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
