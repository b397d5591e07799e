package handlers

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
)

// What a list is asked for always becomes a query that can be answered, and
// asking for that again changes nothing.
func FuzzFlowQuery(f *testing.F) {
	for _, s := range []string{
		"", "limit=0", "limit=101", "limit=-1", "limit=20&offset=20", "offset=-1", "offset=9223372036854775808", "offset=99999",
		"status=live&health=connected&protocol=caller&sort=-bitrate", "status=ACTIVE", "q=%00%ff", "q=" + strings.Repeat("é", 200), "sort=--name", "limit=10&limit=20",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		values, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		q, _ := ParseFlowQuery(values, 0)
		if !slices.Contains(limits, q.Limit) || q.Offset < 0 || q.Offset > maxOffset || q.Offset%q.Limit != 0 {
			t.Errorf("%q became %+v", raw, q)
		}
		again, faults := ParseFlowQuery(q.Values(), 0)
		if again != q || len(faults) != 0 {
			t.Errorf("%+v became %+v with %v", q, again, faults)
		}
		if back := parseDestination(q.Path()); back.query != q {
			t.Errorf("%+v leads back to %+v", q, back.query)
		}
	})
}

// A way back always is a page of ours.
func FuzzDestination(f *testing.F) {
	for _, s := range []string{
		"/flows", "/flows?limit=20", "/flows/a/source", "/flows/a/outputs/b", "/flows/a/outputs/new", "/login?next=/flows/a", "//evil.example",
		`/\evil`, "/a/../\\evil", "/flows/%2e%2e", "/flows/a\r\nx", "https://evil.example", "/login?next=/login?next=//evil",
		"/settings/roles", "/displays", "/labels?x=y", "/alarms?show=shelved", "/alarms/a?noted=1", "/activity?from=2h&q=a", "/activity?before=1",
		"/login?next=/activity",
	} {
		f.Add(s)
	}
	ours := append([]string{"/login", "/flows", "/alarms", "/activity"}, plainPages...)
	f.Fuzz(func(t *testing.T, raw string) {
		d := parseDestination(raw)
		path := d.Path()
		u, err := url.Parse(path)
		if err != nil || u.Host != "" || u.Scheme != "" ||
			(!slices.Contains(ours, u.Path) && !strings.HasPrefix(u.Path, "/flows/") && !strings.HasPrefix(u.Path, "/alarms/")) {
			t.Fatalf("%q leads to %q", raw, path)
		}
		if strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t \"<>") || strings.Contains(u.Path, "..") {
			t.Fatalf("%q leads to %q", raw, path)
		}
		if again := parseDestination(path); again.Path() != path {
			t.Fatalf("%q leads to %q and then to %q", raw, path, again.Path())
		}
	})
}

// Sign-ins within sign-ins, as many as an address holds, cost no more than one.
func TestSignInsWithinSignIns(t *testing.T) {
	raw := strings.Repeat("/login?next=", 5000)
	if n := testing.AllocsPerRun(1, func() { parseDestination(raw).Path() }); n > 100 {
		t.Errorf("%v allocations", n)
	}
	if path := (destination{next: raw + "/alarms"}).after(); path != "/flows" {
		t.Errorf("it leads to %q", path)
	}
}

// A form of a source or an output is judged and never followed blindly: what
// has no fault keeps every limit of the API, and no fault has the passphrase.
func FuzzLegForm(f *testing.F) {
	f.Add("name=A&protocol=srt-listener&port=20000&min_latency=120&cidr_whitelist=10.0.0.0/8%0D%0A&algorithm=aes128&passphrase=0123456789", true)
	f.Add("name=%3Cscript%3E&protocol=srt-caller&address=srt://x&port=abc&min_latency=9&algorithm=rot13&passphrase=******", false)
	f.Add("port=-0&cidr_whitelist=10.0.0.0/33%0A::/0&passphrase_action=keep&algorithm=aes256", true)
	f.Fuzz(func(t *testing.T, raw string, had bool) {
		values, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		form := parseLegForm(values)
		source, faults := form.source(had)
		if len(faults) == 0 {
			checkSource(t, source, had)
		}
		for _, fault := range faults {
			if !slices.Contains(legFields, fault.Field) && fault.Field != fieldStatus {
				t.Errorf("a fault of %q, which is no field", fault.Field)
			}
			if len(form.Passphrase) > 3 && fault.Field == fieldPassphrase && fault.Value != "" {
				t.Errorf("a fault has the passphrase: %q", fault.Value)
			}
		}
		output, _ := form.output(had)
		now := medialive.Output{Name: "OUT", Protocol: output.Protocol, Destination: "203.0.113.9", Port: 5000}
		form.changeFaults(outputChange(output, had), now)
	})
}

