package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/store"
)

func newFlow(id string, port int, outputs ...store.FlowOutput) store.Flow {
	return store.Flow{
		ID: id, ProjectID: "p", Name: "flow-" + id, Region: "local", CreatedAt: day,
		Source: []byte(`{"name":"cam"}`), Outputs: outputs, SourcePort: port,
	}
}

func output(name string, port int) store.FlowOutput {
	return store.FlowOutput{Name: name, Config: []byte(`{"name":"` + name + `"}`), ListenPort: port}
}

func readFlow(t *testing.T, s *store.Store, id string) store.Flow {
	t.Helper()
	f, err := s.Flow(t.Context(), "p", id)
	must(t, err)
	return f
}

func TestFlow(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		_, err := s.Flow(ctx, "p", "a")
		wantErr(t, err, store.ErrNotFound)
		a := newFlow("a", 20000, output("zulu", 20001), output("alpha", 0))
		a.Active, a.ActiveSince, a.SourceSecret = true, day.Add(time.Second), []byte{0, 9}
		a.Outputs[0].Secret, a.Outputs[1].Position = []byte{8}, 1
		must(t, s.CreateFlow(ctx, a))
		same(t, "flow", readFlow(t, s, "a"), a)
		for _, project := range []string{"other", "", "p\x00", "\xff"} {
			_, err := s.Flow(ctx, project, "a")
			wantErr(t, err, store.ErrNotFound)
		}
		must(t, s.DeleteFlow(ctx, "p", "a"))
		wantErr(t, s.DeleteFlow(ctx, "p", "a"), store.ErrNotFound)
		_, err = s.Flow(ctx, "p", "a")
		wantErr(t, err, store.ErrNotFound)
		wantPorts(t, s)
		must(t, s.CreateFlow(ctx, a))
	})
}

func TestFlowNames(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		must(t, s.CreateFlow(ctx, newFlow("a", 20000)))
		b := newFlow("b", 20001, output("x", 20002))
		b.Name = "flow-a"
		wantErr(t, s.CreateFlow(ctx, b), store.ErrExists)
		wantPorts(t, s, 20000)
		b.ProjectID = "q"
		must(t, s.CreateFlow(ctx, b))
		same(t, "b's secrets", readFlow(t, s, "a").SourceSecret == nil, true)
		c := newFlow("c", 0, output("x", 0), output("x", 0))
		wantErr(t, s.CreateFlow(ctx, c), store.ErrExists)
		if err := s.CreateFlow(ctx, newFlow("d", 0, output("", 0))); err == nil {
			t.Error("an output without a name was added")
		}
		for _, id := range []string{"c", "d"} {
			_, err := s.Flow(ctx, "p", id)
			wantErr(t, err, store.ErrNotFound)
		}
	})
}

func TestFlowPages(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		for id, age := range map[string]time.Duration{"b": 0, "a": 0, "B": 0, "old": -time.Hour, "new": time.Hour} {
			f := newFlow(id, 0, output("x", 0), output("y", 0))
			f.CreatedAt = day.Add(age)
			must(t, s.CreateFlow(ctx, f))
		}
		other := newFlow("q", 0)
		other.ProjectID, other.CreatedAt = "q", day.Add(2*time.Hour)
		must(t, s.CreateFlow(ctx, other))
		order := []string{"new", "B", "a", "b", "old"}
		for _, page := range []struct{ limit, offset int }{{10, 0}, {2, 0}, {2, 2}, {2, 4}, {1, 5}, {5, 1 << 62}} {
			flows, total, err := s.Flows(ctx, "p", page.limit, page.offset)
			must(t, err)
			want := order[min(page.offset, 5):min(page.offset+page.limit, 5)]
			if page.offset > 5 {
				want = nil
			}
			same(t, fmt.Sprint(page), ids(flows), want)
			same(t, "total", total, 5)
			for _, f := range flows {
				same(t, "outputs", len(f.Outputs), 2)
			}
		}
		all, err := s.AllFlows(ctx)
		must(t, err)
		same(t, "all", ids(all), append([]string{"q"}, order...))
		_, total, err := s.Flows(ctx, "none", 10, 0)
		must(t, err)
		same(t, "total of none", total, 0)
	})
}

