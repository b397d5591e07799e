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

// player plays the packages of a channel that the page can play, also those that
// play only later.
func (v teller) player(ch *monitor.Channel, endpoint string) pages.Player {
	w := v.t.Measures.Player
	p := pages.Player{T: v.t}
	paths := map[string]string{}
	if ch.Detail != nil {
		for _, play := range ch.Detail.Play {
			paths[play.PackageID] = play.Path
		}
	}
	title := packageTitles()
	for ref, one := range ch.Packages() {
		n := strconv.Itoa(len(p.Packages) + 1)
		pack := pages.PlayerPackage{ID: "play-" + n, Label: title(ref.Format), Address: one.URL}
		path := paths[one.ID]
		if path != "" {
			pack.Address = endpoint + path
		}
		switch {
		case one.Encryption != nil:
			pack.Why = w.Encrypted
		case ref.Format == medialive.FormatDASH:
			pack.Why = w.NotDASH
		case ref.Format == medialive.FormatMSS:
			pack.Why = w.NotMSS
		case path == "" && v.measured:
			pack.Why = w.Untold
		case path != "":
			pack.URL = channelPath(ch.ChannelKey, "play", url.PathEscape(one.ID), url.PathEscape(path[strings.LastIndex(path, "/")+1:]))
			pack.Begin, pack.End, pack.Units = recordArgs(one.RequestArgs)
		}
		if pack.Begin != "" && p.Recorded == nil {
			p.Recorded = v.playerRecord(ch)
		}
		p.Packages = append(p.Packages, pack)
	}
	switch {
	case len(p.Packages) == 0:
		p.Note = w.Nothing
	case !v.measured:
		p.Note = w.OnlyGateway
	}
	return p
}

// recordArgs are the parameters by which a package is asked for what was recorded,
// and how many of their units a second has; empty: there are none.
func recordArgs(args *medialive.RequestArgs) (begin, end, units string) {
	if args == nil || len(args.Record) == 0 || args.Record[0].StartTime == "" || args.Record[0].EndTime == "" {
		return "", "", ""
	}
	units = "1"
	if args.Record[0].Unit == "millisecond" {
		units = "1000"
	}
	return args.Record[0].StartTime, args.Record[0].EndTime, units
}

// playerRecord tells what was recorded.
func (v teller) playerRecord(ch *monitor.Channel) *pages.PlayerRecord {
	w := v.t.Measures.Player.Past
	run := ch.Detail.Run
	if run == nil || run.Record == nil || run.Record.Since.IsZero() {
		return &pages.PlayerRecord{Told: w.Nothing}
	}
	since, until := run.Record.Since.UTC(), run.Record.Until.UTC()
	return &pages.PlayerRecord{
		Since: since.Format(time.RFC3339), Until: until.Format(time.RFC3339),
		Told: w.Recorded(v.stamp(since), v.stamp(until), v.stamp(v.now)),
	}
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
	ch, known := v.snapshot().Channel(monitor.ChannelID(key))
	off := known && ch.State == medialive.ChannelOff
	answer, err := client.Play(r.Context(), key, name, c.QueryParams(), r.Header.Get("Range"))
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode == http.StatusNotFound && off {
		return c.NoContent(http.StatusGone) // so that the player can tell why
	}
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
