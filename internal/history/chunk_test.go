package history

import (
	"bytes"
	"compress/flate"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/monitor"
)

var begin = time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC)

// noisy is a leg as it is measured: a bitrate that wanders, an RTT that trembles,
// some loss, and now and then a silence.
func noisy(of resolution, steps int, seed uint64) []Point {
	r := rand.New(rand.NewPCG(seed, 1))
	rtt := 38.0
	var out []Point
	for i := range steps {
		p := Point{At: begin.Add(time.Duration(i) * of.step), State: monitor.StateLive, Bitrate: 8.24 + r.NormFloat64()*0.15}
		rtt = max(1, rtt+r.NormFloat64()*0.6-(rtt-38)*0.05)
		p.RTT = rtt
		if r.Float64() < 0.2 {
			p.Loss = r.ExpFloat64() * 0.1
			p.Retransmitted = r.Int64N(40)
			p.Dropped = r.Int64N(3)
		}
		if i%500 >= 480 {
			p = empty(p.At)
			p.State = monitor.StateSourceLost
		}
		out = append(out, p)
	}
	return out
}

// near tells whether a point came back as exactly as it is kept.
func near(a, b Point) bool {
	within := func(x, y, by float64) bool { return math.IsNaN(x) && math.IsNaN(y) || math.Abs(x-y) <= by }
	return a.At.Equal(b.At) && a.State == b.State && within(a.Bitrate, b.Bitrate, rateUnit) && within(a.RTT, b.RTT, rttUnit) &&
		within(a.Loss, b.Loss, lossUnit) && a.Retransmitted == b.Retransmitted && a.Dropped == b.Dropped
}

func TestAChunkComesBack(t *testing.T) {
	states := func(of resolution) (out []Point) {
		for i, s := range codes {
			p := empty(begin.Add(time.Duration(3*i) * of.step))
			p.State = s
			out = append(out, p)
		}
		return out
	}
	edge := []Point{
		{At: begin, State: monitor.StateLive, Bitrate: math.Inf(1), RTT: math.NaN(), Loss: -3, Retransmitted: math.MaxInt64, Dropped: -1},
		{At: begin.Add(FineStep), State: "a state of tomorrow", Bitrate: 0, RTT: 1e30, Loss: 100, Dropped: math.MaxInt64},
	}
	for name, c := range map[string]struct {
		of     resolution
		points []Point
	}{
		"an hour of noise":      {fine, noisy(fine, fine.most(), 1)},
		"a day of noise":        {coarse, noisy(coarse, coarse.most(), 2)},
		"states with gaps":      {fine, states(fine)},
		"one point at the end":  {fine, []Point{{At: begin.Add(time.Hour - FineStep), State: monitor.StateLive, Bitrate: 1}}},
		"nothing":               {fine, nil},
		"what is out of bounds": {fine, edge},
	} {
		t.Run(name, func(t *testing.T) {
			chunk := newChunk(c.of, begin)
			want := map[time.Time]Point{}
			for _, p := range c.points {
				chunk.add(p)
				want[p.At] = recordOf(p).point(p.At)
			}
			body, err := chunk.encode(newDeflater())
			if err != nil {
				t.Fatal(err)
			}
			got, err := decode(body, c.of, begin)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != chunk.count {
				t.Fatalf("%d points came back of %d", len(got), chunk.count)
			}
			for i, p := range got {
				at := begin.Add(time.Duration(i) * c.of.step)
				expected, ok := want[at]
				if !ok {
					expected = empty(at)
				}
				if !near(p, expected) {
					t.Fatalf("step %d: %+v came back as %+v", i, expected, p)
				}
			}
		})
	}
}

