package handlers

import (
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/pages"
)

// viewpoints are those of all places that may be looked at, in a list of all.
func (d *desk) viewpoints(v teller, here *monitor.Snapshot) []*viewpoint {
	var all []*viewpoint
	for _, s := range v.sites {
		if s.watcher == nil {
			continue
		}
		view := &viewpoint{v, s.watcher}
		view.region = s.name()
		if s.project() != v.here.project() {
			view.away, view.user, view.pictures = s.key(), s.User, nil // its address belongs to the present place
			view.known, view.heard = s.watcher.Snapshot(), s.watcher.Heard()
			view.alarms = d.Alarms.Of(s.project()).View()
		} else {
			view.known = here
		}
		all = append(all, view)
	}
	measured := slices.ContainsFunc(all, func(view *viewpoint) bool { return view.known.Capabilities != nil })
	for _, view := range all {
		view.measured = measured
	}
	return all
}

// measured tells whether any of the places measures.
func (l listing) measured() bool {
	return slices.ContainsFunc(l.views, func(view *viewpoint) bool { return view.teller.measured })
}

// rowOf is a flow of the view's place.
func (v *viewpoint) rowOf(f *monitor.Flow) pages.FlowRow { return v.row(f, v.watcher.History(f.ID)) }

// rowID is the id of the flow's row.
func (v *viewpoint) rowID(f *monitor.Flow) string {
	if v.away != "" {
		return pages.RowID(v.away + "-" + f.ID)
	}
	return pages.RowID(f.ID)
}

// placeRow tells of which place a flow is, in a list of several. One of another
// place is led to by a press that goes there first: nothing is done from afar.
func (v teller) placeRow(f *monitor.Flow, row *pages.FlowRow) {
	if v.region == "" {
		return
	}
	row.Region, row.Action.From = v.region, fromAll
	if v.away != "" {
		row.Away = &layout.SwitchTo{Key: v.away, Next: flowPath(f.ID)}
	}
}

// rowTeller tells of a row of the list in which a button was pressed.
func (d *desk) rowTeller(c echo.Context, v *visit) teller {
	t := d.teller(v)
	if fromOf(c) != fromAll || len(v.sites) < 2 {
		return t
	}
	t.region = t.here.name()
	t.measured = t.measured || slices.ContainsFunc(v.sites, func(s site) bool {
		return s.watcher != nil && s.watcher.Peek().Capabilities != nil
	})
	return t
}

// scope is the choice between the present place and all.
func (v teller) scope(q FlowQuery) []pages.Scope {
	if len(v.sites) < 2 {
		return nil
	}
	to := func(all bool) string {
		return q.with(func(q *FlowQuery) {
			if q.All = all; !all && byRegion(q.Sort) {
				q.Sort = ""
			}
		}).Path()
	}
	return []pages.Scope{
		{Label: v.t.Places.One, URL: to(false), Selected: !q.All},
		{Label: v.t.Places.All, URL: to(true), Selected: q.All},
	}
}

// troubles are the other places whose flows are missing in the list, or old; of
// the present one the shell tells.
func (v teller) troubles(q FlowQuery) pages.Troubles {
	m := pages.Troubles{T: v.t}
	if !q.All {
		return m
	}
	for _, s := range v.sites {
		p := pages.PlaceTrouble{Name: s.name(), Words: v.troubleOf(s), Quiet: s.Trouble == troubleAsking}
		if p.Words == "" && s.watcher != nil && !s.watcher.Peek().Complete {
			p.Words, p.Quiet = v.t.Places.Reading, true
		}
		if p.Words == "" || s.project() == v.here.project() {
			continue
		}
		if s.Trouble == troubleEnded {
			p.Go = &layout.SwitchTo{Key: s.key(), Label: v.t.Places.SignIn}
		}
		m.All = append(m.All, p)
	}
	return m
}
