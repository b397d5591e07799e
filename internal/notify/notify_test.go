package notify_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/flowdeck/flowdeck/internal/alarm"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/notify"
	"github.com/flowdeck/flowdeck/internal/seal"
	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/trail"
)

const patience = 20 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var key = monitor.Key{Endpoint: "https://live.example", ProjectID: "p1"}

// bench is a notifier on a real store, with a real receiver.
type bench struct {
	t        *testing.T
	store    *store.Store
	notifier *notify.Notifier
	receiver *receiver
	clock    *clock
	sealer   *seal.Key
}

// clock is a time that a test moves on.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }
func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// receiver keeps what was posted to it and answers as told.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	posts  []post
	answer func(n int) (status int, body string) // of the nth post, from 1
}

type post struct {
	header http.Header
	body   []byte
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{answer: func(int) (int, string) { return http.StatusOK, "ok" }}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		r.posts = append(r.posts, post{req.Header, body})
		status, text := r.answer(len(r.posts))
		r.mu.Unlock()
		if status == http.StatusFound {
			w.Header().Set("Location", r.URL+"/elsewhere")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) all() []post {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]post(nil), r.posts...)
}

func (r *receiver) answers(f func(n int) (int, string)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = f
}

func open(t *testing.T, allow ...netip.Prefix) *bench {
	t.Helper()
	dir := t.TempDir()
	st, err := store.Open(t.Context(), "sqlite:"+filepath.Join(dir, "notify.db"))
	must(t, err)
	t.Cleanup(func() { must(t, st.Close()) })
	sealer, err := seal.OpenKeyFile(filepath.Join(dir, "secret.key"))
	must(t, err)
	st.KeepTrail(sealer)
	b := &bench{t: t, store: st, receiver: newReceiver(t), clock: &clock{at: time.Now()}, sealer: sealer}
	b.notifier = notify.New(notify.Options{Store: st, Key: sealer, Now: b.clock.now, Allow: allow, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Home: "https://deck.example/"})
	return b
}

// run makes the notifier work until the test ends.
func (b *bench) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = b.notifier.Run(ctx) }()
	var once sync.Once
	stop = func() { once.Do(func() { cancel(); <-done }) }
	b.t.Cleanup(stop)
	return stop
}

var loopback = netip.MustParsePrefix("127.0.0.0/8")

// add makes a webhook and gives its id.
func (b *bench) add(w notify.Webhook) string {
	b.t.Helper()
	if w.URL == "" {
		w.URL = medialive.Secret(b.receiver.URL + "/hook/s3cret-path")
	}
	if w.Least == 0 {
		w.Least = alarm.Low
	}
	if w.Name == "" {
		w.Name = "desk " + string(w.Shape)
	}
	must(b.t, b.notifier.Put(b.t.Context(), key, w, "op-1"))
	list, err := b.notifier.List(b.t.Context(), key)
	must(b.t, err)
	for _, have := range list {
		if have.Name == w.Name {
			return have.ID
		}
	}
	b.t.Fatal("the webhook is not listed")
	return ""
}

