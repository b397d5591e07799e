package app

import (
	"context"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/config"
	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// audited is a data folder with a trail of some lines.
type audited struct {
	t   *testing.T
	dir string
	env map[string]string
}

func newAudited(t *testing.T) *audited {
	t.Helper()
	a := &audited{t: t, dir: t.TempDir()}
	a.env = map[string]string{"FLOWDECK_DATA": a.dir, "FLOWDECK_ADMIN_PASSWORD": "a long enough password"}
	a.run(0, "key", "add", "admin")
	a.run(0, "user", "policy", "admin", "live:ott:listFlow", "live:ott:*")
	a.run(0, "user", "disable", "admin")
	a.run(0, "user", "disable", "admin", "--enable")
	a.run(1, "key", "revoke", "no-such-key")
	return a
}

// run runs a command, wants the exit code and gives what it wrote.
func (a *audited) run(want int, args ...string) string {
	a.t.Helper()
	code, out, errOut := call(a.t, a.env, args...)
	if code != want {
		a.t.Fatalf("%v: code %d\n%s%s", args, code, out, errOut)
	}
	return out
}

// sql changes the database behind Flowdeck's back.
func (a *audited) sql(text string) {
	a.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(a.dir, "flowdeck.db"))
	if err != nil {
		a.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(text); err != nil {
		a.t.Fatal(err)
	}
}

// head gives the head that verify prints.
func (a *audited) head() string {
	a.t.Helper()
	_, rest, found := strings.Cut(a.run(0, "audit", "verify"), "head   ")
	if !found {
		a.t.Fatal("verify prints no head")
	}
	head, _, _ := strings.Cut(rest, "\n")
	return head
}

// open opens the database as the dashboard does.
func (a *audited) open() (*store.Store, config.Config) {
	a.t.Helper()
	cfg := config.Config{Data: a.dir, KeyFile: filepath.Join(a.dir, "secret.key"), DatabaseURL: "sqlite:" + "flowdeck.db"}
	a.t.Chdir(a.dir)
	st, _, err := openStore(a.t.Context(), cfg)
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() { _ = st.Close() })
	return st, cfg
}

