package medialivetest_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

func TestSignals(t *testing.T) {
	cloud := medialivetest.New()
	c := conforming(t, cloud)
	cloud.AddChannel(rtmp("ch1"))
	at := time.Unix(1741650700, 0)
	splice := medialive.SCTE35Event{
		Kind: medialive.SpliceInsert, EventID: 1, Start: at.Unix(), Duration: 30, Segmentation: medialive.NoSegmentation,
		Data: "/DAlAAAA", Decoded: "{}", Role: medialive.MasterRegion,
	}
	signal := splice
	signal.Kind, signal.EventID, signal.Segmentation, signal.Role = medialive.TimeSignal, 2, medialive.ProviderAdStart, medialive.SlaveRegion
	cloud.Signal(key, splice, signal)
	query := medialive.QuerySCTE35(key, medialive.AllSignals, at.Add(-time.Minute), at)
	for name, tt := range map[string]struct {
		change func(*medialive.StatisticQuery)
		limit  int
		offset int
		want   []medialive.SCTE35Event
		total  int64
	}{
		"of the primary region": {func(*medialive.StatisticQuery) {}, 10, 0, []medialive.SCTE35Event{splice}, 1},
		"of the other":          {func(q *medialive.StatisticQuery) { q.Role = medialive.SlaveRegion }, 10, 0, []medialive.SCTE35Event{signal}, 1},
		"of both":               {func(q *medialive.StatisticQuery) { q.Role = medialive.AllRegions }, 10, 0, []medialive.SCTE35Event{splice, signal}, 2},
		"a page":                {func(q *medialive.StatisticQuery) { q.Role = medialive.AllRegions }, 1, 1, []medialive.SCTE35Event{signal}, 2},
		"of another kind":       {func(q *medialive.StatisticQuery) { q.SCTE35.Kind = medialive.TimeSignal }, 10, 0, []medialive.SCTE35Event{}, 0},
		"of another time":       {func(q *medialive.StatisticQuery) { q.SCTE35.End-- }, 10, 0, []medialive.SCTE35Event{}, 0},
	} {
		q := query
		inner := *q.SCTE35
		q.SCTE35 = &inner
		tt.change(&q)
		if list, err := c.ShowChannelStatistic(t.Context(), q, tt.limit, tt.offset); err != nil || list.Total != tt.total || !reflect.DeepEqual(list.Signals, tt.want) {
			t.Errorf("%s: %+v, %v", name, list, err)
		}
	}
	gone := query
	gone.ID = "ch2"
	_, err := c.ShowChannelStatistic(t.Context(), gone, 10, 0)
	check(t, "of no channel", err, medialive.KindNotFound)

	plain, err := cloud.Client("token")
	if err != nil {
		t.Fatal(err)
	}
	cloud.Inject("ShowChannelStatistic", 1, medialivetest.PublishedWords())
	query.Role = medialive.AllRegions
	if list, err := plain.ShowChannelStatistic(t.Context(), query, 10, 0); err != nil || !reflect.DeepEqual(list.Signals, []medialive.SCTE35Event{splice, signal}) {
		t.Errorf("in published words: %+v, %v", list, err)
	}
}

func TestDimensions(t *testing.T) {
	cloud := medialivetest.New()
	c := conforming(t, cloud)
	dimensions, err := c.ListDimensions(t.Context())
	if err != nil || len(dimensions) != 8 || dimensions[medialive.DimFlow].Display["id"].English != "Connect" {
		t.Errorf("%v, %v", dimensions, err)
	}
	cloud.AddChannel(rtmp("ch1"))
	cloud.AddChannel(rtmp("ch2"))
	cloud.Add(medialivetest.Flow{Flow: medialive.Flow{ID: "f1", Name: "flow"}})
	step := func(pairs ...string) (path []medialive.DimensionStep) {
		for i := 0; i < len(pairs); i += 2 {
			path = append(path, medialive.DimensionStep{Dimension: pairs[i], ID: pairs[i+1]})
		}
		return path
	}
	one := medialive.InstanceRef{ID: "ch1", Name: "One"}
	for name, tt := range map[string]struct {
		path         []medialive.DimensionStep
		start, limit int
		want         []medialive.Instance
		total        int
	}{
		"channels":  {step(medialive.DimChannel, ""), 1, 1, []medialive.Instance{{medialive.DimChannel: one}}, 2},
		"pipelines": {step(medialive.DimChannel, "ch1", medialive.DimPipeline, ""), 0, 100, []medialive.Instance{{medialive.DimChannel: one, medialive.DimPipeline: {ID: "Pipeline0", Name: "Pipeline0"}}}, 1},
		"audios": {step(medialive.DimChannel, "ch1", medialive.DimPipeline, "Pipeline0", medialive.DimAudio, ""), 0, 100, []medialive.Instance{{
			medialive.DimChannel: one, medialive.DimPipeline: {ID: "Pipeline0", Name: "Pipeline0"}, medialive.DimAudio: {ID: "Audio0", Name: "Audio0"},
		}}, 1},
		"flows":              {step(medialive.DimFlow, ""), 0, 0, []medialive.Instance{{medialive.DimChannel: {ID: "f1", Name: "flow"}}}, 1},
		"of no channel":      {step(medialive.DimChannel, "ch9", medialive.DimPipeline, ""), 0, 100, []medialive.Instance{}, 0},
		"of no pipeline":     {step(medialive.DimChannel, "ch1", medialive.DimPipeline, "Pipeline9"), 0, 100, []medialive.Instance{}, 0},
		"of no such thing":   {step(medialive.DimRegion, ""), 0, 100, []medialive.Instance{}, 0},
		"further than it is": {step(medialive.DimChannel, "", medialive.DimFlow, ""), 0, 100, []medialive.Instance{}, 0},
	} {
		if page, err := c.ListInstances(t.Context(), tt.start, tt.limit, tt.path...); err != nil || page.Total != tt.total || !reflect.DeepEqual(page.Instances, tt.want) {
			t.Errorf("%s: %+v, %v", name, page, err)
		}
	}
	_, err = c.ListInstances(t.Context(), 0, 10)
	check(t, "of no path", err, medialive.KindRefused)
}

