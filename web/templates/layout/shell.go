package layout

import (
	"time"

	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

func themeName(t Theme) string {
	switch t {
	case ThemeLight, ThemeAuto:
		return string(t)
	}
	return string(ThemeDark)
}

func themes(t *text.Strings) []ui.Option {
	return []ui.Option{
		{Value: string(ThemeDark), Label: t.Shell.ThemeDark},
		{Value: string(ThemeLight), Label: t.Shell.ThemeLight},
		{Value: string(ThemeAuto), Label: t.Shell.ThemeAuto},
	}
}

func pressed(on bool) string {
	if on {
		return "true"
	}
	return "false"
}

func clockUTC(nowMS int64) string {
	return time.UnixMilli(nowMS).UTC().Format(time.TimeOnly)
}

func keyList(t *text.Strings) []ui.Option {
	return []ui.Option{
		{Value: "/", Label: t.Keys.Search},
		{Value: "j", Label: t.Keys.Down},
		{Value: "k", Label: t.Keys.Up},
		{Value: "Enter", Label: t.Keys.Open},
		{Value: "s", Label: t.Keys.Start},
		{Value: "x", Label: t.Keys.Stop},
		{Value: "a", Label: t.Alarms.Keys},
		{Value: "p", Label: t.Care.Keys.Protect},
		{Value: "?", Label: t.Keys.Help},
		{Value: "Esc", Label: t.Keys.Escape},
		{Value: "␣ 3 s", Label: t.Care.Keys.Hold},
	}
}

// Words are the labels of explanations in the reader's language.
func Words(t *text.Strings) ui.Words {
	e := t.Error
	return ui.Words{Said: e.Said, Code: e.Code, RequestID: e.RequestID, Retry: e.Retry}
}

// live is the address of the page's stream, which ends when the session goes to
// another place.
func (s Shell) live() string {
	if s.Places.Here.Key == "" {
		return s.Live
	}
	return s.Live + "&" + ui.FieldAt + "=" + s.Places.Here.Key
}

// searched is the list that the search field searches: that of channels on their
// pages, and else that of flows.
func (s Shell) searched() string {
	if s.Section == "channels" {
		return "/channels"
	}
	return "/flows"
}

// searchFull says in the empty field what is searched.
func (s Shell) searchFull() string {
	if s.Section == "channels" {
		return s.T.Channels.List.Search
	}
	return s.T.Shell.SearchFull
}
