package main

import (
	"strings"
	"time"

	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// alarmLine is the line with an alarm, and others that wait behind it.
func (s studio) alarmLine(more int) layout.AlarmLine {
	w := s.t.Alarms
	since := strings.Replace(w.Since, "{}", s.now.Add(-42*time.Second).UTC().Format(time.TimeOnly), 1)
	return layout.AlarmLine{
		T: s.t, Watched: true, Unacked: more + 1, More: more,
		First: &layout.AlarmBrief{
			ID: "a1", Priority: "high", Shape: ui.ShapeLost, Word: w.SourceLost.Word, Age: s.ago(ui.TimeShort, 42*time.Second),
			Name: "FINAL-FEED-B", URL: "/flows/6f0c22-a91e", Waits: true, Blink: true,
			Text: since + " · 203.0.113.25 · " + w.SourceLost.Try,
		},
		News: []layout.AlarmNews{{ID: "a1", Priority: "high", Lasts: true, Text: w.SourceLost.Word + " FINAL-FEED-B"}},
	}
}
