package handlers_test

import (
	"encoding/csv"
	"math"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/history"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// remember puts a history of a leg into the house: a point for each step up to
// a minute ago, as tell has it.
func (h *house) remember(t testing.TB, id, leg string, step, back time.Duration, tell func(ago time.Duration, p *history.Point)) {
	t.Helper()
	now := time.Now().UTC()
	var points []history.Point
	for at := now.Add(-back).Truncate(step); at.Before(now.Add(-time.Minute)); at = at.Add(step) {
		p := history.Point{At: at, State: monitor.StateLive, Bitrate: 8, RTT: 40}
		tell(now.Sub(at), &p)
		points = append(points, p)
	}
	key := monitor.Key{Endpoint: medialivetest.Endpoint, ProjectID: medialivetest.Project}
	chunks, err := history.Chunks(key, id, leg, step, points)
	if err == nil {
		err = h.store.PutHistory(t.Context(), chunks...)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// unmeasured makes of a point one of which only the state is known.
func unmeasured(p *history.Point, s monitor.State) {
	*p = history.Point{At: p.At, State: s, Bitrate: math.NaN(), RTT: math.NaN(), Loss: math.NaN()}
}

// outage is a silence half an hour ago, of two minutes.
func outage(ago time.Duration, p *history.Point) {
	if ago > 30*time.Minute && ago <= 32*time.Minute {
		unmeasured(p, monitor.StateSourceLost)
	}
	if ago > 10*time.Minute && ago <= 11*time.Minute {
		p.Loss, p.Retransmitted, p.Dropped, p.State = 2, 50, 3, monitor.StateLoss
	}
}

func TestTheHistoryOfAFlow(t *testing.T) {
	h, b, id := oneFlow(t)
	h.remember(t, id, "", history.FineStep, 90*time.Minute, outage)
	page := b.page("/flows/" + id + "?range=1h")
	if n := page.Find("#charts svg.chart-plot").Length(); n != 5 {
		t.Fatalf("%d charts: %s", n, page.Find("#history").Text())
	}
	if path := page.Find("#chart-bitrate .chart-line").AttrOr("d", ""); strings.Count(path, "M") != 2 {
		t.Errorf("the silence is joined: %s", path)
	}
	if lost := page.Find("#chart-states .span-lost title").Text(); !strings.HasPrefix(lost, "SOURCE LOST ") {
		t.Errorf("the state strip says %q", lost)
	}
	if got := page.Find("#chart-now-dropped").Text(); strings.Join(strings.Fields(got), " ") != "36 pkt" {
		t.Errorf("dropped in all: %q", got)
	}
	if page.Find("#chart-loss .chart-limit").Length() != 1 || !strings.Contains(page.Find("#chart-loss").Text(), "alarm at 1 %") {
		t.Error("the loss has no limit")
	}
	if on := page.Find(".chart-ranges [aria-current]"); on.Length() != 1 || on.Text() != "1 h" {
		t.Errorf("the stretch that is chosen: %q", on.Text())
	}
	if live, _ := page.Find("[hx-sse\\:connect]").Attr("hx-sse:connect"); live != "" && !strings.Contains(live, "range=1h") {
		t.Errorf("the page lives by %s", live)
	}
	rows := page.Find(".chart-table tbody tr")
	if rows.Length() < 12 || rows.Length() > 13 || !strings.Contains(rows.Text(), "LOSS") {
		t.Errorf("the table: %d rows, %s", rows.Length(), rows.Text())
	}
	if zh := b.chinese().page("/flows/" + id + "?range=6h").Find("#charts-title").Text(); zh != "源，最近 6 小时" {
		t.Errorf("in Chinese: %q", zh)
	}
}

func TestTheHistoryOfAnOutput(t *testing.T) {
	h, b, id := oneFlow(t)
	leg := b.page("/flows/" + id).Find(".chart-legs a").Eq(1)
	name := leg.Text()
	h.remember(t, id, name, history.CoarseStep, 48*time.Hour, func(ago time.Duration, p *history.Point) {
		if ago > 20*time.Hour && ago < 21*time.Hour {
			unmeasured(p, monitor.StateOutputLost)
		}
	})
	r := b.fragments().get("/flows/" + id + "/history?range=7d&leg=" + name)
	doc := r.doc()
	if r.status != http.StatusOK || doc.Find("html head title").Length() != 0 || doc.Find("#history #charts svg.chart-plot").Length() != 5 {
		t.Fatalf("%d\n%s", r.status, r.body)
	}
	if title := doc.Find("#charts-title").Text(); title != "Output 1 "+name+", last 7 days" {
		t.Errorf("the title: %q", title)
	}
	if doc.Find("#chart-states .span-lost").Length() != 1 {
		t.Error("an output that was lost is a fault of its own")
	}
	href, _ := doc.Find(".chart-ranges a").First().Attr("href")
	if href != "/flows/"+id+"?leg="+name+"&range=10m#history" {
		t.Errorf("another stretch is at %q", href)
	}
}

func TestACloudWithoutFiguresShowsStates(t *testing.T) {
	h, b, id := oneFlow(t)
	h.remember(t, id, "", history.FineStep, time.Hour, func(ago time.Duration, p *history.Point) {
		unmeasured(p, monitor.StateLive)
		if ago < 20*time.Minute && ago > 15*time.Minute {
			unmeasured(p, monitor.StateSourceLost)
		}
	})
	page := b.page("/flows/" + id + "?range=1h")
	if page.Find("#charts svg.chart-plot").Length() != 0 || page.Find("#chart-states .span-live").Length() != 2 || page.Find("#chart-states .span-lost").Length() != 1 {
		t.Errorf("%s", page.Find("#history").Text())
	}
	if !strings.Contains(page.Find("#charts").Text(), "states, and no figures") || page.Find(".chart-table thead th").Length() != 2 {
		t.Errorf("it does not say that there are no figures: %s", page.Find("#history").Text())
	}
}

func TestNothingIsRecorded(t *testing.T) {
	_, b, id := oneFlow(t)
	page := b.page("/flows/" + id + "?range=30d")
	if !strings.Contains(page.Find("#charts").Text(), "Nothing was recorded") || page.Find("#charts svg").Length() != 0 {
		t.Errorf("%s", page.Find("#charts").Text())
	}
}

func TestWhatHistoryIsNotThere(t *testing.T) {
	_, b, id := oneFlow(t)
	path := "/flows/" + id
	for query, want := range map[string]int{
		"/history?range=2h": http.StatusBadRequest, "/history?range=10m%27": http.StatusBadRequest, "/history?leg=nobody": http.StatusNotFound,
		"/history.csv?range=year": http.StatusBadRequest, "/history.csv?leg=%0d%0aX": http.StatusNotFound,
		"?range=2h&leg=nobody": http.StatusOK, "?leg=nobody": http.StatusOK, "?range=": http.StatusOK,
	} {
		if r := b.get(path + query); r.status != want {
			t.Errorf("%s: %d, want %d", query, r.status, want)
		}
	}
	if r := b.get("/flows/none/history"); r.status != http.StatusNotFound {
		t.Errorf("a flow that is not there: %d", r.status)
	}
	for _, query := range []string{"&range=2h", "&leg=nobody"} {
		if r := b.get("/live?view=flow&id=" + id + query); r.status != http.StatusBadRequest && r.status != http.StatusNotFound {
			t.Errorf("a stream of %s: %d", query, r.status)
		}
	}
	page := b.page(path + "?range=6h&leg=nobody")
	if on := page.Find(".chart-ranges [aria-current]").Text(); on != "6 h" {
		t.Errorf("the stretch that was understood is kept: %q", on)
	}
}

func TestHistoryAsAFile(t *testing.T) {
	h, b, id := oneFlow(t)
	h.remember(t, id, "", history.FineStep, 2*time.Hour, outage)
	r := b.get("/flows/" + id + "/history.csv?range=1h")
	if r.status != http.StatusOK || r.header.Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Fatalf("%d %s", r.status, r.header.Get("Content-Type"))
	}
	name, ok := strings.CutPrefix(r.header.Get("Content-Disposition"), `attachment; filename="flow-FEED-A-1h-`)
	if name = strings.TrimSuffix(name, `.csv"`); !ok || strings.Trim(name, "0123456789TZ") != "" {
		t.Errorf("named %s", r.header.Get("Content-Disposition"))
	}
	lines, err := csv.NewReader(strings.NewReader(r.body)).ReadAll()
	if err != nil || len(lines) < 720 || len(lines) > 723 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	lost, dropped := 0, 0
	for i, line := range lines[1:] {
		at, err := time.Parse("2006-01-02T15:04:05Z", line[0])
		if err != nil || len(line) != 7 || i > 0 && !strings.HasPrefix(line[0], "20") || at.Second()%5 != 0 {
			t.Fatalf("line %d: %q, %v", i, line, err)
		}
		for _, cell := range line {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
				t.Errorf("a formula: %q", cell)
			}
		}
		if line[1] == "source_lost" && line[2] == "" {
			lost++
		}
		if n, err := strconv.Atoi(line[6]); err == nil {
			dropped += n
		}
	}
	if lost != 24 || dropped != 36 {
		t.Errorf("%d steps of silence and %d packets dropped, want 24 and 36", lost, dropped)
	}
}

func TestCommandsAreMarked(t *testing.T) {
	h, b, id := oneFlow(t)
	h.remember(t, id, "", history.FineStep, 10*time.Minute, outage)
	path := "/flows/" + id + "/stop"
	b.post(path, form("ticket", hidden(b.page(path), "ticket")))
	page := b.page("/flows/" + id)
	if said := page.Find(".chart-marks .tone-hand").Text(); !strings.Contains(said, "op-1 stopped the flow") {
		t.Errorf("the marks say %q", said)
	}
	if listed := page.Find(".chart-events").Text(); !strings.Contains(listed, "op-1 stopped the flow") {
		t.Errorf("the list says %q", listed)
	}
	if zh := b.chinese().page("/flows/" + id).Find(".chart-events").Text(); !strings.Contains(zh, "op-1") || strings.Contains(zh, "stopped") {
		t.Errorf("in Chinese: %q", zh)
	}
}

func TestChartsAreKeptUpToDate(t *testing.T) {
	t.Parallel()
	h, b, id := oneFlow(t)
	h.remember(t, id, "", history.FineStep, time.Hour, outage)
	s := b.live("view=flow&id=" + id + "&range=1h")
	s.await("the charts of the stretch", func(e event) bool {
		return strings.Contains(e.data, partial("charts")) && strings.Contains(e.data, `id="chart-bitrate"`) && strings.Contains(e.data, partial("chart-data"))
	})
	short := b.live("view=flow&id=" + id + "&range=10m")
	short.await("the state strip", func(e event) bool { return strings.Contains(e.data, `id="chart-states"`) })
	frames := 0
	short.await("charts that move", func(e event) bool {
		if strings.Contains(e.data, partial("charts")) {
			frames++
		}
		return frames == 2
	})
}

// BenchmarkDay serves the charts of a day of figures: reading and drawing.
func BenchmarkDay(b *testing.B) {
	var id string
	h := newHouse(b, func(c *medialivetest.Cloud) { id = c.Add(flowOf("FEED-A", medialive.Standby, outputOf("OUT-1"))) })
	h.remember(b, id, "", history.FineStep, 24*time.Hour, func(ago time.Duration, p *history.Point) {
		p.Bitrate += math.Sin(ago.Seconds()) / 5
		p.RTT += math.Cos(ago.Seconds())
	})
	cookie := signInFor(b, h)
	get := func() *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/flows/"+id+"/history?range=24h", http.NoBody)
		r.Header.Set("Cookie", cookie)
		w := httptest.NewRecorder()
		h.echo.ServeHTTP(w, r)
		return w
	}
	eventually(b, "the flow is read", func() bool { return get().Code == http.StatusOK })
	size := 0
	b.ReportAllocs()
	for b.Loop() {
		size = get().Body.Len()
	}
	b.ReportMetric(float64(size), "bytes")
}
