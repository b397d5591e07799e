package control_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// invalid gives what is wrong with a field, empty if nothing is.
func invalid(err error) string {
	var e *control.Invalid
	if errors.As(err, &e) {
		return e.Field + " " + e.Problem
	}
	return ""
}

func TestNotes(t *testing.T) {
	r := open(t)
	id := r.add(t, medialive.Standby)
	ctx := t.Context()
	var work sync.WaitGroup
	for i := range 99 { // none gets lost though all write one record
		work.Go(func() {
			if err := r.AddNote(ctx, r.op, id, fmt.Sprintf("note %d", i)); err != nil && !errors.Is(err, control.ErrChanged) {
				t.Error(err)
			} else if err != nil {
				t.Errorf("note %d is lost", i)
			}
		})
	}
	work.Wait()
	if err := r.AddNote(ctx, r.op, id, "  the last one\nof two lines \n"); err != nil {
		t.Fatal(err)
	}
	notes, _, err := r.Notes(ctx, r.op, id)
	if err != nil || len(notes) != 100 || notes[0].Text != "the last one\nof two lines" || notes[0].By != "op-1" || notes[0].At.IsZero() {
		t.Fatalf("%d notes, %+v, %v", len(notes), notes[0], err)
	}
	for text, want := range map[string]string{
		" \n": "text empty", "one more": "text too_many", strings.Repeat("字", 2001): "text too_long", "a\x00b": "text characters", "\xff": "text characters",
	} {
		if got := invalid(r.AddNote(ctx, r.op, id, text)); got != want {
			t.Errorf("%.10q: %q, want %q", text, got, want)
		}
	}
	if err := r.DeleteNote(ctx, r.as("op-2", "", control.Consent{}), id, notes[0].ID); err != nil {
		t.Fatal(err)
	}
	if err := r.DeleteNote(ctx, r.op, id, notes[0].ID); !errors.Is(err, control.ErrNothingToDo) {
		t.Errorf("deleted twice: %v", err)
	}
	if invalid(r.AddNote(ctx, r.op, id, strings.Repeat("字", 2000))) != "" {
		t.Error("2,000 characters are too long")
	}
	if e := r.timeline(t, trail.Filter{Verb: control.VerbDeleteNote}); len(e) != 1 || e[0].Actor != "op-2" || e[0].Target != "op-1" {
		t.Errorf("trail %+v", e)
	}
}

func TestHandover(t *testing.T) {
	r := open(t)
	id := r.add(t, medialive.Standby)
	ctx := t.Context()
	_, shown, err := r.Notes(ctx, r.op, id)
	if err != nil || shown.Text != "" {
		t.Fatalf("%+v, %v", shown, err)
	}
	if err := r.SetHandover(ctx, r.op, id, "camera 2 is late", shown.ID); err != nil {
		t.Fatal(err)
	}
	err = r.SetHandover(ctx, r.as("op-2", "", control.Consent{}), id, "all is well", shown.ID)
	var changed *control.HandoverChanged
	if !errors.As(err, &changed) || !errors.Is(err, control.ErrChanged) || changed.Now.Text != "camera 2 is late" || changed.Now.By != "op-1" {
		t.Fatalf("%v", err)
	}
	if err := r.SetHandover(ctx, r.as("op-2", "", control.Consent{}), id, "all is well", changed.Now.ID); err != nil {
		t.Errorf("after seeing theirs: %v", err)
	}
	_, shown, _ = r.Notes(ctx, r.op, id)
	if shown.Text != "all is well" || shown.By != "op-2" {
		t.Errorf("%+v", shown)
	}
	if err := r.SetHandover(ctx, r.op, id, "", shown.ID); err != nil {
		t.Errorf("taken away: %v", err)
	}
}

func TestBands(t *testing.T) {
	r := open(t)
	id := r.add(t, medialive.Standby)
	ctx := t.Context()
	for _, c := range []struct {
		band monitor.Band
		want string
	}{
		{monitor.Band{MinBitrate: -1}, "min_bitrate range"},
		{monitor.Band{MaxBitrate: 1001}, "max_bitrate range"},
		{monitor.Band{MinBitrate: math.NaN()}, "min_bitrate range"},
		{monitor.Band{MinBitrate: 9, MaxBitrate: 8}, "max_bitrate order"},
		{monitor.Band{MaxLoss: 101}, "max_loss range"},
		{monitor.Band{MaxLoss: math.NaN()}, "max_loss range"},
		{monitor.Band{IdleAfter: time.Second}, "idle_after range"},
		{monitor.Band{IdleAfter: 25 * time.Hour}, "idle_after range"},
		{monitor.Band{MinBitrate: 4, MaxBitrate: 12, MaxLoss: 0.5, IdleAfter: 5 * time.Minute}, ""},
	} {
		if got := invalid(r.SetBand(ctx, r.op, id, c.band)); got != c.want {
			t.Errorf("%+v: %q, want %q", c.band, got, c.want)
		}
	}
	if b := r.care(id).Band; b.MinBitrate != 4 || b.IdleAfter != 5*time.Minute {
		t.Errorf("shown %+v", b)
	}
	if err := r.SetBand(ctx, r.op, id, r.care(id).Band); !errors.Is(err, control.ErrNothingToDo) {
		t.Errorf("the same again: %v", err)
	}
	if e := r.timeline(t, trail.Filter{Verb: control.VerbBand}); len(e) != 1 || !strings.Contains(e[0].Detail, `min_bitrate: "" → "4 Mb/s"`) {
		t.Errorf("trail %+v", e)
	}
}

