package bench

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
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
	patience    = 30 * time.Second // for what should be so soon
	latency     = 120              // milliseconds, of every flow
	clockTicks  = 100              // USER_HZ of Linux
	sourceNamed = "main"
	flowPrefix  = "feed-" // of the names of flows
)

// system is the whole program with an access key to its gateway.
type system struct {
	*apptest.App
	api *medialive.Client
}

func start(b *testing.B) *system {
	b.Helper()
	s := &system{App: apptest.Start(b, map[string]string{
		"FLOWDECK_LOG_LEVEL": "info", "FLOWDECK_GATEWAY_SRT_PORTS": "20000-20499",
	})}
	ak, sk := s.Key(apptest.User)
	var err error
	s.api, err = medialive.New(medialive.Config{
		Endpoint: s.GatewayURL, ProjectID: s.ProjectID, Auth: medialive.AKSK(ak, medialive.Secret(sk), time.Now),
	})
	must(b, err)
	return s
}

// dashboard starts another dashboard, on a backend somewhere else.
func dashboard(b *testing.B, backend string) *apptest.App {
	b.Helper()
	return apptest.Start(b, map[string]string{"FLOWDECK_BACKEND": backend, "FLOWDECK_LOG_LEVEL": "info"})
}

// create makes flows, each with as many outputs that wait to be called.
func (s *system) create(b *testing.B, first, n, outputs int) []medialive.Flow {
	b.Helper()
	flows := make([]medialive.Flow, n)
	for i := range flows {
		f, err := s.api.CreateFlow(b.Context(), medialive.NewFlow{
			Name: fmt.Sprintf("%s%03d", flowPrefix, first+i), Region: apptest.Region, Source: source("Camera"),
		})
		must(b, err)
		list := make([]medialive.Output, outputs)
		for j := range list {
			list[j] = medialive.Output{Name: fmt.Sprint("out-", j+1), Protocol: medialive.Listener, MinLatency: latency, Status: medialive.Enabled}
		}
		if outputs > 0 {
			_, err = s.api.CreateOutputs(b.Context(), f.ID, list)
			must(b, err)
		}
		flows[i] = f
	}
	return flows
}

func source(description string) medialive.Source {
	return medialive.Source{Name: sourceNamed, Protocol: medialive.Listener, MinLatency: latency, Description: description}
}

func (s *system) activate(b *testing.B, flows []medialive.Flow) {
	b.Helper()
	for _, f := range flows {
		_, err := s.api.StartFlow(b.Context(), f.ID)
		must(b, err)
	}
}

func (s *system) rest(b *testing.B, flows []medialive.Flow) {
	b.Helper()
	for _, f := range flows {
		_, err := s.api.StopFlow(b.Context(), f.ID)
		must(b, err)
	}
}

// feed sends real media to flows; what it gives ends that.
func (s *system) feed(b *testing.B, flows []medialive.Flow) (end func()) {
	b.Helper()
	senders := s.send(b, flows)
	return func() {
		for _, p := range senders {
			p.Kill()
		}
	}
}

// send starts a sender for each flow.
func (s *system) send(b *testing.B, flows []medialive.Flow) []*relaytest.Process {
	b.Helper()
	clip := relaytest.Clip(b)
	senders := make([]*relaytest.Process, len(flows))
	for i, f := range flows {
		to, ok := f.Source()
		if !ok {
			b.Fatalf("flow %s has no source", f.ID)
		}
		senders[i] = relaytest.Push(b, clip, relaytest.SRT{Host: to.Address, Port: to.Port})
	}
	return senders
}

// session is somebody signed in at a dashboard.
type session struct {
	base   string
	jar    map[string]string
	cookie string // the jar as a header
	client *http.Client
}

func signIn(b *testing.B, base string) *session {
	b.Helper()
	s := &session{base: base, jar: map[string]string{}, client: &http.Client{
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	answer, _ := s.post(b, "/login", url.Values{
		"account": {apptest.Account}, "username": {apptest.User}, "password": {apptest.Password}, "region": {apptest.Region},
	})
	if answer.StatusCode != http.StatusSeeOther || s.cookie == "" {
		b.Fatalf("signing in: %s", answer.Status)
	}
	return s
}

// address is the dashboard's host and port.
func (s *session) address() string { return strings.TrimPrefix(s.base, "http://") }

func (s *session) get(b *testing.B, path string) (*http.Response, []byte) {
	b.Helper()
	return s.do(b, http.MethodGet, path, nil)
}

func (s *session) post(b *testing.B, path string, form url.Values) (*http.Response, []byte) {
	b.Helper()
	return s.do(b, http.MethodPost, path, strings.NewReader(form.Encode()))
}

func (s *session) do(b *testing.B, method, path string, body io.Reader) (*http.Response, []byte) {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), method, s.base+path, body)
	must(b, err)
	r.Header.Set("Cookie", s.cookie)
	r.Header.Set("Accept-Encoding", "identity")
	if body != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := s.client.Do(r)
	must(b, err)
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	must(b, err)
	s.keep(answer)
	return answer, content
}

// keep takes over the cookies of an answer, as a browser does.
func (s *session) keep(answer *http.Response) {
	for _, c := range answer.Cookies() {
		s.jar[c.Name] = c.Value
		if c.MaxAge < 0 {
			delete(s.jar, c.Name)
		}
	}
	s.cookie = ""
	for name, value := range s.jar {
		s.cookie += name + "=" + value + "; "
	}
	s.cookie = strings.TrimSuffix(s.cookie, "; ")
}

// list gives the list page once it has so many rows that hold a word.
func (s *session) list(b *testing.B, rows int, word string) (page []byte) {
	b.Helper()
	relaytest.Eventually(b, patience, fmt.Sprintf("%d rows of %s", rows, word), func() bool {
		_, page = s.get(b, listPath)
		return strings.Count(string(page), word) >= rows
	})
	return page
}

// anonymous gives the memory of a process that no file backs, in KB.
func anonymous(b *testing.B, pid int) float64 {
	b.Helper()
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	must(b, err)
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); fields[0] == "RssAnon:" {
			kb, err := strconv.ParseFloat(fields[1], 64)
			must(b, err)
			return kb
		}
	}
	b.Fatal("the kernel does not tell RssAnon")
	return 0
}

// busy gives the processor time that a process has used (proc(5): utime, stime).
func busy(b *testing.B, pid int) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	must(b, err)
	_, after, _ := strings.Cut(string(stat), ") ")
	ticks := 0
	for _, field := range strings.Fields(after)[11:13] {
		n, err := strconv.Atoi(field)
		must(b, err)
		ticks += n
	}
	return time.Duration(ticks) * time.Second / clockTicks
}
