package handlers

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/measure"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// measures show what services measure of channels. Unlike other pages, these ask
// the service while somebody waits, each question once for a while.
type measures struct{ *desk }

// measureSpans are those to choose from, the first where none is chosen: each with
// the period that Cloud Eye answers for so long.
var measureSpans = []struct {
	key string // in addresses, as of [stretches]
	measure.Span
}{
	{"1h", measure.Span{Length: time.Hour, Period: 60}},
	{"6h", measure.Span{Length: 6 * time.Hour, Period: 60}},
	{"24h", measure.Span{Length: 24 * time.Hour, Period: 300}},
	{"7d", measure.Span{Length: 7 * 24 * time.Hour, Period: 3600}},
	{"30d", measure.Span{Length: 30 * 24 * time.Hour, Period: 14400}},
}

const (
	measureWithin  = 6 * time.Second
	shownSignals   = 100 // the most that a page of the service has
	mostMeasures   = 60  // charts of a page
	shownInstances = 50
	monitoringPath = "/channels/monitoring"
	mostChosen     = 10   // things on the monitoring page
	fieldOn        = "on" // dimensions of a thing: name=value&name=value
)

// measureQuery is what is asked for.
type measureQuery struct {
	key  string
	span measure.Span
	on   []thing // on the monitoring page: what was chosen

	channel medialive.ChannelKey // on the page of a channel
	signals signalQuery
}

// signalQuery is which signals of a channel are listed.
type signalQuery struct {
	kind medialive.SCTE35Kind
	role medialive.RegionRole
	page int // from 0, the newest
}

// The parameters of signals, and what each may be: the first where none is given.
const (
	paramSignals = "signals"
	paramRegion  = "region"
	paramPage    = "page"
)

var (
	signalKinds = []medialive.SCTE35Kind{medialive.AllSignals, medialive.SpliceInsert, medialive.TimeSignal}
	signalRoles = []medialive.RegionRole{medialive.MasterRegion, medialive.SlaveRegion, medialive.AllRegions}
)

func parseSignalQuery(v url.Values) (signalQuery, error) {
	q := signalQuery{kind: medialive.SCTE35Kind(v.Get(paramSignals)), role: medialive.RegionRole(v.Get(paramRegion))}
	if q.kind == "" {
		q.kind = signalKinds[0]
	}
	if q.role == "" {
		q.role = signalRoles[0]
	}
	if page := v.Get(paramPage); page != "" {
		n, err := strconv.ParseUint(page, 10, 16)
		if err != nil {
			return q, errBadRequest
		}
		q.page = int(n)
	}
	if !slices.Contains(signalKinds, q.kind) || !slices.Contains(signalRoles, q.role) {
		return q, errBadRequest
	}
	return q, nil
}

// put adds what is not as it is without a choice to the parameters of an address.
func (q signalQuery) put(v url.Values) {
	if q.kind != signalKinds[0] {
		v.Set(paramSignals, string(q.kind))
	}
	if q.role != signalRoles[0] {
		v.Set(paramRegion, string(q.role))
	}
	if q.page > 0 {
		v.Set(paramPage, strconv.Itoa(q.page))
	}
}

// thing is something that is measured: all metrics that have these dimensions.
type thing []medialive.MetricDimension

// thingOf reads one from a parameter.
func thingOf(text string) (thing, error) {
	values, err := url.ParseQuery(text)
	if err != nil || len(values) == 0 || len(values) > 4 {
		return nil, errBadRequest
	}
	var t thing
	for name, all := range values {
		if name == "" || len(all) != 1 || all[0] == "" {
			return nil, errBadRequest
		}
		t = append(t, medialive.MetricDimension{Name: name, Value: all[0]})
	}
	slices.SortFunc(t, func(a, b medialive.MetricDimension) int { return strings.Compare(a.Name, b.Name) })
	return t, nil
}

// String is the thing as a parameter.
func (t thing) String() string {
	v := url.Values{}
	for _, d := range t {
		v.Set(d.Name, d.Value)
	}
	return v.Encode()
}

// has tells whether a metric is of the thing.
func (t thing) has(m medialive.Metric) bool {
	return !slices.ContainsFunc(t, func(d medialive.MetricDimension) bool { return !slices.Contains(m.Dimensions, d) })
}

// in gives what the thing is in a dimension; empty: nothing.
func (t thing) in(dimension string) string {
	for _, d := range t {
		if d.Name == dimension {
			return d.Value
		}
	}
	return ""
}

