package browser

import (
	"context"
	"net/http"
	"os/exec"
	"regexp"
	"syscall"
	"testing"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive/conform"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/tests/chrome"
)

const howMany = 23 // operations that the specification has

// operations gives the operations of the specification: their names by method and
// path.
func operations(t *testing.T) map[string]string {
	t.Helper()
	doc, err := conform.Load(t.Context())
	must(t, err)
	all := map[string]string{}
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			all[method+" "+path] = operation.OperationID
		}
	}
	if len(all) != howMany {
		t.Fatalf("the specification has %d operations: %v", len(all), all)
	}
	return all
}

// requireAll fails the test where an operation was not carried out.
func requireAll(t *testing.T, carried map[string]int) {
	t.Helper()
	for _, name := range operations(t) {
		if carried[name] == 0 {
			t.Errorf("%s was never carried out", name)
		}
	}
	t.Logf("carried out: %v", carried)
}

// Of a request in the gateway's log: its method and route, and an answer of
// success.
var answered = regexp.MustCompile(`process=gateway .*route="([A-Z]+ /v1/[^"]+)" status=2`)

// testOperationsOnGateway carries out every operation of the specification from
// the pages, before a gateway with real media. The gateway's own log tells which;
// the test itself asks it nothing.
func testOperationsOnGateway(t *testing.T, c *chromium) {
	h := &house{t: t, app: apptest.Start(t, nil)}
	b := c.open(t, h.app.URL)
	b.signIn()
	b.operateFlow(func() { b.goLive(b.sendHere()) })
	b.operateChannel(`label:has([type="checkbox"][value="360p"])`, "", func() {
		b.Await("the address to push to", "text('#push-0').startsWith('rtmp://')")
		encode(t, eval[string](b, "text('#push-0')"))
		b.AwaitWithin(firstSegments, "the channel on air", "text('#flow-state .state-word') === 'ON AIR'")
		b.Visit(operatedPath + "/play")
		b.Await("the player and the address for others", "$('[data-player-play]') && /http:\\S+m3u8/.test(text('main'))")
		address := eval[string](b, "text('main').match(/http:\\S+m3u8/)[0]")
		h.app.Await(firstSegments, "the first segments", func() bool {
			answer, err := http.Get(address)
			return err == nil && answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
		})
		b.Visit(operatedPath + "/play")
		b.Await("the player", "$('[data-player-play]') && "+isOK)
		b.Click("[data-player-play]")
		b.AwaitWithin(firstSegments, "the picture", "$('[data-player] video').currentTime > 1")
		b.Visit(operatedPath)
	})
	b.Clean("every operation on a gateway")
	carried, names := map[string]int{}, operations(t)
	for _, m := range answered.FindAllStringSubmatch(h.app.Logs(), -1) {
		carried[names[m[1]]]++
	}
	requireAll(t, carried)
}

// testOperationsOnCloud does the same before a cloud, which has every quirk that
// the notes on the API tell of.
func testOperationsOnCloud(t *testing.T, c *chromium) {
	cloud := medialivetest.New()
	cloud.AddUser(apptest.User, medialivetest.User{ID: "u1", Password: apptest.Password})
	h := &house{t: t, app: apptest.Start(t, map[string]string{"FLOWDECK_BACKEND": cloud.Serve(t)})}
	b := c.open(t, h.app.URL)
	b.Visit("/login")
	b.Fill("#account", apptest.Account)
	b.Fill("#username", apptest.User)
	b.Fill("#password", apptest.Password)
	b.Click(`form[action="/login"] button[type="submit"]`)
	b.AwaitPath("the flows", "/flows")
	b.operateFlow(func() {})
	b.operateChannel(`[name="go"][value="add:encoder_settings"]`, `[name="encoder_settings[0].template_id"]`, func() {
		b.Await("the channel ON", "text('#flow-state .state-word') === 'ON'")
	})
	b.Clean("every operation on a cloud")
	carried := map[string]int{}
	for _, r := range cloud.Requests() {
		if r.Status/100 == 2 {
			carried[r.Op]++
		}
	}
	requireAll(t, carried)
}

