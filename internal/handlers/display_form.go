package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/display"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// The fields of the form of a display.
const (
	fieldMode      = "mode"
	fieldQuery     = "query"
	fieldCommanded = "commanded"
	fieldKind      = "kind"
	fieldFlows     = "flow" // once for each chosen flow, in order
	fieldAdd       = "add"
	fieldAct       = "act" // "add", "up:<id>", "down:<id>", "remove:<id>"
	fieldLayout    = "layout"
	fieldRotate    = "rotate"
	fieldTally     = "tally"
	fieldZone      = "zone"
	fieldTheme     = "theme"
	fieldScale     = "scale"
	fieldCIDRs     = "cidrs"
	fieldExpires   = "expires"
	fieldID        = "id"
	fieldVersion   = "version"
)

// expiryForms are how an end may be written, in UTC.
var expiryForms = []string{"2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02"}

// displayForm is a display as somebody typed it.
type displayForm struct {
	display display.Display // as far as it can be read
	rotate  string          // as typed
	expires string
	cidrs   string
	badCIDR string // the first line that is no network
}

// newForm shows the form that makes a display. GET /displays/new
func (h *displays) newForm(c echo.Context) error {
	v := visitOf(c)
	f := formOfDisplay(display.Display{
		Shows: display.Shows{Mode: display.All},
		Look:  display.Look{Layout: 16, Tally: true, Language: v.t.Lang, Theme: "dark", Scale: 100},
	})
	return h.show(c, v, f, http.StatusOK, nil)
}

// form shows the form of a display. GET /displays/:id/edit
func (h *displays) form(c echo.Context) error {
	v := visitOf(c)
	d, err := h.find(c, v)
	if err != nil {
		return err
	}
	return h.show(c, v, formOfDisplay(d), http.StatusOK, nil)
}

// add makes a display, and shows its link once. POST /displays (the form, ticket)
func (h *displays) add(c echo.Context) error {
	v := visitOf(c)
	f, err := parseDisplay(c)
	if err != nil {
		return err
	}
	f.display.ID = ""
	if faults := f.faults(h.now()); len(faults) > 0 {
		return h.show(c, v, f, http.StatusUnprocessableEntity, errors.Join(faults...))
	}
	may, err := h.redeemed(c, v, verbMakeDisplay, "", "")
	if err != nil {
		return err
	}
	if !may {
		h.flash(c, flashDisplayMade, "") // the second of two presses: the first has made it, and has shown its link
		return seeOther(c, displaysPath)
	}
	made, key, err := h.Displays.Make(c.Request().Context(), displaysOf(v), f.display)
	switch {
	case errors.Is(err, display.ErrLimit):
		return h.show(c, v, f, http.StatusUnprocessableEntity, err)
	case err != nil:
		return err
	}
	return h.showLink(c, v, made, key)
}

// save changes a display. POST /displays/:id (the form)
func (h *displays) save(c echo.Context) error {
	v := visitOf(c)
	now, err := h.find(c, v)
	if err != nil {
		return err
	}
	f, err := parseDisplay(c)
	if err != nil {
		return err
	}
	f.display.ID = now.ID
	faults := f.faults(h.now())
	if f.display.ExpiresAt.Equal(now.ExpiresAt) { // it may have ended: that is no reason to keep it from being changed
		faults = slices.DeleteFunc(faults, func(err error) bool { return errors.Is(err, display.ErrExpiry) })
	}
	if len(faults) > 0 {
		return h.show(c, v, f, http.StatusUnprocessableEntity, errors.Join(faults...))
	}
	err = h.Displays.Change(c.Request().Context(), displaysOf(v), f.display)
	switch {
	case errors.Is(err, display.ErrChanged):
		return h.show(c, v, formOfDisplay(now), http.StatusConflict, err)
	case err != nil:
		return displayError(err)
	}
	h.flash(c, flashDisplaySaved, f.display.Name)
	return seeOther(c, pages.DisplayPath(now.ID))
}

// reorder shows the form again with another choice of flows; nothing is saved.
// POST /displays/form (the form, act, add)
func (h *displays) reorder(c echo.Context) error {
	f, err := parseDisplay(c)
	if err != nil {
		return err
	}
	f.display.Shows.Mode = display.Chosen
	f.display.Shows.Flows = rearranged(f.display.Shows.Flows, c.FormValue(fieldAct), c.FormValue(fieldAdd))
	return h.show(c, visitOf(c), f, http.StatusOK, nil)
}

