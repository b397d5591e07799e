package monitor

import (
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// ago gives a moment before noon.
func ago(d time.Duration) time.Time { return noon.Add(-d) }

// leg is a measured leg in a state since ten seconds ago.
func leg(name string, s medialive.LegState, change ...func(*medialive.LegStatistics)) medialive.LegStatistics {
	l := medialive.LegStatistics{Name: name, State: s, Since: ago(10 * time.Second)}
	for _, f := range change {
		f(&l)
	}
	return l
}

func lost(l *medialive.LegStatistics) { l.Lost = true }

func losing(percent float64) func(*medialive.LegStatistics) {
	return func(l *medialive.LegStatistics) { l.Loss = percent }
}

func tries(n int) func(*medialive.LegStatistics) {
	return func(l *medialive.LegStatistics) { l.Attempts = n }
}

// measured are the facts of an active flow of a gateway with one output.
func measured(source, output medialive.LegStatistics) facts {
	return facts{
		status: medialive.Active, statusOf: freshness{0, time.Second}, mediaOf: freshness{0, time.Second},
		source:      &medialive.Source{Health: medialive.Disconnected},
		movingSince: ago(time.Minute),
		statistics:  &medialive.FlowStatistics{Source: source, Outputs: []medialive.LegStatistics{output}},
		outputs:     []outputFacts{{name: output.Name, config: &medialive.Output{Name: output.Name, Status: medialive.Enabled}}},
	}
}

// reported are the facts of an active flow of a cloud with one output.
func reported(source, output medialive.Health, protocol medialive.Protocol) facts {
	return facts{
		status: medialive.Active, statusOf: freshness{0, time.Second}, mediaOf: freshness{0, time.Second},
		source: &medialive.Source{Health: source}, movingSince: ago(time.Minute),
		outputs: []outputFacts{{
			name: "o", at: noon, alone: true,
			config: &medialive.Output{Name: "o", Status: medialive.Enabled, Health: output, Protocol: protocol},
		}},
	}
}

func with(f facts, change func(*facts)) facts {
	change(&f)
	return f
}

func commanded(f facts, verb string, since time.Duration, o Outcome) facts {
	f.command = &Command{Verb: verb, At: ago(since), Outcome: o}
	return f
}

func TestDeriveMeasured(t *testing.T) {
	const (
		off        = medialive.LegOff
		waiting    = medialive.LegWaiting
		connecting = medialive.LegConnecting
		connected  = medialive.LegConnected
		failed     = medialive.LegFailed
		silent     = medialive.LegUnknown
	)
	for _, c := range []struct {
		name   string
		facts  facts
		flow   State
		output OutputState
	}{
		{"nobody there", measured(leg("s", waiting), leg("o", waiting)), StateWaiting, OutputIdle},
		{"caller source tries", measured(leg("s", connecting, tries(9)), leg("o", waiting)), StateWaiting, OutputIdle},
		{"all well", measured(leg("s", connected), leg("o", connected)), StateLive, OutputOK},
		{"nobody pulls yet", measured(leg("s", connected), leg("o", waiting)), StateLive, OutputIdle},
		{"first call of an output", measured(leg("s", connected), leg("o", connecting, tries(1))), StateLive, OutputIdle},
		{"output cannot connect", measured(leg("s", connected), leg("o", connecting, tries(2))), StateOutputLost, OutputLost},
		{"output was there", measured(leg("s", connected), leg("o", waiting, lost)), StateOutputLost, OutputLost},
		{"output switched off", measured(leg("s", connected), leg("o", off)), StateLive, OutputOff},
		{"output has no port", measured(leg("s", connected), leg("o", failed)), StateOutputLost, OutputLost},
		{"output has no port, no source", measured(leg("s", waiting), leg("o", failed)), StateWaiting, OutputLost},
		{"nothing can run", measured(leg("s", failed), leg("o", failed)), StateSourceLost, OutputIdle},
		{"the media process is silent", measured(leg("s", silent), leg("o", silent)), StateUnknown, OutputUnknown},
		{"nothing is known of the output", measured(leg("s", connected), leg("o", silent)), StateLive, OutputUnknown},
		{"source lost, so is the output", measured(leg("s", waiting, lost), leg("o", waiting, lost)), StateSourceLost, OutputIdle},
		{"source back a moment ago", with(measured(leg("s", connected), leg("o", waiting, lost)), func(f *facts) {
			f.movingSince = ago(time.Second)
		}), StateLive, OutputIdle},
		{"loss at the source", measured(leg("s", connected, losing(1)), leg("o", connected)), StateLoss, OutputOK},
		{"a little loss", measured(leg("s", connected, losing(0.99)), leg("o", connected)), StateLive, OutputOK},
		{"loss at the output", measured(leg("s", connected), leg("o", connected, losing(3))), StateLive, OutputLoss},
		{"loss outweighs a lost output", measured(leg("s", connected, losing(2)), leg("o", waiting, lost)), StateLoss, OutputLost},
		{"disabled", with(measured(leg("s", connected), leg("o", waiting, lost)), func(f *facts) {
			f.outputs[0].config = &medialive.Output{Name: "o", Status: medialive.Disabled}
		}), StateLive, OutputOff},
		{"measured too long ago", with(measured(leg("s", connected), leg("o", connected)), func(f *facts) {
			f.mediaOf.age = 4*time.Second + 1
		}), StateStale, OutputUnknown},
		{"measured just in time", with(measured(leg("s", connected), leg("o", connected)), func(f *facts) {
			f.mediaOf.age = 4 * time.Second
		}), StateLive, OutputOK},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := derive(c.facts, noon)
			if got.state != c.flow || got.outputs[0].state != c.output {
				t.Errorf("flow %s, output %s; want %s, %s", got.state, got.outputs[0].state, c.flow, c.output)
			}
		})
	}
}

