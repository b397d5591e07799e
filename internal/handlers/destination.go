package handlers

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
)

// destination is a page to come back to: one of our routes, and typed ids. What
// a form names as its way back is only ever read into this, and the address is
// built anew from it, so nobody can make it lead elsewhere.
type destination struct {
	key    string
	flow   string     // a flow's id
	name   string     // an output's name
	query  FlowQuery  // of the list; a zero Limit is none
	alarms AlarmQuery // of the page of alarms
	lines  ActivityQuery
	next   string // of the sign-in: the path that follows it, of a destination
	plain  string // one of plainPages, or a page of a channel

	channels ChannelQuery // of the list of channels
}

// plainPages are pages without an id or a query.
var plainPages = []string{"/settings", "/settings/sessions", "/settings/sessions/everybody", "/settings/roles", "/labels", "/displays"}

// The pages one can come back to.
const (
	toFlows     = "flows"
	toNewFlow   = "new-flow"
	toFlow      = "flow"
	toSource    = "source"
	toNewOutput = "new-output"
	toOutput    = "output"
	toLogin     = "login"
	toAlarms    = "alarms"
	toActivity  = "activity"
	toAlarm     = "alarm" // with the forms about the alarm whose id is in flow
	toPlain     = "plain"
	toChannels  = "channels"
	toChannel   = "channel" // or a page below it, which plain has
)

// identifier is the form of flow ids and output names in our paths: what the
// API makes, and nothing that could leave a path or a selector.
var identifier = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// elementID is an id that needs no escaping in an attribute or a selector.
var elementID = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,255}$`)

// parseDestination finds the page that a path of ours names; anything else is
// the list.
func parseDestination(s string) destination {
	path, query, _ := strings.Cut(s, "?")
	steps := strings.Split(strings.TrimPrefix(path, "/"), "/")
	d := destination{key: toFlows}
	if path == "/flows" && query != "" {
		if values, err := url.ParseQuery(query); err == nil {
			d.query, _ = ParseFlowQuery(values, defaultLimit)
		}
		return d
	}
	if slices.Contains(plainPages, path) {
		return destination{key: toPlain, plain: path}
	}
	if path == "/login" {
		d.key = toLogin
		if values, err := url.ParseQuery(query); err == nil && values.Get("next") != "" {
			d.next = destination{key: toLogin, next: values.Get("next")}.after()
		}
		return d
	}
	if path == "/activity" {
		values, _ := url.ParseQuery(query) // what can be read of it
		d.key = toActivity
		d.lines, _ = ParseActivityQuery(values, 0)
		return d
	}
	if path == "/alarms" || len(steps) == 2 && steps[0] == "alarms" {
		return alarmDestination(steps, query)
	}
	if steps[0] == "channels" {
		return channelDestination(steps, query)
	}
	anew := steps[len(steps)-1] == "new" // an output of that name is written in another way
	for i, step := range steps {
		plain, err := url.PathUnescape(step)
		if err != nil || !identifier.MatchString(plain) {
			return d
		}
		steps[i] = plain
	}
	switch {
	case path == "/flows/new":
		d.key = toNewFlow
	case steps[0] != "flows" || !strings.HasPrefix(path, "/"):
	case len(steps) == 2:
		d.key, d.flow = toFlow, steps[1]
	case len(steps) == 3 && steps[2] == "source":
		d.key, d.flow = toSource, steps[1]
	case len(steps) == 4 && steps[2] == "outputs" && anew:
		d.key, d.flow = toNewOutput, steps[1]
	case len(steps) == 4 && steps[2] == "outputs":
		d.key, d.flow, d.name = toOutput, steps[1], steps[3]
	}
	return d
}

// alarmDestination is the page of alarms, or of one.
func alarmDestination(steps []string, query string) destination {
	values, err := url.ParseQuery(query)
	if err != nil {
		values = nil
	}
	d := destination{key: toAlarms, alarms: ParseAlarmQuery(values)}
	if len(steps) == 2 && identifier.MatchString(steps[1]) {
		d.key, d.flow = toAlarm, steps[1]
	}
	return d
}

// channelPages are the pages below a channel that one can come back to.
var channelPages = []string{"general", "input", "endpoints", "record", "encoders", "statistics", "json", "player", "clone"}

// channelDestination is the list of channels, or a page of one.
func channelDestination(steps []string, query string) destination {
	switch {
	case len(steps) == 1:
		values, err := url.ParseQuery(query)
		if err != nil {
			values = nil
		}
		d := destination{key: toChannels}
		d.channels, _ = ParseChannelQuery(values, defaultLimit)
		return d
	case len(steps) == 2 && steps[1] == "new":
		return destination{key: toPlain, plain: channelsPath + "/new"}
	case len(steps) == 4, len(steps) == 5 && slices.Contains(channelPages, steps[4]):
		id := strings.Join(steps[:4], "/")
		if key, ok := monitor.ChannelKeyOf(id); ok && len(id) <= maxSubject && hostLike.MatchString(key.Domain) && identifier.MatchString(key.AppName) && identifier.MatchString(key.ID) {
			return destination{key: toChannel, flow: id, plain: strings.Join(steps[4:], "/")}
		}
	}
	return destination{key: toChannels, channels: ChannelQuery{Limit: defaultLimit}}
}

// hostLike is the form of the domain of a channel in a path.
var hostLike = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$`)