// rearranged does what a button of the list of chosen flows asks for.
func rearranged(flows []string, act, add string) []string {
	verb, id, _ := strings.Cut(act, ":")
	at := slices.Index(flows, id)
	switch {
	case verb == "add" && add != "" && !slices.Contains(flows, add) && len(flows) < display.MaxFlows:
		return append(flows, add)
	case verb == "remove" && at >= 0:
		return slices.Delete(flows, at, at+1)
	case verb == "up" && at > 0:
		flows[at-1], flows[at] = flows[at], flows[at-1]
	case verb == "down" && at >= 0 && at < len(flows)-1:
		flows[at+1], flows[at] = flows[at], flows[at+1]
	}
	return flows
}

// previewForm is the wall that the form describes. POST /displays/preview (the form)
func (h *displays) previewForm(c echo.Context) error {
	f, err := parseDisplay(c)
	if err != nil {
		return err
	}
	return h.print.page(c, http.StatusOK, h.small(visitOf(c), f.drawable()))
}

// formOfDisplay is the form that shows a display.
func formOfDisplay(d display.Display) displayForm {
	f := displayForm{display: d, rotate: number(d.Look.Rotate), cidrs: strings.Join(d.CIDRs, "\n")}
	if !d.ExpiresAt.IsZero() {
		f.expires = d.ExpiresAt.UTC().Format(expiryForms[0])
	}
	return f
}

// parseDisplay reads the form.
func parseDisplay(c echo.Context) (displayForm, error) {
	v, err := c.FormParams()
	if err != nil {
		return displayForm{}, badForm(err)
	}
	get := func(name string) string { return strings.TrimSpace(v.Get(name)) }
	whole := func(name string) int { n, _ := strconv.Atoi(get(name)); return n } // none is no choice, which the display says
	f := displayForm{rotate: get(fieldRotate), expires: get(fieldExpires), cidrs: strings.ReplaceAll(v.Get(fieldCIDRs), "\r\n", "\n")}
	f.display = display.Display{
		ID: get(fieldID), Name: get(fieldName),
		Shows: display.Shows{
			Mode: display.Mode(get(fieldMode)), Query: get(fieldQuery), Status: get(fieldCommanded),
			Protocol: get(fieldProtocol), Flows: chosenFlows(v), Kind: display.Kind(get(fieldKind)),
		},
		Look: display.Look{
			Layout: whole(fieldLayout), Tally: get(fieldTally) == "on", Zone: get(fieldZone),
			Language: get(fieldLanguage), Theme: get(fieldTheme), Scale: whole(fieldScale),
		},
	}
	f.display.Version, _ = strconv.ParseInt(get(fieldVersion), 10, 64)
	if f.display.Look.Rotate = whole(fieldRotate); f.rotate != "" && f.display.Look.Rotate == 0 {
		f.display.Look.Rotate = -1 // typed, and no time
	}
	for line := range strings.Lines(f.cidrs) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		network, err := display.ParseCIDR(line)
		if err != nil && f.badCIDR == "" {
			f.badCIDR = line
		}
		f.display.CIDRs = append(f.display.CIDRs, network)
	}
	f.display.ExpiresAt = parseExpiry(f.expires)
	return f, nil
}

// chosenFlows are the chosen flows, each once.
func chosenFlows(v url.Values) []string {
	var flows []string
	for _, id := range v[fieldFlows] {
		if id != "" && !slices.Contains(flows, id) {
			flows = append(flows, id)
		}
	}
	return flows
}

// unreadableExpiry stands for an end that was typed and is no time: it never
// lies ahead.
var unreadableExpiry = time.Unix(1, 0).UTC()

func parseExpiry(typed string) time.Time {
	if typed == "" {
		return time.Time{}
	}
	for _, form := range expiryForms {
		if at, err := time.Parse(form, typed); err == nil {
			return at
		}
	}
	return unreadableExpiry
}

// faults gives all that is wrong with what was typed.
func (f displayForm) faults(now time.Time) []error { return f.display.Faults(now) }

