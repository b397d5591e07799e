package safety

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// editor has a form open.
type editor struct {
	*browser
	name   string
	action string
	values url.Values
	base   string // the description that the form was opened with
}

// load opens the form of a source or an output.
func (e *editor) load(t *testing.T, path string) {
	t.Helper()
	e.see(t, e.page(path), path)
}

// see has the form of a page before oneself: what it says is there is hidden in
// it.
func (e *editor) see(t *testing.T, r reply, path string) {
	t.Helper()
	e.action, e.values = r.form(t, fmt.Sprintf(`form[action=%q]`, path))
	text, err := base64.RawURLEncoding.DecodeString(e.values.Get("shown"))
	must(t, err)
	var shown struct{ Description string }
	must(t, json.Unmarshal(text, &shown))
	e.base = shown.Description
}

// editing watches what becomes of one field that two people and somebody
// elsewhere change.
type editing struct {
	t     *testing.T
	h     *house
	id    string
	of    func(medialivetest.Flow) string
	mu    sync.Mutex
	bases map[string]string // what a form was opened with, by what it was to become
	saved map[string]bool   // it was said to be saved
	n     int
}

// save sends a form with a text that nobody has written before.
func (e *editing) save(by *editor) {
	e.mu.Lock()
	e.n++
	text := fmt.Sprint(by.name, " ", e.n)
	e.bases[text] = by.base
	values := url.Values{}
	for name, v := range by.values {
		values[name] = v
	}
	e.mu.Unlock()
	values.Set("description", text)
	r, err := by.send(e.t.Context(), http.MethodPost, by.action, strings.NewReader(values.Encode()), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}})
	if err != nil {
		e.t.Error(err)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	switch r.status {
	case http.StatusSeeOther:
		e.saved[text] = true
	case http.StatusConflict:
		by.see(e.t, r, by.action)
	default:
		e.t.Errorf("saving is answered %d", r.status)
	}
}

// judge goes through what the cloud held, and counts what was written over
// something else than its author had seen.
func (e *editing) judge() (written, silent, lost int) {
	last, seen := "", map[string]bool{}
	for _, fact := range e.h.cloud.Facts(e.id) {
		now := e.of(fact.Flow)
		if now == last {
			continue
		}
		if base, ours := e.bases[now]; ours {
			written++
			seen[now] = true
			if base != last {
				silent++
				e.t.Errorf("%q was written over %q by somebody who had seen %q", now, last, base)
			}
		}
		last = now
	}
	for text := range e.saved {
		if !seen[text] {
			lost++
			e.t.Errorf("%q was said to be saved, and never was", text)
		}
	}
	return written, silent, lost
}

// TestT18TwoEditors lets two people, and somebody elsewhere, edit one source and
// one output in every order, also at once; on ten flows side by side.
func TestT18TwoEditors(t *testing.T) {
	t.Parallel()
	const flows = 10
	n := count(1000, 100)
	for what, path := range map[string]string{"source": "/source", "output": "/outputs/OUT-1"} {
		t.Run(what, func(t *testing.T) {
			h := open(t, map[string]string{"FLOWDECK_LOG_LEVEL": "warn", "FLOWDECK_UPSTREAM_RPS": "200"}, nil)
			one, two := h.signIn("op-1"), h.signIn("op-2")
			of := func(f medialivetest.Flow) string {
				if what == "source" {
					return f.Sources[0].Description
				}
				return f.Outputs[0].Description
			}
			var all []*editing
			var work sync.WaitGroup
			for i := range flows {
				e := &editing{t: t, h: h, of: of, bases: map[string]string{}, saved: map[string]bool{}}
				e.id = h.cloud.Add(flow(fmt.Sprint("FEED-", i), medialive.Active, "OUT-1"))
				all = append(all, e)
			}
			await(t, patience, "all flows to be there", func() bool {
				for _, e := range all {
					if one.get("/flows/"+e.id+path).status != http.StatusOK {
						return false
					}
				}
				return true
			})
			for _, e := range all {
				work.Go(func() {
					people := []*editor{{browser: one.twin(), name: "one"}, {browser: two.twin(), name: "two"}}
					for round := range n / flows {
						e.interleave(people, "/flows/"+e.id+path, round)
					}
				})
			}
			work.Wait()
			sent, saved, written, silent, lost := 0, 0, 0, 0, 0
			for _, e := range all {
				w, s, l := e.judge()
				written, silent, lost, sent, saved = written+w, silent+s, lost+l, sent+e.n, saved+len(e.saved)
			}
			evidence(t, "T18", fmt.Sprintf("%s: %d interleavings of two editors and somebody elsewhere, %d of %d saved: overwritten unseen; said to be saved and not", what, n, saved, sent), fmt.Sprintf("%d; %d", silent, lost), "0; 0")
			if written < n/4 || saved == sent {
				t.Errorf("of %d only %d were written, and %d were refused", sent, written, sent-saved)
			}
		})
	}
}

