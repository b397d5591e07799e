package handlers

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/trail"
)

const (
	maxActor = 64  // characters of a user's name
	maxWhen  = 40  // characters of a time as typed
	maxWords = 100 // characters of what is searched for
)

// trailKinds are the kinds of line that can be chosen.
var trailKinds = []trail.Kind{trail.Command, trail.Signal, trail.Alarm, trail.Care, trail.Access}

// trailOutcomes are the outcomes that can be chosen.
var trailOutcomes = []monitor.Outcome{monitor.OutcomeDone, monitor.OutcomeRefused, monitor.OutcomeUnknown, monitor.OutcomeNotDone}

// ActivityQuery is which lines of the trail somebody wants to see. From and To
// are as typed: "2h" stays two hours before whenever it is asked.
type ActivityQuery struct {
	Kind, Actor, Flow, Verb, Outcome, Text string
	From, To                               string
	Before                                 int64 // only lines before that one; 0: the newest
	Limit                                  int
}

// ParseActivityQuery reads the parameters of the page of the trail. What it does
// not understand it leaves out, and reports; a time that is none stays as it was
// typed, so that it can be mended.
func ParseActivityQuery(v url.Values, limit int) (ActivityQuery, []QueryFault) {
	p := queryParser{values: v}
	q := ActivityQuery{
		Limit: p.limit(limit), Actor: p.words("actor", maxActor), Flow: p.words("flow", maxSubject), Text: p.words("q", maxWords),
		Verb: p.verb(), Before: p.before(), From: p.when("from"), To: p.when("to"),
	}
	for _, k := range trailKinds {
		if strings.EqualFold(v.Get("kind"), string(k)) {
			q.Kind = string(k)
		}
	}
	for _, o := range trailOutcomes {
		if strings.EqualFold(v.Get("outcome"), string(o)) {
			q.Outcome = string(o)
		}
	}
	p.known("kind", q.Kind)
	p.known("outcome", q.Outcome)
	return q, p.faults
}

// known reports a choice that is none.
func (p *queryParser) known(parameter, taken string) {
	if raw := p.values.Get(parameter); raw != "" && taken == "" && !strings.EqualFold(raw, "all") {
		p.fault(parameter, raw)
	}
}

// words takes a text of at most so many characters, in one line.
func (p *queryParser) words(parameter string, most int) string {
	raw := strings.Join(strings.Fields(strings.ToValidUTF8(p.values.Get(parameter), "")), " ")
	raw = strings.ReplaceAll(raw, "\x00", "")
	if len([]rune(raw)) > most {
		p.fault(parameter, raw)
	}
	return strings.TrimSpace(cut(raw, most))
}

// verb takes a plain word.
func (p *queryParser) verb() string {
	raw := p.values.Get("verb")
	for _, r := range raw {
		if (r < 'a' || r > 'z') && r != '_' || len(raw) > maxActor {
			p.fault("verb", raw)
			return ""
		}
	}
	return raw
}

// before takes the number of a line.
func (p *queryParser) before() int64 {
	raw := p.values.Get("before")
	if raw == "" {
		return 0
	}
	n, err := strconv.ParseInt(raw, 10, 64)
	if err != nil || n < 1 {
		p.fault("before", raw)
		return 0
	}
	return n
}

// when takes a time as typed, and reports one that is none.
func (p *queryParser) when(parameter string) string {
	raw := p.words(parameter, maxWhen)
	if _, ok := parseWhen(raw, time.Unix(0, 0), false); raw != "" && !ok {
		p.fault(parameter, raw)
	}
	return raw
}

// moments are the forms in which a time is understood, with how long each is:
// an end that is a day ends with it.
var moments = []struct {
	layout string
	long   time.Duration
}{
	{"2006-01-02", 24 * time.Hour},
	{"2006-01-02 15:04", time.Minute},
	{"2006-01-02 15:04:05", time.Second},
	{"2006-01-02T15:04", time.Minute},
	{"2006-01-02T15:04:05", time.Second},
	{time.RFC3339, time.Second},
	{"2006-01-02 15:04Z07:00", time.Minute},
}

// clocks are the forms of a time of the present day.
var clocks = []struct {
	layout string
	long   time.Duration
}{{"15:04", time.Minute}, {"15:04:05", time.Second}}

