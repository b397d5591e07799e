package faults

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// deed is a command of which the reply is lost.
type deed struct {
	verb string
	op   string // of the API
	// on makes in the cloud what it is given to; nil where it makes that itself.
	on func(h *house, name string) (id string)
	// give gives it as a person does.
	give func(b *browser, id, name string) reply
	// done tells whether it took effect in the cloud, and shown whether that is
	// shown: on the page of what it was given to, or on the list where one is given.
	done  func(h *house, id, name string) bool
	shown func(p view, name string) bool
	list  string
}

// deeds are those on flows and on channels, one of each kind.
func deeds() []deed { return append(flowDeeds(), channelDeeds()...) }

// confirmed tells what the service confirmed.
func confirmed(want string) func(view, string) bool {
	return func(p view, _ string) bool { word, _ := p.fact(1); return word == want }
}

// listed tells whether something of that name is on the list.
func listed(p view, name string) bool {
	for _, r := range p.rows() {
		if r.Name == name {
			return true
		}
	}
	return false
}

func unlisted(p view, name string) bool { return !listed(p, name) }

// flowDeeds are start, stop, an edit of the source, an output that is added, one
// that is deleted, and a flow that is made.
func flowDeeds() []deed {
	on := func(status medialive.FlowStatus) func(*house, string) string {
		return func(h *house, name string) string { return h.flow(name, status, "out-1", "out-2") }
	}
	done := func(is func(medialivetest.Flow) bool) func(*house, string, string) bool {
		return func(h *house, id, _ string) bool { f, _ := h.cloud.Flow(id); return is(f) }
	}
	hasOutput := func(name string, want bool) func(medialivetest.Flow) bool {
		return func(f medialivetest.Flow) bool {
			return slices.ContainsFunc(f.Outputs, func(o medialive.Output) bool { return o.Name == name }) == want
		}
	}
	return []deed{
		{
			verb: "start", op: "ModifyFlowStart", on: on(medialive.Standby),
			give:  func(b *browser, id, _ string) reply { return b.start(id) },
			done:  done(func(f medialivetest.Flow) bool { return f.Status == medialive.Active }),
			shown: confirmed(string(medialive.Active)),
		},
		{
			verb: "stop", op: "ModifyFlowStop", on: on(medialive.Active),
			give:  func(b *browser, id, _ string) reply { return b.stop(id) },
			done:  done(func(f medialivetest.Flow) bool { return f.Status == medialive.Standby }),
			shown: confirmed(string(medialive.Standby)),
		},
		{
			verb: "update_source", op: "ModifyFlowSources", on: on(medialive.Standby),
			give: func(b *browser, id, _ string) reply {
				return b.press(b.page("/flows/"+id+"/source"), `form[action$="/source"]`, "description", "as edited")
			},
			done:  done(func(f medialivetest.Flow) bool { return f.Sources[0].Description == "as edited" }),
			shown: func(p view, _ string) bool { return words(p.doc.Find("#flow-description")) == "as edited" },
		},
		{
			verb: "add_output", op: "CreateFlowOutput", on: on(medialive.Standby),
			give: func(b *browser, id, _ string) reply {
				return b.press(b.page("/flows/"+id+"/outputs/new"), `form[action$="/outputs"]`,
					"name", "added", "protocol", string(medialive.Caller), "address", "203.0.113.9", "port", "5000")
			},
			done:  done(hasOutput("added", true)),
			shown: func(p view, _ string) bool { return slices.Contains(p.outputs(), "added") },
		},
		{
			verb: "delete_output", op: "DeleteFlowOutput", on: on(medialive.Standby),
			give: func(b *browser, id, _ string) reply {
				return b.press(b.page("/flows/"+id+"/outputs/out-1/delete"), `form[action$="/delete"]`)
			},
			done:  done(hasOutput("out-1", false)),
			shown: func(p view, _ string) bool { return !slices.Contains(p.outputs(), "out-1") },
		},
		{
			verb: "create", op: "CreateFlows", list: "/flows",
			give: func(b *browser, _, name string) reply {
				return b.press(b.page("/flows/new"), `main form[action="/flows"][data-form]`, "name", name, "start", "")
			},
			done: func(h *house, _, name string) bool { return h.named(name) != "" }, shown: listed,
		},
	}
}