func TestCloudEye(t *testing.T) {
	cloud := medialivetest.New()
	e, err := cloud.CloudEye("token")
	if err != nil {
		t.Fatal(err)
	}
	metric := func(name string) medialive.Metric {
		return medialive.Metric{
			Namespace: medialive.LiveNamespace, Name: name, Unit: "bit/s",
			Dimensions: []medialive.MetricDimension{{Name: medialive.DimChannel, Value: "ch1"}},
		}
	}
	at := time.UnixMilli(1_700_000_000_000).UTC()
	for i := range 3 {
		cloud.Measure(medialive.Series{Metric: metric("in"), Points: []medialive.Point{{At: at.Add(time.Duration(i) * time.Minute), Value: float64(i)}}})
	}
	cloud.Measure(medialive.Series{Metric: metric("out")})
	all, err := e.AllMetrics(t.Context(), medialive.Metric{Namespace: medialive.LiveNamespace})
	if want := []medialive.Metric{metric("in"), metric("out")}; err != nil || !reflect.DeepEqual(all, want) {
		t.Errorf("%v, %v", all, err)
	}
	first, err := e.Metrics(t.Context(), medialive.Metric{Dimensions: metric("").Dimensions}, "", 1)
	check(t, "the first page", err, "")
	second, err := e.Metrics(t.Context(), medialive.Metric{}, first.Marker, 1)
	if err != nil || !reflect.DeepEqual(append(first.Metrics, second.Metrics...), all) {
		t.Errorf("by pages %v, %v, %v", first, second, err)
	}
	if none, err := e.AllMetrics(t.Context(), medialive.Metric{Name: "other"}); err != nil || len(none) != 0 {
		t.Errorf("%v, %v", none, err)
	}

	query := medialive.MetricQuery{Period: 60, Aggregate: medialive.Maximum, From: at, To: at.Add(2 * time.Minute)}
	want := medialive.Series{Metric: metric("in"), Points: []medialive.Point{{At: at, Value: 0}, {At: at.Add(time.Minute), Value: 1}}}
	if s, err := e.MetricData(t.Context(), metric("in"), query); err != nil || !reflect.DeepEqual(s, want) {
		t.Errorf("%+v, %v", s, err)
	}
	series, err := e.BatchMetricData(t.Context(), all, query)
	if err != nil || len(series) != 2 || !reflect.DeepEqual(series[0], want) || len(series[1].Points) != 0 || series[1].Name != "out" {
		t.Errorf("%+v, %v", series, err)
	}
	query.Period, query.To = medialive.Raw, at.Add(4*time.Hour+2*time.Minute)
	if s, err := e.MetricData(t.Context(), metric("in"), query); err != nil || len(s.Points) != 1 {
		t.Errorf("the start was not moved: %+v, %v", s, err)
	}
	for name, wrong := range map[string]medialive.MetricQuery{
		"backwards":        {Period: 60, Aggregate: medialive.Sum, From: at, To: at},
		"a strange period": {Period: 61, Aggregate: medialive.Sum, From: at, To: at.Add(time.Minute)},
	} {
		_, err = e.MetricData(t.Context(), metric("in"), wrong)
		check(t, name, err, medialive.KindRefused)
		_, err = e.BatchMetricData(t.Context(), all, wrong)
		check(t, name+", of several", err, medialive.KindRefused)
	}
}

// TestBatchIsBounded: what is over the number of points is left out.
func TestBatchIsBounded(t *testing.T) {
	cloud := medialivetest.New()
	e, err := cloud.CloudEye("token")
	if err != nil {
		t.Fatal(err)
	}
	at := time.UnixMilli(1_700_000_000_000)
	var metrics []medialive.Metric
	for n := range 4 {
		s := medialive.Series{Metric: medialive.Metric{Name: fmt.Sprint("m", n)}}
		for i := range 1000 {
			s.Points = append(s.Points, medialive.Point{At: at.Add(time.Duration(i) * time.Second)})
		}
		cloud.Measure(s)
		metrics = append(metrics, s.Metric)
	}
	series, err := e.BatchMetricData(t.Context(), metrics, medialive.MetricQuery{Period: 1, Aggregate: medialive.Average, From: at, To: at.Add(time.Hour)})
	if err != nil || len(series) != 4 || len(series[2].Points) != 1000 || len(series[3].Points) != 0 {
		t.Errorf("%v", err)
	}
	_, err = e.BatchMetricData(t.Context(), make([]medialive.Metric, medialive.MaxBatch+1), medialive.MetricQuery{Period: 1, From: at, To: at.Add(time.Hour)})
	check(t, "too many", err, medialive.KindRefused)
}
