// Package measure reads what services measure of channels: metrics of Cloud Eye,
// the instances that have them, and SCTE-35 signals. A service takes few such
// questions, and values come once a minute, so that an answer serves its asker for
// a while, however many pages are open.
//
// Answers are kept for each asker apart: who may read what, only the service
// knows, and it is asked with the asker's own token.
package measure

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// Live is what is asked of Media Live. *medialive.Client is one.
type Live interface {
	ListDimensions(ctx context.Context) (map[string]medialive.Dimension, error)
	ListInstances(ctx context.Context, start, limit int, path ...medialive.DimensionStep) (medialive.InstancePage, error)
	ShowChannelStatistic(ctx context.Context, q medialive.StatisticQuery, limit, offset int) (medialive.SCTE35List, error)
}

// Eye is what is asked of Cloud Eye. *medialive.CloudEye is one.
type Eye interface {
	AllMetrics(ctx context.Context, filter medialive.Metric) ([]medialive.Metric, error)
	BatchMetricData(ctx context.Context, metrics []medialive.Metric, q medialive.MetricQuery) ([]medialive.Series, error)
}

// Asker is who asks, and by which clients.
type Asker struct {
	Who  string // the same for the same rights: a person in a project
	Live Live
	Eye  Eye
}

// How long answers serve.
const (
	namesFor   = time.Minute      // dimensions, instances, and which metrics there are
	valuesFor  = 20 * time.Second // new ones come once a minute
	signalsFor = 5 * time.Second
	failedFor  = 5 * time.Second
	keptFor    = 10 * time.Minute // without being asked for
	mostKept   = 2000             // answers
)

// Measures keeps answers. The zero value is ready.
type Measures struct {
	Now func() time.Time // nil: time.Now

	mu   sync.Mutex
	kept map[string]*entry
}

// entry is one question with its last answer. Who holds its turn asks; the others
// wait for that no longer than their own time allows.
type entry struct {
	turn  chan struct{} // holds one token while nobody asks; guards all below
	at    time.Time
	value any
	err   error
	used  time.Time // guarded by Measures.mu
}

func (m *Measures) now() time.Time {
	if m.Now != nil {
		return m.Now()
	}
	return time.Now()
}

// entry finds the entry of a question, and drops those that nobody asks for any
// more.
func (m *Measures) entry(question string, now time.Time) *entry {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.kept[question]
	if e == nil {
		for other, old := range m.kept {
			if now.Sub(old.used) > keptFor || len(m.kept) >= mostKept {
				delete(m.kept, other)
			}
		}
		if m.kept == nil {
			m.kept = make(map[string]*entry)
		}
		e = &entry{turn: make(chan struct{}, 1)}
		e.turn <- struct{}{}
		m.kept[question] = e
	}
	e.used = now
	return e
}

// ask answers a question from what is kept, or by asking. That one asker has gone
// is no answer to the others.
func ask[T any](ctx context.Context, m *Measures, question string, serves time.Duration, read func(context.Context) (T, error)) (T, error) {
	var none T
	e := m.entry(question, m.now())
	select {
	case <-e.turn:
	case <-ctx.Done():
		return none, &medialive.Error{Op: "Measure", Kind: medialive.KindUnavailable, Err: ctx.Err()}
	}
	defer func() { e.turn <- struct{}{} }()
	if e.err != nil {
		serves = failedFor
	}
	if !e.at.IsZero() && m.now().Sub(e.at) < serves {
		value, _ := e.value.(T)
		return value, e.err
	}
	value, err := read(ctx)
	if ctx.Err() == nil {
		e.value, e.err, e.at = value, err, m.now()
	}
	return value, err
}

// Dimensions gives the dimensions by which the service tells instances apart.
func (m *Measures) Dimensions(ctx context.Context, a Asker) (map[string]medialive.Dimension, error) {
	return ask(ctx, m, a.Who+"\x00dimensions", namesFor, a.Live.ListDimensions)
}

// Instances gives a page of the instances at the end of a path of dimensions.
func (m *Measures) Instances(ctx context.Context, a Asker, start, limit int, path ...medialive.DimensionStep) (medialive.InstancePage, error) {
	question := fmt.Sprintf("%s\x00instances %d %d %q", a.Who, start, limit, path)
	return ask(ctx, m, question, namesFor, func(ctx context.Context) (medialive.InstancePage, error) {
		return a.Live.ListInstances(ctx, start, limit, path...)
	})
}

