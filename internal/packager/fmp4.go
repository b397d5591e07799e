package packager

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// HLS in fragmented MP4 is written by ffmpeg, of which a run knows nothing of those
// before it but their playlist: it names its own initialisation for their segments
// too, and forgets how many breaks there were. What players get is told anew, by the
// names of segments, which tell the run: {time}-{breaks before it}-{rendition}-{number}.

// runOf gives the run of a segment, and how many breaks there were before it.
func runOf(segment string) (run string, breaks int) {
	parts := strings.Split(segment, "-")
	run = strings.Join(parts[:max(0, len(parts)-2)], "-")
	_, count, _ := strings.Cut(run, "-")
	breaks, _ = strconv.Atoi(count) // 0: it has none
	return run, breaks
}

// initOf gives the file with which the segments of a run and rendition begin.
func initOf(segment string) string {
	if i := strings.LastIndexByte(segment, '-'); i >= 0 {
		return segment[:i] + "-init.mp4"
	}
	return ""
}

// segmentsOf gives the lines of a playlist that name segments.
func segmentsOf(playlist string) (all []string) {
	for line := range strings.Lines(playlist) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			all = append(all, line)
		}
	}
	return all
}

// nextRun names a run after the one with whose segments the playlists end.
func nextRun(dir, at string) string {
	text, err := os.ReadFile(filepath.Join(dir, listFile(0)))
	if err != nil {
		return at + "-0" // there is none yet
	}
	before := segmentsOf(string(text))
	if len(before) == 0 {
		return at + "-0"
	}
	_, breaks := runOf(before[len(before)-1])
	return fmt.Sprintf("%s-%d", at, breaks+1)
}

// retold is a playlist of ffmpeg's as players get it: each run with what it begins
// with, and the breaks between them counted (RFC 8216, 4.3.3.3).
func retold(playlist string) string {
	var out, tags strings.Builder
	last := ""
	for line := range strings.Lines(playlist) {
		switch name, _, _ := strings.Cut(strings.TrimSpace(line), ":"); {
		case name == "#EXT-X-MAP", name == "#EXT-X-DISCONTINUITY":
		case strings.HasPrefix(name, "#"):
			tags.WriteString(line)
		case name != "":
			switch run, breaks := runOf(name); {
			case run == last:
			case last == "":
				head, rest, _ := strings.Cut(tags.String(), "#EXTINF")
				tags.Reset()
				fmt.Fprintf(&tags, "%s#EXT-X-DISCONTINUITY-SEQUENCE:%d\n#EXT-X-MAP:URI=%q\n#EXTINF%s", head, breaks, initOf(name), rest)
				last = run
			default:
				fmt.Fprintf(&out, "#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=%q\n", initOf(name))
				last = run
			}
			out.WriteString(tags.String() + line)
			tags.Reset()
		}
	}
	return out.String() + tags.String()
}
