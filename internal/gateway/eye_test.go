package gateway_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/packager"
	"github.com/flowdeck/flowdeck/internal/store"
)

// eye is the gateway as Cloud Eye.
func (f *fixture) eye() *medialive.CloudEye {
	f.t.Helper()
	eye, err := medialive.NewCloudEye(medialive.Config{Endpoint: f.url, ProjectID: f.project, Auth: medialive.Token(f.token)})
	f.must(err)
	return eye
}

// uid gives the UID of a channel.
func (f *fixture) uid(key medialive.ChannelKey) string {
	f.t.Helper()
	row, err := f.store.Channel(f.t.Context(), f.project, store.ChannelKey(key))
	f.must(err)
	return row.UID
}

// measure keeps minutes of a channel, one after the other.
func (f *fixture) measure(key medialive.ChannelKey, first time.Time, name string, values ...float64) {
	f.t.Helper()
	for i, v := range values {
		f.must(f.store.AddChannelMinutes(f.t.Context(), store.Minute{
			Of: f.uid(key), At: first.Add(time.Duration(i) * time.Minute), Values: map[string]float64{name: v, medialive.MetricRequests2xx + "/p1": 1},
		}))
	}
}

func TestMetricsAnswerWhatWasMeasured(t *testing.T) {
	t.Parallel()
	f := newFixture(t, newFakeRelay())
	other := testKey
	other.AppName = "other" // of the same id
	f.createChannel(testKey)
	f.must(func() error {
		ch := newChannel(other)
		ch.Outputs = nil
		_, err := f.client.CreateChannel(t.Context(), ch)
		return err
	}())
	hour := time.Now().UTC().Truncate(time.Hour).Add(-time.Hour)
	f.measure(testKey, hour, medialive.MetricInputBandwidth, 1e6, 2e6, 3e6, 4e6, 5e6, 6e6)
	f.measure(other, hour, medialive.MetricInputBandwidth, 9e6)
	eye := f.eye()

	all, err := eye.AllMetrics(t.Context(), medialive.Metric{Namespace: medialive.LiveNamespace})
	f.must(err)
	if len(all) != 4 {
		t.Fatalf("metrics %v", all)
	}
	mine, err := eye.AllMetrics(t.Context(), medialive.Metric{Name: medialive.MetricInputBandwidth, Dimensions: []medialive.MetricDimension{
		{Name: medialive.DimChannel, Value: "ch1"}, {Name: medialive.DimAppName, Value: testKey.AppName},
	}})
	f.must(err)
	if len(mine) != 1 || mine[0].Unit != "bit/s" || len(mine[0].Dimensions) != 4 {
		t.Fatalf("metrics of one channel %v", mine)
	}
	ofPackage, err := eye.AllMetrics(t.Context(), medialive.Metric{Dimensions: []medialive.MetricDimension{{Name: medialive.DimPackage, Value: "ch1"}, {Name: medialive.DimPackageID, Value: "p1"}}})
	f.must(err)
	if len(ofPackage) != 2 || ofPackage[0].Name != medialive.MetricRequests2xx {
		t.Errorf("metrics of a package %v", ofPackage)
	}
	query := medialive.MetricQuery{Period: 300, Aggregate: medialive.Maximum, From: hour, To: hour.Add(time.Hour)}
	one, err := eye.MetricData(t.Context(), mine[0], query)
	f.must(err)
	want := []medialive.Point{{At: hour, Value: 5e6}, {At: hour.Add(5 * time.Minute), Value: 6e6}}
	if !slices.Equal(one.Points, want) || one.Unit != "bit/s" {
		t.Errorf("in periods of five minutes: %v", one)
	}
	query.Period = 60
	query.Aggregate = medialive.Average
	absent := mine[0]
	absent.Name = "nothing"
	batch, err := eye.BatchMetricData(t.Context(), []medialive.Metric{mine[0], absent}, query)
	f.must(err)
	if len(batch) != 2 || len(batch[0].Points) != 6 || batch[0].Points[2].Value != 3e6 || batch[0].Unit != "bit/s" || len(batch[1].Points) != 0 {
		t.Errorf("batch %v", batch)
	}
}

// TestFlowsAreMeasured: what the relay reports of a flow is told by the minute.
func TestFlowsAreMeasured(t *testing.T) {
	t.Parallel()
	f := newFixture(t, newFakeRelay())
	flow := f.create("FEED-A")
	minute := time.Now().UTC().Truncate(time.Minute).Add(-time.Minute)
	f.must(f.store.AddFlowMinutes(t.Context(), store.Minute{Of: flow.ID, At: minute, Values: map[string]float64{medialive.MetricRTT: 38, medialive.MetricInputBandwidth: 8e6}}))
	of := medialive.Metric{Dimensions: []medialive.MetricDimension{{Name: medialive.DimFlow, Value: flow.ID}}}
	all, err := f.eye().AllMetrics(t.Context(), of)
	f.must(err)
	if len(all) != 2 || all[0].Unit != "bit/s" || all[1].Unit != "ms" {
		t.Fatalf("metrics %v", all)
	}
	query := medialive.MetricQuery{Period: 60, Aggregate: medialive.Average, From: minute, To: minute.Add(time.Minute)}
	got, err := f.eye().BatchMetricData(t.Context(), all, query)
	f.must(err)
	if len(got) != 2 || !slices.Equal(got[1].Points, []medialive.Point{{At: minute, Value: 38}}) {
		t.Errorf("values %v", got)
	}
}

