package monitor_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// camera is a gateway that makes pictures: one a second of what it has.
type camera struct {
	*gateway

	guard sync.Mutex
	has   map[medialive.Subject]bool
	fails bool
	calls int
	most  int // subjects of one call
	bytes int // pictures that were sent with their bytes
	bad   bool
}

func (c *camera) Capabilities(context.Context) (medialive.Capabilities, error) {
	return medialive.Capabilities{Version: "1", PictureSeconds: 4}, nil
}

func (c *camera) Pictures(_ context.Context, newer map[medialive.Subject]time.Time) ([]medialive.Picture, error) {
	c.guard.Lock()
	defer c.guard.Unlock()
	c.calls, c.most = c.calls+1, max(c.most, len(newer))
	if c.fails {
		return nil, errors.New("not now")
	}
	list := []medialive.Picture{}
	at := time.Now().Add(time.Hour).Truncate(4 * time.Second) // its clock is ahead
	for of, have := range newer {
		if !c.has[of] {
			continue
		}
		p := medialive.Picture{Of: of, At: at, Age: 2}
		if at.After(have) {
			p.JPEG = []byte{0xff, 0xd8, 0xff, 1}
			c.bytes++
		}
		if c.bad {
			p.JPEG = []byte("<svg>")
		}
		list = append(list, p)
	}
	return list, nil
}

func (c *camera) set(change func()) {
	c.guard.Lock()
	defer c.guard.Unlock()
	change()
}

func watchCamera(t *testing.T) (*camera, *monitor.Watcher) {
	t.Helper()
	c := &camera{gateway: newGateway(told("1", medialive.Active), ready), has: map[medialive.Subject]bool{"flow/1": true, "flow/2": true}}
	m := monitor.New(monitor.Options{})
	t.Cleanup(m.Close)
	w := m.Watch(key, c, time.Time{})
	_, leave := w.Subscribe()
	t.Cleanup(leave)
	synctest.Wait()
	return c, w
}

// TestPictureIsFetchedOnceForAll: who asks waits for nothing, and calls nobody.
func TestPictureIsFetchedOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, w := watchCamera(t)
		if _, ok := w.Picture("flow/1"); ok {
			t.Error("a picture before one was fetched")
		}
		for range 100 {
			w.Picture("flow/2")
		}
		pass(2 * time.Second)
		p, ok := w.Picture("flow/1")
		if age := time.Since(p.At); !ok || age < 2*time.Second || age > 5*time.Second {
			t.Errorf("a picture %v old, %v", age, ok)
		}
		for range 20 {
			w.Picture("flow/1")
			w.Picture("flow/2")
			pass(time.Second)
		}
		c.set(func() {
			if c.calls > 25 || c.most != 2 || c.bytes > 2*7 {
				t.Errorf("%d calls of %d subjects, %d pictures sent", c.calls, c.most, c.bytes)
			}
		})
		pass(time.Minute)
		c.set(func() { c.calls = 0 })
		pass(time.Minute)
		c.set(func() {
			if c.calls != 0 {
				t.Errorf("%d calls while nobody looks", c.calls)
			}
		})
	})
}

// TestPictureThatIsGone: what the gateway no longer has is not shown, nor what
// could not be renewed for too long, nor what is no picture.
func TestPictureThatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, w := watchCamera(t)
		look := func(d time.Duration) (ok bool) {
			for end := time.Now().Add(d); time.Now().Before(end); pass(time.Second) {
				_, ok = w.Picture("flow/1")
			}
			return ok
		}
		if !look(5 * time.Second) {
			t.Error("no picture")
		}
		c.set(func() { c.fails = true })
		if !look(20 * time.Second) {
			t.Error("gone as soon as a call fails")
		}
		if look(time.Minute) {
			t.Error("an old picture is shown")
		}
		c.set(func() { c.fails = false })
		if !look(5 * time.Second) {
			t.Error("none though the gateway answers again")
		}
		c.set(func() { delete(c.has, "flow/1") })
		if look(5 * time.Second) {
			t.Error("a picture of what has none")
		}
		c.set(func() { c.has["flow/1"], c.bad = true, true })
		if look(5 * time.Second) {
			t.Error("something else is shown as a picture")
		}
	})
}

func TestNoPictureOfAGatewayWithoutAny(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := monitor.New(monitor.Options{})
		defer m.Close()
		w := m.Watch(key, newGateway(told("1", medialive.Active), ready), time.Time{})
		synctest.Wait()
		if _, ok := w.Picture("flow/1"); ok {
			t.Error("a picture")
		}
	})
}
