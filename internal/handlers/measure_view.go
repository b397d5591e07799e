package handlers

import (
	"cmp"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/flowdeck/flowdeck/internal/measure"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// metricOrder is the order of the metrics that are known; others follow by name.
var metricOrder = []string{
	medialive.MetricInputBandwidth, medialive.MetricInputFrameRate, medialive.MetricNoPackets, medialive.MetricDisconnections,
	medialive.MetricContinuity, medialive.MetricPIDErrors, medialive.MetricSwitches, medialive.MetricSignals,
	medialive.MetricOutputBandwidth, medialive.MetricOutputFrameRate, medialive.MetricDroppedFrames, medialive.MetricDroppedTraffic,
	medialive.MetricOutputTraffic, medialive.MetricHLSRequests, medialive.MetricDASHRequests,
	medialive.MetricRequests2xx, medialive.MetricRequests4xx, medialive.MetricRequests5xx,
	medialive.MetricConnected, medialive.MetricRTT, medialive.MetricLossRate, medialive.MetricLost, medialive.MetricRetransmitted,
	medialive.MetricDropped, medialive.MetricOutputsConnected,
}

// sortMetrics puts metrics of one thing beside each other.
func sortMetrics(all []medialive.Metric) {
	place := func(m medialive.Metric) int {
		if i := slices.Index(metricOrder, m.Name); i >= 0 {
			return i
		}
		return len(metricOrder)
	}
	slices.SortStableFunc(all, func(a, b medialive.Metric) int {
		return cmp.Or(
			cmp.Compare(dimensionsSaid(a.Dimensions), dimensionsSaid(b.Dimensions)),
			cmp.Compare(place(a), place(b)), cmp.Compare(a.Name, b.Name),
		)
	})
}

// dimensionsSaid tells what a metric is of.
func dimensionsSaid(dims []medialive.MetricDimension) string {
	said := make([]string, len(dims))
	for i, d := range dims {
		said[i] = d.Name + " " + d.Value
	}
	return strings.Join(said, " · ")
}

// measures are charts before anything is drawn.
func (v teller) measures(q measureQuery, path, poll string) pages.Measures {
	m := pages.Measures{
		T: v.t, Title: v.t.Measures.Heading(stretchName(v.t.History, q.key, true)), Poll: poll + "?" + q.values(q.key).Encode(),
	}
	for _, s := range measureSpans {
		m.Ranges = append(m.Ranges, pages.ChartLink{
			Label: stretchName(v.t.History, s.key, false), URL: path + "?" + q.values(s.key).Encode(), On: s.key == q.key,
		})
	}
	return m
}

// thingSaid tells what was chosen: of a channel that is known, in words, and with
// the name of a flow in place of its id.
func (v teller) thingSaid(t thing) string {
	if ch, known := v.known.Channel(monitor.ChannelID(channelOf(t))); known {
		return ch.Name + " · " + v.partSaid(t, ch.ChannelKey)
	}
	named := slices.Clone(t)
	for i, d := range named {
		if f, known := v.known.Flow(d.Value); d.Name == medialive.DimFlow && known {
			named[i].Value = f.Name
		}
	}
	return dimensionsSaid(named)
}

// channelOf is the channel of which something is a part; empty where it is of none.
func channelOf(t thing) (key medialive.ChannelKey) {
	for _, d := range t {
		switch d.Name {
		case medialive.DimDomain:
			key.Domain = d.Value
		case medialive.DimAppName:
			key.AppName = d.Value
		case medialive.DimChannel, medialive.DimPackage:
			key.ID = d.Value
		}
	}
	return key
}

// eyeProblem tells why Cloud Eye could not be read, and what to do.
func (v teller) eyeProblem(err error) ui.Problem {
	problem := problemOf(v.t, answerTo(err))
	problem.Title = v.t.Measures.Failed
	if medialive.KindOf(err) == medialive.KindNotPermitted {
		problem.Title, problem.Advice = v.t.Measures.Refused, v.t.Measures.RefusedHow
	}
	return problem
}

// drawMeasures draws what was read, in groups of one thing, with marks of what
// happened.
func (v teller) drawMeasures(m *pages.Measures, q measureQuery, read readValues, marks []ui.ChartMark) {
	w := v.t.Measures
	switch {
	case read.err != nil:
		problem := v.eyeProblem(read.err)
		m.Problem = &problem
		return
	case len(read.Series) == 0:
		m.Notes = append(m.Notes, w.None, w.NoneHow)
		return
	}
	if read.left > 0 {
		m.Notes = append(m.Notes, w.More(read.left))
	}
	m.AsOf = w.AsOf(read.To.UTC().Format("15:04"), span(barOf(read.Values)))
	axis := ui.NewAxis(read.From, read.To, v.date)
	marks = ui.PlaceMarks(marks)
	said := ""
	for i, s := range read.Series {
		if of := dimensionsSaid(s.Dimensions); of != said || i == 0 {
			said = of
			m.Groups = append(m.Groups, pages.MeasureGroup{ID: strconv.Itoa(len(m.Groups)), Title: v.partSaid(s.Dimensions, q.channel), Axis: axis, Marks: marks})
		}
		group := &m.Groups[len(m.Groups)-1]
		group.Series = append(group.Series, v.measureChart("m"+strconv.Itoa(i), s, read.Values))
	}
}

// barOf is how long a bar is: one value, or as many as are drawn as one.
func barOf(in measure.Values) time.Duration {
	return max(time.Duration(in.Period)*time.Second, in.To.Sub(in.From)/barsOf)
}

// partSaid tells what metrics are of: on the page of a channel, which part of it.
func (v teller) partSaid(dims []medialive.MetricDimension, of medialive.ChannelKey) string {
	if of == (medialive.ChannelKey{}) {
		return v.thingSaid(dims)
	}
	var said []string
	for _, d := range dims {
		word := v.t.Measures.Parts[d.Name]
		switch {
		case word != "" && d.Value == of.ID:
			said = append(said, word)
		case d.Name == medialive.DimPackageID:
			said = append(said, v.packageNamed(of, d.Value))
		case d.Name != medialive.DimDomain && d.Name != medialive.DimAppName:
			said = append(said, d.Value)
		}
	}
	return strings.Join(said, " · ")
}

// packageNamed is what a package of a channel is called; its id, where that is not
// known.
func (v teller) packageNamed(of medialive.ChannelKey, id string) string {
	ch, known := v.known.Channel(monitor.ChannelID(of))
	if !known {
		return id
	}
	title := packageTitles()
	for ref, p := range ch.Packages() {
		if name := title(ref.Format); p.ID == id {
			return name
		}
	}
	return id
}

// scaled is how values of a unit are shown.
type scaled struct {
	unit  string
	by    float64 // of a value
	least float64 // the smallest range of the scale
	bars  bool    // they are counted
}

func scaleOf(unit string) scaled {
	switch unit {
	case "bit/s", "bps":
		return scaled{"Mb/s", 1e-6, 0.1, false}
	case "Byte", "byte":
		return scaled{"MB", 1e-6, 0.1, true}
	case "count", "Count":
		return scaled{"", 1, 2, true}
	case "s":
		return scaled{"s", 1, 2, true}
	case "fps":
		return scaled{"fps", 1, 5, false}
	case "ms":
		return scaled{"ms", 1, 5, false}
	}
	return scaled{unit, 1, 1, false}
}

// measureChart draws a series.
func (v teller) measureChart(id string, s medialive.Series, in measure.Values) ui.Chart {
	w := v.t.Measures
	scale := scaleOf(s.Unit)
	values := slotsOf(s.Points, in, scale.by)
	p := ui.Plot{
		ID: id, Title: cmp.Or(w.Names[s.Name], s.Name), Values: values,
		Least: scale.least, Bars: scale.bars, Sum: scale.bars, Now: ui.Figure{Value: ui.Lost},
	}
	for _, value := range values[max(0, len(values)-3):] { // the newest may not be there yet
		if !math.IsNaN(value) {
			p.Now = ui.Figure{Value: decimals(value), Unit: scale.unit}
		}
	}
	chart := p.Chart()
	low, high := extremes(values)
	chart.Label = v.t.Flow.ChartLabel(p.Title, strings.TrimSpace(p.Now.Value+" "+p.Now.Unit), low, high)
	return chart
}

// slotsOf puts points into their places of the span, scaled. A place without a
// point is a gap.
func slotsOf(points []medialive.Point, in measure.Values, by float64) []float64 {
	step := time.Duration(in.Period) * time.Second
	out := gaps(int(in.To.Sub(in.From) / step))
	for _, point := range points {
		i := int(math.Floor(float64(point.At.Sub(in.From)) / float64(step)))
		if i >= 0 && i < len(out) {
			out[i] = point.Value * by
		}
	}
	return out
}

// signalMarks are signals on the time axis.
func (v teller) signalMarks(in measure.Values, signals []medialive.SCTE35Event) []ui.ChartMark {
	var marks []ui.ChartMark
	for _, s := range signals {
		at := time.Unix(s.Start, 0)
		x := float64(at.Sub(in.From)) / float64(in.To.Sub(in.From))
		if x < 0 || x > 1 {
			continue
		}
		marks = append(marks, ui.ChartMark{At: x, Text: at.UTC().Format("15:04") + " " + v.signalMark(s)})
	}
	return marks
}

// signalMark is a signal in short.
func (v teller) signalMark(s medialive.SCTE35Event) string {
	if s.Segmentation != "" && s.Segmentation != medialive.NoSegmentation {
		return string(s.Segmentation)
	}
	return v.signalCommand(s)
}

func (v teller) signalCommand(s medialive.SCTE35Event) string {
	switch s.Kind {
	case medialive.SpliceInsert:
		return v.t.Measures.Signals.Insert
	case medialive.TimeSignal:
		return v.t.Measures.Signals.TimeSignal
	}
	return string(s.Kind)
}

// signalChoices are the kinds and the regions of signals to choose from.
func (v teller) signalChoices(list *pages.Signals, q measureQuery, path string) {
	w := v.t.Measures.Signals
	address := func(change func(*signalQuery)) string {
		q.signals.page = 0
		change(&q.signals)
		return path + "?" + q.values(q.key).Encode()
	}
	for _, kind := range signalKinds {
		label := cmp.Or(map[medialive.SCTE35Kind]string{medialive.AllSignals: w.All, medialive.SpliceInsert: w.Insert, medialive.TimeSignal: w.TimeSignal}[kind], string(kind))
		list.Kinds = append(list.Kinds, pages.ChartLink{Label: label, URL: address(func(s *signalQuery) { s.kind = kind }), On: kind == q.signals.kind})
	}
	for _, role := range signalRoles {
		list.Regions = append(list.Regions, pages.ChartLink{Label: v.signalRole(role), URL: address(func(s *signalQuery) { s.role = role }), On: role == q.signals.role})
	}
}

// signalRole names a region by its role.
func (v teller) signalRole(role medialive.RegionRole) string {
	w := v.t.Measures.Signals
	return cmp.Or(map[medialive.RegionRole]string{medialive.MasterRegion: w.Primary, medialive.SlaveRegion: w.Standby, medialive.AllRegions: w.Both}[role], string(role))
}

// signals is the list of signals.
func (v teller) signals(read readSignals, q measureQuery, path string) *pages.Signals {
	w := v.t.Measures.Signals
	list := &pages.Signals{T: v.t}
	v.signalChoices(list, q, path)
	if read.err != nil {
		problem := problemOf(v.t, answerTo(read.err))
		problem.Title = w.Failed
		list.Problem = &problem
		return list
	}
	for _, s := range read.list {
		row := pages.SignalRow{
			ID:   "signal-" + strconv.FormatInt(s.Start, 10) + "-" + strconv.Itoa(len(list.Rows)),
			Time: time.Unix(s.Start, 0).UTC().Format("2006-01-02 15:04:05"), Command: v.signalCommand(s), Event: strconv.FormatInt(s.EventID, 10),
			Duration: w.Untold, Data: s.Data, Decoded: s.Decoded, Region: joinWords(s.Region, v.signalRole(s.Role)),
		}
		if s.Segmentation != medialive.NoSegmentation {
			row.Marks = string(s.Segmentation)
		}
		if s.Duration >= 0 {
			row.Duration = strconv.FormatInt(s.Duration, 10) + " s"
		}
		list.Rows = append(list.Rows, row)
	}
	if read.total > len(list.Rows) && len(list.Rows) > 0 {
		list.More = w.Listed(read.newer+1, read.newer+len(list.Rows), read.total)
	}
	turn := func(page int) string {
		q.signals.page = page
		return path + "?" + q.values(q.key).Encode()
	}
	if q.signals.page > 0 {
		list.Newer = turn(q.signals.page - 1)
	}
	if read.newer+len(list.Rows) < read.total {
		list.Older = turn(q.signals.page + 1)
	}
	return list
}

// dimensions are those to choose from.
func (v teller) dimensions(p *pages.Monitoring, dims map[string]medialive.Dimension, q instanceQuery) {
	for name, d := range dims {
		link := pages.ChartLink{Label: v.dimensionName(name, d), Name: name, URL: instanceQuery{dim: name}.address(), On: name == q.dim}
		p.Dimensions = append(p.Dimensions, link)
	}
	slices.SortFunc(p.Dimensions, func(a, b pages.ChartLink) int { return cmp.Compare(a.Name, b.Name) })
}

// instances are those of a dimension, with the way to what is below each.
func (v teller) instances(p *pages.Monitoring, dims map[string]medialive.Dimension, page medialive.InstancePage, q instanceQuery) {
	p.Total = v.t.Measures.Finding.Total(page.Total)
	p.In = strings.Join(q.in, " · ")
	if below, has := dims[under(q.dim)]; has {
		p.Below = v.dimensionName(under(q.dim), below)
	}
	for _, i := range page.Instances {
		one := measuredInstance(i, q)
		if p.Below == "" {
			one.Below = ""
		}
		p.Instances = append(p.Instances, one)
	}
	turn := func(start int) string {
		q.start = start
		return q.address()
	}
	if q.start > 0 {
		p.Back = turn(max(0, q.start-shownInstances))
	}
	if next := q.start + len(page.Instances); next < page.Total && len(page.Instances) > 0 {
		p.Next = turn(next)
	}
}

// dimensionName is a dimension as the service calls it in the reader's language.
func (v teller) dimensionName(name string, d medialive.Dimension) string {
	var said medialive.DisplayNames
	if len(d.Params) > 0 {
		said = d.Display[d.Params[0]]
	}
	if v.t.Lang == text.ZH {
		return cmp.Or(said.Chinese, said.English, name)
	}
	return cmp.Or(said.English, said.Chinese, name)
}

// measuredInstance is an instance with the way to its charts, and to what is below
// it.
func measuredInstance(i medialive.Instance, q instanceQuery) pages.MeasuredInstance {
	var of thing
	var names, ids []string
	for _, step := range q.path() {
		ref := i.In(step.Dimension)
		of = append(of, medialive.MetricDimension{Name: step.Dimension, Value: ref.ID})
		names, ids = append(names, cmp.Or(ref.Name, ref.ID)), append(ids, ref.ID)
	}
	return pages.MeasuredInstance{
		Name: strings.Join(names, " · "), ID: strings.Join(ids, " · "), Key: of.String(), URL: monitoringPath + "?" + url.Values{fieldOn: {of.String()}}.Encode(),
		Below: instanceQuery{dim: under(q.dim), in: ids}.address(),
	}
}

// metricSets tells of what Cloud Eye has metrics, and how many.
func (v teller) metricSets(metrics []medialive.Metric) []pages.MetricSet {
	metrics = slices.Clone(metrics)
	sortMetrics(metrics)
	var sets []pages.MetricSet
	count := 0
	key := ""
	for _, m := range metrics {
		of := thing(m.Dimensions)
		if of.String() != key {
			key, count = of.String(), 0
			sets = append(sets, pages.MetricSet{Of: v.thingSaid(of), Key: key, URL: monitoringPath + "?" + url.Values{fieldOn: {key}}.Encode()})
		}
		count++
		sets[len(sets)-1].Count = strconv.Itoa(count)
	}
	return sets
}
