package trail_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/trail"
)

// keys are as many keys as the number tells.
type keys int

func (k keys) Derive(number int, label string) ([]byte, error) {
	if number < 1 || number > int(k) {
		return nil, errors.New("no such key")
	}
	hash := hmac.New(sha256.New, []byte{byte(number)})
	hash.Write([]byte(label))
	return hash.Sum(nil), nil
}

func (k keys) Current() int { return int(k) }

var day = time.Date(2026, 3, 4, 5, 6, 7, 8e6, time.UTC)

// kept is a trail with its record of the end.
type kept struct {
	entries []trail.Entry
	record  *trail.Record
}

// write makes a trail of n lines.
func write(t testing.TB, k keys, n int) kept {
	t.Helper()
	ring, head := trail.NewRing(k), trail.Start()
	var out kept
	for i := range n {
		e, next, err := ring.Next(head, trail.Line{At: day.Add(time.Duration(i) * time.Second), Kind: trail.Signal, ID: fmt.Sprint(i)})
		if err != nil {
			t.Fatal(err)
		}
		out.entries, head = append(out.entries, e), next
	}
	proof, number, err := ring.Prove(head)
	if err != nil {
		t.Fatal(err)
	}
	out.record = &trail.Record{Head: head, KeyNumber: number, Proof: proof}
	return out
}

func verify(k keys, from kept, known ...trail.Head) trail.Verdict {
	v := trail.NewVerifier(k, known...)
	for _, e := range from.entries {
		v.Add(e)
	}
	return v.Finish(from.record)
}

func TestVerifyFindsWhatIsWrong(t *testing.T) {
	swap := func(k *kept, i, j int) { // the rows, each with its own MAC
		k.entries[i].Line, k.entries[j].Line = k.entries[j].Line, k.entries[i].Line
		k.entries[i].MAC, k.entries[j].MAC = k.entries[j].MAC, k.entries[i].MAC
	}
	tests := []struct {
		name   string
		tamper func(*kept)
		want   []trail.Finding
	}{
		{"nothing", func(*kept) {}, nil},
		{"a changed text", func(k *kept) { k.entries[4].Actor = "x" }, []trail.Finding{{Fault: trail.Changed, Seq: 5, End: 5}}},
		{"a changed MAC", func(k *kept) { k.entries[4].MAC = make([]byte, 32) }, []trail.Finding{{Fault: trail.Changed, Seq: 5, End: 6}}},
		{"a deleted line", func(k *kept) { k.entries = slices.Delete(k.entries, 4, 6) }, []trail.Finding{{Fault: trail.Missing, Seq: 5, End: 6}}},
		{"a deleted first line", func(k *kept) { k.entries = k.entries[1:] }, []trail.Finding{{Fault: trail.Missing, Seq: 1, End: 1}}},
		{"a deleted line, the others renumbered", func(k *kept) {
			k.entries = slices.Delete(k.entries, 4, 5)
			for i := range k.entries {
				k.entries[i].Seq = int64(i + 1)
			}
		}, []trail.Finding{{Fault: trail.Changed, Seq: 5, End: 9}, {Fault: trail.Cut, Seq: 10, End: 10}}},
		{"neighbours swapped", func(k *kept) { swap(k, 4, 5) }, []trail.Finding{{Fault: trail.Moved, Seq: 5, End: 7}}},
		{"far lines swapped", func(k *kept) { swap(k, 2, 7) }, []trail.Finding{{Fault: trail.Moved, Seq: 3, End: 4}, {Fault: trail.Moved, Seq: 8, End: 9}}},
		{"the end cut", func(k *kept) { k.entries = k.entries[:7] }, []trail.Finding{{Fault: trail.Cut, Seq: 8, End: 10}}},
		{"all cut", func(k *kept) { k.entries = nil }, []trail.Finding{{Fault: trail.Cut, Seq: 1, End: 10}}},
		{"the end cut with its record", func(k *kept) {
			k.entries = k.entries[:7]
			k.record.Head = trail.Head{Lines: 7, MAC: k.entries[6].MAC}
		}, []trail.Finding{{Fault: trail.HeadForged}}},
		{"the record deleted", func(k *kept) { k.record = nil }, []trail.Finding{{Fault: trail.HeadLost}}},
		{"a foreign key number", func(k *kept) { k.entries[4].KeyNumber = 9 }, []trail.Finding{{Fault: trail.ForeignKey, Seq: 5, End: 5, Detail: "key 9"}}},
		{"a line added without the key", func(k *kept) {
			k.entries = append(k.entries, trail.Entry{Seq: 11, KeyNumber: 1, MAC: make([]byte, 32)})
		}, []trail.Finding{{Fault: trail.Changed, Seq: 11, End: 11}, {Fault: trail.Extra, Seq: 11, End: 11}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k := write(t, 1, 10)
			tt.tamper(&k)
			v := verify(1, k)
			if !reflect.DeepEqual(v.Findings, tt.want) {
				t.Errorf("found %+v, want %+v", v.Findings, tt.want)
			}
			if v.OK() != (tt.want == nil) {
				t.Errorf("OK is %v", v.OK())
			}
		})
	}
}

