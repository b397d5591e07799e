package medialivetest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// Measure adds a metric with its values to Cloud Eye, or adds values to one.
func (c *Cloud) Measure(s medialive.Series) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, have := range c.series {
		if marker(have.Metric) == marker(s.Metric) {
			c.series[i].Points = append(slices.Clone(have.Points), s.Points...)
			return
		}
	}
	c.series = append(c.series, s)
}

// dimensions are what the vendor has.
func dimensions() map[string]medialive.Dimension {
	all := map[string]medialive.Dimension{}
	for name, display := range map[string]medialive.DisplayNames{
		medialive.DimChannel: {Chinese: "频道", English: "Channel"}, medialive.DimPipeline: {Chinese: "管道", English: "Pipeline"},
		medialive.DimAudio: {Chinese: "音频", English: "Audio"}, medialive.DimCDN: {Chinese: "CDN", English: "CDN"},
		medialive.DimPackage: {Chinese: "打包", English: "Package"}, medialive.DimFlow: {Chinese: "接入", English: "Connect"},
		medialive.DimAds: {Chinese: "广告", English: "Tailor"}, medialive.DimRegion: {Chinese: "区域", English: "Region"},
	} {
		all[name] = medialive.Dimension{Params: []string{"id"}, Display: map[string]medialive.DisplayNames{"id": display}}
	}
	return all
}

// instances answers those at the end of a path of dimensions. c.mu is held.
func (c *Cloud) instances(w http.ResponseWriter, r *http.Request) {
	var q medialive.InstanceQuery
	if !decode(w, r, &q) {
		return
	}
	if q.Namespace != medialive.LiveNamespace || len(q.Path) == 0 {
		refuse(w, http.StatusBadRequest, medialive.CodeInvalid, "Request parameters is invalid")
		return
	}
	found := []medialive.Instance{}
	for _, first := range c.roots(q.Path[0]) {
		found = append(found, below(medialive.Instance{medialive.DimChannel: first}, q.Path[1:])...)
	}
	if q.Limit <= 0 {
		q.Limit = len(found)
	}
	page := found[min(q.Start, len(found)):min(q.Start+q.Limit, len(found))]
	answerJSON(w, http.StatusOK, medialive.InstancePage{Total: len(found), Instances: page})
}

// roots gives the instances of the first step of a path: channels, or flows,
// which the answer has in the dimension of channels too. c.mu is held.
func (c *Cloud) roots(step medialive.DimensionStep) (all []medialive.InstanceRef) {
	switch step.Dimension {
	case medialive.DimChannel, medialive.DimCDN, medialive.DimPackage, medialive.DimAds:
		for _, ch := range c.channels {
			all = append(all, medialive.InstanceRef{ID: ch.ID, Name: ch.Name})
		}
	case medialive.DimFlow:
		for _, f := range c.flows {
			all = append(all, medialive.InstanceRef{ID: f.ID, Name: f.Name})
		}
	}
	return slices.DeleteFunc(all, func(ref medialive.InstanceRef) bool { return step.ID != "" && step.ID != ref.ID })
}

// below gives the instances of the further steps: a channel has one pipeline, and
// that has one audio.
func below(i medialive.Instance, path []medialive.DimensionStep) []medialive.Instance {
	for _, step := range path {
		id := map[string]string{medialive.DimPipeline: "Pipeline0", medialive.DimAudio: "Audio0"}[step.Dimension]
		if id == "" || step.ID != "" && step.ID != id {
			return nil
		}
		i[step.Dimension] = medialive.InstanceRef{ID: id, Name: id}
	}
	return []medialive.Instance{i}
}

// marker names a metric as Cloud Eye does between two pages.
func marker(m medialive.Metric) string {
	s := m.Namespace + "." + m.Name
	for _, d := range m.Dimensions {
		s += "." + d.Name + ":" + d.Value
	}
	return s
}

// metrics answers a page of the metrics that exist. c.mu is held.
func (c *Cloud) metrics(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	found := []medialive.Metric{}
	for _, s := range c.series {
		if matchesMetric(s.Metric, metricOf(r)) && (!query.Has("start") || marker(s.Metric) > query.Get("start")) {
			found = append(found, s.Metric)
		}
	}
	slices.SortFunc(found, func(a, b medialive.Metric) int { return strings.Compare(marker(a), marker(b)) })
	limit, err := strconv.Atoi(query.Get("limit"))
	if err != nil {
		limit = medialive.MaxMetricPage
	}
	page, last := found[:min(limit, len(found))], ""
	if len(page) > 0 {
		last = marker(page[len(page)-1])
	}
	answerJSON(w, http.StatusOK, map[string]any{
		"metrics": page, "meta_data": map[string]any{"count": len(page), "total": len(found), "marker": last},
	})
}

