package handlers_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// stops counts the stops that reached the cloud.
func (h *house) stops() int { return len(h.cloud.Calls("ModifyFlowStop")) }

func TestStopAsksFirst(t *testing.T) {
	h, b, id := oneFlow(t)
	path := "/flows/" + id + "/stop"
	for name, ticket := range map[string]string{"none": "", "made up": strings.Repeat("t", 43)} {
		r := b.post(path, form("ticket", ticket))
		if r.status != http.StatusConflict {
			t.Errorf("ticket %s: %d, want 409", name, r.status)
		}
		if text := r.doc().Find("main").Text(); !strings.Contains(text, "OUT-1") || !strings.Contains(text, "OUT-2") {
			t.Errorf("the question does not name what it interrupts: %s", text)
		}
	}
	if h.stops() != 0 {
		t.Fatal("a stop without a ticket reached the cloud")
	}
	ask := b.fragments().get(path + "?from=list")
	row := ask.doc().Find("tr#armed-" + id)
	if ask.status != http.StatusOK || row.Length() != 1 {
		t.Fatalf("no armed row: %d %s", ask.status, ask.body)
	}
	if got := row.Find("button").Text(); !strings.Contains(got, "2 outputs") {
		t.Errorf("the button says %q", got)
	}
	ticket := hidden(ask.doc(), "ticket")
	other := h.signedIn("op-2")
	if r := other.post(path, form("ticket", ticket)); r.status != http.StatusConflict || h.stops() != 0 {
		t.Errorf("another's ticket: %d, %d stops", r.status, h.stops())
	}
}

func TestStopOnce(t *testing.T) {
	h, b, id := oneFlow(t)
	path := "/flows/" + id + "/stop"
	ask := b.page(path)
	ticket := hidden(ask, "ticket")
	values := form("ticket", ticket, "from", "flow", "state", hidden(ask, "state"))
	done := b.post(path, values)
	if done.status != http.StatusSeeOther || done.header.Get("Location") != "/flows/"+id {
		t.Fatalf("stop with its ticket: %d\n%s", done.status, done.body)
	}
	if text := b.page("/flows/" + id).Find("#notices").Text(); !strings.Contains(text, "FEED-A") {
		t.Errorf("no notice: %q", text)
	}
	b.post(path, values)
	if n := h.stops(); n != 1 {
		t.Errorf("%d stops reached the cloud, want 1", n)
	}
}

// Twenty presses at once with one ticket are one stop.
func TestStopDoubleClick(t *testing.T) {
	h, b, id := oneFlow(t)
	path := "/flows/" + id + "/stop"
	values := form("ticket", hidden(b.page(path), "ticket"), "from", "list")
	var presses sync.WaitGroup
	for range 20 {
		presses.Go(func() { b.fragments().post(path, values) })
	}
	presses.Wait()
	if n := h.stops(); n != 1 {
		t.Errorf("%d stops reached the cloud, want 1", n)
	}
}

// A ticket is good for what was asked only: not when another output hangs on
// the flow by now.
func TestTicketIsBoundToTheState(t *testing.T) {
	h, b, id := oneFlow(t)
	path := "/flows/" + id + "/stop"
	ticket := hidden(b.page(path), "ticket")
	if r := b.post("/flows/"+id+"/outputs", form("name", "OUT-3", "protocol", "srt-caller", "address", "203.0.113.9", "port", "5000")); r.status != http.StatusSeeOther {
		t.Fatalf("adding an output: %d\n%s", r.status, r.body)
	}
	eventually(t, "the third output is seen", func() bool {
		return b.page("/flows/"+id).Find("#output-OUT-3").Length() == 1
	})
	if r := b.post(path, form("ticket", ticket)); r.status != http.StatusConflict || h.stops() != 0 {
		t.Errorf("an overtaken ticket: %d, %d stops", r.status, h.stops())
	}
}

