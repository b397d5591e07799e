package packager

import (
	"encoding/base64"
	"testing"
	"time"
)

// The examples of ANSI/SCTE 35, clause 14, which every decoder is tried with.
const (
	exampleStart  = "/DA0AAAAAAAA///wBQb+cr0AUAAeAhxDVUVJSAAAjn/PAAGlmbAICAAAAAAsoKGKNAIAmsnRfg=="
	exampleInsert = "/DAvAAAAAAAA///wFAVIAACPf+/+c2nALv4AUsz1AAAAAAAKAAhDVUVJAAABNWLbowo="
	exampleEnd    = "/DAvAAAAAAAA///wBQb+dGKQoAAZAhdDVUVJSAAAjn+fCAgAAAAALKChijUCAKnMZ1g="
)

func example(t testing.TB, text string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	if !intact(b) {
		t.Fatal("the example's CRC is wrong")
	}
	return b
}

func TestReadSignal(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want Signal
	}{
		"time signal, opportunity starts": {exampleStart, Signal{Kind: TimeSignal, EventID: 0x4800008e, PTS: 0x072bd0050, Duration: ticks(0x0001a599b0), Segmentation: 0x34}},
		"splice insert":                   {exampleInsert, Signal{Kind: SpliceInsert, EventID: 0x4800008f, Out: true, PTS: 0x07369c02e, Duration: ticks(0x00052ccf5)}},
		"time signal, opportunity ends":   {exampleEnd, Signal{Kind: TimeSignal, EventID: 0x4800008e, PTS: 0x0746290a0, Duration: NoDuration, Segmentation: 0x35}},
	} {
		got, err := readSignal(example(t, c.text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got.Section = nil; !same(got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	if d := ticks(0x00052ccf5); d.Truncate(time.Millisecond) != 60293*time.Millisecond {
		t.Errorf("%v", d)
	}
}

// same compares what signals tell.
func same(a, b Signal) bool {
	return a.Kind == b.Kind && a.EventID == b.EventID && a.Out == b.Out && a.PTS == b.PTS && a.Duration == b.Duration && a.Segmentation == b.Segmentation
}

// TestSignalsCutAnywhere: a signal that ends too early is refused, never guessed.
func TestSignalsCutAnywhere(t *testing.T) {
	whole := example(t, exampleStart)
	for n := range len(whole) - 1 {
		if s, err := readSignal(whole[:n]); err == nil {
			t.Errorf("%d of %d bytes gave %+v", n, len(whole), s)
		}
	}
}

// TestMeterFindsSignals sends one in two packets, and one that is damaged.
func TestMeterFindsSignals(t *testing.T) {
	var found []Signal
	m := newMeter(func(b []byte) {
		s, err := readSignal(b)
		if err != nil {
			t.Error(err)
		}
		found = append(found, s)
	})
	m.feed(tablesOf(), nil)
	m.feed(carry(testSplice, 0, example(t, exampleInsert)), nil)
	broken := carry(testSplice, 1, example(t, exampleInsert))
	broken[20] ^= 1
	m.feed(broken, nil)
	if len(found) != 1 || found[0].EventID != 0x4800008f || m.counts.Signals != 1 {
		t.Errorf("found %+v", found)
	}
}

func FuzzReadSignal(f *testing.F) {
	for _, text := range []string{exampleStart, exampleInsert, exampleEnd} {
		f.Add(example(f, text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := readSignal(data)
		if err == nil && (s.PTS < -1 || s.PTS >= wrapPTS || s.Kind == "") {
			t.Errorf("%+v", s)
		}
	})
}
