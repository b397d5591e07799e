package alarm

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// TestLife walks the paths of an alarm's life.
func TestLife(t *testing.T) {
	lost := func(d *desk) { d.state(0, monitor.StateSourceLost) }
	back := func(d *desk) { d.state(0, monitor.StateLive) }
	blank := func(d *desk) { d.state(0, monitor.StateUnknown) }
	ack := func(d *desk) { d.ackAll() }
	wait := func(t time.Duration) func(*desk) { return func(d *desk) { d.pass(t) } }
	for name, test := range map[string]struct {
		do    []func(d *desk)
		want  string
		verbs []string
	}{
		"too short":              {[]func(*desk){lost, wait(2900 * time.Millisecond), back, wait(time.Minute)}, "", nil},
		"raised":                 {[]func(*desk){lost, wait(3 * time.Second)}, "source_lost 0 unacked p3", []string{"raised"}},
		"acknowledged":           {[]func(*desk){lost, wait(3 * time.Second), ack}, "source_lost 0 acked p3", []string{"raised", "acknowledged"}},
		"back, not for long":     {[]func(*desk){lost, wait(3 * time.Second), back, wait(9 * time.Second)}, "source_lost 0 unacked p3", []string{"raised"}},
		"returned":               {[]func(*desk){lost, wait(3 * time.Second), back, wait(10 * time.Second)}, "source_lost 0 returned p3", []string{"raised", "returned"}},
		"returned stays":         {[]func(*desk){lost, wait(3 * time.Second), back, wait(24 * time.Hour)}, "source_lost 0 returned p3", []string{"raised", "returned"}},
		"returned, acknowledged": {[]func(*desk){lost, wait(3 * time.Second), back, wait(time.Minute), ack}, "", []string{"raised", "returned", "acknowledged"}},
		"acknowledged, cleared":  {[]func(*desk){lost, wait(3 * time.Second), ack, back, wait(10 * time.Second)}, "", []string{"raised", "acknowledged", "cleared"}},
		"acknowledged, back and lost again": {
			[]func(*desk){lost, wait(3 * time.Second), ack, back, wait(9 * time.Second), lost, wait(time.Minute)},
			"source_lost 0 acked p3",
			[]string{"raised", "acknowledged"},
		},
		"returned, lost again": {
			[]func(*desk){lost, wait(3 * time.Second), back, wait(time.Minute), lost, wait(3 * time.Second)},
			"source_lost 0 unacked p3 x2",
			[]string{"raised", "returned", "raised"},
		},
		"closed, lost again": {
			[]func(*desk){lost, wait(3 * time.Second), ack, back, wait(time.Minute), lost, wait(3 * time.Second)},
			"source_lost 0 unacked p3",
			[]string{"raised", "acknowledged", "cleared", "raised"},
		},
		"lost, unknown for a moment": {[]func(*desk){lost, wait(2 * time.Second), blank, wait(2 * time.Second), lost}, "source_lost 0 unacked p3", []string{"raised"}},
		"lost, unknown for long":     {[]func(*desk){lost, wait(2 * time.Second), blank, wait(11 * time.Second), lost, wait(2 * time.Second)}, "", nil},
		"lost, unknown, back":        {[]func(*desk){lost, wait(2 * time.Second), blank, wait(2 * time.Second), back, wait(time.Minute)}, "", nil},
		"back, unknown for a moment": {
			[]func(*desk){lost, wait(3 * time.Second), back, wait(5 * time.Second), blank, wait(5 * time.Second), back},
			"source_lost 0 returned p3",
			[]string{"raised", "returned"},
		},
		"acknowledged twice": {[]func(*desk){lost, wait(3 * time.Second), ack, ack}, "source_lost 0 acked p3", []string{"raised", "acknowledged"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, 1)
			for _, do := range test.do {
				do(d)
			}
			d.step()
			if test.want == "" {
				d.want("at the end")
			} else {
				d.want("at the end", test.want)
			}
			same(t, "trail", verbs(d.lines), test.verbs)
		})
	}
}

