package handlers

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// ChannelQuery is what a list of channels was asked for. It is comparable, and so
// a part of a view's key; two queries that ask the same are equal.
type ChannelQuery struct {
	Limit    int                     // one of 10, 20, 50, 100
	Offset   int                     // a multiple of Limit
	Group    string                  // a state group of the chips; empty for all
	Protocol medialive.InputProtocol // empty for all
	Text     string                  // looked for in name, key and addresses, whatever the case
	Sort     string                  // a column, with a leading "-" to turn it round
}

// channelGroups are the chips' names, each over one or more states.
var channelGroups = []string{"live", "on", "second", "problem", "lost", "no_media", "waiting", "changing", "stale", "standby"}

// channelColumns are the columns by which the list can be put in order.
var channelColumns = []string{"name", "state", "source", "outputs", "since"}

// inputProtocols lists the protocols of an input.
var inputProtocols = []medialive.InputProtocol{medialive.SRTPush, medialive.SRTPull, medialive.RTMPPush, medialive.HLSPull, medialive.FLVPull}

// ParseChannelQuery reads the parameters of a list of channels. What it does not
// understand it replaces with the nearest it does, and reports. limit is the page
// size to take when none is given.
func ParseChannelQuery(v url.Values, limit int) (ChannelQuery, []QueryFault) {
	p := queryParser{values: v}
	q := ChannelQuery{Limit: p.limit(limit)}
	q.Offset = p.offset(q.Limit)
	q.Group = p.oneOf("status", channelGroups, strings.ToLower)
	protocols := make([]string, len(inputProtocols))
	for i, one := range inputProtocols {
		protocols[i] = string(one)
	}
	q.Protocol = medialive.InputProtocol(p.oneOf("protocol", protocols, strings.ToUpper))
	q.Text = p.text()
	switch raw := strings.ToLower(v.Get("sort")); {
	case raw == "" || raw == "name":
	case slices.Contains(channelColumns, strings.TrimPrefix(raw, "-")):
		q.Sort = raw
	default:
		p.fault("sort", v.Get("sort"))
	}
	return q, p.faults
}

// Values gives the query's parameters, without those that have their default.
func (q ChannelQuery) Values() url.Values {
	v := url.Values{"limit": {strconv.Itoa(q.Limit)}}
	for name, value := range map[string]string{
		"status": q.Group, "protocol": strings.ToLower(string(q.Protocol)), "q": q.Text, "sort": q.Sort,
	} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if q.Offset > 0 {
		v.Set("offset", strconv.Itoa(q.Offset))
	}
	return v
}

// Path is the address of the list that this query asks for.
func (q ChannelQuery) Path() string { return channelsPath + "?" + q.Values().Encode() }

// with gives a changed query at its first page.
func (q ChannelQuery) with(change func(*ChannelQuery)) ChannelQuery {
	q.Offset = 0
	change(&q)
	return q
}

// to gives the query at another offset.
func (q ChannelQuery) to(offset int) ChannelQuery {
	q.Offset = max(0, offset)
	return q
}

// filters tells whether the query leaves anything out.
func (q ChannelQuery) filters() bool { return q.Group != "" || q.Protocol != "" || q.Text != "" }
