package handlers

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/flowdeck/flowdeck/internal/display"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

const (
	shownScreens = 3 // in a row of the list
	displayTime  = "2006-01-02 15:04"
)

// displayRow is a display in the list.
func (v teller) displayRow(d display.Display, screens []display.Screen) pages.DisplayRow {
	row := pages.DisplayRow{ID: d.ID, Name: d.Name, Shows: v.shows(d), More: max(0, len(screens)-shownScreens)}
	row.State, _ = v.displayState(d)
	looked := 0
	for i, s := range screens {
		if s.Looked && d.Linked {
			looked++
		}
		if i < shownScreens {
			row.Screens = append(row.Screens, v.screen(s))
		}
	}
	switch {
	case looked > 0:
		row.Looked = v.t.Displays.NowMany(looked)
	case len(screens) > 0:
		row.Seen = ui.At(ui.TimeAge, screens[0].SeenAt, v.now)
	}
	if !d.ExpiresAt.IsZero() {
		row.Ends = d.ExpiresAt.UTC().Format(displayTime) + " UTC"
	}
	return row
}

// shows is what a display shows, in a few words.
func (v teller) shows(d display.Display) string {
	w := v.t.Displays.Form
	var words []string
	if d.Shows.Mode != display.Chosen { // who chooses takes of both
		words = append(words, map[display.Kind]string{
			display.OfFlows: w.JustFlows, display.OfChannels: w.Channels, display.OfBoth: w.JustFlows + " + " + w.Channels,
		}[d.Shows.Kind])
	}
	switch d.Shows.Mode {
	case display.Chosen:
		words = append(words, w.Chosen+" ("+strconv.Itoa(len(d.Shows.Flows))+")")
	case display.Abnormal:
		words = append(words, w.Abnormal)
	default:
		words = append(words, w.All)
	}
	if d.Shows.Query != "" && d.Shows.Mode != display.Chosen {
		words = append(words, `"`+d.Shows.Query+`"`)
	}
	return strings.Join(append(words, v.t.Displays.Tiles(d.Look.Layout)), " · ")
}

// displayState is whether a display is in use, and what it means where that is
// to be told.
func (v teller) displayState(d display.Display) (state pages.DisplayState, note string) {
	w := v.t.Displays
	switch {
	case !d.Linked:
		return pages.DisplayState{Shape: ui.ShapeStandby, Word: w.Unlinked}, w.UnlinkedHelp
	case d.Paused:
		return pages.DisplayState{Shape: ui.ShapeShelved, Word: w.Paused}, ""
	case !d.ExpiresAt.IsZero() && !v.now.Before(d.ExpiresAt):
		return pages.DisplayState{Shape: ui.ShapeStandby, Word: w.Ended}, ""
	}
	return pages.DisplayState{Shape: ui.ShapeLive, Word: w.InUse}, w.LinkHelp
}

func (v teller) screen(s display.Screen) pages.ScreenRow {
	return pages.ScreenRow{
		Now: s.Looked, Seen: ui.At(ui.TimeAge, s.SeenAt, v.now), Address: s.Address, Version: s.Version,
		Browser: cmp.Or(browserWords(s.Agent), v.t.Sessions.Unknown), Agent: s.Agent, Opened: s.OpenedAt.UTC().Format(displayTime),
	}
}

// displayPage is the page of a display.
func (v teller) displayPage(d display.Display, screens []display.Screen) pages.DisplayPage {
	w := v.t.Displays
	m := pages.DisplayPage{
		ID: d.ID, Name: d.Name, Paused: d.Paused, Linked: d.Linked, Off: v.barred(actRun),
		MadeBy: w.MadeBy(d.By, d.At.UTC().Format(time.DateOnly)),
	}
	m.State, m.Note = v.displayState(d)
	m.Dark = m.State.Shape != ui.ShapeLive
	for _, s := range screens {
		m.Screens = append(m.Screens, v.screen(s))
	}
	ends, from := w.Never, w.Anywhere
	if !d.ExpiresAt.IsZero() {
		ends = d.ExpiresAt.UTC().Format(displayTime) + " UTC"
	}
	if len(d.CIDRs) > 0 {
		from = strings.Join(d.CIDRs, ", ")
	}
	m.Facts = []pages.DisplayFact{{Label: w.Shows, Value: v.shows(d)}, {Label: w.From, Value: from}, {Label: w.Ends, Value: ends}}
	if d.Look.Zone != "" {
		m.Facts = append(m.Facts, pages.DisplayFact{Label: w.Form.Zone, Value: d.Look.Zone})
	}
	if d.Look.Rotate > 0 {
		m.Facts = append(m.Facts, pages.DisplayFact{Label: w.Form.Rotate, Value: strconv.Itoa(d.Look.Rotate) + " s"})
	}
	return m
}
