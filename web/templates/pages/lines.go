package pages

import (
	"context"
	"io"
	"strings"

	"github.com/a-h/templ"

	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

func (f FirstRun) address() string {
	if f.Address == "" {
		return f.T.First.AddressUnknown
	}
	return f.Address
}

// firstStates are the words a new flow passes through.
func firstStates(t *text.Strings) []ui.State {
	return []ui.State{
		{Shape: ui.ShapeStandby, Word: t.State.Standby},
		{Shape: ui.ShapeStarting, Word: t.State.Starting},
		{Shape: ui.ShapeWaiting, Word: t.State.Waiting},
		{Shape: ui.ShapeLive, Word: t.State.Live},
	}
}

// code is the command itself. It is written by hand because every blank of it
// counts.
func (l Line) code() templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		var b strings.Builder
		b.WriteString("<code>")
		for _, p := range l.Parts {
			if p.Field == "" {
				b.WriteString(templ.EscapeString(p.Text))
				continue
			}
			b.WriteString(`<span class="typed" data-follow="` + templ.EscapeString(p.Field) + `"`)
			if p.Lower {
				b.WriteString(` data-lower`)
			}
			b.WriteString(`>` + templ.EscapeString(p.Text) + `</span>`)
		}
		b.WriteString("</code>")
		_, err := io.WriteString(w, b.String())
		return err
	})
}
