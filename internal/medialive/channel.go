package medialive

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
)

// ChannelCallsPerMinute is how often a user may call each operation on channels;
// more is KindThrottled. For flows and Cloud Eye no limit is published.
const ChannelCallsPerMinute = 80

// ChannelState is what a channel was told to do. The API declares none in
// between and none for failure.
type ChannelState string

// The two states of a channel.
const (
	ChannelOn  ChannelState = "ON"  // pulls, transcodes, records
	ChannelOff ChannelState = "OFF" // is only stored
)

// ChannelMode is which parts of the service a channel uses.
type ChannelMode string

// The modes of a channel.
const (
	OriginAndCDN ChannelMode = "ADD_CDN" // the default
	OriginOnly   ChannelMode = "ONLY_OS"
)

// ChannelKey is what a channel is known by; whoever creates it chooses all of
// it. As a filter, empty parts match anything.
//
// A service that takes long keys at creation refuses them in changes (app_name
// over 64) and in statistics (any part over 64); ValidateNewChannel keeps to
// what all operations take.
type ChannelKey struct {
	Domain  string `json:"domain"`   // ingest domain, 1..255
	AppName string `json:"app_name"` // 1..64; the vendor's examples have live and ott
	ID      string `json:"id"`       // 2..64 letters, digits, - and _; the vendor advises against _
}

// complete says whether the key names one channel.
func (k ChannelKey) complete() bool { return k.Domain != "" && k.AppName != "" && k.ID != "" }

// Channel is a channel in full, as created and as listed. In a list its secrets
// may be masked.
type Channel struct {
	ChannelKey
	Name     string           `json:"name,omitempty"`   // 1..255, for people; need not be unique
	State    ChannelState     `json:"state"`            // in creation: whether to start at once
	Mode     ChannelMode      `json:"mode,omitempty"`   // default ADD_CDN
	Region   string           `json:"region,omitempty"` // counts with ONLY_OS
	Input    ChannelInput     `json:"input"`
	Encoders []EncoderSetting `json:"encoder_settings,omitempty"` // transcoding templates, 1..12; none: as it comes in
	Record   RecordSettings   `json:"record_settings"`
	Outputs  []Endpoint       `json:"endpoints,omitempty"`
	Expand   *EncoderExpand   `json:"encoder_settings_expand,omitempty"`
	Extra    Extra            `json:"-"`
}

// RecordSettings is how long the service keeps what a channel sent, so that it
// can be played later.
type RecordSettings struct {
	RollingBuffer int   `json:"rollingbuffer_duration"` // seconds, 0..1209600 (14 days); 0: none
	Extra         Extra `json:"-"`
}

// ChannelPage is one page of the list of channels.
type ChannelPage struct {
	Total    int       `json:"total"` // channels that match, not of the page; at most 1024
	Channels []Channel `json:"channels"`
}

// PushAddress is where an encoder sends the stream of an RTMP_PUSH channel.
type PushAddress struct {
	URL            URL  `json:"url,omitempty"`     // rtmp://domain/app/id_bitrate?request_source=ott&channel_id=id
	Bitrate        int  `json:"bitrate,omitempty"` // bit/s
	Width          int  `json:"width,omitempty"`   // pixels
	Height         int  `json:"height,omitempty"`  // pixels
	EnableSnapshot bool `json:"enable_snapshot,omitempty"`
}

// ListChannels gives a page of the channels that match: limit 1..100, offset
// from 0. That nothing matches is an empty page, although a service may call it
// an error.
func (c *Client) ListChannels(ctx context.Context, filter ChannelKey, limit, offset int) (ChannelPage, error) {
	page, _, err := c.listChannels(ctx, c.channelRequest("ListOttChannelInfo", http.MethodGet, "", filter), limit, offset)
	if KindOf(err) == KindNotFound {
		return ChannelPage{Channels: []Channel{}}, nil
	}
	return page, err
}

// ShowChannel gives one channel: KindNotFound, in whichever of its ways the
// service says so.
func (c *Client) ShowChannel(ctx context.Context, key ChannelKey) (Channel, error) {
	r := c.channelRequest("ListOttChannelInfo", http.MethodGet, "", key)
	page, a, err := c.listChannels(ctx, r, 10, 0)
	if err != nil {
		return Channel{}, err
	}
	for _, channel := range page.Channels { // a service may match less strictly than asked
		if channel.ChannelKey == key {
			return channel, nil
		}
	}
	return Channel{}, r.fail(a, KindNotFound, errors.New("not among the channels that match"))
}

func (c *Client) listChannels(ctx context.Context, r request, limit, offset int) (ChannelPage, answer, error) {
	r.page(limit, offset)
	var list wireChannels
	a, err := c.call(ctx, r, &list)
	if err != nil {
		return ChannelPage{}, a, err
	}
	page, err := list.page(offset)
	if err != nil {
		return ChannelPage{}, a, r.unreadable(a, err)
	}
	return page, a, nil
}

// wireChannels is a list as answered: by the specification it need not have
// anything.
type wireChannels struct {
	Total    *int      `json:"total"`
	Channels []Channel `json:"channels"`
}

