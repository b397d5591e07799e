package browser

import (
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
	"github.com/flowdeck/flowdeck/tests/chrome"
)

// house is a running Flowdeck, with a client of its gateway to set the stage
// and to look behind it.
type house struct {
	t      *testing.T
	app    *apptest.App
	client *medialive.Client
}

// build starts Flowdeck until the test ends.
func build(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, app: apptest.Start(t, nil)}
	ak, sk := h.app.Key(apptest.User)
	var err error
	h.client, err = medialive.New(medialive.Config{
		Endpoint: h.app.GatewayURL, ProjectID: h.app.ProjectID, Auth: medialive.AKSK(ak, medialive.Secret(sk), time.Now),
	})
	must(t, err)
	return h
}

// flow makes a flow behind the dashboard's back.
func (h *house) flow(name string, start bool, outputs ...medialive.Output) medialive.Flow {
	h.t.Helper()
	made, err := h.client.CreateFlow(h.t.Context(), medialive.NewFlow{
		Name: name, Region: apptest.Region, Source: medialive.Source{Name: "camera", Protocol: medialive.Listener, MinLatency: 120},
	})
	must(h.t, err)
	if len(outputs) > 0 {
		_, err = h.client.CreateOutputs(h.t.Context(), made.ID, outputs)
		must(h.t, err)
	}
	if start {
		h.start(made.ID)
	}
	return made
}

// start starts a flow behind the dashboard's back. The relay of a program that
// has just been started may not answer yet.
func (h *house) start(id string) {
	h.t.Helper()
	h.app.Await(chrome.Patience, "the flow to start", func() bool {
		_, err := h.client.StartFlow(h.t.Context(), id)
		if err != nil && medialive.KindOf(err) != medialive.KindUnavailable {
			h.t.Fatal(err)
		}
		return err == nil
	})
}

// status is what the gateway says that a flow was told to do.
func (h *house) status(id string) medialive.FlowStatus {
	h.t.Helper()
	f, err := h.client.ShowFlow(h.t.Context(), id)
	must(h.t, err)
	return f.Status
}

// awaitStatus waits until the gateway says so.
func (h *house) awaitStatus(id string, want medialive.FlowStatus) {
	h.t.Helper()
	h.app.Await(chrome.Patience, "the gateway to say "+string(want), func() bool { return h.status(id) == want })
}

// listener is an output to which receivers call.
func listener(name string) medialive.Output {
	return medialive.Output{Name: name, Protocol: medialive.Listener, MinLatency: 120}
}

// pusher is an output that calls a far end.
func pusher(name string, to relaytest.SRT) medialive.Output {
	return medialive.Output{Name: name, Protocol: medialive.Caller, Destination: "127.0.0.1", Port: to.Port, MinLatency: 120}
}

// inputOf is where a sender of a flow calls.
func inputOf(f medialive.Flow) relaytest.SRT {
	return relaytest.SRT{Host: f.Sources[0].Address, Port: f.Sources[0].Port}
}

// record receives until the test ends, and gives how many bytes have come.
func record(t *testing.T, from relaytest.SRT) (received func() int64) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "received.ts")
	relaytest.Record(t, from, path)
	return func() int64 { return relaytest.Size(path) }
}

// arrives waits until a receiver gets more than it has.
func arrives(t *testing.T, what string, received func() int64) {
	t.Helper()
	before := received()
	began := time.Now()
	relaytest.Eventually(t, chrome.Patience, what+" receives media", func() bool { return received() > before+20_000 })
	t.Logf("%s has media after %v", what, time.Since(began).Round(time.Millisecond))
}

// signIn signs in by mouse.
func (b *tab) signIn() {
	b.T.Helper()
	b.Visit("/")
	b.AwaitPath("the sign-in", "/login")
	b.Fill("#username", apptest.User)
	b.Fill("#password", apptest.Password)
	b.Click(`form[action="/login"] button[type="submit"]`)
	b.AwaitPath("the flows", "/flows")
}

