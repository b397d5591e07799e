package handlers

import (
	"strconv"
	"time"

	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/text"
)

// fieldRecord is how long what a channel sent is kept.
const fieldRecord = "record_settings.rollingbuffer_duration"

// recordGroups is the recording.
func (f channelFields) recordGroups() []pages.FormGroup {
	g := pages.FormGroup{ID: "record_settings", Fields: append(f.fields("", fieldRecord), f.extra("record_settings")...)}
	for _, common := range []struct{ seconds, label string }{{"", f.t.ChannelForm.Look.NoRecord}, {"6h", "6 h"}, {"1d", "1 d"}, {"7d", "7 d"}, {"14d", "14 d"}} {
		g.Adds = append(g.Adds, pages.FormAct{Value: "record:" + common.seconds, Label: common.label, Quiet: true})
	}
	return []pages.FormGroup{g}
}

// keptWords tells how long a recording is kept.
func keptWords(t *text.Strings, seconds int) string {
	d := time.Duration(seconds) * time.Second
	switch {
	case seconds == 0:
		return t.ChannelForm.Look.NoRecord
	case d%(24*time.Hour) == 0:
		return strconv.Itoa(int(d/(24*time.Hour))) + " d"
	case d%time.Hour == 0:
		return strconv.Itoa(int(d/time.Hour)) + " h"
	}
	return strconv.Itoa(seconds) + " s"
}
