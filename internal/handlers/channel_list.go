package handlers

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// channelsPath is the path of the list of channels, and begins those of their
// pages.
const channelsPath = "/channels"

// list shows the channels of the project, from the snapshot alone.
// GET /channels (limit, offset, status, protocol, q, sort)
func (h *channels) list(c echo.Context) error {
	v := visitOf(c)
	q, faults := ParseChannelQuery(c.QueryParams(), limitOf(c.Request()))
	if c.QueryParams().Has("limit") && limitOf(c.Request()) != q.Limit {
		h.keep(c, cookieLimit, strconv.Itoa(q.Limit))
	}
	t := h.teller(v)
	m := pages.Channels{Shell: h.shell(c, v, v.t.Channels.Title), List: t.channelList(listChannels(v.snapshot(), q))}
	m.Shell.Path, m.Shell.Search, m.Shell.Live = q.Path(), q.Text, "/live?view="+viewChannels+"&"+q.Values().Encode()
	m.Shell.Ends.Path = m.Shell.Path
	if len(faults) > 0 {
		m.Shell.Flash = &ui.Notice{Tone: ui.ToneWarn, Text: v.t.List.NotUnderstood(faults[0].Parameter, faults[0].Value)}
	}
	return h.print.page(c, http.StatusOK, m)
}

// channelListing is a page of the list of channels.
type channelListing struct {
	query    ChannelQuery // with the offset of a page that exists
	known    monitor.Channels
	channels []*monitor.Channel
	matched  int            // that the filters leave, on all pages
	counts   map[string]int // by group, under the other filters
}

// listChannels selects, counts, sorts and cuts out the page that a query asks for.
func listChannels(s *monitor.Snapshot, q ChannelQuery) channelListing {
	l := channelListing{query: q, known: s.Channels, counts: map[string]int{}}
	text := strings.ToLower(q.Text)
	var found []*monitor.Channel
	for _, ch := range s.Channels.All {
		if q.Protocol != "" && ch.Input.Protocol != q.Protocol || text != "" && !strings.Contains(channelText(ch), text) {
			continue
		}
		group := channelGroup(ch.Doing)
		l.counts[group]++
		if q.Group == "" || q.Group == group {
			found = append(found, ch)
		}
	}
	orderChannels(found, q.Sort)
	l.matched = len(found)
	if q.Offset >= l.matched {
		l.query.Offset = max(0, (l.matched-1)/q.Limit*q.Limit)
	}
	l.channels = found[l.query.Offset:min(l.query.Offset+q.Limit, l.matched)]
	return l
}

// channelText is all by which a channel can be found, in lower case.
func channelText(ch *monitor.Channel) string {
	words := []string{ch.Name, ch.ChannelKey.ID, ch.Domain, ch.AppName, string(ch.Input.Protocol)}
	for _, p := range ch.Packages() {
		words = append(words, p.URL)
	}
	return strings.ToLower(strings.Join(words, "\x00"))
}

// channelGroup gives the chip under which a state is counted.
func channelGroup(s monitor.State) string {
	switch s {
	case monitor.StateOn:
		return "on"
	case monitor.StateSecondInput:
		return "second"
	case monitor.StateNoMedia:
		return "no_media"
	case monitor.StateProblem:
		return "problem"
	}
	return groupOf(s)
}

// channelSeverity puts the states in order, worst first.
var channelSeverity = []monitor.State{
	monitor.StateProblem, monitor.StateSourceLost, monitor.StateNoMedia, monitor.StateSecondInput, monitor.StateUnknown, monitor.StateStale,
	monitor.StateStarting, monitor.StateStopping, monitor.StateWaiting, monitor.StateLive, monitor.StateOn, monitor.StateStandby,
}

// orderChannels sorts by a column; equal ones keep the order of name and id.
func orderChannels(all []*monitor.Channel, sort string) {
	column := strings.TrimPrefix(sort, "-")
	if column == "" {
		return
	}
	slices.SortStableFunc(all, func(a, b *monitor.Channel) int {
		c := compareChannels(column, a, b)
		if column != sort {
			return -c
		}
		return c
	})
}

