package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/flowdeck/flowdeck/internal/handlers"
)

// losing is a dashboard over flows that are live, and whose sources can be lost
// (house.relay).
func losing(t *testing.T, names ...string) (h *house, b *browser, ids []string) {
	t.Helper()
	h = gatewayHouse(t)
	b = h.signedIn("admin")
	for _, name := range names {
		made := b.post("/flows", form("name", name, "protocol", "srt-listener", "start", "1"))
		if made.status != http.StatusSeeOther {
			t.Fatalf("making %s: %d", name, made.status)
		}
		ids = append(ids, strings.TrimPrefix(made.header.Get("Location"), "/flows/"))
	}
	eventually(t, "the flows are live", func() bool {
		return b.page("/flows").Find(".row .state-live").Length() == len(names)
	})
	return h, b, ids
}

// alarmOf waits for the alarm of a flow and gives its id.
func (b *browser) alarmOf(name string) (id string) {
	b.t.Helper()
	eventually(b.t, "the alarm of "+name, func() bool {
		b.page("/alarms").Find("tr.alarm-row").Each(func(_ int, row *goquery.Selection) {
			if row.Find(".name").First().Text() == name {
				id = row.Find(`input[name="id"]`).AttrOr("value", "")
			}
		})
		return id != ""
	})
	return id
}

// tab gives the number on a tab of the page of alarms.
func tab(d *goquery.Document, name string) string {
	return strings.TrimSpace(d.Find("#chip-alarms-" + name + " b").Text())
}

func TestAlarmLineIsOnEveryPage(t *testing.T) {
	h, b, ids := losing(t, "FEED-A")
	for _, path := range []string{"/flows", "/alarms", "/flows/" + ids[0]} {
		line := b.page(path).Find("#alarm-line")
		if line.Length() != 1 || line.AttrOr("data-unacked", "") != "0" || !strings.Contains(line.Text(), "No alarm. Watched since ") {
			t.Errorf("%s: without an alarm the line says %q", path, line.Text())
		}
	}
	s := b.live("view=list&limit=50")
	s.await("the full state", func(e event) bool { return strings.Contains(e.data, partial("alarm-line")) })
	h.relay.silence(ids[0], true)
	pushed := s.await("the alarm", func(e event) bool {
		return strings.Contains(e.data, partial("alarm-line")) && strings.Contains(e.data, "SOURCE LOST")
	})
	for _, part := range []string{"alarm-count", "alarm-rail"} {
		if !strings.Contains(pushed.data, partial(part)) {
			t.Errorf("the alarm came without %s", part)
		}
	}
	for _, path := range []string{"/flows", "/alarms", "/flows/" + ids[0], "/flows/new", "/flows/none"} {
		d := b.get(path).doc()
		line := d.Find("#alarm-line")
		if got := line.Find(".state-word").Text(); got != "SOURCE LOST" {
			t.Errorf("%s: the line says %q", path, got)
		}
		if got := line.Find("a.name").AttrOr("href", ""); got != "/flows/"+url.PathEscape(ids[0]) {
			t.Errorf("%s: the line leads to %q", path, got)
		}
		if line.Find(`button[data-key="a"]`).Length() != 1 || !strings.Contains(line.Text(), "UTC") {
			t.Errorf("%s: no button, or no zone: %q", path, line.Text())
		}
		if got := strings.TrimSpace(d.Find("#alarm-count .alarm-number-high [data-v]").Text()); got != "1" {
			t.Errorf("%s: %q high alarms in the bar", path, got)
		}
		if got := strings.TrimSpace(d.Find("#alarm-rail").Text()); got != "1" {
			t.Errorf("%s: %q alarms in the rail", path, got)
		}
	}
	if got := b.chinese().page("/flows").Find("#alarm-line .state-word").Text(); got != "源丢失" {
		t.Errorf("in Chinese it says %q", got)
	}
}

