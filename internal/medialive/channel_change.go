package medialive

import (
	"context"
	"net/http"
)

// The changes of a channel, as they are sent: [RevealJSON] gives the exact body,
// and a service reads them with json.Unmarshal. Each replaces what it names, as
// a whole.

// EndpointsChange replaces the outputs of a channel. Each package that stays
// must carry the id that the service gave it; one without an id is new, and its
// address must be free.
type EndpointsChange struct {
	ChannelKey
	Outputs []Endpoint `json:"endpoints"` // sent as an empty list if nil: the channel has no output then
}

// InputChange replaces the input. The protocol cannot be changed, as far as
// known (inferred, from the vendor's Terraform provider).
type InputChange struct {
	ChannelKey
	Input  *ChannelInput  `json:"input,omitempty"`                   // nil keeps it
	Expand *EncoderExpand `json:"encoder_settings_expand,omitempty"` // nil keeps it
}

// RecordChange replaces the recording.
type RecordChange struct {
	ChannelKey
	Record *RecordSettings `json:"record_settings,omitempty"` // declared optional; nil keeps it
}

// GeneralChange replaces the name.
type GeneralChange struct {
	ChannelKey
	Name string `json:"name"` // 1..255
}

// StateChange turns a channel on or off.
type StateChange struct {
	ChannelKey
	State ChannelState `json:"state"`
}

// EncoderChange replaces the transcoding templates.
type EncoderChange struct {
	ChannelKey
	Encoders []EncoderSetting `json:"encoder_settings"`                  // 1..12
	Expand   *EncoderExpand   `json:"encoder_settings_expand,omitempty"` // sent by the vendor's Terraform provider, not declared; leave nil
}

// ModifyChannelEndpoints replaces the outputs: KindExists when the address of
// one is taken, by this channel too.
func (c *Client) ModifyChannelEndpoints(ctx context.Context, ch EndpointsChange) ([]PushAddress, error) {
	return c.changeChannel(ctx, "ModifyOttChannelInfoEndPoints", http.MethodPut, "/endpoints", ch.ChannelKey, ch)
}

// ModifyChannelInput replaces the input.
func (c *Client) ModifyChannelInput(ctx context.Context, ch InputChange) ([]PushAddress, error) {
	return c.changeChannel(ctx, "ModifyOttChannelInfoInput", http.MethodPut, "/input", ch.ChannelKey, ch)
}

// ModifyChannelRecordSettings replaces the recording.
func (c *Client) ModifyChannelRecordSettings(ctx context.Context, ch RecordChange) error {
	_, err := c.changeChannel(ctx, "ModifyOttChannelInfoRecordSettings", http.MethodPut, "/record-settings", ch.ChannelKey, ch)
	return err
}

// ModifyChannelGeneral replaces the name.
func (c *Client) ModifyChannelGeneral(ctx context.Context, ch GeneralChange) ([]PushAddress, error) {
	return c.changeChannel(ctx, "ModifyOttChannelInfoGeneral", http.MethodPut, "/general", ch.ChannelKey, ch)
}

// SwitchChannel turns a channel on or off: KindState when it is so already.
func (c *Client) SwitchChannel(ctx context.Context, key ChannelKey, state ChannelState) ([]PushAddress, error) {
	ch := StateChange{ChannelKey: key, State: state}
	return c.changeChannel(ctx, "ModifyOttChannelInfoStats", http.MethodPut, "/state", key, ch)
}

// ModifyChannelEncoderSettings replaces the transcoding templates. The path
// really is spelled so.
func (c *Client) ModifyChannelEncoderSettings(ctx context.Context, ch EncoderChange) ([]PushAddress, error) {
	return c.changeChannel(ctx, "ModifyOttChannelInfoEncoderSettings", http.MethodPut, "/encorder-settings", ch.ChannelKey, ch)
}
