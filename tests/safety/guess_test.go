package safety

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// lies are headers by which somebody pretends to come from elsewhere.
func lies(i int) http.Header {
	address := fmt.Sprintf("10.%d.%d.%d", i>>16&255, i>>8&255, i&255)
	return http.Header{
		"X-Forwarded-For": {address, address + ", " + address}, "X-Real-Ip": {address}, "Forwarded": {"for=" + address},
		"True-Client-Ip": {address}, "Cf-Connecting-Ip": {address}, "X-Client-Ip": {address}, "X-Originating-Ip": {address},
		"X-Forwarded-Host": {address}, "User-Agent": {fmt.Sprint("browser ", i)},
	}
}

// guesses sends n sign-ins by several at once, the full count of them over more
// than a minute. It gives how many IAM was asked in the busiest minute, and what
// they were answered.
func guesses(h *house, n int, form func(int) url.Values, header func(int) http.Header) (most int, statuses map[int]int) {
	before := len(h.cloud.Calls("KeystoneCreateUserToken"))
	var (
		work sync.WaitGroup
		next atomic.Int64
		mu   sync.Mutex
	)
	statuses = map[int]int{}
	pace := time.NewTicker(time.Duration(count(int(7*time.Millisecond), 1)))
	defer pace.Stop()
	for range 8 {
		work.Go(func() {
			b := h.browser()
			for i := int(next.Add(1)); i <= n; i = int(next.Add(1)) {
				<-pace.C
				all := header(i)
				all.Set("Content-Type", "application/x-www-form-urlencoded")
				r, err := b.send(h.t.Context(), http.MethodPost, "/login", strings.NewReader(form(i).Encode()), all)
				if err != nil {
					h.t.Error(err)
					return
				}
				mu.Lock()
				statuses[r.status]++
				mu.Unlock()
			}
		})
	}
	work.Wait()
	var asked []time.Time
	for _, r := range h.cloud.Requests() {
		if r.Op == "KeystoneCreateUserToken" {
			asked = append(asked, r.At)
		}
	}
	asked = asked[before:]
	for i := range asked {
		inMinute := slices.IndexFunc(asked[i:], func(at time.Time) bool { return at.Sub(asked[i]) > time.Minute })
		if inMinute < 0 {
			inMinute = len(asked) - i
		}
		most = max(most, inMinute)
	}
	return most, statuses
}

// wrong is a sign-in with a wrong password, written in ever other ways.
func wrong(i int) url.Values {
	name := []string{"op-1", " op-1", "OP-1", "Op-1\t", "oP-1\u00a0"}[i%5]
	return url.Values{
		"account": {account}, "username": {name}, "password": {fmt.Sprint("guess ", i)}, "region": {"local"},
		"user_id": {fmt.Sprint(i)}, "passcode": {[]string{"", "123456"}[i%2]}, "next": {fmt.Sprint("/flows/", i)},
	}
}

// TestT12Guessing guesses the password of one account, pretending to come from
// everywhere: without a trusted proxy, past one, and as the proxy's many
// customers.
func TestT12Guessing(t *testing.T) {
	n := count(10_000, 1500)
	proxied := map[string]string{"FLOWDECK_TRUSTED_PROXIES": "127.0.0.1"}
	for _, c := range []struct {
		what     string
		settings map[string]string
		header   func(int) http.Header
	}{
		{"headers that lie", nil, lies},
		{"headers that lie, past a trusted proxy", proxied, func(i int) http.Header {
			h := lies(i)
			h.Set("X-Forwarded-For", h.Get("X-Forwarded-For")+", 203.0.113.7") // the proxy adds the truth
			return h
		}},
		{"ever new addresses, truly", proxied, func(i int) http.Header {
			return http.Header{"X-Forwarded-For": {fmt.Sprintf("203.%d.%d.%d", i>>16&255, i>>8&255, i&255)}}
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			h := open(t, c.settings, nil)
			most, statuses := guesses(h, n, wrong, c.header)
			evidence(t, "T12", fmt.Sprintf("IAM tries a minute, of %d guesses at one account, %s", n, c.what), most, "≤ 10")
			if most == 0 || most > 10 || statuses[http.StatusTooManyRequests] < n*9/10 {
				t.Errorf("IAM was asked %d times in a minute; answers %v", most, statuses)
			}
		})
	}
}

// TestT12OneAddress tries ever other names from one address, which pretends to
// be many.
func TestT12OneAddress(t *testing.T) {
	h := open(t, nil, nil)
	n := count(10_000, 1500)
	most, _ := guesses(h, n, func(i int) url.Values {
		return url.Values{"account": {account}, "username": {fmt.Sprint("user-", i)}, "password": {"guess"}, "region": {"local"}}
	}, lies)
	evidence(t, "T12", fmt.Sprintf("IAM tries a minute, of %d guesses at as many accounts from one address that pretends to be many", n), most, "≤ 30")
	if most == 0 || most > 30 {
		t.Errorf("IAM was asked %d times in a minute", most)
	}
}

// unique is what differs between two answers to the same.
var unique = regexp.MustCompile(`known-[0-9]+|other-[0-9]+|data-now="[0-9]+"|[0-9]{13}`)

// TestT12SameAnswer compares what the sign-in answers for names that exist and
// for those that do not.
func TestT12SameAnswer(t *testing.T) {
	n := count(1000, 150)
	h := open(t, map[string]string{"FLOWDECK_TRUSTED_PROXIES": "127.0.0.1", "FLOWDECK_LOG_LEVEL": "warn"}, func(c *medialivetest.Cloud) {
		for i := range n {
			c.AddUser(fmt.Sprint("known-", i), medialivetest.User{ID: fmt.Sprint("k", i), Password: password})
		}
	})
	b := h.browser()
	took, bodies := map[string][]time.Duration{}, map[string]int{}
	for i := range n {
		for j, kind := range []string{"known", "other"} {
			header := http.Header{"X-Forwarded-For": {fmt.Sprintf("203.%d.%d.%d", j, i>>8&255, i&255)}}
			r := b.do(http.MethodPost, "/login", url.Values{
				"account": {account}, "username": {fmt.Sprint(kind, "-", i)}, "password": {"guess"}, "region": {"local"},
			}, header)
			if r.status != http.StatusUnauthorized {
				t.Fatalf("%s: %d", kind, r.status)
			}
			took[kind] = append(took[kind], r.took)
			bodies[unique.ReplaceAllString(r.body, "")]++
		}
	}
	gap := (median(took["known"]) - median(took["other"])).Abs()
	evidence(t, "T12", fmt.Sprintf("different bodies of %d refused sign-ins of known and of unknown names", 2*n), len(bodies), "1")
	evidence(t, "T12", fmt.Sprintf("gap of the medians of the same, of %v", median(took["known"]).Round(10*time.Microsecond)), gap, "< 2 ms")
	if len(bodies) != 1 {
		t.Errorf("%d different answers", len(bodies))
		for body, times := range bodies {
			t.Logf("%d times:\n%s", times, body)
		}
	}
	if gap > 2*time.Millisecond {
		t.Errorf("known %v, unknown %v", median(took["known"]), median(took["other"]))
	}
}

func median(all []time.Duration) time.Duration { return quantile(all, 0.5) }

// quantile is the time that a share of all kept.
func quantile(all []time.Duration, share float64) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}
