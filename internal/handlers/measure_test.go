package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/store"
)

var channelOne = medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: "one"}

// channelOf is a channel of the fake cloud that plays.
func channelOf(key medialive.ChannelKey) medialive.Channel {
	return medialive.Channel{
		ChannelKey: key, Name: "Channel " + key.ID, State: medialive.ChannelOn,
		Input: medialive.ChannelInput{Protocol: medialive.RTMPPush, Sources: []medialive.ChannelSource{{Bitrate: 4_000_000}}},
		Outputs: []medialive.Endpoint{{HLS: []medialive.HLSPackage{{Package: medialive.Package{
			ID: "p1", URL: "pull.example.com/live/" + key.ID + "/index.m3u8", SegmentDuration: 4,
		}}}}},
	}
}

// measured is a metric of a channel with a value for each of the last minutes.
func measured(name, unit string, key medialive.ChannelKey, values ...float64) medialive.Series {
	s := medialive.Series{Metric: medialive.Metric{
		Namespace: medialive.LiveNamespace, Name: name, Unit: unit,
		Dimensions: []medialive.MetricDimension{{Name: medialive.DimChannel, Value: key.ID}, {Name: medialive.DimPipeline, Value: "Pipeline0"}},
	}}
	last := time.Now().Truncate(time.Minute).Add(-time.Minute)
	for i, v := range values {
		s.Points = append(s.Points, medialive.Point{At: last.Add(-time.Duration(len(values)-1-i) * time.Minute), Value: v})
	}
	return s
}

// statisticsHouse is a dashboard whose channel one is measured.
func statisticsHouse(t *testing.T, more func(*medialivetest.Cloud)) *house {
	t.Helper()
	return newHouse(t, func(c *medialivetest.Cloud) {
		c.AddChannel(channelOf(channelOne))
		c.Measure(measured("input_bandwidth", "bit/s", channelOne, 4e6, 5e6, 6e6))
		c.Measure(measured("<b>odd</b>", "", channelOne, 7))
		if more != nil {
			more(c)
		}
	})
}

const statisticsPath = "/channels/push.example.com/live/one/statistics"

// openedAt waits for a page of a channel: the first read of the channels may be
// waited for.
func (b *browser) openedAt(path string) reply {
	b.t.Helper()
	var r reply
	eventually(b.t, path+" is there", func() bool {
		r = b.get(path)
		return r.status == http.StatusOK
	})
	return r
}

func TestStatisticsOfAChannel(t *testing.T) {
	t.Parallel()
	began := time.Now().Add(-10 * time.Minute).Unix()
	other := channelOne
	other.ID = "two"
	h := statisticsHouse(t, func(c *medialivetest.Cloud) {
		c.AddChannel(channelOf(other))
		c.Measure(measured("pid_errors", "count", other, 1))
		s := measured("output_traffic", "Byte", channelOne, 1e6)
		s.Dimensions = []medialive.MetricDimension{{Name: medialive.DimPackage, Value: "one"}, {Name: medialive.DimDomain, Value: "elsewhere.example.com"}}
		c.Measure(s) // of a channel of that id elsewhere
		c.Signal(
			channelOne,
			medialive.SCTE35Event{Kind: medialive.SpliceInsert, EventID: 7, Start: began, Duration: 30, Segmentation: medialive.NoSegmentation, Data: "/DAlAAAAAAAAAP/wFAUAAAAH", Decoded: "{}"},
			medialive.SCTE35Event{Kind: medialive.TimeSignal, EventID: 8, Start: began + 60, Duration: -1, Segmentation: medialive.ProviderAdStart, Data: "AA==", Role: medialive.MasterRegion},
		)
	})
	doc := h.signedIn("op-1").openedAt(statisticsPath).doc()
	charts := doc.Find("#measures .chart")
	if charts.Length() != 2 || charts.Find("path.chart-line").Length() != 2 {
		t.Fatalf("%d charts, %d lines", charts.Length(), charts.Find("path.chart-line").Length())
	}
	if of := doc.Find("#measures h3").Text(); of != "Input and transcoding · Pipeline0" {
		t.Errorf("charts of %q", of)
	}
	first := charts.First()
	if title := first.Find(".chart-title").Text(); title != "Input bandwidth" {
		t.Errorf("title %q", title)
	}
	if now := strings.Join(strings.Fields(first.Find(".chart-now").Text()), " "); now != "6 Mb/s" {
		t.Errorf("present value %q", now)
	}
	if odd := charts.Last().Find(".chart-title").Text(); odd != "<b>odd</b>" {
		t.Errorf("a metric of a name that is not known is called %q", odd)
	}
	if n := doc.Find("#measures .chart-marks .chart-mark").Length(); n != 2 {
		t.Errorf("%d signals on the time axis", n)
	}
	rows := doc.Find(".measure-signals tbody tr")
	if rows.Length() != 2 || !strings.Contains(rows.First().Text(), "ProviderAdvertisementStart") || !strings.Contains(rows.Last().Text(), "30 s") {
		t.Errorf("signals %q", rows.Text())
	}
	if tab := doc.Find(`.tabs [aria-current="page"]`).Text(); tab != "Statistics" {
		t.Errorf("tab %q", tab)
	}
}

