package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// site is a place of a session, and as much of it as may be seen now.
type site struct {
	spot
	watcher *monitor.Watcher // nil: nothing may be seen
}

// spot is a place as pages and streams tell of it. Sessions in the same places
// with the same news of them see the same.
type spot struct {
	Endpoint, ProjectID string
	Project, Region     string
	User, Account       string
	Trouble             trouble
	Sees                sight // of the channels there
}

// trouble is why nothing of a place may be seen.
type trouble string

// The troubles of a place.
const (
	troubleNone    trouble = ""
	troubleAsking  trouble = "asking"  // whether one may look is being asked
	troubleDown    trouble = "down"    // the same, and the service does not answer
	troubleRefused trouble = "refused" // one may not
	troubleEnded   trouble = "ended"   // the sign-in has run out
)

// key names the place in pages.
func (p spot) key() string { return auth.PlaceKey(p.Endpoint, p.ProjectID) }

// project is what is watched there.
func (p spot) project() monitor.Key {
	return monitor.Key{Endpoint: p.Endpoint, ProjectID: p.ProjectID}
}

// name is the place in one line.
func (p spot) name() string {
	if p.Project == "" {
		return p.Region
	}
	return p.Region + " · " + p.Project
}

// sites gives all places of a session, none of which is waited for.
func (d *desk) sites(ctx context.Context, s *auth.Session) []site {
	places := s.Places()
	all := make([]site, len(places))
	for i, p := range places {
		all[i] = site{spot: d.spotAt(p)}
		d.glance(ctx, s, p.Key(), &all[i])
	}
	return all
}

// glance adds to a site of the session what may be seen there: its watcher, or
// why there is none.
func (d *desk) glance(ctx context.Context, s *auth.Session, key string, of *site) {
	of.Trouble = troubleEnded
	there, err := d.Auth.At(ctx, s, key)
	if err != nil {
		return
	}
	client, err := d.Auth.Glance(ctx, there)
	switch {
	case err == nil:
		of.watcher = d.Monitor.Watch(monitor.Key{Endpoint: there.Endpoint, ProjectID: there.ProjectID}, client, there.ExpiresAt)
		of.Trouble, of.Sees = troubleNone, d.sightOf(ctx, there, 0)
	case errors.Is(err, auth.ErrExpired):
	case errors.Is(err, auth.ErrUnproved) && medialive.KindOf(err) != "":
		of.Trouble = troubleDown
	case errors.Is(err, auth.ErrUnproved):
		of.Trouble = troubleAsking
	default:
		of.Trouble = troubleRefused
	}
}

// around is the places of a session as a part of a view's key; empty where there
// is but one.
func around(sites []site) string {
	if len(sites) < 2 {
		return ""
	}
	all := make([]spot, len(sites))
	for i, s := range sites {
		all[i] = s.spot
	}
	text, err := json.Marshal(all)
	if err != nil {
		return "" // strings: it does not fail
	}
	return string(text)
}

// sitesAround gives back the places of a view's key.
func (d *desk) sitesAround(key string) []site {
	var all []spot
	if key == "" || json.Unmarshal([]byte(key), &all) != nil {
		return nil
	}
	sites := make([]site, len(all))
	for i, p := range all {
		sites[i].spot = p
		if p.Trouble == troubleNone {
			sites[i].watcher = d.Monitor.Find(p.project())
		}
	}
	return sites
}

// spotOf finds the place of a project.
func spotOf(sites []site, project monitor.Key) spot {
	for _, s := range sites {
		if s.project() == project {
			return s.spot
		}
	}
	return spot{}
}

// followsAll has changes of other places wake a stream too.
func (d *desk) followsAll(s *sheet, here monitor.Key, sites []site) {
	for _, o := range sites {
		if o.watcher == nil || o.project() == here {
			continue
		}
		subscribe, also := s.subscribe, d.follows(o.watcher)
		s.subscribe = func() (<-chan struct{}, func()) {
			ctx, stop := context.WithCancel(d.Context)
			first, endFirst := subscribe()
			second, endSecond := also()
			return merged(ctx, first, second), func() { stop(); endFirst(); endSecond() }
		}
	}
}

// placeMenu is where one is, and where one can go.
func (d *desk) placeMenu(v teller, here spot, sites []site) layout.Places {
	m := layout.Places{T: v.t, Here: d.placeLine(v, site{spot: here}), New: "/places/new"}
	for _, s := range sites {
		m.All = append(m.All, d.placeLine(v, s))
	}
	if len(m.All) == 0 {
		m.All = []layout.PlaceLine{m.Here}
	}
	return m
}

func (d *desk) placeLine(v teller, s site) layout.PlaceLine {
	l := layout.PlaceLine{
		Key: s.key(), Region: s.Region, Project: s.Project, RegionName: d.regionName(s.Region), User: s.User, Account: s.Account,
		Trouble: v.troubleOf(s), Ended: s.Trouble == troubleEnded,
	}
	if s.watcher != nil {
		l.Waits = s.Sees.alarms(d.Alarms.Of(s.project()).View()).Unacked
	}
	return l
}