func TestAcknowledge(t *testing.T) {
	h, b, ids := losing(t, "FEED-A")
	h.relay.silence(ids[0], true)
	id := b.alarmOf("FEED-A")
	s := b.live("view=alarms")
	first := s.await("the full state", func(e event) bool { return e.name == "" })
	if !strings.Contains(first.data, partial("alarm-rows")) || strings.Contains(first.data, partial("alarm-forms")) {
		t.Error("the rows are pushed, and the forms, in which somebody types, are not")
	}
	r := b.post("/alarms/ack", form("id", id, "note", "Doha reboots, <b>back</b> by 19:50"))
	if r.status != http.StatusSeeOther || r.header.Get("Location") != "/alarms" {
		t.Fatalf("acknowledging: %d to %q", r.status, r.header.Get("Location"))
	}
	s.await("the row as acknowledged", func(e event) bool { return strings.Contains(e.data, "ACKED") })
	d := b.page("/alarms")
	if got := d.Find("#notices").Text(); !strings.Contains(got, "1 alarm acknowledged") {
		t.Errorf("the notice says %q", got)
	}
	row := d.Find("tr.alarm-row")
	for _, want := range []string{"admin", "Doha reboots, <b>back</b> by 19:50", "ACKED"} {
		if !strings.Contains(row.Text(), want) {
			t.Errorf("the row does not tell %q: %s", want, row.Text())
		}
	}
	if line := d.Find("#alarm-line"); line.Find("button").Length() != 0 || !strings.Contains(line.Text(), "acknowledged by admin") {
		t.Errorf("the line still asks: %s", line.Text())
	}
	again := b.fragments().post("/alarms/ack", form("id", id))
	if again.status != http.StatusOK || !strings.Contains(again.body, "0 acknowledged; 1 was gone") {
		t.Errorf("the second of two: %d %s", again.status, again.body)
	}
	h.relay.silence(ids[0], false)
	eventually(t, "the alarm is closed", func() bool { return tab(b.page("/alarms"), "active") == "0" })
	gone := b.fragments().post("/alarms/ack", form("id", id))
	if gone.status != http.StatusConflict || gone.header.Get("HX-Retarget") != "#notices" || !strings.Contains(gone.body, "no longer open") {
		t.Errorf("one that is gone: %d to %q: %s", gone.status, gone.header.Get("HX-Retarget"), gone.body)
	}
	if d := b.page("/alarms?show=past"); !strings.Contains(d.Find("tr.alarm-row").Text(), "CLOSED") || tab(d, "past") != "1" {
		t.Errorf("the past does not tell of it: %s", d.Find("#alarm-rows").Text())
	}
}

// What was over before anybody acknowledged it stays listed.
func TestReturned(t *testing.T) {
	h, b, ids := losing(t, "FEED-A")
	h.relay.silence(ids[0], true)
	id := b.alarmOf("FEED-A")
	h.relay.silence(ids[0], false)
	eventually(t, "it has returned", func() bool { return tab(b.page("/alarms"), "returned") == "1" })
	d := b.page("/alarms?show=returned")
	if tab(d, "active") != "0" || !strings.Contains(d.Find("tr.alarm-row").Text(), "RETURNED") {
		t.Errorf("%s active; %s", tab(d, "active"), d.Find("#alarm-rows").Text())
	}
	if d.Find(".alarm-blink").Length() != 0 {
		t.Error("what is over blinks")
	}
	b.post("/alarms/ack", form("id", id, "show", "returned"))
	if d := b.page("/alarms?show=returned"); tab(d, "returned") != "0" || !strings.Contains(d.Find("#alarm-rows").Text(), "Nothing has returned") {
		t.Errorf("acknowledged, it still stands: %s", d.Find("#alarm-rows").Text())
	}
}

// The button acknowledges what it was shown with, and nothing that came since.
func TestAcknowledgeExactlyWhatIsShown(t *testing.T) {
	h, b, ids := losing(t, "FEED-A", "FEED-B", "FEED-C")
	h.relay.silence(ids[0], true)
	h.relay.silence(ids[1], true)
	b.alarmOf("FEED-A")
	b.alarmOf("FEED-B")
	shown := b.page("/alarms").Find("#ack-shown")
	if got := strings.TrimSpace(shown.Find("button").Text()); got != "Acknowledge the 2 shown" {
		t.Fatalf("the button says %q", got)
	}
	values := form()
	shown.Find(`input[name="id"]`).Each(func(_ int, s *goquery.Selection) { values.Add("id", s.AttrOr("value", "")) })
	h.relay.silence(ids[2], true)
	eventually(t, "the third stands with them under one parent", func() bool {
		return strings.Contains(b.page("/alarms").Find("tr.alarm-row .state-word").Text(), "MANY")
	})
	r := b.fragments().post("/alarms/ack", values)
	for _, part := range []string{"alarm-line", "alarm-rows", "alarm-tabs", "ack-shown"} {
		if !strings.Contains(r.body, partial(part)) {
			t.Errorf("the answer has no %s", part)
		}
	}
	d := b.page("/alarms")
	if line := d.Find("#alarm-line"); line.AttrOr("data-unacked", "") != "1" || line.Find(".state-word").Text() != "MANY" {
		t.Errorf("after it the line has %s: %s", line.AttrOr("data-unacked", ""), line.Text())
	}
	if members := d.Find("tr.alarm-row details li"); members.Length() != 3 || !strings.Contains(members.Text(), "FEED-C") {
		t.Errorf("%d members: %s", members.Length(), members.Text())
	}
	if r := b.post("/alarms/ack", form("note", "x")); r.status != http.StatusUnprocessableEntity {
		t.Errorf("none named: %d", r.status)
	}
}

