package safety

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// canary is a secret that must be found nowhere.
type canary struct {
	name     string
	patterns [][]byte
}

// newCanary looks for a secret as it is, and as hex and base64 would have it.
func newCanary(name, secret string) canary {
	c := canary{name: name}
	add := func(text string) { c.patterns = append(c.patterns, []byte(text)) }
	add(secret)
	add(hex.EncodeToString([]byte(secret)))
	for shift := range 3 { // whatever stands before it
		encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + secret))
		whole := encoded[(shift*8+5)/6 : len(encoded)-2]
		add(whole)
		if urls := strings.NewReplacer("+", "-", "/", "_").Replace(whole); urls != whole {
			add(urls)
		}
	}
	return c
}

// word is a secret's text: long, and like no other.
func word(name string) string {
	return fmt.Sprintf("CANARY%s%016x", strings.ToUpper(name), rand.Uint64())
}

// cage has all canaries, and counts where they were seen.
type cage struct {
	t  *testing.T
	mu sync.Mutex

	secrets map[string]string
	all     []canary
	hits    map[string]int
}

func newCage(t *testing.T, names ...string) *cage {
	c := &cage{t: t, secrets: map[string]string{}, hits: map[string]int{}}
	for _, name := range names {
		c.put(name, word(name))
	}
	return c
}

func (c *cage) put(name, secret string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(secret) < 10 {
		c.t.Fatalf("the canary %s is too short", name)
	}
	c.secrets[name] = secret
	c.all = append(slices.Clip(c.all), newCanary(name, secret))
}

func (c *cage) secret(name string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.secrets[name]
}

// look searches what somebody can see.
func (c *cage) look(where string, text []byte) {
	c.mu.Lock()
	all := c.all
	c.mu.Unlock()
	for _, one := range all {
		for _, pattern := range one.patterns {
			at := bytes.Index(text, pattern)
			if at < 0 {
				continue
			}
			c.mu.Lock()
			if c.hits[one.name+" in "+where]++; c.hits[one.name+" in "+where] == 1 {
				c.t.Errorf("the %s is in %s: …%s…", one.name, where, text[max(0, at-80):min(len(text), at+len(pattern)+40)])
			}
			c.mu.Unlock()
		}
	}
}

// answer searches an answer; the cookie of a session is set at a sign-in, and
// nowhere else.
func (c *cage) answer(where string, r reply) {
	header := r.header.Clone()
	header.Del("Set-Cookie")
	c.look(where, reply{header: header, body: r.body}.all())
}

// folder searches all files below a folder but one.
func (c *cage) folder(dir, but string) (files int) {
	c.t.Helper()
	must(c.t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || path == but {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil && !os.IsNotExist(err) {
			return err
		}
		files++
		c.look("the file "+filepath.Base(path), content)
		return nil
	}))
	return files
}

func (c *cage) found() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, times := range c.hits {
		n += times
	}
	return n
}

func TestT5TheCageWorks(t *testing.T) {
	c := newCanary("x", "CANARY-secret-of-some-length")
	for _, text := range []string{
		"aCANARY-secret-of-some-lengthb", hex.EncodeToString([]byte("CANARY-secret-of-some-length")), base64.StdEncoding.EncodeToString([]byte("{CANARY-secret-of-some-length}")),
		base64.URLEncoding.EncodeToString([]byte("ab CANARY-secret-of-some-length")), base64.StdEncoding.EncodeToString([]byte("CANARY-secret-of-some-length")),
	} {
		if !slices.ContainsFunc(c.patterns, func(p []byte) bool { return bytes.Contains([]byte(text), p) }) {
			t.Errorf("not found in %q", text)
		}
	}
}

// aviary is a house full of canaries.
type aviary struct {
	*house
	*cage
	behind         *medialivetest.Cloud
	echo           atomic.Bool // the cloud repeats what it was sent
	asked, entered atomic.Int64
	front          sync.Mutex // held while somebody signs in
	mu             sync.Mutex
	kinds          map[int]int // answers by status
}

