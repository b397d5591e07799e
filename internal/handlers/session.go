package handlers

import (
	"fmt"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/text"
)

// visit is a request of somebody who is signed in.
type visit struct {
	session *auth.Session
	op      control.Operator
	watcher *monitor.Watcher
	t       *text.Strings
	theme   layout.Theme
}

// snapshot is what is known of the visitor's project: always the session's,
// never one that a form names.
func (v *visit) snapshot() *monitor.Snapshot { return v.watcher.Snapshot() }

// flow finds a flow of the visitor's project.
func (v *visit) flow(id string) (*monitor.Flow, error) {
	f, ok := v.snapshot().Flow(id)
	if !ok {
		return nil, errNoFlow
	}
	return f, nil
}

const visitKey = "visit"

// visitOf gives the visit that the guard found.
func visitOf(c echo.Context) *visit { return c.Get(visitKey).(*visit) }

// texts gives the reader's language, signed in or not.
func (d *desk) texts(c echo.Context) *text.Strings { return text.For(languageOf(c.Request())) }

// guarded puts a route behind its permission.
func (d *desk) guarded(who permission, next echo.HandlerFunc) echo.HandlerFunc {
	if who == anyone {
		return next
	}
	return func(c echo.Context) error {
		v, err := d.visit(c)
		if err != nil {
			return err
		}
		c.Set(visitKey, v)
		return next(c)
	}
}

// visit finds who is there.
func (d *desk) visit(c echo.Context) (*visit, error) {
	session, err := d.Auth.Session(c.Request())
	if err != nil {
		return nil, fmt.Errorf("find the session: %w", err)
	}
	return d.visitFor(c, session)
}

// visitFor makes the visit of a session. auth proves that it may look at its
// project: the snapshot is shared, so a token that may not list must not see it.
func (d *desk) visitFor(c echo.Context, session *auth.Session) (*visit, error) {
	r := c.Request()
	client, err := d.Auth.Reader(r.Context(), session)
	if err != nil {
		return nil, fmt.Errorf("prove that the session may look: %w", err)
	}
	key := monitor.Key{Endpoint: session.Endpoint, ProjectID: session.ProjectID}
	watcher := d.Monitor.Watch(key, client)
	return &visit{
		session: session, watcher: watcher, t: d.texts(c), theme: themeOf(r),
		op: control.Operator{
			Client: client, Watcher: watcher, Endpoint: session.Endpoint,
			Project: session.ProjectID, Actor: session.User,
		},
	}, nil
}
