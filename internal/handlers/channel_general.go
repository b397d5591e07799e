package handlers

import "github.com/flowdeck/flowdeck/web/templates/pages"

// generalGroups are what a new channel is called, and what it uses.
func (f channelFields) generalGroups() []pages.FormGroup {
	g := pages.FormGroup{ID: "general", Fields: f.fields("", "domain", "app_name", "id", "name")}
	g.More = append(f.fields("", "mode", "region"), f.extra("")...)
	return []pages.FormGroup{f.opened(g)}
}

// nameGroups is what can be changed of it.
func (f channelFields) nameGroups() []pages.FormGroup {
	return []pages.FormGroup{{ID: "general", Fields: f.fields("", "name")}}
}