// Any one of the lines is edited, deleted, swapped with the next, or made the
// last: each of these must be found, and where.
func TestT17TamperingWithAnyLineIsFound(t *testing.T) {
	const n = 250
	whole := write(t, 1, n)
	found := 0
	for i := range n {
		for what, tamper := range map[string]func(e []trail.Entry) []trail.Entry{
			"edited":  func(e []trail.Entry) []trail.Entry { e[i].Reason += "x"; return e },
			"deleted": func(e []trail.Entry) []trail.Entry { return slices.Delete(e, i, i+1) },
			"cut":     func(e []trail.Entry) []trail.Entry { return e[:i] },
			"swapped": func(e []trail.Entry) []trail.Entry {
				j := (i + 1) % n
				e[i].Line, e[j].Line = e[j].Line, e[i].Line
				return e
			},
		} {
			v := verify(1, kept{tamper(slices.Clone(whole.entries)), whole.record})
			want := int64(i + 1)
			if what == "swapped" && i == n-1 { // with the first
				want = 1
			}
			if v.OK() || v.Findings[0].Seq != want {
				t.Errorf("line %d %s: %+v", i+1, what, v.Findings)
				continue
			}
			found++
		}
	}
	t.Logf("evidence: T17 | any one of %d lines edited, deleted, swapped, or the trail cut there: found, and where | %d of %d | all", n, found, 4*n)
}

func TestEveryFieldIsHashed(t *testing.T) {
	line := reflect.TypeFor[trail.Line]()
	for i := range line.NumField() {
		k := write(t, 1, 3)
		if f := reflect.ValueOf(&k.entries[1].Line).Elem().Field(i); f.Kind() == reflect.String {
			f.SetString(f.String() + "x")
		} else {
			k.entries[1].At = k.entries[1].At.Add(time.Millisecond)
		}
		if v := verify(1, k); v.OK() {
			t.Errorf("a change of %s is not found", line.Field(i).Name)
		}
	}
}

func TestAnOldKeyCannotGoOn(t *testing.T) {
	k := write(t, 2, 3)
	old := trail.NewRing(keys(1))
	e, head, err := old.Next(k.record.Head, trail.Line{At: day})
	if err != nil {
		t.Fatal(err)
	}
	k.entries, k.record.Head = append(k.entries, e), head
	if k.record.Proof, k.record.KeyNumber, err = old.Prove(head); err != nil {
		t.Fatal(err)
	}
	v := verify(2, k)
	want := []trail.Finding{{Fault: trail.ForeignKey, Seq: 4, End: 4, Detail: "key 1"}}
	if !reflect.DeepEqual(v.Findings, want) {
		t.Errorf("found %+v, want %+v", v.Findings, want)
	}
	if v := verify(1, write(t, 2, 3)); v.OK() {
		t.Error("a trail with a key that the file does not have is whole")
	}
}

func TestKnownHeadIsProved(t *testing.T) {
	k := write(t, 1, 10)
	head, err := trail.ParseHead(" " + trail.Head{Lines: 7, MAC: k.entries[6].MAC}.String() + "\n")
	if err != nil {
		t.Fatal(err)
	}
	if v := verify(1, k, head, trail.Start()); !v.OK() {
		t.Errorf("an untouched trail: %+v", v.Findings)
	}
	if v := verify(1, write(t, 1, 5), head); v.OK() { // an older database, put back with all that belongs to it
		t.Error("a trail that was cut before the known head is whole")
	}
	head.MAC = bytes.Clone(head.MAC)
	head.MAC[0] ^= 1
	if v := verify(1, k, head); v.OK() {
		t.Error("a trail with another line at the known head is whole")
	}
	for _, text := range []string{"", "7", "7:", "7:00", "-1:" + strings.Repeat("00", 32), "x:" + strings.Repeat("00", 32), "7:" + strings.Repeat("0g", 32)} {
		if _, err := trail.ParseHead(text); err == nil {
			t.Errorf("%q is taken for a head", text)
		}
	}
}

func TestVerdictIsBounded(t *testing.T) {
	k := write(t, 1, 1000)
	for i := 0; i < len(k.entries); i += 3 {
		k.entries[i].Actor = "x"
	}
	v := verify(1, k)
	if len(v.Findings) != 100 || v.More != 234 {
		t.Errorf("%d findings and %d more", len(v.Findings), v.More)
	}
	if v.Head.Lines != 1000 || !v.First.Equal(day) || !v.Last.Equal(day.Add(999*time.Second)) {
		t.Errorf("%d lines from %v to %v", v.Head.Lines, v.First, v.Last)
	}
}

// FuzzEncode takes two lines from the bytes and wants them to be encoded alike
// only if they are alike.
func FuzzEncode(f *testing.F) {
	f.Add("ab", "c", int64(1), "a", "bc", int64(1))
	f.Add("", "a", int64(0), "a", "", int64(0))
	f.Add("\x00\x00\x00\x01", "", int64(-5), "", "\x00\x00\x00\x01", int64(-5))
	f.Fuzz(func(t *testing.T, a1, a2 string, at1 int64, b1, b2 string, at2 int64) {
		at1, at2 = at1%1e13, at2%1e13
		for i := range 15 {
			x, y := lineOf(i, a1, a2, at1), lineOf(i, b1, b2, at2)
			if same := x == y; same != bytes.Equal(trail.Encode(x), trail.Encode(y)) {
				t.Fatalf("%+v and %+v: alike is %v, their bytes say otherwise", x, y, same)
			}
		}
	})
}

// lineOf puts two texts into neighbouring fields.
func lineOf(i int, first, second string, at int64) trail.Line {
	l := trail.Line{At: time.UnixMilli(at).UTC()}
	if at == 0 {
		l.At = time.Time{} // as it is read back
	}
	v := reflect.ValueOf(&l).Elem()
	v.Field(1 + i).SetString(first)
	v.Field(2 + i).SetString(second)
	return l
}

func BenchmarkVerify(b *testing.B) {
	k := write(b, 1, 5000)
	for b.Loop() {
		if v := verify(1, k); !v.OK() {
			b.Fatal(v.Findings)
		}
	}
	b.ReportMetric(float64(5000*b.N)/b.Elapsed().Seconds(), "lines/s")
}
