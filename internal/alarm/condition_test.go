package alarm

import (
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// TestConditions goes through each condition: how it begins, that it is no alarm
// just before its delay, and that it is one just after.
func TestConditions(t *testing.T) {
	const just = 50 * time.Millisecond
	band := func(d *desk, b monitor.Band) { d.set(0, func(f *monitor.Flow) { f.Care.Band = b }) }
	for name, test := range map[string]struct {
		do    func(d *desk)
		delay time.Duration
		want  string // empty: no alarm at all
	}{
		"source lost":       {func(d *desk) { d.state(0, monitor.StateSourceLost) }, 3 * time.Second, "source_lost 0 unacked p3"},
		"output lost":       {func(d *desk) { d.output(0, "out", monitor.OutputLost) }, 3 * time.Second, "output_lost 0/out unacked p2"},
		"output idle":       {func(d *desk) { d.output(0, "out", monitor.OutputIdle) }, time.Minute, ""},
		"output turned off": {func(d *desk) { d.output(0, "out", monitor.OutputOff) }, time.Minute, ""},
		"waiting":           {func(d *desk) { d.state(0, monitor.StateWaiting) }, time.Minute, "no_media 0 unacked p2"},
		"started, not confirmed": {func(d *desk) {
			d.set(0, func(f *monitor.Flow) {
				f.State = monitor.StateStarting
				f.Command = &monitor.Command{Verb: "start", At: d.now}
			})
		}, time.Minute, "no_media 0 unacked p2"},
		"standby":              {func(d *desk) { d.state(0, monitor.StateStandby) }, time.Hour, ""},
		"stopping":             {func(d *desk) { d.state(0, monitor.StateStopping) }, time.Hour, ""},
		"unknown":              {func(d *desk) { d.state(0, monitor.StateUnknown) }, time.Hour, ""},
		"stale":                {func(d *desk) { d.state(0, monitor.StateStale) }, time.Hour, ""},
		"loss":                 {func(d *desk) { d.measure(0, 8e6, 1.5) }, 5 * time.Second, "loss 0 unacked p1"},
		"loss within the band": {func(d *desk) { band(d, monitor.Band{MaxLoss: 2}); d.measure(0, 8e6, 1.5) }, time.Hour, ""},
		"much loss":            {func(d *desk) { d.measure(0, 8e6, 5) }, 5 * time.Second, "loss 0 unacked p2"},
		"output loses": {func(d *desk) {
			d.set(0, func(f *monitor.Flow) {
				f.Outputs[0].State = monitor.OutputLoss
				f.Outputs[0].Statistics = &medialive.LegStatistics{State: medialive.LegConnected, Loss: 3}
			})
		}, 5 * time.Second, "loss 0/out unacked p1"},
		"bitrate low":     {func(d *desk) { band(d, monitor.Band{MinBitrate: 5}); d.measure(0, 4e6, 0) }, 5 * time.Second, "bitrate 0 unacked p1"},
		"bitrate high":    {func(d *desk) { band(d, monitor.Band{MaxBitrate: 5}); d.measure(0, 6e6, 0) }, 5 * time.Second, "bitrate 0 unacked p1"},
		"bitrate inside":  {func(d *desk) { band(d, monitor.Band{MinBitrate: 5, MaxBitrate: 9}); d.measure(0, 6e6, 0) }, time.Hour, ""},
		"bitrate no band": {func(d *desk) { d.measure(0, 1, 0) }, time.Hour, ""},
		"unreachable": {func(d *desk) {
			d.snap.Link = monitor.Link{Since: d.now, Kind: medialive.KindUnavailable, Reason: "connection refused"}
			d.snap.Version++
		}, 5 * time.Second, "unreachable unacked p3"},
		"first try not ended": {func(d *desk) { d.snap.Link = monitor.Link{}; d.snap.Version++ }, time.Hour, ""},
		"credential in an hour": {func(d *desk) {
			d.snap.Credential = d.now.Add(61 * time.Minute)
		}, time.Minute, "credential unacked p1"},
		"credential for ever": {func(*desk) {}, time.Hour, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, 1)
			test.do(d)
			d.pass(test.delay - just)
			d.want("before its delay")
			d.pass(2 * just)
			if test.want == "" {
				d.want("after")
				return
			}
			d.want("after its delay", test.want)
			if len(d.lines) != 1 || d.lines[0].Verb != "raised" || d.lines[0].ID != d.seen.Active[0].ID {
				t.Errorf("trail: %+v", d.lines)
			}
		})
	}
}