func parseMeasureQuery(v url.Values) (measureQuery, error) {
	signals, err := parseSignalQuery(v)
	if err != nil {
		return measureQuery{}, err
	}
	q := measureQuery{key: measureSpans[0].key, span: measureSpans[0].Span, signals: signals}
	if key := v.Get("range"); key != "" {
		i := slices.IndexFunc(measureSpans, func(s struct {
			key string
			measure.Span
		},
		) bool {
			return s.key == key
		})
		if i < 0 {
			return q, errBadRequest
		}
		q.key, q.span = key, measureSpans[i].Span
	}
	if len(v[fieldOn]) > mostChosen {
		return q, errBadRequest
	}
	for _, text := range v[fieldOn] {
		one, err := thingOf(text)
		if err != nil {
			return q, err
		}
		q.on = append(q.on, one)
	}
	return q, nil
}

// values are the parameters of an address, with another span: that begins at the
// newest signals.
func (q measureQuery) values(span string) url.Values {
	v := url.Values{"range": {span}}
	if span != q.key {
		q.signals.page = 0
	}
	q.signals.put(v)
	for _, one := range q.on {
		v.Add(fieldOn, one.String())
	}
	return v
}

// asker is the visitor as services are asked.
func (d *desk) asker(v *visit) (measure.Asker, error) {
	live, err := d.Auth.Client(v.session)
	if err != nil {
		return measure.Asker{}, err
	}
	eye, err := d.Auth.CloudEye(v.session)
	if err != nil {
		return measure.Asker{}, err
	}
	who := strings.Join([]string{v.session.Endpoint, v.session.ProjectID, v.session.Account, v.session.User}, "\x00")
	return measure.Asker{Who: who, Live: live, Eye: eye}, nil
}

// statistics shows what is measured of a channel.
// GET /channels/:domain/:app/:id/statistics (range)
func (h *measures) statistics(c echo.Context) error {
	v := visitOf(c)
	ch, m, err := h.ofChannel(c, v)
	if err != nil {
		return err
	}
	shell := h.shell(c, v, ch.Name)
	return h.print.page(c, http.StatusOK, pages.ChannelStatistics{
		Shell: shell, Top: h.teller(v).channelTop(ch, pages.TabStatistics), Measures: m,
	})
}

// charts gives the charts of a channel by themselves.
// GET /channels/:domain/:app/:id/statistics/charts (range)
func (h *measures) charts(c echo.Context) error {
	_, m, err := h.ofChannel(c, visitOf(c))
	if err != nil {
		return err
	}
	return h.print.page(c, http.StatusOK, m)
}

func (h *measures) ofChannel(c echo.Context, v *visit) (*monitor.Channel, pages.Measures, error) {
	ch, err := v.channel(c)
	if err != nil {
		return nil, pages.Measures{}, err
	}
	q, err := parseMeasureQuery(c.QueryParams())
	if err != nil {
		return nil, pages.Measures{}, err
	}
	q.on, q.channel = nil, ch.ChannelKey
	asker, err := h.asker(v)
	if err != nil {
		return nil, pages.Measures{}, err
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), measureWithin)
	defer cancel()
	t, path := h.teller(v), channelPath(ch.ChannelKey, pages.TabStatistics)
	m := t.measures(q, path, path+"/charts")
	signals := h.signals(ctx, asker, ch.ChannelKey, q)
	m.Signals = t.signals(signals, q, path)
	read := h.readMetrics(ctx, asker, q.span, func(metric medialive.Metric) bool { return isOf(metric, ch.ChannelKey) })
	p := q.past(read.To)
	if err := h.happened(ctx, v.watcher.Key(), ch.ID, p); err != nil {
		return nil, pages.Measures{}, err
	}
	t.drawMeasures(&m, q, read, append(t.happened(p), t.signalMarks(read.Values, signals.list)...))
	if len(m.Groups) > 0 {
		m.CSV = path + ".csv?" + q.values(q.key).Encode()
	}
	return ch, m, nil
}

// past is the stretch of charts, for what happened in it.
func (q measureQuery) past(at time.Time) *past {
	p := &past{at: at}
	p.query.stretch.key, p.query.stretch.span = q.key, q.span.Length
	return p
}