// TestSignalsAreChosen: by kind and by region, and all pages of them can be turned
// to, which the charts are drawn anew with.
func TestSignalsAreChosen(t *testing.T) {
	t.Parallel()
	h := statisticsHouse(t, func(c *medialivetest.Cloud) {
		began := time.Now().Add(-50 * time.Minute).Unix()
		for i := range int64(150) {
			c.Signal(channelOne, medialive.SCTE35Event{Kind: medialive.SpliceInsert, EventID: 1000 + i, Start: began + i, Duration: 30, Segmentation: medialive.NoSegmentation, Data: "AA==", Role: medialive.MasterRegion})
		}
		c.Signal(
			channelOne,
			medialive.SCTE35Event{Kind: medialive.TimeSignal, EventID: 7, Start: began + 200, Duration: -1, Segmentation: medialive.ProviderAdStart, Data: "AA==", Role: medialive.MasterRegion},
			medialive.SCTE35Event{Kind: medialive.TimeSignal, EventID: 8, Start: began + 201, Duration: -1, Segmentation: medialive.ProviderAdEnd, Data: "AA==", Role: medialive.SlaveRegion, Region: "cn-east-3"},
		)
	})
	b := h.signedIn("op-1")
	b.openedAt(statisticsPath)
	for address, want := range map[string]struct {
		rows        int
		first, says string
	}{
		"":                                     {100, "7", "1 to 100 of 151"},
		"?page=1":                              {51, "1050", "101 to 151 of 151"},
		"?signals=time_signal":                 {1, "7", ""},
		"?signals=time_signal&region=all":      {2, "8", ""},
		"?region=slave":                        {1, "8", ""},
		"?signals=splice_insert&region=slave":  {0, "", ""},
		"?signals=splice_insert&page=7":        {0, "", ""},
		"/charts?signals=time_signal&range=6h": {1, "7", ""},
	} {
		signals := b.page(statisticsPath + address).Find(".measure-signals")
		rows := signals.Find("tbody tr")
		if got := rows.First().Find(`[data-label="Event"]`).Text(); rows.Length() != want.rows || got != want.first || !strings.Contains(signals.Text(), want.says) {
			t.Errorf("%s: %d signals, the first %s, want %v: %s", address, rows.Length(), got, want, signals.Find(".help").Text())
		}
	}
	doc := b.page(statisticsPath + "?region=slave")
	if got := doc.Find(`.measure-signals [data-label="Region"]`).Text(); got != "cn-east-3 Standby" {
		t.Errorf("seen in %q", got)
	}
	if poll := doc.Find("#measures").AttrOr("hx-get", ""); !strings.Contains(poll, "region=slave") {
		t.Errorf("drawn anew by %s", poll)
	}
	older := b.page(statisticsPath).Find(`.measure-signals > a.button`)
	if got := b.page(older.AttrOr("href", "")).Find(".measure-signals tbody tr").Length(); older.Length() != 1 || got != 51 {
		t.Errorf("%d ways on, to %d signals", older.Length(), got)
	}
}

func TestStatisticsAreAskedOnceForAWhile(t *testing.T) {
	t.Parallel()
	h := statisticsHouse(t, nil)
	b := h.signedIn("op-1")
	b.openedAt(statisticsPath)
	for range 5 {
		if r := b.get(statisticsPath + "/charts?range=1h"); r.status != http.StatusOK || r.doc().Find("#measures .chart").Length() != 2 {
			t.Fatalf("charts by themselves: %d\n%s", r.status, r.body)
		}
	}
	asked := map[string]int{}
	for _, r := range h.cloud.Requests() {
		asked[r.Op]++
	}
	if asked["ListMetrics"] != 1 || asked["BatchListMetricData"] != 1 {
		t.Errorf("the cloud was asked %v", asked)
	}
}