// TestFlapping: a source that changes five times a second for a minute is one
// alarm.
func TestFlapping(t *testing.T) {
	d := newDesk(t, 1)
	for range 150 {
		d.state(0, monitor.StateSourceLost)
		d.pass(200 * time.Millisecond)
		d.state(0, monitor.StateLive)
		d.pass(200 * time.Millisecond)
	}
	d.want("while it flaps", "unstable 0 unacked p2 x300")
	same(t, "trail", verbs(d.lines), []string{"raised"})
	if d.writes > 10 {
		t.Errorf("%d writes within a minute", d.writes)
	}
	d.pass(59 * time.Second)
	d.want("not calm yet", "unstable 0 unacked p2 x300")
	d.pass(2 * time.Second)
	d.want("calm", "unstable 0 returned p2 x300")
	d.ackAll()
	d.want("answered for")
	if n := len(d.signals); n > 2*(signalsMost+1) {
		t.Errorf("%d lines of signals", n)
	}
}

// TestUnstableStandsIn: it stands for the alarm that was there, and no longer
// when that is lost for good.
func TestUnstableStandsIn(t *testing.T) {
	d := newDesk(t, 1)
	d.state(0, monitor.StateSourceLost)
	d.pass(4 * time.Second)
	d.want("lost", "source_lost 0 unacked p3")
	for range 3 {
		d.state(0, monitor.StateLive)
		d.pass(2 * time.Second)
		d.state(0, monitor.StateSourceLost)
		d.pass(2 * time.Second)
	}
	d.want("flaps", "unstable 0 unacked p2 x7")
	same(t, "members", toldAll(d.seen.Members), []string{"source_lost 0 unacked p3"})
	d.pass(7900 * time.Millisecond)
	d.want("lost for a while", "unstable 0 unacked p2 x7")
	d.pass(200 * time.Millisecond)
	d.want("lost for good", "source_lost 0 unacked p3", "unstable 0 unacked p2 x7")
	if len(d.seen.Members) != 0 {
		t.Errorf("members %v", toldAll(d.seen.Members))
	}
	d.pass(time.Minute)
	d.want("lost for long", "source_lost 0 unacked p3", "unstable 0 returned p2 x7")
}

// TestNowAndThen: what comes and goes slowly is not unstable.
func TestNowAndThen(t *testing.T) {
	d := newDesk(t, 1)
	for range 5 {
		d.state(0, monitor.StateSourceLost)
		d.pass(2 * time.Second)
		d.state(0, monitor.StateLive)
		d.pass(70 * time.Second)
	}
	d.want("ten changes in six minutes")
}

// TestUnstableAndNotKnown: what is not known is not calm.
func TestUnstableAndNotKnown(t *testing.T) {
	d := newDesk(t, 1)
	for range 3 {
		d.state(0, monitor.StateSourceLost)
		d.pass(time.Second)
		d.state(0, monitor.StateLive)
		d.pass(time.Second)
	}
	d.state(0, monitor.StateStale)
	d.pass(5 * time.Minute)
	d.want("stale", "unstable 0 unacked p2 x6")
	d.state(0, monitor.StateLive)
	d.pass(59 * time.Second)
	d.want("live for a while", "unstable 0 unacked p2 x6")
	d.pass(2 * time.Second)
	d.want("calm", "unstable 0 returned p2 x6")
}

// TestAckOfUnstable answers for what it stands for too.
func TestAckOfUnstable(t *testing.T) {
	d := newDesk(t, 1)
	d.output(0, "out", monitor.OutputLost)
	d.pass(4 * time.Second)
	for range 3 {
		d.output(0, "out", monitor.OutputOK)
		d.pass(time.Second)
		d.output(0, "out", monitor.OutputLost)
		d.pass(time.Second)
	}
	d.ackAll()
	d.output(0, "out", monitor.OutputOK)
	d.pass(2 * time.Minute)
	d.want("calm")
	if len(d.seen.Members) != 0 {
		t.Errorf("members %v", toldAll(d.seen.Members))
	}
}

// TestFigureAtItsLimit: a figure that jumps over its limit with each
// measurement is neither an alarm nor unstable.
func TestFigureAtItsLimit(t *testing.T) {
	d := newDesk(t, 1)
	for i := range 120 {
		d.measure(0, 8e6, float64(i%2)*2)
		d.pass(time.Second)
	}
	d.want("jumps")
}

// lose loses the sources of flows.
func (d *desk) lose(flows ...int) {
	for _, i := range flows {
		d.state(i, monitor.StateSourceLost)
	}
}

