package medialivetest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// channel is a channel of the fake.
type channel struct {
	medialive.Channel
	signals []medialive.SCTE35Event
}

// ChannelFact is a change of what is true of a channel.
type ChannelFact struct {
	At      time.Time
	Key     medialive.ChannelKey
	Cause   string            // the operation, or the method of Cloud
	Channel medialive.Channel // as it was from then on
	Gone    bool
}

// AddChannel adds a channel as the newest one. What it lacks is filled in: an id,
// a domain, OFF, ids of packages.
func (c *Cloud) AddChannel(ch medialive.Channel) medialive.ChannelKey {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ch.ID == "" {
		c.made++
		ch.ID = fmt.Sprintf("channel-%04d", c.made)
	}
	if ch.Domain == "" {
		ch.Domain, ch.AppName = "push.example.com", "live"
	}
	if ch.State == "" {
		ch.State = medialive.ChannelOff
	}
	if ch.Input.Protocol == "" {
		ch.Input.Protocol = medialive.RTMPPush
	}
	return c.insert("AddChannel", ch).ChannelKey
}

// ChangeChannel changes a channel, under the lock of the fake.
func (c *Cloud) ChangeChannel(key medialive.ChannelKey, change func(*medialive.Channel)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ch := c.findChannel(key); ch != nil {
		change(&ch.Channel)
		c.noteChannel("ChangeChannel", ch)
	}
}

// RemoveChannel removes a channel as if it was deleted elsewhere.
func (c *Cloud) RemoveChannel(key medialive.ChannelKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.removeChannel("RemoveChannel", key)
}

// Channel gives a copy of a channel as it is, secrets included.
func (c *Cloud) Channel(key medialive.ChannelKey) (medialive.Channel, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.catchUp(time.Now())
	ch := c.findChannel(key)
	if ch == nil {
		return medialive.Channel{}, false
	}
	return ch.copy(), true
}

// ChannelKeys gives the keys of all channels, newest first.
func (c *Cloud) ChannelKeys() []medialive.ChannelKey {
	c.mu.Lock()
	defer c.mu.Unlock()
	keys := make([]medialive.ChannelKey, len(c.channels))
	for i, ch := range c.channels {
		keys[i] = ch.ChannelKey
	}
	return keys
}

// Signal has SCTE-35 signals come in on a channel.
func (c *Cloud) Signal(key medialive.ChannelKey, signals ...medialive.SCTE35Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ch := c.findChannel(key); ch != nil {
		ch.signals = append(ch.signals, signals...)
	}
}

// ChannelEffects tells how many times an operation took effect on a channel;
// empty means any.
func (c *Cloud) ChannelEffects(op string, key medialive.ChannelKey) (n int) {
	none := medialive.ChannelKey{}
	for _, r := range c.Requests() {
		if r.Effect && r.Channel != none && (op == "" || r.Op == op) && (key == none || r.Channel == key) {
			n++
		}
	}
	return n
}

// ChannelAt tells what was true of a channel at a time; false if it did not
// exist.
func (c *Cloud) ChannelAt(t time.Time, key medialive.ChannelKey) (medialive.Channel, bool) {
	for _, f := range slices.Backward(c.ChannelFacts(key)) {
		if !f.At.After(t) {
			return f.Channel, !f.Gone
		}
	}
	return medialive.Channel{}, false
}

// ChannelFacts gives the changes of a channel, or of all if the key is empty, in
// order.
func (c *Cloud) ChannelFacts(key medialive.ChannelKey) []ChannelFact {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.catchUp(time.Now())
	return slices.DeleteFunc(slices.Clone(c.happened), func(f ChannelFact) bool {
		return key != medialive.ChannelKey{} && f.Key != key
	})
}

// insert adds a channel and gives its packages ids. c.mu is held.
func (c *Cloud) insert(cause string, ch medialive.Channel) *channel {
	made := &channel{Channel: ch}
	made.Channel = made.copy()
	c.identify(made.Outputs)
	c.channels = slices.Insert(c.channels, 0, made)
	c.noteChannel(cause, made)
	return made
}

// identify gives ids to the packages that have none. c.mu is held.
func (c *Cloud) identify(outputs []medialive.Endpoint) {
	for _, p := range medialive.Packages(outputs) {
		if p.ID == "" {
			c.made++
			p.ID = fmt.Sprintf("%010x", 0x374e48f300+c.made)
		}
	}
}

// noteChannel writes down what is true of a channel from now on. c.mu is held.
func (c *Cloud) noteChannel(cause string, ch *channel) {
	c.happened = append(c.happened, ChannelFact{At: time.Now(), Key: ch.ChannelKey, Cause: cause, Channel: ch.copy()})
}

// removeChannel removes a channel, if there is one. c.mu is held.
func (c *Cloud) removeChannel(cause string, key medialive.ChannelKey) {
	if c.findChannel(key) == nil {
		return
	}
	c.channels = slices.DeleteFunc(c.channels, func(ch *channel) bool { return ch.ChannelKey == key })
	c.happened = append(c.happened, ChannelFact{At: time.Now(), Key: key, Cause: cause, Gone: true})
}

// turn gives the late effect of a change of state. c.mu is held when it happens.
func (c *Cloud) turn(key medialive.ChannelKey, state medialive.ChannelState) func(string, time.Time) bool {
	return func(late string, at time.Time) bool {
		ch := c.findChannel(key)
		if ch == nil || ch.State == state {
			return false
		}
		ch.State = state
		c.happened = append(c.happened, ChannelFact{At: at, Key: key, Cause: late, Channel: ch.copy()})
		return true
	}
}

func (c *Cloud) findChannel(key medialive.ChannelKey) *channel {
	for _, ch := range c.channels {
		if ch.ChannelKey == key {
			return ch
		}
	}
	return nil
}

// channelOf reads which channel a request is about, from its query or its body.
func channelOf(query url.Values, body []byte) (key medialive.ChannelKey) {
	_ = json.Unmarshal(body, &key) // another body names none
	if query.Has("domain") || query.Has("app_name") || query.Has("id") {
		key = medialive.ChannelKey{Domain: query.Get("domain"), AppName: query.Get("app_name"), ID: query.Get("id")}
	}
	return key
}

// copy gives a copy that shares nothing.
func (ch *channel) copy() medialive.Channel {
	data, err := medialive.RevealJSON(ch.Channel)
	if err != nil {
		panic(err) // a channel can always be written
	}
	var out medialive.Channel
	if err := json.Unmarshal(data, &out); err != nil {
		panic(err)
	}
	return out
}
