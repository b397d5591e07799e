package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/store/storetest"
	"github.com/flowdeck/flowdeck/internal/trail"
)

func line(kind trail.Kind, flow, verb string, at time.Time) trail.Line {
	return trail.Line{
		At: at, Endpoint: "https://live.example", Project: "p", Kind: kind, ID: "id-" + verb, FlowID: flow, FlowName: "News",
		Verb: verb, Target: "cam", Actor: "alice", Reason: "on air", Detail: "50 %", Cause: "cause", Code: "LIVE.1",
		Message: "from outside", Request: "r-1",
	}
}

// wantWhole wants a trail of n lines in which nothing is wrong.
func wantWhole(t *testing.T, s *store.Store, n int) {
	t.Helper()
	v, err := s.VerifyTrail(t.Context())
	must(t, err)
	if !v.OK() || v.Head.Lines != int64(n) {
		t.Errorf("%d lines of %d, with %+v and %d more", v.Head.Lines, n, v.Findings, v.More)
	}
}

func entries(t *testing.T, s *store.Store) []trail.Entry {
	t.Helper()
	var got []trail.Entry
	must(t, s.EachTrail(t.Context(), 0, func(e trail.Entry) error { got = append(got, e); return nil }))
	return got
}

func TestTrailIsReadAsWritten(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		wantWhole(t, s, 0)
		odd := line(trail.Signal, "f", "odd", day.Add(999*time.Microsecond).In(time.FixedZone("", 3600)))
		odd.Message, odd.Kind = "\xff a\x00b \u2028", "sig\x00nal"
		must(t, s.AppendTrail(ctx, line(trail.Signal, "f", "one", day), odd, trail.Line{}))
		must(t, s.AppendTrail(ctx))
		want := line(trail.Signal, "f", "odd", day)
		want.Message, want.Kind = "\uFFFD a\uFFFDb \u2028", "sig\uFFFDnal"
		got := entries(t, s)
		same(t, "lines", len(got), 3)
		same(t, "odd line", got[1].Line, want)
		same(t, "empty line", got[2].Line, trail.Line{})
		wantWhole(t, s, 3)
		head, err := s.TrailHead(ctx)
		must(t, err)
		same(t, "head", head, trail.Head{Lines: 3, MAC: got[2].MAC})
		has, err := s.HasTrailLine(ctx, head)
		must(t, err)
		same(t, "it has its head", has, true)
		head.MAC[0] ^= 1
		has, err = s.HasTrailLine(ctx, head)
		must(t, err)
		same(t, "it has another head", has, false)
		if err := s.AppendTrail(ctx, line(trail.Command, "f", "start", day)); err == nil {
			t.Error("the line of a command was taken without the command")
		}
	})
}

func TestCommandsAreInTheTrail(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		must(t, s.AddCommand(ctx, command("1", "", "create", day)))
		must(t, s.NameCommand(ctx, "1", "made"))
		must(t, s.SettleCommand(ctx, "1", "unknown", "k", "c", "m\x00", "r", day.Add(time.Second)))
		must(t, s.SettleCommand(ctx, "1", "done", "", "", "", "", day.Add(time.Minute)))
		must(t, s.AddCommand(ctx, command("2", "f", "start", day)))
		wantErr(t, s.AddCommand(ctx, command("2", "f", "start", day)), store.ErrExists)
		wantErr(t, s.NameCommand(ctx, "none", "f"), store.ErrNotFound)
		wantErr(t, s.SettleCommand(ctx, "none", "done", "", "", "", "", day), store.ErrNotFound)
		var told []string
		for _, e := range entries(t, s) {
			told = append(told, fmt.Sprintf("%s %s %s %q %s", e.Kind, e.ID, e.FlowID, e.Outcome, e.At.Sub(day)))
		}
		same(t, "lines", strings.Join(told, "\n"), strings.Join([]string{
			`command 1  "" 0s`, `outcome 1 made "" 0s`, `outcome 1 made "unknown" 1s`, `outcome 1 made "done" 1m0s`, `command 2 f "" 0s`,
		}, "\n"))
		wantWhole(t, s, 5)
	})
}

func TestTrailWithoutKeyIsRefused(t *testing.T) {
	onEachURL(t, func(t *testing.T, url string) {
		s, err := store.Open(t.Context(), url)
		must(t, err)
		defer func() { must(t, s.Close()) }()
		wantErr(t, s.AddCommand(t.Context(), command("1", "f", "start", day)), store.ErrNoKey)
		wantErr(t, s.AppendTrail(t.Context(), line(trail.Signal, "f", "x", day)), store.ErrNoKey)
		_, err = s.VerifyTrail(t.Context())
		wantErr(t, err, store.ErrNoKey)
		open, err := s.OpenCommands(t.Context())
		must(t, err)
		same(t, "commands", len(open), 0)
	})
}

