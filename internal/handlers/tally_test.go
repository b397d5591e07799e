package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/display"
)

// An operator says that a flow is on air: it stands on the flow's page with who
// said so, on every wall that shows lamps, and in the trail.
func TestTallyOnPageAndWall(t *testing.T) {
	h, b, id := oneFlow(t)
	_, with := h.display(nil)
	_, without := h.display(func(d *display.Display) { d.Name, d.Look.Tally = "NOC", false })
	screen, noc := h.screen(with), h.screen(without)
	if r := b.post("/flows/"+id+"/tally", form("lamp", "amber")); r.status != http.StatusBadRequest {
		t.Errorf("a lamp that there is not: %d", r.status)
	}
	for lamp, word := range map[string]string{"on_air": "ON AIR", "ready": "READY"} {
		if r := b.post("/flows/"+id+"/tally", form("lamp", lamp)); r.status != http.StatusSeeOther {
			t.Fatalf("%s: %d\n%s", lamp, r.status, r.body)
		}
		page := b.page("/flows/" + id)
		if got := strings.TrimSpace(page.Find("#flow-tally summary").Text()); got != word || !strings.Contains(page.Find("#flow-tally").Text(), "set by op-1") {
			t.Errorf("the page says %q", got)
		}
		if got := screen.page("/wall").Find(".umd-words").Text(); got != word {
			t.Errorf("the wall says %q, want %q", got, word)
		}
		if n := noc.page("/wall").Find(".umd-words").Length(); n != 0 {
			t.Errorf("%d lamps on a wall without any", n)
		}
	}
	if r := b.post("/flows/"+id+"/tally", form("lamp", "")); r.status != http.StatusSeeOther || screen.page("/wall").Find(".umd-words").Text() != "" {
		t.Errorf("it is not put out: %d", r.status)
	}
	trail := b.page("/activity").Text()
	for _, words := range []string{"set the tally to ON AIR", "set the tally to READY", "put the tally out"} {
		if !strings.Contains(trail, words) {
			t.Errorf("the trail does not say that somebody %s", words)
		}
	}
}