func ids(flows []store.Flow) []string {
	var ids []string
	for _, f := range flows {
		ids = append(ids, f.ID)
	}
	return ids
}

func TestSetFlowActive(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		must(t, s.CreateFlow(ctx, newFlow("a", 0)))
		steps := []struct{ active, changed bool }{{false, false}, {true, true}, {true, false}, {false, true}, {false, false}}
		var since time.Time
		for n, step := range steps {
			at := day.Add(time.Duration(n) * time.Minute)
			changed, err := s.SetFlowActive(ctx, "p", "a", step.active, at)
			must(t, err)
			same(t, fmt.Sprint("changed at ", n), changed, step.changed)
			switch {
			case changed && step.active:
				since = at
			case changed:
				since = time.Time{}
			}
			f := readFlow(t, s, "a")
			same(t, fmt.Sprint("active at ", n), f.Active, step.active)
			same(t, fmt.Sprint("since at ", n), f.ActiveSince, since)
		}
		_, err := s.SetFlowActive(ctx, "q", "a", true, day)
		wantErr(t, err, store.ErrNotFound)
	})
}

func TestSetFlowActiveOnce(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, url string) {
		other := open(t, url)
		must(t, s.CreateFlow(t.Context(), newFlow("a", 0)))
		for round := range 6 {
			won := race(t, 12, func(ctx context.Context, i int) (bool, error) {
				return []*store.Store{s, other}[i%2].SetFlowActive(ctx, "p", "a", round%2 == 0, day)
			})
			if won != 1 {
				t.Fatalf("round %d: %d changed the flow", round, won)
			}
		}
	})
}

func TestUpdateSource(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		must(t, s.CreateFlow(ctx, newFlow("a", 20000, output("x", 20001))))
		must(t, s.CreateFlow(ctx, newFlow("b", 20002)))
		for _, port := range []int{20000, 20003, 0, 20000} {
			must(t, s.UpdateSource(ctx, "p", "a", []byte("new"), []byte{1}, port))
			f := readFlow(t, s, "a")
			same(t, "source", []any{string(f.Source), f.SourceSecret, f.SourcePort}, []any{"new", []byte{1}, port})
		}
		for _, port := range []int{20001, 20002} {
			wantErr(t, s.UpdateSource(ctx, "p", "a", []byte("newer"), nil, port), store.ErrPortTaken)
			same(t, "source kept", string(readFlow(t, s, "a").Source), "new")
		}
		wantErr(t, s.UpdateSource(ctx, "q", "a", nil, nil, 0), store.ErrNotFound)
		wantPorts(t, s, 20000, 20001, 20002)
		same(t, "b", readFlow(t, s, "b").SourcePort, 20002)
	})
}