func TestTrailBeginsWithOlderCommands(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		must(t, s.AddCommand(ctx, command("1", "f", "start", day)))
		must(t, s.SettleCommand(ctx, "1", "done", "", "", "", "r", day.Add(time.Second)))
		must(t, s.Tamper(ctx, `DELETE FROM trail_lines`)) // as a database was before it had a trail
		must(t, s.Tamper(ctx, `DELETE FROM trail_head`))
		must(t, s.AddCommand(ctx, command("2", "f", "stop", day.Add(time.Minute))))
		wantWhole(t, s, 3)
		events, err := s.Timeline(ctx, trail.Filter{})
		must(t, err)
		same(t, "events", len(events), 2)
		same(t, "outcome of the older", events[1].Outcome, "done")
	})
}

func TestManyWritersMakeOneChain(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, url string) {
		handles := []*store.Store{s, open(t, url)} // the other as another process would
		const writers, each = 12, 25
		won := race(t, writers, func(ctx context.Context, i int) (bool, error) {
			for n := range each {
				id := fmt.Sprintf("%d-%d", i, n)
				if err := handles[i%2].AddCommand(ctx, command(id, "f", "start", day)); err != nil {
					return false, err
				}
				if err := handles[(i+n)%2].SettleCommand(ctx, id, "done", "", "", "", "", day); err != nil {
					return false, err
				}
				if err := handles[i%2].AddCommand(ctx, command(id, "f", "start", day)); !errors.Is(err, store.ErrExists) {
					return false, fmt.Errorf("added twice: %w", err)
				}
			}
			return true, nil
		})
		same(t, "writers", won, writers)
		wantWhole(t, s, 2*writers*each)
	})
}

func TestTamperingIsFound(t *testing.T) {
	tests := []struct {
		name string
		sql  []string
		want []trail.Finding
	}{
		{"a line deleted", []string{`DELETE FROM trail_lines WHERE seq = 5`}, []trail.Finding{{Fault: trail.Missing, Seq: 5, End: 5}}},
		{"lines swapped", []string{
			`UPDATE trail_lines SET seq = -5 WHERE seq = 5`, `UPDATE trail_lines SET seq = 5 WHERE seq = 6`,
			`UPDATE trail_lines SET seq = 6 WHERE seq = -5`,
		}, []trail.Finding{{Fault: trail.Moved, Seq: 5, End: 7}}},
		{"the end cut", []string{`DELETE FROM trail_lines WHERE seq > 7`}, []trail.Finding{{Fault: trail.Cut, Seq: 8, End: 9}}},
		{"the end cut with its record", []string{
			`DELETE FROM trail_lines WHERE seq > 7`,
			`UPDATE trail_head SET lines = 7, mac = (SELECT mac FROM trail_lines WHERE seq = 7)`,
		}, []trail.Finding{{Fault: trail.HeadForged}}},
		{"the record deleted", []string{`DELETE FROM trail_head`}, []trail.Finding{{Fault: trail.HeadLost}}},
		{"a foreign key number", []string{`UPDATE trail_lines SET key_number = 2 WHERE seq = 4`}, []trail.Finding{{Fault: trail.ForeignKey, Seq: 4, End: 4, Detail: "key 2"}}},
		{"a command changed", []string{`UPDATE commands SET actor = 'mallory' WHERE id = '1'`}, []trail.Finding{{Fault: trail.Disagrees, Seq: 1, End: 1, Detail: "1"}}},
		{"an outcome changed", []string{`UPDATE commands SET outcome = 'refused' WHERE id = '1'`}, []trail.Finding{{Fault: trail.Disagrees, Seq: 1, End: 1, Detail: "1"}}},
		{"a flow of a command changed", []string{`UPDATE commands SET flow_id = 'other' WHERE id = '1'`}, []trail.Finding{{Fault: trail.Disagrees, Seq: 1, End: 1, Detail: "1"}}},
		{"a command deleted", []string{`DELETE FROM commands WHERE id = '1'`}, []trail.Finding{{Fault: trail.Disagrees, Seq: 1, End: 1, Detail: "1"}}},
		{"a command added", []string{
			`UPDATE commands SET id = 'x' WHERE id = '1'`,
		}, []trail.Finding{{Fault: trail.Disagrees, Detail: "x"}, {Fault: trail.Disagrees, Seq: 1, End: 1, Detail: "1"}}},
	}
	onEachURL(t, func(t *testing.T, url string) {
		for i, tt := range tests {
			at := url
			if strings.HasPrefix(url, "sqlite:") {
				at += fmt.Sprint(i)
			} else {
				at = storetest.Postgres(t)
			}
			s := open(t, at)
			fill(t, s)
			for _, text := range tt.sql {
				must(t, s.Tamper(t.Context(), text))
			}
			v, err := s.VerifyTrail(t.Context())
			must(t, err)
			same(t, tt.name, v.Findings, tt.want)
		}
	})
}