func TestStatisticsTellWhatCouldNotBeRead(t *testing.T) {
	t.Parallel()
	h := statisticsHouse(t, nil)
	h.cloud.Inject("ListMetrics", 0, medialivetest.Status(http.StatusForbidden, "ces.0050", "not authorized"))
	h.cloud.Inject("ShowChannelStatistic", 0, medialivetest.Status(http.StatusInternalServerError, "LIVE.100011005", "internal"))
	doc := h.signedIn("op-1").openedAt(statisticsPath).doc()
	problems := doc.Find("#measures .problem")
	if problems.Length() != 2 || !strings.Contains(problems.First().Text(), "not authorized") {
		t.Errorf("problems %q", problems.Text())
	}
	if zh := h.signedIn("op-1").chinese().openedAt(statisticsPath).doc().Find("#measures .problem").First().Text(); !strings.Contains(zh, "云监控拒绝该账号") || !strings.Contains(zh, "CES ReadOnlyAccess") {
		t.Errorf("in Chinese: %q", zh)
	}
}

func TestStatisticsRefuseWhatIsNotThere(t *testing.T) {
	t.Parallel()
	h := statisticsHouse(t, nil)
	b := h.signedIn("op-1")
	b.openedAt(statisticsPath)
	for path, want := range map[string]int{
		statisticsPath + "?signals=odd": http.StatusBadRequest, statisticsPath + "?region=odd": http.StatusBadRequest, statisticsPath + "?page=-1": http.StatusBadRequest,
		statisticsPath + "?range=year": http.StatusBadRequest, statisticsPath + "/charts?range=x": http.StatusBadRequest,
		"/channels/push.example.com/live/none/statistics": http.StatusNotFound,
		"/channels/monitoring?on=x":                       http.StatusBadRequest, "/channels/monitoring/charts": http.StatusBadRequest,
		"/channels/monitoring.csv": http.StatusBadRequest, "/channels/monitoring?" + strings.Repeat("on=a%3Db&", 11): http.StatusBadRequest,
	} {
		if r := b.get(path); r.status != want {
			t.Errorf("%s: %d, want %d", path, r.status, want)
		}
	}
}

func TestStatisticsAsAFile(t *testing.T) {
	t.Parallel()
	h := statisticsHouse(t, func(c *medialivetest.Cloud) { c.Measure(measured("=1+1", "", channelOne, -2)) })
	b := h.signedIn("op-1")
	link := b.openedAt(statisticsPath).doc().Find("#measures a[download]").AttrOr("href", "")
	r := b.get(link)
	if r.status != http.StatusOK || !strings.Contains(r.header.Get("Content-Disposition"), `filename="channel-one-1h-`) {
		t.Fatalf("%s: %d %v", link, r.status, r.header)
	}
	lines := strings.Split(strings.TrimSpace(r.body), "\n")
	if len(lines) != 1+3+1+1 || lines[0] != "time,of,metric,value,unit" || !strings.HasSuffix(lines[3], ",medialive_mpc one · pipeline Pipeline0,input_bandwidth,6000000,bit/s") {
		t.Errorf("file\n%s", r.body)
	}
	if !strings.Contains(r.body, ",'=1+1,-2,") {
		t.Errorf("a formula stands in the file\n%s", r.body)
	}
}

func TestMonitoring(t *testing.T) {
	t.Parallel()
	h := statisticsHouse(t, func(c *medialivetest.Cloud) {
		c.Measure(medialive.Series{Metric: medialive.Metric{
			Namespace: medialive.LiveNamespace, Name: "online", Unit: "count", Dimensions: []medialive.MetricDimension{{Name: "domain", Value: "push.example.com"}},
		}, Points: []medialive.Point{{At: time.Now().Add(-5 * time.Minute), Value: 12}}})
	})
	b := h.signedIn("op-1")
	doc := b.page("/channels/monitoring")
	if n := doc.Find(".chart-ranges .chart-link").Length(); n != 8 {
		t.Errorf("%d dimensions", n)
	}
	instance := doc.Find(`a.name`).First()
	if instance.Text() != "Channel one" {
		t.Errorf("instance %q", instance.Text())
	}
	if n := doc.Find("#sets-title").Parent().Find("tbody tr").Length(); n != 2 {
		t.Errorf("%d things with metrics", n)
	}
	charts := b.page(instance.AttrOr("href", ""))
	if n := charts.Find("#measures .chart").Length(); n != 2 {
		t.Errorf("%d charts of the instance", n)
	}
	of := doc.Find(`#sets-title`).Parent().Find("a").FilterFunction(func(_ int, s *goquery.Selection) bool { return strings.HasPrefix(s.Text(), "domain") })
	domain := b.page(of.AttrOr("href", ""))
	if title := domain.Find("#measures .chart-title").Text(); title != "Online" {
		t.Errorf("charts of a domain: %q", title)
	}
	pipelines := b.page("/channels/monitoring?dim=pipeline")
	if name := pipelines.Find("a.name").First().Text(); name != "Channel one · Pipeline0" {
		t.Errorf("pipeline %q", name)
	}
	below := b.page(doc.Find(`td[data-label="Pipeline"] a`).First().AttrOr("href", ""))
	if name := below.Find("a.name").First().Text(); name != "Channel one · Pipeline0" {
		t.Errorf("pipeline of one channel %q", name)
	}
	audios := b.page(below.Find(`td[data-label="Audio"] a`).First().AttrOr("href", ""))
	if name := audios.Find("a.name").First().Text(); name != "Channel one · Pipeline0 · Audio0" || audios.Find(`td[data-label] a`).Length() != 0 {
		t.Errorf("audio of one pipeline %q", name)
	}
	if n := b.page("/channels/monitoring?dim=pipeline&in=none").Find("#instances-title").Parent().Find("tbody tr").Length(); n != 0 {
		t.Errorf("%d pipelines of a channel that is not there", n)
	}
}

