package packager

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

const (
	costFile     = "costs.json"
	measuredTime = 2    // seconds of a test pattern
	copyCost     = 0.01 // cores: of each packager, and of a channel that is not encoded
	carryShare   = 0.8  // of the machine's cores that channels may use
	patternRate  = 25   // pictures a second of the pattern
)

// Cost is what a template takes of this machine.
type Cost struct {
	Template string
	Cores    float64 // while it encodes as fast as it plays
}

// LoadError tells that this machine cannot carry a channel, with the figures.
type LoadError struct {
	Need   float64 // cores, by measurement
	Used   float64 // cores, by the channels that run
	Budget float64 // cores that channels may use together
}

// Error says so in a sentence.
func (e *LoadError) Error() string {
	return fmt.Sprintf("this machine cannot carry the channel: by measurement it takes %.2f cores, %.2f of %.2f are taken", e.Need, e.Used, e.Budget)
}

// costs measures templates, each once in the life of a data folder.
type costs struct {
	ffmpeg, file string

	mu    sync.Mutex
	known map[string]float64 // cores by what is encoded; nil: not read yet
}

func newCosts(ffmpeg, file string) *costs { return &costs{ffmpeg: ffmpeg, file: file} }

// of gives what a template takes, measured now if it never was.
func (c *costs) of(ctx context.Context, t Template) (float64, error) {
	if t.Copy {
		return copyCost, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = c.read()
	}
	key := t.measuredAs()
	if cores, ok := c.known[key]; ok {
		return cores, nil
	}
	cores, err := c.measure(ctx, t)
	if err != nil {
		return 0, err
	}
	c.known[key] = cores
	return cores, c.write()
}

// measuredAs names what is encoded, on this machine.
func (t Template) measuredAs() string {
	return fmt.Sprintf("%d cores, %d pixels high, %d+%d bit/s", runtime.NumCPU(), t.Height, t.Bitrate, t.AudioBitrate)
}

// Measured tells what the templates of the ladder take of this machine, as far as
// it was measured for the channels of a folder.
func Measured(dir string) []Cost {
	known := newCosts("", filepath.Join(dir, costFile)).read()
	var all []Cost
	for _, t := range Ladder() {
		if cores, ok := known[t.measuredAs()]; ok {
			all = append(all, Cost{t.ID, cores})
		}
	}
	return all
}

// Budget is how many cores of this machine channels may use together.
func Budget() float64 { return carryShare * float64(runtime.NumCPU()) }

// read gives what was measured; nothing where the file is missing or damaged.
func (c *costs) read() map[string]float64 {
	known := map[string]float64{}
	text, err := os.ReadFile(c.file)
	if err != nil || json.Unmarshal(text, &known) != nil {
		return map[string]float64{}
	}
	return known
}

func (c *costs) write() error {
	text, err := json.MarshalIndent(c.known, "", "\t")
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.file, text, 0o600); err != nil {
		return fmt.Errorf("keep what was measured: %s", reason(err))
	}
	return nil
}

// measure fails with an [ErrSpec] where ffmpeg cannot encode a template here. It
// encodes two seconds of a pattern. Making the pattern takes about what
// decoding a source of that size does, and counts for it.
func (c *costs) measure(ctx context.Context, t Template) (float64, error) {
	cmd := exec.CommandContext(ctx, c.ffmpeg, patternArgs(t)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LANG=C"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	said := &tail{}
	cmd.Stderr = said
	if err := cmd.Run(); err != nil {
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.Exited() { // was not killed
			return 0, fault("Ladder", "has the template %s, which ffmpeg cannot encode here: %s", t.ID, strings.Join(said.last(), " · "))
		}
		return 0, fmt.Errorf("measure template %s: %w", t.ID, err)
	}
	used := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return used.Seconds() / measuredTime, nil
}

func patternArgs(t Template) []string {
	args := []string{"-loglevel", "error"}
	length := strconv.Itoa(measuredTime)
	if t.Height > 0 {
		width := t.Height * 16 / 9 / 2 * 2
		args = append(args, "-f", "lavfi", "-i", fmt.Sprintf("testsrc2=s=%dx%d:r=%d:d=%s", width, t.Height, patternRate, length))
	}
	args = append(args, "-f", "lavfi", "-i", "sine=r=48000:d="+length)
	if t.Height > 0 {
		args = append(args, videoArgs(0, t)...)
	}
	return append(args, "-c:a", "aac", "-b:a", strconv.Itoa(max(32_000, t.AudioBitrate)), "-f", "null", "-")
}

// Costs tells what templates take of this machine; what was not measured yet is
// measured now, which takes some seconds.
func (p *Packager) Costs(ctx context.Context, templates []Template) ([]Cost, error) {
	var all []Cost
	for _, t := range templates {
		cores, err := p.costs.of(ctx, t)
		if err != nil {
			return nil, err
		}
		all = append(all, Cost{t.ID, cores})
	}
	return all, nil
}

// Load tells how many cores the channels that run take, by measurement, and how
// many they may take together.
func (p *Packager) Load() (used, budget float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.used(""), p.budget()
}

// used is what all channels but one take; p.mu is held.
func (p *Packager) used(besides string) float64 {
	sum := 0.0
	for id, cores := range p.reserved {
		if id != besides {
			sum += cores
		}
	}
	return sum
}

func (p *Packager) budget() float64 {
	if p.opts.Load > 0 {
		return p.opts.Load
	}
	return Budget()
}

// carry gives the cores that a channel takes, or a [*LoadError]; p.mu is held.
func (p *Packager) carry(ctx context.Context, spec Spec) (float64, error) {
	all, err := p.Costs(ctx, spec.Ladder)
	if err != nil {
		return 0, err
	}
	need := copyCost * float64(1+len(spec.Packages))
	for _, c := range all {
		need += c.Cores
	}
	used, budget := p.used(spec.ID), p.budget()
	if used+need > budget {
		return 0, &LoadError{Need: need, Used: used, Budget: budget}
	}
	return need, nil
}