func lost() *alarm.Alarm {
	return &alarm.Alarm{
		ID: "a1", Kind: alarm.SourceLost, Priority: alarm.High, FlowID: "f 1", FlowName: "FEED-A",
		Since: time.Date(2026, 11, 21, 19, 45, 26, 0, time.UTC), Count: 1,
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	end := time.NewTimer(patience)
	defer end.Stop()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for !ok() {
		select {
		case <-end.C:
			t.Fatalf("not within %s: %s", patience, what)
		case <-again.C:
		}
	}
}

func TestAlarmIsToldInEachShape(t *testing.T) {
	t.Parallel()
	b := open(t, loopback)
	b.receiver.answers(func(int) (int, string) { return http.StatusOK, `{"code":0}` })
	b.add(notify.Webhook{Shape: notify.JSON, Secret: "shared"})
	b.add(notify.Webhook{Shape: notify.Slack, Lang: "en"})
	b.add(notify.Webhook{Shape: notify.Feishu, Lang: "zh", Secret: "shared"})
	b.add(notify.Webhook{Shape: notify.JSON, Name: "off", Off: true})
	b.run()
	b.notifier.Raised(key, lost(), "raised")
	b.notifier.Raised(monitor.Key{Endpoint: key.Endpoint, ProjectID: "another"}, lost(), "raised")
	member := lost()
	member.Parent = "a0"
	b.notifier.Raised(key, member, "raised")
	eventually(t, "three posts", func() bool { return len(b.receiver.all()) == 3 || b.failed() })

	seen := map[string]bool{}
	for _, p := range b.receiver.all() {
		text := string(p.body)
		switch {
		case strings.Contains(text, `"msg_type":"text"`):
			seen["feishu"] = strings.Contains(text, `"sign":"`) && strings.Contains(text, "源丢失") && strings.Contains(text, "FEED-A")
		case strings.Contains(text, `"text"`):
			seen["slack"] = strings.Contains(text, "ALARM") && strings.Contains(text, "https://deck.example/flows/f%201") &&
				strings.Contains(text, "2026-11-21 19:45:26 UTC")
		default:
			seen["json"] = signed(t, p, "shared") && strings.Contains(text, `"event":"alarm.raised"`) && strings.Contains(text, `"flow":"FEED-A"`)
		}
		if strings.Contains(text, "shared") {
			t.Errorf("the secret is in %s", text)
		}
	}
	for _, shape := range []string{"json", "slack", "feishu"} {
		if !seen[shape] {
			t.Errorf("%s was not told rightly", shape)
		}
	}
}

// signed checks a signature as a receiver would.
func signed(t *testing.T, p post, secret string) bool {
	t.Helper()
	var stamp int64
	var sum string
	if _, err := fmt.Sscanf(strings.Replace(p.header.Get("Flowdeck-Signature"), ",v1=", " ", 1), "t=%d %s", &stamp, &sum); err != nil {
		t.Errorf("signature %q: %v", p.header.Get("Flowdeck-Signature"), err)
		return false
	}
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.%s", stamp, p.body)
	return sum == hex.EncodeToString(mac.Sum(nil))
}

// failed tells, and says, that a delivery did not arrive.
func (b *bench) failed() bool {
	b.t.Helper()
	hooks, err := b.notifier.List(b.t.Context(), key)
	must(b.t, err)
	for _, w := range hooks {
		log, err := b.notifier.Log(b.t.Context(), key, w.ID, 10)
		must(b.t, err)
		for _, d := range log {
			if d.Problem != "" {
				b.t.Errorf("%s: %s", w.Name, d.Problem)
				return true
			}
		}
	}
	return false
}

func TestPriorityDecides(t *testing.T) {
	t.Parallel()
	b := open(t, loopback)
	b.add(notify.Webhook{Shape: notify.JSON, Least: alarm.High})
	b.run()
	low := lost()
	low.Priority = alarm.Medium
	b.notifier.Raised(key, low, "raised")
	b.notifier.Raised(key, lost(), "raised")
	eventually(t, "one post", func() bool { return len(b.receiver.all()) > 0 })
	if n := len(b.receiver.all()); n != 1 || !strings.Contains(string(b.receiver.all()[0].body), `"priority":"high"`) {
		t.Errorf("%d posts", n)
	}
}

func TestTriedAgainUntilTaken(t *testing.T) {
	t.Parallel()
	b := open(t, loopback)
	b.receiver.answers(func(n int) (int, string) {
		if n < 3 {
			return http.StatusServiceUnavailable, "later"
		}
		return http.StatusNoContent, ""
	})
	id := b.add(notify.Webhook{Shape: notify.JSON})
	b.run()
	b.notifier.Raised(key, lost(), "raised")
	b.notifier.Raised(key, lost(), "cleared")
	for try := 1; try < 3; try++ {
		eventually(t, "a try", func() bool { return b.tries(id) == try })
		b.clock.move(time.Minute)
	}
	eventually(t, "both are taken", func() bool {
		log, err := b.notifier.Log(t.Context(), key, id, 10)
		must(t, err)
		return len(log) == 2 && !log[0].DoneAt.IsZero() && !log[1].DoneAt.IsZero() && log[0].Problem == "" && log[1].Status == http.StatusNoContent
	})
	var told, ids []string
	for _, p := range b.receiver.all() {
		told, ids = append(told, p.header.Get("Flowdeck-Event")), append(ids, p.header.Get("Flowdeck-Delivery"))
	}
	if want := []string{"alarm.raised", "alarm.raised", "alarm.raised", "alarm.cleared"}; !slices.Equal(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
	if ids[0] == "" || ids[0] != ids[2] || ids[3] == ids[0] {
		t.Errorf("deliveries %v", ids)
	}
}

// tries gives how often a webhook's delivery was tried at most.
func (b *bench) tries(id string) int {
	b.t.Helper()
	log, err := b.notifier.Log(b.t.Context(), key, id, 10)
	must(b.t, err)
	most := 0
	for _, d := range log {
		most = max(most, d.Tries)
	}
	return most
}

func TestGivenUp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		again  bool
	}{"redirect": {http.StatusFound, false}, "gone": {http.StatusGone, false}, "broken": {http.StatusInternalServerError, true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t, loopback)
			b.receiver.answers(func(int) (int, string) { return c.status, "" })
			id := b.add(notify.Webhook{Shape: notify.Slack})
			b.run()
			b.notifier.Raised(key, lost(), "raised")
			eventually(t, "given up", func() bool {
				log, err := b.notifier.Log(t.Context(), key, id, 1)
				must(t, err)
				if len(log) == 1 && log[0].Tries > 0 {
					b.clock.move(time.Hour)
				}
				return len(log) == 1 && log[0].Problem == fmt.Sprintf("given up: answered with status %d", c.status)
			})
			if n := len(b.receiver.all()); (n > 1) != c.again {
				t.Errorf("%d tries", n)
			}
		})
	}
}

