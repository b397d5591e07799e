package packager

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

const (
	decidePause = 100 * time.Millisecond // between two looks at who is on air
	gateTime    = 5 * time.Second        // to wait for a key frame; some senders mark none
	keptSignals = 1000
)

// pipeline is a channel that runs.
type pipeline struct {
	dir    string
	opts   Options
	cancel context.CancelFunc
	done   sync.WaitGroup
	ctx    context.Context

	change sync.Mutex // one change of the stages at a time; before mu

	mu       sync.Mutex
	spec     Spec
	sources  [2]*feed
	failover *failover
	active   Role
	layout   layout    // that the stages were started for; unknown: not yet
	gated    time.Time // since when the first key frame of the input on air is awaited; zero: it is not
	encoder  *child    // nil: none
	encoded  *meter    // of what the encoder makes
	outputs  map[string]*output
	recorder *recorder
	seen     []variant // see variants
	signals  []Signal
	stills   []*still // that wait for a key frame
	endTape  context.CancelFunc
	tape     sync.WaitGroup
	endCoder context.CancelFunc
	coder    sync.WaitGroup
}

// feed is an input with what was measured of it.
type feed struct {
	input  Input
	meter  *meter
	last   time.Time // packet of pictures or sound
	silent time.Duration
	begins bool // the next packet that goes on is the first one
}

// The folders of a channel.
const (
	playDir   = "play" // has those of packages
	recordDir = "rec"
)

// clear removes the files of packages that a channel no longer has.
func (p *pipeline) clear() {
	err := clearBut(filepath.Join(p.dir, playDir), func(id string) bool {
		_, there := find(p.spec.Packages, id)
		return there
	})
	if err != nil {
		p.log().Warn("files of packages that are gone remain", "problem", reason(err))
	}
}

// newPipeline runs a channel. Its inputs connect at once; the rest starts when
// they have told what they send.
func newPipeline(spec Spec, opts Options) *pipeline {
	ctx, cancel := context.WithCancel(context.Background())
	p := &pipeline{
		dir: filepath.Join(opts.Dir, spec.ID), opts: opts, cancel: cancel, ctx: ctx,
		spec: spec, outputs: map[string]*output{}, encoded: newMeter(nil),
		failover: newFailover(spec.loss(), spec.GoBack, spec.Standby != nil, time.Now()),
	}
	p.clear()
	if spec.Record > 0 {
		p.startTape()
	}
	p.source(Primary, spec.Primary)
	if spec.Standby != nil {
		p.source(Standby, *spec.Standby)
	}
	p.done.Go(func() { p.decides(ctx) })
	return p
}

// source begins to read an input.
func (p *pipeline) source(role Role, s Source) {
	f := &feed{input: newInput(s, role.String(), p.opts, p.log())}
	f.meter = newMeter(func(section []byte) { p.signal(role, section) })
	p.mu.Lock()
	p.sources[role] = f
	p.mu.Unlock()
	p.done.Go(func() { f.input.Run(p.ctx, func(data []byte) { p.receive(role, data) }) })
}

func (p *pipeline) log() *slog.Logger { return p.opts.Log.With("channel", p.spec.ID) }

// receive measures what an input sends, and hands on what is on air.
func (p *pipeline) receive(role Role, data []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.sources[role]
	on := role == p.active && p.layout.known()
	var whole []byte // is handed on
	if on {
		whole = make([]byte, 0, len(data)+packetSize)
	}
	media := false
	f.meter.feed(data, func(pk packet, key bool) {
		media = media || f.meter.isMedia(pk)
		if role == p.active {
			for _, s := range p.stills {
				s.take(pk, key, f.meter)
			}
		}
		if on && p.pass(key, f.meter) {
			whole = append(whole, f.before(pk)...)
		}
	})
	if media {
		p.came(role, f, time.Now())
	}
	switch {
	case len(whole) == 0:
	case p.encoder != nil:
		p.encoder.in.push(whole)
	default:
		p.fan(whole)
	}
}

// came notes that pictures or sound of an input did. Nothing else keeps it alive:
// a primary that sends tables or garbage must not hold off the standby.
func (p *pipeline) came(role Role, f *feed, now time.Time) {
	if pause := now.Sub(f.last); !f.last.IsZero() && pause > p.spec.loss() {
		f.silent += pause
	}
	f.last = now
	p.failover.packet(role, now)
}

