package trail

import (
	"bytes"
	"crypto/hmac"
	"fmt"
	"slices"
	"time"
)

// Fault is what can be wrong with a trail.
type Fault string

// The faults.
const (
	Changed    Fault = "changed"     // a line is not as it was written, or was not written by Flowdeck
	Moved      Fault = "moved"       // lines stand in another order
	Missing    Fault = "missing"     // lines were deleted
	Cut        Fault = "cut"         // the end was deleted
	Extra      Fault = "extra"       // lines follow the end
	ForeignKey Fault = "foreign_key" // a key number that the key file does not have, or one older than that of the line before
	HeadLost   Fault = "head_lost"   // the record of the trail's end is not there
	HeadForged Fault = "head_forged" // it was not written by Flowdeck
	NotOurs    Fault = "not_ours"    // the trail does not have a line that is known from elsewhere
	Disagrees  Fault = "disagrees"   // the table of commands says something else than the trail
)

// Finding is one thing wrong, and where.
type Finding struct {
	Fault    Fault
	Seq, End int64  // the first and the last line that it is about; 0: none
	Detail   string // what a person can look for, such as the id of a command
}

// Verdict is what the verification of a trail found.
type Verdict struct {
	Head        Head // of the lines that are there
	First, Last time.Time
	Findings    []Finding // none: all is as it was written
	More        int       // how many more findings there are
}

// OK tells whether nothing is wrong.
func (v *Verdict) OK() bool { return len(v.Findings) == 0 }

const (
	mostFindings = 100
	mostSuspects = 32 // lines that are tried in each other's places
)

// Verifier goes through a trail from the first line to the last. It keeps a
// bounded number of lines, however long the trail is.
type Verifier struct {
	ring     *Ring
	verdict  Verdict
	known    []Head // heads that the trail must still have
	gap      bool   // the line before is not there
	newest   int    // key number so far
	suspects []suspect
}

// suspect is a line whose MAC does not fit, with the MAC before its place.
type suspect struct {
	Entry
	before []byte
}

// NewVerifier begins a verification. The trail must still have the lines of
// the heads that are known from elsewhere.
func NewVerifier(keys Keys, known ...Head) *Verifier {
	return &Verifier{ring: NewRing(keys), verdict: Verdict{Head: Start()}, known: known}
}

// Add takes the next line, in the order of Seq.
func (v *Verifier) Add(e Entry) {
	if want := v.verdict.Head.Lines + 1; e.Seq != want {
		v.find(Finding{Fault: Missing, Seq: want, End: e.Seq - 1})
		v.gap = true
	}
	v.checkLine(e)
	v.checkKnown(e)
	v.gap = false
	v.verdict.Head = Head{Lines: e.Seq, MAC: e.MAC}
	if v.verdict.First.IsZero() {
		v.verdict.First = e.At
	}
	v.verdict.Last = e.At
}

func (v *Verifier) checkLine(e Entry) {
	before := v.verdict.Head.MAC
	want, err := v.ring.mac(before, e)
	switch {
	case err != nil:
		v.find(Finding{Fault: ForeignKey, Seq: e.Seq, End: e.Seq, Detail: fmt.Sprintf("key %d", e.KeyNumber)})
		return
	case v.gap: // after a line that is not there none can be checked
	case !hmac.Equal(want, e.MAC):
		v.suspect(suspect{e, before})
		return
	case e.KeyNumber < v.newest:
		v.find(Finding{Fault: ForeignKey, Seq: e.Seq, End: e.Seq, Detail: fmt.Sprintf("key %d", e.KeyNumber)})
	}
	v.newest = max(v.newest, e.KeyNumber)
}

// suspect notes a line whose MAC does not fit. Those in a row are one finding,
// since a line that lost its place takes the next one's proof with it.
func (v *Verifier) suspect(s suspect) {
	if len(v.suspects) < mostSuspects {
		v.suspects = append(v.suspects, s)
	}
	if n := len(v.verdict.Findings); n > 0 {
		if last := &v.verdict.Findings[n-1]; last.Fault == Changed && last.End == s.Seq-1 {
			last.End = s.Seq
			return
		}
	}
	v.find(Finding{Fault: Changed, Seq: s.Seq, End: s.Seq})
}

func (v *Verifier) checkKnown(e Entry) {
	for _, k := range v.known {
		if k.Lines == e.Seq && !bytes.Equal(k.MAC, e.MAC) {
			v.find(Finding{Fault: NotOurs, Seq: e.Seq, End: e.Seq})
		}
	}
}

func (v *Verifier) find(f Finding) {
	if len(v.verdict.Findings) == mostFindings {
		v.verdict.More++
		return
	}
	v.verdict.Findings = append(v.verdict.Findings, f)
}

// Record is the record of the trail's end as it is kept beside the lines.
type Record struct {
	Head
	KeyNumber int
	Proof     []byte
}

// Find adds what somebody else found.
func (v *Verifier) Find(f Finding) { v.find(f) }

// Finish ends the verification after the last line. Record is nil if there is
// none.
func (v *Verifier) Finish(record *Record) Verdict {
	v.nameMoved()
	head := v.verdict.Head
	for _, k := range v.known {
		if k.Lines > head.Lines {
			v.find(Finding{Fault: NotOurs, Seq: k.Lines, End: k.Lines})
		}
	}
	switch {
	case record == nil && head.Lines == 0: // nothing was written yet
	case record == nil:
		v.find(Finding{Fault: HeadLost})
	case !v.ring.Proves(record.Proof, record.KeyNumber, record.Head):
		v.find(Finding{Fault: HeadForged})
	case record.Lines > head.Lines:
		v.find(Finding{Fault: Cut, Seq: head.Lines + 1, End: record.Lines})
	case record.Lines < head.Lines:
		v.find(Finding{Fault: Extra, Seq: record.Lines + 1, End: head.Lines})
	case !bytes.Equal(record.MAC, head.MAC) && v.verdict.OK():
		v.find(Finding{Fault: Changed, Seq: head.Lines, End: head.Lines})
	}
	return v.verdict
}

// nameMoved finds out which of the changed lines are whole but in another
// place: one that fits where another stands.
func (v *Verifier) nameMoved() {
	for i := range v.verdict.Findings {
		f := &v.verdict.Findings[i]
		if f.Fault == Changed && slices.ContainsFunc(v.suspects, func(s suspect) bool {
			return s.Seq >= f.Seq && s.Seq <= f.End && v.fitsElsewhere(s)
		}) {
			f.Fault = Moved
		}
	}
}

func (v *Verifier) fitsElsewhere(s suspect) bool {
	return slices.ContainsFunc(v.suspects, func(place suspect) bool {
		moved := s.Entry
		moved.Seq = place.Seq
		mac, err := v.ring.mac(place.before, moved)
		return err == nil && place.Seq != s.Seq && hmac.Equal(mac, s.MAC)
	})
}
