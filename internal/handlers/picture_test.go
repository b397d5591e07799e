package handlers

import (
	"bytes"
	"context"
	"testing"

	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// TestAlike compares renderings as a stream does before it sends one.
func TestAlike(t *testing.T) {
	clock := func(ms int64, told bool, text string) string {
		var out bytes.Buffer
		m := ui.Moment{MS: ms, Kind: ui.TimeAge, Text: text, Told: told}
		if err := m.View().Render(context.Background(), &out); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	row := func(state, since, seen string) string {
		return "<td>" + state + "</td>" + since + "<td>" + seen + "</td>"
	}
	was := row("LIVE", clock(1000, false, "3 s"), clock(2000, true, "2 s"))
	for _, c := range []struct {
		name string
		now  string
		want bool
	}{
		{"the same", was, true},
		{"a second later", row("LIVE", clock(1000, false, "4 s"), clock(2000, true, "3 s")), true},
		{"longer texts", row("LIVE", clock(1000, false, "10 min"), clock(2000, true, "9 min")), true},
		{"another state", row("WAITING", clock(1000, false, "4 s"), clock(2000, true, "3 s")), false},
		{"another moment", row("LIVE", clock(1001, false, "3 s"), clock(2000, true, "2 s")), false},
		{"a moment that is not told any more", row("LIVE", clock(1000, false, "3 s"), clock(2000, false, "2 s")), false},
		{"a moment less", row("LIVE", clock(1000, false, "3 s"), ""), false},
		{"a moment more", was + clock(3000, false, "1 s"), false},
		{"more behind the last moment", was + "<td></td>", false},
		{"a text that is no moment", row("LIVE", `<span class="time">3 s</span>`, clock(2000, true, "2 s")), false},
		{"nothing", "", false},
	} {
		if got := alike([]byte(was), []byte(c.now)); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
		if got := alike([]byte(c.now), []byte(was)); got != c.want {
			t.Errorf("%s, the other way round: %t", c.name, got)
		}
	}
}
