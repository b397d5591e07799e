package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/store"
)

func command(id, flow, verb string, at time.Time) store.Command {
	return store.Command{
		ID: id, Endpoint: "https://live.example", Project: "p", FlowID: flow, FlowName: "n", Verb: verb, Target: "cam",
		Actor: "alice", Reason: "test", Detail: "{}", At: at,
	}
}

func TestCommandIsSettled(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		c := command("1", "f", "start", day)
		must(t, s.AddCommand(ctx, c))
		wantErr(t, s.AddCommand(ctx, c), store.ErrExists)
		must(t, s.AddCommand(ctx, command("0", "f", "source", day.Add(-time.Second))))
		open, err := s.OpenCommands(ctx)
		must(t, err)
		same(t, "open", open, []store.Command{command("0", "f", "source", day.Add(-time.Second)), c})

		c.Outcome, c.Kind, c.Code, c.RequestID, c.SettledAt = "unknown", "refused", "LIVE.1", "r", day.Add(time.Minute)
		must(t, s.SettleCommand(ctx, "1", c.Outcome, c.Kind, c.Code, "from\x00outside\xff", c.RequestID, c.SettledAt))
		c.Message = "from\uFFFDoutside\uFFFD"
		got, err := s.FlowCommands(ctx, c.Endpoint, "p", "f", 1)
		must(t, err)
		same(t, "settled", got, []store.Command{c})
		must(t, s.SettleCommand(ctx, "1", "done", "", "", "", "", day))
		open, err = s.OpenCommands(ctx)
		must(t, err)
		same(t, "open", len(open), 1)
		wantErr(t, s.SettleCommand(ctx, "none", "done", "", "", "", "", day), store.ErrNotFound)
	})
}

func TestLatestCommands(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		for i, c := range []store.Command{
			command("", "f", "start", day),
			command("", "f", "stop", day.Add(time.Minute)),
			command("", "f", "source", day.Add(time.Hour)),
			command("", "f", "start", day.Add(time.Second)), // came late
			command("", "g", "start", day),
			command("", "g", "stop", day), // of the same millisecond
			command("", "h", "create", day),
		} {
			c.ID = fmt.Sprint(9 - i)
			must(t, s.AddCommand(ctx, c))
		}
		other := command("other", "f", "start", day.Add(time.Hour))
		other.Project = "q"
		must(t, s.AddCommand(ctx, other))
		other.ID, other.Project, other.Endpoint = "elsewhere", "p", "https://live.elsewhere"
		must(t, s.AddCommand(ctx, other))

		got, err := s.LatestCommands(ctx, "https://live.example", "p")
		must(t, err)
		same(t, "latest", verbs(got), []string{"f stop", "g stop"})
		got, err = s.FlowCommands(ctx, "https://live.example", "p", "f", 3)
		must(t, err)
		same(t, "of f", verbs(got), []string{"f source", "f stop", "f start"})
		same(t, "tie-break", got[2].At, day.Add(time.Second))
	})
}

func verbs(commands []store.Command) []string {
	var verbs []string
	for _, c := range commands {
		verbs = append(verbs, c.FlowID+" "+c.Verb)
	}
	return verbs
}
