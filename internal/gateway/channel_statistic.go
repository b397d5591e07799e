package gateway

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/packager"
	"github.com/flowdeck/flowdeck/internal/store"
)

// The limits that the API declares for a signal.
const (
	maxEventID = 1 << 31
	maxSignal  = 1024 // characters of base64
	maxDecoded = 8096 // characters
)

// channelStatistic answers ShowChannelStatistic with the SCTE-35 signals that
// were seen. A gateway is one region, the master.
func (g *Gateway) channelStatistic(c *call) (answer, error) {
	var q medialive.StatisticQuery
	if err := decode(c.body, &q); err != nil {
		return answer{}, err
	}
	if faults := medialive.ValidateStatisticQuery(q); len(faults) > 0 {
		return answer{}, faulty("", faults)
	}
	values, err := c.query()
	if err != nil {
		return answer{}, err
	}
	limit, offset, err := paging(values)
	if err != nil {
		return answer{}, err
	}
	row, err := g.channelRow(c.Context(), c.project, q.ChannelKey)
	if unknown := (*refusal)(nil); errors.As(err, &unknown) {
		return answer{}, &refusal{http.StatusNotFound, medialive.CodeNoStatistic, "query channel statistic failed"}
	}
	if err != nil {
		return answer{}, err
	}
	list := medialive.SCTE35List{Signals: []medialive.SCTE35Event{}}
	if q.Role != medialive.SlaveRegion {
		if list, err = g.signals(c, row, *q.SCTE35, limit, offset); err != nil {
			return answer{}, err
		}
	}
	return ok(medialive.ChannelStatistic{ChannelKey: q.ChannelKey, Type: q.Type, SCTE35: &list})
}

func (g *Gateway) signals(c *call, row store.Channel, q medialive.SCTE35Query, limit, offset int) (medialive.SCTE35List, error) {
	kind := string(q.Kind)
	if q.Kind == medialive.AllSignals {
		kind = ""
	}
	found, total, err := g.opts.Store.Signals(c.Context(), row.UID, kind, time.Unix(q.Start, 0), time.Unix(q.End, 0), limit, offset)
	if err != nil {
		return medialive.SCTE35List{}, fmt.Errorf("read signals: %w", err)
	}
	list := medialive.SCTE35List{Total: int64(total), Signals: make([]medialive.SCTE35Event, len(found))}
	for i, s := range found {
		list.Signals[i] = g.signal(s)
	}
	return list, nil
}

// signal gives a signal as the API answers it, within the limits that it
// declares: what is beyond them stands in the signal itself.
func (g *Gateway) signal(s store.Signal) medialive.SCTE35Event {
	return medialive.SCTE35Event{
		Kind: medialive.SCTE35Kind(s.Kind), EventID: min(max(s.EventID, 1), maxEventID), Start: s.At.Unix(),
		Duration: min(s.Duration, maxEventID), Segmentation: medialive.Segmentation(s.Segmentation),
		Data: s.Data[:min(len(s.Data), maxSignal)], Decoded: s.Decoded[:min(len(s.Decoded), maxDecoded)],
		Role: medialive.MasterRegion, Region: g.opts.Region,
	}
}

// keepSignals writes down what was seen in the input of a channel since the last
// time.
func (g *Gateway) keepSignals(ctx context.Context, report packager.ChannelReport) error {
	last := g.runs.lastSignal(report.ID)
	for _, s := range report.Signals {
		if !s.Seen.After(last) {
			continue
		}
		if err := g.opts.Store.AddSignal(ctx, report.ID, signalRow(s)); err != nil {
			return err
		}
		g.runs.keptSignal(report.ID, s.Seen)
	}
	return nil
}

func (t *channelRuns) lastSignal(uid string) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.seen[uid]
}

func (t *channelRuns) keptSignal(uid string, seen time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seen[uid] = seen
}

// firstSegmentation is the type in SCTE-35 of the first of
// [medialive.Segmentations].
const firstSegmentation = 0x30

// signalRow gives a signal as it is kept. The API names eight segmentation types;
// what has another one has it in the decoded signal.
func signalRow(s packager.Signal) store.Signal {
	row := store.Signal{
		At: s.Start, Kind: string(s.Kind), EventID: int64(s.EventID), Duration: -1,
		Segmentation: string(medialive.NoSegmentation), Data: base64.StdEncoding.EncodeToString(s.Section),
	}
	if s.Duration != packager.NoDuration {
		row.Duration = int64(s.Duration.Round(time.Second) / time.Second)
	}
	names := medialive.Segmentations()
	if i := int(s.Segmentation) - firstSegmentation; s.Kind == packager.TimeSignal && i >= 0 && i < len(names) {
		row.Segmentation = string(names[i])
	}
	decoded := map[string]any{"splice_command_type": 5, "event_id": s.EventID, "out_of_network": s.Out, "cancel": s.Cancel, "pts": s.PTS}
	if s.Kind == packager.TimeSignal {
		decoded["splice_command_type"], decoded["segmentation_type_id"] = 6, s.Segmentation
	}
	text, _ := json.Marshal(decoded) // numbers and truths can always be written
	row.Decoded = string(text)
	return row
}