func TestOutputs(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		must(t, s.CreateFlow(ctx, newFlow("a", 20000, output("x", 20001))))
		must(t, s.AddOutputs(ctx, "p", "a", []store.FlowOutput{output("z", 20002), output("b", 0)}))
		wantErr(t, s.AddOutputs(ctx, "p", "a", []store.FlowOutput{output("new", 20003), output("b", 0)}), store.ErrExists)
		wantErr(t, s.AddOutputs(ctx, "p", "a", []store.FlowOutput{output("new", 20003), output("n2", 20000)}), store.ErrPortTaken)
		wantErr(t, s.AddOutputs(ctx, "p", "none", []store.FlowOutput{output("n", 0)}), store.ErrNotFound)
		wantPorts(t, s, 20000, 20001, 20002)

		z := output("z", 20004)
		z.Config, z.Secret = []byte("changed"), []byte{7}
		must(t, s.UpdateOutput(ctx, "p", "a", z))
		z.Position = 1
		same(t, "changed output", readFlow(t, s, "a").Outputs[1], z)
		z.ListenPort = 20001
		wantErr(t, s.UpdateOutput(ctx, "p", "a", z), store.ErrPortTaken)
		wantErr(t, s.UpdateOutput(ctx, "p", "a", output("none", 0)), store.ErrNotFound)
		wantErr(t, s.UpdateOutput(ctx, "q", "a", z), store.ErrNotFound)
		same(t, "port kept", readFlow(t, s, "a").Outputs[1].ListenPort, 20004)

		must(t, s.DeleteOutput(ctx, "p", "a", "x"))
		wantErr(t, s.DeleteOutput(ctx, "p", "a", "x"), store.ErrNotFound)
		wantErr(t, s.DeleteOutput(ctx, "q", "a", "z"), store.ErrNotFound)
		wantPorts(t, s, 20000, 20004)
		must(t, s.AddOutputs(ctx, "p", "a", []store.FlowOutput{output("x", 20001)}))
		var names []string
		for _, o := range readFlow(t, s, "a").Outputs {
			names = append(names, o.Name)
		}
		same(t, "order", names, []string{"z", "b", "x"})
	})
}

func TestOutputsAddedAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		must(t, s.CreateFlow(t.Context(), newFlow("a", 0)))
		race(t, 8, func(ctx context.Context, i int) (bool, error) {
			return true, s.AddOutputs(ctx, "p", "a", []store.FlowOutput{output(fmt.Sprint("o", i), 0)})
		})
		for i, o := range readFlow(t, s, "a").Outputs {
			same(t, "position", o.Position, i)
		}
	})
}

func TestPortIsTakenOnce(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, url string) {
		other := open(t, url)
		for i := range 8 {
			must(t, s.CreateFlow(t.Context(), newFlow(fmt.Sprint(i), 0, output("o", 0))))
		}
		won := race(t, 8, func(ctx context.Context, i int) (bool, error) {
			s, id := []*store.Store{s, other}[i%2], fmt.Sprint(i)
			var err error
			if i%4 < 2 {
				err = s.UpdateSource(ctx, "p", id, []byte{1}, nil, 20000)
			} else {
				err = s.UpdateOutput(ctx, "p", id, output("o", 20000))
			}
			return err == nil, ignore(err, store.ErrPortTaken)
		})
		same(t, "winners", won, 1)
		wantPorts(t, s, 20000)
	})
}

// Listeners that go round in a ring of ports wait for one another; nobody may
// be told anything but "taken".
func TestPortsMoveInARing(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		const n = 4
		for i := range n {
			must(t, s.CreateFlow(t.Context(), newFlow(fmt.Sprint(i), 20000+i)))
		}
		for range 10 {
			race(t, n, func(ctx context.Context, i int) (bool, error) {
				err := s.UpdateSource(ctx, "p", fmt.Sprint(i), []byte{1}, nil, 20000+(i+1)%n)
				if err == nil {
					err = s.UpdateSource(ctx, "p", fmt.Sprint(i), []byte{1}, nil, 0)
				}
				return true, ignore(err, store.ErrPortTaken)
			})
			for i := range n {
				must(t, ignore(s.UpdateSource(t.Context(), "p", fmt.Sprint(i), []byte{1}, nil, 0), store.ErrPortTaken))
			}
			for i := range n {
				must(t, s.UpdateSource(t.Context(), "p", fmt.Sprint(i), []byte{1}, nil, 20000+i))
			}
		}
	})
}

func wantPorts(t *testing.T, s *store.Store, want ...int) {
	t.Helper()
	used, err := s.PortsInUse(t.Context())
	must(t, err)
	var ports []int
	for port := range used {
		ports = append(ports, port)
	}
	slices.Sort(ports)
	same(t, "ports", ports, want)
}
