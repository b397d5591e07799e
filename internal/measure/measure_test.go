package measure_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/measure"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// clock is a time that stands until it is moved.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// asker asks a fake cloud.
func asker(t *testing.T, cloud *medialivetest.Cloud, who string) measure.Asker {
	t.Helper()
	cloud.AddUser(who, medialivetest.User{ID: who, Password: "p"})
	login, err := medialive.NewIAM(medialive.IAMConfig{Endpoint: medialivetest.Endpoint, Transport: cloud.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	info, err := login.SignIn(t.Context(), medialive.SignIn{Account: "account", User: who, Password: "p", Project: "local"})
	if err != nil {
		t.Fatal(err)
	}
	config := medialive.Config{Endpoint: medialivetest.Endpoint, ProjectID: info.ProjectID, Auth: medialive.Token(info.Token), Transport: cloud.Transport()}
	live, err := medialive.New(config)
	if err != nil {
		t.Fatal(err)
	}
	eye, err := medialive.NewCloudEye(config)
	if err != nil {
		t.Fatal(err)
	}
	return measure.Asker{Who: who, Live: live, Eye: eye}
}

func metric(name, unit, channel string) medialive.Metric {
	return medialive.Metric{
		Namespace: medialive.LiveNamespace, Name: name, Unit: unit,
		Dimensions: []medialive.MetricDimension{{Name: medialive.DimChannel, Value: channel}, {Name: medialive.DimPipeline, Value: "Pipeline0"}},
	}
}

// asked counts the requests of an operation.
func asked(cloud *medialivetest.Cloud, op string) (n int) {
	for _, r := range cloud.Requests() {
		if r.Op == op {
			n++
		}
	}
	return n
}

func TestAnswersServeForAWhile(t *testing.T) {
	cloud, now := medialivetest.New(), &clock{t: time.Now()}
	m := &measure.Measures{Now: now.now}
	one, two := asker(t, cloud, "op-1"), asker(t, cloud, "op-2")
	for range 3 {
		if _, err := m.Dimensions(t.Context(), one); err != nil {
			t.Fatal(err)
		}
	}
	if n := asked(cloud, "ListCesDimsInfo"); n != 1 {
		t.Errorf("asked %d times", n)
	}
	if _, err := m.Dimensions(t.Context(), two); err != nil || asked(cloud, "ListCesDimsInfo") != 2 {
		t.Errorf("another asker was answered from what the first one was told: %v", err)
	}
	now.move(61 * time.Second)
	if dims, err := m.Dimensions(t.Context(), one); err != nil || len(dims) != 8 || asked(cloud, "ListCesDimsInfo") != 3 {
		t.Errorf("an old answer served: %v, %v", dims, err)
	}
}

func TestFailuresServeShortly(t *testing.T) {
	cloud, now := medialivetest.New(), &clock{t: time.Now()}
	m, a := &measure.Measures{Now: now.now}, asker(t, cloud, "op-1")
	cloud.Inject("ListMetrics", 0, medialivetest.Status(403, "ces.0050", "forbidden"))
	for range 3 {
		if _, err := m.Metrics(t.Context(), a); medialive.KindOf(err) != medialive.KindNotPermitted {
			t.Fatalf("error %v", err)
		}
	}
	n := asked(cloud, "ListMetrics")
	now.move(6 * time.Second)
	if _, err := m.Metrics(t.Context(), a); err == nil || asked(cloud, "ListMetrics") == n {
		t.Errorf("not asked again: %v", err)
	}
}

func TestWhoGoesIsNoAnswerToOthers(t *testing.T) {
	cloud := medialivetest.New()
	m, a := &measure.Measures{}, asker(t, cloud, "op-1")
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Dimensions(gone, a); err == nil {
		t.Error("answered to somebody who has gone")
	}
	if _, err := m.Dimensions(t.Context(), a); err != nil {
		t.Errorf("his going was answered to another: %v", err)
	}
}

func TestValuesKeepToTheLimitsOfCloudEye(t *testing.T) {
	cloud, now := medialivetest.New(), &clock{t: time.Now().Truncate(time.Minute).Add(10 * time.Second)}
	m, a := &measure.Measures{Now: now.now}, asker(t, cloud, "op-1")
	last := now.now().Truncate(time.Minute).Add(-time.Minute)
	for i := range 20 {
		unit := []string{"bit/s", "count"}[i%2]
		s := medialive.Series{Metric: metric(fmt.Sprintf("m%02d", i), unit, "ch1")}
		for k := range 360 {
			s.Points = append(s.Points, medialive.Point{At: last.Add(-time.Duration(k) * time.Minute), Value: float64(1000*i + k)})
		}
		cloud.Measure(s)
	}
	metrics, err := m.Metrics(t.Context(), a, medialive.MetricDimension{Name: medialive.DimChannel, Value: "ch1"})
	if err != nil || len(metrics) != 20 {
		t.Fatalf("%d metrics: %v", len(metrics), err)
	}
	v, err := m.Values(t.Context(), a, metrics, measure.Span{Length: 6 * time.Hour, Period: 60})
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range v.Series {
		if s.Name != metrics[i].Name || len(s.Points) != 360 || !s.Points[359].At.Equal(last) {
			t.Errorf("%s: %d points of %s", metrics[i].Name, len(s.Points), s.Name)
		}
	}
	if n := asked(cloud, "BatchListMetricData"); n != 4 { // 361 points each, 8 metrics a time, two aggregates of ten
		t.Errorf("asked %d times", n)
	}
	if _, err := m.Values(t.Context(), a, metrics, measure.Span{Length: 6 * time.Hour, Period: 60}); err != nil || asked(cloud, "BatchListMetricData") != 4 {
		t.Errorf("asked again at once: %v", err)
	}
}

func TestNoSignalsIsNoFailure(t *testing.T) {
	cloud := medialivetest.New()
	m, a := &measure.Measures{}, asker(t, cloud, "op-1")
	list, err := m.Signals(t.Context(), a, measure.SignalQuery{
		Channel: medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: "gone"}, Kind: medialive.AllSignals, From: time.Now().Add(-time.Hour), To: time.Now(),
	}, 100, 0)
	if err != nil || len(list.Signals) != 0 {
		t.Errorf("%v, %v", list, err)
	}
}
