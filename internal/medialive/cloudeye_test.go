package medialive

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"
)

// eye connects a Cloud Eye client to a handler.
func eye(t *testing.T, h http.HandlerFunc) *CloudEye {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return cloudEye(testClient(t, server.URL))
}

var (
	bandwidth = Metric{Namespace: LiveNamespace, Name: "bandwidth", Dimensions: []MetricDimension{{"domain", "push.example.com"}, {"id", "ch1"}}, Unit: "bit/s"}
	query     = MetricQuery{Period: 300, Aggregate: Maximum, From: time.UnixMilli(1_700_000_000_123), To: time.UnixMilli(1_700_003_600_000)}
)

func TestMetrics(t *testing.T) {
	e := eye(t, func(w http.ResponseWriter, r *http.Request) {
		if got := r.Method + " " + r.URL.RequestURI(); got !=
			"GET /V1.0/p/metrics?dim.0=domain%2Cpush.example.com&dim.1=id%2Cch1&limit=2&metric_name=bandwidth&namespace=SYS.LIVE&start=m1" {
			t.Error(got)
		}
		if r.Header.Get("X-Auth-Token") == "" || r.Header.Get("X-Project-Id") != "p" {
			t.Error("not authenticated")
		}
		_, _ = io.WriteString(w, `{"metrics":[{"namespace":"SYS.LIVE","dimensions":[{"name":"domain","value":"push.example.com"},{"name":"id","value":"ch1"}],
			"metric_name":"bandwidth","unit":"bit/s"}],"meta_data":{"count":1,"marker":"m2","total":7}}`)
	})
	page, err := e.Metrics(t.Context(), bandwidth, "m1", 2)
	if want := (MetricPage{[]Metric{bandwidth}, 7, "m2"}); err != nil || !reflect.DeepEqual(page, want) {
		t.Errorf("%+v, %v", page, err)
	}
}

func TestAllMetrics(t *testing.T) {
	full := strings.TrimSuffix(strings.Repeat(`{"metric_name":"a"},`, MaxMetricPage), ",")
	for name, c := range map[string]struct {
		pages   map[string]string // by marker, with the next one
		metrics int
		asked   int
	}{
		"one":             {map[string]string{"": `[{"metric_name":"a"}] m1`}, 1, 1},
		"three":           {map[string]string{"": "[" + full + "] m1", "m1": "[" + full + "] m2", "m2": "[] m2"}, 2000, 3},
		"the same marker": {map[string]string{"": "[" + full + "] m1", "m1": "[" + full + "] m1"}, 2000, 2},
		"no marker":       {map[string]string{"": "[" + full + "] "}, 1000, 1},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			e := eye(t, func(w http.ResponseWriter, r *http.Request) {
				asked++
				i := strings.LastIndex(c.pages[r.URL.Query().Get("start")], " ")
				page := c.pages[r.URL.Query().Get("start")]
				_, _ = fmt.Fprintf(w, `{"metrics":%s,"meta_data":{"marker":%q}}`, page[:i], page[i+1:])
			})
			if all, err := e.AllMetrics(t.Context(), Metric{}); err != nil || len(all) != c.metrics || asked != c.asked {
				t.Errorf("%d metrics by %d requests, %v", len(all), asked, err)
			}
		})
	}
	asked := 0
	endless := eye(t, func(w http.ResponseWriter, _ *http.Request) {
		asked++
		_, _ = fmt.Fprintf(w, `{"metrics":[%s],"meta_data":{"marker":"m%d"}}`, full, asked)
	})
	if _, err := endless.AllMetrics(t.Context(), Metric{}); err != nil || asked != maxMetricPages {
		t.Errorf("%d requests, %v", asked, err)
	}
}

