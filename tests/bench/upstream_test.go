package bench

import (
	"fmt"
	"math"
	"net/url"
	"regexp"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
)

const (
	crowd       = 500              // viewers
	sessions    = 10               // of them
	countedFor  = 40 * time.Second // not a multiple of any period of the watcher
	countedNear = 0.1              // by which the two counts may differ: one call at a seam
)

const liveList = "/live?view=list&limit=100"

// upstream counts the calls of a dashboard with one viewer and with many, on a
// gateway, whose events it follows, and on a cloud, which it polls.
func (r *report) upstream(b *testing.B) {
	s := start(b)
	s.activate(b, s.create(b, 0, 10, 2)) // all, or those at rest are read once a minute, within the count or not
	kinds := []*watching{
		watch(b, s, "a gateway", "/capabilities", false),
		watch(b, s, "a cloud that is polled", "/flows", true),
	}
	for _, w := range kinds {
		w.look(b, 1)
	}
	one := countAll(b, kinds)
	for _, w := range kinds {
		w.look(b, crowd-1)
	}
	many := countAll(b, kinds)
	for i, w := range kinds {
		perMinute := func(n int) float64 { return float64(n) / countedFor.Minutes() }
		ratio := float64(many[i]) / float64(one[i])
		r.add(
			"upstream calls a minute, 500 viewers: "+w.name,
			fmt.Sprintf("1 viewer: %.1f", perMinute(one[i])),
			fmt.Sprintf("%.1f, ratio **%.2f**", perMinute(many[i]), ratio),
			"equal", math.Abs(ratio-1) <= countedNear || many[i] == one[i],
		)
	}
}

// walls counts the calls of a dashboard with one screen of a display and with
// many. Nobody is signed in: the installation reads by itself.
func (r *report) walls(b *testing.B) {
	s := start(b)
	s.activate(b, s.create(b, 0, 10, 2))
	w := &watching{name: "a cloud that is polled", period: "/flows", tap: newTap(b, s.GatewayURL, true), path: "/wall/live"}
	ak, sk := s.Key(apptest.User)
	front := apptest.Start(b, map[string]string{
		"FLOWDECK_BACKEND": w.tap.url, "FLOWDECK_LOG_LEVEL": "info", "FLOWDECK_ADMINS": apptest.Account + "/" + apptest.User,
		"FLOWDECK_SERVICE_AK": ak, "FLOWDECK_SERVICE_SK": sk, "FLOWDECK_SERVICE_PROJECT": s.ProjectID,
	})
	w.all = []*session{kiosk(b, front.URL)}
	w.open(b, 1)
	one := countAll(b, []*watching{w})[0]
	w.open(b, crowd-1)
	many := countAll(b, []*watching{w})[0]
	perMinute := func(n int) float64 { return float64(n) / countedFor.Minutes() }
	ratio := float64(many) / float64(one)
	r.add(
		"upstream calls a minute, 500 screens of a display: "+w.name,
		fmt.Sprintf("1 screen: %.1f", perMinute(one)),
		fmt.Sprintf("%.1f, ratio **%.2f**", perMinute(many), ratio),
		"equal", math.Abs(ratio-1) <= countedNear,
	)
}

var wallLink = regexp.MustCompile(`/wall/[A-Za-z0-9_-]{43}`)

// kiosk makes a display, and gives a browser that opened its link.
func kiosk(b *testing.B, base string) *session {
	b.Helper()
	boss := signIn(b, base)
	_, form := boss.get(b, "/displays/new")
	ticket := regexp.MustCompile(`name="ticket" value="([^"]+)"`).FindSubmatch(form)
	if ticket == nil {
		b.Fatalf("no form of a display:\n%s", form)
	}
	_, made := boss.post(b, "/displays", url.Values{
		"ticket": {string(ticket[1])}, "name": {"wall"}, "mode": {"all"}, "layout": {"16"}, "tally": {"on"},
		"text_lang": {"en"}, "theme": {"dark"}, "scale": {"100"},
	})
	link := wallLink.Find(made)
	if link == nil {
		b.Fatalf("no link of a display:\n%s", made)
	}
	boss.post(b, "/logout", url.Values{})
	wall := &session{base: base, jar: map[string]string{}, client: boss.client}
	wall.get(b, string(link))
	return wall
}

// watching is a dashboard behind a tap.
type watching struct {
	path   string // of the streams
	name   string
	period string // end of the path of a call that comes at regular intervals
	tap    *tap
	all    []*session
}

func watch(b *testing.B, s *system, name, period string, cloud bool) *watching {
	b.Helper()
	w := &watching{name: name, period: period, tap: newTap(b, s.GatewayURL, cloud), path: liveList}
	front := dashboard(b, w.tap.url)
	for range sessions {
		w.all = append(w.all, signIn(b, front.URL))
	}
	w.all[0].list(b, 10, rowMark)
	return w
}

// open opens streams, and leaves them open.
func (w *watching) open(b *testing.B, n int) {
	b.Helper()
	v := viewers{Address: w.all[0].address(), Path: w.path, Count: n}
	for _, one := range w.all {
		v.Cookies = append(v.Cookies, one.cookie)
	}
	if got := as(b, roleViewers, v).line(b, 2*patience); got != "ready" {
		b.Fatalf("the viewers say %q", got)
	}
}

// look opens streams of the list, for those who have it on their screen.
func (w *watching) look(b *testing.B, n int) {
	b.Helper()
	w.open(b, n)
	for _, one := range w.all {
		one.list(b, 10, rowMark) // each also loads the page, so that its right to look is proved
	}
}

// countAll counts the calls of each, beginning at one of its regular calls.
func countAll(b *testing.B, kinds []*watching) []int {
	b.Helper()
	from := make([]time.Time, len(kinds))
	for i, w := range kinds {
		from[i] = w.tap.next(b, w.period)
	}
	counts := make([]int, len(kinds))
	for i, w := range kinds {
		to := from[i].Add(countedFor)
		<-time.After(time.Until(to))
		counts[i] = w.tap.between(from[i], to)
	}
	return counts
}