// samePeer has all flows come from one address.
func (d *desk) samePeer() {
	for i := range d.flows {
		d.peer(i, "192.0.2.9:"+fmt.Sprint(4000+i))
	}
	d.pass(time.Second)
}

func TestRollUp(t *testing.T) {
	t.Run("peer", func(t *testing.T) {
		d := newDesk(t, 5)
		d.samePeer()
		d.lose(0, 1)
		d.pass(4 * time.Second)
		d.want("two", "source_lost 0 unacked p3 first", "source_lost 1 unacked p3")
		d.lose(2)
		d.pass(4 * time.Second)
		d.want("three", "many unacked p3 of 3")
		same(t, "members", toldAll(d.seen.Members),
			[]string{"source_lost 0 unacked p3 first", "source_lost 1 unacked p3", "source_lost 2 unacked p3"})
		if p := d.seen.Active[0]; p.Peer != "192.0.2.9" || p.Region != "" || d.seen.Members[0].Parent != p.ID || d.seen.High != 1 || d.seen.Unacked != 1 {
			t.Errorf("parent %+v of %+v", p, d.seen)
		}
		d.lose(3)
		d.pass(4 * time.Second)
		d.want("a fourth joins", "many unacked p3 of 4")
		d.ackAll()
		d.want("answered for", "many acked p3 of 4")
		same(t, "members", toldAll(d.seen.Members[:1]), []string{"source_lost 0 acked p3 first"})
		d.pass(time.Minute)
		d.lose(4)
		d.pass(4 * time.Second)
		d.want("one more much later", "many acked p3 of 4", "source_lost 4 unacked p3")
		for i := range 3 {
			d.state(i, monitor.StateLive)
		}
		d.pass(11 * time.Second)
		d.want("one member left", "many acked p3 of 4", "source_lost 4 unacked p3")
		d.state(3, monitor.StateLive)
		d.pass(11 * time.Second)
		d.want("none left", "source_lost 4 unacked p3")
	})
	t.Run("too far apart", func(t *testing.T) {
		d := newDesk(t, 3)
		d.samePeer()
		for i := range 3 {
			d.lose(i)
			d.pass(6 * time.Second)
		}
		if d.seen.Active[0].Kind == Many {
			t.Errorf("rolled up %v", toldAll(d.seen.Active))
		}
	})
}

func TestRollUpOfARegionOrGateway(t *testing.T) {
	t.Run("region", func(t *testing.T) {
		d := newDesk(t, 8)
		for i := range 4 {
			d.set(i, func(f *monitor.Flow) { f.Region = "south" })
		}
		d.pass(time.Second)
		d.lose(0, 1, 2, 7)
		d.pass(4 * time.Second)
		d.want("three of south", "many unacked p3 of 3", "source_lost 7 unacked p3")
		if p := d.seen.Active[0]; p.Region != "south" || p.Peer != "" {
			t.Errorf("parent %+v", p)
		}
	})
	t.Run("one region, no gateway", func(t *testing.T) {
		d := newDesk(t, 4)
		d.lose(0, 1, 2)
		d.pass(4 * time.Second)
		if len(d.seen.Active) != 3 {
			t.Errorf("rolled up %v", toldAll(d.seen.Active))
		}
	})
	t.Run("gateway", func(t *testing.T) {
		d := newDesk(t, 4)
		d.snap.Capabilities = capabilities
		d.output(3, "out", monitor.OutputLost)
		d.output(3, "two", monitor.OutputLost)
		d.pass(4 * time.Second)
		d.lose(0)
		d.pass(4 * time.Second)
		if len(d.seen.Active) != 3 {
			t.Errorf("two flows rolled up: %v", toldAll(d.seen.Active))
		}
		d.lose(1)
		d.pass(4 * time.Second)
		d.want("three flows", "many unacked p3 of 4")
	})
}