// Metrics gives the metrics that Cloud Eye has of Media Live with all these
// dimensions.
func (m *Measures) Metrics(ctx context.Context, a Asker, of ...medialive.MetricDimension) ([]medialive.Metric, error) {
	question := fmt.Sprintf("%s\x00metrics %q", a.Who, of)
	return ask(ctx, m, question, namesFor, func(ctx context.Context) ([]medialive.Metric, error) {
		return a.Eye.AllMetrics(ctx, medialive.Metric{Namespace: medialive.LiveNamespace, Dimensions: of})
	})
}

// SignalQuery is which signals of a channel are asked for.
type SignalQuery struct {
	Channel  medialive.ChannelKey
	Kind     medialive.SCTE35Kind
	Role     medialive.RegionRole // empty: of the primary region
	From, To time.Time
}

// Signals gives a page of the SCTE-35 signals of a channel, oldest first. A
// service that knows none says so with an error: then there are none.
func (m *Measures) Signals(ctx context.Context, a Asker, q SignalQuery, limit, offset int) (medialive.SCTE35List, error) {
	from, to := q.From.Truncate(signalsFor), q.To.Truncate(signalsFor).Add(signalsFor) // the same question for a while
	question := fmt.Sprintf("%s\x00signals %q %q %q %d %d %d %d", a.Who, q.Channel, q.Kind, q.Role, from.Unix(), to.Unix(), limit, offset)
	return ask(ctx, m, question, signalsFor, func(ctx context.Context) (medialive.SCTE35List, error) {
		asked := medialive.QuerySCTE35(q.Channel, q.Kind, from, to)
		asked.Role = q.Role
		list, err := a.Live.ShowChannelStatistic(ctx, asked, limit, offset)
		if medialive.KindOf(err) == medialive.KindNotFound {
			return medialive.SCTE35List{}, nil
		}
		return list, err
	})
}

// Span is a stretch of values and how far apart they are.
type Span struct {
	Length time.Duration
	Period medialive.Period
}

// Points is how many values a metric has in the span at most.
func (s Span) Points() int { return int(s.Length/(time.Duration(s.Period)*time.Second)) + 1 }

// Values is what was read of metrics.
type Values struct {
	From, To time.Time
	Period   medialive.Period
	Series   []medialive.Series // of the metrics that were asked for, in their order
}

// Values gives the values of metrics in the span that ends now, in as few
// questions as the limits of Cloud Eye allow. The aggregate is that which suits
// each metric.
func (m *Measures) Values(ctx context.Context, a Asker, metrics []medialive.Metric, s Span) (Values, error) {
	question := fmt.Sprintf("%s\x00values %v %q", a.Who, s, metrics)
	return ask(ctx, m, question, valuesFor, func(ctx context.Context) (Values, error) {
		to := m.now().Truncate(time.Minute)
		v := Values{From: to.Add(-s.Length), To: to, Period: s.Period, Series: make([]medialive.Series, len(metrics))}
		for by, places := range sorts(metrics) {
			for part := range slices.Chunk(places, max(1, medialive.MaxPoints/s.Points())) {
				if err := read(ctx, a.Eye, metrics, part, by, &v); err != nil {
					return Values{}, err
				}
			}
		}
		return v, nil
	})
}

// sorts puts the places of metrics by how their values are to be put together.
func sorts(metrics []medialive.Metric) map[medialive.Aggregate][]int {
	sorted := map[medialive.Aggregate][]int{}
	for i, metric := range metrics {
		by := AggregateOf(metric.Unit)
		sorted[by] = append(sorted[by], i)
	}
	return sorted
}

// AggregateOf is how values of a unit are put together: what is counted adds up,
// of the rest the mean is told.
func AggregateOf(unit string) medialive.Aggregate {
	switch unit {
	case "count", "Count", "Byte", "byte", "s":
		return medialive.Sum
	}
	return medialive.Average
}

// read reads the values of some of the metrics. The answer is put in order by what
// it says it is of.
func read(ctx context.Context, eye Eye, metrics []medialive.Metric, places []int, by medialive.Aggregate, into *Values) error {
	wanted := make([]medialive.Metric, len(places))
	for i, place := range places {
		wanted[i] = metrics[place]
	}
	found, err := eye.BatchMetricData(ctx, wanted, medialive.MetricQuery{Period: into.Period, Aggregate: by, From: into.From, To: into.To})
	if err != nil {
		return err
	}
	for _, place := range places {
		into.Series[place].Metric = metrics[place]
		for _, s := range found {
			if s.Name == metrics[place].Name && slices.Equal(s.Dimensions, metrics[place].Dimensions) {
				into.Series[place].Points = s.Points
				break
			}
		}
	}
	return nil
}