func TestIdle(t *testing.T) {
	d := newDesk(t, 2)
	d.set(1, func(f *monitor.Flow) { f.Care.Band.IdleAfter = 2 * time.Minute })
	d.state(0, monitor.StateWaiting)
	d.state(1, monitor.StateWaiting)
	d.pass(61 * time.Second)
	d.want("after a minute", "no_media 0 unacked p2 first", "no_media 1 unacked p2")
	d.ackAll()
	d.pass(60 * time.Second)
	d.want("after two", "no_media 0 acked p2 first", "no_media 1 acked p2", "idle 1 unacked p1")
	d.pass(8 * time.Minute)
	d.want("after ten", "no_media 0 acked p2 first", "no_media 1 acked p2", "idle 1 unacked p1", "idle 0 unacked p1")
	d.state(0, monitor.StateLive)
	d.pass(10 * time.Second)
	d.want("media came", "no_media 1 acked p2", "idle 1 unacked p1", "idle 0 returned p1")
}

func TestCredentialGetsUrgent(t *testing.T) {
	d := newDesk(t, 1)
	d.snap.Credential = d.now.Add(30 * time.Minute)
	d.pass(time.Second)
	d.want("half an hour before", "credential unacked p1")
	d.ackAll()
	d.pass(19 * time.Minute)
	d.want("eleven minutes before", "credential acked p1")
	d.pass(time.Minute)
	d.want("ten minutes before", "credential unacked p2")
	if a := d.seen.Active[0]; a.Value > 10 || a.Limit != 60 {
		t.Errorf("%v of %v minutes left", a.Value, a.Limit)
	}
	d.snap.Credential = d.now.Add(24 * time.Hour)
	d.pass(11 * time.Second)
	d.want("signed in again", "credential returned p2")
}

func TestLossGetsWorse(t *testing.T) {
	d := newDesk(t, 1)
	d.measure(0, 8e6, 2)
	d.pass(6 * time.Second)
	d.ackAll()
	d.measure(0, 8e6, 4)
	d.pass(6 * time.Second)
	d.want("worse, still low", "loss 0 acked p1")
	if got := d.seen.Active[0].Value; got != 4 {
		t.Errorf("shows %v %%", got)
	}
	d.measure(0, 8e6, 3)
	d.pass(time.Second)
	if got := d.seen.Active[0].Value; got != 4 {
		t.Errorf("shows %v %%, which is not the worst", got)
	}
	d.measure(0, 8e6, 9)
	d.pass(4 * time.Second)
	d.want("much for a moment", "loss 0 acked p1")
	d.measure(0, 8e6, 2)
	d.pass(time.Second)
	d.measure(0, 8e6, 9)
	d.pass(4 * time.Second)
	d.want("much again, not for long", "loss 0 acked p1")
	d.pass(time.Second)
	d.want("much for long", "loss 0 unacked p2")
	d.measure(0, 8e6, 2)
	d.pass(time.Minute)
	d.want("less, but not over", "loss 0 unacked p2")
	if d.writes > 12 {
		t.Errorf("%d writes for figures", d.writes)
	}
}

func TestUnreachableHoldsAll(t *testing.T) {
	d := newDesk(t, 2)
	d.state(0, monitor.StateSourceLost)
	d.pass(4 * time.Second)
	d.want("lost", "source_lost 0 unacked p3")
	d.state(1, monitor.StateSourceLost)
	d.pass(time.Second)
	d.snap.Link = monitor.Link{Since: d.now, Kind: medialive.KindUnavailable}
	d.pass(time.Minute)
	d.want("no API", "source_lost 0 unacked p3", "unreachable unacked p3")
	d.state(0, monitor.StateLive) // what is read while the link is down is not certain
	d.pass(time.Minute)
	d.want("no API for long", "source_lost 0 unacked p3", "unreachable unacked p3")
	d.snap.Link = monitor.Link{OK: true, Since: d.now}
	d.snap.Version++
	d.pass(2900 * time.Millisecond)
	d.want("back", "source_lost 0 unacked p3", "unreachable unacked p3")
	d.pass(200 * time.Millisecond)
	d.want("known again", "source_lost 0 unacked p3", "unreachable unacked p3", "source_lost 1 unacked p3")
	d.pass(7 * time.Second)
	d.want("all told", "source_lost 0 returned p3", "unreachable returned p3", "source_lost 1 unacked p3")
}