func TestShelve(t *testing.T) {
	h, b, ids := losing(t, "FEED-A")
	h.relay.silence(ids[0], true)
	id := b.alarmOf("FEED-A")
	if f := b.page("/alarms/" + id).Find("#alarm-forms form"); f.Length() != 2 {
		t.Fatalf("%d forms", f.Length())
	}
	for _, c := range []struct {
		name, field string
		values      url.Values
	}{
		{"no reason", "reason", form("for", "60", "scope", "kind", "reason", "  ")},
		{"no time", "for", form("for", "9999", "scope", "kind", "reason", "known")},
		{"no scope", "scope", form("for", "60", "scope", "all", "reason", "known")},
		{"too long", "reason", form("for", "60", "scope", "kind", "reason", strings.Repeat("长", 201))},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.values.Set("id", id)
			r := b.post("/alarms/shelve", c.values)
			d := r.doc()
			if r.status != http.StatusUnprocessableEntity || d.Find("#error-"+c.field+" .error-line").Length() != 1 {
				t.Errorf("%d, %s", r.status, d.Find("#alarm-forms").Text())
			}
			if got := d.Find("#reason").AttrOr("value", ""); got != strings.TrimSpace(c.values.Get("reason")) {
				t.Errorf("the reason came back as %q", got)
			}
			if f := b.fragments().post("/alarms/shelve", c.values); f.status != http.StatusUnprocessableEntity || !strings.HasPrefix(f.body, partial("alarm-forms")) {
				t.Errorf("as a fragment: %d %.80s", f.status, f.body)
			}
		})
	}
	r := b.post("/alarms/shelve", form("id", id, "for", "60", "scope", "kind", "reason", "line works"))
	if r.status != http.StatusSeeOther {
		t.Fatalf("shelving: %d", r.status)
	}
	d := b.page("/alarms?show=shelved")
	if tab(d, "shelved") != "1" || tab(d, "active") != "0" {
		t.Errorf("%s shelved, %s active", tab(d, "shelved"), tab(d, "active"))
	}
	if shelf := d.Find("#shelves li").Text(); !strings.Contains(shelf, "line works") || !strings.Contains(shelf, "SOURCE LOST") || !strings.Contains(shelf, "admin") {
		t.Errorf("the shelf says %s", shelf)
	}
	if !strings.Contains(d.Find("tr.alarm-row").Text(), "SHELVED") || d.Find("#alarm-line").AttrOr("data-unacked", "") != "0" {
		t.Errorf("the row says %s", d.Find("tr.alarm-row").Text())
	}
	values := form("id", hiddenIn(d.Find("#shelves form").First(), "id"), "show", "shelved")
	if r := b.post("/alarms/unshelve", values); r.status != http.StatusSeeOther || r.header.Get("Location") != "/alarms?show=shelved" {
		t.Errorf("off the shelf: %d to %q", r.status, r.header.Get("Location"))
	}
	if d := b.page("/alarms"); tab(d, "shelved") != "0" || tab(d, "active") != "1" {
		t.Errorf("%s shelved, %s active", tab(d, "shelved"), tab(d, "active"))
	}
	if r := b.post("/alarms/unshelve", values); r.status != http.StatusConflict {
		t.Errorf("twice: %d, want 409", r.status)
	}
}

func hiddenIn(s *goquery.Selection, name string) string {
	return s.Find(`input[name="`+name+`"]`).AttrOr("value", "")
}

func TestFlowPageTellsOfItsAlarms(t *testing.T) {
	h, b, ids := losing(t, "FEED-A", "FEED-B")
	if got := b.page("/flows/" + ids[0]).Find("#flow-alarms").Text(); !strings.Contains(got, "No alarm of this flow") {
		t.Errorf("without an alarm: %q", got)
	}
	s := b.live("view=flow&id=" + ids[0])
	h.relay.silence(ids[0], true)
	s.await("the alarm", func(e event) bool {
		return strings.Contains(e.data, partial("flow-alarms")) && strings.Contains(e.data, "SOURCE LOST")
	})
	place := b.page("/flows/" + ids[0]).Find("#flow-alarms")
	values := form("id", hiddenIn(place, "id"), "from", hiddenIn(place, "from"), "flow", hiddenIn(place, "flow"))
	r := b.post("/alarms/ack", values)
	if r.status != http.StatusSeeOther || r.header.Get("Location") != "/flows/"+ids[0] {
		t.Errorf("acknowledged on the flow page: %d to %q", r.status, r.header.Get("Location"))
	}
	if other := b.page("/flows/" + ids[1]).Find("#flow-alarms").Text(); strings.Contains(other, "SOURCE LOST") {
		t.Errorf("the other flow: %q", other)
	}
	row := b.page("/flows").Find("tr.row-lost")
	if got := row.Find(".acked").AttrOr("title", ""); got != "Acknowledged by admin" {
		t.Errorf("the row of the list says %q: %s", got, row.Text())
	}
}

