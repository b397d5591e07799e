package handlers_test

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/trail"
)

const hostile = `=HYPERLINK("http://example.com","<script>alert(1)</script>")`

// trailHouse has a trail of n lines of somebody's notes, one of each other kind
// of line, and a line of another project.
func trailHouse(t *testing.T, n int) (*house, *browser, string) {
	t.Helper()
	h, b, id := oneFlow(t)
	line := func(kind trail.Kind, verb, actor string) trail.Line {
		return trail.Line{
			At: time.Now(), Endpoint: medialivetest.Endpoint, Project: medialivetest.Project, Kind: kind, ID: "line-" + verb, FlowID: id, FlowName: "FEED-A",
			Verb: verb, Actor: actor,
		}
	}
	var lines []trail.Line
	for i := range n {
		l := line(trail.Care, "note", "op-1")
		l.Detail, l.At = "note number "+strconv.Itoa(i), time.Now().Add(-48*time.Hour)
		lines = append(lines, l)
	}
	lost, foreign, strange := line(trail.Signal, "source_lost", ""), line(trail.Signal, "live", ""), line(trail.Access, "user_add", hostile)
	lost.Detail = `was=live lasted=42s peer=203.0.113.24 problem="timed out"`
	foreign.Project, foreign.FlowName = "another-project", "SECRET-FLOW"
	strange.Target, strange.FlowID, strange.FlowName, strange.Reason = "<b>x</b>", "", "", "@SUM(A1)"
	if err := h.store.AppendTrail(t.Context(), append(lines, lost, foreign, strange)...); err != nil {
		t.Fatal(err)
	}
	return h, b, id
}