// pass says whether a packet of the input on air goes on: not before a key frame,
// for nobody could decode what comes before it.
func (p *pipeline) pass(key bool, m *meter) bool {
	if p.gated.IsZero() {
		return true
	}
	if !key && m.layout.has(track.video) && time.Since(p.gated) < gateTime {
		return false
	}
	p.gated = time.Time{}
	p.sources[p.active].begins = true
	return true
}

// before gives a packet, and the tables in front of the first one.
func (f *feed) before(pk packet) []byte {
	if !f.begins {
		return pk
	}
	f.begins = false
	return append(f.meter.tables(), pk...)
}

// made takes what the encoder makes.
func (p *pipeline) made(data []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.encoded.feed(data, nil)
	p.fan(bytes.Clone(data))
}

// fan hands a stream to all who write it. It must not change after that.
func (p *pipeline) fan(data []byte) {
	for _, o := range p.outputs {
		o.maker.push(data)
	}
	if p.recorder != nil {
		p.recorder.in.push(data)
	}
}

// signal keeps an SCTE-35 message of the input on air; p.mu is held.
func (p *pipeline) signal(role Role, section []byte) {
	s, err := readSignal(section)
	if err != nil || role != p.active {
		return // not for us, or of a kind that is not told
	}
	s.Seen = time.Now()
	s.Start = s.Seen
	if at, ok := p.sources[role].meter.time(); ok && s.PTS >= 0 {
		s.Start = s.Seen.Add(signed(since(at, s.PTS)))
	}
	p.signals = append(p.signals, s)
	p.signals = p.signals[max(0, len(p.signals)-keptSignals):]
}

// signed turns ticks of 90 kHz into a duration.
func signed(n int64) time.Duration {
	if n < 0 {
		return -ticks(uint64(-n))
	}
	return ticks(uint64(n))
}

// decides looks who is on air, until ctx ends.
func (p *pipeline) decides(ctx context.Context) {
	tick := time.NewTicker(decidePause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			p.decide()
		}
	}
}

// decide changes over to the input that should be on air, and starts the stages
// anew where what comes now is of another layout.
func (p *pipeline) decide() {
	p.change.Lock()
	defer p.change.Unlock()
	p.mu.Lock()
	role := p.failover.decide(time.Now())
	if role != p.active {
		p.opts.Log.Info("input", "channel", p.spec.ID, "on air", role.String())
		p.gated = time.Now()
	}
	p.active = role
	comes := p.sources[role].meter.layout.clone()
	anew := comes.known() && !comes.equal(p.layout) && (comes.has(track.video) || comes.has(track.audio))
	p.mu.Unlock()
	if anew {
		p.restage(comes)
	}
}

// restage starts encoder and packages for a layout, or changes them over to it.
// p.change is held.
func (p *pipeline) restage(comes layout) {
	p.mu.Lock()
	before := p.layout
	p.layout, p.gated, p.seen = comes, time.Now(), nil
	encoder := p.encoder
	p.mu.Unlock()
	if len(p.spec.Ladder) > 0 {
		if encoder == nil {
			p.startEncoder()
		} else {
			encoder.again()
		}
	}
	out := p.making()
	if before.known() && slices.Equal(out.all, p.spec.rungs(before)) && encoder != nil {
		return // the encoder makes the same of it
	}
	for _, pkg := range p.spec.Packages {
		p.output(pkg, out)
	}
}

// making is what packagers get.
func (p *pipeline) making() made {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := made{all: p.spec.rungs(p.layout), in: p.layout}
	if len(p.spec.Ladder) > 0 {
		m.in = encodedLayout(p.spec.Ladder, p.layout)
		m.closed = !slices.ContainsFunc(p.spec.Ladder, func(t Template) bool { return t.Copy })
	}
	return m
}

// output makes a package, or remakes it.
func (p *pipeline) output(pkg Package, m made) {
	p.mu.Lock()
	o := p.outputs[pkg.ID]
	p.mu.Unlock()
	if o != nil {
		o.remake(m)
		return
	}
	o = newOutput(p.ctx, pkg, m, p.folder(pkg.ID), p.opts, p.log())
	p.mu.Lock()
	defer p.mu.Unlock()
	p.outputs[pkg.ID] = o
}

// folder is where the files of a package are.
func (p *pipeline) folder(id string) string { return filepath.Join(p.dir, playDir, id) }

