package faults

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// deed is a command of which the reply is lost.
type deed struct {
	verb string
	op   string // of the API
	// give gives it as a person does.
	give func(b *browser, id, name string) reply
	// done tells whether it took effect, in the cloud and on the flow's page.
	done  func(medialivetest.Flow) bool
	shown func(view) bool
}

// deeds are start, stop, an edit of the source, an output that is added, and
// one that is deleted. That of a flow that is made is apart: it has no page yet.
func deeds() []deed {
	hasOutput := func(name string) func(medialivetest.Flow) bool {
		return func(f medialivetest.Flow) bool {
			return slices.ContainsFunc(f.Outputs, func(o medialive.Output) bool { return o.Name == name })
		}
	}
	status := func(want medialive.FlowStatus) func(view) bool {
		return func(p view) bool { word, _ := p.fact(1); return word == string(want) }
	}
	return []deed{
		{
			verb: "start", op: "ModifyFlowStart",
			give:  func(b *browser, id, _ string) reply { return b.start(id) },
			done:  func(f medialivetest.Flow) bool { return f.Status == medialive.Active },
			shown: status(medialive.Active),
		},
		{
			verb: "stop", op: "ModifyFlowStop",
			give:  func(b *browser, id, _ string) reply { return b.stop(id) },
			done:  func(f medialivetest.Flow) bool { return f.Status == medialive.Standby },
			shown: status(medialive.Standby),
		},
		{
			verb: "update_source", op: "ModifyFlowSources",
			give: func(b *browser, id, _ string) reply {
				return b.press(b.page("/flows/"+id+"/source"), `form[action$="/source"]`, "description", "as edited")
			},
			done:  func(f medialivetest.Flow) bool { return f.Sources[0].Description == "as edited" },
			shown: func(p view) bool { return words(p.doc.Find("#flow-description")) == "as edited" },
		},
		{
			verb: "add_output", op: "CreateFlowOutput",
			give: func(b *browser, id, _ string) reply {
				return b.press(b.page("/flows/"+id+"/outputs/new"), `form[action$="/outputs"]`,
					"name", "added", "protocol", string(medialive.Caller), "address", "203.0.113.9", "port", "5000")
			},
			done:  hasOutput("added"),
			shown: func(p view) bool { return slices.Contains(p.outputs(), "added") },
		},
		{
			verb: "delete_output", op: "DeleteFlowOutput",
			give: func(b *browser, id, _ string) reply {
				return b.press(b.page("/flows/"+id+"/outputs/out-1/delete"), `form[action$="/delete"]`)
			},
			done:  func(f medialivetest.Flow) bool { return !hasOutput("out-1")(f) },
			shown: func(p view) bool { return !slices.Contains(p.outputs(), "out-1") },
		},
	}
}

// loss is a deed whose reply was lost at a cut point.
type loss struct {
	deed
	cut      medialivetest.Cut
	id, name string
	happened bool // in truth
}

const cutOff = 2 * time.Second // how long the link stays away after a lost reply, in every other round

// TestF7ReplyLost loses the reply to each command at each point.
func TestF7ReplyLost(t *testing.T) {
	t.Parallel()
	rounds := 3
	if long() {
		rounds = 9 // 216 replies
	}
	h := open(t, map[string]string{"FLOWDECK_UPSTREAM_RPS": "50"}, nil)
	losses := h.prepare(rounds)
	b := h.signIn("op-1")
	b.follow("/flows?limit=100", nil).await(patience, "all flows", func(p view) bool { return len(p.rows()) == min(100, len(h.cloud.IDs())) })
	var slowest time.Duration
	for n := range rounds {
		of := losses[n]
		for i := range of {
			h.lose(b, &of[i])
		}
		back := h.comesBack(b, n%2 == 1)
		for _, l := range of {
			await(t, max(time.Second, patience-time.Since(back)), "the truth about "+l.name, func() bool { return h.told(b, l) })
		}
		slowest = max(slowest, time.Since(back))
	}
	all := slices.Concat(losses...)
	evidence(t, "F7", fmt.Sprintf("%d replies lost at %d cut points: what the service confirms is shown as it is, after the link is back, slowest", len(all), len(losses[0])), slowest, "≤ 10 s")
	within(t, "the truth", slowest, 10*time.Second)
	h.once(all)
	h.trailed(b, all)
}

