package medialivetest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

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

// answered gives a channel as lists have it: with its secrets masked, null where
// request_args have nothing, and the version of SPEKE as a number.
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
		if object["speke_version"] == string(medialive.SPEKEVersion) {
			object["speke_version"] = json.Number(medialive.SPEKEVersion)
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
