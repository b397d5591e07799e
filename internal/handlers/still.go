package handlers

import (
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/display"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// stills are the newest pictures of flows and channels.
type stills struct{ *desk }

// album gives the newest picture of something, if there is one.
type album func(medialive.Subject) (monitor.Picture, bool)

const (
	stillOld  = 15 * time.Second // from then on a picture may no longer show what is sent
	stillKept = "private, max-age=60, immutable"
)

// ofFlow answers the picture of a flow. GET /flows/:id/picture (at)
func (h *stills) ofFlow(c echo.Context) error {
	v := visitOf(c)
	f, err := v.flow(c.Param("id"))
	if err != nil {
		return err
	}
	return answerStill(c, v.watcher, medialive.SubjectFlow(f.ID))
}

// ofChannel answers the picture of what a channel has on air.
// GET /channels/:domain/:app/:id/picture (at)
func (h *stills) ofChannel(c echo.Context) error {
	v := visitOf(c)
	ch, err := v.channel(c)
	if err != nil {
		return err
	}
	return answerStill(c, v.watcher, medialive.SubjectChannel(ch.ChannelKey))
}

// answerStill answers the picture that is there, whichever was asked for. It may
// be kept where it is the one that the address names.
func answerStill(c echo.Context, w *monitor.Watcher, of medialive.Subject) error {
	p, ok := w.Picture(of)
	if !ok {
		return c.NoContent(http.StatusNotFound)
	}
	if c.QueryParam("at") == stamp(p.At) {
		c.Response().Header().Set("Cache-Control", stillKept)
	}
	return c.Blob(http.StatusOK, "image/jpeg", p.JPEG)
}

func stamp(at time.Time) string { return strconv.FormatInt(at.UnixMilli(), 10) }

// still is the picture of a flow, while media comes. That it is shown is what
// keeps it being renewed.
func (v teller) still(f *monitor.Flow) ui.Still {
	switch f.State {
	case monitor.StateLive, monitor.StateLoss, monitor.StateOutputLost:
		return v.stillOf(medialive.SubjectFlow(f.ID), f.Name, flowPath(f.ID)+"/picture", ui.ID("still-", f.ID))
	}
	return ui.Still{}
}

// channelStill is the picture of what a channel has on air.
func (v teller) channelStill(ch *monitor.Channel) ui.Still {
	if ch.Doing != monitor.StateLive && ch.Doing != monitor.StateSecondInput {
		return ui.Still{}
	}
	return v.stillOf(medialive.SubjectChannel(ch.ChannelKey), ch.Name, flowPath(ch.ID)+"/picture", ui.ID("still-", ch.ID))
}

// stillOf is the picture of something, of which path answers it.
func (v teller) stillOf(of medialive.Subject, name, path, id string) ui.Still {
	if v.pictures == nil {
		return ui.Still{}
	}
	p, ok := v.pictures(of)
	if !ok {
		return ui.Still{}
	}
	return ui.Still{
		ID: id, URL: path + "?at=" + stamp(p.At), Age: ui.At(ui.TimeAge, p.At, v.now),
		Old: v.now.Sub(p.At) > stillOld, Label: fill(v.t.Picture.Of, name),
	}
}

// pictured adds the pictures of a watcher to a scene. That a wall shows them is
// what keeps them being renewed: the one thing for which it has a gateway asked.
func pictured(s display.Scene, w *monitor.Watcher) display.Scene {
	s.Picture = func(flowID string) (time.Time, bool) {
		p, ok := w.Picture(monitor.SubjectOf(flowID))
		return p.At, ok
	}
	return s
}

// picture answers the picture of a tile. GET /wall/picture/:key (at)
func (h *walls) picture(c echo.Context) error {
	v := c.Get(wallKey).(display.Visit)
	w := h.watcherOf(v.Display)
	id, ok := v.Display.StillOf(w.Peek(), c.Param("key"))
	if !ok || !w.Awake() {
		return c.NoContent(http.StatusNotFound)
	}
	return answerStill(c, w, monitor.SubjectOf(id))
}
