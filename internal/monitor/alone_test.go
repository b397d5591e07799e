package monitor_test

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// TestOutputsFallWithTheirSource takes the media of a source away at moments
// between the reads: its outputs have none either, and are not blamed for it.
func TestOutputsFallWithTheirSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		id := cloud.Add(flow("A", medialive.Active, medialive.Connected, "1", "2", "3"))
		w := watch(t, cloud)
		health := func(source, output medialive.Health) {
			cloud.Change(id, func(f *medialivetest.Flow) {
				f.Sources[0].Health = source
				for i := range f.Outputs {
					f.Outputs[i].Health = output
				}
			})
		}
		until := func(want monitor.State, never monitor.State) (took time.Duration) {
			for state(t, w, id) != want {
				if s := state(t, w, id); s == never {
					t.Fatalf("after %v it is %s", took, s)
				}
				if took += 50 * time.Millisecond; took > 15*time.Second {
					t.Fatalf("it is not %s", want)
				}
				pass(50 * time.Millisecond)
			}
			return took
		}
		pass(30 * time.Second)
		for range 50 {
			w.Look(id)
			pass(rand.N(6 * time.Second))
			health(medialive.Disconnected, medialive.Disconnected)
			until(monitor.StateSourceLost, monitor.StateOutputLost)
			health(medialive.Connected, medialive.Connected)
			until(monitor.StateLive, monitor.StateOutputLost)
			pass(20 * time.Second)
		}
		w.Look(id)
		health(medialive.Connected, medialive.Disconnected)
		if took := until(monitor.StateOutputLost, monitor.StateSourceLost); took > 7*time.Second {
			t.Errorf("an output that lost its receiver was told after %v", took)
		}
	})
}

// TestOutputsThatWereDownBefore takes the media of a source away after its outputs
// were last read before it came: that they had none then, and have none again,
// does not make them guilty.
func TestOutputsThatWereDownBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 20 {
			cloud := medialivetest.New()
			id := cloud.Add(flow("A", medialive.Active, medialive.Disconnected, "1", "2", "3"))
			w := watch(t, cloud)
			health := func(h medialive.Health) {
				cloud.Change(id, func(f *medialivetest.Flow) {
					f.Sources[0].Health = h
					for i := range f.Outputs {
						f.Outputs[i].Health = h
					}
				})
			}
			pass(20 * time.Second)
			unread := cloud.Inject("ShowOutputInfo", 0, medialivetest.Down())
			health(medialive.Connected)
			pass(30*time.Second + rand.N(6*time.Second))
			health(medialive.Disconnected)
			unread()
			for range 200 {
				if s := state(t, w, id); s == monitor.StateOutputLost {
					t.Fatal("the outputs are blamed")
				}
				pass(50 * time.Millisecond)
			}
		}
	})
}
