package medialivetest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
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
//   - request_args has null where there is nothing
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
		answer["sources"] = revealed(ch.PushAddresses())
	}
	answerJSON(w, status, answer)
}

// revealed gives push addresses whole, as answers have them.
func revealed(addresses []medialive.PushAddress) (all []map[string]any) {
	for _, a := range addresses {
		one := map[string]any{"url": a.URL.Reveal(), "enable_snapshot": a.EnableSnapshot}
		if a.Bitrate > 0 {
			one["bitrate"], one["width"], one["height"] = a.Bitrate, a.Width, a.Height
		}
		all = append(all, one)
	}
	return all
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

// addressTaken gives the first address of outputs that is in use by another package:
// one of another id, so that a package without an id collides with any. c.mu is
// held.
func (c *Cloud) addressTaken(outputs []medialive.Endpoint) string {
	used := map[string]string{}
	for _, ch := range c.channels {
		for _, p := range ch.Packages() {
			used[p.URL] = p.ID
		}
	}
	for _, p := range medialive.Packages(outputs) {
		if id, ok := used[p.URL]; ok && id != p.ID {
			return p.URL
		}
		used[p.URL] = p.ID
	}
	return ""
}

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
	change := medialive.InputChange{Expand: ch.Expand}
	if !ch.decode(w, r, &change) {
		return false
	}
	ch.Expand = change.Expand
	if change.Input == nil {
		return true
	}
	if change.Input.Protocol != ch.Input.Protocol {
		return ch.refuseInvalid(w)
	}
	ch.Input = *change.Input
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

// listChannels answers a page of those that match. c.mu is held.
func (c *Cloud) listChannels(w http.ResponseWriter, r *http.Request, filter medialive.ChannelKey) {
	found := slices.DeleteFunc(slices.Clone(c.channels), func(ch *channel) bool { return !matches(ch.ChannelKey, filter) })
	if onlyID := filter == (medialive.ChannelKey{ID: filter.ID}) && filter.ID != ""; len(found) == 0 && !onlyID {
		refuseChannel(w, http.StatusBadRequest, medialive.CodeNotFound, saysUnknown, filter)
		return
	}
	limit, offset := pageOf(r)
	page := []json.RawMessage{}
	for _, ch := range found[min(offset, len(found)):min(offset+limit, len(found))] {
		page = append(page, ch.answered())
	}
	answerJSON(w, http.StatusOK, map[string]any{"total": len(found), "channels": page})
}

// answered gives a channel as lists have it: with its secrets masked, and null
// where request_args have nothing.
func (ch *channel) answered() json.RawMessage {
	data, err := medialive.AnswerJSON(ch.Channel)
	if err != nil {
		panic(err) // a channel can always be written
	}
	return edit(func(object map[string]any) {
		args, _ := object["request_args"].(map[string]any)
		for _, name := range []string{"record", "timeshift", "live"} {
			if args != nil && args[name] == nil {
				args[name] = nil
			}
		}
	})(data)
}

func matches(key, filter medialive.ChannelKey) bool {
	return (filter.Domain == "" || filter.Domain == key.Domain) &&
		(filter.AppName == "" || filter.AppName == key.AppName) &&
		(filter.ID == "" || filter.ID == key.ID)
}

// pageOf reads which page is asked for.
func pageOf(r *http.Request) (limit, offset int) {
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil {
		limit = 10
	}
	offset, _ = strconv.Atoi(r.URL.Query().Get("offset"))
	return limit, offset
}

// statistic answers a page of the signals that came in. c.mu is held.
func (c *Cloud) statistic(w http.ResponseWriter, r *http.Request, key medialive.ChannelKey) {
	var q medialive.StatisticQuery
	if !decode(w, r, &q) {
		return
	}
	ch := c.findChannel(key)
	if ch == nil || q.SCTE35 == nil {
		refuse(w, http.StatusNotFound, medialive.CodeNoStatistic, "query channel statistic failed")
		return
	}
	found := slices.DeleteFunc(slices.Clone(ch.signals), func(s medialive.SCTE35Event) bool { return !wanted(q, s) })
	limit, offset := pageOf(r)
	answerJSON(w, http.StatusOK, medialive.ChannelStatistic{
		ChannelKey: key, Type: q.Type,
		SCTE35: &medialive.SCTE35List{
			Total: int64(len(found)), Signals: append([]medialive.SCTE35Event{}, found[min(offset, len(found)):min(offset+limit, len(found))]...),
		},
	})
}

// wanted tells whether a query asks for a signal.
func wanted(q medialive.StatisticQuery, s medialive.SCTE35Event) bool {
	return (q.SCTE35.Kind == medialive.AllSignals || q.SCTE35.Kind == s.Kind) && s.Start >= q.SCTE35.Start && s.Start <= q.SCTE35.End &&
		(q.Role == medialive.AllRegions || s.Role == "" || s.Role == cmp.Or(q.Role, medialive.MasterRegion))
}