// isOf tells whether a metric is of a channel: its id stands in one of the
// dimensions of channels, and where others tell its domain they agree.
func isOf(m medialive.Metric, key medialive.ChannelKey) bool {
	of := false
	for _, d := range m.Dimensions {
		switch d.Name {
		case medialive.DimChannel, medialive.DimPackage, medialive.DimCDN, medialive.DimAds:
			of = d.Value == key.ID
		case medialive.DimDomain:
			if d.Value != key.Domain {
				return false
			}
		case medialive.DimAppName:
			if d.Value != key.AppName {
				return false
			}
		}
	}
	return of
}

// readSignals is what was read of the signals of a channel.
type readSignals struct {
	list  []medialive.SCTE35Event // newest first
	newer int                     // than those
	total int
	err   error
}

// signals reads a page of the signals of a span. The service gives the oldest
// first.
func (h *measures) signals(ctx context.Context, a measure.Asker, key medialive.ChannelKey, q measureQuery) readSignals {
	to := h.now()
	asked := measure.SignalQuery{Channel: key, Kind: q.signals.kind, Role: q.signals.role, From: to.Add(-q.span.Length), To: to}
	list, err := h.asked.Signals(ctx, a, asked, shownSignals, 0)
	end := max(0, int(list.Total)-q.signals.page*shownSignals) // behind the newest of the page
	begin := max(0, end-shownSignals)
	if err == nil && begin > 0 {
		list, err = h.asked.Signals(ctx, a, asked, shownSignals, begin)
	}
	page := slices.Clone(list.Signals[:min(len(list.Signals), end-begin)])
	slices.Reverse(page)
	return readSignals{page, int(list.Total) - end, int(list.Total), err}
}

// readValues is what was read of some metrics.
type readValues struct {
	measure.Values
	left int // metrics that were left out
	err  error
}

// readMetrics asks which metrics there are, and reads those that are wanted.
func (h *measures) readMetrics(ctx context.Context, a measure.Asker, span measure.Span, wanted func(medialive.Metric) bool) readValues {
	all, err := h.asked.Metrics(ctx, a)
	if err != nil {
		return readValues{err: err}
	}
	all = slices.DeleteFunc(slices.Clone(all), func(m medialive.Metric) bool { return !wanted(m) })
	sortMetrics(all)
	shown := all[:min(len(all), mostMeasures)]
	if len(shown) == 0 {
		return readValues{}
	}
	values, err := h.asked.Values(ctx, a, shown, span)
	return readValues{values, len(all) - len(shown), err}
}

// monitoring shows what has metrics, and charts of what was chosen.
// GET /channels/monitoring (range, on…, dim, in…, start)
func (h *measures) monitoring(c echo.Context) error {
	v := visitOf(c)
	q, err := parseMeasureQuery(c.QueryParams())
	if err != nil {
		return err
	}
	asker, err := h.asker(v)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), measureWithin)
	defer cancel()
	shell := h.shell(c, v, v.t.Measures.Monitoring)
	p := pages.Monitoring{Shell: shell, Clear: monitoringPath}
	if len(q.on) > 0 {
		m := h.chosen(ctx, v, asker, q)
		p.Measures = &m
		for _, one := range q.on {
			p.Chosen = append(p.Chosen, h.teller(v).thingSaid(one))
		}
		return h.print.page(c, http.StatusOK, p)
	}
	h.choices(ctx, v, asker, c.QueryParams(), &p)
	return h.print.page(c, http.StatusOK, p)
}

// chosenCharts gives the charts of the monitoring page by themselves.
// GET /channels/monitoring/charts (range, on…)
func (h *measures) chosenCharts(c echo.Context) error {
	v := visitOf(c)
	q, err := parseMeasureQuery(c.QueryParams())
	if err != nil || len(q.on) == 0 {
		return errBadRequest
	}
	asker, err := h.asker(v)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), measureWithin)
	defer cancel()
	return h.print.page(c, http.StatusOK, h.chosen(ctx, v, asker, q))
}

