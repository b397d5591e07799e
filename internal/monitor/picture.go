package monitor

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

const (
	pictureLooks = 30 * time.Second       // that who asked for a picture once looks on
	pictureCall  = 5 * time.Second        // for one request
	oftenestLook = 500 * time.Millisecond // between two requests
	longestShown = time.Minute            // that a picture is shown at all
	maxPicture   = 1 << 20                // bytes
)

// Picture is one of a flow or channel.
type Picture struct {
	JPEG []byte
	At   time.Time // by our clock
}

// photographer is a [Reader] that can give pictures too: that of a gateway.
// *medialive.Client is one.
type photographer interface {
	Pictures(ctx context.Context, newer map[medialive.Subject]time.Time) ([]medialive.Picture, error)
}

// album keeps the newest pictures of what somebody looks at.
type album struct {
	mu      sync.Mutex
	running bool
	shots   map[medialive.Subject]*shot
}

type shot struct {
	asked  time.Time
	latest Picture   // without bytes: none
	stamp  time.Time // of it, by the gateway's clock
}

// Picture gives the newest picture of a flow or a channel, if there is one, and
// sees that there are newer ones as long as somebody asks. It waits for nothing: all that
// are looked at are asked for together, however many look.
func (w *Watcher) Picture(of medialive.Subject) (Picture, bool) {
	every := w.pictureEvery()
	if every == 0 {
		return Picture{}, false
	}
	now := w.monitor.now()
	a := &w.album
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.shots[of]
	if s == nil {
		if len(a.shots) >= medialive.MaxPictures {
			return Picture{}, false
		}
		if a.shots == nil {
			a.shots = map[medialive.Subject]*shot{}
		}
		s = &shot{}
		a.shots[of] = s
	}
	s.asked = now
	if !a.running {
		a.running = w.beginPictures()
	}
	return s.latest, s.latest.JPEG != nil && now.Sub(s.latest.At) < longestShown
}

// pictureEvery is how often the gateway makes a picture; 0: it makes none, or none
// are wanted.
func (w *Watcher) pictureEvery() time.Duration {
	caps := w.snapshot.Load().Capabilities
	if caps == nil || caps.PictureSeconds <= 0 || w.monitor.noPictures {
		return 0
	}
	return time.Duration(caps.PictureSeconds * float64(time.Second))
}

// beginPictures fetches pictures until nobody looks any more.
func (w *Watcher) beginPictures() bool {
	w.monitor.mu.Lock()
	defer w.monitor.mu.Unlock()
	if w.monitor.ctx.Err() != nil {
		return false
	}
	w.monitor.work.Go(func() { w.monitor.guard.Loop(w.monitor.ctx, "pictures", w.fetchPictures, nil) })
	return true
}

func (w *Watcher) fetchPictures(ctx context.Context) {
	for {
		newer := w.album.wanted(w.monitor.now())
		if newer == nil {
			return
		}
		if from, ok := w.photographer(); ok {
			list := ask(ctx, from, newer)
			w.album.add(w.monitor.now(), newer, list)
		}
		select {
		case <-ctx.Done():
			w.album.stop()
			return
		case <-time.After(max(oftenestLook, w.pictureEvery()/4)):
		}
	}
}

func ask(ctx context.Context, from photographer, newer map[medialive.Subject]time.Time) []medialive.Picture {
	ctx, cancel := context.WithTimeout(ctx, pictureCall)
	defer cancel()
	list, err := from.Pictures(ctx, newer)
	if err != nil {
		return nil // what is wrong shows on the link, and pictures on their age
	}
	return list
}

// photographer gives the reader to ask.
func (w *Watcher) photographer() (photographer, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.readers) == 0 {
		return nil, false
	}
	from, ok := w.readers[0].(photographer)
	return from, ok
}

// wanted gives what is looked at, with the times of the pictures that are there;
// nil, and an end, where nothing is.
func (a *album) wanted(now time.Time) map[medialive.Subject]time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	newer := map[medialive.Subject]time.Time{}
	for of, s := range a.shots {
		if now.Sub(s.asked) > pictureLooks {
			delete(a.shots, of)
			continue
		}
		newer[of] = s.stamp
	}
	if len(newer) == 0 {
		a.running = false
		return nil
	}
	return newer
}

func (a *album) stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.running = false
}

// add keeps the pictures that came. Where a whole answer lacks one, there is none
// any more.
func (a *album) add(now time.Time, asked map[medialive.Subject]time.Time, list []medialive.Picture) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if list == nil {
		return
	}
	told := map[medialive.Subject]bool{}
	for _, p := range list {
		s := a.shots[p.Of]
		told[p.Of] = true
		if s != nil && isJPEG(p.JPEG) {
			s.latest, s.stamp = Picture{p.JPEG, now.Add(-time.Duration(p.Age * float64(time.Second)))}, p.At
		}
	}
	for of := range asked {
		if s := a.shots[of]; s != nil && !told[of] {
			s.latest, s.stamp = Picture{}, time.Time{}
		}
	}
}

// isJPEG looks whether it is what browsers will be told that it is.
func isJPEG(data []byte) bool {
	return bytes.HasPrefix(data, []byte{0xff, 0xd8, 0xff}) && len(data) <= maxPicture
}
