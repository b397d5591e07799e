package medialive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// CloudEye reads metrics from Cloud Eye for one project. It is a service of its
// own, on a host of its own ([CloudEyeEndpoint]), and takes the same tokens and
// signatures; a Flowdeck gateway answers it on its one address. Every error is
// an [*Error].
type CloudEye struct{ client *Client }

// NewCloudEye makes a client; it does not connect.
func NewCloudEye(c Config) (*CloudEye, error) {
	client, err := New(c)
	if err != nil {
		return nil, fmt.Errorf("cloud eye: %w", err)
	}
	return &CloudEye{client}, nil
}

// MetricDimension is one part of what a metric is about.
type MetricDimension struct {
	Name  string `json:"name"`  // 1..32
	Value string `json:"value"` // 1..256
}

// Metric names something that is measured.
type Metric struct {
	Namespace  string            `json:"namespace"`
	Name       string            `json:"metric_name"` // 1..96
	Dimensions []MetricDimension `json:"dimensions"`  // 1..4
	Unit       string            `json:"unit,omitempty"`
}

// MetricPage is one page of the metrics that exist.
type MetricPage struct {
	Metrics []Metric
	Total   int
	Marker  string // of the next page
}

// Aggregate is what becomes of the values of a period.
type Aggregate string

// The aggregates.
const (
	Average  Aggregate = "average"
	Variance Aggregate = "variance"
	Minimum  Aggregate = "min"
	Maximum  Aggregate = "max"
	Sum      Aggregate = "sum"
)

// Of gives the aggregate of values, of which there is at least one.
func (a Aggregate) Of(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	mean := sum / float64(len(values))
	switch a {
	case Minimum:
		return slices.Min(values)
	case Maximum:
		return slices.Max(values)
	case Sum:
		return sum
	case Variance:
		squares := 0.0
		for _, v := range values {
			squares += (v - mean) * (v - mean)
		}
		return squares / float64(len(values))
	}
	return mean
}

// Period is how many seconds one point of a series stands for.
type Period int

// Raw gives values as they were measured; the aggregate then has no effect.
const Raw Period = 1

// Periods lists those that can be asked for, in seconds.
func Periods() []Period { return []Period{Raw, 60, 300, 1200, 3600, 14400, 86400} }

// Span is the longest span that a service answers with a period: the start of a
// longer one is moved. 0 where none is published.
func (p Period) Span() time.Duration {
	const day = 24 * time.Hour
	return map[Period]time.Duration{
		Raw: 4 * time.Hour, 300: day, 1200: 3 * day, 3600: 10 * day, 14400: 30 * day, 86400: 180 * day,
	}[p]
}

// MetricQuery is a span of metrics.
type MetricQuery struct {
	Period    Period
	Aggregate Aggregate
	From, To  time.Time // From before To; to the millisecond
}

// Series is a metric with its values, oldest first.
type Series struct {
	Metric
	Points []Point
}

// Point is a value of a series.
type Point struct {
	At    time.Time
	Value float64
}

// The limits of Cloud Eye.
const (
	MaxMetricPage = 1000 // metrics in a page
	MaxBatch      = 500  // metrics in a batch
	MaxPoints     = 3000 // points in the answer to a batch, of all metrics together
)

// Metrics gives a page of the metrics that exist. Empty parts of the filter, its
// unit too, match anything; marker is that of the page before, or empty.
func (e *CloudEye) Metrics(ctx context.Context, filter Metric, marker string, limit int) (MetricPage, error) {
	r := e.request("ListMetrics", http.MethodGet, "/metrics")
	r.metric(filter)
	r.query.Set("limit", strconv.Itoa(limit))
	if marker != "" {
		r.query.Set("start", marker)
	}
	var page struct {
		Metrics *[]Metric `json:"metrics"`
		Meta    struct {
			Total  int    `json:"total"`
			Marker string `json:"marker"`
		} `json:"meta_data"`
	}
	a, err := e.client.call(ctx, r, &page)
	if err != nil {
		return MetricPage{}, err
	}
	if page.Metrics == nil {
		return MetricPage{}, r.unreadable(a, errors.New("no metrics"))
	}
	return MetricPage{*page.Metrics, page.Meta.Total, page.Meta.Marker}, nil
}

// maxMetricPages bounds what AllMetrics reads, should markers never end.
const maxMetricPages = 20

// AllMetrics gives all metrics that match, up to twenty full pages.
func (e *CloudEye) AllMetrics(ctx context.Context, filter Metric) ([]Metric, error) {
	var all []Metric
	marker := ""
	for range maxMetricPages {
		page, err := e.Metrics(ctx, filter, marker, MaxMetricPage)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Metrics...)
		if len(page.Metrics) < MaxMetricPage || page.Marker == "" || page.Marker == marker {
			break
		}
		marker = page.Marker
	}
	return all, nil
}