func TestAuditVerify(t *testing.T) {
	a := newAudited(t)
	out := a.run(0, "audit", "verify")
	for _, want := range []string{"lines  6\n", "first  20", "last   20", "head   6:", "OK     every line is as it was written"} {
		if !strings.Contains(out, want) {
			t.Errorf("verify does not say %q:\n%s", want, out)
		}
	}
	head := a.head()
	a.run(0, "key", "add", "admin")
	a.run(0, "audit", "verify", "--head", head)
	a.run(1, "audit", "verify", "--head", "6:00")
	other := strings.Replace(head, "6:", "7:", 1)
	if out := a.run(1, "audit", "verify", "--head", other); !strings.Contains(out, "FAULT  line 7: another one, or none") {
		t.Errorf("another head:\n%s", out)
	}
	a.sql(`UPDATE trail_lines SET actor = 'somebody else' WHERE seq = 2`)
	a.sql(`DELETE FROM trail_lines WHERE seq = 5`)
	out = a.run(1, "audit", "verify")
	for _, want := range []string{"FAULT  line 2: changed", "FAULT  line 5: deleted"} {
		if !strings.Contains(out, want) {
			t.Errorf("verify does not say %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "OK ") {
		t.Errorf("verify says OK too:\n%s", out)
	}
}

func TestAuditVerifyOfNothing(t *testing.T) {
	a := &audited{t: t, dir: t.TempDir()}
	a.env = map[string]string{"FLOWDECK_DATA": a.dir}
	if out := a.run(0, "audit", "verify"); !strings.HasPrefix(out, "lines  0\n") {
		t.Errorf("verify of an empty trail:\n%s", out)
	}
}

func TestAuditVerifyWithAnotherKeyFile(t *testing.T) {
	a := newAudited(t)
	a.env["FLOWDECK_KEY_FILE"] = filepath.Join(t.TempDir(), "other.key")
	if out := a.run(1, "audit", "verify"); !strings.Contains(out, "is this the key file") {
		t.Errorf("verify with another key file:\n%s", out)
	}
	a.run(1, "user", "disable", "admin") // nothing more is written
	a.run(2, "audit", "accept")
	a.run(0, "audit", "accept", "the key file burnt")
	a.run(0, "user", "disable", "admin")
	if out := a.run(1, "audit", "verify"); !strings.Contains(out, "lines  8") || !strings.Contains(out, "FAULT  lines 1 to 6: changed") {
		t.Errorf("verify after going on:\n%s", out)
	}
}

func TestAuditExport(t *testing.T) {
	a := newAudited(t)
	var objects []map[string]any
	out := a.run(0, "audit", "export")
	if err := json.Unmarshal([]byte(out), &objects); err != nil || len(objects) != 6 {
		t.Fatalf("%d lines, %v:\n%s", len(objects), err, out)
	}
	if o := objects[1]; o["verb"] != "user_policy" || o["target"] != "admin" || o["actor"] != "command line" || o["detail"] != "live:ott:listFlow live:ott:*" {
		t.Errorf("the line of a policy: %v", o)
	}
	if o := objects[5]; o["outcome"] != "refused" || o["target"] != "no-such-key" || o["message"] == "" {
		t.Errorf("the line of a refusal: %v", o)
	}
	rows, err := csv.NewReader(strings.NewReader(a.run(0, "audit", "export", "--format", "csv"))).ReadAll()
	if err != nil || len(rows) != 7 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	today := time.Now().UTC()
	for _, tt := range []struct {
		want int
		args []string
	}{
		{6, []string{"--from", today.Add(-24 * time.Hour).Format("2006-01-02")}},
		{0, []string{"--to", today.Add(-24 * time.Hour).Format("2006-01-02")}},
		{0, []string{"--from", today.Add(time.Hour).Format(time.RFC3339)}},
		{6, []string{"--to", today.Add(time.Hour).Format(time.RFC3339)}},
	} {
		if err := json.Unmarshal([]byte(a.run(0, append([]string{"audit", "export"}, tt.args...)...)), &objects); err != nil || len(objects) != tt.want {
			t.Errorf("%v: %d lines, %v", tt.args, len(objects), err)
		}
	}
	a.run(1, "audit", "export", "--format", "xml")
	a.run(1, "audit", "export", "--from", "yesterday")
}

func TestTheTrailHasNoSecret(t *testing.T) {
	a := newAudited(t)
	out := a.run(0, "key", "add", "admin")
	_, secret, _ := strings.Cut(strings.TrimSpace(out), "SK=")
	if export := a.run(0, "audit", "export"); secret == "" || strings.Contains(export, secret) || strings.Contains(export, "long enough") {
		t.Errorf("a secret is in the trail:\n%s", export)
	}
}

func TestAnchorFindsAnOlderDatabase(t *testing.T) {
	a := newAudited(t)
	older, err := os.ReadFile(filepath.Join(a.dir, "flowdeck.db"))
	if err != nil {
		t.Fatal(err)
	}
	st, cfg := a.open()
	var log strings.Builder
	keep := func() *anchor {
		kept := newAnchor(cfg, st, slog.New(slog.NewTextHandler(&log, nil)))
		if err := kept.compare(t.Context()); err != nil {
			t.Error(err)
		}
		return kept
	}
	if err := st.AppendTrail(t.Context(), trail.Line{Kind: trail.Access, Verb: "sign_in"}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // twice: as two runs of the dashboard
		if err := keep().write(); err != nil {
			t.Fatal(err)
		}
	}
	head, err := st.TrailHead(t.Context())
	if err != nil || !strings.Contains(log.String(), head.String()) {
		t.Errorf("the head %v, %v is not in the log:\n%s", head, err, log.String())
	}
	a.run(0, "audit", "verify")
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}

	if err := os.WriteFile(filepath.Join(a.dir, "flowdeck.db"), older, 0o600); err != nil {
		t.Fatal(err)
	}
	if out := a.run(1, "audit", "verify"); !strings.Contains(out, "an older database was put back") {
		t.Errorf("an older database:\n%s", out)
	}
	st, _ = a.open()
	kept := newAnchor(cfg, st, slog.New(slog.DiscardHandler))
	if err := kept.compare(t.Context()); err == nil || !strings.Contains(err.Error(), "delete that file") {
		t.Errorf("the dashboard on an older database: %v", err)
	}
	for range 3 { // until it has as many lines again
		if err := st.AppendTrail(context.Background(), trail.Line{Kind: trail.Access}); err != nil {
			t.Fatal(err)
		}
	}
	if err := kept.write(); err != nil {
		t.Error(err)
	}
	a.run(1, "audit", "verify") // the file is still the witness
}
