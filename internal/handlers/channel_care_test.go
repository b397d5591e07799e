package handlers_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestCareOfAChannel: notes, the hand-over text and the band are a channel's as they
// are a flow's, on its page at once and for who looks on.
func TestCareOfAChannel(t *testing.T) {
	_, b := withChannels(t)
	page := b.page(twoPath)
	if page.Find("#flow-care").Length() != 1 || page.Find(".care-parked").Length() != 0 {
		t.Error("there is no place for notes, or one for what channels do not have")
	}
	live := b.live("view=channel&id=" + strings.ReplaceAll(strings.TrimPrefix(twoPath, "/"), "/", "%2F"))
	const hostile = `<script>alert(1)</script> at <b>noon</b>`
	for path, values := range map[string][]string{
		"/notes": {"text", hostile}, "/handover": {"text", "ring the night desk", "shown", hidden(b.page(twoPath+"/handover"), "shown")},
		"/band": {"min_bitrate", "2.5", "idle_after", "30"},
	} {
		if r := b.post(twoPath+path, form(values...)); r.status != http.StatusSeeOther || r.header.Get("Location") != twoPath {
			t.Errorf("%s: %d to %q", path, r.status, r.header.Get("Location"))
		}
	}
	r := b.get(twoPath)
	for _, want := range []string{"at <b>noon</b>", "ring the night desk", "2.5 Mb/s", "30 min"} {
		if !strings.Contains(r.doc().Find("#flow-care").Text(), want) {
			t.Errorf("no %q in %q", want, r.doc().Find("#flow-care").Text())
		}
	}
	if strings.Contains(r.body, "<script>alert") {
		t.Error("a note is markup")
	}
	live.await("who looks on is shown it", func(e event) bool { return strings.Contains(e.data, "ring the night desk") })
	if d := b.page(twoPath + "/band"); d.Find("input[name=max_loss]").Length() != 0 || d.Find("input[name=min_bitrate]").AttrOr("value", "") != "2.5" {
		t.Error("the band asks for a loss, which nobody measures, or has lost what was typed")
	}
	if r := b.post(twoPath+"/band", form("min_bitrate", "x")); r.status != http.StatusUnprocessableEntity {
		t.Errorf("no number: %d", r.status)
	}
	remove := b.page(twoPath).Find(".note-delete").AttrOr("action", "")
	if r := b.post(remove, form()); r.status != http.StatusSeeOther || b.page(twoPath).Find(".note").Length() != 0 {
		t.Errorf("removing a note: %d", r.status)
	}
	if r := b.get("/channels/push.example.com/live/none/notes/new"); r.status != http.StatusNotFound {
		t.Errorf("of a channel that is not there: %d", r.status)
	}
}
