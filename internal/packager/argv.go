package packager

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Arguments of ffmpeg are seen by every user of the machine: they hold pipes,
// our own folders and figures, and never an address.

// common begins every command. Progress goes to descriptor 3, which leaves
// stdout to media.
func common() []string {
	return []string{"-hide_banner", "-loglevel", "level+warning", "-nostats", "-progress", "pipe:3"}
}

// stream reads TS from stdin; the limits keep a start short where a track of the
// map never comes.
func stream() []string {
	return append(common(), "-analyzeduration", "3000000", "-probesize", "8000000", "-f", "mpegts", "-i", "pipe:0")
}

// inputArgs turns what a source of some kind sends into TS on stdout.
func inputArgs(s Source) []string {
	args := common()
	if s.Kind == HLSPull { // segments come in one piece, and are to be handed on as they play
		args = append(args, "-re", "-protocol_whitelist", "pipe,http,tcp,crypto", "-f", "hls", "-i", "pipe:0")
	} else {
		args = append(args, "-f", "flv", "-i", "pipe:0")
	}
	return append(args, "-map", "0:v:0?", "-map", "0:a:0?", "-c", "copy", "-f", "mpegts", "-flush_packets", "1", "pipe:1")
}

// rung is a rendition as packagers find it in the encoder's output.
type rung struct {
	video int // number among its video tracks, -1: none
	audio bool
	rate  int // bit/s of video, 0: not known
	sound int // bit/s of audio, 0: not known
}

// rungs lists what a channel makes of an input; without a ladder the input is the
// only one. Templates that the input has no track for make none.
func (s Spec) rungs(in layout) []rung {
	video, audio := in.has(track.video), in.has(track.audio)
	if len(s.Ladder) == 0 {
		if !video {
			return []rung{{video: -1, audio: audio, sound: s.Primary.Bitrate}}
		}
		return []rung{{audio: audio, rate: s.Primary.Bitrate}}
	}
	sound := 0
	if audio {
		sound = soundRate(s.Ladder)
	}
	var all []rung
	n := 0
	for _, t := range s.Ladder {
		switch {
		case t.Copy && video:
			all = append(all, rung{video: n, audio: audio, rate: s.Primary.Bitrate, sound: sound})
			n++
		case t.seen() && video:
			all = append(all, rung{video: n, audio: audio, rate: t.Bitrate, sound: sound})
			n++
		case !t.seen() && audio:
			all = append(all, rung{video: -1, audio: true, sound: sound})
		}
	}
	if all == nil && audio {
		return []rung{{video: -1, audio: true, sound: sound}}
	}
	return all
}

// rateArgs tells a packager the rates, which a transport stream does not have
// and manifests need; 0 tells nothing.
func rateArgs(kind string, n, rate int) []string {
	if rate == 0 {
		return nil
	}
	return []string{fmt.Sprintf("-b:%s:%d", kind, n), strconv.Itoa(rate)}
}

// seen says whether a template has video.
func (t Template) seen() bool { return t.Copy || t.Height > 0 }

// soundRate is the bit rate of the one audio track of a ladder.
func soundRate(ladder []Template) int {
	rate := 0
	for _, t := range ladder {
		rate = max(rate, t.AudioBitrate)
	}
	return rate
}

// encoderArgs makes the ladder of a spec: TS in, TS out, with a program for each
// rendition, so that one of them can be cut out by its program map.
func encoderArgs(s Spec, in layout) []string {
	args := stream()
	var scaled []Template
	for _, t := range s.Ladder {
		if t.Height > 0 && in.has(track.video) {
			scaled = append(scaled, t)
		}
	}
	if len(scaled) > 0 {
		args = append(args, "-filter_complex", scaler(scaled))
	}
	n, s0 := 0, 0
	for _, t := range s.Ladder {
		if !t.seen() || !in.has(track.video) {
			continue
		}
		if t.Copy {
			args = append(args, "-map", "0:v:0", "-c:v:"+strconv.Itoa(n), "copy")
		} else {
			args = append(args, "-map", fmt.Sprintf("[v%d]", s0))
			args = append(args, videoArgs(n, t)...)
			s0++
		}
		n++
	}
	if len(scaled) > 0 {
		args = append(args, "-force_key_frames", fmt.Sprintf("expr:gte(t,n_forced*%g)", s.gop().Seconds()))
	}
	if in.has(track.audio) {
		args = append(args, "-map", "0:a:0", "-c:a", "aac", "-ar", "48000", "-ac", "2",
			"-b:a", strconv.Itoa(max(32_000, soundRate(s.Ladder))), "-af", "aresample=async=1")
	}
	args = append(args, programs(s.rungs(in), n)...)
	return append(args, "-f", "mpegts", "-muxdelay", "0", "-flush_packets", "1", "pipe:1")
}

// encodedLayout is which types of tracks an encoder makes of an input.
func encodedLayout(ladder []Template, in layout) layout {
	var out program
	copied := slices.ContainsFunc(ladder, func(t Template) bool { return t.Copy })
	for _, p := range in.programs {
		for _, t := range p.tracks {
			switch {
			case t.audio():
				out.tracks = append(out.tracks, track{Type: typeAAC})
			case t.video() && copied:
				out.tracks = append(out.tracks, track{Type: t.Type})
			case t.video():
				out.tracks = append(out.tracks, track{Type: typeH264})
			}
		}
	}
	return layout{[]program{out}}
}

// scaler decodes once and scales for each template.
func scaler(all []Template) string {
	var graph strings.Builder
	fmt.Fprintf(&graph, "[0:v:0]split=%d", len(all))
	for i := range all {
		fmt.Fprintf(&graph, "[s%d]", i)
	}
	for i, t := range all {
		fmt.Fprintf(&graph, ";[s%d]scale=-2:%d[v%d]", i, t.Height, i)
	}
	return graph.String()
}