// drawable is the display as far as a preview can show it.
func (f displayForm) drawable() display.Display {
	d := f.display
	if !slices.Contains(display.Layouts(), d.Look.Layout) {
		d.Look.Layout = 16
	}
	d.Look.Rotate = max(d.Look.Rotate, 0)
	return d
}

// show shows the form, with what was typed and what is wrong with it.
func (h *displays) show(c echo.Context, v *visit, f displayForm, status int, fault error) error {
	w, d := v.t.Displays, f.display
	m := displayFields(v.t, f, fault)
	m.ID, m.Version, m.Title, m.Button = d.ID, strconv.FormatInt(d.Version, 10), w.Form.NewTitle, w.Make
	m.Post, m.Back = displaysPath, displaysPath
	if d.ID != "" {
		m.Title, m.Button = fill(w.Form.ChangeTitle, d.Name), w.Save
		m.Post, m.Back = pages.DisplayPath(d.ID), pages.DisplayPath(d.ID)
	} else {
		ticket, err := h.issue(c, v, verbMakeDisplay, "", "", formLife)
		if err != nil {
			return err
		}
		m.Ticket = ticket
	}
	m.Shell = h.shell(c, v, m.Title)
	m.Shell.Path = displaysPath
	h.chosen(v, d, &m)
	m.Preview = h.small(v, f.drawable())
	return h.print.page(c, status, m)
}

// chosen fills in the flows that are chosen, and those that could be.
func (h *displays) chosen(v *visit, d display.Display, m *pages.DisplayForm) {
	s := v.snapshot()
	last := len(d.Shows.Flows) - 1
	for i, id := range d.Shows.Flows {
		c := pages.ChosenFlow{ID: id, Name: id, Gone: true, First: i == 0, Last: i == last}
		if f, ok := s.Flow(id); ok {
			c.Name, c.Gone = f.Name, false
		} else if ch, ok := s.Channel(id); ok {
			c.Name, c.Gone = ch.Name, false
		}
		m.Chosen = append(m.Chosen, c)
	}
	for _, f := range s.Flows {
		if !slices.Contains(d.Shows.Flows, f.ID) {
			m.Others = append(m.Others, ui.Option{Value: f.ID, Label: f.Name})
		}
	}
	for _, ch := range s.Channels.All {
		if !slices.Contains(d.Shows.Flows, ch.ID) {
			m.Others = append(m.Others, ui.Option{Value: ch.ID, Label: fill(v.t.Displays.Form.OfChannel, ch.Name)})
		}
	}
}

// displayFields are the fields of the form as typed.
func displayFields(t *text.Strings, f displayForm, fault error) pages.DisplayForm {
	w, d := t.Displays.Form, f.display
	wrong := func(is error, words string) string {
		if errors.Is(fault, is) {
			return words
		}
		return ""
	}
	m := pages.DisplayForm{
		Error:       wrong(display.ErrLimit, w.TooMany) + wrong(display.ErrChanged, w.Changed),
		ChosenError: wrong(display.ErrFlows, w.BadFlows),
		Name:        ui.Field{Name: fieldName, Label: w.Name, Help: w.NameHelp, Required: true, MaxLen: "64", Focus: d.ID == "" && d.Name == "", Value: ui.Value{Text: d.Name, Error: wrong(display.ErrName, w.BadName)}},
		Query:       ui.Field{Name: fieldQuery, Label: w.Query, Help: w.QueryHelp, MaxLen: "128", Value: ui.Value{Text: d.Shows.Query}},
		Zone:        ui.Field{Name: fieldZone, Label: w.Zone, Help: w.ZoneHelp, Mono: true, MaxLen: "64", Value: ui.Value{Text: d.Look.Zone, Error: wrong(display.ErrZone, w.BadZone)}},
		Rotate:      ui.Field{Name: fieldRotate, Label: w.Rotate, Help: w.RotateHelp, Unit: "s", Mono: true, Short: true, Mode: "numeric", MaxLen: "4", Value: ui.Value{Text: f.rotate, Error: wrong(display.ErrRotate, w.BadRotate)}},
		CIDRs:       ui.Field{Name: fieldCIDRs, Label: w.CIDRs, Help: w.CIDRsHelp, Mono: true, Rows: "3", Value: ui.Value{Text: f.cidrs, Error: f.cidrError(t, fault)}},
		Expires:     ui.Field{Name: fieldExpires, Label: w.Expires, Help: w.ExpiresHelp, Unit: "UTC", Mono: true, MaxLen: "19", Value: ui.Value{Text: f.expires, Error: f.expiryError(t, fault)}},
	}
	displayChoices(t, d, fault, &m)
	return m
}

