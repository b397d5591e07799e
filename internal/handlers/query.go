package handlers

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	defaultLimit = 50
	maxOffset    = 100_000
	maxSearch    = 128 // characters
)

// Limits are the page sizes of a list.
var limits = []int{10, 20, 50, 100}

// FlowQuery is what a list of flows was asked for. It is comparable, and so a
// part of a view's key; two queries that ask the same are equal.
type FlowQuery struct {
	Limit    int    // one of 10, 20, 50, 100
	Offset   int    // a multiple of Limit
	Group    string // a state group of the chips; empty for all
	Status   string // "ACTIVE", "STANDBY" or empty
	Health   string // "CONNECTED", "DISCONNECTED" or empty
	Protocol string // "srt-listener", "srt-caller" or empty
	Text     string // looked for in name, id, peer and address, whatever the case
	All      bool   // of all places of the session, not of the present one alone
	Sort     string // a column, with a leading "-" to turn it round
}

// QueryFault is a parameter that was not understood, with what was given.
type QueryFault struct{ Parameter, Value string }

// groups are the chips' names, each over one or more states.
var groups = []string{"live", "waiting", "degraded", "lost", "changing", "stale", "standby"}

// columnRegion is only in a list of all places.
const columnRegion = "region"

// sortColumns are the columns by which the list can be put in order.
var sortColumns = []string{"name", "state", "source", columnRegion, "bitrate", "rtt", "loss", "outputs", "since", "seen"}

// ParseFlowQuery reads a list's parameters. What it does not understand it
// replaces with the nearest it does, and reports. limit is the page size to
// take when none is given.
func ParseFlowQuery(v url.Values, limit int) (FlowQuery, []QueryFault) {
	p := queryParser{values: v}
	q := FlowQuery{Limit: p.limit(limit)}
	q.Offset = p.offset(q.Limit)
	q.Group, q.Status = p.status()
	q.Health = p.oneOf("health", []string{"CONNECTED", "DISCONNECTED"}, strings.ToUpper)
	q.Protocol = p.protocol()
	q.Text = p.text()
	q.All = p.place()
	q.Sort = p.sort(q.All)
	return q, p.faults
}

// queryParser collects what it does not understand.
type queryParser struct {
	values url.Values
	faults []QueryFault
}

func (p *queryParser) fault(parameter, value string) {
	p.faults = append(p.faults, QueryFault{parameter, cut(value, 40)})
}

// limit gives the nearest page size that is not smaller than what was asked.
func (p *queryParser) limit(otherwise int) int {
	raw := p.values.Get("limit")
	if raw == "" {
		if slices.Contains(limits, otherwise) {
			return otherwise
		}
		return defaultLimit
	}
	n, err := strconv.Atoi(raw)
	if err == nil && slices.Contains(limits, n) {
		return n
	}
	p.fault("limit", raw)
	if err != nil {
		return defaultLimit
	}
	for _, l := range limits {
		if n <= l {
			return l
		}
	}
	return limits[len(limits)-1]
}

// offset gives the beginning of the page in which the asked row lies.
func (p *queryParser) offset(limit int) int {
	raw := p.values.Get("offset")
	if raw == "" {
		return 0
	}
	n, err := strconv.Atoi(raw)
	if err != nil || n < 0 || n > maxOffset {
		p.fault("offset", raw)
		return 0
	}
	return n - n%limit
}

// status takes a chip's group or one of the API's own words.
func (p *queryParser) status() (group, status string) {
	raw := strings.ToLower(p.values.Get("status"))
	switch {
	case raw == "" || raw == "all":
		return "", ""
	case slices.Contains(groups, raw):
		return raw, ""
	case raw == "active":
		return "", "ACTIVE"
	}
	p.fault("status", p.values.Get("status"))
	return "", ""
}

func (p *queryParser) protocol() string {
	switch strings.ToLower(p.values.Get("protocol")) {
	case "", "all":
		return ""
	case "listener", "srt-listener":
		return "srt-listener"
	case "caller", "srt-caller":
		return "srt-caller"
	}
	p.fault("protocol", p.values.Get("protocol"))
	return ""
}

func (p *queryParser) oneOf(parameter string, allowed []string, fold func(string) string) string {
	raw := p.values.Get(parameter)
	folded := fold(raw)
	if folded == "" || strings.EqualFold(raw, "all") {
		return ""
	}
	if slices.Contains(allowed, folded) {
		return folded
	}
	p.fault(parameter, raw)
	return ""
}

// place takes the one word that there is for more than the present place.
func (p *queryParser) place() (all bool) {
	switch raw := p.values.Get("place"); strings.ToLower(raw) {
	case "all":
		return true
	case "", "this":
	default:
		p.fault("place", raw)
	}
	return false
}

func (p *queryParser) text() string {
	raw := strings.TrimSpace(strings.ToValidUTF8(p.values.Get("q"), ""))
	if len([]rune(raw)) > maxSearch {
		p.fault("q", raw)
	}
	return strings.TrimSpace(cut(raw, maxSearch))
}

// byRegion tells whether a list is put in order by its places.
func byRegion(sort string) bool { return strings.TrimPrefix(sort, "-") == columnRegion }

// sort takes a column of the list, which is of all places or of one.
func (p *queryParser) sort(all bool) string {
	raw := strings.ToLower(p.values.Get("sort"))
	if raw == "" || raw == "name" || byRegion(raw) && !all {
		return ""
	}
	if slices.Contains(sortColumns, strings.TrimPrefix(raw, "-")) {
		return raw
	}
	p.fault("sort", p.values.Get("sort"))
	return ""
}

// Values gives the query's parameters, without those that have their default.
// The limit is always given, so that a shared link shows the same page.
func (q FlowQuery) Values() url.Values {
	v := url.Values{}
	set := func(k, s string) {
		if s != "" {
			v.Set(k, s)
		}
	}
	v.Set("limit", strconv.Itoa(q.Limit))
	if q.Offset > 0 {
		v.Set("offset", strconv.Itoa(q.Offset))
	}
	set("status", q.Group)
	set("status", strings.ToLower(q.Status))
	set("health", strings.ToLower(q.Health))
	set("protocol", q.Protocol)
	set("q", q.Text)
	if q.All {
		v.Set("place", "all")
	}
	set("sort", q.Sort)
	return v
}

// Path is the address of the list that this query asks for.
func (q FlowQuery) Path() string { return "/flows?" + q.Values().Encode() }

// with gives a changed query at its first page.
func (q FlowQuery) with(change func(*FlowQuery)) FlowQuery {
	q.Offset = 0
	change(&q)
	return q
}

// to gives the query at another offset.
func (q FlowQuery) to(offset int) FlowQuery {
	q.Offset = max(0, offset)
	return q
}

// filters tells whether the query leaves anything out.
func (q FlowQuery) filters() bool {
	return q.Group != "" || q.Status != "" || q.Health != "" || q.Protocol != "" || q.Text != ""
}

// cut shortens a text to n characters.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
