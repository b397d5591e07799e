package handlers

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/role"
)

// permission is who may use a route. The zero value is nobody: a route that
// declares none does not register.
type permission int

const (
	undeclared permission = iota
	anyone                // no session: sign-in, files, probes
	wall                  // a display's cookie, and nothing else
	signedIn              // a session, whatever its present place answers
	reader                // a session whose own token may list the project's flows, of any role
	operator              // the same, of this role or more; what it may change, the service decides
	engineer
	admin
)

// least is the role that a permission takes.
var least = map[permission]role.Role{reader: role.Viewer, operator: role.Operator, engineer: role.Engineer, admin: role.Admin}

// route is one line of the table.
type route struct {
	method string
	path   string
	who    permission
	handle echo.HandlerFunc
	stepUp bool // asks for the password again, unless it was given within a few minutes
	mayAsk bool // the same where its handler finds that it must: by [desk.proved]
}

func get(path string, who permission, handle echo.HandlerFunc) route {
	return route{method: http.MethodGet, path: path, who: who, handle: handle}
}

func post(path string, who permission, handle echo.HandlerFunc) route {
	return route{method: http.MethodPost, path: path, who: who, handle: handle}
}

// again has a route ask for the password again.
func (r route) again() route {
	r.stepUp = true
	return r
}

// perhaps lets a route's handler ask for the password again.
func (r route) perhaps() route {
	r.mayAsk = true
	return r
}

// routes is the one table of all that the dashboard answers, noun by noun.
func (d *desk) routes() []route {
	return slices.Concat(d.ownRoutes(), d.flowRoutes(), d.channelRoutes(), d.channelFormRoutes(), d.careRoutes(), d.alarmRoutes(), d.sessionRoutes(), d.roleRoutes(), d.displayRoutes(), d.measureRoutes())
}

// ownRoutes are sign-in, the stream, files and probes.
func (d *desk) ownRoutes() []route {
	login, place := &logins{d}, &places{d}
	return []route{
		get("/", anyone, login.home),
		get("/login", anyone, login.form),
		post("/login", anyone, login.signIn),
		post("/logout", anyone, login.signOut),
		post("/settings", anyone, d.setPreferences),
		get("/renew", reader, login.renewForm),
		get("/places/new", signedIn, place.newForm),
		post("/places", signedIn, place.enter),
		post("/places/switch", signedIn, place.switchTo),
		post("/places/leave", signedIn, place.leave),
		get("/live", reader, d.live),
		get("/static/*", anyone, d.files),
		get("/healthz", anyone, d.health.alive),
		get("/readyz", anyone, d.health.isReady),
		get("/metrics", anyone, d.health.figures),
	}
}

// flowRoutes are flows, their sources, outputs and history.
func (d *desk) flowRoutes() []route {
	flow, source, output, past, picture := &flows{d}, &sources{d}, &outputs{d}, &histories{d}, &stills{d}
	return []route{
		get("/flows", reader, flow.list),
		get("/flows/new", engineer, flow.newForm),
		post("/flows", engineer, flow.create),
		get("/flows/:id", reader, flow.page),
		get("/flows/:id/row", reader, flow.row),
		get("/flows/:id/command", reader, flow.command),
		get("/flows/:id/picture", reader, picture.ofFlow),
		get("/flows/:id/history", reader, past.charts),
		get("/flows/:id/history.csv", reader, past.file),
		post("/flows/:id/start", operator, flow.start),
		get("/flows/:id/stop", operator, flow.askStop),
		post("/flows/:id/stop", operator, flow.stop),
		get("/flows/:id/delete", engineer, flow.askDelete).again(),
		post("/flows/:id/delete", engineer, flow.remove).again(),
		get("/flows/:id/source", engineer, source.form),
		post("/flows/:id/source", engineer, source.save),
		post("/flows/:id/source/effect", engineer, source.effect),
		get("/flows/:id/outputs/new", engineer, output.newForm),
		post("/flows/:id/outputs", engineer, output.add),
		post("/flows/:id/outputs/new/effect", engineer, output.effectOfNew),
		get("/flows/:id/outputs/:name", engineer, output.form),
		post("/flows/:id/outputs/:name", engineer, output.save),
		post("/flows/:id/outputs/:name/effect", engineer, output.effect),
		get("/flows/:id/outputs/:name/row", reader, output.row),
		get("/flows/:id/outputs/:name/delete", engineer, output.askDelete).again(),
		post("/flows/:id/outputs/:name/delete", engineer, output.remove).again(),
		get("/flows/:id/outputs/:name/disable", operator, output.askDisable),
		post("/flows/:id/outputs/:name/disable", operator, output.disable),
		post("/flows/:id/outputs/:name/enable", operator, output.enable),
	}
}

