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
	cmd := exec.CommandContext(b.Context(), "go", "test", "-count=1", "-timeout", "10m", "-run", "^$", "-bench", "^BenchmarkCPU$", "-benchtime", "1x", "./internal/relay")
	cmd.Dir = "../.."
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.Fatalf("the relay's benchmark: %v\n%s", err, out)
	}
	found := 0
	for line := range strings.Lines(string(out)) {
		name, figures, ok := benchmarkLine(line)
		if !ok {
			continue
		}
		found++
		r.relayFigures(name, figures)
	}
	if found == 0 {
		b.Fatalf("no figures of the relay:\n%s", out)
	}
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
