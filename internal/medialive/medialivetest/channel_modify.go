package medialivetest

import (
	"cmp"
	"encoding/json"
	"net/http"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// modify answers the operations that change a part of a channel. c.mu is held.
func (c *Cloud) modify(w http.ResponseWriter, r *http.Request, op string, ch *channel) {
	taken, told := false, ch
	switch op {
	case "ModifyOttChannelInfoEndPoints":
		taken = c.takeOutputs(w, r, ch)
	case "ModifyOttChannelInfoInput":
		taken = ch.takeInput(w, r)
	case "ModifyOttChannelInfoRecordSettings":
		taken, told = ch.takeRecord(w, r), nil
	case "ModifyOttChannelInfoGeneral":
		taken = ch.takeName(w, r)
	case "ModifyOttChannelInfoStats":
		taken = ch.takeState(w, r)
	case "ModifyOttChannelInfoEncoderSettings":
		taken = ch.takeEncoders(w, r)
	}
	if taken {
		succeed(w, http.StatusOK, ch.ChannelKey, told)
	}
}

func (c *Cloud) takeOutputs(w http.ResponseWriter, r *http.Request, ch *channel) bool {
	var change medialive.EndpointsChange
	if !ch.decode(w, r, &change) {
		return false
	}
	have := map[string]bool{"": true}
	for _, p := range ch.Packages() {
		have[p.ID] = true
	}
	for _, p := range medialive.Packages(change.Outputs) {
		if !have[p.ID] {
			return ch.refuseInvalid(w)
		}
	}
	if address := c.addressTaken(change.Outputs); address != "" {
		refuseAddress(w, address, ch.ChannelKey)
		return false
	}
	ch.Outputs = change.Outputs
	c.identify(ch.Outputs)
	return true
}

func (ch *channel) takeInput(w http.ResponseWriter, r *http.Request) bool {
	var change medialive.InputChange
	if !ch.decode(w, r, &change) {
		return false
	}
	if change.Input != nil && change.Input.Protocol != ch.Input.Protocol {
		return ch.refuseInvalid(w)
	}
	if change.Input != nil {
		ch.Input = *change.Input
	}
	ch.Expand = cmp.Or(change.Expand, ch.Expand)
	return true
}

func (ch *channel) takeRecord(w http.ResponseWriter, r *http.Request) bool {
	var change medialive.RecordChange
	if !ch.decode(w, r, &change) {
		return false
	}
	if change.Record != nil {
		ch.Record = *change.Record
	}
	return true
}

func (ch *channel) takeName(w http.ResponseWriter, r *http.Request) bool {
	var change medialive.GeneralChange
	if !ch.decode(w, r, &change) {
		return false
	}
	if change.Name == "" {
		return ch.refuseInvalid(w)
	}
	ch.Name = change.Name
	return true
}

func (ch *channel) takeState(w http.ResponseWriter, r *http.Request) bool {
	var change medialive.StateChange
	switch {
	case !ch.decode(w, r, &change):
		return false
	case change.State != medialive.ChannelOn && change.State != medialive.ChannelOff:
		return ch.refuseInvalid(w)
	case change.State == ch.State:
		ch.refuseState(w)
		return false
	}
	ch.State = change.State
	return true
}

func (ch *channel) takeEncoders(w http.ResponseWriter, r *http.Request) bool {
	var change medialive.EncoderChange
	if !ch.decode(w, r, &change) {
		return false
	}
	if len(change.Encoders) == 0 {
		return ch.refuseInvalid(w)
	}
	ch.Encoders = change.Encoders
	return true
}

// decode reads a body, or refuses it.
func (ch *channel) decode(w http.ResponseWriter, r *http.Request, into any) bool {
	if json.NewDecoder(r.Body).Decode(into) != nil {
		return ch.refuseInvalid(w)
	}
	return true
}

// refuseInvalid gives false.
func (ch *channel) refuseInvalid(w http.ResponseWriter) bool {
	refuseChannel(w, http.StatusBadRequest, medialive.CodeInvalid, saysInvalid, ch.ChannelKey)
	return false
}
