package handlers

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
)

// players play channels of a gateway on our own pages: what they play passes
// through here, so that a page loads nothing from elsewhere, and who is not signed
// in sees nothing.
type players struct{ *desk }

// playRoute is where players of ours ask. What they ask for is no page: a session
// gets no new id by it.
const playRoute = "/channels/:domain/:app/:id/play/*"

// playPolicy lets a script put media together for a player, and nothing more than
// the policy of other pages.
const playPolicy = policy + "; media-src 'self' blob:"

// playTime bounds the passing on of one file.
const playTime = 2 * time.Minute

// playedTypes are the types that are passed on: media and their manifests.
var playedTypes = []string{
	"application/vnd.apple.mpegurl", "application/dash+xml", "video/mp2t", "video/mp4", "video/iso.segment", "audio/mp4",
}

// page plays a channel. GET /channels/:domain/:app/:id/play
func (h *players) page(c echo.Context) error {
	v := visitOf(c)
	ch, err := v.channel(c)
	if err != nil {
		return err
	}
	shell := h.shell(c, v, ch.Name)
	withPlayer(c)
	t := h.teller(v)
	return h.print.page(c, http.StatusOK, pages.ChannelPlay{Shell: shell, Top: t.channelTop(ch, pages.TabPlay), Player: t.player(ch, v.session.Endpoint)})
}

// withPlayer lets the page that is answered have a player.
func withPlayer(c echo.Context) {
	c.Response().Header().Set("Content-Security-Policy", playPolicy)
}

// player plays the packages of a channel that the page can play.
func (v teller) player(ch *monitor.Channel, endpoint string) pages.Player {
	w := v.t.Measures.Player
	p := pages.Player{T: v.t}
	paths := map[string]string{}
	if ch.Detail != nil {
		for _, play := range ch.Detail.Play {
			paths[play.PackageID] = play.Path
		}
	}
	hls := 0
	for ref, one := range ch.Packages() {
		label := strings.ToUpper(strings.TrimSuffix(ref.Format, "_package")) + " " + strconv.Itoa(len(p.Packages)+1)
		pack := pages.PlayerPackage{Label: label, Address: one.URL}
		if path := paths[one.ID]; path != "" {
			pack.Address = endpoint + path
			if ref.Format == medialive.FormatHLS && ch.State == medialive.ChannelOn {
				pack.URL = channelPath(ch.ChannelKey, "play", url.PathEscape(one.ID), url.PathEscape(path[strings.LastIndex(path, "/")+1:]))
			}
		}
		if ref.Format == medialive.FormatHLS {
			hls++
		}
		p.Packages = append(p.Packages, pack)
	}
	switch {
	case len(p.Packages) == 0:
		p.Note = w.Nothing
	case !v.measured:
		p.Note = w.OnlyGateway
	case ch.State != medialive.ChannelOn:
		p.Note = w.Off
	case hls == 0:
		p.Note = w.OnlyHLS
	}
	return p
}

// file passes a file of a package on. GET /channels/:domain/:app/:id/play/*
func (h *players) file(c echo.Context) error {
	v := visitOf(c)
	key, err := channelKeyOf(c)
	if err != nil {
		return err
	}
	if v.snapshot().Capabilities == nil { // a cloud has no such path
		return errNotFound
	}
	client, err := h.Auth.Client(v.session)
	if err != nil {
		return err
	}
	name, err := url.PathUnescape(c.Param("*"))
	if err != nil {
		return errNotFound
	}
	r := c.Request()
	answer, err := client.Play(r.Context(), key, name, c.QueryParams(), r.Header.Get("Range"))
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	return passOn(c, answer)
}

// passOn answers as the gateway did: with media, or with nothing but a status.
func passOn(c echo.Context, answer *http.Response) error {
	status := answer.StatusCode
	if status != http.StatusOK && status != http.StatusPartialContent {
		if status < http.StatusBadRequest {
			status = http.StatusBadGateway
		}
		return c.NoContent(status)
	}
	if kind, _, err := mime.ParseMediaType(answer.Header.Get(echo.HeaderContentType)); err != nil || !slices.Contains(playedTypes, kind) {
		return c.NoContent(http.StatusBadGateway)
	}
	head := c.Response().Header()
	for _, name := range []string{echo.HeaderContentType, echo.HeaderContentLength, "Content-Range", "Accept-Ranges"} {
		if value := answer.Header.Get(name); value != "" {
			head.Set(name, value)
		}
	}
	_ = http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(playTime)) // not supported: the server's own limit holds
	c.Response().WriteHeader(status)
	if c.Request().Method == http.MethodHead {
		return nil
	}
	if _, err := io.Copy(c.Response(), answer.Body); err != nil {
		return fmt.Errorf("pass media on: %w", err)
	}
	return nil
}