func TestWhatWaitsOutlivesARestart(t *testing.T) {
	t.Parallel()
	b := open(t, loopback)
	id := b.add(notify.Webhook{Shape: notify.JSON})
	b.receiver.answers(func(int) (int, string) { return http.StatusBadGateway, "" })
	stop := b.run()
	b.notifier.Raised(key, lost(), "raised")
	eventually(t, "the first try", func() bool { return b.tries(id) == 1 })
	stop()
	b.receiver.answers(func(int) (int, string) { return http.StatusOK, "" })
	b.clock.move(time.Minute)
	b.run()
	eventually(t, "taken", func() bool { return b.tries(id) == 2 })
}

func TestNoPrivateAddressIsReached(t *testing.T) {
	t.Parallel()
	b := open(t, netip.MustParsePrefix("10.255.255.1/32"))
	id := b.add(notify.Webhook{Shape: notify.JSON})
	d, err := b.notifier.Test(t.Context(), key, id)
	must(t, err)
	if d.Problem == "" || d.Status != 0 || len(b.receiver.all()) != 0 {
		t.Errorf("%+v, %d posts", d, len(b.receiver.all()))
	}
	if strings.Contains(d.Problem, "s3cret-path") {
		t.Errorf("the problem tells the URL: %s", d.Problem)
	}
}

func TestFeishuRefusesWith200(t *testing.T) {
	t.Parallel()
	b := open(t, loopback)
	b.receiver.answers(func(int) (int, string) { return http.StatusOK, `{"code":19021,"msg":"sign match fail"}` })
	d, err := b.notifier.Test(t.Context(), key, b.add(notify.Webhook{Shape: notify.Feishu, Lang: "en"}))
	must(t, err)
	if !strings.Contains(d.Problem, "19021") {
		t.Errorf("%+v", d)
	}
}