// TestMonitoringOfSeveral: what was ticked is charted on one time axis, what is not
// measured is named, and all of it is there as a file.
func TestMonitoringOfSeveral(t *testing.T) {
	t.Parallel()
	two := channelOne
	two.ID = "two"
	h := statisticsHouse(t, func(c *medialivetest.Cloud) {
		c.AddChannel(channelOf(two))
		c.Measure(measured("input_bandwidth", "bit/s", two, 1e6, 2e6, 3e6))
		c.Signal(two, medialive.SCTE35Event{Kind: medialive.SpliceInsert, EventID: 7, Start: time.Now().Add(-10 * time.Minute).Unix(), Duration: 30, Segmentation: medialive.NoSegmentation, Data: "AA==", Role: medialive.MasterRegion})
	})
	b := h.signedIn("op-1")
	b.openedAt(statisticsPath)
	ticks := b.page("/channels/monitoring").Find(`#instances-title`).Parent().Find(`input[name="on"]`)
	q := url.Values{"on": {ticks.Eq(0).AttrOr("value", ""), ticks.Eq(1).AttrOr("value", ""), "medialive_mpc=<b>none</b>"}}
	doc := b.page("/channels/monitoring?" + q.Encode())
	if n := doc.Find("#measures .measure-group").Length(); ticks.Length() != 2 || n != 2 {
		t.Fatalf("%d groups of %d instances", n, ticks.Length())
	}
	if n := doc.Find("#measures .chart-marks .chart-mark").Length(); n != 2 { // the one signal, above both
		t.Errorf("%d signals on the time axis", n)
	}
	if notes := doc.Find("#measures .help").Text(); !strings.Contains(notes, "nothing of medialive_mpc <b>none</b>") {
		t.Errorf("notes %q", notes)
	}
	r := b.get(doc.Find("#measures a[download]").AttrOr("href", ""))
	if !strings.Contains(r.body, "medialive_mpc one") || !strings.Contains(r.body, "medialive_mpc two") {
		t.Errorf("file\n%s", r.body)
	}
	h.cloud.Inject("ListMetrics", 0, medialivetest.Status(http.StatusForbidden, "ces.0050", "not authorized"))
	refused := h.signedIn("op-2").page("/channels/monitoring")
	if refused.Find(".problem").Length() != 1 || refused.Find(`input[name="on"]`).Length() != 2 || !strings.Contains(refused.Find(".problem").Text(), "CES ReadOnlyAccess") {
		t.Errorf("refused: %q", refused.Find("main").Text())
	}
}

// TestCommandsStandOnTheTimeAxis: what was done to a channel is marked where its
// figures may change by it.
func TestCommandsStandOnTheTimeAxis(t *testing.T) {
	t.Parallel()
	h := statisticsHouse(t, nil)
	at := time.Now().Add(-10 * time.Minute)
	err := h.store.AddCommand(t.Context(), store.Command{
		ID: "1", Endpoint: medialivetest.Endpoint, Project: medialivetest.Project, FlowID: monitor.ChannelID(channelOne), FlowName: "Channel one",
		Verb: "stop", Actor: "op-1", At: at, Outcome: "done", SettledAt: at,
	})
	if err != nil {
		t.Fatal(err)
	}
	doc := h.signedIn("op-1").openedAt(statisticsPath).doc()
	if said := doc.Find("#measures .chart-marks .tone-hand").Text(); !strings.Contains(said, "op-1") {
		t.Errorf("the marks say %q", said)
	}
}