func TestRollUpLives(t *testing.T) {
	t.Run("acknowledged one by one", func(t *testing.T) {
		d := newDesk(t, 3)
		d.samePeer()
		d.lose(0, 1, 2)
		d.pass(4 * time.Second)
		for _, a := range d.seen.Members[:2] {
			d.ack("op-1", a.ID)
		}
		d.want("two of three", "many unacked p3 of 3")
		d.ack("op-2", d.seen.Members[2].ID)
		d.want("all three", "many acked p3 of 3")
	})
	t.Run("a member comes back", func(t *testing.T) {
		d := newDesk(t, 3)
		d.samePeer()
		d.lose(0, 1, 2)
		d.pass(4 * time.Second)
		for i := range 3 {
			d.state(i, monitor.StateLive)
		}
		d.pass(11 * time.Second)
		d.want("all back, nobody answered", "many returned p3 of 3")
		d.lose(1)
		d.pass(4 * time.Second)
		d.want("one again", "many unacked p3 x2 of 3")
		d.ackAll()
		d.state(1, monitor.StateLive)
		d.pass(11 * time.Second)
		d.want("over")
		if len(d.seen.Members) != 0 {
			t.Errorf("members %v", toldAll(d.seen.Members))
		}
	})
}

func TestFirstOut(t *testing.T) {
	d := newDesk(t, 4)
	d.measure(0, 8e6, 2) // it takes longer to tell
	d.pass(time.Second)
	d.state(1, monitor.StateSourceLost)
	d.pass(3 * time.Second)
	d.want("one is not the first of any", "source_lost 1 unacked p3")
	d.pass(time.Second)
	d.want("two", "source_lost 1 unacked p3 first", "loss 0 unacked p1")
	d.state(2, monitor.StateSourceLost)
	d.set(2, func(f *monitor.Flow) { f.StateSince = began })
	d.pass(3 * time.Second)
	d.want("one that began before", "source_lost 1 unacked p3", "source_lost 2 unacked p3 first", "loss 0 unacked p1")
	d.pass(10 * time.Second)
	d.state(3, monitor.StateSourceLost)
	d.measure(0, 8e6, 20) // more urgent, but not new
	d.pass(5 * time.Second)
	d.want("one much later", "source_lost 1 unacked p3", "source_lost 2 unacked p3 first", "source_lost 3 unacked p3", "loss 0 unacked p2")
}

// shelve puts alarms aside for a while.
func (d *desk) shelve(kind Kind, flow, target string, last time.Duration) {
	d.board.shelve(Shelf{ID: "s", Kind: kind, FlowID: flow, Target: target, By: "op-1", Reason: "known", At: d.now, Until: d.now.Add(last)}, d.now)
	d.keep(d.board.taken())
}

func TestShelf(t *testing.T) {
	t.Run("an active alarm", func(t *testing.T) {
		d := newDesk(t, 1)
		d.state(0, monitor.StateSourceLost)
		d.pass(4 * time.Second)
		d.shelve(SourceLost, "0", "", 5*time.Minute)
		d.want("shelved")
		same(t, "shelf", toldAll(d.seen.Shelved), []string{"source_lost 0 acked p3"})
		if d.seen.Unacked != 0 || len(d.seen.Shelves) != 1 || d.seen.FlowTops["0"] == nil {
			t.Errorf("%+v", d.seen)
		}
		d.pass(5 * time.Minute)
		d.want("its end", "source_lost 0 unacked p3")
		same(t, "trail", verbs(d.lines), []string{"raised", "unshelved"})
		if len(d.seen.Shelves) != 0 || d.lines[1].Actor != "" {
			t.Errorf("shelves %v, line %+v", d.seen.Shelves, d.lines[1])
		}
	})
	t.Run("answered for before", func(t *testing.T) {
		d := newDesk(t, 1)
		d.state(0, monitor.StateSourceLost)
		d.pass(4 * time.Second)
		d.ackAll()
		d.shelve("", "0", "", 5*time.Minute)
		d.pass(5 * time.Minute)
		d.want("its end", "source_lost 0 acked p3")
	})
	t.Run("raised on the shelf", func(t *testing.T) {
		d := newDesk(t, 1)
		d.shelve("", "0", "", time.Hour)
		d.state(0, monitor.StateSourceLost)
		d.pass(time.Minute)
		d.want("on it")
		same(t, "shelf", toldAll(d.seen.Shelved), []string{"source_lost 0 acked p3"})
		same(t, "changes", d.changes, []string{"source_lost shelved"})
		d.board.unshelve("s")
		d.step()
		d.want("taken off", "source_lost 0 unacked p3")
	})
	t.Run("over on the shelf", func(t *testing.T) {
		d := newDesk(t, 1)
		d.shelve("", "0", "", time.Hour)
		d.state(0, monitor.StateSourceLost)
		d.pass(time.Minute)
		d.state(0, monitor.StateLive)
		d.pass(2 * time.Hour)
		d.want("nothing is left")
	})
	t.Run("of one output", func(t *testing.T) {
		d := newDesk(t, 1)
		d.shelve(OutputLost, "0", "out", time.Hour)
		d.output(0, "out", monitor.OutputLost)
		d.output(0, "two", monitor.OutputLost)
		d.pass(time.Minute)
		d.want("the other", "output_lost 0/two unacked p2")
	})
	t.Run("a member of a parent", func(t *testing.T) {
		d := newDesk(t, 3)
		for i := range 3 {
			d.peer(i, "192.0.2.9:4000")
			d.state(i, monitor.StateSourceLost)
		}
		d.pass(4 * time.Second)
		d.shelve("", "1", "", time.Hour)
		d.pass(time.Second)
		d.want("the parent stays", "many unacked p3 of 3")
		same(t, "shelf", toldAll(d.seen.Shelved), []string{"source_lost 1 acked p3"})
		if len(d.seen.Members) != 2 {
			t.Errorf("members %v", toldAll(d.seen.Members))
		}
	})
}

