package medialivetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// Fault is what goes wrong with a request.
type Fault struct {
	name   string
	refuse bool                      // no connection
	hang   bool                      // accepted, never answered
	delay  time.Duration             // before anything else
	answer func(http.ResponseWriter) // in place of the service: nothing takes effect
	late   time.Duration             // a start or stop takes effect so much later than it is answered
	never  bool                      // a start or stop is answered and takes no effect
	then   func()                    // after the answer was made
	mangle func([]byte) []byte       // of the body
	pad    int64                     // bytes before the body
	drip   time.Duration             // between two bytes of the body
	cut    Cut                       // where the answer is lost
}

// Cut is where an answer is lost.
type Cut int

// The points at which an answer is lost. Without a network, InHeaders is the
// same as AfterEffect.
const (
	BeforeEffect Cut = 1 + iota // the request never reached the service
	AfterEffect                 // before the first byte of the answer
	InHeaders
	InBody
)

// Cuts are all of them.
func Cuts() []Cut { return []Cut{BeforeEffect, AfterEffect, InHeaders, InBody} }

// Lose breaks the connection at a point.
func Lose(at Cut) Fault { return Fault{name: fmt.Sprintf("lost %d", at), cut: at} }

// Slow delays a request before it takes effect.
func Slow(d time.Duration) Fault { return Fault{name: "slow", delay: d} }

// Hang accepts a request and never answers it.
func Hang() Fault { return Fault{name: "hang", hang: true} }

// Down refuses connections. On a network nobody listens while all operations
// are down until lifted; else the connection is reset.
func Down() Fault { return Fault{name: "down", refuse: true} }

// Status answers with an error of the API; nothing takes effect.
func Status(status int, code, message string) Fault {
	return Fault{name: fmt.Sprintf("status %d", status), answer: func(w http.ResponseWriter) { refuse(w, status, code, message) }}
}

// ResultStatus is Status in the shape of the channel operations: with result_code
// and result_msg. Under 200 it is no success either.
func ResultStatus(status int, code, message string) Fault {
	return Fault{name: fmt.Sprintf("result status %d", status), answer: func(w http.ResponseWriter) {
		refuseChannel(w, status, code, message, medialive.ChannelKey{})
	}}
}

// PublishedWords writes the words of SCTE-35 signals as a published answer has
// them, outside of their own enumerations.
func PublishedWords() Fault {
	return Fault{name: "published words", mangle: func(body []byte) []byte {
		body = bytes.ReplaceAll(body, []byte(`"splice_insert"`), []byte(`"Splice Insert"`))
		return bytes.ReplaceAll(body, []byte(`"ProviderAdvertisementStart"`), []byte(`"Provider advertisement Start"`))
	}}
}

// Throttle refuses for too many requests; retryAfter is the header, if any.
func Throttle(retryAfter string) Fault {
	return Fault{name: "throttled", answer: func(w http.ResponseWriter) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		refuse(w, http.StatusTooManyRequests, "APIG.0308", "The throttling threshold has been reached")
	}}
}

// HTML answers with a page in place of JSON.
func HTML(status int) Fault {
	return Fault{name: "html", answer: func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		_, _ = w.Write([]byte("<html><head><title>Gateway</title></head><body><h1>nginx</h1></body></html>"))
	}}
}

// Redirect sends the request elsewhere.
func Redirect(to string) Fault {
	return Fault{name: "redirect", answer: func(w http.ResponseWriter) {
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusTemporaryRedirect)
	}}
}

// Late has a start or a stop answered at once, and take effect later.
func Late(d time.Duration) Fault { return Fault{name: "late", late: d} }

// Never has a start or a stop answered with 200, and take no effect.
func Never() Fault { return Fault{name: "never", never: true} }

// Then calls a function once the answer is made, before it is sent: to change
// the list between two pages, say.
func Then(f func()) Fault { return Fault{name: "then", then: f} }

// Drip sends the body a byte at a time.
func Drip(every time.Duration) Fault { return Fault{name: "drip", drip: every} }

// Huge puts 50 MB of white space before the body.
func Huge() Fault { return Fault{name: "huge", pad: 50 << 20} }