// videoArgs encodes one rendition. Key frames come where they are forced and
// nowhere else, so that those of all renditions are at the same times.
func videoArgs(n int, t Template) []string {
	i := strconv.Itoa(n)
	return []string{
		"-c:v:" + i, "libx264", "-preset:v:" + i, "veryfast", "-pix_fmt:v:" + i, "yuv420p",
		"-b:v:" + i, strconv.Itoa(t.Bitrate), "-maxrate:v:" + i, strconv.Itoa(t.Bitrate * 11 / 10), "-bufsize:v:" + i, strconv.Itoa(2 * t.Bitrate),
		"-g:v:" + i, "100000", "-sc_threshold:v:" + i, "0", "-flags:v:" + i, "+cgop",
	}
}

// programs puts each rendition into one of its own.
func programs(all []rung, audio int) []string {
	var args []string
	for i, r := range all {
		p := fmt.Sprintf("title=r%d:program_num=%d", i, i+1)
		if r.video >= 0 {
			p += ":st=" + strconv.Itoa(r.video)
		}
		if r.audio {
			p += ":st=" + strconv.Itoa(audio)
		}
		args = append(args, "-program", p)
	}
	return args
}

// packagerArgs writes a package from TS that has the renditions: DASH, or HLS in
// fragmented MP4. Files of a run have its name in front, so that no player takes
// one for that of another run.
func packagerArgs(p Package, all []rung, in layout, dir, run string) []string {
	args := stream()
	if p.Format == DASH {
		return append(args, dashArgs(p, all, in, dir, run)...)
	}
	return append(args, hlsArgs(p, all, in, dir, run)...)
}

// fragmented repacks tracks of a transport stream for MP4. ffmpeg would keep
// their tags, which its DASH muxer then refuses.
func fragmented(in layout) []string {
	var args []string
	of := func(kind byte) bool { return in.has(func(t track) bool { return t.Type == kind }) }
	switch {
	case of(typeH264):
		args = append(args, "-tag:v", "avc1")
	case of(typeHEVC):
		args = append(args, "-tag:v", "hvc1")
	}
	if of(typeAAC) {
		args = append(args, "-bsf:a", "aac_adtstoasc", "-tag:a", "mp4a")
	}
	return args
}

func hlsArgs(p Package, all []rung, in layout, dir, run string) []string {
	var args []string
	var variants []string
	sounds := 0
	video := 0
	for _, r := range all {
		var parts []string
		if r.video >= 0 {
			args = append(args, "-map", "0:v:"+strconv.Itoa(r.video))
			args = append(args, rateArgs("v", video, r.rate)...)
			parts = append(parts, "v:"+strconv.Itoa(video))
			video++
		}
		if r.audio {
			args = append(args, "-map", "0:a:0")
			args = append(args, rateArgs("a", sounds, r.sound)...)
			parts = append(parts, "a:"+strconv.Itoa(sounds))
			sounds++
		}
		variants = append(variants, strings.Join(parts, ","))
	}
	args = append(args, "-c", "copy")
	args = append(args, fragmented(in)...)
	first := run + "-%v-init.mp4"
	if len(all) == 1 {
		first = run + "-0-init.mp4" // ffmpeg would leave the %v there, which is no address
	}
	return append(args, "-f", "hls", "-hls_time", seconds(p), "-hls_list_size", strconv.Itoa(p.segments()),
		"-hls_delete_threshold", "3", "-hls_segment_type", "fmp4", "-hls_fmp4_init_filename", first,
		"-hls_flags", "delete_segments+independent_segments+program_date_time+append_list+omit_endlist+temp_file",
		"-hls_segment_filename", filepath.Join(dir, run+"-%v-%d.m4s"),
		"-var_stream_map", strings.Join(variants, " "), filepath.Join(dir, "v%v.m3u8"))
}

func dashArgs(p Package, all []rung, in layout, dir, run string) []string {
	var args, sets []string
	videos, audio, sound := 0, false, 0
	for _, r := range all {
		if r.video >= 0 {
			args = append(args, "-map", "0:v:"+strconv.Itoa(r.video))
			args = append(args, rateArgs("v", videos, r.rate)...)
			videos++
		}
		audio, sound = audio || r.audio, max(sound, r.sound)
	}
	if videos > 0 {
		sets = append(sets, "id=0,streams=v")
	}
	if audio {
		args = append(args, "-map", "0:a:0")
		args = append(args, rateArgs("a", 0, sound)...)
		sets = append(sets, "id=1,streams=a")
	}
	args = append(args, "-c", "copy")
	args = append(args, fragmented(in)...)
	return append(args, "-f", "dash", "-seg_duration", seconds(p), "-window_size", strconv.Itoa(p.segments()),
		"-extra_window_size", "3", "-use_template", "1", "-use_timeline", "1", "-adaptation_sets", strings.Join(sets, " "),
		"-init_seg_name", run+"-$RepresentationID$-init.m4s", "-media_seg_name", run+"-$RepresentationID$-$Number%05d$.m4s",
		filepath.Join(dir, mpdFile))
}

// mpdFile is the manifest as ffmpeg writes it; players get it filtered.
const mpdFile = "manifest.mpd"

// listFile is the playlist of a rendition of HLS.
func listFile(rendition int) string { return fmt.Sprintf("v%d.m3u8", rendition) }

func seconds(p Package) string { return strconv.Itoa(int(p.Segment.Seconds())) }
