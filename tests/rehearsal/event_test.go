package rehearsal

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// The people of an event.
var (
	operatorNames = []string{"op-1", "op-2", "op-3"}
	viewerNames   = []string{"viewer-1", "viewer-2"}
)

const flowCount, channelCount = 12, 3

// event is a live event: the program, the cloud, people, and what they were
// shown and did.
type event struct {
	t        *testing.T
	app      *apptest.App
	cloud    *medialivetest.Cloud
	seed     uint64
	flows    []string
	channels []string          // by monitor.ChannelID
	names    map[string]string // of flows and of channels
	url      atomic.Value

	facts         truth // as of known facts; the judge's alone
	known         int
	knownChannels int

	mu         sync.Mutex
	sights     []sight // not judged yet
	deeds      []deed
	told       []told                 // of commands, by pages of the trail
	acks       map[ackTold]time.Time  // when it was shown first
	paces      map[paceTold]time.Time // when it was told last
	late       lateness
	troubled   []span          // all that went wrong; the last may not have ended
	outages    []span          // of these, in which the dashboard could not read
	problems   map[string]int  // by the judgement
	first      string          // of the problems
	shown      int             // statements judged
	ofChannels int             // of these
	forgot     map[string]bool // losses that were called WAITING
	frames     int             // pictures that were looked at
	tried      int             // presses
	failed     int             // pages and presses that came to nothing
	renewals   int
	faults     map[string]int
}

func newEvent(t *testing.T, seed uint64) *event {
	t.Helper()
	e := &event{
		t: t, cloud: medialivetest.New(), seed: seed, names: map[string]string{}, faults: map[string]int{}, forgot: map[string]bool{},
		facts: truth{}, acks: map[ackTold]time.Time{}, paces: map[paceTold]time.Time{}, problems: map[string]int{},
	}
	t.Cleanup(e.sum) // after what the processes wrote
	for i, name := range slices.Concat(operatorNames, viewerNames) {
		e.cloud.AddUser(name, medialivetest.User{ID: fmt.Sprintf("u%d", i), Password: password})
	}
	for n := range flowCount {
		status := medialive.Active
		if n%3 == 2 {
			status = medialive.Standby
		}
		name := fmt.Sprintf("EVENT-%02d", n)
		id := e.cloud.Add(newFlow(name, status, 3))
		e.flows, e.names[id] = append(e.flows, id), name
	}
	for n := range channelCount {
		state := medialive.ChannelOn
		if n == 0 {
			state = medialive.ChannelOff
		}
		name := fmt.Sprintf("CHANNEL-%d", n)
		id := monitor.ChannelID(e.cloud.AddChannel(newChannel(name, state)))
		e.channels, e.names[id] = append(e.channels, id), name
	}
	e.app = apptest.Start(t, map[string]string{
		"FLOWDECK_BACKEND": e.cloud.Serve(t), "FLOWDECK_LOG_LEVEL": "info", "FLOWDECK_UPSTREAM_RPS": "50",
		"FLOWDECK_ADMINS": "*/op-*", // who may break a protection
	})
	e.url.Store(e.app.URL)
	return e
}

func newFlow(name string, status medialive.FlowStatus, outputs int) medialivetest.Flow {
	f := medialivetest.Flow{}
	f.Name, f.Region, f.Status = name, "local", status
	f.Sources = []medialive.Source{{
		Name: "camera", Protocol: medialive.Listener, Address: "203.0.113.10", Port: 20000, MinLatency: 120, Health: medialive.Disconnected,
	}}
	for i := range outputs {
		f.Outputs = append(f.Outputs, medialive.Output{
			Name: fmt.Sprintf("out-%d", i+1), Protocol: medialive.Caller, Destination: "203.0.113.61", Port: 5000 + i,
			MinLatency: 120, Status: medialive.Enabled, Health: medialive.Disconnected, Type: medialive.StandardOutput,
		})
	}
	return f
}

// any picks a flow or a channel.
func (e *event) any(dice *rand.Rand) string {
	n := dice.IntN(len(e.flows) + len(e.channels))
	if n < len(e.flows) {
		return e.flows[n]
	}
	return e.channels[n-len(e.flows)]
}

func (e *event) base() string { return e.url.Load().(string) }

func (e *event) count(n *int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	*n++
}

func (e *event) see(s sight) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sights = append(e.sights, s)
}

func (e *event) did(d deed) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.deeds = append(e.deeds, d)
}