func compareChannels(column string, a, b *monitor.Channel) int {
	switch column {
	case "name":
		return cmp.Compare(a.Name, b.Name)
	case "state":
		return cmp.Compare(slices.Index(channelSeverity, a.Doing), slices.Index(channelSeverity, b.Doing))
	case "source":
		return cmp.Compare(a.Input.Protocol, b.Input.Protocol)
	case "outputs":
		return cmp.Compare(countPackages(a), countPackages(b))
	}
	return a.DoingSince.Compare(b.DoingSince)
}

func countPackages(ch *monitor.Channel) (n int) {
	for range ch.Packages() {
		n++
	}
	return n
}

// channelList is the head, the table and the foot of the list.
func (v teller) channelList(l channelListing) pages.ChannelList {
	return pages.ChannelList{
		T: v.t, Chips: v.channelChips(l), Columns: v.channelColumns(l.query), Body: v.channelBody(l), Pager: v.channelPager(l),
		New: v.newChannelButton(),
	}
}

// newChannelButton leads to the form of a new channel.
func (v teller) newChannelButton() pages.NewChannelButton {
	return pages.NewChannelButton{T: v.t, Why: v.off(actCreateChannel)}
}

// channelColumns are the heads of the table.
func (v teller) channelColumns(q ChannelQuery) []ui.Column {
	w, l := v.t.Channels.List, v.t.List
	all := []ui.Column{
		{Key: "state", Label: l.State},
		{Key: "name", Label: w.Name},
		{Key: "source", Label: w.Input},
		{Key: "outputs", Label: w.Packages},
		{Key: "since", Label: l.InState, Right: true},
		{Key: "seen", Label: l.Seen, Right: true},
		{Key: "action", Label: l.Action},
	}
	sorted := cmp.Or(q.Sort, "name")
	for i := range all {
		c := &all[i]
		if !slices.Contains(channelColumns, c.Key) {
			continue
		}
		next := c.Key
		switch sorted {
		case c.Key:
			c.Order, next = "ascending", "-"+c.Key
		case "-" + c.Key:
			c.Order = "descending"
		}
		c.URL = q.with(func(q *ChannelQuery) {
			if q.Sort = next; next == "name" {
				q.Sort = ""
			}
		}).Path()
	}
	return all
}

// channelChips count the channels by state and filter by it: those states that
// the service can tell.
func (v teller) channelChips(l channelListing) pages.Chips {
	w, c := v.t.State, v.t.Channels.States
	labels := []ui.Chip{
		{Key: "live", Label: c.OnAir, Shape: ui.ShapeLive},
		{Key: "on", Label: c.On, Shape: ui.ShapeClosed},
		{Key: "second", Label: c.Second, Shape: ui.ShapeWarn},
		{Key: "problem", Label: c.Problem, Shape: ui.ShapeLost},
		{Key: "lost", Label: w.SourceLost, Shape: ui.ShapeLost},
		{Key: "no_media", Label: c.NoMedia, Shape: ui.ShapeLost},
		{Key: "waiting", Label: w.Waiting, Shape: ui.ShapeWaiting},
		{Key: "changing", Label: w.Changing, Shape: ui.ShapeStarting},
		{Key: "stale", Label: w.Stale, Shape: ui.ShapeStale},
		{Key: "standby", Label: c.Off, Shape: ui.ShapeStandby},
	}
	measured := []string{"live", "second", "problem", "lost", "waiting"}
	all := 0
	labels = slices.DeleteFunc(labels, func(chip ui.Chip) bool {
		all += l.counts[chip.Key]
		told := v.measured || !slices.Contains(measured, chip.Key)
		switch chip.Key {
		case "on":
			told = !v.measured
		case "no_media":
			told = false // it is seldom, and the others fill a line
		}
		return !told && l.counts[chip.Key] == 0 && l.query.Group != chip.Key
	})
	for i := range labels {
		chip := &labels[i]
		n := l.counts[chip.Key]
		chip.Count, chip.Empty, chip.Selected = strconv.Itoa(n), n == 0, l.query.Group == chip.Key
		chip.URL = l.query.with(func(q *ChannelQuery) { q.Group = chip.Key }).Path()
	}
	first := ui.Chip{
		Key: "all", Label: w.All, Count: strconv.Itoa(all), Selected: l.query.Group == "",
		URL: l.query.with(func(q *ChannelQuery) { q.Group = "" }).Path(),
	}
	return pages.Chips{T: v.t, Chips: append([]ui.Chip{first}, labels...)}
}

