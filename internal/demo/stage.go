package main

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

const (
	passphrase = "flowdeck-demonstration" // of flows that carry a test picture, on loopback
	latency    = 120                      // milliseconds
	again      = time.Second              // before a sender or receiver that ended is started again
)

// scene is one flow of the demo.
type scene struct {
	name, about string
	cipher      medialive.Algorithm // empty: clear
	active      bool
	bitrate     string // of the sender; empty: nobody sends
	outputs     []output
}

// output is one output of a scene.
type output struct {
	name     string
	call     int  // port that the flow calls; 0: it listens
	received bool // by a receiver of the demo
}

// scenes is the demo: four flows that are live, one that waits, one at rest.
var scenes = []scene{
	{
		name: "north-stand", about: "Camera, clear", active: true, bitrate: "6M",
		outputs: []output{{"studio-a", 29101, true}, {"archive", 0, true}, {"partner", 29199, false}},
	},
	{name: "south-stand", about: "Camera, AES-128", cipher: medialive.AES128, active: true, bitrate: "5M", outputs: []output{{"studio-b", 0, true}}},
	{name: "press-room", about: "Lectern, AES-256", cipher: medialive.AES256, active: true, bitrate: "3500k", outputs: []output{{"web", 0, false}}},
	{name: "skyline", about: "Weather camera", active: true, bitrate: "2500k"},
	{name: "mobile-unit", about: "Waits for its sender", cipher: medialive.AES192, active: true, outputs: []output{{"studio-a", 0, false}}},
	{name: "rehearsal", about: "Not started", outputs: []output{{"studio-c", 0, false}}},
}

// stage is the demo's flows and the programs that send and receive.
type stage struct {
	system *system
	film   string // file that the senders repeat
	cancel context.CancelFunc
	work   sync.WaitGroup
	ids    []string // flows that the demo started
}

// startStage creates the flows that are not there yet, starts them, and lets
// media move.
func startStage(ctx context.Context, s *system) (*stage, error) {
	ctx, cancel := context.WithCancel(ctx)
	st := &stage{system: s, cancel: cancel}
	if err := st.shoot(ctx); err != nil {
		st.stop()
		return nil, err
	}
	for _, sc := range scenes {
		if err := st.play(ctx, sc); err != nil {
			st.stop()
			return nil, fmt.Errorf("flow %s: %w", sc.name, err)
		}
	}
	return st, nil
}

// shoot makes the film: ten seconds of a test picture with a tone.
func (st *stage) shoot(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "flowdeck-demo-")
	if err != nil {
		return fmt.Errorf("make a folder for the film: %w", err)
	}
	st.film = filepath.Join(folder, "film.ts")
	cmd := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-y",
		"-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25:duration=10",
		"-f", "lavfi", "-i", "sine=frequency=440:duration=10",
		"-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-c:a", "aac", "-f", "mpegts", st.film)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("make the film: %w: %s", err, out)
	}
	return nil
}

// play creates a scene's flow, starts it, and starts who sends to it and who
// receives from it.
func (st *stage) play(ctx context.Context, sc scene) error {
	flow, err := st.flow(ctx, sc)
	if err != nil {
		return err
	}
	if sc.active {
		if flow.Status != medialive.Active {
			if _, err := st.system.api.StartFlow(ctx, flow.ID); err != nil {
				return err
			}
		}
		st.ids = append(st.ids, flow.ID)
	}
	if source, ok := flow.Source(); ok && sc.bitrate != "" {
		st.keep(ctx, "-re", "-stream_loop", "-1", "-i", st.film, "-c", "copy", "-muxrate", sc.bitrate, "-f", "mpegts",
			srtURL(source.Address, source.Port, sc, map[string]string{"mode": "caller", "pkt_size": "1316"}))
	}
	for _, o := range sc.outputs {
		if !o.received {
			continue
		}
		shown, err := st.system.api.ShowOutput(ctx, flow.ID, o.name)
		if err != nil {
			return err
		}
		host, port, mode := shown.ListenerAddress, shown.Port, "caller"
		if o.call != 0 {
			host, mode = shown.Destination, "listener"
		}
		st.keep(ctx, "-i", srtURL(host, port, sc, map[string]string{"mode": mode}), "-map", "0", "-c", "copy", "-f", "null", "-")
	}
	return nil
}