func TestDeriveReported(t *testing.T) {
	const (
		yes = medialive.Connected
		no  = medialive.Disconnected
	)
	moved := func(f facts) facts { f.sourceMoved = true; return f }
	outputMoved := func(f facts) facts { f.outputs[0].moved = true; return f }
	for _, c := range []struct {
		name   string
		facts  facts
		flow   State
		output OutputState
	}{
		{"nobody there", reported(no, no, medialive.Listener), StateWaiting, OutputIdle},
		{"all well", reported(yes, yes, medialive.Listener), StateLive, OutputOK},
		{"nobody pulls yet", reported(yes, no, medialive.Listener), StateLive, OutputIdle},
		{"puller left", outputMoved(reported(yes, no, medialive.Listener)), StateOutputLost, OutputLost},
		{"cannot call", reported(yes, no, medialive.Caller), StateOutputLost, OutputLost},
		{"cannot call yet", with(reported(yes, no, medialive.Caller), func(f *facts) { f.movingSince = ago(14 * time.Second) }), StateLive, OutputIdle},
		{"without media, the source not read since", with(outputMoved(reported(yes, no, medialive.Caller)), func(f *facts) {
			f.outputs[0].alone = false
		}), StateLive, OutputIdle},
		{"source lost", moved(outputMoved(reported(no, no, medialive.Caller))), StateSourceLost, OutputIdle},
		{"health not told", reported("", "", medialive.Caller), StateUnknown, OutputUnknown},
		{"details not read", with(reported(yes, yes, medialive.Caller), func(f *facts) {
			f.source, f.outputs[0].config = nil, nil
		}), StateUnknown, OutputUnknown},
		{"standby", with(reported(no, yes, medialive.Caller), func(f *facts) { f.status = medialive.Standby }), StateStandby, OutputOff},
		{"standby does not age by its media", with(reported(no, no, medialive.Caller), func(f *facts) {
			f.status, f.mediaOf.age = medialive.Standby, time.Hour
		}), StateStandby, OutputOff},
		{"standby too old", with(reported(no, no, medialive.Caller), func(f *facts) {
			f.status, f.statusOf.age = medialive.Standby, time.Hour
		}), StateStale, OutputUnknown},
		{"a status nobody knows", with(reported(yes, yes, medialive.Caller), func(f *facts) { f.status = "PAUSED" }), StateUnknown, OutputUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := derive(c.facts, noon)
			if got.state != c.flow || got.outputs[0].state != c.output {
				t.Errorf("flow %s, output %s; want %s, %s", got.state, got.outputs[0].state, c.flow, c.output)
			}
		})
	}
}