func events(d *goquery.Document) []string {
	return d.Find(".event").Map(func(_ int, s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") })
}

func TestActivity(t *testing.T) {
	_, b, id := trailHouse(t, 2)
	b.post("/flows/"+id+"/stop", form("ticket", hidden(b.page("/flows/"+id+"/stop"), "ticket")))
	page := b.page("/activity")
	all := strings.Join(events(page), "\n")
	for _, want := range []string{
		"op-1 FEED-A stopped the flow done", "Signal FEED-A source lost was LIVE for 0:42 · far end 203.0.113.24 · timed out",
		"whole project added user <b>x</b> @SUM(A1)", "op-1 FEED-A added a note note number 1",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in\n%s", want, all)
		}
	}
	if strings.Contains(page.Text(), "SECRET-FLOW") {
		t.Error("the trail of another project is shown")
	}
	if page.Find("script:not([src]), .event b b, .event script").Length() > 0 {
		t.Error("what somebody wrote became markup")
	}
	if got := page.Find(".trail-date").Length(); got != 2 {
		t.Errorf("%d days", got)
	}
	if zh := b.chinese().page("/activity").Find(".trail").Text(); !strings.Contains(zh, "停止了传输流") || !strings.Contains(zh, "已完成") || !strings.Contains(zh, "源丢失") {
		t.Errorf("in Chinese it says %q", zh)
	}
	flow := b.page("/flows/" + id)
	if text := flow.Find("#activity").Text(); !strings.Contains(text, "stopped the flow") || !strings.Contains(text, "source lost") {
		t.Errorf("the page of the flow says %q", text)
	}
	if href := flow.Find(".activity-all a").AttrOr("href", ""); !strings.HasPrefix(href, "/activity?") || !strings.Contains(href, "flow="+id) {
		t.Errorf("it leads to %q", href)
	}
}

func TestActivityFilters(t *testing.T) {
	_, b, id := trailHouse(t, 3)
	for query, want := range map[string]int{
		"": 5, "kind=care": 3, "kind=signal": 1, "kind=access": 1, "kind=command": 0, "actor=op-1": 3, "actor=op-2": 0,
		"verb=source_lost": 1, "q=number+2": 1, "q=NUMBER+2": 1, "q=%25": 0, "flow=" + id: 4, "flow=none": 0,
		"from=1h": 2, "to=1h": 3, "from=1h&to=2h": 0, "kind=nonsense": 5, "from=half+past": 5, "outcome=refused": 0,
	} {
		page := b.page("/activity?" + query)
		if got := len(events(page)); got != want {
			t.Errorf("%q shows %d lines, not %d: %s", query, got, want, strings.Join(events(page), "\n"))
		}
	}
	if text := b.page("/activity?from=half+past").Find("#error-from").Text(); !strings.Contains(text, "“half past” is no time") {
		t.Errorf("the field says %q", text)
	}
	if text := b.page("/activity?from=1h&to=2h").Find("#error-to").Text(); !strings.Contains(text, "before the beginning") {
		t.Errorf("the field says %q", text)
	}
	if text := b.page("/activity?kind=command").Find(".trail-none").Text(); !strings.Contains(text, "No line matches.") {
		t.Errorf("with nothing found it says %q", text)
	}
}

// Going on to older lines meets each of them once, whatever is written meanwhile.
func TestActivityPages(t *testing.T) {
	h, b, _ := trailHouse(t, 25)
	seen, path := map[string]bool{}, "/activity?limit=10"
	for n := 0; path != ""; n++ {
		if n > 5 {
			t.Fatal("it does not end")
		}
		page := b.page(path)
		page.Find(".event").Each(func(_ int, s *goquery.Selection) {
			if id := s.AttrOr("id", ""); seen[id] {
				t.Errorf("%s is there twice", id)
			} else {
				seen[id] = true
			}
		})
		if err := h.store.AppendTrail(t.Context(), trail.Line{At: time.Now(), Kind: trail.Access, ID: "x", Verb: "user_add", Target: "later"}); err != nil {
			t.Fatal(err)
		}
		path = page.Find(`a[rel="next"]`).AttrOr("href", "")
	}
	if len(seen) != 27 {
		t.Errorf("%d lines were met, not 27", len(seen))
	}
	if first := b.page("/activity?limit=20"); first.Find(".event").Length() != 20 || b.page("/activity").Find(".event").Length() != 20 {
		t.Error("the number of lines is not kept")
	}
}

func TestActivityFiles(t *testing.T) {
	h, b, id := trailHouse(t, 600)
	r := b.get("/activity.csv")
	if r.status != http.StatusOK || !strings.HasPrefix(r.header.Get("Content-Disposition"), `attachment; filename="flowdeck-activity-`) || !strings.HasPrefix(r.header.Get("Content-Type"), "text/csv") {
		t.Fatalf("%d %v", r.status, r.header)
	}
	rows, err := csv.NewReader(strings.NewReader(r.body)).ReadAll()
	if err != nil || len(rows) != 1+602 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	formulas := 0
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("a formula: %q", cell)
			}
			if strings.HasPrefix(cell, "'") {
				formulas++
			}
		}
	}
	if formulas != 2 || strings.Contains(r.body, "SECRET-FLOW") {
		t.Errorf("%d cells were made harmless", formulas)
	}
	var all []map[string]any
	j := b.get("/activity.json?kind=care&q=number+59")
	if err := json.Unmarshal([]byte(j.body), &all); err != nil || len(all) != 11 { // 59, 590 … 599
		t.Errorf("%d lines, %v", len(all), err)
	}
	var none []map[string]any
	if empty := b.get("/activity.json?flow=" + id + "&kind=access"); json.Unmarshal([]byte(empty.body), &none) != nil || len(none) != 0 {
		t.Errorf("nothing is %q", empty.body)
	}
	if bad := b.get("/activity.csv?from=half+past"); bad.status != http.StatusBadRequest || strings.Contains(bad.body, "note number") {
		t.Errorf("a faulty filter gives %d", bad.status)
	}
	if r := h.browser().get("/activity.csv"); r.status != http.StatusSeeOther || strings.Contains(r.body, "note number") {
		t.Errorf("without a session it answers %d", r.status)
	}
}

// What happens while the page is open is told, and an outcome that comes is
// shown in its place.
func TestActivityLive(t *testing.T) {
	h, b, id := trailHouse(t, 1)
	page := b.page("/activity?kind=command")
	s := b.live("view=activity&kind=command")
	s.await("the full state", func(e event) bool { return strings.Contains(e.data, partial("activity-news")) })
	h.cloud.Change(id, func(f *medialivetest.Flow) { f.Status = medialive.Standby })
	b.post("/flows/"+id+"/start", nil)
	s.await("the new line is counted", func(e event) bool {
		return strings.Contains(e.data, partial("activity-news")) && !strings.Contains(e.data, `data-seqs=""`) && strings.Contains(e.data, "data-seqs")
	})
	if page.Find("[data-newest]").AttrOr("data-newest", "") != "0" {
		t.Error("a page without lines has a newest one")
	}
}
