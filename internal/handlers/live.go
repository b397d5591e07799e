package handlers

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/alarm"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// The kinds of view a stream can have.
const (
	viewList   = "list"   // the list of flows, with the query of the page
	viewFlow   = "flow"   // the page of a flow
	viewFirst  = "first"  // the page of a project without flows
	viewShell  = "shell"  // a page of which only the shell lives
	viewAlarms = "alarms" // the page of alarms, with its query

	viewActivity = "activity" // the first page of the trail, with its filters
)

// recheckEvery is how often the session of an open stream is looked at again.
const recheckEvery = 2 * time.Second

// view is what a stream shows. Viewers of equal views get the same bytes.
type view struct {
	project monitor.Key
	lang    string
	kind    string
	flow    string
	user    string // who looks, where what can be done depends on it
	query   FlowQuery
	charts  chartQuery
	alarms  AlarmQuery
	lines   ActivityQuery
}

// parseView reads which view a page wants to follow.
func parseView(c echo.Context, v *visit) (view, error) {
	w := view{project: v.watcher.Key(), lang: v.t.Lang, kind: c.QueryParam("view"), flow: c.QueryParam("id")}
	switch w.kind {
	case viewShell, viewFirst:
		w.flow = ""
	case viewList:
		w.flow = ""
		w.query, _ = ParseFlowQuery(c.QueryParams(), defaultLimit)
		w.user = v.op.Actor
	case viewActivity:
		w.flow = ""
		w.lines, _ = ParseActivityQuery(c.QueryParams(), defaultLimit)
		w.lines.Before = 0
	case viewAlarms:
		w.flow, w.alarms = "", ParseAlarmQuery(c.QueryParams())
	case viewFlow:
		f, err := v.flow(w.flow)
		if err != nil {
			return view{}, err
		}
		w.user = v.op.Actor
		if w.charts, err = parseChartQuery(c.QueryParams(), f); err != nil {
			return view{}, err
		}
	default:
		return view{}, errBadRequest
	}
	return w, nil
}

// live is the stream of a page: its full state, then changes as they happen,
// and a heartbeat each second. GET /live (view, id, the list's query)
func (d *desk) live(c echo.Context) error {
	v := visitOf(c)
	what, err := parseView(c, v)
	if err != nil {
		return err
	}
	me, leave, err := d.hub.join(what, v.watcher, v.session.Account+"/"+v.session.User)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx would keep the events
	may := d.recheck(c.Request())
	bare, head, err := takeOver(c)
	if err == nil {
		go func() {
			defer d.guard.Survive("a viewer")
			defer leave()
			defer bare.Close()
			if bare.write(head) == nil {
				d.follow(bare, me, nil, may)
			}
		}()
		return nil
	}
	defer leave()
	if !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	c.Response().WriteHeader(http.StatusOK)
	w := c.Response().Writer
	d.follow(answerLine{w, http.NewResponseController(w)}, me, c.Request().Context().Done(), may)
	return nil
}

// follow writes frames until the browser goes, is too slow, or may no longer
// look: then the page comes back, and is told why with a 401.
func (d *desk) follow(out line, me *viewer, gone <-chan struct{}, may func() error) {
	checked := d.now().Add(-rand.N(recheckEvery)) // so that not all viewers are checked at once
	var told time.Time
	for {
		select {
		case <-gone:
			return
		case <-me.dropped:
			return
		case frame := <-me.frames:
			now := d.now()
			if isBeat(frame) && now.Sub(told) >= comeBackEvery {
				told, frame = now, hinted(frame, comeBack(d.hub.viewers()))
			}
			if out.write(frame) != nil {
				return
			}
			if now.Sub(checked) >= recheckEvery {
				checked = now
				if may() != nil {
					_ = out.write(hinted([]byte(byeEvent), comeBackSoon)) // to be told why; it may be gone
					return
				}
			}
		}
	}
}

// recheck gives what tells whether the session of a request may still look. It
// keeps no more of the request than the cookies.
func (d *desk) recheck(r *http.Request) func() error {
	cookies := strings.Clone(strings.Join(r.Header["Cookie"], "; "))
	again := (&http.Request{Header: http.Header{"Cookie": {cookies}}}).WithContext(d.Context)
	return func() error {
		session, err := d.Auth.Session(again)
		if err != nil {
			return err
		}
		_, _, err = d.reading(d.Context, session)
		return err
	}
}