// prepare makes the flows of all rounds: each command at each cut point has its
// own.
func (h *house) prepare(rounds int) (losses [][]loss) {
	for n := range rounds {
		var of []loss
		for _, cut := range medialivetest.Cuts() {
			for _, d := range deeds() {
				name := fmt.Sprintf("%s-%d-%d", strings.ReplaceAll(d.verb, "_", "-"), cut, n)
				status := medialive.Standby
				if d.verb == "stop" {
					status = medialive.Active
				}
				of = append(of, loss{deed: d, cut: cut, id: h.flow(name, status, "out-1", "out-2"), name: name})
			}
			name := fmt.Sprintf("made-%d-%d", cut, n)
			of = append(of, loss{cut: cut, name: name, deed: deed{
				verb: "create", op: "CreateFlows",
				give: func(b *browser, _, name string) reply {
					action, values, err := b.page("/flows/new").form(`main form[action="/flows"][data-form]`, "name", name, "start", "")
					must(b.h.t, err)
					return b.post(action, values)
				},
			}})
		}
		losses = append(losses, of)
	}
	return losses
}

// lose gives one command and loses its reply: it is told as unknown, and whether
// it happened is noted from the truth.
func (h *house) lose(b *browser, l *loss) {
	h.t.Helper()
	if l.id != "" {
		await(h.t, patience, l.name+" to be read", func() bool { return len(b.page("/flows/"+l.id).outputs()) == 2 })
	}
	defer h.cloud.Inject(l.op, 1, medialivetest.Lose(l.cut))()
	r := l.give(b, l.id, l.name)
	if r.status != http.StatusBadGateway || !r.says("No answer to the command") {
		h.t.Errorf("%s, its reply lost at %d: %d %s", l.name, l.cut, r.status, r.text())
	}
	l.happened = h.isDone(*l)
	if l.happened == (l.cut == medialivetest.BeforeEffect) {
		h.t.Errorf("%s, lost at %d: done is %v", l.name, l.cut, l.happened)
	}
}

// isDone tells whether a command took effect.
func (h *house) isDone(l loss) bool {
	if l.verb == "create" {
		return h.named(l.name) != ""
	}
	f, _ := h.cloud.Flow(l.id)
	return l.done(f)
}

// named gives the id of the flow of a name.
func (h *house) named(name string) string {
	for _, id := range h.cloud.IDs() {
		if f, _ := h.cloud.Flow(id); f.Name == name {
			return id
		}
	}
	return ""
}

// comesBack tells when the link was there again: now, or after it was cut.
func (h *house) comesBack(b *browser, cut bool) time.Time {
	h.t.Helper()
	if cut {
		lift := h.cloud.Inject("", 0, medialivetest.Down())
		await(h.t, patience, "the page to tell that the link is cut", func() bool { return b.page("/flows").link() != "" })
		lasts(h.t, cutOff, nil)
		lift()
	}
	return time.Now()
}

// told tells whether the dashboard shows what is true, and as present.
func (h *house) told(b *browser, l loss) bool {
	if l.verb == "create" {
		list, shown := b.page("/flows?q="+l.name), false
		for _, r := range list.rows() {
			shown = shown || r.Name == l.name
		}
		return shown == l.happened && !list.off()
	}
	p := b.page("/flows/" + l.id)
	if word := p.word(); l.verb == "start" && word == "LIVE" && !l.happened || l.verb == "stop" && word == "STANDBY" && !l.happened {
		h.t.Errorf("%s did not happen and is shown as %s", l.name, word)
	}
	return l.shown(p) == l.happened && !p.off()
}

