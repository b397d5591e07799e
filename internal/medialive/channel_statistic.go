package medialive

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
)

// SCTE35Statistic is the one type of statistic of a channel.
const SCTE35Statistic = "scte35"

// StatisticQuery asks for the SCTE-35 signals that were seen in the input of a
// channel. All three parts of its key may have 64 characters at most.
type StatisticQuery struct {
	ChannelKey
	Type   string       `json:"type"` // scte35
	SCTE35 *SCTE35Query `json:"scte35,omitempty"`
	Role   RegionRole   `json:"region_type,omitempty"` // default master
}

// SCTE35Query says which signals are asked for.
type SCTE35Query struct {
	Kind  SCTE35Kind `json:"type"`
	Start int64      `json:"start_time"` // Unix seconds, from 1
	End   int64      `json:"end_time"`   // Unix seconds, after Start
}

// QuerySCTE35 asks for the signals of a span.
func QuerySCTE35(key ChannelKey, kind SCTE35Kind, from, to time.Time) StatisticQuery {
	return StatisticQuery{ChannelKey: key, Type: SCTE35Statistic, SCTE35: &SCTE35Query{kind, from.Unix(), to.Unix()}}
}

// RegionRole is which of the regions of a channel saw a signal.
type RegionRole string

// The roles of a region; all is for queries only.
const (
	MasterRegion RegionRole = "master"
	SlaveRegion  RegionRole = "slave"
	AllRegions   RegionRole = "all"
)

// SCTE35Kind is the command of a signal.
type SCTE35Kind string

// The commands; all is for queries only.
const (
	AllSignals   SCTE35Kind = "all"
	SpliceInsert SCTE35Kind = "splice_insert"
	TimeSignal   SCTE35Kind = "time_signal"
)

// UnmarshalJSON reads "Splice Insert" too, which a published answer has.
func (k *SCTE35Kind) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	*k = SCTE35Kind(strings.ToLower(strings.ReplaceAll(s, " ", "_")))
	return nil
}

// Segmentation is what a time signal marks.
type Segmentation string

// The segmentation types.
const (
	NoSegmentation              Segmentation = "-" // of a splice insert
	ProviderAdStart             Segmentation = "ProviderAdvertisementStart"
	ProviderAdEnd               Segmentation = "ProviderAdvertisementEnd"
	DistributorAdStart          Segmentation = "DistributorAdvertisementStart"
	DistributorAdEnd            Segmentation = "DistributorAdvertisementEnd"
	ProviderOpportunityStart    Segmentation = "ProviderPlacementOpportunityStart"
	ProviderOpportunityEnd      Segmentation = "ProviderPlacementOpportunityEnd"
	DistributorOpportunityStart Segmentation = "DistributorPlacementOpportunityStart"
	DistributorOpportunityEnd   Segmentation = "DistributorPlacementOpportunityEnd"
)

// Segmentations lists the types of time signals, by their id in SCTE-35, from
// 0x30 on.
func Segmentations() []Segmentation {
	return []Segmentation{
		ProviderAdStart, ProviderAdEnd, DistributorAdStart, DistributorAdEnd,
		ProviderOpportunityStart, ProviderOpportunityEnd, DistributorOpportunityStart, DistributorOpportunityEnd,
	}
}

// UnmarshalJSON reads "Provider advertisement Start" too, which a published
// answer has.
func (s *Segmentation) UnmarshalJSON(data []byte) error {
	var word string
	if err := json.Unmarshal(data, &word); err != nil {
		return err
	}
	joined := strings.ReplaceAll(word, " ", "")
	i := slices.IndexFunc(Segmentations(), func(known Segmentation) bool { return strings.EqualFold(string(known), joined) })
	if i >= 0 {
		word = string(Segmentations()[i])
	}
	*s = Segmentation(word)
	return nil
}

// ChannelStatistic answers a [StatisticQuery].
type ChannelStatistic struct {
	ChannelKey
	Type   string      `json:"type"`
	SCTE35 *SCTE35List `json:"scte35,omitempty"`
}

// SCTE35List is one page of the signals found.
type SCTE35List struct {
	Total   int64         `json:"total"`
	Signals []SCTE35Event `json:"scte35_info"` // up to 1000
}

// SCTE35Event is a signal that was seen in the input.
type SCTE35Event struct {
	Kind         SCTE35Kind   `json:"type"`
	EventID      int64        `json:"event_id"`          // of a time signal the first one
	Start        int64        `json:"start_date"`        // when it is carried out, Unix seconds
	Duration     int64        `json:"duration"`          // seconds; -1: the signal tells none
	Segmentation Segmentation `json:"segmentation_type"` // - for a splice insert
	Data         string       `json:"base64_data"`       // as received, base64
	Decoded      string       `json:"raw_splice"`        // JSON, as a string
	Role         RegionRole   `json:"region_type,omitempty"`
	Region       string       `json:"region,omitempty"` // which saw it
}

// ShowChannelStatistic gives a page of the signals that were seen in the input
// of a channel: limit 1..100, offset from 0. KindNotFound: the service knows
// none, be it for want of the channel.
func (c *Client) ShowChannelStatistic(ctx context.Context, q StatisticQuery, limit, offset int) (SCTE35List, error) {
	r := c.readRequest("ShowChannelStatistic", "/ott/channels/statistic")
	r.page(limit, offset)
	if err := r.encode(q); err != nil {
		return SCTE35List{}, err
	}
	var found ChannelStatistic
	a, err := c.call(ctx, r, &found)
	if err != nil {
		return SCTE35List{}, err
	}
	if found.ChannelKey != q.ChannelKey {
		return SCTE35List{}, r.unreadable(a, errors.New("not the statistic of the channel that was meant"))
	}
	if found.SCTE35 == nil { // not required by the specification
		return SCTE35List{Signals: []SCTE35Event{}}, nil
	}
	if found.SCTE35.Signals == nil {
		found.SCTE35.Signals = []SCTE35Event{}
	}
	return *found.SCTE35, nil
}

// readRequest begins a request of the standard API that reads, although it is a
// POST.
func (c *Client) readRequest(op, path string) request {
	r := c.request(op, http.MethodPost, path)
	r.command, r.timeout = false, c.link.limits.read
	return r
}