// startEncoder runs the encoder of the ladder.
func (p *pipeline) startEncoder() {
	ctx, cancel := context.WithCancel(p.ctx)
	c := &child{
		name: "encoder", path: p.opts.FFmpeg, in: newQueue(childQueue), out: p.made, log: p.log(),
		args: func(string) ([]string, error) {
			p.mu.Lock()
			defer p.mu.Unlock()
			return encoderArgs(p.spec, p.layout), nil
		},
	}
	c.begun = func() { p.encodes(c.state().Starts > 0) }
	p.mu.Lock()
	p.encoder, p.endCoder = c, cancel
	p.mu.Unlock()
	p.coder.Go(func() { c.run(ctx) })
}

// encodes readies all for what a new process of the encoder makes. Where it is
// not the first one, HLS begins anew too, so that players are told that the
// stream does not go on; DASH cannot tell, and mends the times instead.
func (p *pipeline) encodes(again bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.encoded.counts
	p.encoded = newMeter(nil) // its counters begin anew, ours do not
	p.encoded.counts = before
	p.gated = time.Now()
	for _, o := range p.outputs {
		if again && o.wanted().Format == HLS {
			o.maker.again()
		}
	}
}

// stopEncoder ends the encoder, if there is one.
func (p *pipeline) stopEncoder() {
	p.mu.Lock()
	end := p.endCoder
	p.encoder, p.endCoder = nil, nil
	p.mu.Unlock()
	if end != nil {
		end()
		p.coder.Wait()
	}
}

// startTape begins to record.
func (p *pipeline) startTape() {
	ctx, cancel := context.WithCancel(p.ctx)
	r := openRecorder(filepath.Join(p.dir, recordDir), p.spec.piece(), p.spec.Record, p.opts.RecordFree, p.log())
	p.mu.Lock()
	p.recorder, p.endTape = r, cancel
	p.mu.Unlock()
	p.tape.Go(func() { r.run(ctx) })
}

// stopTape ends the recording; what was recorded stays.
func (p *pipeline) stopTape() {
	p.mu.Lock()
	end := p.endTape
	p.recorder, p.endTape = nil, nil
	p.mu.Unlock()
	if end != nil {
		end()
		p.tape.Wait()
	}
}

// apply changes what runs with the least interruption. The inputs stay: see
// [Packager.Put].
func (p *pipeline) apply(next Spec, e Effect) {
	p.change.Lock()
	defer p.change.Unlock()
	p.mu.Lock()
	p.spec, p.seen = next, nil
	comes := p.layout
	p.mu.Unlock()
	for _, id := range append(slices.Clone(e.Gone), e.Packages...) {
		p.drop(id)
	}
	p.clear()
	for _, pkg := range next.Packages {
		if o := p.find(pkg.ID); o != nil {
			o.serve(pkg)
		}
	}
	p.record(next, e)
	if e.Encoder {
		p.stopEncoder()
	}
	if !comes.known() {
		return // all starts when the input has come
	}
	if e.Encoder && len(next.Ladder) > 0 {
		p.startEncoder()
	}
	m := p.making()
	for _, pkg := range next.Packages {
		if p.find(pkg.ID) == nil {
			p.output(pkg, m)
		}
	}
}

// record begins, ends or changes the recording.
func (p *pipeline) record(next Spec, e Effect) {
	switch {
	case e.Recorder && next.Record > 0:
		p.startTape()
	case e.Recorder:
		p.stopTape()
	case p.recorder != nil:
		p.recorder.retainFor(next.Record)
	}
}

// drop ends a package.
func (p *pipeline) drop(id string) {
	p.mu.Lock()
	o := p.outputs[id]
	delete(p.outputs, id)
	p.mu.Unlock()
	if o != nil {
		o.close()
	}
}

func (p *pipeline) find(id string) *output {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.outputs[id]
}

// close ends all of it, and waits.
func (p *pipeline) close() {
	p.cancel()
	p.done.Wait()
	p.stopEncoder()
	p.mu.Lock()
	outputs := p.outputs
	p.outputs = map[string]*output{}
	p.mu.Unlock()
	for _, o := range outputs {
		o.close()
	}
	p.stopTape()
}

// piece is how long the files of a recording are: as long as the segments of the
// package that plays them.
func (s Spec) piece() time.Duration {
	for _, p := range s.Packages {
		if p.Format == HLS {
			return p.Segment
		}
	}
	return defaultPiece
}