// person adds a user who may do everything in the project.
func (h *house) person(name string) {
	h.t.Helper()
	for _, command := range [][]string{{"user", "add", name}, {"user", "policy", name, "live:ott:*"}} {
		if _, err := h.app.Run(apptest.Password+"\n", command...); err != nil {
			h.t.Fatal(err)
		}
	}
}

// signal sends a signal to a process of the house, and lets it run again at the
// end of the test.
func (h *house) signal(role apptest.Role, s syscall.Signal) {
	h.t.Helper()
	pid := h.app.PID(role)
	if pid == 0 {
		h.t.Fatalf("there is no %s", role)
	}
	must(h.t, syscall.Kill(pid, s))
	if s == syscall.SIGSTOP {
		h.t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGCONT) }) // it may have ended
	}
}

// enter signs the first user in in whatever way is quickest, for tests of other
// things.
func (c *chromium) enter(t *testing.T, base string) *tab {
	t.Helper()
	return c.enterAs(t, base, apptest.User)
}

// enterAs signs somebody in.
func (c *chromium) enterAs(t *testing.T, base, user string) *tab {
	t.Helper()
	b := c.open(t, base)
	b.Visit("/login")
	b.Await("the sign-in", `$('#password')`)
	b.Do(chromedp.SetValue(chromedp.CSS("#username"), user), chromedp.SetValue(chromedp.CSS("#password"), apptest.Password),
		chromedp.Submit(chromedp.CSS("#password")))
	b.AwaitPath("the flows", "/flows")
	return b
}

// window opens another window in which the same person is signed in with the same
// session. A tab behind another lets its stream go; a window does not.
func (c *chromium) window(b *tab) *tab {
	b.T.Helper()
	other := c.open(b.T, b.Base)
	for _, k := range b.Cookies() {
		other.Cookie(k.Name, k.Value)
	}
	return other
}

var flowPage = regexp.MustCompile(`^/flows/([0-9a-zA-Z-]+)$`)

// flowID is the flow of the page that is shown.
func (b *tab) flowID() string {
	b.T.Helper()
	found := flowPage.FindStringSubmatch(eval[string](b, "location.pathname"))
	if found == nil {
		b.T.Fatalf("this is no page of a flow\n%s", b.Describe())
	}
	return found[1]
}

// awaitState waits until the flow's page shows a state word.
func (b *tab) awaitState(word string) time.Duration {
	b.T.Helper()
	return b.Await("the state "+word, "text('#flow-state .state-word') === "+chrome.Quoted(word))
}

// awaitRow waits until the flow's row of the list shows a state word.
func (b *tab) awaitRow(id, word string) time.Duration {
	b.T.Helper()
	return b.Await("the row with "+word, "text("+chrome.Quoted("#flow-"+id+" .state-word")+") === "+chrome.Quoted(word))
}

// sendHere gives the address that the page's ready line for ffmpeg sends to.
func (b *tab) sendHere() relaytest.SRT {
	b.T.Helper()
	b.Await("the ffmpeg line", "text('#line-ffmpeg').includes('srt://')")
	line := eval[string](b, "text('#line-ffmpeg')")
	_, rest, _ := strings.Cut(line, `srt://`)
	address, _, _ := strings.Cut(rest, `"`)
	u, err := url.Parse("srt://" + address)
	must(b.T, err)
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		b.T.Fatalf("the ffmpeg line is %s", line)
	}
	return relaytest.SRT{Host: u.Hostname(), Port: port, StreamID: u.Query().Get("streamid")}
}

// mark leaves a trace in the document that a reload would wipe out.
func (b *tab) mark() {
	b.T.Helper()
	eval[bool](b, "(document.body.dataset.marked = 'yes') !== ''")
}

// sameDocument fails the test if the document is another than the marked one.
func (b *tab) sameDocument() {
	b.T.Helper()
	if !eval[bool](b, "document.body.dataset.marked === 'yes'") {
		b.T.Error("the page was loaded again")
	}
}
