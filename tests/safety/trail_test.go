package safety

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// verbs are the trail's words for the writes of the API.
var verbs = map[string]string{
	"CreateFlows": "create", "DeleteFlow": "delete", "ModifyFlowStart": "start", "ModifyFlowStop": "stop", "ModifyFlowSources": "update_source",
	"CreateFlowOutput": "add_output", "ModifyFlowOutput": "update_output", "DeleteFlowOutput": "delete_output",
}

// line is one of the trail, as it is exported.
type line struct {
	At   time.Time
	ID   string
	Kind string
	Verb string
	Flow string `json:"flow_id"`
}

// exported reads the trail by the command.
func (h *house) exported() (all []line) {
	h.t.Helper()
	out, err := h.app.Run("", "audit", "export")
	must(h.t, err)
	must(h.t, json.Unmarshal([]byte(out), &all))
	return all
}

// TestT17EveryWriteHasItsPair lets several people command for a while, before a
// cloud that refuses and loses answers, and compares what it was asked with the
// trail: before each write stands its intent, after it what became of it.
func TestT17EveryWriteHasItsPair(t *testing.T) {
	t.Parallel()
	var ids []string
	h := open(t, nil, func(c *medialivetest.Cloud) {
		for i := range 6 {
			ids = append(ids, c.Add(flow(fmt.Sprint("FEED-", i), []medialive.FlowStatus{medialive.Active, medialive.Standby}[i%2], "OUT-1", "OUT-2")))
		}
	})
	h.cloud.Inject("ModifyFlowStop", 3, medialivetest.Status(http.StatusBadRequest, medialive.CodeInvalid, "flow task is in standby status\r\nforged: line"))
	h.cloud.Inject("ModifyFlowStart", 3, medialivetest.Lose(medialivetest.AfterEffect))
	h.cloud.Inject("ModifyFlowOutput", 3, medialivetest.Lose(medialivetest.BeforeEffect))
	var work sync.WaitGroup
	for i := range 3 {
		b := h.signIn(fmt.Sprintf("op-%d", i+1))
		work.Go(func() {
			for n := range count(100, 15) {
				commandOnce(t, b, ids[rand.IntN(len(ids))], fmt.Sprintf("N-%d-%d", i, n))
			}
		})
	}
	work.Wait()
	writes := h.writes()
	await(t, 2*patience, "every outcome to be settled", func() bool {
		_, open := pairs(h.exported())
		return open == 0
	})
	intents, _ := pairs(h.exported())
	without := 0
	for _, w := range writes {
		if !belongs(intents, w) {
			without++
			t.Errorf("%s of %s at %s has no intent before it and outcome", w.Op, w.FlowID, w.At)
		}
	}
	evidence(t, "T17", fmt.Sprintf("writes without their pair on the trail, of %d that the service was asked by 3 people, with refusals and lost answers", len(writes)), without, "0")
	if len(writes) < count(100, 15) {
		t.Errorf("only %d writes", len(writes))
	}
	if out, err := h.app.Run("", "audit", "verify"); err != nil || !strings.Contains(out, "OK ") {
		t.Errorf("the trail is not whole: %v\n%s", err, out)
	}
}

// commandOnce gives one command, asked for as a person would.
func commandOnce(t *testing.T, b *browser, id, name string) {
	flow := "/flows/" + id
	ask := func(path string, values ...string) {
		if r := b.get(path); r.status == http.StatusOK && strings.Contains(r.body, `action="`+path+`"`) {
			b.press(r, `form[action="`+path+`"]`, values...)
		}
	}
	switch rand.IntN(7) {
	case 0:
		b.post(flow+"/start", url.Values{})
	case 1:
		ask(flow + "/stop")
	case 2:
		ask(flow+"/source", "description", name)
	case 3:
		ask(flow+"/outputs/OUT-1", "description", name)
	case 4:
		ask(flow + "/outputs/OUT-2/disable")
	case 5:
		b.post(flow+"/outputs/OUT-2/enable", url.Values{})
	case 6:
		if r := b.get(flow + "/outputs/new"); r.status == http.StatusOK {
			b.press(r, `form[action="`+flow+`/outputs"]`, "name", name, "address", "203.0.113.9", "destination", "203.0.113.9", "port", "5000", "latency", "120")
		}
	}
}

// intent is a command on the trail.
type intent struct {
	line
	until time.Time // of its outcome; zero: none yet
	taken bool
}

// pairs puts intents and outcomes together, and counts those without.
func pairs(all []line) (intents []*intent, open int) {
	byID := map[string]*intent{}
	for _, l := range all {
		switch have := byID[l.ID]; {
		case l.Kind == "command":
			byID[l.ID] = &intent{line: l}
			intents = append(intents, byID[l.ID])
		case l.Kind == "outcome" && have != nil:
			have.until = l.At
		}
	}
	for _, p := range intents {
		if p.until.IsZero() {
			open++
		}
	}
	return intents, open
}

// belongs finds the intent of a write, each once.
func belongs(intents []*intent, w medialivetest.Request) bool {
	const tick = time.Millisecond // in which the trail counts
	for _, p := range intents {
		if !p.taken && p.Verb == verbs[w.Op] && (w.Op == "CreateFlows" || p.Flow == w.FlowID) && !p.At.Truncate(tick).After(w.At) && !p.until.Add(tick).Before(w.At) {
			p.taken = true
			return true
		}
	}
	return false
}
