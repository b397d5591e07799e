package bench

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// The table stands between these lines of the document.
const (
	tableBegins = "<!-- make bench writes from here -->\n"
	tableEnds   = "<!-- make bench writes to here -->\n"
)

// report collects the figures of a run.
type report struct {
	machine []string
	rows    []row
}

// row is a figure beside its reference.
type row struct {
	what, reference, measured, goal string
	met                             bool
}

// newReport notes where and when the run is.
func newReport(b *testing.B) *report {
	b.Helper()
	kernel, err := os.ReadFile("/proc/sys/kernel/osrelease")
	must(b, err)
	waiting, err := os.ReadFile("/proc/loadavg")
	must(b, err)
	return &report{machine: []string{
		fmt.Sprintf("%s, %d processors, %s", processor(b), runtime.NumCPU(), memory(b)),
		fmt.Sprintf("Linux %s, %s, load before the run %s", bytes.TrimSpace(kernel), runtime.Version(), strings.Fields(string(waiting))[0]),
		fmt.Sprintf("`make bench` at %s on %s", commit(b), time.Now().UTC().Format("2006-01-02 15:04 UTC")),
	}}
}

// commit is the version of the code, as far as git knows it.
func commit(b *testing.B) string {
	out, err := exec.CommandContext(b.Context(), "git", "describe", "--always", "--dirty").Output()
	if err != nil {
		return "an unknown commit"
	}
	return strings.TrimSpace(string(out))
}

// field finds a value in a file of "name: value" lines.
func field(b *testing.B, file, name string) string {
	b.Helper()
	content, err := os.ReadFile(file)
	must(b, err)
	for line := range strings.Lines(string(content)) {
		if key, value, _ := strings.Cut(line, ":"); strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

func processor(b *testing.B) string { return field(b, "/proc/cpuinfo", "model name") }

func memory(b *testing.B) string {
	var kb float64
	_, _ = fmt.Sscan(field(b, "/proc/meminfo", "MemTotal"), &kb) // 0 where it is not told
	return fmt.Sprintf("%.0f GB", kb/(1<<20))
}

func (r *report) add(what, reference, measured, goal string, met bool) {
	r.rows = append(r.rows, row{what, reference, measured, goal, met})
}

// table is the report in Markdown.
func (r *report) table() string {
	var out strings.Builder
	for _, line := range r.machine {
		fmt.Fprintf(&out, "- %s\n", line)
	}
	out.WriteString("\n| what | reference | measured | goal | |\n|---|---|---|---|---|\n")
	for _, row := range r.rows {
		verdict := "missed"
		switch {
		case row.goal == "":
			verdict = ""
		case row.met:
			verdict = "met"
		}
		fmt.Fprintf(&out, "| %s | %s | %s | %s | %s |\n", row.what, row.reference, row.measured, row.goal, verdict)
	}
	return out.String()
}

// record puts the table into a document, in place of the one before.
func (r *report) record(file string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	replaced, err := replaceTable(string(content), r.table())
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, []byte(replaced), 0o644) //nolint:gosec // a document of the repository
}

func replaceTable(document, table string) (string, error) {
	before, rest, begins := strings.Cut(document, tableBegins)
	_, after, ends := strings.Cut(rest, tableEnds)
	if !begins || !ends {
		return "", errors.New("the lines between which the table stands are missing")
	}
	return before + tableBegins + "\n" + table + "\n" + tableEnds + after, nil
}

// quantile gives the value below which a share q of the values lie (nearest
// rank).
func quantile[T ~int64 | ~float64](values []T, q float64) T {
	sorted := slices.Sorted(slices.Values(values))
	rank := int(math.Ceil(q*float64(len(sorted)))) - 1
	return sorted[max(0, rank)]
}

func median[T ~int64 | ~float64](values []T) T { return quantile(values, 0.5) }

// millis writes a duration in milliseconds.
func millis(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

func TestReplaceTable(t *testing.T) {
	const document = "# Title\n\n" + tableBegins + "\nold\n\n" + tableEnds + "\nafter\n"
	got, err := replaceTable(document, "new\n")
	if want := strings.Replace(document, "old", "new", 1); err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	for _, broken := range []string{"", tableBegins, tableEnds, tableEnds + tableBegins} {
		if _, err := replaceTable(broken, "new\n"); err == nil {
			t.Errorf("no error for %q", broken)
		}
	}
}

func TestQuantile(t *testing.T) {
	values := []float64{4, 1, 3, 2}
	for q, want := range map[float64]float64{0: 1, 0.25: 1, 0.5: 2, 0.51: 3, 0.99: 4, 1: 4} {
		if got := quantile(values, q); got != want {
			t.Errorf("quantile %v: %v, want %v", q, got, want)
		}
	}
}
