package rtmp

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// Reason is why a caller was turned away.
type Reason string

// The reasons.
const (
	Name       Reason = "stream_id"  // another application or stream
	Busy       Reason = "busy"       // somebody publishes already, or too many called
	Unfinished Reason = "unfinished" // it never came to say what it wants to publish, or wants something else
)

// Refused is who was turned away; callers alike are counted together.
type Refused struct {
	Address string // IP
	Named   string // application/stream, cut at 128 bytes; empty: it named none
	Reason  Reason
	First   time.Time
	Last    time.Time
	Count   int
}

const (
	maxRefused = 100
	shownName  = 128 // bytes
)

// refusals remembers who was turned away.
type refusals struct {
	mu   sync.Mutex
	list []Refused // oldest first
}

func (r *refusals) add(address, named string, why Reason, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	named = strings.ToValidUTF8(named[:min(len(named), shownName)], "?")
	entry := Refused{Address: address, Named: strings.Trim(named, "/"), Reason: why, First: now, Last: now, Count: 1}
	at := slices.IndexFunc(r.list, func(o Refused) bool {
		return o.Address == entry.Address && o.Named == entry.Named && o.Reason == entry.Reason
	})
	if at >= 0 {
		entry.First, entry.Count = r.list[at].First, r.list[at].Count+1
		r.list = slices.Delete(r.list, at, at+1)
	} else if len(r.list) >= maxRefused {
		r.list = slices.Delete(r.list, 0, 1)
	}
	r.list = append(r.list, entry)
}

// newestFirst gives a copy.
func (r *refusals) newestFirst() []Refused {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := slices.Clone(r.list)
	slices.Reverse(list)
	return list
}
