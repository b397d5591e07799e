package handlers

import (
	"cmp"
	"errors"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// bands keeps what is normal for a flow.
type bands struct{ *desk }

// The fields of the form, in its order.
const (
	fieldMinBitrate = "min_bitrate"
	fieldMaxBitrate = "max_bitrate"
	fieldMaxLoss    = "max_loss"
	fieldIdle       = "idle_after"
)

// bandForm is a band as somebody typed it: Mb/s, percent, minutes. Empty fields
// take what is usual.
type bandForm struct{ MinBitrate, MaxBitrate, MaxLoss, Idle string }

// bandFault is what is wrong with a field.
type bandFault int

const (
	faultNumber bandFault = iota + 1 // none, or out of its range
	faultOrder                       // the lowest is above the highest
)

// parseBandForm takes what was typed.
func parseBandForm(v url.Values) bandForm {
	trimmed := func(name string) string { return cut(strings.TrimSpace(v.Get(name)), 20) }
	return bandForm{trimmed(fieldMinBitrate), trimmed(fieldMaxBitrate), trimmed(fieldMaxLoss), trimmed(fieldIdle)}
}

// ParseBand reads a band from a form: Mb/s, percent, minutes. It names each field
// that is no number within its range, and the highest bitrate where it is below
// the lowest.
func ParseBand(v url.Values) (b monitor.Band, faulty []string) {
	b, faults := parseBandForm(v).band()
	return b, slices.Sorted(maps.Keys(faults))
}

// formOfBand is the form that shows a band.
func formOfBand(b monitor.Band) bandForm {
	figure := func(x float64) string {
		if x == 0 {
			return ""
		}
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return bandForm{figure(b.MinBitrate), figure(b.MaxBitrate), figure(b.MaxLoss), figure(b.IdleAfter.Minutes())}
}

// band gives the band that the form describes, and what is wrong with it by
// field.
func (f bandForm) band() (monitor.Band, map[string]bandFault) {
	faults := map[string]bandFault{}
	figure := func(field, typed string, least, most float64) float64 {
		if typed == "" {
			return 0
		}
		x, err := strconv.ParseFloat(strings.Replace(typed, ",", ".", 1), 64)
		if err != nil || math.IsNaN(x) || x < least || x > most {
			faults[field] = faultNumber
			return 0
		}
		return x
	}
	b := monitor.Band{
		MinBitrate: figure(fieldMinBitrate, f.MinBitrate, 0, control.MaxBandBitrate),
		MaxBitrate: figure(fieldMaxBitrate, f.MaxBitrate, 0, control.MaxBandBitrate),
		MaxLoss:    figure(fieldMaxLoss, f.MaxLoss, 0, control.MaxBandLoss),
	}
	minutes := figure(fieldIdle, f.Idle, control.MinIdle.Minutes(), control.MaxIdle.Minutes())
	b.IdleAfter = time.Duration(minutes * float64(time.Minute)).Round(time.Second)
	if b.MaxBitrate != 0 && b.MinBitrate > b.MaxBitrate {
		faults[fieldMaxBitrate] = faultOrder
	}
	return b, faults
}

// form shows the band of a flow. GET /flows/:id/band
func (h *bands) form(c echo.Context) error {
	v := visitOf(c)
	f, err := v.subject(c)
	if err != nil {
		return err
	}
	return h.show(c, v, f, formOfBand(f.Care.Band), nil, http.StatusOK)
}

// save tells what is normal for a flow. POST /flows/:id/band (the form's fields)
func (h *bands) save(c echo.Context) error {
	v := visitOf(c)
	f, err := v.subject(c)
	if err != nil {
		return err
	}
	values, err := c.FormParams()
	if err != nil {
		return badForm(err)
	}
	typed := parseBandForm(values)
	band, faults := typed.band()
	if len(faults) > 0 {
		return h.show(c, v, f, typed, faults, http.StatusUnprocessableEntity)
	}
	err = h.Control.SetBand(c.Request().Context(), v.op, f.ID, band)
	if err != nil && !errors.Is(err, control.ErrNothingToDo) {
		return err
	}
	h.flash(c, flashBand, "")
	return seeOther(c, flowPath(f.ID))
}

func (h *bands) show(c echo.Context, v *visit, f *monitor.Flow, typed bandForm, faults map[string]bandFault, status int) error {
	w := v.t.Care.Band
	field := func(name, label, value, help, unit, least, most string) ui.Field {
		return ui.Field{
			Name: name, Label: label, Help: help, Unit: unit, Mono: true, Short: true, Mode: "decimal", MaxLen: "20",
			Value: ui.Value{Text: value, Error: bandFaultText(v.t, faults[name], least, most)},
		}
	}
	fields := []ui.Field{
		field(fieldMinBitrate, w.Min, typed.MinBitrate, w.MinHelp, "Mb/s", "0", "1000"),
		field(fieldMaxBitrate, w.Max, typed.MaxBitrate, w.MaxHelp, "Mb/s", "0", "1000"),
		field(fieldMaxLoss, w.Loss, typed.MaxLoss, w.LossHelp, "%", "0", "100"),
		field(fieldIdle, w.Idle, typed.Idle, w.IdleHelp, w.Minutes, "1", "1440"),
	}
	if _, channel := monitor.ChannelKeyOf(f.ID); channel { // nobody tells what is lost on the way into one
		fields = slices.Delete(fields, 2, 3)
	}
	return h.print.page(c, status, pages.ShortForm{
		Shell: h.shell(c, v, w.Of(f.Name)), Crumbs: crumbs(v.t, f), Title: w.Of(f.Name), Lead: []string{w.Lead},
		Fields: fields,
		Post:   flowPath(f.ID) + "/band", Button: v.t.Care.Save, Back: flowPath(f.ID),
	})
}

func bandFaultText(t *text.Strings, fault bandFault, least, most string) string {
	switch fault {
	case faultNumber:
		return t.Care.Band.NotNumber(least, most)
	case faultOrder:
		return t.Care.Band.MinAbove
	}
	return ""
}

// The usual of a band.
const (
	usualLoss = 1.0 // percent
	usualIdle = 10 * time.Minute
)

// band is what is normal for a flow, the usual told as such.
func (v teller) band(f *monitor.Flow) pages.BandBox {
	w, b := v.t.Care.Band, f.Care.Band
	limit := func(label string, x float64) pages.Pair {
		if x == 0 {
			return pages.Pair{Label: label, Value: w.NoLimit, Note: w.Usual}
		}
		return pages.Pair{Label: label, Value: decimalsOf(x) + " Mb/s"}
	}
	note := func(usual bool) string {
		if usual {
			return w.Usual
		}
		return ""
	}
	box := pages.BandBox{T: v.t, FlowID: f.ID, Off: v.off(actBuild), Rows: []pages.Pair{
		limit(w.Min, b.MinBitrate), limit(w.Max, b.MaxBitrate),
		{Label: w.Loss, Value: decimalsOf(cmp.Or(b.MaxLoss, usualLoss)) + " %", Note: note(b.MaxLoss == 0)},
		{Label: w.Idle, Value: decimalsOf(cmp.Or(b.IdleAfter, usualIdle).Minutes()) + " " + w.Minutes, Note: note(b.IdleAfter == 0)},
	}}
	if _, channel := monitor.ChannelKeyOf(f.ID); channel {
		box.Rows = slices.Delete(box.Rows, 2, 3)
	}
	return box
}

func decimalsOf(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
