package handlers

import (
	"context"
	"crypto/subtle"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// readyWithin bounds the check of what the dashboard cannot do without.
const readyWithin = 2 * time.Second

// Metrics are the dashboard's figures for Prometheus.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	upstream *prometheus.HistogramVec
	drops    prometheus.Counter
	panics   *prometheus.CounterVec
}

// NewMetrics makes the figures, with those of the process and the runtime.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "flowdeck_http_request_duration_seconds", Help: "Time to answer a request, by route and status.",
			Buckets: []float64{.001, .005, .025, .1, .5, 2.5, 10},
		}, []string{"method", "route", "status"}),
		upstream: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "flowdeck_upstream_request_duration_seconds", Help: "Time of a call to the Media Live API, by operation and status; 0 without an answer.",
			Buckets: []float64{.005, .025, .1, .25, .5, 1, 3, 10},
		}, []string{"operation", "status"}),
		drops: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "flowdeck_live_dropped_total", Help: "Live streams ended because the browser was too slow.",
		}),
		panics: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "flowdeck_panics_total", Help: "Faults that did not end the process, by what they were in; the log tells where.",
		}, []string{"in"}),
	}
	m.registry.MustRegister(m.requests, m.upstream, m.drops, m.panics,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Register adds another part's figures.
func (m *Metrics) Register(c prometheus.Collector) error { return m.registry.Register(c) }

// ObserveUpstream counts one call to the API; it is medialive.Config's Observe.
func (m *Metrics) ObserveUpstream(operation string, status int, took time.Duration) {
	m.upstream.WithLabelValues(operation, strconv.Itoa(status)).Observe(took.Seconds())
}

// CountPanic counts a panic that ended neither the process nor the work; it is
// the Panicked of other parts' options.
func (m *Metrics) CountPanic(what string) { m.panics.WithLabelValues(what).Inc() }

// countViewers publishes how many live streams are open.
func (m *Metrics) countViewers(count func() int) error {
	return m.registry.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "flowdeck_live_viewers", Help: "Live streams that are open.",
	}, func() float64 { return float64(count()) }))
}

// measured observes every answer by its route: a path would make a label for
// each flow.
func (m *Metrics) measured(now func() time.Time) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			began := now()
			err := next(c)
			if route := c.Path(); route != "/live" { // a stream's length is no answer time
				m.requests.WithLabelValues(methodLabel(c.Request().Method), route, strconv.Itoa(c.Response().Status)).Observe(now().Sub(began).Seconds())
			}
			return err
		}
	}
}

// methodLabel keeps methods that somebody made up out of the labels.
func methodLabel(method string) string {
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodHead:
		return method
	}
	return "other"
}

// health answers probes and Prometheus.
type health struct {
	metrics http.Handler
	ready   func(context.Context) error
	key     medialive.Secret
}

func newHealth(m *Metrics, ready func(context.Context) error, key medialive.Secret) *health {
	return &health{metrics: promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}), ready: ready, key: key}
}

// alive tells that the process answers.
func (h *health) alive(c echo.Context) error { return c.String(http.StatusOK, "ok\n") }

// isReady tells whether the process can do its work; why not is in the log of
// the part that fails, not in the answer.
func (h *health) isReady(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), readyWithin)
	defer cancel()
	if h.ready != nil && h.ready(ctx) != nil {
		return c.String(http.StatusServiceUnavailable, "not ready\n")
	}
	return c.String(http.StatusOK, "ready\n")
}

// figures answers Prometheus: from this machine itself, or with the key as a bearer token.
func (h *health) figures(c echo.Context) error {
	if !h.mayRead(c) {
		return errNotFound
	}
	h.metrics.ServeHTTP(c.Response(), c.Request())
	return nil
}

func (h *health) mayRead(c echo.Context) bool {
	if key, ok := strings.CutPrefix(c.Request().Header.Get("Authorization"), "Bearer "); ok && h.key != "" {
		return subtle.ConstantTimeCompare([]byte(key), []byte(h.key.Reveal())) == 1
	}
	return isLocal(c)
}

// isLocal tells whether somebody on this machine asks. What a proxy passes on is
// not, though the proxy stand here and nobody have declared it.
func isLocal(c echo.Context) bool {
	for _, passedOn := range []string{"Forwarded", echo.HeaderXForwardedFor, echo.HeaderXRealIP, "Via"} {
		if c.Request().Header.Get(passedOn) != "" {
			return false
		}
	}
	peer, err := netip.ParseAddr(c.RealIP())
	return err == nil && peer.Unmap().IsLoopback()
}