// channelPager is the foot of the list.
func (v teller) channelPager(l channelListing) pages.Pager {
	q := l.query
	p := pages.Pager{T: v.t, Range: v.t.List.Range(min(q.Offset+1, l.matched), q.Offset+len(l.channels), l.matched)}
	if v.known != nil && v.known.Pace.Stream {
		p.Fresh = v.fresh()
	}
	for _, n := range limits {
		p.Sizes = append(p.Sizes, ui.Option{Value: strconv.Itoa(n), Label: strconv.Itoa(n), Selected: n == q.Limit})
		p.SizeURLs = append(p.SizeURLs, q.with(func(q *ChannelQuery) { q.Limit = n }).Path())
	}
	last := max(1, (l.matched+q.Limit-1)/q.Limit)
	p.Page = strconv.Itoa(q.Offset/q.Limit+1) + " / " + strconv.Itoa(last)
	if q.Offset > 0 {
		p.Previous = q.to(q.Offset - q.Limit).Path()
	}
	if q.Offset+q.Limit < l.matched {
		p.Next = q.to(q.Offset + q.Limit).Path()
	}
	return p
}

// channelBody is the rows of the list, or why there are none.
func (v teller) channelBody(l channelListing) pages.ChannelBody {
	b := pages.ChannelBody{T: v.t}
	for _, ch := range l.channels {
		b.Rows = append(b.Rows, v.channelRow(ch))
	}
	w := v.t.Channels.List
	switch {
	case len(b.Rows) > 0:
	case l.known.None:
		b.Title, b.Text = w.Absent, w.AbsentHow
	case !l.known.Complete && l.known.Link.Kind != "":
		problem := explained(v.t.ErrorOf(string(l.known.Link.Kind)))
		b.Title, b.Text = w.Refused, strings.TrimSpace(problem.Title+" "+problem.Advice)
	case !l.known.Complete:
		b.Title = w.Reading
	case l.query.filters():
		b.Title, b.Text, b.Clear = w.NothingFound, w.NothingHelp, ChannelQuery{Limit: l.query.Limit}.Path()
	default:
		b.Title, b.Text, b.Make = w.None, w.NoneHow, v.off(actCreateChannel).Word == ""
	}
	return b
}

// channelRow is a channel in the list.
func (v teller) channelRow(ch *monitor.Channel) pages.ChannelRow {
	f := shadow(ch)
	w := v.t.Channels.List
	row := pages.ChannelRow{
		T: v.t, ID: ch.ID, Name: ch.Name, Key: ch.AppName + "/" + ch.ChannelKey.ID + " · " + ch.Domain, State: v.channelState(ch),
		Protocol: protocolName(ch.Input.Protocol), Input: v.inputBrief(ch), Packages: cmp.Or(packagesBrief(ch), w.Unpacked), Record: recordBrief(ch.Record),
		InState: ui.At(ui.TimeCounter, ch.DoingSince, v.now), Seen: v.channelSeen(ch), SeenOld: ch.Aging || ch.Doing == monitor.StateStale,
		Aged: ch.Aging, Action: v.channelAction(ch, fromList), Still: v.channelStill(ch),
	}
	if a := v.alarms.FlowTops[ch.ID]; a != nil && a.Cleared.IsZero() {
		row.Blink, row.AckedBy = blinks(a), a.AckedBy
	}
	if a := v.asking(f); a != nil {
		row.Asks, row.AsksHint = v.askShort(*a), v.askWords(f)+": "+a.Reason
	}
	if p := ch.Care.Protect; p != nil {
		row.Guarded = v.t.Care.Protect.Tag(p.Owner)
	}
	if ch.Doing == monitor.StateStale {
		row.InState = ui.Moment{Text: lostFigure.Value}
	}
	return row
}

