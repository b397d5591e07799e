package channels

import (
	"fmt"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What RFC 8216 allows in the playlists that a gateway makes; anything else is a
// fault of its own or of ffmpeg's.
var (
	masterTags = []string{"EXTM3U", "EXT-X-VERSION", "EXT-X-STREAM-INF", "EXT-X-INDEPENDENT-SEGMENTS"}
	mediaTags  = []string{
		"EXTM3U", "EXT-X-VERSION", "EXT-X-TARGETDURATION", "EXT-X-MEDIA-SEQUENCE", "EXT-X-INDEPENDENT-SEGMENTS", "EXT-X-DISCONTINUITY-SEQUENCE",
		"EXT-X-PLAYLIST-TYPE", "EXT-X-MAP", "EXT-X-DISCONTINUITY", "EXT-X-PROGRAM-DATE-TIME", "EXTINF", "EXT-X-ENDLIST",
	}
	codecs    = regexp.MustCompile(`^avc1\.[0-9a-f]{6},mp4a\.40\.2$`) // what the tests send, and encoders make
	attribute = regexp.MustCompile(`([A-Z0-9-]+)=("[^"]*"|[^",]*)(?:,|$)`)
)

// variant is a rendition of a master playlist.
type variant struct {
	address            string
	bandwidth, average int // bit/s
	width, height      int
	codecs             string
	rate               float64 // frames a second
}

// list is a media playlist.
type list struct {
	address  string
	target   int // seconds
	sequence int // of the first segment
	ended    bool
	segments []piece
	text     string
}

// piece is a segment.
type piece struct {
	address, initial string // initial: of its EXT-X-MAP
	length           float64
	at               time.Time // EXT-X-PROGRAM-DATE-TIME; zero: not told
	breaks           bool
}

// lines gives the lines of a playlist, after what holds for any: its type, its
// first line, and that every tag is one of those known.
func lines(t *testing.T, address string, known []string) []string {
	t.Helper()
	got := fetch(t, address)
	if got.status != 200 || got.kind != "application/vnd.apple.mpegurl" {
		t.Fatalf("%s: %d %s %s", address, got.status, got.kind, got.body)
	}
	all := strings.Split(strings.TrimRight(string(got.body), "\n"), "\n")
	if all[0] != "#EXTM3U" {
		t.Fatalf("a playlist begins with %q", all[0])
	}
	for i, line := range all {
		name, tagged := strings.CutPrefix(line, "#EXT")
		name, _, _ = strings.Cut("EXT"+name, ":")
		if tagged && (!slices.Contains(known, name) || i > 0 && name == "EXTM3U") {
			t.Errorf("%s: line %d: %s", address, i+1, line)
		}
	}
	return all
}

// resolve finds an address that a playlist names.
func resolve(t *testing.T, base, name string) string {
	t.Helper()
	from, err := url.Parse(base)
	must(t, err)
	to, err := from.Parse(name)
	must(t, err)
	if to.Host != from.Host {
		t.Errorf("%s leads to %s", base, to)
	}
	return to.String()
}

// readMaster reads a master playlist strictly.
func readMaster(t *testing.T, address string) (all []variant) {
	t.Helper()
	var next *variant
	for _, line := range lines(t, address, masterTags) {
		switch value, streams := strings.CutPrefix(line, "#EXT-X-STREAM-INF:"); {
		case streams && next == nil:
			next = readVariant(t, value)
		case streams:
			t.Errorf("a variant without an address before %q", line)
		case line == "" || strings.HasPrefix(line, "#"):
		case next == nil:
			t.Errorf("an address without a variant: %q", line)
		default:
			next.address = resolve(t, address, line)
			all = append(all, *next)
			next = nil
		}
	}
	if next != nil || len(all) == 0 {
		t.Errorf("%s has %d variants, and one without an address", address, len(all))
	}
	return all
}

func readVariant(t *testing.T, text string) *variant {
	t.Helper()
	v := &variant{}
	var err error
	for _, m := range attribute.FindAllStringSubmatch(text, -1) {
		switch value := strings.Trim(m[2], `"`); m[1] {
		case "BANDWIDTH":
			v.bandwidth, err = strconv.Atoi(value)
		case "AVERAGE-BANDWIDTH":
			v.average, err = strconv.Atoi(value)
		case "CODECS":
			v.codecs = value
		case "RESOLUTION":
			_, err = fmt.Sscanf(value, "%dx%d", &v.width, &v.height)
		case "FRAME-RATE":
			v.rate, err = strconv.ParseFloat(value, 64)
		}
		must(t, err)
	}
	if v.average == 0 || v.bandwidth < v.average || !codecs.MatchString(v.codecs) || v.width == 0 || math.Abs(v.rate-25) > 0.5 {
		t.Errorf("variant %q", text)
	}
	return v
}

// readList reads a media playlist strictly.
func readList(t *testing.T, address string) list {
	t.Helper()
	l := list{address: address, sequence: -1}
	var next piece
	initial := ""
	var err error
	all := lines(t, address, mediaTags)
	l.text = strings.Join(all, "\n")
	for _, line := range all {
		name, value, _ := strings.Cut(line, ":")
		switch name {
		case "#EXT-X-TARGETDURATION":
			l.target, err = strconv.Atoi(value)
		case "#EXT-X-MEDIA-SEQUENCE":
			l.sequence, err = strconv.Atoi(value)
		case "#EXTINF":
			next.length, err = strconv.ParseFloat(strings.SplitN(value, ",", 2)[0], 64)
		case "#EXT-X-PROGRAM-DATE-TIME":
			next.at, err = readDate(value)
		case "#EXT-X-MAP":
			initial = resolve(t, address, strings.Trim(strings.TrimPrefix(value, "URI="), `"`))
		case "#EXT-X-DISCONTINUITY":
			next.breaks = true
		case "#EXT-X-ENDLIST":
			l.ended = true
		default:
			if line != "" && !strings.HasPrefix(line, "#") {
				next.address, next.initial = resolve(t, address, line), initial
				l.segments = append(l.segments, next)
				next = piece{}
			}
		}
		must(t, err)
	}
	l.check(t)
	return l
}

// readDate reads a time in either form of ISO 8601 that is met: that of ffmpeg has
// no colon in the zone.
func readDate(value string) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339Nano, value); err == nil {
		return at, nil
	}
	return time.Parse("2006-01-02T15:04:05.999-0700", value)
}