func TestLabels(t *testing.T) {
	r := open(t)
	ctx := t.Context()
	for _, c := range []struct{ address, name, want string }{
		{"192.0.2.7", "Studio 1", ""},
		{"::ffff:192.0.2.8", "Studio 2", ""},
		{"[2001:DB8::1]", "Truck", ""},
		{"192.0.2.7", "", "name empty"},
		{"192.0.2.7", strings.Repeat("n", 65), "name too_long"},
		{"192.0.2.7", "a\nb", "name characters"},
		{"192.0.2.256", "x", "address address"},
		{"fe80::1%eth0", "x", "address address"},
		{"0.0.0.0", "x", "address address"},
		{"example.com", "x", "address address"},
	} {
		if got := invalid(r.SetLabel(ctx, r.op, c.address, c.name)); got != c.want {
			t.Errorf("%s %q: %q, want %q", c.address, c.name, got, c.want)
		}
	}
	labels := r.op.Watcher.Snapshot().Labels
	for peer, want := range map[string]string{"192.0.2.7:5000": "Studio 1", "192.0.2.8": "Studio 2", "[2001:db8::1]:9": "Truck", "192.0.2.9": ""} {
		if got := labels.Of(peer); got != want {
			t.Errorf("%s is %q, want %q", peer, got, want)
		}
	}
	if err := r.DeleteLabel(ctx, r.op, "192.0.2.7"); err != nil {
		t.Fatal(err)
	}
	if err := r.DeleteLabel(ctx, r.op, "192.0.2.7"); !errors.Is(err, control.ErrNothingToDo) {
		t.Errorf("deleted twice: %v", err)
	}
	if r.op.Watcher.Snapshot().Labels.Of("192.0.2.7") != "" {
		t.Error("a deleted label is shown")
	}
}

func TestTooManyLabels(t *testing.T) {
	r := open(t)
	at := netip.MustParseAddr("10.0.0.1")
	names := make(map[string]string)
	for range control.MaxLabels {
		names[at.String()] = "n"
		at = at.Next()
	}
	body, err := json.Marshal(names)
	if err != nil {
		t.Fatal(err)
	}
	care := store.Care{Endpoint: r.key.Endpoint, Project: r.key.ProjectID, Topic: "labels", Body: body, At: time.Now()}
	if _, err := r.store.PutCare(t.Context(), care); err != nil {
		t.Fatal(err)
	}
	if got := invalid(r.SetLabel(t.Context(), r.op, at.String(), "n")); got != "address too_many" {
		t.Errorf("one too many: %q", got)
	}
	if err := r.SetLabel(t.Context(), r.op, "10.0.0.1", "renamed"); err != nil {
		t.Errorf("a name that is there already: %v", err)
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"192.0.2.1", "::ffff:192.0.2.1", "[2001:db8::1]", "fe80::1%eth0", "1.2.3", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once, err := control.ParseAddress(s)
		if err != nil {
			return
		}
		if twice, err := control.ParseAddress(once); err != nil || twice != once {
			t.Errorf("%q is %q and then %q, %v", s, once, twice, err)
		}
	})
}

// TestCareOutlivesTheProcess: a watcher that begins shows all that was put on
// the flows, and forgets a deleted flow's.
func TestCareOutlivesTheProcess(t *testing.T) {
	r := open(t)
	id := r.add(t, medialive.Active)
	ctx := t.Context()
	r.protect(t, id, true)
	if err := r.SetBand(ctx, r.op, id, monitor.Band{MinBitrate: 3}); err != nil {
		t.Fatal(err)
	}
	if err := r.SetLabel(ctx, r.op, "192.0.2.7", "Studio 1"); err != nil {
		t.Fatal(err)
	}
	if err := r.StopFlow(ctx, r.as("owner", "end", control.Consent{Held: true}), id); verdict(err) != "asked" {
		t.Fatal(err)
	}
	r.begin(t, r.store)
	r.until(t, id, "all of it shown again", func(f *monitor.Flow) bool {
		return f.Care.Protect != nil && f.Care.Protect.Second && f.Care.Ask != nil && f.Care.Ask.Verb == "stop" && f.Care.Band.MinBitrate == 3 &&
			r.op.Watcher.Snapshot().Labels.Of("192.0.2.7:1") == "Studio 1"
	})
	if err := r.ForceRelease(ctx, r.op, id); err != nil {
		t.Fatal(err)
	}
	if err := r.StopFlow(ctx, r.op, id); err != nil {
		t.Fatal(err)
	}
	if err := r.DeleteFlow(ctx, r.op, id); err != nil {
		t.Fatal(err)
	}
	if left, err := r.store.CaresOf(ctx, r.key.Endpoint, r.key.ProjectID, id); err != nil || len(left) != 0 {
		t.Errorf("left of a deleted flow: %+v, %v", left, err)
	}
}

func TestTimelineStaysInTheProject(t *testing.T) {
	r := open(t)
	id := r.add(t, medialive.Standby)
	ctx := t.Context()
	for i := range 3 {
		if err := r.AddNote(ctx, r.op, id, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	foreign := r.op
	foreign.Project = "another"
	if err := r.SetLabel(ctx, foreign, "192.0.2.1", "theirs"); err != nil {
		t.Fatal(err)
	}
	all := r.timeline(t, trail.Filter{Endpoint: "https://elsewhere", Project: "another"})
	if len(all) != 3 {
		t.Errorf("%d events: %+v", len(all), all)
	}
	for limit, want := range map[int]int{0: 3, 2: 2, 3: 3, 9: 3} {
		n := 0
		err := r.Export(ctx, r.op, trail.Filter{Project: "another", Limit: limit}, func(e trail.Event) error {
			n++
			return nil
		})
		if err != nil || n != want {
			t.Errorf("limit %d: %d events, %v", limit, n, err)
		}
	}
	stop := errors.New("the browser went away")
	if err := r.Export(ctx, r.op, trail.Filter{}, func(trail.Event) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
}