func TestShelfFits(t *testing.T) {
	for name, s := range map[string]Shelf{
		"too long":      {FlowID: "0", Until: began.Add(longestShelf + time.Second)},
		"over":          {FlowID: "0", Until: began},
		"of everything": {Until: began.Add(time.Hour)},
		"of a parent":   {Kind: Many, Until: began.Add(time.Hour)},
	} {
		if s.fits(began) {
			t.Errorf("%s is taken", name)
		}
	}
	if s := (Shelf{Kind: Unreachable, Until: began.Add(longestShelf)}); !s.fits(began) {
		t.Error("a shelf of one kind is refused")
	}
}

// TestRestart takes what was written down into a new board.
func TestRestart(t *testing.T) {
	d := newDesk(t, 3)
	d.state(0, monitor.StateSourceLost)
	d.state(1, monitor.StateSourceLost)
	d.state(2, monitor.StateWaiting)
	d.pass(4 * time.Second)
	d.ack("op-1", d.seen.Active[0].ID)
	d.pass(time.Minute)
	d.want("before", "source_lost 0 acked p3 first", "source_lost 1 unacked p3", "no_media 2 unacked p2")
	e := newDesk(t, 3)
	e.now = d.now.Add(time.Minute)
	e.board = newBoard(Delays{}.orDefaults(), e.id)
	for _, h := range d.board.listed() {
		again := *h
		e.board.restore(&again, e.now)
	}
	e.snap.Version++
	e.state(2, monitor.StateWaiting)
	e.step()
	e.want("at once", "source_lost 0 acked p3 first", "source_lost 1 unacked p3", "no_media 2 unacked p2")
	e.state(1, monitor.StateSourceLost) // lasts
	e.pass(9 * time.Second)
	e.want("soon", "source_lost 0 acked p3 first", "source_lost 1 unacked p3", "no_media 2 unacked p2")
	e.pass(2 * time.Second)
	e.want("read for long enough", "source_lost 1 unacked p3", "no_media 2 unacked p2")
	same(t, "trail", verbs(e.lines), []string{"cleared"})
}

// TestRestoredFromALostShelf: an alarm whose shelf is gone wants an answer.
func TestRestoredFromALostShelf(t *testing.T) {
	d := newDesk(t, 1)
	h := &held{
		Alarm: &Alarm{ID: "a", Kind: SourceLost, Priority: High, FlowID: "0", Raised: began, Since: began, AckedAt: began, AckedBy: "op-1", Count: 1},
		thing: thing{SourceLost, "0", ""}, shelf: "gone", byShelf: true,
	}
	d.board.restore(h, d.now)
	d.step()
	d.want("restored", "source_lost 0 unacked p3")
}

