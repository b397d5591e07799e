package main

import (
	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/text"
)

// places are three, of which one does not answer.
func places(t *text.Strings) layout.Places {
	here := layout.PlaceLine{Key: "1", Project: "live-prod", Region: "ap-southeast-3", RegionName: "Singapore", User: "op-1", Account: "acme"}
	return layout.Places{T: t, Here: here, New: "/places/new", All: []layout.PlaceLine{
		here,
		{Key: "2", Region: "berlin", User: "op-1", Account: "flowdeck", Waits: 2},
		{Key: "3", Region: "paris", User: "op-1", Account: "flowdeck", Trouble: t.Places.Silent},
	}}
}