func (f displayForm) cidrError(t *text.Strings, fault error) string {
	switch {
	case !errors.Is(fault, display.ErrCIDR):
		return ""
	case f.badCIDR != "":
		return t.Displays.Form.BadCIDR(cut(f.badCIDR, 40))
	}
	return t.Displays.Form.ManyCIDRs
}

func (f displayForm) expiryError(t *text.Strings, fault error) string {
	switch {
	case !errors.Is(fault, display.ErrExpiry):
		return ""
	case f.display.ExpiresAt.Equal(unreadableExpiry):
		return t.Displays.Form.BadExpiry
	}
	return t.Displays.Form.BadEnd
}

// displayChoices are the choices of the form.
func displayChoices(t *text.Strings, d display.Display, fault error, m *pages.DisplayForm) {
	w := t.Displays.Form
	choice := func(name, label, help string, is error, now string, options ...ui.Option) ui.Choice {
		c := ui.Choice{Name: name, Label: label, Help: help, Options: options}
		for i := range c.Options {
			c.Options[i].Selected = c.Options[i].Value == now
		}
		if is != nil && errors.Is(fault, is) && !slices.ContainsFunc(c.Options, func(o ui.Option) bool { return o.Selected }) {
			c.Error = w.BadChoice
		}
		return c
	}
	option := func(value, label string) ui.Option { return ui.Option{Value: value, Label: label} }
	m.Mode = choice(fieldMode, w.Mode, "", display.ErrShows, string(d.Shows.Mode),
		option(string(display.All), w.All), option(string(display.Chosen), w.Chosen), option(string(display.Abnormal), w.Abnormal))
	m.Mode.Helps = []string{w.AllHelp, w.ChosenHelp, w.AbnormalHelp}
	m.Mode.Help = modeHelp(w, d.Shows.Mode)
	m.Kind = choice(fieldKind, w.Kind, "", display.ErrShows, string(d.Shows.Kind),
		option(string(display.OfFlows), w.JustFlows), option(string(display.OfChannels), w.Channels), option(string(display.OfBoth), w.Both))
	m.Status = choice(fieldCommanded, w.Status, "", display.ErrShows, d.Shows.Status,
		option("", w.Any), option(string(medialive.Active), w.Active), option(string(medialive.Standby), w.Standby))
	m.Protocol = choice(fieldProtocol, w.Protocol, "", display.ErrShows, d.Shows.Protocol,
		option("", w.Any), option(string(medialive.Listener), w.Listener), option(string(medialive.Caller), w.Caller))
	var ladder, scales []ui.Option
	for _, n := range display.Layouts() {
		ladder = append(ladder, option(strconv.Itoa(n), strconv.Itoa(n)))
	}
	for _, n := range display.Scales() {
		scales = append(scales, option(strconv.Itoa(n), strconv.Itoa(n)+" %"))
	}
	m.Layout = choice(fieldLayout, w.Layout, w.LayoutHelp, display.ErrLayout, strconv.Itoa(d.Look.Layout), ladder...)
	m.Scale = choice(fieldScale, w.Scale, w.ScaleHelp, display.ErrScale, strconv.Itoa(d.Look.Scale), scales...)
	lamps := "off"
	if d.Look.Tally {
		lamps = "on"
	}
	m.Tally = choice(fieldTally, w.Tally, w.TallyHelp, nil, lamps, option("on", w.With), option("off", w.Without))
	m.Language = choice(fieldLanguage, w.Language, "", display.ErrLook, d.Look.Language, option(text.EN, text.English.Name), option(text.ZH, text.Chinese.Name))
	m.Theme = choice(fieldTheme, w.Theme, "", display.ErrLook, d.Look.Theme, option("dark", w.Dark), option("light", w.Light))
}

func modeHelp(w text.DisplayForm, m display.Mode) string {
	switch m {
	case display.Chosen:
		return w.ChosenHelp
	case display.Abnormal:
		return w.AbnormalHelp
	}
	return w.AllHelp
}