// openAviary fills every field that is secret.
func openAviary(t *testing.T) *aviary {
	a := &aviary{kinds: map[int]int{}, cage: newCage(t,
		"password", "passcode", "sourcePassphrase", "outputPassphrase", "typedPassphrase", "secretKey", "webhookToken", "webhookSecret", "metricsKey", "adminPassword", "typedPassword",
		"channelPassphrase", "channelHeader", "typedChannel", "typedHeader")}
	front := httptest.NewServer(http.HandlerFunc(a.repeats))
	t.Cleanup(front.Close)
	settings := map[string]string{
		"FLOWDECK_SERVICE_AK": "AKSERVICE", "FLOWDECK_SERVICE_SK": a.secret("secretKey"), "FLOWDECK_SERVICE_PROJECT": medialivetest.Project,
		"FLOWDECK_METRICS_KEY": a.secret("metricsKey"), "FLOWDECK_ADMIN_PASSWORD": a.secret("adminPassword"), "FLOWDECK_UPSTREAM_RPS": "100",
		"FLOWDECK_ADMINS": account + "/*", "FLOWDECK_TRUSTED_PROXIES": "127.0.0.1", "FLOWDECK_BACKEND": front.URL,
	}
	a.house = open(t, settings, func(c *medialivetest.Cloud) {
		for i := range 1000 {
			u := medialivetest.User{ID: fmt.Sprint("u", i), Password: a.secret("password")}
			if i%2 == 0 {
				u.Passcode = a.secret("passcode")
			}
			c.AddUser(fmt.Sprint("op-", i), u)
		}
		c.AddKey("AKSERVICE", medialive.Secret(a.secret("secretKey")))
		c.TokensWeigh(400)
		c.Inject("ModifyFlowStart", 0, medialivetest.Status(http.StatusInternalServerError, medialive.CodeInternal, "internal"))
		c.Inject("ModifyFlowOutput", 0, medialivetest.Lose(medialivetest.AfterEffect))
		for i := range 4 {
			f := flow(fmt.Sprint("FEED-", i), []medialive.FlowStatus{medialive.Active, medialive.Standby}[i%2], "OUT-1", "OUT-2")
			f.Sources[0].Decryption = &medialive.Crypto{Algorithm: "aes128", Passphrase: medialive.Secret(a.secret("sourcePassphrase"))}
			for n := range f.Outputs {
				f.Outputs[n].Encryption = &medialive.Crypto{Algorithm: "aes256", Passphrase: medialive.Secret(a.secret("outputPassphrase"))}
			}
			c.Add(f)
		}
		for i, state := range []medialive.ChannelState{medialive.ChannelOff, medialive.ChannelOn} {
			c.AddChannel(a.channel(fmt.Sprint("ch-", 1+i), state))
		}
		a.behind = c
	})
	key, err := os.ReadFile(filepath.Join(a.app.Data, "secret.key"))
	must(t, err)
	for i, line := range strings.Fields(string(key)) {
		if len(line) >= 32 {
			a.put(fmt.Sprint("sealKey", i), line)
		}
	}
	return a
}

// channel is a channel with all that is secret of one.
func (a *aviary) channel(id string, state medialive.ChannelState) medialive.Channel {
	header := medialive.HTTPHeader{Key: "X-Key", Value: medialive.Secret(a.secret("channelHeader"))}
	source := medialive.ChannelSource{Bitrate: 1_000_000, Passphrase: medialive.Secret(a.secret("channelPassphrase")), KeyLength: 16}
	return medialive.Channel{
		ChannelKey: medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: id}, State: state,
		Input: medialive.ChannelInput{Protocol: medialive.SRTPush, Sources: []medialive.ChannelSource{source}, Standby: []medialive.ChannelSource{source}},
		Outputs: []medialive.Endpoint{{HLS: []medialive.HLSPackage{{Package: medialive.Package{
			URL: "play.example.com/live/" + id + "/index.m3u8", SegmentDuration: 4, CDNIdentifier: &header,
			Encryption: &medialive.Encryption{
				ResourceID: "r", Systems: []medialive.DRMSystem{medialive.FairPlay}, URL: "https://keys.example.com/k", SPEKEVersion: medialive.SPEKEVersion,
				RequestMode: medialive.AskDirectly, Headers: []medialive.HTTPHeader{header},
			},
		}}}}},
	}
}