// pass lets time pass, unless ctx ends before.
func pass(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// people lets all look on until shown ends, and operators work until worked
// does.
func (e *event) people(shown, worked context.Context, looking, working *sync.WaitGroup) {
	for i, name := range slices.Concat(operatorNames, viewerNames) {
		p := newPerson(e, name, uint64(i))
		if err := p.signIn(shown); err != nil {
			e.t.Fatal(err)
		}
		for _, path := range []string{
			"/flows", "/alarms", "/channels", pathOf(e.flows[i]), pathOf(e.flows[(i+5)%flowCount]), pathOf(e.channels[i%channelCount]),
		} {
			s := &screen{person: p, path: path}
			looking.Go(func() { s.watch(shown) })
		}
		if i < len(operatorNames) {
			o := &operator{person: p}
			working.Go(func() { o.work(worked) })
		} else {
			r := &reader{person: p, last: map[told]string{}}
			looking.Go(func() { r.read(shown) })
		}
	}
}

// judge judges what was shown, as it is shown, until ctx ends.
func (e *event) judge(ctx context.Context) {
	for ctx.Err() == nil {
		pass(ctx, 2*time.Second)
		e.judgeUntil(time.Now().Add(-time.Second))
	}
}

// mostTold is how many problems of a kind are told in full.
const mostTold = 20

// mostBlind is how many of the last outages may lie in the time that a
// statement is judged by.
const mostBlind = 20

func (e *event) judgeUntil(end time.Time) {
	e.mu.Lock()
	var due []sight
	e.sights = slices.DeleteFunc(e.sights, func(s sight) bool {
		if s.at.Before(end) {
			due = append(due, s)
			return true
		}
		return false
	})
	due = slices.DeleteFunc(due, func(s sight) bool { return s.excused(e.troubled) })
	e.shown += len(due)
	for _, s := range due {
		if isChannel(s.flow) {
			e.ofChannels++
		}
	}
	blind := slices.Clone(e.outages[max(0, len(e.outages)-mostBlind):])
	if n := len(e.troubled); n > 0 && e.troubled[n-1].to.IsZero() {
		blind = append(blind, e.troubled[n-1])
	}
	e.mu.Unlock()
	for i := range due {
		due[i].blind = blind
		due[i].window += e.late.within(due[i].at.Add(-due[i].window), due[i].at)
	}
	t := e.truth()
	for _, s := range due {
		if facts, _ := t.during(s.flow, s.at, s.at); t.forgotten(s) {
			e.forgot[s.flow+clock(facts[0].At)] = true
		}
	}
	e.report("false", judgeShown(t, due))
}

// truth gives what was true until now. It is the judge's alone.
func (e *event) truth() truth {
	all := e.cloud.Facts("")
	e.facts.add(all[e.known:])
	e.known = len(all)
	channels := e.cloud.ChannelFacts(medialive.ChannelKey{})
	e.facts.addChannels(channels[e.knownChannels:])
	e.knownChannels = len(channels)
	return e.facts
}

// trail exports the trail.
func (e *event) trail() (lines []line) {
	e.t.Helper()
	text, err := e.app.Run("", "audit", "export", "--format", "json")
	if err == nil {
		err = json.Unmarshal([]byte(text), &lines)
	}
	if err != nil {
		e.t.Fatalf("export the trail: %v", err)
	}
	return lines
}

// settle waits until all is known again: what became of each command, and what
// is true of each flow. It gives the trail as it is then.
func (e *event) settle(ctx context.Context) (lines []line, took time.Duration) {
	began := time.Now()
	for time.Since(began) < 2*time.Minute {
		lines = e.trail()
		if problems, _ := judgeSettled(lines); len(problems) == 0 {
			break
		}
		pass(ctx, time.Second)
	}
	return lines, time.Since(began)
}

// listed gives the alarms that the dashboard still lists, of those that the
// trail tells of.
func (e *event) listed(ctx context.Context, p *person, lines []line) (ids []string) {
	for _, a := range alarmsOf(lines) {
		got, err := p.ask(ctx, http.MethodGet, "/alarms/"+a.ID, nil)
		for try := 1; try < 30 && (err != nil || got.status >= http.StatusInternalServerError); try++ { // it did not say
			pass(ctx, time.Second)
			got, err = p.ask(ctx, http.MethodGet, "/alarms/"+a.ID, nil)
		}
		if err == nil && got.status == http.StatusOK {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

// media lets media come to started flows, and cuts it now and then, until ctx
// ends.
type media struct {
	cloud *medialivetest.Cloud
	dice  *rand.Rand
	flows []string
	comes map[string]time.Time // when media comes to a flow that was started

	mu  sync.Mutex
	cut map[string]time.Time // flow, or flow and output: until when
}

// lose cuts a source or an output for a time.
func (m *media) lose(what string, d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cut[what] = time.Now().Add(d)
}

// lost tells whether a source or an output is cut.
func (m *media) lost(what string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Now().Before(m.cut[what])
}

// any picks a flow.
func (m *media) any() string { return m.flows[m.dice.IntN(len(m.flows))] }

// upTo is a random time of three seconds and more.
func (m *media) upTo(d time.Duration) time.Duration {
	return 3*time.Second + time.Duration(m.dice.Int64N(int64(d)))
}

func (m *media) run(ctx context.Context) {
	for ctx.Err() == nil {
		pass(ctx, 250*time.Millisecond)
		now := time.Now()
		if m.dice.IntN(40) == 0 {
			m.lose(m.any(), m.upTo(40*time.Second))
		}
		if m.dice.IntN(60) == 0 {
			m.lose(m.any()+"/out-1", m.upTo(time.Minute))
		}
		for _, id := range m.flows {
			m.step(id, now)
		}
	}
}

// step makes the health of one flow what it is to be.
func (m *media) step(id string, now time.Time) {
	f, there := m.cloud.Flow(id)
	if !there || len(f.Sources) == 0 {
		return
	}
	if f.Status != medialive.Active {
		delete(m.comes, id)
	} else if m.comes[id].IsZero() {
		m.comes[id] = now.Add(time.Second + time.Duration(m.dice.Int64N(int64(3*time.Second))))
	}
	comes, started := m.comes[id]
	moving := started && now.After(comes) && !m.lost(id)
	health := func(on bool) medialive.Health {
		if on {
			return medialive.Connected
		}
		return medialive.Disconnected
	}
	set := func(f *medialivetest.Flow) (changed bool) {
		changed = f.Sources[0].Health != health(moving)
		f.Sources[0].Health = health(moving)
		for i := range f.Outputs {
			o := &f.Outputs[i]
			want := health(moving && o.Status != medialive.Disabled && !m.lost(id+"/"+o.Name))
			changed = changed || o.Health != want
			o.Health = want
		}
		return changed
	}
	if set(&f) { // a copy: the log has only what changed
		m.cloud.Change(id, func(f *medialivetest.Flow) {
			if (f.Status == medialive.Active) == started {
				set(f)
			}
		})
	}
}

// finish tells the figures of an event.
func (e *event) finish(lines []line, took time.Duration) {
	e.t.Helper()
	total, acts := 0, map[string]int{}
	for _, n := range e.faults {
		total += n
	}
	requests := e.cloud.Requests()
	for _, d := range e.deeds {
		acts[d.verb]++
	}
	what := fmt.Sprintf("rehearsal of %.1f min, %d operators and %d viewers, %d faults", took.Minutes(), len(operatorNames), len(viewerNames), total)
	if e.ofChannels == 0 || e.shown == e.ofChannels {
		e.report("blind", []string{fmt.Sprintf("of %d statements %d were about channels", e.shown, e.ofChannels)})
	}
	e.evidence(what+": pictures looked at, statements judged, of them about channels; false statements",
		fmt.Sprintf("%d, %d, %d; %d", e.frames, e.shown, e.ofChannels, e.problems["false"]), "0 false")
	twice, wrong := judgeTwice(lines, requests)
	e.report("twice", twice)
	effects, commands := 0, len(commandsOf(lines))
	for _, r := range requests {
		if r.Effect && isWrite(r.Op) {
			effects++
		}
	}
	e.evidence(fmt.Sprintf("rehearsal: commands in the trail, effects in the cloud of %d presses; done twice or without a line; wrong outcomes", e.tried),
		fmt.Sprintf("%d, %d; %d; %d", commands, effects, len(twice)-wrong, wrong), "0; 0")
	who := judgeWho(lines, e.deeds)
	e.report("who", who)
	open, unknown := judgeSettled(lines)
	e.report("open", open)
	e.evidence(fmt.Sprintf("rehearsal: acts acknowledged and lines of the trail (%d renewals of a sign-in); acts missing; not settled; unknown with a reason", e.renewals),
		fmt.Sprintf("%d, %d; %d; %d; %d", len(e.deeds), len(lines), len(who), len(open), unknown), "0; 0; few")
	e.finishPages(lines, requests)
	alarms, lost := judgeAlarms(e.truth(), lines, e.outages, time.Now())
	e.report("alarm", alarms)
	e.evidence(fmt.Sprintf("rehearsal: alarms raised, source losses in clear view; missing or false ones, over %d restarts", e.faults[killed]),
		fmt.Sprintf("%d, %d; %d", len(alarmsOf(lines)), lost, len(alarms)), "0")
	e.evidence("rehearsal: losses of a source that were called WAITING, for its media came between two reads or before a restart",
		fmt.Sprint(len(e.forgot)), "told")
	e.t.Logf("the machine had no time for the test for %v in all", e.late.within(time.Time{}, time.Now()).Round(time.Millisecond))
	e.t.Logf("faults: %v; acts: %v; pages and presses that came to nothing: %d", e.faults, acts, e.failed)
}

// finishPages judges what the pages of alarms and of the trail told.
func (e *event) finishPages(lines []line, requests []medialivetest.Request) {
	e.t.Helper()
	activity := judgeActivity(lines, e.told, requests)
	e.report("activity", activity)
	acks := judgeAcks(lines, e.acks)
	e.report("acknowledged", acks)
	e.evidence("rehearsal: outcomes of commands told by pages of the trail, names of who acknowledged; false ones",
		fmt.Sprintf("%d, %d; %d", len(e.told), len(e.acks), len(activity)+len(acks)), "0")
}

func (e *event) evidence(what, figure, goal string) {
	e.t.Helper()
	e.t.Logf("evidence: F28 | %s | %s | %s", what, figure, goal)
}