// channelDeeds are ON, OFF, another time that is recorded, a channel that is made,
// and one that is deleted.
func channelDeeds() []deed {
	const record = "record_settings.rollingbuffer_duration"
	on := func(state medialive.ChannelState) func(*house, string) string {
		return func(h *house, name string) string { return h.channel(name, state) }
	}
	done := func(is func(ch medialive.Channel, there bool) bool) func(*house, string, string) bool {
		return func(h *house, id, _ string) bool { key, _ := monitor.ChannelKeyOf(id); return is(h.cloud.Channel(key)) }
	}
	turned := func(state medialive.ChannelState) func(*house, string, string) bool {
		return done(func(ch medialive.Channel, _ bool) bool { return ch.State == state })
	}
	return []deed{
		{
			verb: "start", op: "ModifyOttChannelInfoStats", on: on(medialive.ChannelOff),
			give: func(b *browser, id, _ string) reply { return b.start(id) },
			done: turned(medialive.ChannelOn), shown: confirmed(string(medialive.ChannelOn)),
		},
		{
			verb: "stop", op: "ModifyOttChannelInfoStats", on: on(medialive.ChannelOn),
			give: func(b *browser, id, _ string) reply { return b.stop(id) },
			done: turned(medialive.ChannelOff), shown: confirmed(string(medialive.ChannelOff)),
		},
		{
			verb: "update_channel", op: "ModifyOttChannelInfoRecordSettings", on: on(medialive.ChannelOn),
			give: func(b *browser, id, _ string) reply {
				return b.press(b.page(pathOf(id)+"/record"), `form[action$="/record"]`, record, "2h")
			},
			done:  done(func(ch medialive.Channel, _ bool) bool { return ch.Record.RollingBuffer == 7200 }),
			shown: func(p view, _ string) bool { return words(p.doc.Find("#channel-rest dd").First()) == "the last 2 h" },
		},
		{
			verb: "create", op: "CreateOttChannelInfo", list: "/channels",
			give: func(b *browser, _, name string) reply {
				return b.press(b.page("/channels/new"), `form[action="/channels/new"]`, "domain", ingest, "id", name, "name", name,
					"input.input_protocol", string(medialive.RTMPPush), "input.sources[0].bitrate", "1M",
					"endpoints[0].hls_package[0].url", "pull.example.com/live/"+name+"/index.m3u8", "go", "create")
			},
			done: done(func(_ medialive.Channel, there bool) bool { return there }), shown: listed,
		},
		{
			verb: "delete", op: "DeleteOttChannelInfo", on: on(medialive.ChannelOff), list: "/channels",
			give: func(b *browser, id, _ string) reply {
				return b.press(b.page(pathOf(id)+"/delete"), `form[action$="/delete"]`)
			},
			done: done(func(_ medialive.Channel, there bool) bool { return !there }), shown: unlisted,
		},
	}
}

// loss is a deed whose reply was lost at a cut point.
type loss struct {
	deed
	cut      medialivetest.Cut
	id, name string // no id: of a flow that is to be made
	happened bool   // in truth
}

const cutOff = 2 * time.Second // how long the link stays away after a lost reply, in every other round

// TestF7ReplyLost loses the reply to each command at each point.
func TestF7ReplyLost(t *testing.T) {
	t.Parallel()
	rounds := 3
	if long() {
		rounds = 9 // 396 replies
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

// prepare makes the flows and channels of all rounds: each command at each cut
// point has its own.
func (h *house) prepare(rounds int) (losses [][]loss) {
	for n := range rounds {
		var of []loss
		for _, cut := range medialivetest.Cuts() {
			for i, d := range deeds() {
				name := fmt.Sprintf("%s-%d-%d-%d", strings.ReplaceAll(d.verb, "_", "-"), i, cut, n)
				l := loss{deed: d, cut: cut, name: name}
				switch {
				case d.on != nil:
					l.id = d.on(h, name)
				case d.list == "/channels":
					l.id = monitor.ChannelID(ingestKey(name))
				}
				of = append(of, l)
			}
		}
		losses = append(losses, of)
	}
	return losses
}

// lose gives one command and loses its reply: it is told as unknown, and whether
// it happened is noted from the truth.
func (h *house) lose(b *browser, l *loss) {
	h.t.Helper()
	if l.on != nil {
		await(h.t, patience, l.name+" to be read", func() bool {
			r := b.get(pathOf(l.id))
			return r.status == http.StatusOK && (isChannel(l.id) || len(r.outputs()) == 2)
		})
	}
	defer h.cloud.Inject(l.op, 1, medialivetest.Lose(l.cut))()
	r := l.give(b, l.id, l.name)
	if r.status != http.StatusBadGateway || !r.says("No answer to the command") {
		h.t.Errorf("%s, its reply lost at %d: %d %s", l.name, l.cut, r.status, r.text())
	}
	l.happened = l.done(h, l.id, l.name)
	if l.happened == (l.cut == medialivetest.BeforeEffect) {
		h.t.Errorf("%s, lost at %d: done is %v", l.name, l.cut, l.happened)
	}
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
	if l.list != "" {
		list := b.page(l.list + "?q=" + l.name)
		return l.shown(list, l.name) == l.happened && !list.off()
	}
	p := b.page(pathOf(l.id))
	if slices.Contains(proofs[l.verb], p.word()) && !l.happened {
		h.t.Errorf("%s did not happen and is shown as %s", l.name, p.word())
	}
	return l.shown(p, l.name) == l.happened && !p.off()
}

// proofs are the states that tell that a command took effect.
var proofs = map[string][]string{"start": {"LIVE", "ON"}, "stop": {"STANDBY", "OFF"}}

// once fails the test if anything was asked for twice.
func (h *house) once(all []loss) {
	h.t.Helper()
	twice := 0
	for _, l := range all {
		n := h.asked(l.op, l.id)
		if l.id != "" && n != 1 {
			twice++
			h.t.Errorf("%s was asked for %d times", l.name, n)
		}
	}
	created := slices.DeleteFunc(slices.Clone(all), func(l loss) bool { return l.id != "" })
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
	words := b.states("/flows")
	maps.Copy(words, b.states("/channels"))
	for _, l := range all {
		switch {
		case proofs[l.verb] != nil && words[l.id] != h.truth(l.id):
			h.t.Errorf("%s is %s in the end, in truth %s", l.name, words[l.id], h.truth(l.id))
		case proofs[l.verb] == nil && l.verb != "create" && !h.told(b, l):
			h.t.Errorf("%s is not shown as it is any more", l.name)
		}
	}
}

// states are the state words of a whole list.
func (b *browser) states(list string) map[string]string {
	b.h.t.Helper()
	all := map[string]string{}
	for offset := 0; ; offset += 100 {
		rows := b.page(fmt.Sprintf("%s?limit=100&offset=%d", list, offset)).rows()
		for id, r := range rows {
			all[id] = r.Word
		}
		if len(rows) < 100 {
			return all
		}
	}
}
