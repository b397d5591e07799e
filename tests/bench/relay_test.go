package bench

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// manyFlows is the part of the relay's benchmark with a goal for memory.
const manyFlows = "50x2"

// relay runs the relay's own benchmark, which has srt-live-transmit beside it.
func (r *report) relay(b *testing.B) {
	for _, f := range benchmarks(b, "./internal/relay", "^BenchmarkCPU$", "1x") {
		r.relayFigures(f.name, f.figures)
	}
}

// found is what a benchmark of the project's measured: figures by their units.
type found struct {
	name    string // without that of the whole benchmark; empty where it has no parts
	figures map[string]float64
}

// benchmarks runs benchmarks of one package.
func benchmarks(b *testing.B, pkg, pattern, benchtime string) (all []found) {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), "go", "test", "-count=1", "-timeout", "10m", "-run", "^$", "-bench", pattern, "-benchtime", benchtime, pkg)
	cmd.Dir = "../.."
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.Fatalf("the benchmarks of %s: %v\n%s", pkg, err, out)
	}
	for line := range strings.Lines(string(out)) {
		if name, figures, ok := benchmarkLine(line); ok {
			all = append(all, found{name, figures})
		}
	}
	if len(all) == 0 {
		b.Fatalf("no figures of %s:\n%s", pkg, out)
	}
	return all
}

// one runs a benchmark, or the part of one, that gives one line.
func one(b *testing.B, pkg, pattern, benchtime string) map[string]float64 {
	b.Helper()
	all := benchmarks(b, pkg, pattern, benchtime)
	if len(all) != 1 {
		b.Fatalf("%s of %s gives %d lines instead of one", pattern, pkg, len(all))
	}
	return all[0].figures
}

func (r *report) relayFigures(name string, figures map[string]float64) {
	goal, reference := 0.9, "`srt-live-transmit`"
	many := strings.Contains(name, manyFlows)
	if many {
		goal, reference = 0.65, "50 × `srt-live-transmit`, one output each"
	}
	ratio := figures["ratio"]
	r.add(
		"relay, CPU for a Gbit: "+name,
		fmt.Sprintf("%s: %.2f s", reference, figures["ref-cpu-s/Gbit"]),
		fmt.Sprintf("%.2f s, ratio **%.2f**, %.0f packets missing (reference %.0f)", figures["cpu-s/Gbit"], ratio, figures["gaps"], figures["ref-gaps"]),
		fmt.Sprintf("≤ %.2f", goal), ratio <= goal,
	)
	if memory := figures["MB/flow"]; many {
		r.add("relay, memory of a flow: "+name, "", fmt.Sprintf("**%.2f MB**", memory), "≤ 3.5 MB", memory <= 3.5)
	}
}

// benchmarkLine reads a line as "go test -bench" prints it: name, count, and
// pairs of figure and unit.
func benchmarkLine(line string) (name string, figures map[string]float64, ok bool) {
	fields := strings.Fields(line)
	if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
		return "", nil, false
	}
	figures = map[string]float64{}
	for i := 2; i+1 < len(fields); i += 2 {
		value, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			return "", nil, false
		}
		figures[fields[i+1]] = value
	}
	_, name, _ = strings.Cut(fields[0], "/")
	if at := strings.LastIndexByte(name, '-'); at >= 0 {
		name = name[:at]
	}
	return strings.ReplaceAll(name, "_", " "), figures, true
}

func TestBenchmarkLine(t *testing.T) {
	name, figures, ok := benchmarkLine("BenchmarkCPU/50x2_4_Mbps-2 \t 1\t 123 ns/op\t 0.61 ratio\n")
	if !ok || name != "50x2 4 Mbps" || figures["ratio"] != 0.61 || figures["ns/op"] != 123 {
		t.Errorf("got %q %v %t", name, figures, ok)
	}
	for _, line := range []string{"", "ok  \tpackage\t1.2s", "BenchmarkCPU", "goos: linux"} {
		if _, _, ok := benchmarkLine(line); ok {
			t.Errorf("%q is taken for a figure", line)
		}
	}
}
