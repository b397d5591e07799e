package browser

import (
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
	"github.com/flowdeck/flowdeck/tests/chrome"
)

// stage is a project in which something is in every state.
type stage struct {
	live, waiting, standby, lost medialive.Flow
	mine, theirs, asked          medialive.Flow // protected by who looks, by somebody else; somebody else waits for a second person
	back                         medialive.Flow // with an alarm that was over before anybody saw it
	hook                         string         // path of a webhook to which nothing can be sent
	display                      string         // path of a display, whose link a screen opened
	question                     *question      // to the second person
}

func setStage(t *testing.T, h *house) stage {
	t.Helper()
	nobody := relaytest.SRT{Port: relaytest.FreePort(t)}
	locked := listener("locked")
	locked.Encryption = &medialive.Crypto{Algorithm: medialive.AES128, KeyType: medialive.SRTPassword, Passphrase: "a long passphrase"}
	s := stage{
		live:    h.flow("FEED-LIVE", true, listener("viewer-1"), listener("viewer-2"), pusher("truck-3", nobody)),
		waiting: h.flow("FEED-WAITING", true, listener("viewer-1")),
		standby: h.flow("FEED-STANDBY", false, listener("viewer-1")),
		lost:    h.flow("FEED-LOST", true, listener("viewer-1")),
		mine:    h.flow("FEED-MINE", true, listener("viewer-1"), locked, listener("spare")),
		theirs:  h.flow("FEED-THEIRS", true, listener("viewer-1")),
		asked:   h.flow("FEED-ASKED", true, listener("viewer-1")),
		back:    h.flow("FEED-BACK", true),
	}
	shelved := h.flow("FEED-SHELVED", true)
	clip := relaytest.Clip(t)
	relaytest.Push(t, clip, inputOf(s.live))
	h.loses(clip, s.back)
	arrives(t, "the viewer", record(t, h.output(s.live.ID, "viewer-1")))
	h.person("op-2")
	admin, other := h.hand("admin"), h.hand("op-2")
	s.keepCare(admin, other)
	s.question = &question{by: other, about: s.asked}
	s.hook, s.display = addHook(admin), addDisplay(admin)
	addRule(admin)
	admin.alarm(h, "active", s.back.ID)
	relaytest.Push(t, clip, inputOf(s.back))
	admin.alarm(h, "returned", s.back.ID) // later than what would make it one of many
	h.loses(clip, s.lost, shelved)
	admin.send("", "/alarms/shelve", "id", admin.alarm(h, "active", shelved.ID), "for", "60", "scope", "kind", "reason", "the camera moves house")
	admin.alarm(h, "active", s.lost.ID)
	h.setChannels(clip, admin)
	return s
}

// loses lets flows have media, and lose it.
func (h *house) loses(clip string, flows ...medialive.Flow) {
	h.t.Helper()
	var senders []*relaytest.Process
	for _, f := range flows {
		senders = append(senders, relaytest.Push(h.t, clip, inputOf(f)))
	}
	h.awaitHealth(medialive.Connected, flows...)
	for _, sender := range senders {
		sender.Kill()
	}
	h.awaitHealth(medialive.Disconnected, flows...)
}

// awaitHealth waits until the sources of flows are in a state.
func (h *house) awaitHealth(want medialive.Health, flows ...medialive.Flow) {
	h.t.Helper()
	for _, f := range flows {
		h.app.Await(chrome.Patience, f.Name+" to be "+string(want), func() bool { return h.source(f.ID).Health == want })
	}
}

// keepCare puts on flows what people put on them.
func (s stage) keepCare(admin, other *hand) {
	mine := "/flows/" + s.mine.ID
	admin.send("", mine+"/notes", "text", "The encoder is on the second floor.\nAsk for Kim.")
	admin.send(mine+"/handover", mine+"/handover", "text", "The spare line is booked until 22:00 UTC.")
	admin.send("", mine+"/good")
	admin.send(mine+"/outputs/locked/park", mine+"/outputs/locked/park")
	admin.send("", mine+"/band", "min_bitrate", "0.1", "max_bitrate", "20")
	admin.send("", mine+"/protect", "reason", "the match is on air")
	admin.send("", "/labels", "address", "127.0.0.1", "name", "OB van 2")
	other.send("", "/flows/"+s.theirs.ID+"/protect", "reason", "rehearsal")
	asked := "/flows/" + s.asked.ID
	other.send("", asked+"/protect", "reason", "the final", "second", "1")
}

// question asks a second person for something, for as long as a test goes on.
type question struct {
	by    *hand
	about medialive.Flow
	mu    sync.Mutex
	asked time.Time
}

// ask asks, and again before nobody may answer any more, which is after 5 min.
func (q *question) ask() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if time.Since(q.asked) < 2*time.Minute {
		return
	}
	flow := "/flows/" + q.about.ID
	if !q.asked.IsZero() {
		q.by.send("", flow+"/ask/withdraw")
	}
	q.by.send(flow+"/stop", flow+"/stop", "reason", "the final is over", "typed", q.about.Name)
	q.asked = time.Now()
}

// addHook adds a webhook, and sends it a test, which fails: Flowdeck calls no
// address of its own machine.
func addHook(p *hand) (path string) {
	p.t.Helper()
	p.send("", "/settings/webhooks", "name", "on-call", "shape", "json", "url", "https://127.0.0.1:9/alarms", "secret", "a secret for tests",
		"least", "1", "text_lang", "en", "webhook_state", "on")
	_, rest, found := strings.Cut(p.page("/settings"), `class="name" href="/settings/webhooks/`)
	id, _, _ := strings.Cut(rest, `"`)
	if !found {
		p.t.Fatal("the webhook is not listed")
	}
	path = "/settings/webhooks/" + id
	p.send("", path+"/test")
	return path
}

// addDisplay makes a display, and opens its link on a screen.
func addDisplay(p *hand) (path string) {
	p.t.Helper()
	answer, body := p.sent("/displays/new", "/displays", "name", "MCR wall 1", "mode", "all", "layout", "16", "tally", "on", "zone", "Asia/Singapore",
		"text_lang", "en", "theme", "dark", "scale", "100", "expires", "2099-01-01 00:00", "cidrs", "127.0.0.0/8")
	link := wallLink.FindString(body)
	if link == "" {
		p.t.Fatalf("no link of a display: %s\n%s", answer.Status, body)
	}
	screen, err := p.http.Get(p.base + link)
	must(p.t, err)
	must(p.t, screen.Body.Close())
	_, rest, _ := strings.Cut(p.page("/displays"), `class="name" href="/displays/`)
	id, _, found := strings.Cut(rest, `"`)
	if !found {
		p.t.Fatal("the display is not listed")
	}
	return "/displays/" + id
}

var wallLink = regexp.MustCompile(`/wall/[A-Za-z0-9_-]{43}`)

// addRule gives people the role that they have, and everybody else a lesser one.
func addRule(p *hand) {
	p.t.Helper()
	_, question := p.sent("/settings/roles/new", "/settings/roles", "user", "op-*", "role", "engineer")
	ticket := ticketOf.FindStringSubmatch(question)
	if ticket == nil {
		p.t.Fatalf("no question about the rule:\n%s", question)
	}
	p.send("", "/settings/roles", "user", "op-*", "role", "engineer", "ticket", ticket[1])
}

var ticketOf = regexp.MustCompile(`name="ticket" value="([^"]+)"`)

// shape holds when a flow's row has a shape.
func shape(f medialive.Flow, name string) string {
	return "$(" + chrome.Quoted("#flow-"+f.ID+" .state-"+name) + ")"
}