// after is the page that follows a sign-in; never another sign-in.
func (d destination) after() string {
	if path, _, _ := strings.Cut(d.next, "?"); path == "/login" {
		return "/flows" // unread: there may be thousands of them, one within the other
	}
	return parseDestination(d.next).Path()
}

// Path gives the address of the page.
func (d destination) Path() string {
	flow := flowPath(d.flow)
	switch d.key {
	case toLogin:
		return loginPath(d.next)
	case toNewFlow:
		return "/flows/new"
	case toFlow:
		return flow
	case toSource:
		return flow + "/source"
	case toNewOutput:
		return flow + "/outputs/new"
	case toOutput:
		return outputPath(d.flow, d.name)
	case toAlarms:
		return d.alarms.Path()
	case toActivity:
		return d.lines.Path()
	case toAlarm:
		return d.alarms.at(pages.AlarmPath(d.flow))
	case toPlain:
		return d.plain
	case toChannels:
		return d.channels.Path()
	case toChannel:
		return strings.TrimRight("/"+d.flow+"/"+d.plain, "/")
	}
	if d.query.Limit != 0 {
		return d.query.Path()
	}
	return "/flows"
}

// destinationOf gives the page that a request asked for, or the one that its
// form stands on.
func destinationOf(c echo.Context) destination {
	flow := c.Param("id")
	name, err := url.PathUnescape(c.Param("name"))
	if err != nil {
		name = "" // no output has it
	}
	switch route := c.Path(); {
	case route == channelsPath && c.Request().Method == http.MethodGet:
		return parseDestination(channelsPath + "?" + c.QueryString())
	case route == channelsPath, route == channelsPath+"/new":
		return destination{key: toPlain, plain: channelsPath + "/new"}
	case strings.HasPrefix(route, "/channels/:domain/:app/:id"):
		if key, err := channelKeyOf(c); err == nil {
			below, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(route, "/channels/:domain/:app/:id"), "/"), "/")
			if !slices.Contains(channelPages, below) {
				return parseDestination(channelPath(key))
			}
			return parseDestination(channelPath(key, below))
		}
	case route == "/alarms/ack" || route == "/alarms/shelve" || route == "/alarms/unshelve":
		return alarmsOf(c)
	case strings.HasPrefix(route, "/activity"):
		return parseDestination("/activity?" + c.QueryString())
	case strings.HasPrefix(route, "/alarms"):
		return parseDestination(c.Request().URL.Path + "?" + c.QueryString())
	case route == "/flows" && c.Request().Method == http.MethodPost:
		return destination{key: toNewFlow}
	case route == "/flows" && c.QueryString() != "":
		return parseDestination("/flows?" + c.QueryString())
	case strings.HasPrefix(route, "/flows/:id/source"):
		return parseDestination(destination{key: toSource, flow: flow}.Path())
	case strings.HasPrefix(route, "/flows/:id/outputs/:name"):
		return parseDestination(destination{key: toOutput, flow: flow, name: name}.Path())
	case strings.HasPrefix(route, "/flows/:id/outputs"):
		return parseDestination(destination{key: toNewOutput, flow: flow}.Path())
	case strings.HasPrefix(route, "/flows/:id"):
		return parseDestination(destination{key: toFlow, flow: flow}.Path())
	}
	return parseDestination(c.Request().URL.Path)
}

// alarmsOf gives the page on which a form about alarms stands.
func alarmsOf(c echo.Context) destination {
	values, err := c.FormParams()
	if err != nil {
		values = nil
	}
	d := destination{key: toAlarms, alarms: ParseAlarmQuery(values)}
	if id := values.Get("id"); (values.Get("noted") != "" || values.Get("scope") != "") && identifier.MatchString(id) {
		d.key, d.flow = toAlarm, id
	}
	return d
}

// route gives the route of the page, as the table has it.
func (d destination) route() string {
	switch d.key {
	case toNewFlow:
		return "/flows/new"
	case toFlow:
		return "/flows/:id"
	case toSource:
		return "/flows/:id/source"
	case toNewOutput:
		return "/flows/:id/outputs/new"
	case toOutput:
		return "/flows/:id/outputs/:name"
	case toAlarms:
		return "/alarms"
	case toAlarm:
		return "/alarms/:id"
	case toPlain:
		return d.plain
	case toChannels:
		return channelsPath
	case toChannel:
		return strings.TrimRight("/channels/:domain/:app/:id/"+d.plain, "/")
	}
	return "/flows"
}