func checkSource(t *testing.T, s medialive.Source, had bool) {
	t.Helper()
	if s.Port != 0 && (s.Port < 1024 || s.Port > 65535 || s.Port == 2077 || s.Port == 2088) {
		t.Errorf("port %d passes", s.Port)
	}
	if s.MinLatency != 0 && (s.MinLatency < 10 || s.MinLatency > 15000) {
		t.Errorf("latency %d passes", s.MinLatency)
	}
	if len(s.CIDRWhitelist) > 20 {
		t.Errorf("%d ranges pass", len(s.CIDRWhitelist))
	}
	if s.Decryption != nil && s.Decryption.Passphrase == medialive.Mask && !had {
		t.Error("a passphrase is kept that was never set")
	}
}

// A sign-in form never carries a secret along.
func FuzzLoginForm(f *testing.F) {
	f.Add("account=a&username=b&password=c&next=/flows&kept.passphrase=x&kept.name=y&kept.kept.password=z")
	f.Fuzz(func(t *testing.T, raw string) {
		values, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		for name := range parseLoginForm(values).Kept {
			switch name {
			case "passphrase", "password", "passcode", "ticket":
				t.Errorf("%s is kept", name)
			}
		}
	})
}

// What a form was opened with goes through a hidden field and back unchanged.
func FuzzShown(f *testing.F) {
	f.Add(encodeShown(medialive.Source{Name: "A", Decryption: &medialive.Crypto{Passphrase: "not-to-be-seen-1"}}))
	f.Add("e30")
	f.Fuzz(func(t *testing.T, raw string) {
		once := decodeShown[medialive.Source](raw)
		twice := decodeShown[medialive.Source](encodeShown(once))
		if control.FingerprintSource(once) != control.FingerprintSource(twice) {
			t.Errorf("%+v became %+v", once, twice)
		}
		decodeShown[medialive.Output](raw)
	})
}

// Whatever the trail is asked for becomes a query that can be answered, and
// asking for that again changes nothing.
func FuzzActivityQuery(f *testing.F) {
	for _, s := range []string{
		"", "kind=signal&actor=op-1&limit=20&before=7", "before=-1", "before=99999999999999999999", "from=2h&to=19:30", "from=2026-11-21&to=2026-11-21T10:00:00%2B25:00",
		"q=%00%ff%20%20x&verb=DROP", "outcome=refused&kind=ALARM&flow=..%2F..", "from=9999999999999999h&to=0s", "limit=0", "verb=update_output",
	} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, raw string) {
		values, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		q, _ := ParseActivityQuery(values, 0)
		if !slices.Contains(limits, q.Limit) || q.Before < 0 || strings.ContainsAny(q.Text+q.Actor+q.Flow, "\x00\n") {
			t.Errorf("%q became %+v", raw, q)
		}
		if again, _ := ParseActivityQuery(q.Values(), 0); again != q {
			t.Errorf("%+v became %+v", q, again)
		}
		if back := parseDestination(q.Path()); back.lines != q {
			t.Errorf("%+v leads back to %+v", q, back.lines)
		}
		from, to := q.span(now)
		if got := q.filter(now); got.Endpoint != "" || got.Project != "" || !got.From.Equal(from) || !got.To.Equal(to) {
			t.Errorf("%+v is asked as %+v", q, got)
		}
		figuresOf(raw)
	})
}