// flow finds a scene's flow by its name, or creates it.
func (st *stage) flow(ctx context.Context, sc scene) (medialive.Flow, error) {
	page, err := st.system.api.ListFlows(ctx, 100, 0)
	if err != nil {
		return medialive.Flow{}, err
	}
	for _, f := range page.Flows {
		if f.Name == sc.name {
			return st.system.api.ShowFlow(ctx, f.ID)
		}
	}
	capable, err := st.system.api.Capabilities(ctx)
	if err != nil {
		return medialive.Flow{}, err
	}
	flow, err := st.system.api.CreateFlow(ctx, medialive.NewFlow{
		Name: sc.name, Region: capable.Region,
		Source: medialive.Source{
			Name: "main", Protocol: medialive.Listener, MinLatency: latency,
			Description: sc.about, Decryption: sc.crypto(),
		},
	})
	if err != nil || len(sc.outputs) == 0 {
		return flow, err
	}
	outputs := make([]medialive.Output, len(sc.outputs))
	for i, o := range sc.outputs {
		outputs[i] = o.new(sc, capable.SRTAddress)
	}
	if _, err := st.system.api.CreateOutputs(ctx, flow.ID, outputs); err != nil {
		return flow, err
	}
	return st.system.api.ShowFlow(ctx, flow.ID)
}

func (sc scene) crypto() *medialive.Crypto {
	if sc.cipher == "" {
		return nil
	}
	return &medialive.Crypto{Algorithm: sc.cipher, KeyType: medialive.SRTPassword, Passphrase: passphrase}
}

func (o output) new(sc scene, address string) medialive.Output {
	out := medialive.Output{
		Name: o.name, Protocol: medialive.Listener, MinLatency: latency,
		Encryption: sc.crypto(), Status: medialive.Enabled,
	}
	if o.call != 0 {
		out.Protocol, out.Destination, out.Port = medialive.Caller, address, o.call
	}
	return out
}

// srtURL is a connection as ffmpeg takes it.
func srtURL(host string, port int, sc scene, query map[string]string) string {
	values := url.Values{"latency": {strconv.Itoa(latency * 1000)}} // ffmpeg counts microseconds
	for name, value := range query {
		values.Set(name, value)
	}
	if sc.cipher != "" {
		values.Set("passphrase", passphrase)
		values.Set("pbkeylen", strconv.Itoa(sc.cipher.KeyLength()))
	}
	u := url.URL{Scheme: "srt", Host: net.JoinHostPort(host, strconv.Itoa(port)), RawQuery: values.Encode()}
	return u.String()
}

// keep runs ffmpeg, again and again, until the stage stops.
func (st *stage) keep(ctx context.Context, args ...string) {
	st.work.Go(func() {
		for ctx.Err() == nil {
			cmd := exec.CommandContext(ctx, "ffmpeg", append([]string{"-v", "quiet", "-nostdin"}, args...)...)
			cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
			cmd.WaitDelay = 3 * time.Second // then it is killed
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
			_ = cmd.Run() // whatever ended it, it is started again
			select {
			case <-ctx.Done():
			case <-time.After(again):
			}
		}
	})
}

// stop ends senders and receivers, and stops the flows.
func (st *stage) stop() {
	st.cancel()
	st.work.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	for _, id := range st.ids {
		if _, err := st.system.api.StopFlow(ctx, id); err != nil {
			fmt.Fprintln(os.Stderr, "demo: stop a flow:", err)
		}
	}
	if st.film != "" {
		_ = os.RemoveAll(filepath.Dir(st.film)) // in the system's folder for such things
	}
}