// MetricData gives the values of one metric.
func (e *CloudEye) MetricData(ctx context.Context, m Metric, q MetricQuery) (Series, error) {
	r := e.request("ShowMetricData", http.MethodGet, "/metric-data")
	r.metric(m)
	r.query.Set("filter", string(q.Aggregate))
	r.query.Set("period", strconv.Itoa(int(q.Period)))
	r.query.Set("from", strconv.FormatInt(q.From.UnixMilli(), 10))
	r.query.Set("to", strconv.FormatInt(q.To.UnixMilli(), 10))
	var data struct {
		Points *[]datapoint `json:"datapoints"`
	}
	a, err := e.client.call(ctx, r, &data)
	if err != nil {
		return Series{}, err
	}
	if data.Points == nil {
		return Series{}, r.unreadable(a, errors.New("no datapoints"))
	}
	s := Series{Metric: m, Points: points(*data.Points, q.Aggregate)}
	for _, p := range *data.Points { // here the unit stands with each point
		s.Unit = cmp.Or(p.Unit, s.Unit)
	}
	return s, nil
}

// BatchMetricData gives the values of up to [MaxBatch] metrics, up to
// [MaxPoints] in all.
func (e *CloudEye) BatchMetricData(ctx context.Context, metrics []Metric, q MetricQuery) ([]Series, error) {
	r := e.request("BatchListMetricData", http.MethodPost, "/batch-query-metric-data")
	if err := r.encode(newBatch(metrics, q)); err != nil {
		return nil, err
	}
	var data struct {
		Metrics *[]struct {
			Metric
			Points []datapoint `json:"datapoints"`
		} `json:"metrics"`
	}
	a, err := e.client.call(ctx, r, &data)
	if err != nil {
		return nil, err
	}
	if data.Metrics == nil {
		return nil, r.unreadable(a, errors.New("no metrics"))
	}
	all := make([]Series, 0, len(*data.Metrics))
	for _, m := range *data.Metrics {
		all = append(all, Series{m.Metric, points(m.Points, q.Aggregate)})
	}
	return all, nil
}

// batch is the body of a batch query.
type batch struct {
	Metrics   []Metric  `json:"metrics"`
	Period    string    `json:"period"` // a string here, a number elsewhere
	Aggregate Aggregate `json:"filter"`
	From      int64     `json:"from"` // Unix milliseconds
	To        int64     `json:"to"`
}

func newBatch(metrics []Metric, q MetricQuery) batch {
	b := batch{Period: strconv.Itoa(int(q.Period)), Aggregate: q.Aggregate, From: q.From.UnixMilli(), To: q.To.UnixMilli()}
	for _, m := range metrics {
		m.Unit = "" // only answers have it
		b.Metrics = append(b.Metrics, m)
	}
	return b
}

// datapoint is a point as answered: the value is in the field that the aggregate
// names.
type datapoint struct {
	At       int64    `json:"timestamp"` // Unix milliseconds
	Average  *float64 `json:"average"`
	Variance *float64 `json:"variance"`
	Minimum  *float64 `json:"min"`
	Maximum  *float64 `json:"max"`
	Sum      *float64 `json:"sum"`
	Unit     string   `json:"unit"`
}

func (d datapoint) value(by Aggregate) *float64 {
	switch by {
	case Variance:
		return d.Variance
	case Minimum:
		return d.Minimum
	case Maximum:
		return d.Maximum
	case Sum:
		return d.Sum
	}
	return d.Average
}

// points gives the points that have a value, oldest first: their order is not
// published.
func points(data []datapoint, by Aggregate) []Point {
	all := make([]Point, 0, len(data))
	for _, d := range data {
		if value := cmp.Or(d.value(by), d.Average); value != nil { // raw values ignore the aggregate
			all = append(all, Point{time.UnixMilli(d.At).UTC(), *value})
		}
	}
	slices.SortStableFunc(all, func(a, b Point) int { return a.At.Compare(b.At) })
	return all
}

// request begins a request to Cloud Eye, whose paths have a capital V. All of
// them read.
func (e *CloudEye) request(op, method, path string) request {
	r := e.client.projectRequest(op, method, "/V1.0/"+e.client.project+path)
	r.command, r.timeout = false, e.client.link.limits.read
	return r
}

// metric names a metric in the query.
func (r request) metric(m Metric) {
	if m.Namespace != "" {
		r.query.Set("namespace", m.Namespace)
	}
	if m.Name != "" {
		r.query.Set("metric_name", m.Name)
	}
	for i, d := range m.Dimensions {
		r.query.Set(fmt.Sprintf("dim.%d", i), strings.Join([]string{d.Name, d.Value}, ","))
	}
}
