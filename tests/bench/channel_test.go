package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/relay"
	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

const (
	encodedFor  = 30 * time.Second // measured, of channel and reference at once
	restFor     = 10 * time.Second // measured, before and while something more is asked for
	channelGoal = 1.05
	pictureGoal = 0.03 // cores, of a flow
	picturesOf  = 4    // flows
	tapsAtOnce  = 20   // of one flow
	tappedFor   = 10 * time.Second
	segmentOf   = 2 // seconds
	afterFirst  = 60 * time.Second
)

// movie makes half a minute of 720p25 with sound, about 4 Mb/s.
func movie(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "movie.ts")
	out, err := exec.CommandContext(b.Context(), "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=1280x720:r=25", "-f", "lavfi", "-i", "sine=r=48000",
		"-t", "30", "-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-sc_threshold", "0", "-b:v", "4M", "-minrate", "4M", "-maxrate", "4M", "-bufsize", "4M",
		"-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "96k", "-f", "mpegts", path).CombinedOutput()
	if err != nil {
		b.Fatalf("make a movie: %v\n%s", err, out)
	}
	return path
}

// channel measures a channel beside one ffmpeg that does the same: it takes SRT,
// makes the same renditions with the same settings, and writes HLS.
func (r *report) channel(b *testing.B) {
	s, movie := start(b), movie(b)
	key := medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: "bench"}
	_, err := s.api.CreateChannel(b.Context(), medialive.Channel{
		ChannelKey: key, State: medialive.ChannelOn, Input: medialive.ChannelInput{Protocol: medialive.SRTPush},
		Encoders: []medialive.EncoderSetting{{TemplateID: "480p"}, {TemplateID: "360p"}},
		Expand:   &medialive.EncoderExpand{Video: &medialive.VideoDescription{GOPDuration: segmentOf}},
		Outputs: []medialive.Endpoint{{HLS: []medialive.HLSPackage{{Package: medialive.Package{
			URL: "pull.example.com/live/bench/index.m3u8", SegmentDuration: segmentOf,
		}}}}},
	})
	if err != nil && medialive.KindOf(err) != medialive.KindOutcomeUnknown { // templates are measured first, which may take longer than a client waits
		b.Fatal(err)
	}
	var details []medialive.ChannelDetail
	relaytest.Eventually(b, patience, "the channel", func() bool {
		details, err = s.api.ChannelDetails(b.Context(), key)
		return err == nil && len(details) == 1
	})
	folder := b.TempDir()
	own := relaytest.SRT{Port: relaytest.FreePort(b), Listen: true}
	reference := relaytest.Start(b, "ffmpeg", bareLadder(own.FFmpegURL(), folder)...)
	pushMovie(b, movie, details[0].Push[0]+"&latency=120000")
	own.Listen = false
	pushMovie(b, movie, own.FFmpegURL())
	relaytest.Eventually(b, afterFirst, "segments of both", func() bool {
		all, err := filepath.Glob(filepath.Join(folder, "*.ts"))
		must(b, err)
		details, err = s.api.ChannelDetails(b.Context(), key)
		must(b, err)
		run := details[0].Run
		return len(all) >= 4 && run != nil && len(run.Packages) == 1 && run.Packages[0].Packager.Running
	})
	begun := children(b, s.PID(apptest.Gateway))
	pids := slices.Compact(slices.Sorted(slices.Values(append(begun, s.PID(apptest.Gateway), s.PID(apptest.Relay))))) // the relay is one of the children
	ours, bare, began := busyAll(b, pids), busy(b, reference.PID()), time.Now()
	<-time.After(encodedFor)
	took := time.Since(began).Seconds()
	ours, bare = busyAll(b, pids)-ours, busy(b, reference.PID())-bare
	if now := children(b, s.PID(apptest.Gateway)); !slices.Equal(now, begun) {
		b.Fatalf("processes %v while it was measured, and then %v", begun, now)
	}
	ratio := ours.Seconds() / bare.Seconds()
	r.add(
		"channel, CPU of all of its processes: 720p25 by SRT to 480p and 360p, HLS",
		fmt.Sprintf("one `ffmpeg` that does the same: %.3f cores", bare.Seconds()/took),
		fmt.Sprintf("%.3f cores, ratio **%.2f**", ours.Seconds()/took, ratio),
		fmt.Sprintf("≤ %.2f", channelGoal), ratio <= channelGoal,
	)
}

// bareLadder is the command that somebody would write who has no channels, with
// what a channel's encoder is told.
func bareLadder(from, folder string) []string {
	args := []string{"-v", "error", "-nostdin", "-i", from, "-filter_complex", "[0:v]split=2[a][b];[a]scale=-2:480[v0];[b]scale=-2:360[v1]"}
	for i, rate := range []int{1_400_000, 800_000} {
		n := strconv.Itoa(i)
		args = append(args, "-map", "[v"+n+"]", "-c:v:"+n, "libx264", "-preset:v:"+n, "veryfast", "-pix_fmt:v:"+n, "yuv420p",
			"-b:v:"+n, strconv.Itoa(rate), "-maxrate:v:"+n, strconv.Itoa(rate*11/10), "-bufsize:v:"+n, strconv.Itoa(2*rate),
			"-g:v:"+n, "100000", "-sc_threshold:v:"+n, "0", "-flags:v:"+n, "+cgop")
	}
	return append(args, "-force_key_frames", fmt.Sprintf("expr:gte(t,n_forced*%d)", segmentOf),
		"-map", "0:a", "-map", "0:a", "-c:a", "aac", "-ar", "48000", "-ac", "2", "-b:a", "128000", "-f", "hls", "-hls_time", strconv.Itoa(segmentOf),
		"-hls_segment_filename", filepath.Join(folder, "%v-%d.ts"), "-var_stream_map", "v:0,a:0 v:1,a:1", filepath.Join(folder, "v%v.m3u8"))
}

