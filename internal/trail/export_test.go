package trail_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/flowdeck/flowdeck/internal/trail"
)

func event(text string) trail.Event {
	return trail.Event{
		Entry: trail.Entry{
			Seq: 7, KeyNumber: 1, MAC: []byte{0xab},
			Line: trail.Line{At: day, Kind: trail.Command, FlowName: text, Reason: text, Outcome: "done"},
		},
		SettledAt: day.Add(time.Second),
	}
}

// cellsOf writes one event as CSV and reads it by name.
func cellsOf(t *testing.T, e trail.Event) map[string]string {
	t.Helper()
	var out bytes.Buffer
	w := trail.NewCSV(&out)
	if err := w.Event(e); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	cells := map[string]string{}
	for i, name := range rows[0] {
		cells[name] = rows[1][i]
	}
	return cells
}

func TestCSV(t *testing.T) {
	cells := cellsOf(t, event(`say "hi", twice`))
	for name, want := range map[string]string{
		"seq": "7", "at": "2026-03-04T05:06:07.008Z", "settled_at": "2026-03-04T05:06:08.008Z", "kind": "command",
		"flow_name": `say "hi", twice`, "outcome": "done", "mac": "ab", "actor": "",
	} {
		if cells[name] != want {
			t.Errorf("%s is %q, want %q", name, cells[name], want)
		}
	}
	var out bytes.Buffer
	if err := trail.NewCSV(&out).Close(); err != nil || !strings.HasPrefix(out.String(), "seq,at,") || !strings.HasSuffix(out.String(), "\r\n") {
		t.Errorf("an empty export is %q, %v", out.String(), err)
	}
}

func FuzzCSV(f *testing.F) {
	for _, text := range []string{"=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n", `"`, `",=1`, "a\r\nb", " x ", "plain", "'", "\x00", "\xff"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := cellsOf(t, event(text))
		for _, name := range []string{"flow_name", "reason"} {
			cell := got[name]
			if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
				t.Fatalf("%q became %q, which a spreadsheet runs", text, cell)
			}
			back := cell
			if text != "" && strings.ContainsRune("=+-@\t\r\n", rune(text[0])) {
				back = strings.TrimPrefix(cell, "'")
			}
			if want := strings.ReplaceAll(text, "\r\n", "\n"); back != want { // the reader's own doing
				t.Fatalf("%q came back as %q", text, back)
			}
		}
		if len(got) != 21 {
			t.Fatalf("%d columns", len(got))
		}
	})
}

func TestJSON(t *testing.T) {
	for n := range 3 {
		var out bytes.Buffer
		w := trail.NewJSON(&out)
		for range n {
			if err := w.Event(event("a\"b\n</script>")); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		var got []map[string]any
		if err := json.Unmarshal(out.Bytes(), &got); err != nil || len(got) != n {
			t.Fatalf("%d of %d, %v: %s", len(got), n, err, out.String())
		}
		for _, object := range got {
			_, empty := object["actor"]
			if object["flow_name"] != "a\"b\n</script>" || object["seq"] != 7.0 || empty {
				t.Errorf("object %v", object)
			}
		}
	}
}

func FuzzJSON(f *testing.F) {
	f.Add("a\x00b\u2028")
	f.Fuzz(func(t *testing.T, text string) {
		var out bytes.Buffer
		w := trail.NewJSON(&out)
		if err := w.Event(event(text)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		var got []struct {
			Name string `json:"flow_name"`
		}
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if names := []string{got[0].Name}; utf8.ValidString(text) && !slices.Equal(names, []string{text}) {
			t.Fatalf("%q came back as %q", text, names)
		}
	})
}