// once fails the test if anything was asked for twice.
func (h *house) once(all []loss) {
	h.t.Helper()
	twice := 0
	for _, l := range all {
		n := h.asked(l.op, l.id)
		if l.verb != "create" && n != 1 {
			twice++
			h.t.Errorf("%s was asked for %d times", l.name, n)
		}
	}
	created := slices.DeleteFunc(slices.Clone(all), func(l loss) bool { return l.verb != "create" })
	if n := h.asked("CreateFlows", ""); n != len(created) {
		twice += n - len(created)
		h.t.Errorf("%d flows were to be made, %d times one was asked for", len(created), n)
	}
	evidence(h.t, "F7", fmt.Sprintf("commands that came twice, of %d", len(all)), twice, "0")
}

// entry is a line of the trail as it is exported.
type entry struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"`
	Verb     string    `json:"verb"`
	FlowID   string    `json:"flow_id"`
	FlowName string    `json:"flow_name"`
	Actor    string    `json:"actor"`
	Outcome  string    `json:"outcome"`
	At       time.Time `json:"at"`
}

// commands gives all commands, newest first, with what became of them.
func (b *browser) commands() (all []entry) {
	b.h.t.Helper()
	text, err := b.text(b.h.t.Context(), "/activity.json?kind=command")
	must(b.h.t, err)
	must(b.h.t, json.Unmarshal([]byte(text), &all))
	return all
}

// exported gives the trail line by line, oldest first, as its export does.
func (h *house) exported() (all []entry) {
	h.t.Helper()
	text, err := h.app.Run("", "audit", "export", "--format", "json")
	must(h.t, err)
	must(h.t, json.Unmarshal([]byte(text), &all))
	return all
}

// trailed waits until each command's outcome is known, and checks that it is
// the truth, and that it was told as unknown before.
func (h *house) trailed(b *browser, all []loss) {
	h.t.Helper()
	began := time.Now()
	await(h.t, 2*time.Minute, "all outcomes", func() bool {
		return !slices.ContainsFunc(b.commands(), func(e entry) bool { return e.Outcome == "" || e.Outcome == "unknown" })
	})
	evidence(h.t, "F7", "the last outcome of the trail known, after the last page was true", time.Since(began), "≤ 30 s (a lost command may come late)")
	said := map[string][]string{} // by command
	var ids []entry
	for _, e := range h.exported() {
		if e.Kind == "command" {
			ids = append(ids, e)
		}
		if e.Outcome != "" {
			said[e.ID] = append(said[e.ID], e.Outcome)
		}
	}
	wrong := 0
	for _, l := range all {
		want := []string{"unknown", "not_done"}
		if l.happened {
			want[1] = "done"
		}
		i := slices.IndexFunc(ids, func(e entry) bool { return e.Verb == l.verb && e.FlowName == l.name })
		if i < 0 || !slices.Equal(said[ids[i].ID], want) {
			wrong++
			h.t.Errorf("the trail of %s (done: %v): %v", l.name, l.happened, said[ids[max(i, 0)].ID])
		}
	}
	evidence(h.t, "F7", "outcomes of the trail that are not first unknown and then the truth", wrong, "0")
	for _, l := range all {
		if l.verb == "create" || l.verb == "start" || l.verb == "stop" {
			continue
		}
		if !h.told(b, l) {
			h.t.Errorf("%s is not shown as it is any more", l.name)
		}
	}
	words := b.states()
	for _, l := range all {
		if (l.verb == "start" || l.verb == "stop") && words[l.id] != h.truth(l.id) {
			h.t.Errorf("%s is %s in the end, in truth %s", l.name, words[l.id], h.truth(l.id))
		}
	}
}

// states are the state words of the whole list.
func (b *browser) states() map[string]string {
	b.h.t.Helper()
	all := map[string]string{}
	for offset := 0; ; offset += 100 {
		rows := b.page(fmt.Sprintf("/flows?limit=100&offset=%d", offset)).rows()
		for id, r := range rows {
			all[id] = r.Word
		}
		if len(rows) < 100 {
			return all
		}
	}
}