// repeats stands before the cloud, and refuses now and then with all that it was
// sent.
func (a *aviary) repeats(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || !a.echo.Load() || rand.IntN(2) == 0 || strings.HasPrefix(r.URL.Path, "/v3/") && rand.IntN(4) > 0 {
		r.Body = io.NopCloser(bytes.NewReader(body))
		a.behind.ServeHTTP(w, r)
		return
	}
	message := fmt.Sprintf("refused: %s %s, %q with %s", r.Method, r.URL, r.Header, body)
	if rand.IntN(2) == 0 {
		message = fmt.Sprintf("refused: %s", r.Header.Get("X-Auth-Token")) + string(body)
	}
	medialivetest.Refuse(w, []int{http.StatusBadRequest, http.StatusBadRequest, http.StatusForbidden, http.StatusInternalServerError}[rand.IntN(4)], "LIVE.100011001", message)
}

// enter signs in the next person, from an address of their own; of the first
// ones the cookie and the token are canaries from then on.
func (a *aviary) enter() *browser {
	a.house.t.Helper()
	a.front.Lock() // the cloud is in a good mood for so long
	defer a.front.Unlock()
	a.echo.Store(false)
	b := a.house.browser()
	var n int64
	await(a.house.t, patience, "somebody to be signed in", func() bool {
		n = a.entered.Add(1)
		b.header = http.Header{"X-Forwarded-For": {fmt.Sprintf("203.0.%d.%d", n/250, n%250)}}
		values := url.Values{
			"account": {account}, "username": {fmt.Sprint("op-", n)}, "password": {a.secret("password")}, "region": {"local"}, "user_id": {fmt.Sprint("u", n)},
		}
		if n%2 == 0 {
			values.Set("passcode", a.secret("passcode"))
		}
		return b.post("/login", values).status == http.StatusSeeOther
	})
	if n > 3 {
		return b
	}
	user := fmt.Sprint("op-", n)
	await(a.house.t, patience, "a token of "+user, func() bool {
		b.get("/flows")
		for _, call := range a.cloud.Calls("ListFlows") {
			if strings.HasPrefix(call.Token, "token-"+user) {
				a.put("token of "+user, strings.TrimRight(call.Token, "x"))
				return true
			}
		}
		return false
	})
	a.cookie("session of "+user, b)
	return b
}

// cookie makes a canary of the one cookie that a browser was given.
func (a *aviary) cookie(name string, b *browser) {
	a.house.t.Helper()
	for _, value := range b.cookies {
		if len(value) >= 43 {
			a.put(name, value)
			return
		}
	}
	a.house.t.Fatalf("no cookie: %v", b.cookies)
}

// linkOf finds the key in the link of a display.
var linkOf = regexp.MustCompile(`/wall/([A-Za-z0-9_-]{43})`)

// wall makes a display, and opens it on a screen.
func (a *aviary) wall(b *browser) {
	t := a.house.t
	t.Helper()
	made := b.press(b.page("/displays/new"), `form[action="/displays"]`, "name", "STUDIO")
	found := linkOf.FindStringSubmatch(made.body)
	if found == nil {
		t.Fatalf("no link of a display: %d\n%s", made.status, made.body)
	}
	a.put("display's key", found[1])
	screen := a.house.browser()
	a.answer("the link", screen.get("/wall/"+found[1]))
	a.cookie("screen's cookie", screen)
	for _, r := range []reply{
		screen.get("/wall"), screen.get("/flows"), b.page("/displays"), b.get("/wall/" + found[1] + "x"), b.get("/wall/" + found[1] + "/x"),
		screen.post("/wall/"+found[1], url.Values{"key": {found[1]}}), b.get("/wall?key=" + found[1]), b.get("/login?next=/wall/" + found[1]),
	} {
		a.answer("the wall", r)
	}
}