// Truncated ends the JSON in the middle.
func Truncated() Fault {
	return Fault{name: "truncated", mangle: func(body []byte) []byte { return body[:len(body)/2] }}
}

// Garbage answers with bytes that are no JSON.
func Garbage() Fault {
	return Fault{name: "garbage", mangle: func([]byte) []byte { return []byte("\x00\xff{\"flows\":[[[\xc3(") }}
}

// CodedSuccess answers 200 with an error code.
func CodedSuccess(code, message string) Fault {
	body, _ := json.Marshal(map[string]string{"error_code": code, "error_msg": message})
	return Fault{name: "coded", answer: func(w http.ResponseWriter) { _, _ = w.Write(body) }}
}

// UnknownWords answers with statuses, healths, protocols and states that nobody
// knows.
func UnknownWords() Fault {
	return Fault{name: "unknown words", mangle: func(body []byte) []byte {
		for _, word := range []string{"ACTIVE", "STANDBY", "CONNECTED", "DISCONNECTED", "srt-listener", "srt-caller", "ENABLED", "DISABLED", "ON", "OFF", "FLV_PULL", "RTMP_PUSH", "HLS_PULL", "SRT_PULL", "SRT_PUSH"} {
			body = bytes.ReplaceAll(body, []byte(`"`+word+`"`), []byte(`"`+word[:1]+`-2030"`))
		}
		return body
	}}
}

// Without leaves fields out, wherever they are.
func Without(fields ...string) Fault {
	return Fault{name: "fields missing", mangle: edit(func(object map[string]any) {
		for _, field := range fields {
			delete(object, field)
		}
	})}
}

// Extra adds fields to every object that nobody knows.
func Extra() Fault {
	return Fault{name: "fields added", mangle: edit(func(object map[string]any) {
		object["x_new"] = map[string]any{"flow_id": 7, "status": []int{1}}
	})}
}

// PushTo has answers to commands on channels tell an address to push to.
func PushTo(address medialive.URL, bitrate int) Fault {
	return Fault{name: "push to", mangle: edit(func(object map[string]any) {
		if _, is := object["result_code"]; is {
			object["sources"] = []any{map[string]any{"url": address.Reveal(), "bitrate": bitrate}}
		}
	})}
}

// Total has lists tell a wrong total.
func Total(off int) Fault {
	return Fault{name: "total", mangle: edit(func(object map[string]any) {
		if n, ok := object["total"].(float64); ok {
			object["total"] = int(n) + off
		}
	})}
}

// edit changes every object of a JSON text.
func edit(change func(map[string]any)) func([]byte) []byte {
	return func(body []byte) []byte {
		var v any
		if json.Unmarshal(body, &v) != nil {
			return body
		}
		walk(v, change)
		out, _ := json.Marshal(v) // what was read can be written
		return out
	}
}

func walk(v any, change func(map[string]any)) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			walk(one, change)
		}
	case map[string]any:
		for _, one := range v {
			walk(one, change)
		}
		change(v)
	}
}

// injected is a fault in the script.
type injected struct {
	Fault
	op      string
	left    int // requests; 0: used up
	forever bool
}

// Inject puts a fault on an operation, or on all if op is empty, for the next
// times requests, or until it is lifted if times is 0. Lift may be called more
// than once.
func (c *Cloud) Inject(op string, times int, f Fault) (lift func()) {
	one := &injected{Fault: f, op: op, left: times, forever: times == 0}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = slices.Insert(c.faults, 0, one)
	c.listen()
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.faults = slices.DeleteFunc(c.faults, func(have *injected) bool { return have == one })
		c.listen()
	}
}

// LiftAll ends all faults.
func (c *Cloud) LiftAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = nil
	c.listen()
}

// pick gives the fault of a request. c.mu is held.
func (c *Cloud) pick(op string) Fault {
	for i, f := range c.faults {
		if f.op != "" && f.op != op {
			continue
		}
		if f.left--; !f.forever && f.left == 0 {
			c.faults = slices.Delete(c.faults, i, i+1)
		}
		return f.Fault
	}
	return Fault{}
}

// down tells whether nobody is to listen. c.mu is held.
func (c *Cloud) down() bool {
	return slices.ContainsFunc(c.faults, func(f *injected) bool { return f.refuse && f.forever && f.op == "" })
}