// paint makes the picture of a view.
func (d *desk) paint(what view, w *monitor.Watcher) picture {
	t, panel := text.For(what.lang), d.Alarms.Of(what.project)
	tell := func(s *monitor.Snapshot) teller {
		return teller{t: t, now: d.now(), measured: s.Capabilities != nil, alarms: panel.View(), user: what.user, known: s}
	}
	s := &sheet{subscribe: d.follows(w)}
	switch what.kind {
	case viewList:
		rows := map[string]paintedRow{}
		s.render = func() []part {
			snapshot := w.Snapshot()
			v := tell(snapshot)
			return append(d.shellParts(v, snapshot), d.listParts(v, snapshot, what.query, w, rows)...)
		}
	case viewFlow:
		refused := d.followRefused(w, what.flow, s)
		told := d.followTrail(what.project, what.flow, s)
		keeps := d.followKept(what.project, what.flow, s)
		past := d.followPast(w, what.flow, what.charts, s)
		s.render = func() []part {
			snapshot := w.Snapshot()
			v := tell(snapshot)
			parts := append(d.shellParts(v, snapshot), d.flowParts(v, snapshot, what.flow, refused, told.Load())...)
			parts = append(parts, d.careParts(v, snapshot, what.flow, keeps())...)
			return append(parts, d.chartParts(v, snapshot, what.flow, past)...)
		}
	case viewAlarms:
		s.render = func() []part {
			snapshot := w.Snapshot()
			v := tell(snapshot)
			return append(d.shellParts(v, snapshot), d.alarmParts(v, what.alarms)...)
		}
	case viewActivity:
		events := d.followEvents(what.project, what.lines, s)
		s.render = func() []part {
			snapshot := w.Snapshot()
			v := tell(snapshot)
			return append(d.shellParts(v, snapshot), d.activityParts(v, what.lines, events.Load())...)
		}
	case viewFirst:
		s.render = func() []part {
			snapshot := w.Snapshot()
			v := tell(snapshot)
			return append(d.shellParts(v, snapshot), d.piece("first-news", pages.FirstNews{T: t, Flows: len(snapshot.Flows)}))
		}
	default:
		s.render = func() []part {
			snapshot := w.Snapshot()
			return d.shellParts(tell(snapshot), snapshot)
		}
	}
	return s
}

// piece renders a model as a part of a page. One that fails is left as it is on
// the page, and told to the log.
func (d *desk) piece(target string, m model) part {
	html, err := d.print.bytes(context.Background(), m)
	if err != nil {
		d.log.Error("cannot render a live part", "part", target, "err", err)
	}
	return part{target: target, html: html}
}

// shellParts are what lives in every page.
func (d *desk) shellParts(v teller, s *monitor.Snapshot) []part {
	return []part{
		d.piece("link-state", v.link(s)), d.piece("flow-count", v.count(s)),
		d.piece("alarm-line", v.alarmLine()), d.piece("alarm-count", v.alarmCounts()), d.piece("alarm-rail", v.alarmRail()),
	}
}

// paintedRow is a row as it was last rendered; the flow tells whether it still
// holds, since a flow is never changed once published.
type paintedRow struct {
	flow *monitor.Flow
	off  string // why no command could be given
	top  *alarm.Alarm
	part part
}

// listParts are what lives in the list.
func (d *desk) listParts(v teller, s *monitor.Snapshot, q FlowQuery, w *monitor.Watcher, painted map[string]paintedRow) []part {
	l := list(s, q)
	l.look(w)
	body := part{target: "flow-rows", html: []byte{}, whole: func() []byte {
		return d.piece("flow-rows", v.body(l, s.Complete, w.History)).html
	}}
	if len(l.flows) == 0 && !s.Complete {
		body.html = []byte("reading")
	}
	shown, off := make(map[string]bool, len(l.flows)), v.off()
	for _, f := range l.flows {
		shown[f.ID] = true
		row, ok := painted[f.ID]
		if !ok || row.flow != f || row.off != off || row.top != v.alarms.FlowTops[f.ID] {
			row = paintedRow{f, off, v.alarms.FlowTops[f.ID], d.piece(pages.RowID(f.ID), v.row(f, w.History(f.ID)))}
			painted[f.ID] = row
		}
		body.rows = append(body.rows, row.part)
	}
	for id := range painted {
		if !shown[id] {
			delete(painted, id)
		}
	}
	return []part{d.chipParts(v, l), d.piece("pager", v.pager(l)), d.piece("flow-new", pages.NewButton{T: v.t, Why: off}), body}
}

// chipParts are the counts, each by itself: a flow that changes its state
// changes two of them, and a small frame reaches many viewers sooner.
func (d *desk) chipParts(v teller, l listing) part {
	c := v.chips(l)
	p := part{target: "chips", html: []byte{}, whole: func() []byte { return d.piece("chips", c).html }}
	for _, chip := range c.Chips {
		p.rows = append(p.rows, d.piece(ui.ID("chip-", chip.Key), chip))
	}
	return p
}