// operateFlow leads a flow through its life by the mouse. media has it go live,
// once its page is shown.
func (b *tab) operateFlow(media func()) {
	b.T.Helper()
	b.Await("the page of a project without flows", "text('h1') === 'No flows yet'")
	b.Fill("#name", "STUDIO-A")
	b.Click(".first-make button[type=submit]")
	b.AwaitPath("the page of the flow", "/flows/[0-9a-z-]+")
	page := "/flows/" + b.flowID()
	media()
	b.Click(`a[href$="/outputs/new"]`)
	b.AwaitPath("the form of an output", ".*/outputs/new")
	b.Fill("#name", "viewer-1")
	b.Click(`label:has(input[name="protocol"][value="srt-listener"])`)
	b.saved(page)
	b.Click(`#output-viewer-1 a.name`)
	b.AwaitPath("the form of the output", ".*/outputs/viewer-1")
	b.Fill("#min_latency", "300")
	b.saved(page)
	b.confirmed(page+"/outputs/viewer-1/delete", page)
	b.Await("no output", "!$('#output-viewer-1')")
	b.Click(`#source-box a[href$="/source"]`)
	b.AwaitPath("the form of the source", ".*/source")
	b.Fill("#description", "studio camera")
	b.saved(page)
	b.confirmed(page+"/stop", page)
	b.awaitState("STANDBY")
	b.confirmed(page+"/delete", "/flows")
}

// saved presses Save in a form that leads back to a page.
func (b *tab) saved(page string) {
	b.T.Helper()
	b.Await("Save", "$('#save') && document.readyState === 'complete'")
	b.Click("#save")
	b.AwaitPath("the page again", page)
}

// confirmed answers a question of its own page, which leads on to another.
func (b *tab) confirmed(question, next string) {
	b.T.Helper()
	b.Visit(question)
	b.Await("the question", "$('.confirm [data-guarded]') && document.readyState === 'complete'")
	b.Click(".confirm [data-guarded]")
	b.AwaitPath("the page after it", next)
}

const operatedPath = "/channels/push.example.com/live/by-mouse"

// operateChannel leads a channel through its life by the mouse. A template is a
// box to tick, or a button that adds a field to type into. media has it play, once
// it was turned ON and its page is shown.
func (b *tab) operateChannel(template, typed string, media func()) {
	b.T.Helper()
	b.Visit("/channels/new")
	b.Await("the first step", "$('#id') && document.readyState === 'complete'")
	b.Fill("#domain", "push.example.com")
	b.Fill("#id", "by-mouse")
	b.step("input")
	b.Click(`label:has([value="RTMP_PUSH"])`)
	b.Fill(`[name="input.sources[0].bitrate"]`, "300k")
	for _, step := range []string{"encoders", "packages", "record", "look"} {
		b.step(step)
	}
	b.Click(`.form-buttons [value="create"]`)
	b.AwaitPath("the channel", operatedPath)
	for _, change := range []struct{ part, field, value string }{
		{"general", "#name", "By mouse"},
		{"input", `[name="input.sources[0].bitrate"]`, "400k"},
		{"endpoints", `[name="endpoints[0].hls_package[0].segment_duration_seconds"]`, "2"},
		{"record", `[name="record_settings.rollingbuffer_duration"]`, "1h"},
	} {
		b.Visit(operatedPath + "/" + change.part)
		b.Await(change.part, "$("+chrome.Quoted(change.field)+") && document.readyState === 'complete'")
		b.Fill(change.field, change.value)
		b.saved(operatedPath)
	}
	b.Visit(operatedPath + "/encoders")
	b.Await("the templates", "$("+chrome.Quoted(template)+") && document.readyState === 'complete'")
	b.Click(template)
	if typed != "" {
		b.Await("a field for it", "$("+chrome.Quoted(typed)+") && document.readyState === 'complete'")
		b.Fill(typed, "sd")
	}
	b.saved(operatedPath)
	b.Click("#flow-command button")
	media()
	b.Visit(operatedPath + "/statistics")
	b.Await("the statistics", "$('#measures') && document.readyState === 'complete'")
	b.Visit("/channels/monitoring?dim=medialive_mpc")
	b.Await("the channel among the instances", "text('main').includes('by-mouse')")
	b.confirmed(operatedPath+"/stop", operatedPath)
	b.Await("OFF", "text('#flow-state .state-word') === 'OFF'")
	b.confirmed(operatedPath+"/delete", "/channels")
}

// step goes on to a step of a new channel.
func (b *tab) step(name string) {
	b.T.Helper()
	b.Click(`.form-buttons [name="go"][value="next"]`)
	b.Await("the step "+name, "$('.form-step-now')?.value === 'to:"+name+"' && document.readyState === 'complete'")
}

// encode pushes a small test picture by RTMP until the test ends, and again where
// it is cut off.
func encode(t *testing.T, address string) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			cmd := exec.CommandContext(ctx, "ffmpeg", "-nostdin", "-loglevel", "error", "-re", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25",
				"-f", "lavfi", "-i", "sine", "-t", "300", "-c:v", "libx264", "-preset", "ultrafast", "-b:v", "300k", "-g", "25",
				"-pix_fmt", "yuv420p", "-c:a", "aac", "-f", "flv", address)
			cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
			_ = cmd.Run() // until it is listened for
		}
	}()
	t.Cleanup(func() { stop(); <-done })
}