func TestDeriveCommanded(t *testing.T) {
	standby := facts{status: medialive.Standby, statusOf: freshness{0, time.Second}}
	live := measured(leg("s", medialive.LegConnected), leg("o", medialive.LegConnected))
	confirmed := func(f facts) facts { f.confirmed = true; return f }
	for _, c := range []struct {
		name  string
		facts facts
		want  State
	}{
		{"start under way", commanded(standby, "start", time.Second, OutcomePending), StateStarting},
		{"start answered, not read", commanded(standby, "start", time.Second, OutcomeDone), StateStarting},
		{"start refused", commanded(standby, "start", time.Second, OutcomeRefused), StateStandby},
		{"start without answer", commanded(standby, "start", time.Hour, OutcomeUnknown), StateUnknown},
		{"start proved not done", commanded(standby, "start", time.Minute, OutcomeNotDone), StateStandby},
		{"start not confirmed in time", commanded(standby, "start", time.Minute, OutcomeDone), StateUnknown},
		{"start never confirmed", commanded(standby, "start", 5*time.Minute, OutcomeDone), StateStandby},
		{"start confirmed, source not read", confirmed(commanded(facts{
			status: medialive.Active, statusOf: freshness{0, time.Second}, mediaOf: freshness{0, time.Second},
		}, "start", 2*time.Second, OutcomeDone)), StateStarting},
		{"start confirmed, source never read", confirmed(commanded(facts{
			status: medialive.Active, statusOf: freshness{0, time.Second}, mediaOf: freshness{0, time.Second},
		}, "start", 2*time.Minute, OutcomeDone)), StateUnknown},
		{"start confirmed", confirmed(commanded(live, "start", time.Second, OutcomeDone)), StateLive},
		{"stop under way", commanded(live, "stop", time.Second, OutcomePending), StateStopping},
		{"stop without answer", commanded(live, "stop", time.Second, OutcomeUnknown), StateUnknown},
		{"stop confirmed", confirmed(commanded(standby, "stop", time.Second, OutcomeDone)), StateStandby},
		{"stale outweighs", with(commanded(live, "stop", time.Second, OutcomePending), func(f *facts) { f.statusOf.age = time.Hour }), StateStale},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := derive(c.facts, noon); got.state != c.want {
				t.Errorf("state %s, want %s", got.state, c.want)
			}
		})
	}
}

func TestFreshness(t *testing.T) {
	for _, c := range []struct {
		age          time.Duration
		aging, stale bool
	}{
		{4 * time.Second, false, false},
		{4*time.Second + 1, true, false},
		{8 * time.Second, true, false},
		{8*time.Second + 1, true, true},
	} {
		f := freshness{c.age, 2 * time.Second}
		if f.aging() != c.aging || f.stale() != c.stale {
			t.Errorf("%s of 2s: aging %t, stale %t; want %t, %t", c.age, f.aging(), f.stale(), c.aging, c.stale)
		}
	}
}

// TestAgeOfOutputs: a state that says something of the outputs is as old as what
// was read of them.
func TestAgeOfOutputs(t *testing.T) {
	const yes, no = medialive.Connected, medialive.Disconnected
	old := func(f facts) facts {
		f.outputs[0].readOf = freshness{5 * time.Second, 2 * time.Second}
		return f
	}
	for _, c := range []struct {
		name  string
		facts facts
		state State
		aging bool
	}{
		{"lost", reported(yes, no, medialive.Caller), StateOutputLost, false},
		{"lost, read long ago", old(reported(yes, no, medialive.Caller)), StateOutputLost, true},
		{"well, read long ago", old(reported(yes, yes, medialive.Caller)), StateLive, true},
		{"without a source", old(reported(no, no, medialive.Caller)), StateWaiting, false},
		{"measured", old(measured(leg("in", medialive.LegConnected), leg("o", medialive.LegConnected))), StateLive, false},
	} {
		if v := derive(c.facts, noon); v.state != c.state || v.aging != c.aging {
			t.Errorf("%s: %s, aging %t; want %s, %t", c.name, v.state, v.aging, c.state, c.aging)
		}
	}
}

func TestSinceIsNeverInTheFuture(t *testing.T) {
	ahead := noon.Add(time.Hour)
	for _, c := range []struct {
		name           string
		told, before   time.Time
		same           bool
		fallback, want time.Time
	}{
		{"told", ago(5), time.Time{}, false, noon, ago(5)},
		{"told ahead of our clock", ahead, time.Time{}, false, noon, noon},
		{"told ahead, known before", ahead, ago(7), true, noon, ago(7)},
		{"as before", time.Time{}, ago(7), true, noon, ago(7)},
		{"changed", time.Time{}, ago(7), false, ago(1), ago(1)},
	} {
		if got := since(c.told, c.same, c.before, c.fallback, noon); !got.Equal(c.want) {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