func TestSignals(t *testing.T) {
	d := newDesk(t, 2)
	d.pass(time.Minute)
	if len(d.signals) != 0 {
		t.Fatalf("the first picture is told: %v", verbs(d.signals))
	}
	d.measure(0, 8_240_000, 0)
	d.pass(time.Second)
	for _, s := range []monitor.State{
		monitor.StateSourceLost, monitor.StateLive, monitor.StateStale, monitor.StateLoss, monitor.StateUnknown,
		monitor.StateLoss, monitor.StateLive, monitor.StateWaiting, monitor.StateStandby,
	} {
		d.state(0, s)
		d.pass(2 * time.Second)
	}
	d.output(1, "two", monitor.OutputLost)
	d.pass(42 * time.Second)
	d.output(1, "two", monitor.OutputOK)
	d.pass(time.Second)
	same(t, "signals", verbs(d.signals), []string{
		"source_lost", "live", "loss", "live", "waiting", "standby", "output_lost two", "output_back two",
	})
	if got, want := d.signals[0].Detail, "was=live lasted=1m2s peer=192.0.2.1 bitrate=8.24Mb/s"; got != want {
		t.Errorf("detail %q, want %q", got, want)
	}
	if got, want := d.signals[1].Detail, "was=source_lost lasted=2s peer=192.0.2.1 bitrate=8.24Mb/s"; got != want {
		t.Errorf("detail %q, want %q", got, want)
	}
	if got, want := d.signals[7].Detail, "output=two lasted=42s"; got != want {
		t.Errorf("detail %q, want %q", got, want)
	}
	d.signals = nil
	d.snap.Link = monitor.Link{Since: d.now, Kind: "unavailable", Reason: `no "route"`}
	d.pass(5 * time.Second)
	d.state(0, monitor.StateStale)
	d.state(1, monitor.StateStale)
	d.pass(5 * time.Second)
	d.snap.Link = monitor.Link{OK: true, Since: d.now}
	d.state(0, monitor.StateStandby)
	d.state(1, monitor.StateLive)
	d.pass(5 * time.Second)
	same(t, "signals of the project", verbs(d.signals), []string{"link_lost", "stale", "link_back", "fresh"})
	if got := d.signals[0].Detail; !strings.HasSuffix(got, `problem="no \"route\""`) {
		t.Errorf("detail %q", got)
	}
}

// TestStopsOfOurOwnAreNoSignal: the command tells of them.
func TestStopsOfOurOwnAreNoSignal(t *testing.T) {
	d := newDesk(t, 1)
	for _, c := range []*monitor.Command{
		{Verb: "stop", Outcome: monitor.OutcomeDone}, {Verb: "stop", Outcome: monitor.OutcomeRefused}, {Verb: "start", Outcome: monitor.OutcomeDone},
	} {
		d.set(0, func(f *monitor.Flow) { f.Command = c })
		d.state(0, monitor.StateStandby)
		d.pass(time.Second)
		d.state(0, monitor.StateLive)
		d.pass(time.Second)
	}
	same(t, "signals", verbs(d.signals), []string{"live", "standby", "live", "standby", "live"})
}

func TestSignalsAreBounded(t *testing.T) {
	d := newDesk(t, 1)
	for range 150 {
		d.state(0, monitor.StateLoss)
		d.pass(200 * time.Millisecond)
		d.state(0, monitor.StateLive)
		d.pass(200 * time.Millisecond)
	}
	d.pass(time.Minute)
	often := slices.IndexFunc(d.signals, func(l trail.Line) bool { return l.Verb == "changes_often" })
	if often != signalsMost || d.signals[often].Detail != "not_written=280" {
		t.Errorf("%d lines, the bound at %d: %s", len(d.signals), often, d.signals[max(0, often)].Detail)
	}
}

// TestRandomWalks lets flows do what they want and people too, and looks each
// time that what must always hold does.
func TestRandomWalks(t *testing.T) {
	for seed := range uint64(150) {
		walk(t, seed)
		if t.Failed() {
			return
		}
	}
}

func walk(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // chance, not a secret
	d := newDesk(t, 6)
	d.snap.Capabilities = capabilities
	for i := range d.flows {
		d.peer(i, fmt.Sprintf("192.0.2.%d:4000", i%2))
	}
	states := []monitor.State{
		monitor.StateLive, monitor.StateSourceLost, monitor.StateSourceLost, monitor.StateWaiting, monitor.StateStandby,
		monitor.StateLoss, monitor.StateStale, monitor.StateUnknown, monitor.StateStopping,
	}
	var last []*Alarm
	for n := range 250 {
		acked := act(d, r, states)
		d.pass(time.Duration(r.IntN(6000)) * time.Millisecond)
		if what := broken(d, last, acked); what != "" {
			t.Errorf("walk %d, step %d: %s\nlisted %v\nmembers %v", seed, n, what, toldAll(d.seen.Active), toldAll(d.seen.Members))
			return
		}
		last = slices.Concat(d.seen.Active, d.seen.Members)
	}
}

