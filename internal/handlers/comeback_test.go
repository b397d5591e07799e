package handlers

import (
	"bufio"
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowdeck/flowdeck/internal/monitor"
)

// still is a picture that never changes.
type still struct{}

func (still) Changed() (<-chan struct{}, func()) { return nil, func() {} }
func (still) Full() []byte                       { return []byte("data: full\n\n") }
func (still) Change() []byte                     { return nil }

// tape is a line that keeps what it is given.
type tape struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *tape) write(frame []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text.Write(frame)
	return nil
}

// last is the last hint of when to come back, and whether it was given as htmx
// takes it: in an event that has more.
func (p *tape) last(t *testing.T) time.Duration {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	var hint time.Duration
	for _, event := range strings.Split(p.text.String(), "\n\n") {
		lines := bufio.NewScanner(strings.NewReader(event))
		var drawn time.Duration
		named := false
		for lines.Scan() {
			if ms, ok := strings.CutPrefix(lines.Text(), "retry: "); ok {
				n, err := strconv.Atoi(ms)
				if err != nil {
					t.Fatal(err)
				}
				drawn = time.Duration(n) * time.Millisecond
			}
			named = named || strings.HasPrefix(lines.Text(), "event: ")
		}
		if drawn > 0 && named {
			hint = drawn
		}
	}
	return hint
}

// drawn lets so many pages follow for five seconds, and gives after how long
// each is to come back, the soonest first.
func drawn(t *testing.T, pages int) (all []time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		m := monitor.New(monitor.Options{})
		defer m.Close()
		w := m.Watch(monitor.Key{ProjectID: "p"}, nil, time.Time{})
		d := &desk{now: time.Now}
		d.hub = newHub(t.Context(), pages, time.Now, func() {}, func(view, *monitor.Watcher) picture { return still{} })
		gone := make(chan struct{})
		tapes := make([]*tape, pages)
		var follow sync.WaitGroup
		for i := range tapes {
			me, leave, err := d.hub.join(view{}, w, strconv.Itoa(i))
			if err != nil {
				t.Fatal(err)
			}
			tapes[i] = &tape{}
			follow.Go(func() {
				defer leave()
				d.follow(tapes[i], me, gone, func(line) error { return nil })
			})
		}
		<-time.After(5 * time.Second)
		synctest.Wait()
		for _, p := range tapes {
			all = append(all, p.last(t))
		}
		close(gone)
		follow.Wait()
		if n := d.hub.viewers(); n != 0 {
			t.Errorf("%d viewers are left", n)
		}
	})
	slices.Sort(all)
	return all
}

// TestF14ComeBackSpread: many pages come back over ten seconds and more, evenly,
// and one at once.
func TestF14ComeBackSpread(t *testing.T) {
	many := drawn(t, 2000)
	spread := many[len(many)-1] - many[0]
	most, from := 0, 0
	for i := range many { // in any one second
		for many[i]-many[from] > time.Second {
			from++
		}
		most = max(most, i-from+1)
	}
	if many[0] < comeBackSoon || spread < 10*time.Second || most > 3*2000/10 {
		t.Errorf("from %v on over %v, %d in one second", many[0], spread, most)
	}
	var longest time.Duration
	for range 50 {
		one := drawn(t, 1)[0]
		if longest = max(longest, one); one < comeBackSoon || one >= 2*time.Second {
			t.Errorf("one page comes back after %v", one)
		}
	}
	t.Logf("evidence: F14 | 2000 pages whose dashboard is started anew come back: over, at most in one second; one alone after | %v, %d; %v | ≥10 s, ≤600; <2 s", spread, most, longest)
}

// TestComeBackToBeTold: a page that may no longer look on is to come back at once.
func TestComeBackToBeTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{now: time.Now, hub: &hub{}}
		d.hub.total.Store(5000)
		me := &viewer{frames: make(chan []byte, 8), dropped: make(chan struct{})}
		p := &tape{}
		me.frames <- beatFrame(time.Now(), time.Time{})
		go func() {
			<-time.After(3 * time.Second)
			me.frames <- beatFrame(time.Now(), time.Time{})
		}()
		d.follow(p, me, nil, orBye(func() error { return errors.New("signed out") }))
		if got := p.last(t); got != comeBackSoon {
			t.Errorf("to come back after %v", got)
		}
	})
}
