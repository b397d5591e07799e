package handlers

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/alarm"
	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/display"
	"github.com/flowdeck/flowdeck/internal/history"
	"github.com/flowdeck/flowdeck/internal/measure"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/notify"
	"github.com/flowdeck/flowdeck/internal/revive"
	"github.com/flowdeck/flowdeck/internal/role"
	"github.com/flowdeck/flowdeck/web/static"
)

// Options are what the dashboard's handlers need.
type Options struct {
	Context  context.Context // ends the live streams; nil: they end with their connections only
	Auth     *auth.Auth
	Control  *control.Control
	Monitor  *monitor.Monitor
	Alarms   *alarm.Panels
	History  *history.Recorder
	Notify   *notify.Notifier
	Displays *display.Displays
	Account  string // filled in at sign-in; may be empty

	Service func(monitor.Key) Service // how the installation reads a project by itself; nil: it does not
	Home    string                    // by which people reach the dashboard; empty: as whoever asks reaches it
	Build   string                    // of the program: a wall of another one loads itself again

	Ready   func(context.Context) error // what readyz asks; nil: always ready
	Metrics *Metrics                    // nil: new ones
	Key     medialive.Secret            // opens /metrics to others than loopback

	Secure         bool           // served over HTTPS
	TrustedProxies []netip.Prefix // whose X-Forwarded-For counts
	MaxStreams     int            // live streams of one person, and of one display; 0: 4096
	Log            *slog.Logger
	Now            func() time.Time // nil: time.Now
}

// Service is how the installation reads a project when nobody is signed in.
type Service struct {
	Configured bool // there is a service credential
	Covers     bool // and it is for this project
}

const defaultMaxStreams = 4096

// desk is what all handlers share.
type desk struct {
	Options
	log    *slog.Logger
	now    func() time.Time
	guard  revive.Guard
	secure bool
	print  *printer
	hub    *hub
	kept   *pageCache
	asked  *measure.Measures
	health *health
	static http.Handler
	place  string                      // key of the place of which live parts are rendered
	build  string                      // of the program and its files
	asking map[string]echo.HandlerFunc // the routes that ask for the password again, by method and path
	least  map[string]role.Role        // that a page takes, by path
}

// New gives the dashboard's handler: every route of the table behind its
// middleware, in the order in which they are listed.
func New(o Options) (*echo.Echo, error) {
	d, err := newDesk(o)
	if err != nil {
		return nil, err
	}
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = addressOf(o.TrustedProxies)
	e.HTTPErrorHandler = d.onError
	e.Use(requestID, secureHeaders(o.Secure), accessLog(d.log, d.now), d.Metrics.measured(d.now), d.recovered, sameOrigin(o.Secure), boundBody)
	if err := d.register(e, d.routes()); err != nil {
		return nil, err
	}
	return e, nil
}

// newDesk fills in what the options leave open.
func newDesk(o Options) (*desk, error) {
	if o.Context == nil {
		o.Context = context.Background()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Service == nil {
		o.Service = func(monitor.Key) Service { return Service{} }
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics()
	}
	if o.MaxStreams <= 0 {
		o.MaxStreams = defaultMaxStreams
	}
	printer, err := newPrinter(o.Context)
	if err != nil {
		return nil, err
	}
	d := &desk{
		Options: o, log: o.Log, now: o.Now, guard: revive.Guard{Log: o.Log, Panicked: o.Metrics.CountPanic}, secure: o.Secure, print: printer,
		kept: newPageCache(), asked: &measure.Measures{Now: o.Now}, health: newHealth(o.Metrics, o.Ready, o.Key), static: static.Handler(), build: o.Build + "-" + static.Sum(), asking: make(map[string]echo.HandlerFunc), least: make(map[string]role.Role),
	}
	d.hub = newHub(o.Context, o.MaxStreams, o.Now, o.Metrics.drops.Inc, d.paint)
	d.hub.failed = func(cause any) { d.guard.Tell("a stream", cause) }
	if err := o.Metrics.countViewers(d.hub.viewers); err != nil {
		return nil, fmt.Errorf("publish the number of viewers: %w", err)
	}
	return d, nil
}

// files serves the embedded files; their addresses carry their checksum.
func (d *desk) files(c echo.Context) error {
	c.Response().Header().Del("Cache-Control") // the handler sets its own
	d.static.ServeHTTP(c.Response(), c.Request())
	return nil
}