// channelRoutes are channels, and what people put on them.
func (d *desk) channelRoutes() []route {
	channel, protect, ask, picture := &channels{d}, &protects{d}, &asks{d}, &stills{d}
	note, band, good := &notes{d}, &bands{d}, &goods{d}
	const one = "/channels/:domain/:app/:id"
	return []route{
		get("/channels", reader, channel.list),
		get(one, reader, channel.page),
		get(one+"/row", reader, channel.row),
		get(one+"/command", reader, channel.command),
		get(one+"/picture", reader, picture.ofChannel),
		post(one+"/start", operator, channel.start),
		get(one+"/stop", operator, channel.askStop),
		post(one+"/stop", operator, channel.stop),
		get(one+"/delete", engineer, channel.askDelete).again(),
		post(one+"/delete", engineer, channel.remove).again(),
		post(one+"/hold", operator, d.hold),
		post(one+"/tally", operator, (&tallies{d}).set),
		get(one+"/protect", operator, protect.form),
		post(one+"/protect", operator, protect.protect),
		post(one+"/release", operator, protect.release),
		post(one+"/protect/force", admin, protect.force),
		get(one+"/ask", operator, ask.form).perhaps(),
		post(one+"/ask", operator, ask.confirm).perhaps(),
		post(one+"/ask/withdraw", operator, ask.withdraw),
		get(one+"/notes/new", operator, note.newForm),
		post(one+"/notes", operator, note.add),
		post(one+"/notes/:note/delete", operator, note.remove),
		get(one+"/handover", operator, note.handover),
		post(one+"/handover", operator, note.saveHandover),
		get(one+"/band", engineer, band.form),
		post(one+"/band", engineer, band.save),
		get(one+"/good", engineer, good.form),
		post(one+"/good", engineer, good.keep),
		post(one+"/good/restore", engineer, good.restore),
	}
}

// channelFormRoutes are how channels are made and changed.
func (d *desk) channelFormRoutes() []route {
	made, file, text := &newChannels{d}, &channelFiles{d}, d.channelTexts()
	const one = "/channels/:domain/:app/:id"
	all := []route{
		get("/channels/new", engineer, made.newForm),
		post("/channels/new", engineer, made.next),
		get("/channels/import", engineer, file.importForm),
		post("/channels/import", engineer, file.read),
		get(one+"/clone", engineer, file.clone),
		get(one+"/json", engineer, text.page),
		post(one+"/json", engineer, text.save),
		post(one+"/json/effect", engineer, text.effectOf),
		get(one+"/export", engineer, file.export),
	}
	for _, p := range channelFormParts {
		form := &channelParts{d, p}
		all = append(all,
			get(one+"/"+p.tab, engineer, form.form),
			post(one+"/"+p.tab, engineer, form.save),
			post(one+"/"+p.tab+"/effect", engineer, form.effectOf))
	}
	return all
}

// careRoutes are what people put on flows.
func (d *desk) careRoutes() []route {
	protect, ask, note, band := &protects{d}, &asks{d}, &notes{d}, &bands{d}
	good, park, label := &goods{d}, &parks{d}, &labels{d}
	return []route{
		post("/flows/:id/hold", operator, d.hold),
		post("/flows/:id/tally", operator, (&tallies{d}).set),
		get("/flows/:id/protect", operator, protect.form),
		post("/flows/:id/protect", operator, protect.protect),
		post("/flows/:id/release", operator, protect.release),
		post("/flows/:id/protect/force", admin, protect.force),
		get("/flows/:id/ask", operator, ask.form).perhaps(),
		post("/flows/:id/ask", operator, ask.confirm).perhaps(),
		post("/flows/:id/ask/withdraw", operator, ask.withdraw),
		get("/flows/:id/notes/new", operator, note.newForm),
		post("/flows/:id/notes", operator, note.add),
		post("/flows/:id/notes/:note/delete", operator, note.remove),
		get("/flows/:id/handover", operator, note.handover),
		post("/flows/:id/handover", operator, note.saveHandover),
		get("/flows/:id/band", engineer, band.form),
		post("/flows/:id/band", engineer, band.save),
		get("/flows/:id/good", engineer, good.form),
		post("/flows/:id/good", engineer, good.keep),
		post("/flows/:id/good/restore", engineer, good.restore),
		get("/flows/:id/outputs/:name/park", engineer, park.askPark),
		post("/flows/:id/outputs/:name/park", engineer, park.park),
		get("/flows/:id/parked/:name", engineer, park.form),
		post("/flows/:id/parked/:name", engineer, park.putBack),
		get("/flows/:id/parked/:name/drop", engineer, park.askDrop),
		post("/flows/:id/parked/:name/drop", engineer, park.drop),
		get("/labels", reader, label.page),
		get("/labels/edit", engineer, label.form),
		post("/labels", engineer, label.save),
		post("/labels/delete", engineer, label.remove),
	}
}

