package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// story writes one line of each sort and gives the filter of its project.
func story(t *testing.T, s *store.Store) trail.Filter {
	t.Helper()
	ctx := t.Context()
	at := func(n int) time.Time { return day.Add(time.Duration(n) * time.Minute) }
	must(t, s.AddCommand(ctx, command("c1", "", "create", at(0)))) // makes f
	must(t, s.NameCommand(ctx, "c1", "f"))
	must(t, s.SettleCommand(ctx, "c1", "done", "", "", "", "r-9", at(1)))
	must(t, s.AppendTrail(ctx, line(trail.Signal, "f", "source_lost", at(2)), line(trail.Signal, "g", "source_lost", at(3))))
	must(t, s.AddCommand(ctx, command("c2", "g", "start", at(4))))
	must(t, s.SettleCommand(ctx, "c2", "refused", "forbidden", "LIVE.403", "Not ALLOWED", "r-8", at(5)))
	must(t, s.AddCommand(ctx, command("c3", "g", "stop", at(6))))
	whole := trail.Line{At: at(7), Kind: trail.Access, Verb: "sign_in", Actor: "bob"}
	elsewhere := line(trail.Care, "f", "note", at(8))
	elsewhere.Project = "q"
	must(t, s.AppendTrail(ctx, whole, elsewhere))
	wantWhole(t, s, 10)
	return trail.Filter{Endpoint: "https://live.example", Project: "p"}
}

func told(events []trail.Event) string {
	var told []string
	for _, e := range events {
		told = append(told, strings.TrimSpace(e.FlowID+" "+e.Verb))
	}
	return strings.Join(told, ", ")
}

func TestTimeline(t *testing.T) {
	tests := []struct {
		name   string
		choose func(*trail.Filter)
		want   string
	}{
		{"project", func(*trail.Filter) {}, "sign_in, g stop, g start, g source_lost, f source_lost, f create"},
		{"everywhere", func(f *trail.Filter) { *f = trail.Filter{} }, "f note, sign_in, g stop, g start, g source_lost, f source_lost, f create"},
		{"flow", func(f *trail.Filter) { f.FlowID = "f" }, "f source_lost, f create"},
		{"other flow", func(f *trail.Filter) { f.FlowID = "g" }, "g stop, g start, g source_lost"},
		{"kinds", func(f *trail.Filter) { f.Kinds = []trail.Kind{trail.Signal, trail.Access} }, "sign_in, g source_lost, f source_lost"},
		{"actor", func(f *trail.Filter) { f.Actor = "bob" }, "sign_in"},
		{"verb", func(f *trail.Filter) { f.Verb = "start" }, "g start"},
		{"outcome", func(f *trail.Filter) { f.Outcome = "refused" }, "g start"},
		{"text in an answer", func(f *trail.Filter) { f.Text = "not allowed" }, "g start"},
		{"text in a name", func(f *trail.Filter) { f.Text = "NEWS" }, "g source_lost, f source_lost"},
		{"text is literal", func(f *trail.Filter) { f.Text = "50 %" }, "g source_lost, f source_lost"},
		{"no pattern", func(f *trail.Filter) { f.Text = "N_ws" }, ""},
		{"not even a backslash", func(f *trail.Filter) { f.Text = `\` }, ""},
		{"time", func(f *trail.Filter) { f.From, f.To = day.Add(3*time.Minute), day.Add(6*time.Minute) }, "g start, g source_lost"},
		{"limit", func(f *trail.Filter) { f.Limit = 2 }, "sign_in, g stop"},
		{"all at once", func(f *trail.Filter) {
			*f = trail.Filter{
				Endpoint: f.Endpoint, Project: "p", FlowID: "g", Kinds: []trail.Kind{trail.Command}, Actor: "alice",
				Outcome: "refused", Verb: "start", Text: "CAM", From: day, To: day.Add(time.Hour), Before: 100, Limit: 5,
			}
		}, "g start"},
	}
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		base := story(t, s)
		for _, tt := range tests {
			f := base
			tt.choose(&f)
			got, err := s.Timeline(t.Context(), f)
			must(t, err)
			same(t, tt.name, told(got), tt.want)
		}
		got, err := s.Timeline(t.Context(), trail.Filter{Verb: "start"})
		must(t, err)
		e := got[0]
		same(t, "a command with its outcome", []any{e.Outcome, e.Cause, e.Code, e.Message, e.Request, e.SettledAt, e.At},
			[]any{"refused", "forbidden", "LIVE.403", "Not ALLOWED", "r-8", day.Add(5 * time.Minute), day.Add(4 * time.Minute)})
	})
}

func TestTimelinePages(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		f := story(t, s)
		f.Limit = 2
		var pages []string
		for {
			page, err := s.Timeline(t.Context(), f)
			must(t, err)
			if len(page) == 0 {
				break
			}
			pages = append(pages, told(page))
			f.Before = page[len(page)-1].Seq
		}
		same(t, "pages", strings.Join(pages, " | "), "sign_in, g stop | g start, g source_lost | f source_lost, f create")
	})
}

func TestEachTrailGoesOverPages(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		lines := make([]trail.Line, 2000)
		for i := range lines {
			lines[i] = line(trail.Signal, "f", fmt.Sprint(i), day)
		}
		must(t, s.AppendTrail(t.Context(), lines...))
		same(t, "lines", len(entries(t, s)), 2000)
		next := int64(990)
		must(t, s.EachTrail(t.Context(), next, func(e trail.Entry) error {
			if e.Seq != next {
				t.Fatalf("line %d, want %d", e.Seq, next)
			}
			next++
			return nil
		}))
		same(t, "after the last", next, int64(2001))
		stop := fmt.Errorf("enough")
		wantErr(t, s.EachTrail(t.Context(), 1, func(trail.Entry) error { return stop }), stop)
	})
}
