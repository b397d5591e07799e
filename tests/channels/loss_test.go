package channels

import (
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

const (
	lossThreshold = 1000            // milliseconds
	late          = time.Second     // that a busy machine may take longer
	steady        = 5 * time.Second // that the primary must have come for
	onPrimary     = "primary"       //
	onStandby     = "standby"       //
)

// plain is a package of what comes in, as it comes.
func plain(ch *medialive.Channel) {
	ch.Outputs = []medialive.Endpoint{{HLS: []medialive.HLSPackage{{Package: output(ch.ID, "index.m3u8")}}}}
}

// TestSenderLost kills the sender of the primary: the standby is on air within the
// condition of the channel, and the primary again once it has been steady.
func TestSenderLost(t *testing.T) {
	t.Parallel()
	h := open(t)
	input := bySRT()
	input.Standby = input.Sources
	input.Failover = &medialive.FailoverConditions{LossThreshold: new(lossThreshold), Preference: medialive.PreferPrimary}
	ch, _ := h.create("lost", input, plain)
	push := ch.detail().Push
	sender := h.pushSRT(push[0])
	h.pushSRT(push[1])
	ch.eventually("both inputs", func() bool {
		run := ch.run()
		return run.Inputs[0].Alive && run.Inputs[1].Alive && run.OnAir == onPrimary && fetch(t, ch.address(0)).status == 200
	})
	rendition := readMaster(t, ch.address(0))[0].address
	before, switched := h.grown(rendition, 2), ch.run().Switches

	sender.kill()
	killed := time.Now()
	var run medialive.ChannelRun
	ch.eventually("the standby on air", func() bool { run = ch.run(); return run.OnAir == onStandby })
	took, last := time.Since(run.Inputs[0].Last), run.Inputs[0].Last
	t.Logf("the standby was on air %v after the last packet, %v after the kill", took, time.Since(killed))
	if condition := lossThreshold * time.Millisecond; took < condition-100*time.Millisecond || took > condition+late {
		t.Errorf("%v after the last packet, the condition is %v", took, condition)
	}
	after := h.grown(rendition, 3)
	after.follows(t, before)
	if now := ch.run(); now.OnAir != onStandby || !now.Inputs[0].Last.Equal(last) || now.Inputs[0].Alive {
		t.Errorf("while the primary is lost: %+v", now)
	}

	h.pushSRT(push[0])
	ch.eventually("the primary sends again", func() bool { return ch.run().Inputs[0].Alive })
	back := ch.eventually("the primary on air", func() bool { run = ch.run(); return run.OnAir == onPrimary })
	t.Logf("the primary was on air again after %v", back)
	if back < steady-late || run.Switches != switched+2 {
		t.Errorf("on air after %v, %d switches, and %d before", back, run.Switches, switched)
	}
	h.grown(rendition, 3).follows(t, after)
	plays(t, ch.address(0))
}