// parseWhen reads a time as people write it, in UTC where it names no zone:
// "19:30" is today's, or yesterday's where today's is yet to come; "2h" is two
// hours ago. As the end of a span it is the end of the minute or day it names.
func parseWhen(raw string, now time.Time, end bool) (time.Time, bool) {
	raw = strings.ToUpper(strings.TrimSpace(raw))
	raw = strings.TrimSpace(strings.TrimSuffix(raw, "UTC"))
	now = now.UTC()
	if back, ok := parseAgo(raw); ok {
		return now.Add(-back), true
	}
	until := func(t time.Time, long time.Duration) time.Time {
		if end {
			return t.Add(long)
		}
		return t
	}
	for _, m := range moments {
		if t, err := time.Parse(m.layout, raw); err == nil && t.Year() >= 1970 && t.Year() < 3000 {
			return until(t.UTC(), m.long), true
		}
	}
	for _, c := range clocks {
		t, err := time.Parse(c.layout, strings.TrimSuffix(raw, "Z"))
		if err != nil {
			continue
		}
		t = time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
		if t.After(now) && !end {
			t = t.AddDate(0, 0, -1)
		}
		return until(t, c.long), true
	}
	return time.Time{}, false
}

// parseAgo reads "30m", "2h", "7 d" and "2H AGO", at most ten years.
func parseAgo(raw string) (time.Duration, bool) {
	raw = strings.TrimSpace(strings.TrimSuffix(raw, "AGO"))
	digits := strings.TrimRight(raw, " ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	n, err := strconv.Atoi(digits)
	if err != nil || n < 0 {
		return 0, false
	}
	unit, ok := map[string]time.Duration{
		"S": time.Second, "SEC": time.Second, "M": time.Minute, "MIN": time.Minute, "H": time.Hour, "HOURS": time.Hour,
		"D": 24 * time.Hour, "DAYS": 24 * time.Hour, "W": 7 * 24 * time.Hour,
	}[strings.TrimSpace(strings.TrimPrefix(raw, digits))]
	const most = 10 * 366 * 24 * time.Hour
	if !ok || n > int(most/unit) {
		return 0, false
	}
	return time.Duration(n) * unit, true
}

// span gives the time that the query is about; zero where it is open.
func (q ActivityQuery) span(now time.Time) (from, to time.Time) {
	from, _ = parseWhen(q.From, now, false)
	to, _ = parseWhen(q.To, now, true)
	return from, to
}

// empty tells that the end of the span is before its beginning.
func (q ActivityQuery) empty(now time.Time) bool {
	from, to := q.span(now)
	return !from.IsZero() && !to.IsZero() && !from.Before(to)
}

// filter is the query as the trail takes it. Whose trail it is, is not for the
// query to say.
func (q ActivityQuery) filter(now time.Time) trail.Filter {
	f := trail.Filter{FlowID: q.Flow, Actor: q.Actor, Verb: q.Verb, Outcome: q.Outcome, Text: q.Text, Before: q.Before, Limit: q.Limit}
	f.From, f.To = q.span(now)
	if q.Kind != "" {
		f.Kinds = []trail.Kind{trail.Kind(q.Kind)}
	}
	return f
}

// Values gives the query's parameters, without those that have their default.
func (q ActivityQuery) Values() url.Values {
	v := url.Values{}
	for _, p := range []struct{ name, value string }{
		{"kind", q.Kind},
		{"actor", q.Actor},
		{"flow", q.Flow},
		{"verb", q.Verb},
		{"outcome", q.Outcome},
		{"q", q.Text},
		{"from", q.From},
		{"to", q.To},
	} {
		if p.value != "" {
			v.Set(p.name, p.value)
		}
	}
	if q.Before > 0 {
		v.Set("before", strconv.FormatInt(q.Before, 10))
	}
	if q.Limit > 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	return v
}

// Path is the address of the page that this query asks for.
func (q ActivityQuery) Path() string { return q.path("/activity") }

func (q ActivityQuery) path(page string) string {
	if values := q.Values().Encode(); values != "" {
		return page + "?" + values
	}
	return page
}

// export is the address of the file with all lines that the query chooses.
func (q ActivityQuery) export(form string) string {
	q.Before, q.Limit = 0, 0
	return q.path("/activity." + form)
}

// with gives a changed query at its first page.
func (q ActivityQuery) with(change func(*ActivityQuery)) ActivityQuery {
	q.Before = 0
	change(&q)
	return q
}

// filters tells whether the query leaves anything out.
func (q ActivityQuery) filters() bool {
	q.Before, q.Limit = 0, 0
	return q != ActivityQuery{}
}

// faultOf gives the value that was not understood of a parameter.
func faultOf(faults []QueryFault, parameter string) (string, bool) {
	i := slices.IndexFunc(faults, func(f QueryFault) bool { return f.Parameter == parameter })
	if i < 0 {
		return "", false
	}
	return faults[i].Value, true
}
