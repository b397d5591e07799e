package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// TestQuirksOfChannels: in whichever of its ways a service answers a change, the
// page says what it said, and success where it was one and nowhere else.
func TestQuirksOfChannels(t *testing.T) {
	t.Parallel()
	const says = "param check failed: name"
	for name, c := range map[string]struct {
		fault  medialivetest.Fault
		status int
		words  string // on the page
		taken  bool
	}{
		"400 with result_code":     {medialivetest.ResultStatus(400, medialive.CodeInvalid, says), http.StatusUnprocessableEntity, says, false},
		"400 with error_code":      {medialivetest.Status(400, medialive.CodeInvalid, says), http.StatusUnprocessableEntity, says, false},
		"200 with result_code":     {medialivetest.ResultStatus(200, medialive.CodeInvalid, says), http.StatusUnprocessableEntity, says, false},
		"200 with error_code":      {medialivetest.CodedSuccess(medialive.CodeInvalid, says), http.StatusUnprocessableEntity, says, false},
		"404 that it is gone":      {medialivetest.ResultStatus(404, medialive.CodeNotFound, "The resource to access is not exists"), http.StatusNotFound, "", false},
		"400 that it is gone":      {medialivetest.ResultStatus(400, medialive.CodeNotFound, "The resource to access is not exists"), http.StatusNotFound, "", false},
		"no permission":            {medialivetest.ResultStatus(401, medialive.CodeNotPermitted, "Unauthorized access"), http.StatusForbidden, "", false},
		"throttled":                {medialivetest.Throttle("3"), http.StatusTooManyRequests, "", false},
		"an internal error":        {medialivetest.ResultStatus(200, medialive.CodeInternal, "inner"), http.StatusBadGateway, "", false},
		"success with more fields": {medialivetest.Extra(), http.StatusSeeOther, "", true},
		"success in unknown words": {medialivetest.UnknownWords(), http.StatusSeeOther, "", true},
		"success without its code": {medialivetest.Without("result_code", "result_msg"), http.StatusSeeOther, "", true},
		"a page that says nothing": {medialivetest.HTML(200), http.StatusBadGateway, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			h, b := formHouse(t)
			v := put(typedForm(t, b.get(formTwo+"/general")), "name", "Renamed", "go", "save")
			h.cloud.Inject("ModifyOttChannelInfoGeneral", 1, c.fault)
			r := b.post(formTwo+"/general", v)
			if r.status != c.status || !strings.Contains(r.doc().Text(), c.words) {
				t.Errorf("%d, want %d and %q: %s", r.status, c.status, c.words, r.doc().Find(".problem, .form-faults").Text())
			}
			if ch, _ := h.cloud.Channel(pushChannel("two", "").ChannelKey); (ch.Name == "Renamed") != c.taken {
				t.Errorf("it is called %q", ch.Name)
			}
		})
	}
}

// TestQuirksOfLists: a list in whichever form shows the channels, and one that is
// none never lets them vanish.
func TestQuirksOfLists(t *testing.T) {
	for name, fault := range map[string]medialivetest.Fault{
		"more fields": medialivetest.Extra(), "unknown words": medialivetest.UnknownWords(), "a wrong total": medialivetest.Total(1),
		"no total": medialivetest.Without("total"), "a page that is none": medialivetest.HTML(200), "no list": medialivetest.Without("channels"),
		"200 with error_code": medialivetest.CodedSuccess(medialive.CodeInvalid, "param check failed"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // lists are asked for every 5 s
			h, b := formHouse(t)
			h.cloud.Inject("ListOttChannelInfo", 0, fault)
			asked := len(h.cloud.Calls("ListOttChannelInfo"))
			for n := range 2 { // when the second is asked for, the first has been read
				eventually(t, "another list", func() bool { return len(h.cloud.Calls("ListOttChannelInfo")) > asked+n })
			}
			rows := b.page("/channels").Find("tr.row, .row")
			if text := rows.Text(); !strings.Contains(text, "one") || !strings.Contains(text, "two") {
				t.Errorf("%d rows: %s", rows.Length(), text)
			}
			if r := b.get(formTwo); r.status != http.StatusOK {
				t.Errorf("its page: %d", r.status)
			}
		})
	}
}