func TestAChunkKeepsItsOrder(t *testing.T) {
	c := newChunk(fine, begin)
	c.add(Point{At: begin.Add(FineStep), State: monitor.StateLive, Bitrate: 1})
	c.add(Point{At: begin, State: monitor.StateSourceLost, Bitrate: 2})           // a clock that went back
	c.add(Point{At: begin.Add(FineStep), State: monitor.StateLoss, Bitrate: 3})   // twice
	c.add(Point{At: begin.Add(time.Hour), State: monitor.StateLoss, Bitrate: 4})  // of the next chunk
	c.add(Point{At: begin.Add(-time.Hour), State: monitor.StateLoss, Bitrate: 5}) // of the last one
	got, err := points(c.records(), fine, begin)
	if err != nil || len(got) != 2 || got[0].State != "" || got[1].Bitrate != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestAnOldChunkIsRead pins the form: what is kept today must be read tomorrow.
func TestAnOldChunkIsRead(t *testing.T) {
	raw := []byte{
		0x16, 0xe0, 0x80, 0x01, 0xf8, 0x05, // live, 8.24 Mb/s, 38 ms
		0x77, 0x00, 0x00, 0x2a, 0x0b, 0x01, // loss of 0.42 %, 11 sent again, 1 dropped
		0x89, 0x02, // source lost, and two more of it
		0x05, // waiting
	}
	var body bytes.Buffer
	body.WriteByte(1)
	w, _ := flate.NewWriter(&body, flate.BestSpeed)
	if _, err := w.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := decode(body.Bytes(), fine, begin)
	if err != nil || len(got) != 6 {
		t.Fatalf("%d points, %v", len(got), err)
	}
	if p := got[1]; p.Bitrate != 8.24 || p.RTT != 38 || p.Loss != 0.42 || p.Retransmitted != 11 || p.Dropped != 1 || p.State != monitor.StateLoss {
		t.Errorf("the second: %+v", p)
	}
	if got[4].State != monitor.StateSourceLost || got[5].State != monitor.StateWaiting || !math.IsNaN(got[5].Bitrate) {
		t.Errorf("the states: %+v", got[2:])
	}
}

func FuzzDecode(f *testing.F) {
	for _, of := range []resolution{fine, coarse} {
		c := newChunk(of, begin)
		for _, p := range noisy(of, 40, 3) {
			c.add(p)
		}
		body, err := c.encode(newDeflater())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
		f.Add(body[:len(body)/2])
	}
	var bomb bytes.Buffer
	bomb.WriteByte(chunkVersion)
	w, _ := flate.NewWriter(&bomb, flate.BestCompression)
	_, _ = w.Write(make([]byte, 64<<20))
	_ = w.Close()
	f.Add(bomb.Bytes())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, of := range []resolution{fine, coarse} {
			points, err := decode(body, of, begin)
			if err != nil && points != nil {
				t.Fatal("an error with points")
			}
			if len(points) > of.most() {
				t.Fatalf("%d points", len(points))
			}
			again := newChunk(of, begin)
			for i, p := range points {
				if !p.At.Equal(begin.Add(time.Duration(i) * of.step)) {
					t.Fatalf("point %d is at %s", i, p.At)
				}
				if p.Bitrate < 0 || p.RTT < 0 || p.Loss < 0 || p.Retransmitted < 0 || p.Dropped < 0 {
					t.Fatalf("a negative figure: %+v", p)
				}
				again.add(p)
			}
			if again.count != len(points) {
				t.Fatalf("%d of %d points are taken again", again.count, len(points))
			}
		}
	})
}

// FuzzPoints reads records that are not deflated, which the fuzzer finds faster.
func FuzzPoints(f *testing.F) {
	f.Add([]byte{0x16, 0xe0, 0x80, 0x01, 0xf8, 0x05, 0x89, 0x02, 0x05})
	f.Add([]byte{0x85, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := points(raw, coarse, begin)
		if err != nil && got != nil || len(got) > coarse.most() {
			t.Fatalf("%d points, %v", len(got), err)
		}
	})
}

// TestHistoryIsBounded measures what a leg takes at most, with noise; the
// figures stand in docs/history.md.
func TestHistoryIsBounded(t *testing.T) {
	for _, c := range []struct {
		of   resolution
		most int // bytes for all of its span
	}{{fine, 70 << 10}, {coarse, 160 << 10}} {
		chunks := int(c.of.span / c.of.chunk)
		total := 0
		for seed := range 5 {
			chunk := newChunk(c.of, begin)
			for _, p := range noisy(c.of, c.of.most(), uint64(seed)) {
				chunk.add(p)
			}
			body, err := chunk.encode(newDeflater())
			if err != nil {
				t.Fatal(err)
			}
			total += len(body)
		}
		size := total / 5 * chunks
		t.Logf("steps of %s, back %s: %d chunks of %d bytes, %d KiB a leg", c.of.step, c.of.span, chunks, total/5, size>>10)
		if size > c.most {
			t.Errorf("%d bytes a leg, more than %d", size, c.most)
		}
	}
	quiet := newChunk(fine, begin)
	for i := range fine.most() {
		p := empty(begin.Add(time.Duration(i) * FineStep))
		p.State = monitor.StateStandby
		quiet.add(p)
	}
	if body, err := quiet.encode(newDeflater()); err != nil || len(body) > 16 {
		t.Errorf("an hour in standby takes %d bytes, %v", len(body), err)
	}
}