func TestPastOfATime(t *testing.T) {
	_, b, _ := losing(t, "FEED-A")
	for _, c := range []struct {
		query, field string
		status       int
	}{
		{"show=past", "", http.StatusOK},
		{"show=past&from=2026-01-02+10:00&to=2026-01-03+10:00", "", http.StatusOK},
		{"show=past&from=2026-01-02T10:00&to=2026-01-03", "", http.StatusOK},
		{"show=past&from=yesterday", "from", http.StatusUnprocessableEntity},
		{"show=past&to=%22%3E%3Cscript%3E", "to", http.StatusUnprocessableEntity},
		{"show=past&from=2026-01-03+10:00&to=2026-01-02+10:00", "to", http.StatusUnprocessableEntity},
		{"show=past&from=2020-01-03+10:00&to=2026-01-02+10:00", "to", http.StatusUnprocessableEntity},
	} {
		r := b.get("/alarms?" + c.query)
		values, _ := url.ParseQuery(c.query)
		d := r.doc()
		if r.status != c.status || c.field != "" && d.Find("#error-"+c.field+" .error-line").Length() != 1 {
			t.Errorf("%s: %d, %s", c.query, r.status, d.Find(".alarms-past").Text())
		}
		if want := values.Get("from"); want != "" && d.Find("#from").AttrOr("value", "") != want {
			t.Errorf("%s: the time came back as %q", c.query, d.Find("#from").AttrOr("value", ""))
		}
	}
}

func TestAlarmQuery(t *testing.T) {
	now := time.Date(2026, 11, 21, 19, 45, 0, 0, time.UTC)
	for _, c := range []struct {
		query, path, from, to, faulty string
	}{
		{"", "/alarms", "11-20 19:45", "11-21 19:45", ""},
		{"show=nothing&flow=../x", "/alarms", "11-20 19:45", "11-21 19:45", ""},
		{"show=shelved&flow=f-1", "/alarms?flow=f-1&show=shelved", "11-20 19:45", "11-21 19:45", ""},
		{"show=active&from=2026-01-01", "/alarms", "11-20 19:45", "11-21 19:45", ""},
		{"show=past&from=2026-11-01+08:00&to=2026-11-02+08:00", "/alarms?from=2026-11-01+08%3A00&show=past&to=2026-11-02+08%3A00", "11-01 08:00", "11-02 08:00", ""},
		{"show=past&to=2026-11-02+08:00", "/alarms?show=past&to=2026-11-02+08%3A00", "11-01 08:00", "11-02 08:00", ""},
		{"show=past&to=x", "/alarms?show=past&to=x", "11-20 19:45", "11-21 19:45", "to"},
	} {
		values, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		q := handlers.ParseAlarmQuery(values)
		if got := q.Path(); got != c.path {
			t.Errorf("%q: path %q, want %q", c.query, got, c.path)
		}
		from, to, faulty := q.Span(now)
		if from.Format("01-02 15:04") != c.from || to.Format("01-02 15:04") != c.to || faulty != c.faulty {
			t.Errorf("%q: %s to %s, faulty %q", c.query, from, to, faulty)
		}
	}
}

func FuzzAlarmQuery(f *testing.F) {
	for _, s := range []string{"", "show=past&from=2026-11-01+08:00&to=x", "flow=%00&show=shelved", "show=past&from=2026-11-21T19:45"} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 21, 19, 45, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		q := handlers.ParseAlarmQuery(values)
		if again := handlers.ParseAlarmQuery(q.Values()); again != q {
			t.Errorf("%+v comes back as %+v", q, again)
		}
		if from, to, _ := q.Span(now); !from.Before(to) || to.Sub(from) > 92*24*time.Hour {
			t.Errorf("from %s to %s", from, to)
		}
		if !strings.HasPrefix(q.Path(), "/alarms") {
			t.Errorf("leads to %q", q.Path())
		}
	})
}
