package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/role"
	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// visit is a request of somebody who is signed in.
type visit struct {
	session *auth.Session
	role    role.Role // at this moment
	op      control.Operator
	watcher *monitor.Watcher
	sites   []site // all places of the session
	sees    sight
	t       *text.Strings
	theme   layout.Theme
}

// snapshot is what is known of the visitor's project, as far as it may be shown:
// always the session's, never one that a form names.
func (v *visit) snapshot() *monitor.Snapshot { return v.sees.snapshot(v.watcher.Snapshot()) }

// flow finds a flow of the visitor's project. One that is not there before all
// of them were read may still be found.
func (v *visit) flow(id string) (*monitor.Flow, error) {
	s := v.snapshot()
	f, ok := s.Flow(id)
	switch {
	case ok:
		return f, nil
	case !s.Complete:
		return nil, errReading
	}
	return nil, errNoFlow
}

// firstRead is how long a page waits for the first reading of its project.
const firstRead = 1500 * time.Millisecond

// awaitFirstRead waits a moment for a project of which nothing is known yet, or
// only what was true before its watcher slept, so that who comes is shown
// neither an empty page nor one of old values. A service that fails is told of
// at once.
func (v *visit) awaitFirstRead(ctx context.Context) {
	if !unread(v.snapshot()) {
		return
	}
	changed, cancel := v.watcher.Subscribe()
	defer cancel()
	limit := time.NewTimer(firstRead)
	defer limit.Stop()
	for s := v.snapshot(); unread(s) && s.Link.Kind == ""; s = v.snapshot() {
		select {
		case <-changed:
		case <-limit.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// unread tells that the project was not read yet, or not since its watcher slept.
func unread(s *monitor.Snapshot) bool {
	return !s.Complete || len(s.Flows) > 0 && !slices.ContainsFunc(s.Flows, func(f *monitor.Flow) bool { return f.Ages.Status != monitor.Gone })
}

const visitKey = "visit"

// visitOf gives the visit that the guard found.
func visitOf(c echo.Context) *visit { return c.Get(visitKey).(*visit) }

// texts gives the reader's language, signed in or not.
func (d *desk) texts(c echo.Context) *text.Strings { return text.For(languageOf(c.Request())) }

// guarded puts a route behind its permission.
func (d *desk) guarded(r route) echo.HandlerFunc {
	switch r.who {
	case anyone:
		return r.handle
	case signedIn:
		return func(c echo.Context) error {
			if _, err := d.sessionOf(c); err != nil {
				return err
			}
			return r.handle(c)
		}
	case wall:
		return d.walled(r.handle)
	case reader, operator, engineer, admin:
		return func(c echo.Context) error {
			v, err := d.visit(c)
			if err != nil {
				return err
			}
			c.Set(visitKey, v)
			c.SetRequest(c.Request().WithContext(ui.InPlace(c.Request().Context(), v.session.Key())))
			if err := d.here(c, v.session); err != nil {
				return err
			}
			if err := v.needs(least[r.who]); err != nil {
				return err
			}
			if within := r.within(); within > 0 && !v.session.SteppedUp(d.now(), within) {
				return d.askToStepUp(c, v, r)
			}
			if strings.HasPrefix(r.path, channelsPath) {
				if err := d.proveSight(c.Request().Context(), v); err != nil {
					return err
				}
			}
			v.awaitFirstRead(c.Request().Context())
			if err = r.handle(c); r.mayAsk && errors.Is(err, errUnproved) {
				return d.askToStepUp(c, v, r)
			}
			return err
		}
	}
	return func(echo.Context) error { return errNotFound }
}

// needs answers with a *lacking unless the visitor has a role.
func (v *visit) needs(r role.Role) error {
	if v.role < r {
		return &lacking{needs: r, has: v.role}
	}
	return nil
}

// visit finds who is there.
func (d *desk) visit(c echo.Context) (*visit, error) {
	if renewed, ok := c.Get(renewedKey).(*auth.Session); ok {
		return d.visitFor(c, renewed)
	}
	session, err := d.Auth.Session(c.Request())
	if err == nil && c.Path() != "/live" && c.Path() != playRoute { // a stream comes back with a page's new id
		session, err = d.Auth.Settle(c.Request().Context(), c.Response(), session)
	}
	if err != nil {
		return nil, fmt.Errorf("find the session: %w", err)
	}
	return d.visitFor(c, session)
}

// visitFor makes the visit of a session.
func (d *desk) visitFor(c echo.Context, session *auth.Session) (*visit, error) {
	r := c.Request()
	client, watcher, err := d.reading(r.Context(), session)
	if err != nil {
		return nil, err
	}
	return &visit{
		session: session, role: d.Auth.Role(r.Context(), session), watcher: watcher, sees: d.sightOf(r.Context(), session, sightWait), sites: d.sites(r.Context(), session), t: d.texts(c), theme: themeOf(r),
		op: control.Operator{
			Client: client, Watcher: watcher, Endpoint: session.Endpoint,
			Project: session.ProjectID, Actor: session.User,
		},
	}, nil
}

// reading gives what a session reads its project with. auth proves that it may:
// the snapshot is shared, so a token that may not list must not see it.
func (d *desk) reading(ctx context.Context, session *auth.Session) (*medialive.Client, *monitor.Watcher, error) {
	client, err := d.Auth.Reader(ctx, session)
	if err != nil {
		return nil, nil, fmt.Errorf("prove that the session may look: %w", err)
	}
	return client, d.Monitor.Watch(monitor.Key{Endpoint: session.Endpoint, ProjectID: session.ProjectID}, client, session.ExpiresAt), nil
}
