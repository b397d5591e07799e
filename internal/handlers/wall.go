package handlers

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/display"
	"github.com/flowdeck/flowdeck/internal/monitor"
	wallview "github.com/flowdeck/flowdeck/web/templates/wall"
)

// walls are the screens of displays: who has a display's cookie sees it, and
// nothing else; who is signed in sees no wall.
type walls struct{ *desk }

const (
	wallPath    = "/wall"
	wallKey     = "screen"
	maxWallPage = 1000
	wallCookie  = 400 * 24 * time.Hour // as long as a browser keeps one

	darkRetry  = 30 * time.Second // a screen that is not in use asks again
	darkAtOnce = time.Second      // the same, where the browser kept its cookie from us
)

// darkFrame tells a screen that its display is no longer in use.
var darkFrame = []byte("event: dark\ndata:\n\n")

// wallView is which display a stream shows. A display that is changed is another
// view.
type wallView struct {
	display string
	version int64
	page    int
}

// wallCookieName is the cookie of a screen.
func (d *desk) wallCookieName() string {
	if d.secure {
		return "__Host-flowdeck_wall"
	}
	return "flowdeck_wall"
}

// wallCookieOf gives what a screen was given when its link was opened.
func (d *desk) wallCookieOf(c echo.Context) string {
	cookie, err := c.Cookie(d.wallCookieName())
	if err != nil {
		return ""
	}
	return cookie.Value
}

// walled lets screens in whose display is in use.
func (d *desk) walled(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		v, err := d.Displays.Visit(c.Request().Context(), d.wallCookieOf(c), c.RealIP())
		switch {
		case errors.Is(err, display.ErrDark):
			return d.dark(c, http.StatusNotFound)
		case err != nil:
			d.log.Warn("cannot tell whether a screen may look", "request", requestIDOf(c), "err", err)
			return d.dark(c, http.StatusServiceUnavailable)
		}
		c.Set(wallKey, v)
		return next(c)
	}
}

// dark is the page of a display that is not in use. It asks again; at once where
// the link was followed from another site's page, whereupon the browser keeps back
// the strict cookie that it just got.
func (d *desk) dark(c echo.Context, status int) error {
	after := darkRetry
	if c.Request().Header.Get("Sec-Fetch-Site") == "cross-site" && d.wallCookieOf(c) == "" {
		after = darkAtOnce
	}
	return d.print.page(c, status, wallview.Dark{T: d.texts(c), NowMS: d.now().UnixMilli(), After: after})
}

// open exchanges the key of a link for a screen's cookie. GET /wall/:key
func (h *walls) open(c echo.Context) error {
	r := c.Request()
	cookie, err := h.Displays.Open(r.Context(), c.Param("key"), h.wallCookieOf(c), c.RealIP(), r.UserAgent())
	switch {
	case errors.Is(err, display.ErrTooMany):
		c.Response().Header().Set("Retry-After", seconds(darkRetry))
		return h.dark(c, http.StatusTooManyRequests)
	case errors.Is(err, display.ErrDark):
		return h.dark(c, http.StatusNotFound)
	case err != nil:
		h.log.Warn("cannot let a screen in", "request", requestIDOf(c), "err", err)
		return h.dark(c, http.StatusServiceUnavailable)
	}
	if cookie != "" {
		c.SetCookie(&http.Cookie{
			Name: h.wallCookieName(), Value: cookie, Path: "/", MaxAge: int(wallCookie / time.Second),
			HttpOnly: true, Secure: h.secure, SameSite: http.SameSiteStrictMode,
		})
	}
	return c.Redirect(http.StatusSeeOther, wallPath)
}

// page is the page of a screen. GET /wall (page)
func (h *walls) page(c echo.Context) error {
	v := c.Get(wallKey).(display.Visit)
	w := h.watcherOf(v.Display)
	b := boardOf(v.Display, pictured(h.scene(v.Display, w, pageOf(c)), w), h.wallVersion(v.Display))
	return h.print.page(c, http.StatusOK, wallview.Page{Board: b, Theme: v.Display.Look.Theme})
}

// live is the stream of a screen: all screens of a display that show the same
// page have the same frames. GET /wall/live (page)
func (h *walls) live(c echo.Context) error {
	v := c.Get(wallKey).(display.Visit)
	d, w := v.Display, h.watcherOf(v.Display)
	what := view{project: w.Key(), lang: d.Look.Language, kind: viewWall, wall: wallView{d.ID, d.Version, pageOf(c)}}
	paint := func(what view, w *monitor.Watcher) picture { return h.paintWall(d, what.wall.page, w) }
	me, leave, err := h.hub.joinPainted(what, w, "display "+d.ID, paint)
	if err != nil {
		return err
	}
	return h.stream(c, me, leave, h.stillWalled(v))
}

// stillWalled tells a stream whether its screen may still look. One whose
// display was changed comes back for the new one.
func (h *walls) stillWalled(v display.Visit) func(line) error {
	return func(out line) error {
		now, err := h.Displays.Again(h.Context, v)
		switch {
		case errors.Is(err, display.ErrDark):
			_ = out.write(darkFrame) // it comes back for the page of a dark display, told or not
			return err
		case err == nil && now.Display.Version != v.Display.Version:
			return display.ErrChanged
		}
		return err
	}
}

// watcherOf gives who knows a display's project. It is not woken: a display
// makes no upstream call.
func (d *desk) watcherOf(of display.Display) *monitor.Watcher {
	return d.Monitor.Find(monitor.Key{Endpoint: of.Endpoint, ProjectID: of.ProjectID})
}

// scene is what a display shows now.
func (d *desk) scene(of display.Display, w *monitor.Watcher, page int) display.Scene {
	return display.Scene{
		Now: d.now(), Snapshot: w.Peek(), Awake: w.Awake(), Covered: d.Service(w.Key()).Covers, Page: page,
		Alarms: d.Alarms.Of(w.Key()).View(), History: w.PeekHistory,
	}
}

// wallVersion is of all that a stream cannot change.
func (d *desk) wallVersion(of display.Display) string {
	return d.build + "." + strconv.FormatInt(of.Version, 10)
}

// paintWall makes the picture of a display. It follows and does not wake; the
// clock turns its pages and tells when nobody reads any more.
func (d *desk) paintWall(of display.Display, page int, w *monitor.Watcher) picture {
	panel := d.Alarms.Of(w.Key())
	return &sheet{
		subscribe: func() (<-chan struct{}, func()) {
			ctx, stop := context.WithCancel(d.Context)
			changed, endFlows := w.Follow()
			raised, endAlarms := panel.Subscribe()
			return merged(ctx, merged(ctx, changed, raised), everySecond(ctx)), func() { stop(); endFlows(); endAlarms() }
		},
		render: func() []part {
			b := boardOf(of, pictured(d.scene(of, w, page), w), d.wallVersion(of))
			var parts []part
			for _, p := range b.Parts() {
				parts = append(parts, d.piece(p.ID(), p))
			}
			return parts
		},
	}
}

// everySecond tells of each second until ctx ends.
func everySecond(ctx context.Context) <-chan struct{} {
	told := make(chan struct{}, 1)
	go func() {
		t := time.NewTicker(time.Second)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
				select {
				case told <- struct{}{}:
				default:
				}
			}
		}
	}()
	return told
}

// pageOf is which page of a display was asked for; 0: the one whose turn it is.
func pageOf(c echo.Context) int {
	n, err := strconv.Atoi(c.QueryParam("page"))
	if err != nil || n < 1 || n > maxWallPage {
		return 0
	}
	return n
}