func TestStartIsOnePress(t *testing.T) {
	h, b, id := oneFlow(t)
	path := "/flows/" + id
	b.post(path+"/stop", form("ticket", hidden(b.page(path+"/stop"), "ticket")))
	eventually(t, "it stands", func() bool { return strings.Contains(b.get(path).body, "STANDBY") })
	var presses sync.WaitGroup
	for range 10 {
		presses.Go(func() {
			if r := b.fragments().post(path+"/start", form("from", "list")); r.status != http.StatusOK || !strings.Contains(r.body, `id="flow-`+id) {
				t.Errorf("start: %d %s", r.status, r.body)
			}
		})
	}
	presses.Wait()
	if n := len(h.cloud.Calls("ModifyFlowStart")); n != 1 {
		t.Errorf("%d starts reached the cloud, want 1", n)
	}
}

func TestDelete(t *testing.T) {
	h, b, id := oneFlow(t)
	path := "/flows/" + id
	ask := b.page(path + "/delete")
	if ask.Find("form[action$='/delete']").Length() != 0 || !strings.Contains(ask.Find("main").Text(), "Stop it first") {
		t.Error("a started flow can be deleted")
	}
	if r := b.post(path+"/delete", form("ticket", "x")); r.status != http.StatusConflict {
		t.Errorf("deleting a started flow: %d", r.status)
	}
	b.post(path+"/stop", form("ticket", hidden(b.page(path+"/stop"), "ticket")))
	eventually(t, "it can be deleted", func() bool { return hidden(b.page(path+"/delete"), "ticket") != "" })
	ticket := hidden(b.page(path+"/delete"), "ticket")
	if r := b.post(path+"/delete", form()); r.status != http.StatusConflict || len(h.cloud.Calls("DeleteFlow")) != 0 {
		t.Errorf("deleting without a ticket: %d", r.status)
	}
	if r := b.post(path+"/delete", form("ticket", ticket)); r.status != http.StatusSeeOther || r.header.Get("Location") != "/flows" {
		t.Errorf("deleting: %d\n%s", r.status, r.body)
	}
	if _, there := h.cloud.Flow(id); there {
		t.Error("the flow is still there")
	}
}

func TestOutputGuards(t *testing.T) {
	h, b, id := oneFlow(t)
	path := "/flows/" + id + "/outputs/OUT-1"
	if r := b.fragments().post(path+"/disable", form()); r.status != http.StatusConflict || r.doc().Find("tr#armed-OUT-1").Length() != 1 {
		t.Errorf("switching off without a ticket: %d %s", r.status, r.body)
	}
	ask := b.fragments().get(path + "/disable")
	if r := b.fragments().post(path+"/disable", form("ticket", hidden(ask.doc(), "ticket"))); r.status != http.StatusOK || r.doc().Find("tr#output-OUT-1").Length() != 1 {
		t.Errorf("switching off: %d %s", r.status, r.body)
	}
	if f, _ := h.cloud.Flow(id); f.Outputs[0].Status != medialive.Disabled {
		t.Error("the output is still on")
	}
	eventually(t, "it is seen off", func() bool { return strings.Contains(b.get("/flows/"+id).body, path+"/enable") })
	if r := b.post(path+"/enable", form()); r.status != http.StatusSeeOther {
		t.Errorf("switching on: %d\n%s", r.status, r.body)
	}
	if f, _ := h.cloud.Flow(id); f.Outputs[0].Status != medialive.Enabled {
		t.Error("the output is still off")
	}
	if r := b.post(path+"/delete", form()); r.status != http.StatusConflict {
		t.Errorf("removing without a ticket: %d", r.status)
	}
	if r := b.post(path+"/delete", form("ticket", hidden(b.page(path+"/delete"), "ticket"))); r.status != http.StatusSeeOther {
		t.Errorf("removing: %d\n%s", r.status, r.body)
	}
	if f, _ := h.cloud.Flow(id); len(f.Outputs) != 1 {
		t.Errorf("%d outputs, want 1", len(f.Outputs))
	}
}
