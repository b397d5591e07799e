package gateway

import (
	"cmp"
	"fmt"
	"net/http"
	"path"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/packager"
	"github.com/flowdeck/flowdeck/internal/store"
)

// templates answers what may stand in template_id.
func (g *Gateway) templates(*call) (answer, error) {
	list := []medialive.ChannelTemplate{}
	for _, t := range packager.Ladder() {
		list = append(list, medialive.ChannelTemplate{ID: t.ID, Height: t.Height, Bitrate: t.Bitrate, AudioBitrate: t.AudioBitrate, Copy: t.Copy})
	}
	return ok(list)
}

// channelDetails answers what is known of channels that the API has no place for.
func (g *Gateway) channelDetails(c *call) (answer, error) {
	values, err := c.query()
	if err != nil {
		return answer{}, err
	}
	filter, err := keyFilter(values)
	if err != nil {
		return answer{}, err
	}
	rows, _, err := g.opts.Store.Channels(c.Context(), c.project, store.ChannelKey(filter), maxChannels, 0)
	if err != nil {
		return answer{}, fmt.Errorf("read channels: %w", err)
	}
	list, err := g.detailsOf(rows)
	if err != nil {
		return answer{}, err
	}
	return ok(list)
}

// detailsOf gives the details of channels, in their order.
func (g *Gateway) detailsOf(rows []store.Channel) ([]medialive.ChannelDetail, error) {
	reports := map[string]packager.ChannelReport{}
	if g.opts.Channels != nil {
		for _, r := range g.opts.Channels.Report() {
			reports[r.ID] = r
		}
	}
	list := make([]medialive.ChannelDetail, len(rows))
	for i, row := range rows {
		rec, err := g.openChannel(row)
		if err != nil {
			return nil, err
		}
		list[i] = g.channelDetail(rec)
		if report, runs := reports[row.UID]; runs {
			list[i].Run = channelRun(report)
			g.addInlets(list[i].Run, rec)
		}
	}
	return list, nil
}

func (g *Gateway) channelDetail(rec channelRecord) medialive.ChannelDetail {
	ch := rec.channel
	d := medialive.ChannelDetail{ChannelKey: ch.ChannelKey, State: ch.State, Push: []string{}, Play: []medialive.PlayAddress{}}
	if rec.on() {
		d.Problem = cmp.Or(g.channelProblem(), g.runs.problem(rec.row.UID))
	}
	for _, p := range g.pushAddresses(rec) {
		d.Push = append(d.Push, p.URL.Reveal())
	}
	d.Push = append(d.Push, g.srtPushes(rec)...)
	for ref, p := range ch.Packages() {
		manifest := cmp.Or(p.ManifestName, "index") + ".m3u8"
		if ref.Format == medialive.FormatDASH {
			manifest = cmp.Or(p.ManifestName, "index") + ".mpd"
		}
		d.Play = append(d.Play, medialive.PlayAddress{
			PackageID: p.ID, Field: ref.String(),
			Path: path.Join("/play", rec.row.ProjectID, ch.Domain, ch.AppName, ch.ID, p.ID, manifest),
		})
	}
	return d
}

// channelRun is what was measured of a channel, in the nouns of the extensions.
func channelRun(r packager.ChannelReport) *medialive.ChannelRun {
	run := &medialive.ChannelRun{
		Since: r.Since, OnAir: r.OnAir.String(), Switches: r.Switches, Encoded: r.Encoded.Bytes,
		Inputs: []medialive.ChannelInputRun{}, Packages: []medialive.ChannelPackRun{},
	}
	for _, in := range r.Inputs {
		var refused []medialive.RefusedCaller
		for _, r := range in.Refused {
			refused = append(refused, medialive.RefusedCaller{
				Leg: in.Role.String(), Address: r.Address, StreamID: r.Named, Reason: medialive.Refusal(r.Reason), First: r.First, Last: r.Last, Count: r.Count,
			})
		}
		run.Inputs = append(run.Inputs, medialive.ChannelInputRun{
			Role: in.Role.String(), Alive: in.Alive, Last: in.Last, Silent: in.Silent.Seconds(),
			Connections: in.Connections, Problem: in.Problem, Bytes: in.Counts.Bytes, Frames: in.Counts.Frames, KeyFrames: in.Counts.KeyFrames,
			ContinuityErrors: in.Counts.ContinuityErrors, PIDErrors: in.Counts.PIDErrors, SyncLosses: in.Counts.SyncLosses, Signals: in.Counts.Signals, Refused: refused,
		})
	}
	if r.Encoder != nil {
		encoder := channelChild(*r.Encoder)
		run.Encoder = &encoder
	}
	for _, p := range r.Packages {
		run.Packages = append(run.Packages, medialive.ChannelPackRun{
			PackageID: p.ID, Packager: channelChild(p.Child), OK: p.OK, Refused: p.Refused, Failed: p.Failed, Bytes: p.Bytes,
		})
	}
	if rec := r.Record; rec != nil {
		run.Record = &medialive.ChannelRecordRun{Problem: rec.Problem, Since: rec.Since, Until: rec.Until, Bytes: rec.Bytes, Dropped: rec.Dropped}
	}
	return run
}

// addInlets adds what the relay measured of SRT that comes into the channel.
func (g *Gateway) addInlets(run *medialive.ChannelRun, rec channelRecord) {
	for i := range run.Inputs {
		in := &run.Inputs[i]
		if srt, refused := g.media.inletStatistics(inletID(rec.row.UID, inletRole(in.Role))); srt != nil {
			in.SRT, in.Refused = srt, refused
		}
	}
}

func channelChild(r packager.ChildReport) medialive.ChannelChild {
	return medialive.ChannelChild{
		Running: r.Running, Since: r.Since, Starts: r.Starts, Ended: r.Ended, Lines: r.Lines, Dropped: r.Dropped,
		FPS: r.Progress.FPS, Speed: r.Progress.Speed, Lost: r.Progress.Dropped,
	}
}

// playPattern is where players play. They need no permission: who may play is
// said by the package.
const playPattern = "GET /play/{project_id}/{domain}/{app_name}/{id}/{package}/{file...}"

// playTime bounds the sending of one file to a player, who may be slow but not
// stay for ever.
const playTime = 5 * time.Minute

// play serves a package of a channel that runs.
func (g *Gateway) play(w http.ResponseWriter, r *http.Request) {
	key := store.ChannelKey{Domain: r.PathValue("domain"), AppName: r.PathValue("app_name"), ID: r.PathValue("id")}
	uid, runs := g.runs.find(r.PathValue("project_id"), key)
	if !runs {
		http.NotFound(w, r)
		return
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(playTime)) // not supported: the server's own limit holds
	inner := r.Clone(r.Context())
	inner.URL.Path, inner.URL.RawPath = "/"+uid+"/"+r.PathValue("package")+"/"+r.PathValue("file"), ""
	g.opts.Channels.ServeHTTP(w, inner)
}