// typed are the fields of any form, filled with secrets where they take one.
func (a *aviary) typed() url.Values {
	return url.Values{
		"name": {fmt.Sprint("N-", rand.IntN(1000))}, "text": {"a note"}, "description": {"d"}, "lang": {"en"}, "protocol": {"srt-caller"},
		"address": {"203.0.113.1"}, "destination": {"203.0.113.2"}, "port": {fmt.Sprint(rand.IntN(70000))}, "latency": {fmt.Sprint(rand.IntN(20000))},
		"passphrase": {a.secret("typedPassphrase")}, "encryption": {"aes128"}, "key_length": {"16"}, "algorithm": {"aes128"},
		"password": {a.secret("typedPassword")}, "passcode": {a.secret("passcode")}, "account": {account}, "username": {"op-3"}, "region": {"local"},
		"url":    {[]string{"https://hooks.example/" + a.secret("webhookToken"), "ftp://hooks.example/" + a.secret("webhookToken"), "http://[::1/" + a.secret("webhookToken")}[rand.IntN(3)]},
		"secret": {a.secret("webhookSecret")}, "shape": {[]string{"json", "slack", "nonsense"}[rand.IntN(3)]}, "least": {"low"}, "reason": {"r"},
		"action": {[]string{"", "keep", "replace", "remove"}[rand.IntN(4)]}, "crypto": {"replace"}, "start": {"1"},
	}
}

// typedOfChannel are the fields of the forms of channels, and a file of one.
func (a *aviary) typedOfChannel() url.Values {
	ch := a.channel(fmt.Sprint("made-", rand.IntN(1000)), medialive.ChannelOff)
	ch.Input.Sources[0].Passphrase = medialive.Secret(a.secret("typedChannel"))
	ch.Outputs[0].HLS[0].CDNIdentifier.Value = medialive.Secret(a.secret("typedHeader"))
	file, err := medialive.RevealJSON(ch)
	must(a.house.t, err)
	const pack = "endpoints[0].hls_package[0]."
	return url.Values{
		"domain": {ch.Domain}, "app_name": {ch.AppName}, "id": {ch.ID}, "name": {"N"}, "json": {string(file)}, "step": {[]string{"input", "packages", "look"}[rand.IntN(3)]},
		"go":                       {[]string{"next", "back", "to:look", "to:input", "to:packages", "add:input.sources", "up:endpoints[0].hls_package[0]", "save", "create", "on"}[rand.IntN(10)]},
		"input.input_protocol":     {"SRT_PUSH"},
		"input.sources[0].bitrate": {[]string{"1M", "much"}[rand.IntN(2)]}, "input.sources[0].passphrase": {a.secret("typedChannel")},
		pack + "url": {"play.example.com/live/" + ch.ID + "/index.m3u8"}, pack + "segment_duration_seconds": {"4"},
		pack + "cdn_identifier_header": {"1"}, pack + "cdn_identifier_header.key": {"X-Key"}, pack + "cdn_identifier_header.value": {a.secret("typedHeader")},
		"record_settings.rollingbuffer_duration": {"1h"}, "encoder_settings[0].template_id": {"t1"},
	}
}

