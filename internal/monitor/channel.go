package monitor

import (
	"net/url"
	"strings"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// The states of a channel that a flow does not have. The others it shares:
// StateStandby is one that is OFF, StateWaiting and StateLive one that is ON
// without and with a picture, StateSourceLost one to which nothing comes any
// more.
const (
	StateOn          State = "on"           // ON, and nobody tells what comes of it: a cloud, or a gateway that has measured for too short a time
	StateNoMedia     State = "no_media"     // ON, and what comes in has no media in it, or none any more
	StateSecondInput State = "second_input" // on air from the standby input
	StateProblem     State = "problem"      // ON, and does not run as it should: the service tells why
)

// Channel is all that is known of a channel. It is never changed once
// published.
type Channel struct {
	ID   string // of the trail, and of its page: see ChannelID
	Name string // for people; its id where it has none
	medialive.Channel

	Doing      State     // the one word under which it is shown
	DoingSince time.Time // as well as known
	Problem    string    // what is wrong, as the service tells it, or NoMediaIn or EncoderMute
	Aging      bool      // older than two reads: to be shown grey, with its age
	Run        Age       // how far Detail may be believed

	ReadAt     time.Time                // when the channel was read: the moment the question was asked
	StateSince time.Time                // when State was first read
	Command    *Command                 // the last start or stop, if any is known
	Detail     *medialive.ChannelDetail // nil where the backend has none
	DetailAt   time.Time                // when Detail was asked for
	SeenAt     time.Time                // the age of the row: of its oldest fact that matters
	Media      map[string]InputMedia    // what is known of the inputs that are alive, by role
	Bitrate    int64                    // bit/s that came in on air between the last two measurements; -1: not known
	Care       Care                     // what people have put on it
}

// ChannelIDs is how each id of a channel begins: no flow's id has a slash.
const ChannelIDs = "channels/"

// ChannelID is what a channel is known by where flows are known by their ids: in
// the trail, in alarms, and as the path of its page.
func ChannelID(key medialive.ChannelKey) string {
	return ChannelIDs + url.PathEscape(key.Domain) + "/" + url.PathEscape(key.AppName) + "/" + url.PathEscape(key.ID)
}

// SubjectOf is what pictures of a flow, or of a channel by its ChannelID, are of.
func SubjectOf(id string) medialive.Subject {
	if key, is := ChannelKeyOf(id); is {
		return medialive.SubjectChannel(key)
	}
	return medialive.SubjectFlow(id)
}

// ChannelKeyOf gives the key of a ChannelID; false for any other text.
func ChannelKeyOf(id string) (medialive.ChannelKey, bool) {
	rest, is := strings.CutPrefix(id, ChannelIDs)
	parts := strings.Split(rest, "/")
	if !is || len(parts) != 3 {
		return medialive.ChannelKey{}, false
	}
	for i, part := range parts {
		var err error
		if parts[i], err = url.PathUnescape(part); err != nil || parts[i] == "" {
			return medialive.ChannelKey{}, false
		}
	}
	key := medialive.ChannelKey{Domain: parts[0], AppName: parts[1], ID: parts[2]}
	return key, ChannelID(key) == id
}

// StatusOf is the status that a flow has where a channel has this state.
func StatusOf(s medialive.ChannelState) medialive.FlowStatus {
	switch s {
	case medialive.ChannelOn:
		return medialive.Active
	case medialive.ChannelOff:
		return medialive.Standby
	}
	return medialive.FlowStatus(s)
}

// Status is StatusOf of the channel's state.
func (c *Channel) Status() medialive.FlowStatus { return StatusOf(c.State) }