// page gives the page at an offset. Only a total of 0 explains that there is no
// list; channels must not vanish from a screen for less.
func (w wireChannels) page(offset int) (ChannelPage, error) {
	if w.Channels == nil && (w.Total == nil || *w.Total != 0) {
		return ChannelPage{}, errors.New("no channels, and no total of 0")
	}
	for _, channel := range w.Channels {
		if !channel.complete() {
			return ChannelPage{}, errors.New("a channel without domain, app_name or id")
		}
	}
	page := ChannelPage{offset + len(w.Channels), append([]Channel{}, w.Channels...)}
	if w.Total != nil {
		page.Total = *w.Total
	}
	return page, nil
}

// CreateChannel creates a channel, and for RTMP_PUSH tells where to push to.
// KindExists: the key, or the address of an output, is taken.
func (c *Client) CreateChannel(ctx context.Context, channel Channel) ([]PushAddress, error) {
	return c.changeChannel(ctx, "CreateOttChannelInfo", http.MethodPost, "", channel.ChannelKey, channel)
}

// DeleteChannel deletes a channel. Whether one that is ON may be deleted is the
// service's decision: KindState when it may not.
func (c *Client) DeleteChannel(ctx context.Context, key ChannelKey) error {
	r := c.channelRequest("DeleteOttChannelInfo", http.MethodDelete, "", key)
	_, err := c.channelResult(ctx, r, key)
	return err
}

// page asks for a page.
func (r request) page(limit, offset int) {
	r.query.Set("limit", strconv.Itoa(limit))
	r.query.Set("offset", strconv.Itoa(offset))
}

// channelRequest begins a request about the channels that a key names in the
// query.
func (c *Client) channelRequest(op, method, path string, key ChannelKey) request {
	r := c.request(op, method, "/ott/channels"+path)
	for name, value := range map[string]string{"domain": key.Domain, "app_name": key.AppName, "id": key.ID} {
		if value != "" {
			r.query.Set(name, value)
		}
	}
	return r
}

// changeChannel carries out a command whose body names the channel.
func (c *Client) changeChannel(ctx context.Context, op, method, path string, key ChannelKey, body any) ([]PushAddress, error) {
	r := c.channelRequest(op, method, path, ChannelKey{})
	if err := r.encodeWhole(body); err != nil {
		return nil, err
	}
	return c.channelResult(ctx, r, key)
}

// channelResult carries out a command on a channel and checks that the answer is
// about it. An answer may lack what the specification does not require; one that
// has neither the code of success nor the channel is not the API's.
func (c *Client) channelResult(ctx context.Context, r request, key ChannelKey) ([]PushAddress, error) {
	if !key.complete() { // the service might take it for a wider filter
		return nil, &Error{Op: r.op, Kind: KindRefused, Err: errors.New("domain, app_name and id are needed")}
	}
	var done struct {
		ChannelKey
		Code    text          `json:"result_code"`
		Sources []PushAddress `json:"sources"`
	}
	a, err := c.call(ctx, r, &done)
	if err != nil {
		return nil, err
	}
	if done.ChannelKey != key && (done.Code == "" || done.complete()) {
		return nil, r.unreadable(a, errors.New("not the channel that was meant"))
	}
	return done.Sources, nil
}

// Copy gives a channel as another is made after it, as a clone or from a file:
// OFF, and without the ids that the service gave its packages. Addresses of
// outputs are still those of c, and must be changed where c exists.
func (c Channel) Copy(key ChannelKey) (Channel, error) {
	made, err := c.Clone()
	if err != nil {
		return Channel{}, err
	}
	made.ChannelKey, made.State = key, ChannelOff
	for _, p := range made.Packages() {
		p.ID = ""
	}
	return made, nil
}

// Clone gives a channel that shares nothing with c.
func (c Channel) Clone() (Channel, error) {
	data, err := RevealJSON(c)
	if err != nil {
		return Channel{}, fmt.Errorf("copy the channel: %w", err)
	}
	var made Channel
	if err := decodeWhole(data, &made); err != nil {
		return Channel{}, fmt.Errorf("copy the channel: %w", err)
	}
	return made, nil
}

// UnmarshalJSON keeps fields that this package has no name for.
func (c *Channel) UnmarshalJSON(data []byte) error { return decodeWhole(data, c) }

// MarshalJSON hides secrets; see [RevealJSON] and [AnswerJSON].
func (c Channel) MarshalJSON() ([]byte, error) { return encodeWhole(c, shown) }

// Format prints all but secrets, whatever the verb.
func (c Channel) Format(f fmt.State, _ rune) { show(f, c) }

// UnmarshalJSON keeps fields that this package has no name for.
func (s *RecordSettings) UnmarshalJSON(data []byte) error { return decodeWhole(data, s) }

// MarshalJSON hides what is not known; see [RevealJSON] and [AnswerJSON].
func (s RecordSettings) MarshalJSON() ([]byte, error) { return encodeWhole(s, shown) }

// Format prints all but secrets, whatever the verb.
func (a PushAddress) Format(f fmt.State, _ rune) { show(f, a) }
