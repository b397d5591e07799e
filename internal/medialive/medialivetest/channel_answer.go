package medialivetest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// The quirks that channels answer with, from the notes on the API:
//
//   - errors have result_code and result_msg with 400; the statistic has
//     error_code and error_msg with 404, and the gateway before the service
//     error_code with any status
//   - nothing matches: 200 and an empty list where only an id was asked for, else
//     400; deletion of what is not there: 404
//   - the present state again: 400 with the code of anything invalid
//   - deletion while ON: refused in the same words
//   - an address of an output that is in use, be it by the same channel: 400. Ids
//     of packages are made here; a package that comes back without its id is new,
//     and collides with itself
//   - secrets are masked in lists, and a mask that is sent is stored as it is
//   - request_args has null where there is nothing, and speke_version is a number
//   - the protocol of an input cannot be changed
//   - push addresses are told by the answers to commands, never by a list

// The words of the refusals.
const (
	saysUnknown = "The resource to access is not exists"
	saysExists  = "The resource to create is already exists"
	saysInvalid = "param check failed"
)

// isChannelCommand tells operations that change a channel.
func isChannelCommand(op string) bool {
	return strings.Contains(op, "OttChannelInfo") && op != "ListOttChannelInfo"
}

// refuseChannel answers with an error of the channel operations.
func refuseChannel(w http.ResponseWriter, status int, code, message string, key medialive.ChannelKey) {
	answerJSON(w, status, map[string]string{
		"result_code": code, "result_msg": message, "domain": key.Domain, "app_name": key.AppName, "id": key.ID,
	})
}

// RefuseChannel answers with an error of the channel operations; for Before.
func RefuseChannel(w http.ResponseWriter, status int, code, message string, key medialive.ChannelKey) {
	refuseChannel(w, status, code, message, key)
}

// succeed answers a command; ch is what push addresses are told of, if any.
func succeed(w http.ResponseWriter, status int, key medialive.ChannelKey, ch *channel) {
	answer := map[string]any{
		"result_code": medialive.CodeSuccess, "result_msg": "SUCCESS", "domain": key.Domain, "app_name": key.AppName, "id": key.ID,
	}
	if ch != nil && ch.Input.Protocol == medialive.RTMPPush {
		addresses, _ := medialive.AnswerJSON(ch.PushAddresses()) // strings and numbers can always be written
		answer["sources"] = json.RawMessage(addresses)
	}
	answerJSON(w, status, answer)
}

// carryOutOnChannel does what was asked of a channel, or what the fault makes of
// it. c.mu is held.
func (c *Cloud) carryOutOnChannel(w *httptest.ResponseRecorder, r *http.Request, n int, call Call, fault Fault) {
	ch := c.findChannel(call.Channel)
	var before medialive.ChannelState
	if ch != nil {
		before = ch.State
	}
	c.command(w, r, call.Op, call.Channel, ch)
	if w.Code >= http.StatusBadRequest {
		return
	}
	switch {
	case call.Op == "DeleteOttChannelInfo", call.Op == "CreateOttChannelInfo": // written down as it happened
	case (fault.late > 0 || fault.never) && ch.State != before:
		if fault.late > 0 {
			c.late = append(c.late, lateEffect{time.Now().Add(fault.late), n, c.turn(ch.ChannelKey, ch.State)})
		}
		ch.State = before
		return
	default:
		c.noteChannel(call.Op, ch)
	}
	c.requests[n].Effect = true
}

// command answers the operations that change a channel. c.mu is held.
func (c *Cloud) command(w http.ResponseWriter, r *http.Request, op string, key medialive.ChannelKey, ch *channel) {
	switch {
	case key.Domain == "" || key.AppName == "" || key.ID == "":
		refuseChannel(w, http.StatusBadRequest, medialive.CodeInvalid, saysInvalid, key)
	case op == "CreateOttChannelInfo":
		c.createChannel(w, r, key, ch)
	case ch == nil && op == "DeleteOttChannelInfo":
		refuseChannel(w, http.StatusNotFound, medialive.CodeNotFound, saysUnknown, key)
	case ch == nil:
		refuseChannel(w, http.StatusBadRequest, medialive.CodeNotFound, saysUnknown, key)
	case op == "DeleteOttChannelInfo" && ch.State == medialive.ChannelOn:
		ch.refuseState(w)
	case op == "DeleteOttChannelInfo":
		c.removeChannel(op, key)
		succeed(w, http.StatusOK, key, nil)
	default:
		c.modify(w, r, op, ch)
	}
}

// refuseState says that the channel is as it is.
func (ch *channel) refuseState(w http.ResponseWriter) {
	refuseChannel(w, http.StatusBadRequest, medialive.CodeInvalid,
		"Request parameters is invalid, channel state has been turned "+string(ch.State), ch.ChannelKey)
}

func (c *Cloud) createChannel(w http.ResponseWriter, r *http.Request, key medialive.ChannelKey, have *channel) {
	var ch medialive.Channel
	if !(&channel{Channel: medialive.Channel{ChannelKey: key}}).decode(w, r, &ch) {
		return
	}
	if have != nil {
		refuseChannel(w, http.StatusBadRequest, medialive.CodeExists, saysExists, key)
		return
	}
	for _, p := range ch.Packages() {
		p.ID = ""
	}
	if address := c.addressTaken(ch.Outputs); address != "" {
		refuseAddress(w, address, key)
		return
	}
	succeed(w, http.StatusCreated, key, c.insert("CreateOttChannelInfo", ch))
}

func refuseAddress(w http.ResponseWriter, address string, key medialive.ChannelKey) {
	refuseChannel(w, http.StatusBadRequest, medialive.CodeInvalid, "output url "+address+" is exist", key)
}

// addressTaken gives the first address of outputs that is in use by another
// package: one of another id, so that a package without an id collides with any.
// c.mu is held.
func (c *Cloud) addressTaken(outputs []medialive.Endpoint) string {
	used := map[string]string{}
	for _, ch := range c.channels {
		for _, p := range ch.Packages() {
			used[p.URL] = p.ID
		}
	}
	for _, p := range medialive.Packages(outputs) {
		if id, ok := used[p.URL]; ok && (p.ID == "" || id != p.ID) {
			return p.URL
		}
		used[p.URL] = p.ID
	}
	return ""
}