func TestMetricsArePagedInTheirOrder(t *testing.T) {
	t.Parallel()
	f := newFixture(t, newFakeRelay())
	f.createChannel(testKey)
	f.measure(testKey, time.Now().Add(-time.Minute), medialive.MetricInputBandwidth, 1)
	first, err := f.eye().Metrics(t.Context(), medialive.Metric{}, "", 1)
	f.must(err)
	second, err := f.eye().Metrics(t.Context(), medialive.Metric{}, first.Marker, 1)
	f.must(err)
	if first.Total != 2 || len(first.Metrics) != 1 || len(second.Metrics) != 1 || first.Metrics[0].Name == second.Metrics[0].Name {
		t.Errorf("pages %v and %v", first, second)
	}
	if third, err := f.eye().Metrics(t.Context(), medialive.Metric{}, second.Marker, 1); err != nil || len(third.Metrics) > 0 {
		t.Errorf("after the last one: %v, %v", third, err)
	}
}

func TestBatchMovesTheStartOfTooManyPoints(t *testing.T) {
	t.Parallel()
	f := newFixture(t, newFakeRelay())
	f.createChannel(testKey)
	hour := time.Now().UTC().Truncate(time.Hour).Add(-time.Hour)
	f.measure(testKey, hour, medialive.MetricInputBandwidth, make([]float64, 60)...)
	metrics, err := f.eye().AllMetrics(t.Context(), medialive.Metric{Name: medialive.MetricInputBandwidth})
	f.must(err)
	for len(metrics) < 100 {
		metrics = append(metrics, metrics[0])
	}
	batch, err := f.eye().BatchMetricData(t.Context(), metrics, medialive.MetricQuery{Period: 60, Aggregate: medialive.Sum, From: hour, To: hour.Add(time.Hour)})
	f.must(err)
	if n := len(batch[99].Points); n != 30 || !batch[0].Points[0].At.Equal(hour.Add(30*time.Minute)) {
		t.Errorf("%d points from %v", n, batch[0].Points[0])
	}
}

func TestMetricsRefuseAsCloudEyeDoes(t *testing.T) {
	t.Parallel()
	f := newFixture(t, newFakeRelay())
	eye, to := "/V1.0/"+f.project, time.Now().UnixMilli()
	data := func(query string) string {
		return fmt.Sprintf("%s/metric-data?dim.0=a,b&metric_name=x&to=%d&%s", eye, to, query)
	}
	for path, body := range map[string]string{
		eye + "/metrics?limit=0":                        "",
		eye + "/metrics?dim.0=medialive_mpc":            "",
		data("from=1&period=60&filter=median"):          "",
		data("from=1&period=61&filter=max"):             "",
		data("from=0&period=60&filter=max"):             "",
		data("from=9999999999999&period=60&filter=max"): "",
		eye + "/batch-query-metric-data":                `{"metrics":[],"period":"60","filter":"max","from":1,"to":2}`,
		eye + "/batch-query-metric-data?2":              `{"metrics":[{}],"period":60,"filter":"max","from":1,"to":2}`,
	} {
		method := "GET"
		if body != "" {
			method = "POST"
		}
		r := f.ask(method, path, body)
		if r.status != 400 || r.code != "" || !slices.Contains([]string{`{"http_code":"400","message":{"code":"ces.0014"`}, r.body[:min(len(r.body), 47)]) {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
	if r := f.askAs("", "GET", eye+"/metrics", ""); r.status != 401 || r.code != "APIG.0301" {
		t.Errorf("without a token: %d %s", r.status, r.body)
	}
}

// TestMinutesAreWrittenDown runs a channel whose counters grow, from a minute that
// is over.
func TestMinutesAreWrittenDown(t *testing.T) {
	t.Parallel()
	f, r := newChannelFixture(t)
	f.createRunnable(testKey)
	began := time.Now().Add(-90 * time.Second)
	r.set(func(r *fakeChannels) {
		r.report = packager.ChannelReport{Since: began, Inputs: []packager.InputReport{{Counts: packager.Counts{Bytes: 9_000_000}}}}
	})
	_, err := f.client.SwitchChannel(t.Context(), testKey, medialive.ChannelOn)
	f.must(err)
	eventually(t, "the minute is told", 3*patience, func() bool {
		metrics, err := f.eye().AllMetrics(t.Context(), medialive.Metric{Name: medialive.MetricInputBandwidth})
		f.must(err)
		if len(metrics) == 0 {
			return false
		}
		s, err := f.eye().MetricData(t.Context(), metrics[0], medialive.MetricQuery{Period: medialive.Raw, Aggregate: medialive.Average, From: began.Add(-time.Minute), To: time.Now()})
		f.must(err)
		return len(s.Points) == 1 && s.Points[0].At.Equal(began.UTC().Truncate(time.Minute)) && s.Points[0].Value > 0.7e6 && s.Points[0].Value <= 0.8e6
	})
}
