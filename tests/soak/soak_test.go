package soak

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

const (
	usual      = 15 * time.Second // without FLOWDECK_SOAK
	limit      = 30 * time.Second // for anything to happen
	passphrase = "a-passphrase-that-lasts"
	someMedia  = 20_000 // bytes
	warm       = 10     // rounds after which memory may not grow much any more
	growth     = 1.5    // of the relay's resident memory, since then
)

// duration is how long to soak: FLOWDECK_SOAK, or some seconds, in which the
// same is tried a few times.
func duration(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("FLOWDECK_SOAK")
	if text == "" {
		return usual
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("FLOWDECK_SOAK: %v", err)
	}
	return d
}

// soak is a flow under way, with a receiver who must miss nothing.
type soak struct {
	t      *testing.T
	app    *apptest.App
	client *medialive.Client
	flow   string
	source medialive.Source
	tape   string // what the steady receiver has got
}

func TestSoak(t *testing.T) {
	t.Parallel()
	length := duration(t)
	s := start(t)
	deadline := time.Now().Add(length)
	settled := 0
	for round := 1; time.Now().Before(deadline); round++ {
		s.round(round)
		if now := s.memory(); round == warm {
			settled = now
		} else if settled > 0 && float64(now) > growth*float64(settled) {
			t.Fatalf("round %d: the relay has grown from %d to %d kB", round, settled, now)
		}
		if round%100 == 0 || round == 1 {
			t.Logf("round %d: the relay has %d kB", round, s.memory())
		}
	}
	for _, leg := range s.legs() {
		if leg.TSErrors != 0 || leg.Drop != 0 {
			t.Errorf("leg %s: %d stream errors, %d drops", leg.Name, leg.TSErrors, leg.Drop)
		}
	}
	relaytest.RequireWhole(t, s.tape, 100)
}

// start runs a Flowdeck with one flow, its sender and its steady receiver.
func start(t *testing.T) *soak {
	t.Helper()
	s := &soak{t: t, app: apptest.Start(t, map[string]string{"FLOWDECK_LOG_LEVEL": "warn"}), tape: filepath.Join(t.TempDir(), "steady.ts")}
	ak, sk := s.app.Key(apptest.User)
	var err error
	s.client, err = medialive.New(medialive.Config{
		Endpoint: s.app.GatewayURL, ProjectID: s.app.ProjectID, Auth: medialive.AKSK(ak, medialive.Secret(sk), time.Now),
	})
	s.must(err)
	flow, err := s.client.CreateFlow(t.Context(), medialive.NewFlow{
		Name: "soak", Region: apptest.Region,
		Source: medialive.Source{Name: "camera", Protocol: medialive.Listener, MinLatency: 120, Decryption: crypto()},
	})
	s.must(err)
	s.flow = flow.ID
	s.source, _ = flow.Source()
	steady := s.add("steady")
	_, err = s.client.StartFlow(t.Context(), s.flow)
	s.must(err)
	relaytest.Push(t, relaytest.Clip(t), s.end(s.source.Port))
	relaytest.Record(t, s.end(steady.Port), s.tape)
	s.grows(s.tape)
	return s
}

// round adds an output, receives from it, turns it off and on, lets a stranger
// knock, and removes it; meanwhile the steady receiver goes on.
func (s *soak) round(n int) {
	name := fmt.Sprintf("guest-%d", n)
	guest := s.add(name)
	tape := filepath.Join(s.t.TempDir(), name+".ts")
	receiver := relaytest.Record(s.t, s.end(guest.Port), tape)
	s.grows(tape)
	stranger := s.end(s.source.Port)
	stranger.Passphrase = "a-passphrase-that-is-wrong"
	knock := relaytest.Record(s.t, stranger, tape+".none")
	s.turn(name, medialive.Disabled)
	s.turn(name, medialive.Enabled)
	s.grows(tape)
	receiver.Kill()
	knock.Kill()
	s.must(s.client.DeleteOutput(s.t.Context(), s.flow, name))
	s.grows(s.tape)
	s.must(os.Remove(tape))
}

func (s *soak) add(name string) medialive.Output {
	s.t.Helper()
	outputs, err := s.client.CreateOutputs(s.t.Context(), s.flow, []medialive.Output{{
		Name: name, Protocol: medialive.Listener, MinLatency: 120, Encryption: crypto(), Status: medialive.Enabled,
	}})
	s.must(err)
	for _, o := range outputs {
		if o.Name == name {
			return o
		}
	}
	s.t.Fatalf("output %s was not created", name)
	return medialive.Output{}
}

func (s *soak) turn(name string, to medialive.OutputStatus) {
	s.t.Helper()
	_, err := s.client.UpdateOutput(s.t.Context(), s.flow, name, medialive.OutputChange{Status: &to})
	s.must(err)
}

// grows waits until a recording has got more media.
func (s *soak) grows(tape string) {
	s.t.Helper()
	before := relaytest.Size(tape)
	relaytest.Eventually(s.t, limit, "media in "+filepath.Base(tape), func() bool { return relaytest.Size(tape) > before+someMedia })
}

func (s *soak) legs() []medialive.LegStatistics {
	s.t.Helper()
	all, err := s.client.Statistics(s.t.Context(), s.flow)
	s.must(err)
	if len(all) != 1 {
		s.t.Fatalf("statistics of %d flows", len(all))
	}
	return append(all[0].Outputs, all[0].Source)
}

// memory is the relay's resident memory in kB.
func (s *soak) memory() int {
	s.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.app.PID(apptest.Relay)))
	s.must(err)
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		s.t.Fatal("the relay has no memory")
	}
	kB, err := strconv.Atoi(fields[0])
	s.must(err)
	return kB
}

// end is a far end that calls a port of the flow.
func (s *soak) end(port int) relaytest.SRT {
	return relaytest.SRT{Host: s.app.SRTAddress, Port: port, Passphrase: passphrase, KeyLength: 16}
}

func crypto() *medialive.Crypto {
	return &medialive.Crypto{Algorithm: medialive.AES128, KeyType: medialive.SRTPassword, Passphrase: passphrase}
}

func (s *soak) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}
