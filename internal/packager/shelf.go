package packager

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// shelf is the playlist of a live rendition (RFC 8216, 4.3.3), and which segments
// stand in it. The zero value is empty.
type shelf struct {
	segments []segment
	first    int // number of the first one
	breaks   int // discontinuities before it
	target   int // seconds; only ever grows, as players are promised
}

// segment is one that is whole.
type segment struct {
	name   string // of its file
	length time.Duration
	at     time.Time // of its first picture
	breaks bool      // does not go on where the one before ended
}

// next is the number of the segment that comes.
func (s shelf) next() int { return s.first + len(s.segments) }

// add puts a segment at the end, and takes away those that are too many.
func (s *shelf) add(next segment, keep int) {
	s.segments = append(s.segments, next)
	s.target = max(s.target, int(math.Round(next.length.Seconds())))
	s.drop(max(0, len(s.segments)-keep))
}

// drop takes segments away from the front.
func (s *shelf) drop(n int) {
	for _, gone := range s.segments[:n] {
		if gone.breaks {
			s.breaks++
		}
	}
	s.first, s.segments = s.first+n, s.segments[n:]
}

const dateForm = "2006-01-02T15:04:05.000Z"

// text is the playlist. closed says that every segment can be decoded alone.
func (s shelf) text(closed bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:%d\n#EXT-X-MEDIA-SEQUENCE:%d\n", s.target, s.first)
	if s.breaks > 0 {
		fmt.Fprintf(&b, "#EXT-X-DISCONTINUITY-SEQUENCE:%d\n", s.breaks)
	}
	if closed {
		b.WriteString("#EXT-X-INDEPENDENT-SEGMENTS\n")
	}
	for _, e := range s.segments {
		if e.breaks {
			b.WriteString("#EXT-X-DISCONTINUITY\n")
		}
		fmt.Fprintf(&b, "#EXT-X-PROGRAM-DATE-TIME:%s\n#EXTINF:%.6f,\n%s\n", e.at.UTC().Format(dateForm), e.length.Seconds(), e.name)
	}
	return b.String()
}

// readShelf reads a playlist that [shelf.text] wrote; of another one it takes
// nothing.
func readShelf(text string) shelf {
	var s shelf
	var e segment
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		name, value, _ := strings.Cut(line, ":")
		var err error
		switch {
		case name == "#EXT-X-TARGETDURATION":
			s.target, err = strconv.Atoi(value)
		case name == "#EXT-X-MEDIA-SEQUENCE":
			s.first, err = strconv.Atoi(value)
		case name == "#EXT-X-DISCONTINUITY-SEQUENCE":
			s.breaks, err = strconv.Atoi(value)
		case name == "#EXT-X-DISCONTINUITY":
			e.breaks = true
		case name == "#EXT-X-PROGRAM-DATE-TIME":
			e.at, err = time.Parse(dateForm, value)
		case name == "#EXTINF":
			e.length, err = time.ParseDuration(strings.TrimSuffix(value, ",") + "s")
		case !strings.HasPrefix(line, "#"):
			e.name = line
			s.segments = append(s.segments, e)
			e = segment{}
		}
		if err != nil {
			return shelf{}
		}
	}
	return s
}

// openShelf reads the playlist of a file, as far as its segments are there: it
// begins behind the last one that is not.
func openShelf(path string) shelf {
	text, err := os.ReadFile(path)
	if err != nil {
		return shelf{} // there is none yet
	}
	s := readShelf(string(text))
	for i := len(s.segments) - 1; i >= 0; i-- {
		if _, err := os.Stat(filepath.Join(filepath.Dir(path), s.segments[i].name)); err != nil {
			s.drop(i + 1)
			break
		}
	}
	return s
}

// replace writes a file that nobody sees half of.
func replace(path, text string) error {
	next := path + ".tmp"
	if err := os.WriteFile(next, []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(next, path)
}