// pushMovie sends a movie, again and again, until the benchmark ends.
func pushMovie(b *testing.B, movie, to string) {
	b.Helper()
	relaytest.Start(b, "ffmpeg", "-v", "error", "-nostdin", "-re", "-stream_loop", "-1", "-i", movie, "-c", "copy", "-f", "mpegts", to)
}

// children gives the processes that another one has started and that run.
func children(b *testing.B, parent int) (pids []int) {
	b.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	must(b, err)
	for _, path := range all {
		stat, err := os.ReadFile(path)
		_, after, _ := strings.Cut(string(stat), ") ")
		if fields := strings.Fields(after); err == nil && len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			must(b, err)
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids
}

func busyAll(b *testing.B, pids []int) (sum time.Duration) {
	b.Helper()
	for _, pid := range pids {
		sum += busy(b, pid)
	}
	return sum
}

// ended gives the processor time of a process's children that have ended
// (proc(5): cutime, cstime).
func ended(b *testing.B, pid int) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	must(b, err)
	_, after, _ := strings.Cut(string(stat), ") ")
	ticks := 0
	for _, field := range strings.Fields(after)[13:15] {
		n, err := strconv.Atoi(field)
		must(b, err)
		ticks += n
	}
	return time.Duration(ticks) * time.Second / clockTicks
}

// pictures measures flows of which somebody sees pictures, beside the same flows
// of which nobody does.
func (r *report) pictures(b *testing.B) {
	s, movie := start(b), movie(b)
	flows := s.create(b, 0, picturesOf, 0)
	s.activate(b, flows)
	asked := map[medialive.Subject]time.Time{}
	for _, f := range flows {
		asked[medialive.SubjectFlow(f.ID)] = time.Time{}
		to, _ := f.Source()
		pushMovie(b, movie, relaytest.SRT{Host: to.Address, Port: to.Port}.FFmpegURL())
	}
	gateway, relayed := s.PID(apptest.Gateway), s.PID(apptest.Relay)
	cost := func() time.Duration { return busy(b, gateway) + ended(b, gateway) + busy(b, relayed) }
	measure := func(look func()) float64 {
		before, began := cost(), time.Now()
		for second := time.NewTicker(time.Second); time.Since(began) < 2*restFor; <-second.C {
			look()
		}
		return (cost() - before).Seconds() / time.Since(began).Seconds()
	}
	seen := map[time.Time]bool{}
	look := func() {
		all, err := s.api.Pictures(b.Context(), asked)
		must(b, err)
		for _, p := range all {
			seen[p.At] = true
		}
	}
	relaytest.Eventually(b, patience, "a picture of each flow", func() bool { look(); return len(seen) >= picturesOf })
	rest := func() float64 { // pictures are made for a while after the last look
		<-time.After(3 * restFor)
		return measure(func() {})
	}()
	clear(seen)
	shown := measure(look)
	each := (shown - rest) / picturesOf
	r.add(
		"pictures of a flow, 720p25, every 4 s, CPU",
		fmt.Sprintf("none: without pictures gateway and relay take %.3f cores for %d flows", rest, picturesOf),
		fmt.Sprintf("**%.3f cores** a flow, %d pictures in %v", each, len(seen), 2*restFor),
		fmt.Sprintf("≤ %.2f cores", pictureGoal), each <= pictureGoal && len(seen) >= picturesOf*3,
	)
}

// taps measures the relay with a flow that many read beside it, and without.
func (r *report) taps(b *testing.B) {
	s, movie := start(b), movie(b)
	flows := s.create(b, 0, 1, 0)
	s.activate(b, flows)
	to, _ := flows[0].Source()
	pushMovie(b, movie, relaytest.SRT{Host: to.Address, Port: to.Port}.FFmpegURL())
	relaytest.Eventually(b, patience, "media", func() bool {
		all, err := s.api.Statistics(b.Context(), flows[0].ID)
		must(b, err)
		return len(all) == 1 && all[0].Source.Bitrate > 0
	})
	measure := func() time.Duration {
		before := busy(b, s.PID(apptest.Relay))
		<-time.After(tappedFor)
		return busy(b, s.PID(apptest.Relay)) - before
	}
	alone := measure()
	client := relay.Dial(filepath.Join(s.Data, "run", "relay.sock"))
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	var taps []<-chan int64
	for range tapsAtOnce {
		tap, err := client.Tap(ctx, flows[0].ID)
		must(b, err)
		taps = append(taps, drain(tap))
	}
	tapped := measure() - alone
	cancel()
	bits := 0.0
	for _, tap := range taps {
		bits += float64(<-tap) * 8
	}
	r.add(
		fmt.Sprintf("relay, CPU of a tap: %d on a flow of 4 Mb/s", tapsAtOnce),
		fmt.Sprintf("the flow alone: %.1f ms CPU a second", alone.Seconds()*1000/tappedFor.Seconds()),
		fmt.Sprintf("**%.2f ms** more a second for each, %.2f s for a Gbit", tapped.Seconds()*1000/tappedFor.Seconds()/tapsAtOnce, tapped.Seconds()/(bits/1e9)), "", true,
	)
}

// drain reads a tap until it ends, and then tells how many bytes came.
func drain(tap io.ReadCloser) <-chan int64 {
	total := make(chan int64, 1)
	go func() {
		defer tap.Close()
		n, _ := io.Copy(io.Discard, tap) // it is cut off
		total <- n
	}()
	return total
}
