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
	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/role"
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

	viewChannels = "channels" // the list of channels, with the query of the page
	viewChannel  = "channel"  // the page of a channel

	viewWall     = "wall"     // a display
	viewActivity = "activity" // the first page of the trail, with its filters
)

// recheckEvery is how often the session of an open stream is looked at again.
// With a session and rules that are believed for a moment, and a heartbeat each
// second, who may no longer look sees nothing more after 4 s.
const recheckEvery = 1500 * time.Millisecond

// view is what a stream shows. Viewers of equal views get the same bytes.
type view struct {
	project monitor.Key
	lang    string
	kind    string
	flow    string
	role    role.Role   // of who looks
	sees    sight       // the same
	who     auth.Person // who looks, where what can be done depends on it
	query   FlowQuery
	charts  chartQuery
	alarms  AlarmQuery
	lines   ActivityQuery
	channel ChannelQuery
	around  string // the places of the session; empty: there is but one
	wall    wallView
}

// parseView reads which view a page wants to follow.
func parseView(c echo.Context, v *visit) (view, error) {
	w := view{project: v.watcher.Key(), lang: v.t.Lang, kind: c.QueryParam("view"), flow: c.QueryParam("id"), role: v.role, sees: v.sees, around: around(v.sites)}
	switch w.kind {
	case viewShell, viewFirst:
		w.flow = ""
	case viewList:
		w.flow = ""
		w.query, _ = ParseFlowQuery(c.QueryParams(), defaultLimit)
		w.who = v.session.Person()
	case viewActivity:
		w.flow = ""
		w.lines, _ = ParseActivityQuery(c.QueryParams(), defaultLimit)
		w.lines.Before = 0
	case viewAlarms:
		w.flow, w.alarms = "", ParseAlarmQuery(c.QueryParams())
	case viewChannels:
		w.flow, w.who = "", v.session.Person()
		w.channel, _ = ParseChannelQuery(c.QueryParams(), defaultLimit)
	case viewChannel:
		if _, err := v.channelByID(w.flow); err != nil {
			return view{}, err
		}
		w.who = v.session.Person()
	case viewFlow:
		f, err := v.flow(w.flow)
		if err != nil {
			return view{}, err
		}
		w.who = v.session.Person()
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
	if (view{kind: c.QueryParam("view")}).ofChannels() {
		if err := d.proveSight(c.Request().Context(), v); err != nil {
			return err
		}
	}
	what, err := parseView(c, v)
	if err != nil {
		return err
	}
	me, leave, err := d.hub.join(what, v.watcher, v.session.Account+"/"+v.session.User)
	if err != nil {
		return err
	}
	return d.stream(c, me, leave, d.recheck(c.Request(), what))
}

// stream answers with the frames of a viewer for as long as he may look.
func (d *desk) stream(c echo.Context, me *viewer, leave func(), may func(line) error) error {
	h := c.Response().Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx would keep the events
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
// look. may has the line to say a last word on.
func (d *desk) follow(out line, me *viewer, gone <-chan struct{}, may func(line) error) {
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
			if now.Sub(checked) >= recheckEvery {
				checked = now
				if may(out) != nil {
					return
				}
			}
			if isBeat(frame) && now.Sub(told) >= comeBackEvery {
				told, frame = now, hinted(frame, comeBack(d.hub.viewers()))
			}
			if out.write(frame) != nil {
				return
			}
		}
	}
}

// recheck gives what tells whether the session of a request may still look, as
// who it began, and where. It keeps no more of the request than the cookies.
func (d *desk) recheck(r *http.Request, began view) func(line) error {
	cookies := strings.Clone(strings.Join(r.Header["Cookie"], "; "))
	again := (&http.Request{Header: http.Header{"Cookie": {cookies}}}).WithContext(d.Context)
	return orBye(func() error {
		session, err := d.Auth.Session(again)
		if err != nil {
			return err
		}
		if now := d.Auth.Role(d.Context, session); now != began.role {
			return &lacking{needs: began.role, has: now} // what stands on the page is for another role
		}
		if session.Key() != auth.PlaceKey(began.project.Endpoint, began.project.ProjectID) {
			return &elsewhere{at: d.spotAt(session.Place)}
		}
		if d.sightOf(d.Context, session, 0) != began.sees || around(d.sites(d.Context, session)) != began.around {
			return errChanged // the page comes back for what is true now
		}
		if began.ofChannels() {
			if err := d.Auth.ProveChannels(d.Context, session); err != nil {
				return err
			}
		}
		_, _, err = d.reading(d.Context, session)
		return err
	})
}

// orBye ends the stream of a page that may not look on: it comes back at once,
// and is told why with a 401.
func orBye(still func() error) func(line) error {
	return func(out line) error {
		err := still()
		if err != nil {
			_ = out.write(hinted([]byte(byeEvent), comeBackSoon)) // it may be gone
		}
		return err
	}
}