// interleave has both open and save their forms, in some order.
func (e *editing) interleave(people []*editor, path string, round int) {
	steps := []func(){
		func() { people[0].load(e.t, path) }, func() { e.save(people[0]) },
		func() { people[1].load(e.t, path) }, func() { e.save(people[1]) },
	}
	if round%3 == 0 {
		steps = append(steps, func() { e.elsewhere(path) })
	}
	for _, p := range people {
		if p.values == nil {
			p.load(e.t, path)
		}
	}
	if round%5 == 0 { // both press at the same moment
		people[0].load(e.t, path)
		people[1].load(e.t, path)
		var work sync.WaitGroup
		work.Go(func() { e.save(people[0]) })
		work.Go(func() { e.save(people[1]) })
		work.Wait()
		return
	}
	for _, i := range rand.Perm(len(steps)) {
		steps[i]()
	}
}

// elsewhere changes it past the dashboard.
func (e *editing) elsewhere(path string) {
	e.n++
	text := fmt.Sprint("elsewhere ", e.n)
	e.h.cloud.Change(e.id, func(f *medialivetest.Flow) {
		if strings.HasSuffix(path, "/source") {
			f.Sources[0].Description = text
		} else {
			f.Outputs[0].Description = text
		}
	})
}

// TestT18NewerObject confirms the removal of an output, of its switching off,
// its parking, and of a flow, that another has taken the place of since.
func TestT18NewerObject(t *testing.T) {
	t.Parallel()
	h := open(t, map[string]string{"FLOWDECK_LOG_LEVEL": "warn"}, nil)
	b := h.signIn("op-1")
	rounds, asked := count(100, 8), 0
	verbs := []string{"delete", "park", "disable", "flow"}
	ids := map[string]string{}
	name := func(round int, verb string) string { return fmt.Sprintf("FEED-%d-%s", round, verb) }
	for round := range rounds {
		for _, verb := range verbs {
			f := flow(name(round, verb), medialive.Active, "OUT-1", "OUT-2")
			if verb == "flow" {
				f.Status = medialive.Standby
			}
			ids[name(round, verb)] = h.cloud.Add(f)
		}
	}
	for round := range rounds {
		for _, verb := range verbs {
			id := ids[name(round, verb)]
			path := "/flows/" + id + "/outputs/OUT-1/" + verb
			if verb == "flow" {
				path = "/flows/" + id + "/delete"
			}
			var question reply
			await(t, patience, "the question", func() bool {
				question = b.get(path)
				return question.status == http.StatusOK && strings.Contains(question.body, `action="`+path+`"`)
			})
			if verb == "flow" { // gone, and made anew by somebody
				h.cloud.Remove(id)
				h.cloud.Add(flow(name(round, verb), medialive.Standby, "OUT-1"))
			} else {
				h.cloud.Change(id, func(f *medialivetest.Flow) {
					f.Outputs[0].Destination, f.Outputs[0].Description = "203.0.113.99", "the newer one"
				})
			}
			b.press(question, `form[action="`+path+`"]`, "reason", "old")
			asked++
			if verb == "flow" {
				continue
			}
			if f, _ := h.cloud.Flow(id); len(f.Outputs) != 2 || f.Outputs[0].Status != medialive.Enabled {
				t.Errorf("%s took away the newer output: %+v", verb, f.Outputs)
			}
		}
	}
	gone := 0
	for _, r := range h.cloud.Requests() {
		if r.Effect && (r.Op == "DeleteFlow" || r.Op == "DeleteFlowOutput" || r.Op == "ModifyFlowOutput") {
			gone++
			t.Errorf("carried out: %+v", r)
		}
	}
	evidence(t, "T18", fmt.Sprintf("%d confirmations of what another has taken the place of since (an output removed, parked, switched off; a flow deleted): carried out", asked), gone, "0")
	if gone > 0 {
		t.Errorf("%d newer ones were taken away", gone)
	}
}