// drive asks all routes in every manner until n answers have come.
func (a *aviary) drive(n int) {
	a.house.t.Helper()
	all := slices.DeleteFunc(routes(a.house.t), func(r route) bool { return r.stream() || r.path == "/logout" })
	ctx, stop := context.WithCancel(a.house.t.Context())
	defer stop()
	var work, weather sync.WaitGroup
	weather.Go(func() { a.storm(ctx) })
	first := a.enter()
	must(a.house.t, a.webhook(first))
	a.wall(first)
	for range 32 {
		work.Go(func() {
			b := a.enter()
			for int(a.asked.Add(1)) <= n {
				if out := a.once(ctx, b, all[rand.IntN(len(all))]); out {
					b = a.enter()
				}
			}
		})
	}
	work.Wait()
	stop()
	weather.Wait()
	a.echo.Store(false)
	a.cloud.LiftAll()
}

// storm has the cloud fail in one way after the other.
func (a *aviary) storm(ctx context.Context) {
	faults := []medialivetest.Fault{
		medialivetest.Status(http.StatusInternalServerError, "LIVE.100011005", "internal"), medialivetest.HTML(http.StatusBadGateway), medialivetest.Garbage(),
		medialivetest.Truncated(), medialivetest.Lose(medialivetest.AfterEffect), medialivetest.Throttle("1"), medialivetest.UnknownWords(),
		medialivetest.Status(http.StatusForbidden, "LIVE.100011003", "no"), medialivetest.Status(http.StatusServiceUnavailable, "x", ""), medialivetest.Redirect("https://evil.example/"),
	}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if !a.front.TryLock() {
				continue
			}
			a.echo.Store(i%3 == 1)
			a.front.Unlock()
			if i%3 == 2 {
				a.cloud.Inject("", 3, faults[i/3%len(faults)])
			}
		}
	}
}