func TestSecretsStaySecret(t *testing.T) {
	t.Parallel()
	b := open(t, loopback)
	id := b.add(notify.Webhook{Shape: notify.JSON, Secret: "shared-secret"})
	list, err := b.notifier.List(t.Context(), key)
	must(t, err)
	if len(list) != 1 || list[0].URL != "" || list[0].Secret != "" || !list[0].Signed || !strings.HasPrefix(list[0].Host, "127.0.0.1:") {
		t.Errorf("list %+v", list)
	}
	row, err := b.store.Webhook(t.Context(), id)
	must(t, err)
	events, err := b.store.Timeline(t.Context(), trail.Filter{Endpoint: key.Endpoint, Project: key.ProjectID})
	must(t, err)
	all, err := json.Marshal(struct {
		Row    store.Webhook
		Events []trail.Event
	}{row, events})
	must(t, err)
	if text := string(all) + string(row.Sealed); strings.Contains(text, "s3cret-path") || strings.Contains(text, "shared-secret") {
		t.Error("a secret is kept in the clear")
	}
	if len(events) != 1 || events[0].Verb != "webhook_added" || events[0].Actor != "op-1" {
		t.Errorf("trail %+v", events)
	}

	// A change keeps what is not given, and another project has no part in it.
	must(t, b.notifier.Put(t.Context(), key, notify.Webhook{ID: id, Name: "renamed", Shape: notify.JSON, Least: alarm.High}, "op-2"))
	if d, err := b.notifier.Test(t.Context(), key, id); err != nil || d.Problem != "" {
		t.Errorf("%+v, %v", d, err)
	}
	if !signed(t, b.receiver.all()[0], "shared-secret") {
		t.Error("the secret is not the old one")
	}
	other := monitor.Key{Endpoint: key.Endpoint, ProjectID: "another"}
	_, tested := b.notifier.Test(t.Context(), other, id)
	_, logged := b.notifier.Log(t.Context(), other, id, 1)
	changed := b.notifier.Put(t.Context(), other, notify.Webhook{ID: id, Name: "x", Shape: notify.JSON, Least: alarm.Low}, "op-3")
	for _, err := range []error{tested, logged, changed, b.notifier.Delete(t.Context(), other, id, "op-3")} {
		if !errors.Is(err, notify.ErrUnknown) {
			t.Errorf("another project: %v", err)
		}
	}
	must(t, b.notifier.Delete(t.Context(), key, id, "op-2"))
}