// channelAction is what may be done with a channel, where it is shown.
func (v teller) channelAction(ch *monitor.Channel, from string) pages.FlowAction {
	f := shadow(ch)
	a := action(v.t, f, from)
	if a.Verb != "" {
		a.Why = v.off(actSwitchChannel)
	}
	return v.guarded(f, a)
}

// channelSeen is the age of what is shown of a channel.
func (v teller) channelSeen(ch *monitor.Channel) ui.Moment {
	if ch.SeenAt.Equal(ch.ReadAt) && ch.Doing != monitor.StateStale {
		return v.told(ch.SeenAt)
	}
	return ui.At(ui.TimeAge, ch.SeenAt, v.now)
}

// inputBrief is what comes in, in a few words.
func (v teller) inputBrief(ch *monitor.Channel) string {
	var words []string
	if run := runOf(ch); run != nil && len(ch.Input.Standby) > 0 {
		words = append(words, v.roleWord(run.OnAir))
	}
	if ch.Bitrate > 0 && runOf(ch) != nil {
		rate := ui.Bitrate(ch.Bitrate)
		words = append(words, rate.Value+" "+rate.Unit)
	}
	return strings.Join(words, " · ")
}

func (v teller) roleWord(role string) string {
	if role == "standby" {
		return v.t.Channels.List.StandbyShort
	}
	return v.t.Channels.List.PrimaryShort
}

// runOf is what is measured of a channel, as far as it may be shown.
func runOf(ch *monitor.Channel) *medialive.ChannelRun {
	if ch.Detail == nil || ch.Run == monitor.Gone || ch.State != medialive.ChannelOn {
		return nil
	}
	return ch.Detail.Run
}

// packagesBrief counts the packages of each format: "HLS 2 · DASH 1".
func packagesBrief(ch *monitor.Channel) string {
	counts := map[string]int{}
	for ref := range ch.Packages() {
		counts[ref.Format]++
	}
	var words []string
	for _, f := range []string{medialive.FormatHLS, medialive.FormatDASH, medialive.FormatMSS} {
		if n := counts[f]; n > 0 {
			words = append(words, formatName(f)+" "+strconv.Itoa(n))
		}
	}
	return strings.Join(words, " · ")
}

// recordBrief is how long a channel records: "2 h"; empty where it does not.
func recordBrief(r medialive.RecordSettings) string {
	switch s := r.RollingBuffer; {
	case s == 0:
		return ""
	case s%86400 == 0:
		return strconv.Itoa(s/86400) + " d"
	case s%3600 == 0:
		return strconv.Itoa(s/3600) + " h"
	case s%60 == 0:
		return strconv.Itoa(s/60) + " min"
	default:
		return strconv.Itoa(s) + " s"
	}
}

// protocolName is a protocol of an input as people call it.
func protocolName(p medialive.InputProtocol) string {
	kind, way, _ := strings.Cut(string(p), "_")
	return strings.TrimSpace(kind + " " + strings.ToLower(way))
}

// packageTitles names packages one after the other: HLS 1, HLS 2, DASH 1.
func packageTitles() func(format string) string {
	count := map[string]int{}
	return func(format string) string {
		count[format]++
		return formatName(format) + " " + strconv.Itoa(count[format])
	}
}

// formatName is the format of a package as people call it.
func formatName(format string) string {
	name, _, _ := strings.Cut(format, "_")
	return strings.ToUpper(name)
}