// once asks one route in some manner, and searches the answer. It tells whether
// nobody is signed in any more.
func (a *aviary) once(ctx context.Context, b *browser, r route) (out bool) {
	ids := map[string]string{":id": fmt.Sprintf("flow-%04d", 1+rand.IntN(5)), ":name": fmt.Sprint("OUT-", 1+rand.IntN(3))}
	channel := strings.HasPrefix(r.path, "/channels/")
	if channel {
		ids = map[string]string{":domain": "push.example.com", ":app": "live", ":id": fmt.Sprint("ch-", 1+rand.IntN(2))}
	}
	header := http.Header{"Accept-Language": {[]string{"en", "zh"}[rand.IntN(2)]}}
	if rand.IntN(2) == 0 {
		header.Set("Hx-Request", "true")
	}
	path, body, method, forged := r.at(ids), "", r.method, false
	if method == http.MethodPost && strings.Contains(path, "/sessions") && rand.IntN(20) > 0 {
		method = http.MethodGet // else nobody would be signed in for long
	}
	switch rand.IntN(8) {
	case 0:
		method = []string{"PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"}[rand.IntN(5)]
	case 1:
		path += "?limit=-1&offset=9223372036854775808&view=" + strings.Repeat("v", rand.IntN(5000))
	case 2:
		forged = true
		header.Set("Cookie", "flowdeck="+a.secret("typedPassword")+strings.Repeat("A", 20))
	case 3:
		forged = true // nobody
		b = a.house.browser()
		header.Set("Authorization", "Bearer "+a.secret("metricsKey")[:20]+"x")
	}
	switch {
	case method == http.MethodPost && rand.IntN(20) == 0:
		body = "passphrase=" + a.secret("typedPassphrase") + "%zz&" + strings.Repeat("x", rand.IntN(100_000))
	case method == http.MethodPost && channel && rand.IntN(4) > 0:
		body = a.typedOfChannel().Encode()
	case method == http.MethodPost:
		body = a.typed().Encode()
	}
	if body != "" {
		header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if strings.Contains(r.path, ":note") {
		header.Set("Referer", a.house.app.URL+"/flows")
	}
	answer, err := b.send(ctx, method, path, strings.NewReader(body), header)
	if err != nil {
		a.house.t.Errorf("%s %s: %v", method, path, err)
		return false
	}
	a.mu.Lock()
	a.kinds[answer.status]++
	a.mu.Unlock()
	a.answer(method+" "+r.path, answer)
	return !forged && (answer.status == http.StatusUnauthorized || strings.HasPrefix(answer.header.Get("Location"), "/login"))
}

// webhook adds one with secrets.
func (a *aviary) webhook(b *browser) error {
	r := b.press(b.page("/settings/webhooks/new"), `form[action="/settings/webhooks"]`, "name", "canaries",
		"url", "https://hooks.invalid/"+a.secret("webhookToken"), "secret", a.secret("webhookSecret"))
	a.answer("the webhook's form", r)
	if r.status != http.StatusSeeOther {
		return fmt.Errorf("the webhook is not added: %d", r.status)
	}
	path := webhookNamed(a.house.t, b, "canaries")
	for _, r := range []reply{b.post(path+"/test", url.Values{}), b.page(path), b.page("/settings"), b.page(path + "/delete")} {
		a.answer("the webhook", r)
	}
	return nil
}

// TestT5Canaries drives all routes of a dashboard in which every secret is
// known, and searches for them in all that can be seen of it.
func TestT5Canaries(t *testing.T) {
	t.Parallel()
	a := openAviary(t)
	n := count(20_000, 2000)
	a.drive(n)
	key := http.Header{"Authorization": {"Bearer " + a.secret("metricsKey")}}
	b := a.enter()
	for _, path := range []string{"/metrics", "/activity.json", "/activity.csv", "/healthz", "/readyz"} {
		r := b.do(http.MethodGet, path, nil, key)
		if r.status != http.StatusOK {
			t.Errorf("%s: %d", path, r.status)
		}
		a.answer(path, r)
	}
	for _, args := range [][]string{{"audit", "export"}, {"audit", "verify"}, {"doctor"}, {"version"}} {
		out, err := a.app.Run("", args...)
		a.look(strings.Join(args, " "), []byte(out+fmt.Sprint(err)))
	}
	files := a.remains()
	classes := map[int]int{}
	for status, times := range a.kinds {
		classes[status/100] += times
	}
	t.Logf("answers: %v, entered %d", a.kinds, a.entered.Load())
	evidence(t, "T5", fmt.Sprintf("%d canaries over all routes: %d answers (2xx %d, 3xx %d, 4xx %d, 5xx %d), exports, metrics, logs, a dump of all goroutines, %d files of the data folder while it ran and after: hits",
		len(a.all), n, classes[2], classes[3], classes[4], classes[5], files), a.found(), "0 of ≥ 12 canaries, ≥ 20,000 answers")
	for class := 2; class <= 5; class++ {
		if classes[class] == 0 {
			t.Errorf("no answer was %dxx", class)
		}
	}
	if len(a.all) < 12 {
		t.Errorf("only %d canaries", len(a.all))
	}
}

// remains searches what the process leaves behind: files while it runs, with
// the database's log, a dump of its goroutines, and the files after its end.
func (a *aviary) remains() (files int) {
	t := a.house.t
	keyFile := filepath.Join(a.app.Data, "secret.key")
	files = a.folder(a.app.Data, keyFile)
	pid := a.app.PID(apptest.Dashboard)
	for _, name := range []string{"cmdline", "status", "maps"} {
		content, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, name))
		must(t, err)
		a.look("/proc/PID/"+name, content)
	}
	must(t, syscall.Kill(pid, syscall.SIGQUIT))
	a.app.Await(patience, "the dashboard to dump its goroutines and end", func() bool { return a.app.PID(apptest.Dashboard) == 0 })
	logs := a.app.Logs()
	if !strings.Contains(logs, "goroutine ") || !strings.Contains(logs, "request") {
		t.Error("no goroutines in the log, or no requests")
	}
	a.look("the log", []byte(logs))
	a.folder(a.app.Data, keyFile)
	return files
}