func TestMetricData(t *testing.T) {
	e := eye(t, func(w http.ResponseWriter, r *http.Request) {
		if got := r.Method + " " + r.URL.RequestURI(); got != "GET /V1.0/p/metric-data?dim.0=domain%2Cpush.example.com&dim.1=id%2Cch1"+
			"&filter=max&from=1700000000123&metric_name=bandwidth&namespace=SYS.LIVE&period=300&to=1700003600000" {
			t.Error(got)
		}
		_, _ = io.WriteString(w, `{"metric_name":"bandwidth","datapoints":[{"max":2.5,"timestamp":1700000300000,"unit":"bit/s"},{"timestamp":1700000600000},
			{"max":1,"timestamp":1700000000000,"unit":"bit/s"}]}`)
	})
	m := bandwidth
	m.Unit = ""
	s, err := e.MetricData(t.Context(), m, query)
	want := Series{bandwidth, []Point{{time.UnixMilli(1700000000000).UTC(), 1}, {time.UnixMilli(1700000300000).UTC(), 2.5}}}
	if err != nil || !reflect.DeepEqual(s, want) {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestBatchMetricData(t *testing.T) {
	e := eye(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if got := r.Method + " " + r.URL.RequestURI() + " " + string(body); got != `POST /V1.0/p/batch-query-metric-data {"metrics":[`+
			`{"namespace":"SYS.LIVE","metric_name":"bandwidth","dimensions":[{"name":"domain","value":"push.example.com"},{"name":"id","value":"ch1"}]}],`+
			`"period":"300","filter":"max","from":1700000000123,"to":1700003600000}` {
			t.Error(got)
		}
		_, _ = io.WriteString(w, `{"metrics":[{"namespace":"SYS.LIVE","metric_name":"bandwidth","unit":"bit/s",
			"dimensions":[{"name":"domain","value":"push.example.com"},{"name":"id","value":"ch1"}],"datapoints":[{"max":1,"timestamp":1700000000000}]},{"datapoints":null}]}`)
	})
	all, err := e.BatchMetricData(t.Context(), []Metric{bandwidth}, query)
	want := []Series{{bandwidth, []Point{{time.UnixMilli(1700000000000).UTC(), 1}}}, {Points: []Point{}}}
	if err != nil || !reflect.DeepEqual(all, want) {
		t.Errorf("%+v, %v", all, err)
	}
}

// TestAggregates reads the value where the aggregate says, and raw values where
// they are.
func TestAggregates(t *testing.T) {
	for by, want := range map[Aggregate]float64{Average: 1, Variance: 2, Minimum: 3, Maximum: 4, Sum: 5, "p99": 1} {
		d := datapoint{Average: new(1.0), Variance: new(2.0), Minimum: new(3.0), Maximum: new(4.0), Sum: new(5.0)}
		if got := points([]datapoint{d}, by); len(got) != 1 || got[0].Value != want {
			t.Errorf("%s: %v", by, got)
		}
	}
	if got := points([]datapoint{{Average: new(7.0)}}, Maximum); len(got) != 1 || got[0].Value != 7 {
		t.Errorf("raw: %v", got)
	}
}

func TestSpans(t *testing.T) {
	for _, p := range Periods() {
		if (p.Span() == 0) != (p == 60) {
			t.Errorf("%d: %s", p, p.Span())
		}
	}
}

// TestCloudEyeRefuses: Cloud Eye has shapes of error of its own, besides that of
// the gateway before it.
func TestCloudEyeRefuses(t *testing.T) {
	for body, code := range map[string]string{
		`{"http_code":"400","message":{"details":"bad","code":"ces.0014"}}`:                                             "ces.0014",
		`{"code":400,"element":"Bad Request","message":"not recognized","details":{"details":"bad","code":"ces.0014"}}`: "ces.0014",
		`{"error_code":"ces.0014","error_msg":"bad"}`:                                                                   "ces.0014",
	} {
		e := eye(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, body, http.StatusBadRequest) })
		_, err := e.Metrics(t.Context(), Metric{}, "", 10)
		if got := wantKind(t, err, KindRefused); got.Code != code || got.Message != "bad" {
			t.Errorf("%s: %+v", body, got)
		}
	}
	for _, body := range []string{`{}`, `[]`, `{"metrics":null}`, `<html>`} {
		e := eye(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
		_, metrics := e.AllMetrics(t.Context(), Metric{})
		_, data := e.MetricData(t.Context(), Metric{}, query)
		_, batch := e.BatchMetricData(t.Context(), nil, query)
		for _, err := range []error{metrics, data, batch} {
			wantKind(t, err, KindUnreadable)
		}
	}
	if _, err := NewCloudEye(Config{}); err == nil {
		t.Error("a client without an endpoint")
	}
	if endpoint, ok := CloudEyeEndpoint("cn-north-4"); !ok || endpoint != "https://ces.cn-north-4.myhuaweicloud.com" {
		t.Error(endpoint)
	}
	if _, ok := CloudEyeEndpoint("evil.example/"); ok {
		t.Error("a region that is not known")
	}
}