// act does something by chance, and tells whom somebody answered for.
func act(d *desk, r *rand.Rand, states []monitor.State) (acked map[string]bool) {
	i := r.IntN(len(d.flows))
	acked = make(map[string]bool)
	switch r.IntN(14) {
	case 0:
		d.snap.Link = monitor.Link{OK: r.IntN(4) > 0, Kind: "unavailable", Since: d.now}
		d.snap.Version++
	case 1:
		d.awake = r.IntN(5) > 0
	case 2:
		d.output(i, "two", []monitor.OutputState{monitor.OutputLost, monitor.OutputOK}[r.IntN(2)])
	case 3:
		for range 6 {
			d.state(i, states[r.IntN(2)])
			d.pass(300 * time.Millisecond)
		}
	case 4:
		for i := range d.flows {
			d.state(i, states[r.IntN(2)])
		}
	case 5:
		for _, a := range d.seen.Active {
			if r.IntN(2) == 0 {
				acked[a.ID] = true
				d.ack("op-1", a.ID)
			}
		}
	case 6:
		s := Shelf{ID: d.id(), FlowID: d.flows[i].ID, By: "op-2", At: d.now, Until: d.now.Add(time.Duration(r.IntN(120)) * time.Second)}
		d.board.shelve(s, d.now)
		d.keep(d.board.taken())
	case 7:
		d.measure(i, 8e6, r.Float64()*8)
	default:
		d.state(i, states[r.IntN(len(states))])
	}
	return acked
}

// broken tells which of the rules does not hold.
func broken(d *desk, last []*Alarm, acked map[string]bool) string {
	v := d.seen
	open := make(map[thing]string)
	all := slices.Concat(v.Active, v.Members, v.Shelved)
	there := make(map[string]*Alarm, len(all))
	for _, a := range all {
		key := d.board.ids[a.ID].thing
		if open[key] != "" {
			return "two open alarms of one thing: " + told(a)
		}
		open[key], there[a.ID] = a.ID, a
		if a.State() == Closed {
			return "a closed alarm is listed: " + told(a)
		}
		if !slices.ContainsFunc(d.lines, func(l trail.Line) bool { return l.ID == a.ID && l.Verb == "raised" }) {
			return "no line of the trail: " + told(a)
		}
		kept := d.stored[a.ID]
		if kept == nil || kept.alarm.State() != a.State() || kept.alarm.Parent != a.Parent {
			return "not written down as shown: " + told(a)
		}
	}
	unacked := 0
	for _, a := range v.Active {
		if a.AckedAt.IsZero() {
			unacked++
		}
	}
	if unacked != v.Unacked || v.High+v.Medium+v.Low != len(v.Active) {
		return "the counts are not those of the list"
	}
	if !slices.IsSortedFunc(v.Active, before) || !slices.IsSortedFunc(v.Members, before) {
		return "not in order"
	}
	for _, a := range v.Members {
		parent := there[a.Parent]
		switch {
		case parent == nil:
			return "a member without its parent: " + told(a)
		case parent.Kind == Many && !parent.AckedAt.IsZero() && a.AckedAt.IsZero():
			return "a parent is answered for, its member is not: " + told(a)
		case parent.Kind == Many && !parent.Cleared.IsZero() && a.Cleared.IsZero():
			return "a parent is over, its member is not: " + told(a)
		}
	}
	for _, a := range last {
		if a.State() != Returned || there[a.ID] != nil {
			continue
		}
		if kept := d.stored[a.ID]; kept.alarm.AckedAt.IsZero() {
			return "a returned alarm went without an answer: " + told(a)
		}
	}
	return ""
}

// TestHowLongItLasted: without the delay after which it counts as over.
func TestHowLongItLasted(t *testing.T) {
	d := newDesk(t, 1)
	d.state(0, monitor.StateSourceLost)
	d.pass(42 * time.Second)
	d.state(0, monitor.StateLive)
	d.pass(11 * time.Second)
	if got := d.lines[len(d.lines)-1].Detail; got != "lasted=42s" {
		t.Errorf("detail %q", got)
	}
}
