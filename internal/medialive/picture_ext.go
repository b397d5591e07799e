package medialive

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"
)

// MaxPictures is of how many subjects pictures are asked for at once.
const MaxPictures = 200

// Subject is what a picture is of: flow/{id}, or channel/{domain}/{app_name}/{id}.
type Subject string

const (
	flowSubject    = "flow/"
	channelSubject = "channel/"
)

// SubjectFlow names a flow.
func SubjectFlow(id string) Subject { return Subject(flowSubject + id) }

// SubjectChannel names a channel.
func SubjectChannel(key ChannelKey) Subject {
	return Subject(channelSubject + key.Domain + "/" + key.AppName + "/" + key.ID)
}

// Flow gives the id of a flow.
func (s Subject) Flow() (id string, ok bool) {
	id, ok = strings.CutPrefix(string(s), flowSubject)
	return id, ok && id != "" && !strings.Contains(id, "/")
}

// Channel gives the key of a channel.
func (s Subject) Channel() (key ChannelKey, ok bool) {
	rest, ok := strings.CutPrefix(string(s), channelSubject)
	parts := strings.Split(rest, "/")
	if !ok || len(parts) != 3 {
		return ChannelKey{}, false
	}
	key = ChannelKey{Domain: parts[0], AppName: parts[1], ID: parts[2]}
	return key, key.Domain != "" && key.AppName != "" && key.ID != ""
}

// Picture is the newest picture of a stream. GET
// /ext/v1/{project_id}/pictures?of={subject}@{milliseconds}&of=… answers an array
// of those that there are; one that is as old as the time given, in Unix time,
// comes without its bytes. To ask is to say that somebody looks: of what nobody
// asked for in half a minute there are no pictures.
type Picture struct {
	Of   Subject   `json:"of"`
	At   time.Time `json:"taken_at"`       // by the gateway's clock
	Age  float64   `json:"age_seconds"`    // when it was answered
	JPEG []byte    `json:"jpeg,omitempty"` // fits into 320x180 pixels
}

// Pictures asks for the newest pictures, and for the bytes of those that are newer
// than the times given; KindNotFound when the endpoint is no gateway.
func (c *Client) Pictures(ctx context.Context, newer map[Subject]time.Time) ([]Picture, error) {
	r := c.extRequest("Pictures", "/pictures")
	for of, at := range newer {
		value := string(of)
		if !at.IsZero() {
			value += "@" + strconv.FormatInt(at.UnixMilli(), 10)
		}
		r.query.Add("of", value)
	}
	var list []Picture
	a, err := c.call(ctx, r, &list)
	if err != nil {
		return nil, err
	}
	if list == nil {
		return nil, r.unreadable(a, errors.New("no list"))
	}
	return list, nil
}
