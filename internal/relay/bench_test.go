package relay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

const (
	warmUp        = 3 * time.Second
	measured      = 10 * time.Second
	clockTicks    = 100 // USER_HZ of Linux
	bitsPerGbit   = 1e9
	connectedWait = 20 * time.Second
)

// work is a measured load.
type work struct {
	flows, outputs int
	bitRate        int
	key            int
	burst          int // packets at once
}

// cost is what a load cost whoever carried it.
type cost struct {
	cpu    float64 // processor seconds for a Gbit of legs, in and out
	memory float64 // MB, proportional set size
	gaps   int
}

// BenchmarkCPU compares the relay with srt-live-transmit, one process a flow,
// in one run. The reference cannot fan out, so it always has one output.
func BenchmarkCPU(b *testing.B) {
	works := map[string]work{
		"1x1 50 Mbps clear": {1, 1, 50e6, 0, 1},
		// A burst is what comes in 5 ms, as a file sent by ffmpeg does.
		"1x1 50 Mbps clear in bursts":  {1, 1, 50e6, 0, 24},
		"1x1 50 Mbps AES128":           {1, 1, 50e6, 16, 1},
		"1x1 50 Mbps AES128 in bursts": {1, 1, 50e6, 16, 24},
		// Four packets at once: 50 evenly spaced senders need a machine of their own.
		"50x2 4 Mbps clear": {50, 2, 4e6, 0, 4},
	}
	for name, w := range works {
		b.Run(name, func(b *testing.B) {
			var ours, reference cost
			for b.Loop() {
				one := w
				one.outputs = 1
				if os.Getenv("NOREF") == "" {
					reference = measure(b, one, startReference)
				}
				ours = measure(b, w, startRelay)
			}
			b.ReportMetric(ours.cpu, "cpu-s/Gbit")
			b.ReportMetric(reference.cpu, "ref-cpu-s/Gbit")
			b.ReportMetric(ours.cpu/reference.cpu, "ratio")
			b.ReportMetric(ours.memory/float64(w.flows), "MB/flow")
			b.ReportMetric(float64(ours.gaps), "gaps")
			b.ReportMetric(float64(reference.gaps), "ref-gaps")
		})
	}
}

// measure puts a load on what start starts.
func measure(b *testing.B, w work, start func(*testing.B, work, relaytest.Load) []*relaytest.Process) cost {
	b.Helper()
	load := relaytest.Load{BitRate: w.bitRate, Burst: w.burst, KeyLength: w.key}
	if w.key > 0 {
		load.Passphrase = secret
	}
	for range w.flows {
		f := relaytest.LoadFlow{Send: relaytest.FreePort(b)}
		for range w.outputs {
			f.Receive = append(f.Receive, relaytest.FreePort(b))
		}
		load.Flows = append(load.Flows, f)
	}
	raw, err := json.Marshal(load)
	if err != nil {
		b.Fatal(err)
	}
	var out bytes.Buffer
	generator := role(b, roleLoad, "", bytes.NewReader(raw), &out)
	carriers := start(b, w, load)
	<-time.After(warmUp)
	before, began := cpuOf(b, carriers), time.Now()
	<-time.After(measured)
	used, took := cpuOf(b, carriers)-before, time.Since(began).Seconds()
	memory := memoryOf(b, carriers)
	generator.Interrupt(b)
	for _, c := range carriers {
		c.Kill()
	}
	var result relaytest.LoadResult
	if err := json.Unmarshal(out.Bytes(), &result); err != nil {
		b.Fatalf("%v: %q\n%s", err, out.String(), generator.Output())
	}
	if result.Received < result.Sent*w.outputs/2 {
		b.Errorf("%d of %d packets came through", result.Received, result.Sent*w.outputs)
	}
	b.Logf("%d sent, %d received, load %v", result.Sent, result.Received, w)
	gbit := float64(w.flows*w.bitRate*(1+w.outputs)) * took / bitsPerGbit
	return cost{cpu: used / gbit, memory: memory, gaps: result.Gaps}
}

func startReference(b *testing.B, w work, load relaytest.Load) []*relaytest.Process {
	var all []*relaytest.Process
	for _, f := range load.Flows {
		in := relaytest.SRT{Port: f.Send, Listen: true, Passphrase: load.Passphrase, KeyLength: w.key}
		out := relaytest.SRT{Port: f.Receive[0], Passphrase: load.Passphrase, KeyLength: w.key}
		all = append(all, relaytest.Start(b, "srt-live-transmit", "-q", in.LiveTransmitURI(), out.LiveTransmitURI()))
	}
	return all
}

func startRelay(b *testing.B, w work, load relaytest.Load) []*relaytest.Process {
	socket := filepath.Join(b.TempDir(), "relay.sock")
	process := role(b, roleRelay, socket, nil, nil)
	client := Dial(socket)
	relaytest.Eventually(b, connectedWait, "the relay answers", func() bool { return client.Ping(b.Context()) == nil })
	for i, f := range load.Flows {
		spec := FlowSpec{ID: fmt.Sprint("flow-", i), Source: listener("in", f.Send, w.key)}
		for j, port := range f.Receive {
			spec.Outputs = append(spec.Outputs, caller(fmt.Sprint("out-", j), port, w.key))
		}
		if err := client.Put(b.Context(), spec); err != nil {
			b.Fatal(err)
		}
	}
	return []*relaytest.Process{process}
}

// cpuOf reads the processor seconds used so far (proc(5), stat: utime, stime).
func cpuOf(b *testing.B, processes []*relaytest.Process) float64 {
	b.Helper()
	var ticks int
	for _, p := range processes {
		raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID()))
		if err != nil {
			b.Fatal(err)
		}
		_, after, _ := strings.Cut(string(raw), ") ")
		fields := strings.Fields(after)
		for _, f := range fields[11:13] {
			n, err := strconv.Atoi(f)
			if err != nil {
				b.Fatal(err)
			}
			ticks += n
		}
	}
	return float64(ticks) / clockTicks
}

// memoryOf reads the proportional set size, in MB.
func memoryOf(b *testing.B, processes []*relaytest.Process) float64 {
	b.Helper()
	var kb float64
	for _, p := range processes {
		raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", p.PID()))
		if err != nil {
			b.Fatal(err)
		}
		for line := range strings.Lines(string(raw)) {
			if fields := strings.Fields(line); fields[0] == "Pss:" {
				n, err := strconv.ParseFloat(fields[1], 64)
				if err != nil {
					b.Fatal(err)
				}
				kb += n
			}
		}
	}
	return kb / 1024
}