// troubleOf says what is wrong with a place, empty where nothing is.
func (v teller) troubleOf(s site) string {
	w := v.t.Places
	switch s.Trouble {
	case troubleAsking:
		return w.Asking
	case troubleDown:
		return w.Silent
	case troubleRefused:
		return w.Refused
	case troubleEnded:
		return w.Ended
	}
	if s.watcher == nil {
		return ""
	}
	known := s.watcher.Peek()
	switch {
	case unreachable(known.Link):
		return fill(w.Down, clock(known.Link.Since))
	case !known.Link.OK && known.Link.Kind != "":
		return w.Refused
	}
	return ""
}

// spotAt is a place of a session. A region's own project goes without saying.
func (d *desk) spotAt(p auth.Place) spot {
	at := spot{Endpoint: p.Endpoint, ProjectID: p.ProjectID, Project: p.Project, Region: p.Region, User: p.User, Account: p.Account}
	if d.Auth.OwnProject(p.Region, p.Project) {
		at.Project = ""
	}
	return at
}

// spotOfTarget is a place that one could sign in to.
func (d *desk) spotOfTarget(t auth.Target) spot {
	return d.spotAt(auth.Place{Region: t.Region, Project: t.Project})
}

// headerPlace is the header by which htmx says of which place its page is.
const headerPlace = "Flowdeck-Place"

// elsewhere is an act of a page that belongs to another place than the session
// is in: it is refused, because it would be done in the wrong project.
type elsewhere struct {
	page string // key of the place; empty: the page did not say
	at   spot   // where the session is
	back spot   // the page's place; of no endpoint: the session no longer holds it
}

func (e *elsewhere) Error() string {
	return "the page belongs to place " + e.page + ", the session is in " + e.at.key()
}

// placeOfPage is the place of which a request's page says that it is.
func placeOfPage(c echo.Context) (key string, err error) {
	r := c.Request()
	if told := r.Header.Get(headerPlace); told != "" {
		return told, nil
	}
	if c.Path() == "/live" {
		return c.QueryParam(ui.FieldAt), nil
	}
	if r.Method != http.MethodPost {
		return "", nil
	}
	values, err := c.FormParams()
	if err != nil {
		return "", badForm(err)
	}
	return values.Get(ui.FieldAt), nil
}

// here refuses what a page of another place asks for. A page that does not say
// where it is may look; where there is more than one place it may not act.
func (d *desk) here(c echo.Context, s *auth.Session) error {
	page, err := placeOfPage(c)
	if err != nil || page == s.Key() {
		return err
	}
	places := s.Places()
	if page == "" && (c.Request().Method != http.MethodPost || len(places) == 1) {
		return nil
	}
	e := &elsewhere{page: page, at: d.spotAt(s.Place)}
	if i := slices.IndexFunc(places, func(p auth.Place) bool { return p.Key() == page }); i >= 0 {
		e.back = d.spotAt(places[i])
	}
	return e
}

// many are the places of the session, none where there is but one.
func (v *visit) many() []site {
	if len(v.sites) < 2 {
		return nil
	}
	return v.sites
}

// elsewhereText tells a page of another place why it may not act.
func elsewhereText(t *text.Strings, e *elsewhere) text.ErrorText {
	w := t.Places.Wrong
	said := text.ErrorText{Title: w.Gone, Advice: w.Reload}
	if e == nil {
		return said
	}
	said.Meaning = w.Meaning(e.at.name())
	if e.back.Endpoint != "" {
		said.Title, said.Advice = w.Title(e.back.name()), w.Advice
	}
	return said
}

// ways are the places to which a press can lead from an error: that of the page,
// that of a flow that is not here, and the others of a session whose present one
// does not answer.
func (d *desk) ways(c echo.Context, a answer, stay bool) []layout.SwitchTo {
	w, path := d.texts(c).Places, destinationOf(c).Path()
	if a.elsewhere != nil {
		if a.elsewhere.back.Endpoint == "" {
			return nil
		}
		return []layout.SwitchTo{{Key: a.elsewhere.back.key(), Next: path, Label: w.Wrong.Back(a.elsewhere.back.name()), Stay: stay}}
	}
	v, ok := c.Get(visitKey).(*visit)
	switch {
	case ok && a.reason == reasonNoFlow:
		if there := v.whereIs(c.Param("id")); there != nil {
			return []layout.SwitchTo{{Key: there.key(), Next: path, Label: w.SwitchTo(there.name())}}
		}
		return nil
	case ok || a.status < http.StatusInternalServerError && a.reason != reasonExpired && a.reason != reason(medialive.KindNotPermitted):
		return nil
	}
	s, err := d.sessionOf(c)
	if err != nil {
		return nil
	}
	var all []layout.SwitchTo
	for _, p := range s.Places() {
		if p.Key() != s.Key() {
			all = append(all, layout.SwitchTo{Key: p.Key(), Label: w.SwitchTo(d.spotAt(p).name())})
		}
	}
	return all
}

// whereIs finds a flow in the other places of the session.
func (v *visit) whereIs(flow string) *site {
	for i, s := range v.many() {
		if s.watcher == nil {
			continue
		}
		if _, found := s.watcher.Peek().Flow(flow); found {
			return &v.sites[i]
		}
	}
	return nil
}

// in is the desk as it renders the live parts of a place's pages.
func (d *desk) in(project monitor.Key) *desk {
	there := *d
	there.place = auth.PlaceKey(project.Endpoint, project.ProjectID)
	return &there
}

// errChanged ends a stream whose session signed in or out of a place, or got
// news of whether it may look there.
var errChanged = errors.New("the places of the session changed")