// paint makes the picture of a view.
func (d *desk) paint(what view, w *monitor.Watcher) picture {
	d = d.in(what.project)
	t, panel, sites := text.For(what.lang), d.Alarms.Of(what.project), d.sitesAround(what.around)
	here := spotOf(sites, what.project)
	tell := func(s *monitor.Snapshot) teller {
		return teller{t: t, pictures: w.Picture, sites: sites, here: here, now: d.now(), measured: s.Capabilities != nil, alarms: what.sees.alarms(panel.View()), user: what.who.User, may: d.may(what.role, what.who), known: s, endpoint: what.project.Endpoint}
	}
	s := &sheet{subscribe: d.follows(w)}
	d.followsAll(s, what.project, sites)
	switch what.kind {
	case viewList:
		rows := map[string]paintedRow{}
		s.render = func() []part {
			snapshot := what.sees.snapshot(w.Snapshot())
			v := tell(snapshot)
			return append(d.shellParts(v, snapshot), d.listParts(v, snapshot, what.query, w, rows)...)
		}
	case viewFlow:
		refused := d.followRefused(w, what.flow, s)
		told := d.followTrail(what.project, what.flow, s)
		keeps := d.followKept(what.project, what.flow, s)
		past := d.followPast(w, what.flow, what.charts, s)
		s.render = func() []part {
			snapshot := what.sees.snapshot(w.Snapshot())
			v := tell(snapshot)
			parts := append(d.shellParts(v, snapshot), d.flowParts(v, snapshot, what.flow, refused, told.Load())...)
			parts = append(parts, d.careParts(v, snapshot, what.flow, keeps())...)
			return append(parts, d.chartParts(v, snapshot, what.flow, past)...)
		}
	case viewChannels, viewChannel:
		d.paintChannels(what, w, s, tell)
	case viewAlarms:
		s.render = func() []part {
			snapshot := what.sees.snapshot(w.Snapshot())
			v := tell(snapshot)
			return append(d.shellParts(v, snapshot), d.alarmParts(v, what.alarms)...)
		}
	case viewActivity:
		events := d.followEvents(what, s)
		s.render = func() []part {
			snapshot := what.sees.snapshot(w.Snapshot())
			v := tell(snapshot)
			return append(d.shellParts(v, snapshot), d.activityParts(v, what.lines, events.Load())...)
		}
	case viewFirst:
		s.render = func() []part {
			snapshot := what.sees.snapshot(w.Snapshot())
			v := tell(snapshot)
			return append(d.shellParts(v, snapshot), d.piece("first-news", pages.FirstNews{T: t, Flows: len(snapshot.Flows)}))
		}
	default:
		s.render = func() []part {
			snapshot := what.sees.snapshot(w.Snapshot())
			return d.shellParts(tell(snapshot), snapshot)
		}
	}
	return s
}

// piece renders a model as a part of a page. One that fails is left as it is on
// the page, and told to the log.
func (d *desk) piece(target string, m model) part {
	html, err := d.print.bytes(ui.InPlace(context.Background(), d.place), m)
	if err != nil {
		d.log.Error("cannot render a live part", "part", target, "err", err)
	}
	return part{target: target, html: html}
}

// shellParts are what lives in every page.
func (d *desk) shellParts(v teller, s *monitor.Snapshot) []part {
	parts := []part{
		d.piece("link-state", v.link(s)), d.piece("flow-count", v.count(s)), d.piece("channel-count", v.channelCount(s)),
		d.piece("alarm-line", v.alarmLine()), d.piece("alarm-count", v.alarmCounts()), d.piece("alarm-rail", v.alarmRail()),
	}
	if len(v.sites) > 1 {
		parts = append(parts, d.piece("places", d.placeMenu(v, v.here, v.sites)))
	}
	return parts
}

// paintedRow is a row as it was last rendered; the flow tells whether it still
// holds, since a flow is never changed once published.
type paintedRow struct {
	flow *monitor.Flow
	off  ui.Why // why its command could not be given
	top  *alarm.Alarm
	look ui.Still
	part part
}

// listParts are what lives in the list.
func (d *desk) listParts(v teller, s *monitor.Snapshot, q FlowQuery, w *monitor.Watcher, painted map[string]paintedRow) []part {
	l := d.listing(v, w, s, q)
	l.look()
	body := part{target: "flow-rows", html: []byte{}, whole: func() []byte {
		return d.piece("flow-rows", v.body(l)).html
	}}
	if len(l.flows) == 0 && !l.read {
		body.html = []byte("reading")
	}
	shown := make(map[string]bool, len(l.flows))
	for _, f := range l.flows {
		view := l.of[f]
		id := view.rowID(f)
		shown[id] = true
		off, top, look := view.offered(action(v.t, f, fromList)), view.alarms.FlowTops[f.ID], view.still(f)
		row, ok := painted[id]
		if !ok || row.flow != f || row.off != off || row.top != top || !row.look.Same(look) {
			row = paintedRow{f, off, top, look, d.piece(id, view.rowOf(f))}
			painted[id] = row
		}
		body.rows = append(body.rows, row.part)
	}
	for id := range painted {
		if !shown[id] {
			delete(painted, id)
		}
	}
	parts := []part{d.chipParts(v, l), d.piece("pager", v.pager(l)), d.piece("flow-new", v.newButton()), body}
	if l.query.All {
		parts = append(parts, d.piece("place-troubles", v.troubles(l.query)))
	}
	return parts
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