// metricOf reads which metric a query asks for.
func metricOf(r *http.Request) medialive.Metric {
	query := r.URL.Query()
	m := medialive.Metric{Namespace: query.Get("namespace"), Name: query.Get("metric_name")}
	for i := range 4 {
		if name, value, ok := strings.Cut(query.Get(fmt.Sprintf("dim.%d", i)), ","); ok {
			m.Dimensions = append(m.Dimensions, medialive.MetricDimension{Name: name, Value: value})
		}
	}
	return m
}

// matchesMetric tells whether a metric is among those that a filter names.
func matchesMetric(m, filter medialive.Metric) bool {
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

// span is what a query for values asks for.
type span struct {
	period   medialive.Period
	by       string
	from, to time.Time
}

// newSpan reads a span, and moves its start where it is too long.
func newSpan(period, by string, from, to int64) (span, bool) {
	n, err := strconv.Atoi(period)
	s := span{medialive.Period(n), by, time.UnixMilli(from), time.UnixMilli(to)}
	if longest := s.period.Span(); longest > 0 && s.to.Sub(s.from) > longest {
		s.from = s.to.Add(-longest)
	}
	return s, err == nil && slices.Contains(medialive.Periods(), s.period) && s.from.Before(s.to)
}

// points gives the values within a span, as they were measured: the fake does not
// aggregate. They come newest first, since no order is promised.
func (c *Cloud) points(m medialive.Metric, s span, withUnit bool) []map[string]any {
	all := []map[string]any{}
	for _, have := range c.series {
		if marker(have.Metric) != marker(m) {
			continue
		}
		for _, p := range have.Points {
			if p.At.Before(s.from) || !p.At.Before(s.to) {
				continue
			}
			one := map[string]any{"timestamp": p.At.UnixMilli(), s.by: p.Value}
			if withUnit {
				one["unit"] = have.Unit
			}
			all = slices.Insert(all, 0, one)
		}
	}
	return all
}

// metricData answers the values of one metric. c.mu is held.
func (c *Cloud) metricData(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	from, _ := strconv.ParseInt(query.Get("from"), 10, 64)
	to, _ := strconv.ParseInt(query.Get("to"), 10, 64)
	s, ok := newSpan(query.Get("period"), query.Get("filter"), from, to)
	if !ok {
		refuseEye(w, "The URL parameter is invalid or does not exist.")
		return
	}
	m := metricOf(r)
	answerJSON(w, http.StatusOK, map[string]any{"metric_name": m.Name, "datapoints": c.points(m, s, true)})
}

// batchMetricData answers the values of several metrics, up to a number in all.
// c.mu is held.
func (c *Cloud) batchMetricData(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Metrics  []medialive.Metric `json:"metrics"`
		Period   string             `json:"period"` // a number is no string
		Filter   string             `json:"filter"`
		From, To int64
	}
	if !decode(w, r, &body) {
		return
	}
	s, ok := newSpan(body.Period, body.Filter, body.From, body.To)
	if !ok || len(body.Metrics) == 0 || len(body.Metrics) > medialive.MaxBatch {
		refuseEye(w, "Some content in message body is not correct.")
		return
	}
	all, left := []map[string]any{}, medialive.MaxPoints
	for _, m := range body.Metrics {
		points := c.points(m, s, false)
		points = points[:min(left, len(points))]
		left -= len(points)
		all = append(all, map[string]any{
			"namespace": m.Namespace, "metric_name": m.Name, "dimensions": m.Dimensions, "unit": c.unit(m), "datapoints": points,
		})
	}
	answerJSON(w, http.StatusOK, map[string]any{"metrics": all})
}

// unit gives the unit of a metric. c.mu is held.
func (c *Cloud) unit(m medialive.Metric) string {
	for _, have := range c.series {
		if marker(have.Metric) == marker(m) {
			return have.Unit
		}
	}
	return ""
}

// refuseEye answers with an error in a shape of Cloud Eye's own.
func refuseEye(w http.ResponseWriter, message string) {
	answerJSON(w, http.StatusBadRequest, map[string]any{
		"http_code": "400", "message": map[string]any{"code": "ces.0014", "details": message},
	})
}