// check is what holds for any media playlist.
func (l list) check(t *testing.T) {
	t.Helper()
	failed := t.Failed()
	defer func() {
		if t.Failed() && !failed {
			t.Logf("%s is\n%s", l.address, l.text)
		}
	}()
	if l.sequence < 0 && !l.ended || l.target == 0 || len(l.segments) == 0 {
		t.Errorf("%s: target %d, sequence %d, %d segments", l.address, l.target, l.sequence, len(l.segments))
	}
	seen := map[string]bool{}
	for i, s := range l.segments {
		if s.length <= 0 || int(math.Round(s.length)) > l.target || seen[s.address] {
			t.Errorf("%s: segment %d of %v s, the target is %d s, seen before: %t", l.address, i, s.length, l.target, seen[s.address])
		}
		seen[s.address] = true
		if i == 0 || s.breaks || s.at.IsZero() {
			continue
		}
		before := l.segments[i-1]
		if gap := s.at.Sub(before.at).Seconds() - before.length; math.Abs(gap) > 0.1 {
			t.Errorf("%s: segment %d is dated %.3f s off the end of the one before", l.address, i, gap)
		}
	}
}

// next is the number after the last segment.
func (l list) next() int { return l.sequence + len(l.segments) }

// follows fails the test where two readings of a playlist give a segment of the
// same number two addresses, which confuses players.
func (l list) follows(t *testing.T, before list) {
	t.Helper()
	if l.sequence < before.sequence || l.next() < before.next() {
		t.Errorf("%s went back from %d..%d to %d..%d", l.address, before.sequence, before.next(), l.sequence, l.next())
	}
	for i, s := range l.segments {
		if at := l.sequence + i - before.sequence; at < len(before.segments) && before.segments[at].address != s.address {
			t.Errorf("number %d was %s and is %s", l.sequence+i, before.segments[at].address, s.address)
		}
	}
}

// grown waits until a playlist has so many more segments than it had; nothing is
// read strictly until then, for it may not be there yet.
func (h *house) grown(address string, more int) list {
	h.t.Helper()
	from := max(0, h.numbered(address))
	h.eventually(fmt.Sprintf("%d more segments of %s", more, address), func() bool { return h.numbered(address) >= from+more })
	return readList(h.t, address)
}

var mediaSequence = regexp.MustCompile(`#EXT-X-MEDIA-SEQUENCE:(\d+)`)

// numbered is the number after the last segment of a playlist, -1 while there is
// none.
func (h *house) numbered(address string) int {
	got := fetch(h.t, address)
	found := mediaSequence.FindSubmatch(got.body)
	if got.status != 200 || found == nil {
		return -1
	}
	first, err := strconv.Atoi(string(found[1]))
	must(h.t, err)
	return first + strings.Count(string(got.body), "#EXTINF")
}

// keys downloads a segment and gives the times of its key frames, the first of
// which must be its first picture, and the size of its picture.
func (s piece) keys(t *testing.T, kind string) (times []string, size string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "segment")
	var media []byte
	for _, part := range []struct{ address, kind string }{{s.initial, "video/mp4"}, {s.address, kind}} {
		if part.address == "" {
			continue
		}
		got := fetch(t, part.address)
		if got.status != 200 || got.kind != part.kind || len(got.body) == 0 {
			t.Errorf("%s: %d %s, %d bytes", part.address, got.status, got.kind, len(got.body))
		}
		media = append(media, got.body...)
	}
	must(t, os.WriteFile(path, media, 0o600))
	for i, line := range probe(t, "-select_streams", "v:0", "-show_entries", "packet=pts_time,flags", path) {
		at, flags, _ := strings.Cut(line, ",")
		if key := strings.HasPrefix(flags, "K"); key {
			times = append(times, at)
		} else if i == 0 {
			t.Errorf("%s does not begin with a key frame", s.address)
		}
	}
	got := probe(t, "-select_streams", "v:0", "-show_entries", "stream=codec_name,width,height", path)
	if len(got) == 0 {
		t.Fatalf("%s has no picture", s.address)
	}
	return times, got[0]
}