func TestNobodyWatches(t *testing.T) {
	d := newDesk(t, 1)
	d.state(0, monitor.StateSourceLost)
	d.pass(4 * time.Second)
	d.awake = false
	d.state(0, monitor.StateLive)
	d.pass(time.Hour)
	d.want("asleep", "source_lost 0 unacked p3")
	if d.seen.Watched {
		t.Error("shown as watched")
	}
	d.awake = true
	d.pass(time.Minute)
	d.want("awake with the picture of before", "source_lost 0 unacked p3")
	d.snap.Version++
	d.pass(11 * time.Second)
	d.want("read anew", "source_lost 0 returned p3")
	if !d.seen.Watched {
		t.Error("not shown as watched")
	}
}

func TestCommandsEndAlarms(t *testing.T) {
	stop := func(d *desk) {
		d.set(0, func(f *monitor.Flow) {
			f.Command = &monitor.Command{Verb: "stop", At: d.now, Outcome: monitor.OutcomeDone}
		})
		d.state(0, monitor.StateStandby)
	}
	for name, test := range map[string]struct {
		do    func(d *desk)
		cause string
	}{
		"stopped":          {stop, "cause=commanded"},
		"stopped by other": {func(d *desk) { d.state(0, monitor.StateStandby) }, "cause=standby"},
		"deleted":          {func(d *desk) { d.flows = d.flows[1:]; d.snap.Version++ }, "cause=deleted"},
		"restarted": {func(d *desk) {
			d.set(0, func(f *monitor.Flow) {
				f.Command = &monitor.Command{Verb: "start", At: d.now, Outcome: monitor.OutcomeDone}
			})
			d.state(0, monitor.StateWaiting)
		}, "cause=commanded"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, 2)
			d.state(0, monitor.StateSourceLost)
			d.pass(4 * time.Second)
			d.ackAll()
			test.do(d)
			d.step()
			d.want("at once")
			last := d.lines[len(d.lines)-1]
			if last.Verb != "cleared" || last.Detail != "lasted=4s "+test.cause {
				t.Errorf("trail: %s %s", last.Verb, last.Detail)
			}
		})
	}
	t.Run("output removed", func(t *testing.T) {
		d := newDesk(t, 1)
		d.output(0, "two", monitor.OutputLost)
		d.pass(4 * time.Second)
		d.ackAll()
		d.set(0, func(f *monitor.Flow) { f.Outputs = f.Outputs[:1] })
		d.step()
		d.want("at once")
	})
	t.Run("stopping", func(t *testing.T) {
		d := newDesk(t, 1)
		d.state(0, monitor.StateSourceLost)
		d.pass(4 * time.Second)
		d.state(0, monitor.StateStopping)
		d.pass(time.Minute)
		d.want("not known yet", "source_lost 0 unacked p3")
		stop(d)
		d.step()
		d.want("stopped, nobody answered", "source_lost 0 returned p3")
	})
}

// TestOutputUnderALostSource: while nothing comes nothing can be said of outputs.
func TestOutputUnderALostSource(t *testing.T) {
	d := newDesk(t, 1)
	d.output(0, "out", monitor.OutputLost)
	d.pass(4 * time.Second)
	d.state(0, monitor.StateSourceLost)
	d.pass(time.Minute)
	d.want("source lost", "source_lost 0 unacked p3", "output_lost 0/out unacked p2 first")
	d.state(0, monitor.StateWaiting) // the gateway was restarted: still nothing has come back
	d.pass(30 * time.Second)
	d.want("waiting", "source_lost 0 unacked p3", "output_lost 0/out unacked p2 first")
	d.state(0, monitor.StateLive)
	d.pass(11 * time.Second)
	d.want("back", "source_lost 0 returned p3", "output_lost 0/out returned p2 first")
}

// TestOutputReadBeforeItsSource: on a polled backend both are lost at once, and
// the output is read first. It is no alarm of the output.
func TestOutputReadBeforeItsSource(t *testing.T) {
	d := newDesk(t, 1)
	read := d.flows[0].DetailAt
	d.output(0, "out", monitor.OutputLost)
	d.set(0, func(*monitor.Flow) {})
	d.flows[0].DetailAt = read
	d.pass(5 * time.Second)
	d.state(0, monitor.StateSourceLost)
	d.pass(4 * time.Second)
	d.want("the source", "source_lost 0 unacked p3")
	same(t, "signals", verbs(d.signals), []string{"source_lost"})
}
