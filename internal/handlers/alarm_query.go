package handlers

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// What the page of alarms can show.
const (
	showActive   = "active"   // that last, those that wait first
	showReturned = "returned" // over before anybody acknowledged them
	showShelved  = "shelved"
	showPast     = "past" // of a time, open or closed
)

const (
	pastSpan   = 24 * time.Hour
	maxPast    = 92 * 24 * time.Hour
	maxAlarms  = 200 // rows of a page
	timeFormat = "2006-01-02 15:04"
)

// AlarmQuery is what the page of alarms was asked for. It is comparable, and so a
// part of a view's key.
type AlarmQuery struct {
	Show string // one of the words above
	Flow string // id; empty: all flows
	From string // of the past, as typed; empty: a day ago
	To   string // of the past, as typed; empty: now
}

// alarmShows are the words for what the page can show, in the order of its tabs.
var alarmShows = []string{showActive, showReturned, showShelved, showPast}

// ParseAlarmQuery reads the page's parameters. What it does not understand it
// leaves out, but for the times, which are judged by [AlarmQuery.Span].
func ParseAlarmQuery(v url.Values) AlarmQuery {
	q := AlarmQuery{Show: v.Get("show")}
	if !slices.Contains(alarmShows, q.Show) {
		q.Show = showActive
	}
	flow := v.Get("flow")
	if _, channel := monitor.ChannelKeyOf(flow); identifier.MatchString(flow) || channel && len(flow) <= maxSubject {
		q.Flow = flow
	}
	if q.Show == showPast {
		q.From, q.To = typedTime(v.Get("from")), typedTime(v.Get("to"))
	}
	return q
}

// typedTime is a time as somebody typed it, without what is no text.
func typedTime(s string) string {
	return cut(strings.TrimSpace(strings.ToValidUTF8(s, "")), 32)
}

// Span gives the time that the query asks for. A time that cannot be read, or an
// end that does not follow the beginning, is named by its parameter, and the time
// is the usual one.
func (q AlarmQuery) Span(now time.Time) (from, to time.Time, faulty string) {
	usualFrom, usualTo := now.Add(-pastSpan), now
	to, ok := readTime(q.To, usualTo)
	if !ok {
		return usualFrom, usualTo, "to"
	}
	from, ok = readTime(q.From, to.Add(-pastSpan))
	switch {
	case !ok:
		return usualFrom, usualTo, "from"
	case !from.Before(to) || to.Sub(from) > maxPast:
		return usualFrom, usualTo, "order"
	}
	return from, to, ""
}

// readTime reads a time in UTC as people type it, or as a browser's field gives
// it.
func readTime(s string, otherwise time.Time) (time.Time, bool) {
	if s == "" {
		return otherwise, true
	}
	for _, format := range []string{timeFormat, "2006-01-02T15:04", time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(format, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// Values gives the query's parameters, without those that have their default.
func (q AlarmQuery) Values() url.Values {
	v := url.Values{}
	for _, p := range q.pairs() {
		v.Set(p.Name, p.Value)
	}
	return v
}

// pairs are the parameters in their order, for an address or for a form.
func (q AlarmQuery) pairs() []ui.Hidden {
	all := []ui.Hidden{{Name: "show", Value: q.Show}, {Name: "flow", Value: q.Flow}, {Name: "from", Value: q.From}, {Name: "to", Value: q.To}}
	return slices.DeleteFunc(all, func(p ui.Hidden) bool {
		return p.Value == "" || p.Name == "show" && p.Value == showActive
	})
}

// Path is the address of the page that this query asks for.
func (q AlarmQuery) Path() string { return q.at("/alarms") }

// at puts the query behind a path.
func (q AlarmQuery) at(path string) string {
	if v := q.Values(); len(v) > 0 {
		return path + "?" + v.Encode()
	}
	return path
}