// fill writes a trail of nine lines, a settled command first.
func fill(t *testing.T, s *store.Store) {
	t.Helper()
	must(t, s.AddCommand(t.Context(), command("1", "f", "start", day)))
	must(t, s.SettleCommand(t.Context(), "1", "done", "", "", "", "", day))
	for i := range 7 {
		must(t, s.AppendTrail(t.Context(), line(trail.Signal, "f", fmt.Sprint(i), day.Add(time.Duration(i)*time.Second))))
	}
	wantWhole(t, s, 9)
}

func TestEditOfEachColumnIsFound(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		fill(t, s)
		edits := map[string]string{"at": "at + 1", "key_number": "key_number + 1", "mac": "(SELECT mac FROM trail_lines WHERE seq = 4)"}
		for _, text := range strings.Fields("endpoint project kind id flow_id flow_name verb target actor reason detail outcome cause code message request") {
			edits[text] = text + " || 'x'"
		}
		for column, edit := range edits {
			must(t, s.Tamper(ctx, `CREATE TABLE copy AS SELECT * FROM trail_lines`))
			must(t, s.Tamper(ctx, `UPDATE trail_lines SET `+column+` = `+edit+` WHERE seq = 5`))
			v, err := s.VerifyTrail(ctx)
			must(t, err)
			if v.OK() || v.Findings[0].Seq != 5 {
				t.Errorf("an edit of %s: %+v", column, v.Findings)
			}
			must(t, s.Tamper(ctx, `UPDATE trail_lines SET `+column+` = (SELECT c.`+column+` FROM copy c WHERE c.seq = 5) WHERE seq = 5`))
			must(t, s.Tamper(ctx, `DROP TABLE copy`))
		}
		wantWhole(t, s, 9)
	})
}

func TestNothingIsWrittenAfterTampering(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		fill(t, s)
		must(t, s.Tamper(ctx, `UPDATE trail_head SET lines = 8, mac = (SELECT mac FROM trail_lines WHERE seq = 8)`))
		must(t, s.Tamper(ctx, `DELETE FROM trail_lines WHERE seq = 9`))
		err := s.AddCommand(ctx, command("2", "f", "stop", day))
		if err == nil || !strings.Contains(err.Error(), "flowdeck audit verify") {
			t.Errorf("a command after the end was cut: %v", err)
		}
		open, err := s.OpenCommands(ctx)
		must(t, err)
		same(t, "commands kept", len(open), 0)
		must(t, s.AcceptTrail(ctx, trail.Line{Kind: trail.Access, Verb: "trail_accept", Detail: "was 9"}))
		must(t, s.AddCommand(ctx, command("2", "f", "stop", day)))
		wantWhole(t, s, 10) // who cut it has lost: the line about it is there
	})
}

func TestTrailGoesOnWithAnotherKey(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		fill(t, s)
		s.KeepTrail(otherKeys{1})
		if err := s.AppendTrail(t.Context(), line(trail.Care, "f", "note", day)); err == nil {
			t.Error("a line was added with another key")
		}
		must(t, s.AcceptTrail(t.Context(), line(trail.Access, "", "trail_accept", day)))
		must(t, s.AppendTrail(t.Context(), line(trail.Care, "f", "note", day)))
		v, err := s.VerifyTrail(t.Context())
		must(t, err)
		same(t, "findings", v.Findings, []trail.Finding{{Fault: trail.Changed, Seq: 1, End: 9}})
	})
}

// otherKeys are the keys of another key file.
type otherKeys struct{ storetest.Keys }

func (o otherKeys) Derive(number int, label string) ([]byte, error) {
	return o.Keys.Derive(number, "other "+label)
}