// alarmRoutes are alarms, who is told of them, and the trail.
func (d *desk) alarmRoutes() []route {
	alarm, acts, setting := &alarms{d}, &activities{d}, &settings{d}
	return []route{
		get("/settings", reader, setting.page),
		get("/settings/webhooks/new", admin, setting.newForm).again(),
		post("/settings/webhooks", admin, setting.add).again(),
		get("/settings/webhooks/:id", admin, setting.form).again(),
		post("/settings/webhooks/:id", admin, setting.save).again(),
		post("/settings/webhooks/:id/test", admin, setting.test),
		get("/settings/webhooks/:id/delete", admin, setting.askDelete).again(),
		post("/settings/webhooks/:id/delete", admin, setting.remove).again(),
		get("/alarms", reader, alarm.list),
		get("/alarms/:id", operator, alarm.one),
		post("/alarms/ack", operator, alarm.ack),
		post("/alarms/shelve", operator, alarm.shelve),
		post("/alarms/unshelve", operator, alarm.unshelve),
		get("/activity", reader, acts.page),
		get("/activity.csv", reader, acts.csv),
		get("/activity.json", reader, acts.json),
	}
}

// sessionRoutes are who is signed in where, and the question for the password.
func (d *desk) sessionRoutes() []route {
	seat, step := &seats{d}, &stepUps{d}
	return []route{
		get("/settings/sessions", reader, seat.own),
		post("/settings/sessions/others", reader, seat.endOthers),
		post("/settings/sessions/:id/end", reader, seat.end),
		get("/settings/sessions/everybody", admin, seat.everybody),
		post("/settings/sessions/everybody/:id/end", admin, seat.endOf),
		get("/settings/sessions/everybody/end", admin, seat.askEndAll).again(),
		post("/settings/sessions/everybody/end", admin, seat.endAll).again(),
		get("/step-up", reader, step.form),
		post("/step-up", reader, step.confirm),
	}
}

// roleRoutes are who has which role.
func (d *desk) roleRoutes() []route {
	rule := &roleRules{d}
	return []route{
		get("/settings/roles", admin, rule.page),
		get("/settings/roles/new", admin, rule.newForm),
		post("/settings/roles", admin, rule.add).again(),
		get("/settings/roles/:id", admin, rule.editForm),
		post("/settings/roles/:id", admin, rule.save).again(),
		post("/settings/roles/:id/move", admin, rule.move).again(),
		post("/settings/roles/:id/delete", admin, rule.remove).again(),
	}
}

// measureRoutes are what is measured of channels, and what they play.
func (d *desk) measureRoutes() []route {
	measure, play := &measures{d}, &players{d}
	return []route{
		get("/channels/monitoring", reader, measure.monitoring),
		get("/channels/monitoring/charts", reader, measure.chosenCharts),
		get("/channels/monitoring.csv", reader, measure.chosenFile),
		get("/channels/:domain/:app/:id/statistics", reader, measure.statistics),
		get("/channels/:domain/:app/:id/statistics/charts", reader, measure.charts),
		get("/channels/:domain/:app/:id/statistics.csv", reader, measure.file),
		get("/channels/:domain/:app/:id/play", reader, play.page),
		get(playRoute, reader, play.file),
	}
}

// displayRoutes are displays, for who keeps them and for who looks at them.
func (d *desk) displayRoutes() []route {
	display, screen := &displays{d}, &walls{d}
	return []route{
		get("/displays", reader, display.list),
		get("/displays/new", admin, display.newForm).again(),
		post("/displays", admin, display.add).again(),
		post("/displays/form", admin, display.reorder),
		post("/displays/preview", reader, display.previewForm),
		get("/displays/:id", reader, display.page),
		get("/displays/:id/preview", reader, display.preview),
		get("/displays/:id/edit", admin, display.form).again(),
		post("/displays/:id", admin, display.save).again(),
		post("/displays/:id/pause", admin, display.pause),
		post("/displays/:id/resume", admin, display.resume),
		get("/displays/:id/link", admin, display.askLink).again(),
		post("/displays/:id/link", admin, display.link).again(),
		get("/displays/:id/revoke", admin, display.askRevoke).again(),
		post("/displays/:id/revoke", admin, display.revoke).again(),
		get("/displays/:id/delete", admin, display.askDelete).again(),
		post("/displays/:id/delete", admin, display.remove).again(),
		get("/wall", wall, screen.page),
		get("/wall/live", wall, screen.live),
		get("/wall/picture/:key", wall, screen.picture),
		get("/wall/:key", anyone, screen.open),
	}
}

// getOnly are the GET routes that do not answer HEAD: they open a stream, or let
// a screen in.
var getOnly = []string{"/live", "/wall/live", "/wall/:key"}

// register puts the table's routes into the router, each behind its guard. A
// GET route answers HEAD too.
func (d *desk) register(e *echo.Echo, table []route) error {
	for _, r := range table {
		if r.who == undeclared {
			return fmt.Errorf("route %s %s declares no permission", r.method, r.path)
		}
		handle := d.guarded(r)
		if r.within() > 0 || r.mayAsk {
			d.asking[r.method+" "+r.path] = handle
		}
		if r.method == http.MethodGet {
			d.least[r.path] = least[r.who]
		}
		e.Add(r.method, r.path, handle)
		if r.method == http.MethodGet && !slices.Contains(getOnly, r.path) {
			e.Add(http.MethodHead, r.path, handle)
		}
	}
	return nil
}
