package history

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/flowdeck/flowdeck/internal/monitor"
)

// A chunk is kept as a byte with the version of the form, and a deflated list
// of records, each the step after the one before it. A record is a head byte,
// and what the head says follows:
//
//	bits 0–3  the state, 0: nothing is known
//	bit 4     figures: bitrate (kb/s) and RTT (0.1 ms), as differences from the last ones
//	bit 5     loss (0.01 %)
//	bit 6     packets retransmitted and dropped
//	bit 7     so many more steps are like this one; only of records without figures
const (
	chunkVersion = 1
	stateBits    = 0x0f
	hasFigures   = 0x10
	hasLoss      = 0x20
	hasCounters  = 0x40
	repeats      = 0x80
)

// The units of the figures.
const (
	rateUnit = 1e-3 // Mb/s
	rttUnit  = 0.1  // ms
	lossUnit = 0.01 // percent
)

// maxRaw is more than the records of any chunk take: a day of minutes at their
// greatest length.
const maxRaw = 128 << 10

// errChunk is what a chunk is that is none.
var errChunk = errors.New("not a chunk of history")

// resolution is one of the two in which history is kept.
type resolution struct {
	step  time.Duration
	chunk time.Duration // what a chunk holds
	span  time.Duration // how far back it goes
	every time.Duration // how often a chunk that grows is kept
}

// The two resolutions.
var (
	fine   = resolution{step: FineStep, chunk: time.Hour, span: FineSpan, every: time.Minute}
	coarse = resolution{step: CoarseStep, chunk: 24 * time.Hour, span: CoarseSpan, every: time.Hour}
)

// most is how many steps a chunk has.
func (r resolution) most() int { return int(r.chunk / r.step) }

// codes are the states as kept. Their places never change; new ones come last.
var codes = []monitor.State{
	"", monitor.StateStandby, monitor.StateStarting, monitor.StateStopping, monitor.StateUnknown,
	monitor.StateWaiting, monitor.StateLive, monitor.StateLoss, monitor.StateOutputLost,
	monitor.StateSourceLost, monitor.StateStale,
}

func codeOf(s monitor.State) byte {
	for i, c := range codes {
		if c == s {
			return byte(i)
		}
	}
	return codeOf(monitor.StateUnknown)
}

func stateOf(code byte) monitor.State {
	if int(code) < len(codes) {
		return codes[code]
	}
	return monitor.StateUnknown // of a later version
}

// record is a step in the units of the form.
type record struct {
	head          byte
	rate, rtt     int64
	loss          int64
	retransmitted int64
	dropped       int64
}

func recordOf(p Point) record {
	r := record{head: codeOf(p.State)}
	if math.IsNaN(p.Bitrate) {
		return r
	}
	r.head |= hasFigures
	r.rate, r.rtt = units(p.Bitrate, rateUnit), units(p.RTT, rttUnit)
	if r.loss = units(p.Loss, lossUnit); r.loss != 0 {
		r.head |= hasLoss
	}
	r.retransmitted, r.dropped = max(0, p.Retransmitted), max(0, p.Dropped)
	if r.retransmitted != 0 || r.dropped != 0 {
		r.head |= hasCounters
	}
	return r
}

// units is a figure as a whole number of units; what is no figure is none.
func units(v, unit float64) int64 {
	n := math.Round(v / unit)
	if !(n > 0) {
		return 0
	}
	return int64(min(n, 1e15))
}

func (r record) point(at time.Time) Point {
	p := empty(at)
	p.State = stateOf(r.head & stateBits)
	if r.head&hasFigures == 0 {
		return p
	}
	p.Bitrate, p.RTT, p.Loss = figure(r.rate, rateUnit), figure(r.rtt, rttUnit), figure(r.loss, lossUnit)
	p.Retransmitted, p.Dropped = r.retransmitted, r.dropped
	return p
}

// figure turns units back; dividing keeps 0.1 from becoming 0.1000000001.
func figure(n int64, unit float64) float64 { return float64(n) / math.Round(1/unit) }

// empty is a step of which nothing is known.
func empty(at time.Time) Point {
	return Point{At: at, Bitrate: math.NaN(), RTT: math.NaN(), Loss: math.NaN()}
}

// chunk is a stretch of a leg's history in its form, to which steps are added
// at the end.
type chunk struct {
	of    resolution
	from  time.Time
	count int // steps so far

	raw  []byte // records that are finished
	last record // the record to be finished: the next step may be like it
	more int    // steps after the first that are like it
	rate int64  // figures before last
	rtt  int64
}

func newChunk(of resolution, at time.Time) *chunk {
	return &chunk{of: of, from: at.UTC().Truncate(of.chunk)}
}

// holds tells whether a time is within the chunk.
func (c *chunk) holds(at time.Time) bool {
	return !at.Before(c.from) && at.Before(c.from.Add(c.of.chunk))
}

// end is the first step of which the chunk knows nothing yet.
func (c *chunk) end() time.Time { return c.from.Add(time.Duration(c.count) * c.of.step) }

