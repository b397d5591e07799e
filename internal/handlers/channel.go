package handlers

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
)

// channels lists, shows, switches and deletes channels.
type channels struct{ *desk }

// errNoChannel tells that the project has no such channel.
var errNoChannel = &fault{http.StatusNotFound, reasonNoPage}

// channelKeyOf is the channel that the path of a request names.
func channelKeyOf(c echo.Context) (key medialive.ChannelKey, err error) {
	for into, name := range map[*string]string{&key.Domain: "domain", &key.AppName: "app", &key.ID: "id"} {
		if *into, err = url.PathUnescape(c.Param(name)); err != nil || *into == "" {
			return key, errNoChannel
		}
	}
	return key, nil
}

// channel finds the channel of the visitor's project that the path of a request
// names, as it was read last. One that is not there before all were read may
// still be found.
func (v *visit) channel(c echo.Context) (*monitor.Channel, error) {
	key, err := channelKeyOf(c)
	if err != nil {
		return nil, err
	}
	s := v.snapshot()
	ch, ok := s.Channel(monitor.ChannelID(key))
	switch {
	case ok:
		return ch, nil
	case !s.Channels.Complete && !s.Channels.None:
		return nil, errReading
	}
	return nil, errNoChannel
}

// channelPath is the path of a channel's page, or of what is below it.
func channelPath(key medialive.ChannelKey, below ...string) string {
	return strings.Join(append([]string{"/" + monitor.ChannelID(key)}, below...), "/")
}

// channelTop is what stands over a page of a channel; tab is one of pages.Tab….
func (v teller) channelTop(ch *monitor.Channel, tab string) pages.ChannelTop {
	return pages.ChannelTop{T: v.t, Path: channelPath(ch.ChannelKey), Name: ch.Name, Tab: tab}
}