func TestFieldsAreChecked(t *testing.T) {
	t.Parallel()
	b := open(t)
	good := notify.Webhook{Name: "desk", Shape: notify.JSON, URL: "https://hooks.example/x", Least: alarm.Low}
	must(t, b.notifier.Put(t.Context(), key, good, "op-1"))
	cases := map[string]struct {
		change func(*notify.Webhook)
		want   error
	}{
		"no name":        {func(w *notify.Webhook) { w.Name = " " }, notify.ErrName},
		"long name":      {func(w *notify.Webhook) { w.Name = strings.Repeat("n", 65) }, notify.ErrName},
		"in the clear":   {func(w *notify.Webhook) { w.URL = "http://hooks.example/x" }, notify.ErrURL},
		"with password":  {func(w *notify.Webhook) { w.URL = "https://a:b@hooks.example/x" }, notify.ErrURL},
		"no host":        {func(w *notify.Webhook) { w.URL = "https:///x" }, notify.ErrURL},
		"another scheme": {func(w *notify.Webhook) { w.URL = "gopher://hooks.example/x" }, notify.ErrURL},
		"no URL":         {func(w *notify.Webhook) { w.URL = "" }, notify.ErrURL},
		"long URL":       {func(w *notify.Webhook) { w.URL += medialive.Secret(strings.Repeat("x", 2048)) }, notify.ErrURL},
		"shape":          {func(w *notify.Webhook) { w.Shape = "fax" }, notify.ErrShape},
		"priority":       {func(w *notify.Webhook) { w.Least = 4 }, notify.ErrPriority},
		"secret":         {func(w *notify.Webhook) { w.Secret = medialive.Secret(strings.Repeat("x", 201)) }, notify.ErrSecret},
	}
	for name, c := range cases {
		w := good
		c.change(&w)
		if err := b.notifier.Put(t.Context(), key, w, "op-1"); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	for i := range 19 {
		w := good
		w.Name = fmt.Sprint("desk ", i)
		must(t, b.notifier.Put(t.Context(), key, w, "op-1"))
	}
	if err := b.notifier.Put(t.Context(), key, good, "op-1"); !errors.Is(err, notify.ErrLimit) {
		t.Errorf("the twenty-first: %v", err)
	}
}

// TestTwoSenders lets two processes work on one database: each message is sent
// once.
func TestTwoSenders(t *testing.T) {
	t.Parallel()
	b := open(t, loopback)
	b.add(notify.Webhook{Shape: notify.JSON})
	b.run()
	other := &bench{t: t, store: b.store, receiver: b.receiver, clock: b.clock, notifier: notify.New(notify.Options{
		Store: b.store, Key: b.sealer, Now: b.clock.now, Allow: []netip.Prefix{loopback},
	})}
	other.run()
	const messages = 40
	for i := range messages {
		b.notifier.Raised(key, &alarm.Alarm{ID: fmt.Sprint(i), Kind: alarm.SourceLost, Priority: alarm.High, Raised: b.clock.now()}, alarm.ChangeRaised)
	}
	eventually(t, "all messages", func() bool {
		due, err := b.store.DueDeliveries(t.Context(), b.clock.now().Add(24*time.Hour), messages)
		return err == nil && len(due) == 0 && len(b.receiver.all()) >= messages
	})
	if n := len(b.receiver.all()); n != messages {
		t.Errorf("%d messages were sent %d times", messages, n)
	}
}

// TestSealedWithAnotherKey sets a webhook anew whose address cannot be opened.
func TestSealedWithAnotherKey(t *testing.T) {
	t.Parallel()
	b := open(t, loopback)
	id := b.add(notify.Webhook{Shape: notify.JSON})
	row, err := b.store.Webhook(t.Context(), id)
	must(t, err)
	row.Sealed = []byte("of another key")
	must(t, b.store.PutWebhook(t.Context(), row))
	w := notify.Webhook{ID: id, Name: "desk", Shape: notify.JSON, Least: alarm.Low}
	if err := b.notifier.Put(t.Context(), key, w, "op-1"); !errors.Is(err, notify.ErrURL) {
		t.Errorf("without its address: %v", err)
	}
	w.URL = medialive.Secret(b.receiver.URL)
	must(t, b.notifier.Put(t.Context(), key, w, "op-1"))
	if d, err := b.notifier.Test(t.Context(), key, id); err != nil || d.Problem != "" {
		t.Errorf("test: %+v, %v", d, err)
	}
}

// TestEndLosesNothing ends a notifier at the moment in which alarms come.
func TestEndLosesNothing(t *testing.T) {
	t.Parallel()
	b := open(t, loopback)
	b.add(notify.Webhook{Shape: notify.JSON})
	b.receiver.answers(func(int) (int, string) { return http.StatusServiceUnavailable, "" })
	const changes = 60
	for i := range changes {
		b.notifier.Raised(key, &alarm.Alarm{ID: fmt.Sprint(i), Kind: alarm.SourceLost, Priority: alarm.High, Raised: b.clock.now()}, alarm.ChangeRaised)
	}
	b.run()()
	due, err := b.store.DueDeliveries(t.Context(), b.clock.now().Add(24*time.Hour), 2*changes)
	must(t, err)
	if len(due) != changes {
		t.Errorf("%d of %d are to be told", len(due), changes)
	}
}
