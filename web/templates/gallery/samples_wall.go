package main

import (
	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/wall"
	"github.com/flowdeck/flowdeck/web/templates/wall/walltest"
)

func wallSamples(s studio, t *text.Strings, theme layout.Theme) []sample {
	out := []sample{{"wall-dark", wall.Dark{T: t, NowMS: s.now.UnixMilli()}.View()}}
	for _, w := range walltest.Samples(t, s.now) {
		out = append(out, sample{w.Name, wall.Page{Board: w.Board, Theme: string(theme)}.View()})
	}
	return out
}