func TestNothingIsKeptWithoutItsLine(t *testing.T) {
	full := map[bool]string{
		true:  `CREATE TRIGGER disk_full BEFORE INSERT ON trail_lines BEGIN SELECT RAISE(ABORT, 'disk full'); END`,
		false: `ALTER TABLE trail_lines ADD CONSTRAINT disk_full CHECK (seq < 10)`,
	}
	free := map[bool]string{true: `DROP TRIGGER disk_full`, false: `ALTER TABLE trail_lines DROP CONSTRAINT disk_full`}
	onEach(t, func(t *testing.T, s *store.Store, url string) {
		ctx, engine := t.Context(), strings.HasPrefix(url, "sqlite:")
		fill(t, s)
		must(t, s.Tamper(ctx, full[engine]))
		note := line(trail.Care, "f", "note", day)
		refused := race(t, 8, func(ctx context.Context, i int) (bool, error) {
			switch i % 4 {
			case 0:
				return s.AddCommand(ctx, command(fmt.Sprint("x", i), "f", "stop", day)) != nil, nil
			case 1:
				return s.SettleCommand(ctx, "1", "not_done", "", "", "", "", day) != nil, nil
			case 2:
				_, err := s.PutCare(ctx, store.Care{Subject: "f", Topic: "note", At: day}, note)
				return err != nil, nil
			}
			return s.PutAlarm(ctx, store.Alarm{ID: "a", RaisedAt: day, Open: true}, note) != nil, nil
		})
		same(t, "refused", refused, 8)
		must(t, s.Tamper(ctx, free[engine]))
		wantWhole(t, s, 9)
		got, err := s.FlowCommands(ctx, "https://live.example", "p", "f", 10)
		must(t, err)
		same(t, "commands", len(got), 1)
		cares, err := s.Cares(ctx, "", "")
		must(t, err)
		alarms, err := s.OpenAlarms(ctx, "", "")
		must(t, err)
		same(t, "cares and alarms", len(cares)+len(alarms), 0)
		must(t, s.AddCommand(ctx, command("2", "f", "stop", day)))
		wantWhole(t, s, 10)
	})
}

func TestFullDiskRefusesAndRecovers(t *testing.T) {
	s := open(t, "sqlite:"+t.TempDir()+"/full.db")
	fill(t, s)
	ctx := t.Context()
	must(t, s.Tamper(ctx, `PRAGMA max_page_count = 1`)) // not below what is used
	big := command("big", "f", "stop", day)
	big.Detail = strings.Repeat("x", 1<<20)
	if err := s.AddCommand(ctx, big); err == nil || !strings.Contains(err.Error(), "full") {
		t.Fatalf("a command on a full disk: %v", err)
	}
	wantWhole(t, s, 9)
	must(t, s.Tamper(ctx, `PRAGMA max_page_count = 1000000`))
	must(t, s.AddCommand(ctx, big))
	wantWhole(t, s, 10)
}

func TestWhoLeavesIsNotServed(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		gone, leave := context.WithCancel(t.Context())
		leave()
		wantErr(t, s.AddCommand(gone, command("1", "f", "start", day)), context.Canceled)
		must(t, s.AddCommand(t.Context(), command("2", "f", "start", day)))
		wantWhole(t, s, 1)
	})
}

func TestVerifyWhileOthersWrite(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, url string) {
		other := open(t, url)
		const commands = 200
		race(t, 2, func(ctx context.Context, i int) (bool, error) {
			for n := range commands {
				if i == 0 {
					v, err := other.VerifyTrail(ctx)
					if err != nil || !v.OK() {
						return false, fmt.Errorf("%+v, %w", v.Findings, err)
					}
					if v.Head.Lines == 2*commands {
						break
					}
					continue
				}
				id := fmt.Sprint(n)
				if err := errors.Join(s.AddCommand(ctx, command(id, "f", "start", day)),
					s.SettleCommand(ctx, id, "done", "", "", "", "", day)); err != nil {
					return false, err
				}
			}
			return true, nil
		})
		wantWhole(t, s, 2*commands)
	})
}

func TestVerifyIsFast(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		lines := make([]trail.Line, 5000)
		for i := range lines {
			lines[i] = line(trail.Signal, "f", "x", day)
		}
		must(t, s.AppendTrail(t.Context(), lines...))
		began := time.Now()
		wantWhole(t, s, 5000)
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("5,000 lines were verified in %v", took)
		} else {
			t.Logf("5,000 lines were verified in %v", took.Round(time.Millisecond))
		}
	})
}