// chosen are the charts of the metrics of all chosen things.
func (h *measures) chosen(ctx context.Context, v *visit, a measure.Asker, q measureQuery) pages.Measures {
	t := h.teller(v)
	m := t.measures(q, monitoringPath, monitoringPath+"/charts")
	read := h.readMetrics(ctx, a, q.span, q.has)
	var marks []ui.ChartMark
	if read.err == nil {
		marks = h.chosenSignals(ctx, v, a, q, read.Values)
	}
	t.drawMeasures(&m, q, read, marks)
	for _, one := range q.on {
		if len(m.Groups) > 0 && !slices.ContainsFunc(read.Series, func(s medialive.Series) bool { return one.has(s.Metric) }) {
			m.Notes = append(m.Notes, t.t.Measures.NothingOf(t.thingSaid(one)))
		}
	}
	if len(m.Groups) > 0 {
		m.CSV = monitoringPath + ".csv?" + q.values(q.key).Encode()
	}
	return m
}

// has tells whether a metric is of one of the chosen things.
func (q measureQuery) has(m medialive.Metric) bool {
	return slices.ContainsFunc(q.on, func(one thing) bool { return one.has(m) })
}

// chosenSignals are the signals of the channels that are drawn, as marks. One whose
// signals cannot be read has none: its own page says why.
func (h *measures) chosenSignals(ctx context.Context, v *visit, a measure.Asker, q measureQuery, read measure.Values) (marks []ui.ChartMark) {
	for _, ch := range v.snapshot().Channels.All {
		drawn := slices.ContainsFunc(read.Series, func(s medialive.Series) bool {
			return thing(s.Dimensions).in(medialive.DimChannel) == ch.ChannelKey.ID && isOf(s.Metric, ch.ChannelKey)
		})
		if drawn {
			marks = append(marks, h.teller(v).signalMarks(read, h.signals(ctx, a, ch.ChannelKey, q).list)...)
		}
	}
	return marks
}

// choices fills in what can be chosen: instances of a dimension, and what Cloud
// Eye has metrics of.
func (h *measures) choices(ctx context.Context, v *visit, a measure.Asker, values url.Values, p *pages.Monitoring) {
	t := h.teller(v)
	err := h.instances(ctx, t, a, values, p)
	var metrics []medialive.Metric
	if err == nil {
		metrics, err = h.asked.Metrics(ctx, a)
	}
	if err != nil {
		problem := t.eyeProblem(err)
		p.Problem = &problem
		return
	}
	p.Sets = t.metricSets(metrics)
}

func (h *measures) instances(ctx context.Context, t teller, a measure.Asker, values url.Values, p *pages.Monitoring) error {
	dims, err := h.asked.Dimensions(ctx, a)
	if err != nil {
		return err
	}
	dim := values.Get("dim")
	if _, known := dims[dim]; !known {
		dim = medialive.DimChannel
	}
	q := instanceQuery{dim: dim, in: values[fieldIn]}
	q.start, _ = strconv.Atoi(values.Get("start")) // what is no number is the first page
	q.start = max(0, q.start)
	t.dimensions(p, dims, q)
	page, err := h.asked.Instances(ctx, a, q.start, shownInstances, q.path()...)
	if err != nil {
		return err
	}
	t.instances(p, dims, page, q)
	return nil
}

// instanceQuery is which instances are listed: of a dimension, and where that is
// below others, of some of those or of all.
type instanceQuery struct {
	dim   string
	in    []string // ids in the dimensions above, from the first; the rest: all
	start int
}

// fieldIn is an id in a dimension above.
const fieldIn = "in"

// above are the dimensions above one, the first first.
func above(dim string) []string {
	switch dim {
	case medialive.DimAudio:
		return []string{medialive.DimChannel, medialive.DimPipeline}
	case medialive.DimPipeline:
		return []string{medialive.DimChannel}
	}
	return nil
}

// under is the dimension that is below one; empty: there is none.
func under(dim string) string {
	return map[string]string{medialive.DimChannel: medialive.DimPipeline, medialive.DimPipeline: medialive.DimAudio}[dim]
}

// path is the path of dimensions that is asked for.
func (q instanceQuery) path() []medialive.DimensionStep {
	var path []medialive.DimensionStep
	for i, dim := range above(q.dim) {
		step := medialive.DimensionStep{Dimension: dim}
		if i < len(q.in) {
			step.ID = q.in[i]
		}
		path = append(path, step)
	}
	return append(path, medialive.DimensionStep{Dimension: q.dim})
}

// address is where the instances are listed.
func (q instanceQuery) address() string {
	v := url.Values{"dim": {q.dim}, fieldIn: q.in}
	if q.start > 0 {
		v.Set("start", strconv.Itoa(q.start))
	}
	return monitoringPath + "?" + v.Encode()
}
