package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// oneFlow is a house with one started flow, FEED-A, whose detail has been read.
func oneFlow(t *testing.T) (*house, *browser, string) {
	t.Helper()
	var id string
	h := newHouse(t, func(c *medialivetest.Cloud) {
		id = c.Add(flowOf("FEED-A", medialive.Active, outputOf("OUT-1"), outputOf("OUT-2")))
	})
	b := h.signedIn("op-1")
	b.awaitRead(id)
	return h, b, id
}

// awaitRead waits until a flow was read with its source and outputs.
func (b *browser) awaitRead(id string) {
	b.t.Helper()
	eventually(b.t, "the flow's detail is read", func() bool {
		r := b.get("/flows/" + id)
		return r.status == http.StatusOK && r.doc().Find("#source-box dd").Length() > 3 &&
			r.doc().Find("#outputs .out").Length() == r.doc().Find("#outputs .out-far:not(:empty)").Length()-1
	})
}

func TestListAndFlowPage(t *testing.T) {
	_, b, id := oneFlow(t)
	list := b.page("/flows")
	row := list.Find("#flow-" + strings.ReplaceAll(id, "_", "_5f"))
	if row.Length() != 1 || !strings.Contains(row.Text(), "FEED-A") {
		t.Fatalf("no row of FEED-A: %s", row.Text())
	}
	if got := row.Find(".state-word").Text(); got != "LIVE" {
		t.Errorf("state %q, want LIVE", got)
	}
	page := b.page("/flows/" + id)
	text := page.Find("main").Text()
	for _, want := range []string{"FEED-A", "203.0.113.10", "OUT-1", "OUT-2", "ACTIVE", "$SRT_KEY"} {
		if !strings.Contains(text, want) {
			t.Errorf("the flow's page does not say %q", want)
		}
	}
	if strings.Contains(text, passphrase) {
		t.Error("the flow's page has the passphrase")
	}
}

// TestMadeButNotStarted refuses the start of a flow that was made with it: who
// made it is told so, and the flow's activity has what the service said.
func TestMadeButNotStarted(t *testing.T) {
	h := newHouse(t, func(c *medialivetest.Cloud) {
		c.Before = func(w http.ResponseWriter, call medialivetest.Call) bool {
			if call.Op == "ModifyFlowStart" {
				medialivetest.Refuse(w, http.StatusBadRequest, "LIVE.100011006", "install libsrt1.5-openssl")
				return true
			}
			return false
		}
	})
	for lang, b := range map[string]*browser{"en": h.signedIn("op-1"), "zh": h.signedIn("op-1").chinese()} {
		made := b.post("/flows", form("name", "FEED-"+lang, "protocol", "srt-listener", "start", "1"))
		if made.status != http.StatusSeeOther {
			t.Fatalf("%s: making it: %d", lang, made.status)
		}
		page := b.page(made.header.Get("Location"))
		notice := page.Find("#notices").Text()
		if want := map[string]string{"en": "its start failed", "zh": "启动失败"}[lang]; !strings.Contains(notice, want) {
			t.Errorf("%s: the notice says %q", lang, notice)
		}
		if said := page.Find("#activity").Text(); !strings.Contains(said, "LIVE.100011006") || !strings.Contains(said, "install libsrt1.5-openssl") {
			t.Errorf("%s: the activity says %q", lang, said)
		}
	}
}
