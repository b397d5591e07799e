package pages

import (
	"github.com/flowdeck/flowdeck/web/templates/text"
)

// ChannelTop is what stands over each page of a channel: the way to it, its name
// and its pages.
type ChannelTop struct {
	T    *text.Strings
	Path string // of the channel: "/channels/push.example.com/live/one"
	Name string
	Tab  string // which page this is: one of the Tab… names
}

// The pages of a channel, as the last step of their paths.
const (
	TabOverview   = ""
	TabGeneral    = "general"
	TabInput      = "input"
	TabPackages   = "endpoints"
	TabRecord     = "record"
	TabEncoders   = "encoders"
	TabStatistics = "statistics"
	TabJSON       = "json"
)

// channelTab is a page of a channel.
type channelTab struct{ Tab, Label string }

// tabs are the pages of a channel in their order.
func (c ChannelTop) tabs() []channelTab {
	w := c.T.Channels.Tabs
	return []channelTab{
		{TabOverview, w.Overview},
		{TabGeneral, w.General},
		{TabInput, w.Input},
		{TabPackages, w.Packages},
		{TabRecord, w.Record},
		{TabEncoders, w.Code},
		{TabStatistics, w.Statistics},
		{TabJSON, w.JSON},
	}
}

// url is the address of one of them.
func (c ChannelTop) url(tab string) string {
	if tab == TabOverview {
		return c.Path
	}
	return c.Path + "/" + tab
}