// add puts a point into its step. Steps that were left out are empty; a step
// that has its point keeps it.
func (c *chunk) add(p Point) {
	i := int(p.At.Sub(c.from) / c.of.step)
	if i < c.count || i >= c.of.most() {
		return
	}
	for c.count < i {
		c.push(record{})
	}
	c.push(recordOf(p))
}

func (c *chunk) push(r record) {
	c.count++
	if c.count > 1 && r == c.last && r.head&hasFigures == 0 {
		c.more++
		return
	}
	if c.count > 1 {
		c.raw = c.finished()
		if c.last.head&hasFigures != 0 {
			c.rate, c.rtt = c.last.rate, c.last.rtt
		}
	}
	c.last, c.more = r, 0
}

// finished are the records with the last one.
func (c *chunk) finished() []byte {
	out, r := c.raw, c.last
	if c.more > 0 {
		return binary.AppendUvarint(append(out, r.head|repeats), uint64(c.more))
	}
	out = append(out, r.head)
	if r.head&hasFigures != 0 {
		out = binary.AppendVarint(out, r.rate-c.rate)
		out = binary.AppendVarint(out, r.rtt-c.rtt)
	}
	if r.head&hasLoss != 0 {
		out = binary.AppendUvarint(out, uint64(r.loss))
	}
	if r.head&hasCounters != 0 {
		out = binary.AppendUvarint(out, uint64(r.retransmitted))
		out = binary.AppendUvarint(out, uint64(r.dropped))
	}
	return out
}

// records are all of the chunk's, not deflated.
func (c *chunk) records() []byte {
	if c.count == 0 {
		return nil
	}
	return bytes.Clone(c.finished())
}

// deflater deflates one chunk after the other: its tables are large.
type deflater struct{ w *flate.Writer }

func newDeflater() deflater {
	w, err := flate.NewWriter(io.Discard, flate.DefaultCompression)
	if err != nil {
		panic("history: " + err.Error()) // only of a level that there is not
	}
	return deflater{w}
}

// encode gives the chunk as kept.
func (c *chunk) encode(d deflater) ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte(chunkVersion)
	d.w.Reset(&out)
	if _, err := d.w.Write(c.records()); err != nil {
		return nil, fmt.Errorf("deflate a chunk: %w", err)
	}
	if err := d.w.Close(); err != nil {
		return nil, fmt.Errorf("deflate a chunk: %w", err)
	}
	return out.Bytes(), nil
}

// decode reads a chunk as kept, whoever wrote it: it takes no more memory than
// a chunk can need, and says an error of what is none.
func decode(body []byte, of resolution, from time.Time) ([]Point, error) {
	if len(body) == 0 || body[0] != chunkVersion {
		return nil, fmt.Errorf("%w: another version", errChunk)
	}
	r := flate.NewReader(bytes.NewReader(body[1:]))
	raw, err := io.ReadAll(io.LimitReader(r, maxRaw+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errChunk, err)
	}
	if len(raw) > maxRaw {
		return nil, fmt.Errorf("%w: too long", errChunk)
	}
	return points(raw, of, from)
}

// points reads records.
func points(raw []byte, of resolution, from time.Time) ([]Point, error) {
	in := reader{rest: raw}
	out := make([]Point, 0, min(of.most(), 8*len(raw)))
	for len(in.rest) > 0 {
		r, n := in.record()
		if in.bad || n > of.most()-len(out) {
			return nil, fmt.Errorf("%w: a record is cut short or too many follow", errChunk)
		}
		for range n {
			out = append(out, r.point(from.Add(time.Duration(len(out))*of.step)))
		}
	}
	return out, nil
}

// reader takes records off their bytes.
type reader struct {
	rest      []byte
	rate, rtt int64
	bad       bool
}

// record gives the next record, and for how many steps it stands.
func (in *reader) record() (r record, steps int) {
	head := in.rest[0]
	in.rest = in.rest[1:]
	r.head = head &^ repeats
	if head&repeats != 0 {
		n := in.uvarint()
		if r.head&^stateBits != 0 || n > math.MaxInt32 {
			in.bad = true
			return r, 0
		}
		return r, int(n) + 1
	}
	if head&hasFigures != 0 {
		in.rate += in.varint()
		in.rtt += in.varint()
		r.rate, r.rtt = max(0, in.rate), max(0, in.rtt)
	}
	if head&hasLoss != 0 {
		r.loss = int64(in.uvarint() & math.MaxInt64)
	}
	if head&hasCounters != 0 {
		r.retransmitted = int64(in.uvarint() & math.MaxInt64)
		r.dropped = int64(in.uvarint() & math.MaxInt64)
	}
	return r, 1
}

func (in *reader) uvarint() uint64 {
	v, n := binary.Uvarint(in.rest)
	if n <= 0 {
		in.bad, in.rest = true, nil
		return 0
	}
	in.rest = in.rest[n:]
	return v
}

func (in *reader) varint() int64 {
	v, n := binary.Varint(in.rest)
	if n <= 0 {
		in.bad, in.rest = true, nil
		return 0
	}
	in.rest = in.rest[n:]
	return v
}
