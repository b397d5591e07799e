package handlers

import (
	"errors"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// labels names the addresses of far ends.
type labels struct{ *desk }

const fieldFlow = "flow" // where to come back to

// page lists the addresses that have a name. GET /labels
func (h *labels) page(c echo.Context) error {
	v := visitOf(c)
	all := v.snapshot().Labels.All()
	m := pages.Labels{Shell: h.shell(c, v, v.t.Care.Label.Title), Off: h.teller(v).off(actBuild)}
	for _, address := range slices.SortedFunc(maps.Keys(all), byAddress) {
		m.Rows = append(m.Rows, pages.LabelRow{Address: address, Name: all[address]})
	}
	return h.print.page(c, http.StatusOK, m)
}

// byAddress puts addresses in the order of their numbers.
func byAddress(a, b string) int {
	x, errX := netip.ParseAddr(a)
	y, errY := netip.ParseAddr(b)
	if errX != nil || errY != nil {
		return 0
	}
	return x.Compare(y)
}

// form names an address. GET /labels/edit (address, flow)
func (h *labels) form(c echo.Context) error {
	v := visitOf(c)
	address := cut(c.QueryParam(fieldAddress), 64)
	name := ui.Value{Text: v.snapshot().Labels.Of(address)}
	return h.show(c, v, ui.Value{Text: address}, name, http.StatusOK)
}

// save names an address. POST /labels (address, name, flow)
func (h *labels) save(c echo.Context) error {
	v := visitOf(c)
	address, name := c.FormValue(fieldAddress), c.FormValue(fieldName)
	err := h.Control.SetLabel(c.Request().Context(), v.op, address, name)
	var invalid *control.Invalid
	switch {
	case errors.As(err, &invalid):
		at, called := ui.Value{Text: cut(address, 64)}, ui.Value{Text: cut(name, 200)}
		if invalid.Field == fieldAddress {
			at.Error = invalidText(v.t, invalid)
		} else {
			called.Error = v.t.Care.Faults.Name
		}
		return h.show(c, v, at, called, http.StatusUnprocessableEntity)
	case err != nil && !errors.Is(err, control.ErrNothingToDo):
		return err
	}
	h.flash(c, flashLabelled, address)
	return h.back(c, v)
}

// remove takes the name of an address away. POST /labels/delete (address)
func (h *labels) remove(c echo.Context) error {
	v := visitOf(c)
	address := c.FormValue(fieldAddress)
	err := h.Control.DeleteLabel(c.Request().Context(), v.op, address)
	var invalid *control.Invalid
	switch {
	case errors.As(err, &invalid):
		return errBadRequest
	case err != nil && !errors.Is(err, control.ErrNothingToDo):
		return err
	}
	h.flash(c, flashUnlabelled, address)
	return h.back(c, v)
}

// back leads to the flow that somebody came from, or to the list of names.
func (h *labels) back(c echo.Context, v *visit) error {
	if f, err := v.flow(c.FormValue(fieldFlow)); err == nil {
		return seeOther(c, flowPath(f.ID))
	}
	return seeOther(c, "/labels")
}

func (h *labels) show(c echo.Context, v *visit, address, name ui.Value, status int) error {
	w := v.t.Care.Label
	m := pages.ShortForm{
		Shell: h.shell(c, v, w.New), Title: w.New, Lead: []string{w.Lead}, Crumbs: []pages.Crumb{{Label: w.Title, URL: "/labels"}},
		Fields: []ui.Field{
			{Name: fieldAddress, Label: w.Address, Value: address, Help: w.AddressHelp, Mono: true, MaxLen: "64", Required: true, Focus: address.Text == ""},
			{Name: fieldName, Label: w.Label, Value: name, Help: w.LabelHelp, MaxLen: "64", Required: true, Focus: address.Text != ""},
		},
		Post: "/labels", Button: w.Add, Back: "/labels",
	}
	if f, err := v.flow(c.FormValue(fieldFlow)); err == nil {
		m.Hidden, m.Back = []ui.Hidden{{Name: fieldFlow, Value: f.ID}}, flowPath(f.ID)
	}
	if known := v.snapshot().Labels.Of(address.Text); known != "" {
		m.Drop = &pages.Drop{Post: "/labels/delete", Label: w.RemoveOf(address.Text), Hidden: append(slices.Clone(m.Hidden), ui.Hidden{Name: fieldAddress, Value: address.Text})}
	}
	return h.print.page(c, status, m)
}

// nameOf gives the name of a far end; empty if it has none.
func (v teller) nameOf(peer string) string {
	if v.known == nil {
		return ""
	}
	return v.known.Labels.Of(peer)
}

// peerName is the name of a far end beside its address, with the way to give
// one. What is no IP address cannot have one.
func (v teller) peerName(f *monitor.Flow, peer string) pages.Peer {
	host := peer
	if h, _, err := net.SplitHostPort(peer); err == nil {
		host = h
	}
	address, err := control.ParseAddress(host)
	if err != nil {
		return pages.Peer{}
	}
	return pages.Peer{T: v.t, Name: v.nameOf(address), Address: address, FlowID: f.ID, Fixed: v.may.role < actBuild.needs}
}
