package gateway

import (
	"context"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/packager"
	"github.com/flowdeck/flowdeck/internal/store"
)

// minutes turns what is counted of channels into what was measured in each
// minute. It is of one goroutine.
type minutes struct {
	from map[string]counted // by UID, where the minute that goes on began
}

// counted is a report of a channel and when it was made.
type counted struct {
	at     time.Time
	report packager.ChannelReport
}

// keepMinutes writes down the minutes of channels that are over. The one in which
// a channel ends is not.
func (g *Gateway) keepMinutes(ctx context.Context, m *minutes, reports []packager.ChannelReport, now time.Time) error {
	begun := make(map[string]counted, len(reports))
	var over []store.Minute
	for _, report := range reports {
		base, known := m.from[report.ID]
		if !known || !base.report.Since.Equal(report.Since) {
			base = counted{report.Since, packager.ChannelReport{Since: report.Since}}
		}
		begun[report.ID] = base
		minute := base.at.Truncate(time.Minute)
		if base.at.IsZero() || now.Before(minute.Add(time.Minute)) {
			continue
		}
		values := measuresOf(base.report, report, now.Sub(base.at), g.formats(report.ID))
		over = append(over, store.Minute{Of: report.ID, At: minute.UTC(), Values: values})
		begun[report.ID] = counted{now, report}
	}
	m.from = begun
	if len(over) == 0 {
		return nil
	}
	return g.opts.Store.AddChannelMinutes(ctx, over...)
}

// formats gives the formats of a channel's packages by their ids.
func (g *Gateway) formats(uid string) map[string]string {
	row, runs := g.runs.row(uid)
	if !runs {
		return nil
	}
	rec, err := g.openChannel(row)
	if err != nil { // told where channels are settled
		return nil
	}
	all := map[string]string{}
	for ref, p := range rec.channel.Packages() {
		all[p.ID] = string(ref.Format)
	}
	return all
}

// measuresOf gives the values of a stretch between two reports of one run.
func measuresOf(from, to packager.ChannelReport, span time.Duration, formats map[string]string) map[string]float64 {
	values := map[string]float64{
		medialive.MetricSwitches:       since(from.Switches, to.Switches),
		medialive.MetricNoPackets:      0,
		medialive.MetricDisconnections: 0,
		medialive.MetricContinuity:     0,
		medialive.MetricPIDErrors:      0,
		medialive.MetricDroppedTraffic: 0,
	}
	seconds := span.Seconds()
	for _, in := range to.Inputs {
		measureInput(values, inputOf(from, in.Role), in, in.Role == to.OnAir, seconds)
	}
	measureEncoder(values, from, to, seconds)
	measurePackages(values, from, to, formats)
	return values
}

// since is how much a counter has grown; it may have begun anew.
func since(from, to int64) float64 {
	if to < from {
		from = 0
	}
	return float64(to - from)
}

func inputOf(r packager.ChannelReport, role packager.Role) packager.InputReport {
	for _, in := range r.Inputs {
		if in.Role == role {
			return in
		}
	}
	return packager.InputReport{Role: role}
}

func measureInput(values map[string]float64, from, to packager.InputReport, onAir bool, seconds float64) {
	values[medialive.MetricDisconnections] += since(max(1, from.Connections), max(1, to.Connections)) // the first one ends none
	values[medialive.MetricNoPackets] += since(int64(from.Silent), int64(to.Silent)) / float64(time.Second)
	values[medialive.MetricContinuity] += since(from.Counts.ContinuityErrors, to.Counts.ContinuityErrors)
	values[medialive.MetricPIDErrors] += since(from.Counts.PIDErrors, to.Counts.PIDErrors)
	if onAir {
		values[medialive.MetricInputBandwidth] = since(from.Counts.Bytes, to.Counts.Bytes) * 8 / seconds
		values[medialive.MetricInputFrameRate] = since(from.Counts.Frames, to.Counts.Frames) / seconds
		values[medialive.MetricSignals] = since(from.Counts.Signals, to.Counts.Signals)
	}
}

func measureEncoder(values map[string]float64, from, to packager.ChannelReport, seconds float64) {
	if to.Encoder == nil {
		return
	}
	before := packager.ChildReport{}
	if from.Encoder != nil {
		before = *from.Encoder
	}
	values[medialive.MetricOutputBandwidth] = since(from.Encoded.Bytes, to.Encoded.Bytes) * 8 / seconds
	values[medialive.MetricOutputFrameRate] = since(before.Progress.Frames, to.Encoder.Progress.Frames) / seconds
	values[medialive.MetricDroppedFrames] = since(before.Progress.Dropped, to.Encoder.Progress.Dropped)
	values[medialive.MetricDroppedTraffic] += since(before.Dropped, to.Encoder.Dropped)
}

func measurePackages(values map[string]float64, from, to packager.ChannelReport, formats map[string]string) {
	before := map[string]packager.PackageReport{}
	for _, p := range from.Packages {
		before[p.ID] = p
	}
	for _, p := range to.Packages {
		old := before[p.ID]
		answered := since(old.OK, p.OK)
		refused := since(old.Refused, p.Refused)
		failed := since(old.Failed, p.Failed)
		values[ofPackage(medialive.MetricRequests2xx, p.ID)] = answered
		values[ofPackage(medialive.MetricRequests4xx, p.ID)] = refused
		values[ofPackage(medialive.MetricRequests5xx, p.ID)] = failed
		values[ofPackage(medialive.MetricOutputTraffic, p.ID)] = since(old.Bytes, p.Bytes)
		values[medialive.MetricDroppedTraffic] += since(old.Child.Dropped, p.Child.Dropped)
		switch formats[p.ID] {
		case medialive.FormatHLS:
			values[ofPackage(medialive.MetricHLSRequests, p.ID)] = answered + refused + failed
		case medialive.FormatDASH:
			values[ofPackage(medialive.MetricDASHRequests, p.ID)] = answered + refused + failed
		}
	}
}

// ofPackage is under which name the value of a package is kept.
func ofPackage(name, id string) string { return name + "/" + id }
