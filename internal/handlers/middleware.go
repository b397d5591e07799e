package handlers

import (
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// maxBody bounds every request body: the largest form has 20 address ranges,
// a stream id and a description.
const maxBody = 64 << 10

// maxChannelBody is maxBody of the forms of channels, which bring all of a
// channel along, and of a file of one.
const maxChannelBody = 512 << 10

// drainBody is how much of a larger body is read on, in bytes: a browser shows
// an answer only once it has sent everything.
const drainBody = 16 << 20

// policy is the content security policy of every answer: nothing but our own
// files, no inline script or style, no frame, no other host.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"

// secureHeaders sets what every answer carries, errors and files included.
func secureHeaders(secure bool) echo.MiddlewareFunc {
	fixed := http.Header{
		"Content-Security-Policy":      {policy},
		"X-Content-Type-Options":       {"nosniff"},
		"Cross-Origin-Opener-Policy":   {"same-origin"},
		"Cross-Origin-Resource-Policy": {"same-origin"},
		"Referrer-Policy":              {"same-origin"}, // with none, forms would carry the origin "null"
		"Cache-Control":                {"no-store"},
	}
	if secure {
		fixed.Set("Strict-Transport-Security", "max-age=31536000")
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			maps.Copy(c.Response().Header(), fixed)
			if strings.HasPrefix(c.Request().URL.Path, "/wall") {
				c.Response().Header().Set("Referrer-Policy", "no-referrer") // the address may be a display's key
			}
			return next(c)
		}
	}
}

// requestID gives every request an id of ours; one sent from outside is not
// taken over, so that nobody writes into our log.
func requestID(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderXRequestID, rand.Text()[:16])
		return next(c)
	}
}

// requestIDOf gives the id that requestID set.
func requestIDOf(c echo.Context) string {
	return c.Response().Header().Get(echo.HeaderXRequestID)
}

// recovered turns a panic into an error, with its stack in the log only.
func (d *desk) recovered(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if cause == http.ErrAbortHandler {
				panic(cause)
			}
			guard := d.guard
			guard.Log = d.log.With("request", requestIDOf(c), "route", c.Path())
			guard.Tell("a request", cause)
			err = errPanic
		}()
		return next(c)
	}
}

var errPanic = errors.New("the handler panicked")

// accessLog writes a line for each answer: the route and not the path, because
// a path may hold a key, and no query, which may hold what somebody typed.
func accessLog(log *slog.Logger, now func() time.Time) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			began := now()
			err := next(c)
			if err != nil {
				c.Error(err) // answered here, so that the status is known
			}
			level := slog.LevelDebug
			if c.Request().Method == http.MethodPost || c.Response().Status >= http.StatusBadRequest {
				level = slog.LevelInfo
			}
			ctx := c.Request().Context()
			if log.Enabled(ctx, level) {
				log.LogAttrs(ctx, level, "request", slog.String("request", requestIDOf(c)),
					slog.String("method", c.Request().Method), slog.String("route", c.Path()),
					slog.Int("status", c.Response().Status), slog.Duration("took", now().Sub(began)),
					slog.String("from", c.RealIP()))
			}
			return nil
		}
	}
}

// sameOrigin refuses what another site's page sends to change something. Where
// browsers reach us by HTTPS, a page in the clear is another site too, though
// its host has our name: anybody on the way can have written it.
func sameOrigin(secure bool) echo.MiddlewareFunc {
	guard := http.NewCrossOriginProtection()
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			inClear := secure && r.Method != http.MethodGet && r.Method != http.MethodHead && strings.HasPrefix(r.Header.Get("Origin"), "http:")
			if err := guard.Check(r); err != nil || inClear {
				return errCrossOrigin
			}
			return next(c)
		}
	}
}

// boundBody refuses a body larger than maxBody, told or not.
func boundBody(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r, most := c.Request(), int64(maxBody)
		if strings.HasPrefix(r.URL.Path, "/channels/") {
			most = maxChannelBody
		}
		if r.ContentLength > most {
			c.Response().Header().Set("Connection", "close")
			_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, drainBody)) // the answer is the same if it ends early
			return errTooLarge
		}
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = http.MaxBytesReader(c.Response(), r.Body, most)
		}
		return next(c)
	}
}

// addressOf gives the peer's address: the connection's, or, behind one of the
// trusted proxies, the last address in X-Forwarded-For that is not one.
func addressOf(trusted []netip.Prefix) echo.IPExtractor {
	if len(trusted) == 0 {
		return echo.ExtractIPDirect()
	}
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range trusted {
		_, network, err := net.ParseCIDR(p.Masked().String())
		if err == nil { // a netip.Prefix always is a CIDR
			options = append(options, echo.TrustIPRange(network))
		}
	}
	return echo.ExtractIPFromXFFHeader(options...)
}
