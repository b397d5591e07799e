package channels

import (
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
)

const (
	limit      = 60 * time.Second // far beyond what is promised: the machine may be busy
	passphrase = "correct-horse-battery"
	segment    = 2 // seconds, of every package
	lookEvery  = 50 * time.Millisecond
)

// house is a running Flowdeck with a client of its gateway.
type house struct {
	t      *testing.T
	app    *apptest.App
	client *medialive.Client
	clip   string // what senders send
}

// open starts Flowdeck until the test ends.
func open(t *testing.T) *house {
	t.Helper()
	return openWith(t, nil)
}

// openWith is open with settings.
func openWith(t *testing.T, settings map[string]string) *house {
	t.Helper()
	first := 10000 + 10*rand.IntN(2000)
	all := map[string]string{"FLOWDECK_LOG_LEVEL": "info", "FLOWDECK_GATEWAY_RTMP_PORTS": fmt.Sprintf("%d-%d", first, first+9)}
	maps.Copy(all, settings)
	h := &house{t: t, clip: clip(t), app: apptest.Start(t, all)}
	ak, sk := h.app.Key(apptest.User)
	var err error
	h.client, err = medialive.New(medialive.Config{
		Endpoint: h.app.GatewayURL, ProjectID: h.app.ProjectID, Auth: medialive.AKSK(ak, medialive.Secret(sk), time.Now),
	})
	must(t, err)
	t.Cleanup(func() {
		if logs := h.app.Logs(); strings.Contains(logs, passphrase) || strings.Contains(logs, sk) {
			t.Error("a secret is in the log")
		}
	})
	return h
}

// in is the house for a part of the test.
func (h *house) in(t *testing.T) *house {
	part := *h
	part.t = t
	return &part
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// channel is a channel of the gateway.
type channel struct {
	*house
	key medialive.ChannelKey
}

// output is a package that no other channel has.
func output(id, file string) medialive.Package {
	return medialive.Package{URL: "play.example.com/live/" + id + "/" + file, SegmentDuration: segment, PlaylistWindow: new(20)}
}

// bySRT is an input to which who has the passphrase may push.
func bySRT() medialive.ChannelInput {
	return medialive.ChannelInput{
		Protocol: medialive.SRTPush,
		Sources:  []medialive.ChannelSource{{Bitrate: 300_000, Passphrase: passphrase, KeyLength: 16}},
	}
}

func byRTMP() medialive.ChannelInput {
	return medialive.ChannelInput{Protocol: medialive.RTMPPush, Sources: []medialive.ChannelSource{{Bitrate: 300_000}}}
}

// create makes a channel that is ON, through the API; it ends with the test.
func (h *house) create(id string, input medialive.ChannelInput, edit func(*medialive.Channel)) (ch *channel, push []medialive.PushAddress) {
	h.t.Helper()
	made := medialive.Channel{
		ChannelKey: medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: id}, Name: "Channel " + id,
		State: medialive.ChannelOff, Input: input,
	}
	edit(&made)
	push, err := h.client.CreateChannel(h.t.Context(), made)
	must(h.t, err)
	ch = &channel{h, made.ChannelKey}
	ch.turn(medialive.ChannelOn)
	return ch, push
}

// detail is what the gateway tells of the channel beyond the API, once it answers:
// a machine that encodes may let it wait.
func (ch *channel) detail() (d medialive.ChannelDetail) {
	ch.t.Helper()
	ch.eventually("the detail of "+ch.key.ID, func() bool {
		all, err := ch.client.ChannelDetails(ch.t.Context(), ch.key)
		if err != nil && medialive.KindOf(err) == medialive.KindUnavailable {
			return false
		}
		must(ch.t, err)
		if len(all) != 1 {
			ch.t.Fatalf("%d channels are %v", len(all), ch.key)
		}
		d = all[0]
		return true
	})
	return d
}

// run is what was measured of the channel; it fails the test if it does not run.
func (ch *channel) run() medialive.ChannelRun {
	ch.t.Helper()
	d := ch.detail()
	if d.Run == nil {
		ch.t.Fatalf("%s does not run: %q", ch.key.ID, d.Problem)
	}
	return *d.Run
}

// turn switches the channel. A gateway that has to measure what a template takes
// may answer later than a client waits.
func (ch *channel) turn(state medialive.ChannelState) {
	ch.t.Helper()
	_, err := ch.client.SwitchChannel(ch.t.Context(), ch.key, state)
	if err != nil && medialive.KindOf(err) == medialive.KindOutcomeUnknown {
		ch.eventually(ch.key.ID+" to be "+string(state), func() bool { return ch.detail().State == state })
		return
	}
	must(ch.t, err)
}

// address is that of the manifest of a package, in their order.
func (ch *channel) address(n int) string {
	ch.t.Helper()
	return ch.app.GatewayURL + ch.detail().Play[n].Path
}

// eventually waits for a condition, and gives how long it took. It looks less often
// than what is asked takes of a machine that encodes beside it.
func (h *house) eventually(what string, holds func() bool) time.Duration {
	h.t.Helper()
	began := time.Now()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for !holds() {
		if time.Since(began) > limit {
			h.t.Fatalf("not within %v: %s", limit, what)
		}
		<-tick.C
	}
	return time.Since(began)
}

// fetched is an answer to a player.
type fetched struct {
	status int
	kind   string // media type
	body   []byte
}

// fetch asks as a player does.
func fetch(t *testing.T, address string) fetched {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	must(t, err)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return fetched{kind: err.Error()} // the gateway may have been killed
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return fetched{kind: err.Error()}
	}
	return fetched{answer.StatusCode, answer.Header.Get("Content-Type"), body}
}

// person is somebody who is signed in at the dashboard.
type person struct {
	h      *house
	client *http.Client
}

func (h *house) signIn() *person {
	h.t.Helper()
	jar, err := cookiejar.New(nil)
	must(h.t, err)
	p := &person{h, &http.Client{Jar: jar}}
	answer, err := p.client.PostForm(h.app.URL+"/login", url.Values{
		"account": {apptest.Account}, "username": {apptest.User}, "password": {apptest.Password}, "region": {apptest.Region},
	})
	must(h.t, err)
	must(h.t, answer.Body.Close())
	if answer.StatusCode != http.StatusOK {
		h.t.Fatalf("signing in: %s", answer.Status)
	}
	return p
}

// reads gives a page.
func (p *person) reads(path string) string {
	p.h.t.Helper()
	answer, err := p.client.Get(p.h.app.URL + path)
	must(p.h.t, err)
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	must(p.h.t, err)
	if answer.StatusCode != http.StatusOK {
		p.h.t.Fatalf("%s: %s", path, answer.Status)
	}
	return string(page)
}
