package packager

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// piece is a file of a recording.
type piece struct {
	name    string        // in the recording's folder
	begin   time.Time     // when it was received
	length  time.Duration // of media
	size    int64         // bytes
	broken  bool          // does not go on where the one before ended
	streams int           // renditions in it
}

// line is a piece as the index has it.
func (p piece) line() string {
	return fmt.Sprintf("%s %d %d %d %t %d\n", p.name, p.begin.UnixMilli(), p.length.Milliseconds(), p.size, p.broken, p.streams)
}

// readPiece reads a line of the index.
func readPiece(line string) (piece, bool) {
	f := strings.Split(line, " ")
	if len(f) != 6 || !strings.HasSuffix(f[0], pieceSuffix) || !named(strings.TrimSuffix(f[0], pieceSuffix)) {
		return piece{}, false
	}
	var n [4]int64
	for i, text := range []string{f[1], f[2], f[3], f[5]} {
		v, err := strconv.ParseInt(text, 10, 64)
		if err != nil || v < 0 || v > math.MaxInt64/int64(time.Millisecond) {
			return piece{}, false
		}
		n[i] = v
	}
	return piece{
		name: f[0], begin: time.UnixMilli(n[0]), length: time.Duration(n[1]) * time.Millisecond,
		size: n[2], broken: f[4] == "true", streams: int(min(n[3], maxRungs)),
	}, true
}

// readIndex reads what of an index is whole, and how many bytes of it that is. A
// kill leaves a line that has no end.
func readIndex(text string) (pieces []piece, whole int) {
	for {
		end := strings.IndexByte(text[whole:], '\n')
		if end < 0 {
			return pieces, whole
		}
		p, ok := readPiece(text[whole : whole+end])
		if !ok {
			return pieces, whole
		}
		pieces = append(pieces, p)
		whole += end + 1
	}
}

// oldest gives the first piece that the index of a folder has.
func oldest(dir string) (piece, bool) {
	file, err := os.Open(filepath.Join(dir, indexFile))
	if err != nil {
		return piece{}, false
	}
	defer func() { _ = file.Close() }()
	line, err := bufio.NewReader(file).ReadString('\n')
	if err != nil {
		return piece{}, false // there is none, or not a whole one
	}
	return readPiece(strings.TrimSuffix(line, "\n"))
}

// spanOf gives the pieces that play between two times.
func spanOf(all []piece, begin, end time.Time) []piece {
	var found []piece
	for _, p := range all {
		if p.begin.Before(end) && p.begin.Add(p.length).After(begin) {
			found = append(found, p)
		}
	}
	return found
}

// recordedList is a media playlist of what was recorded; address tells where a
// piece is.
func recordedList(pieces []piece, address func(piece) string) string {
	longest := time.Second
	for _, p := range pieces {
		longest = max(longest, p.length)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-TARGETDURATION:%d\n#EXT-X-MEDIA-SEQUENCE:0\n", int(math.Ceil(longest.Seconds())))
	for i, p := range pieces {
		if i > 0 && p.broken {
			b.WriteString("#EXT-X-DISCONTINUITY\n")
		}
		if i == 0 || p.broken {
			fmt.Fprintf(&b, "#EXT-X-PROGRAM-DATE-TIME:%s\n", p.begin.UTC().Format("2006-01-02T15:04:05.000Z"))
		}
		fmt.Fprintf(&b, "#EXTINF:%.3f,\n%s\n", p.length.Seconds(), address(p))
	}
	b.WriteString("#EXT-X-ENDLIST\n")
	return b.String()
}

// old gives the pieces, from the oldest on, that are to go: those that ended
// before the kept time, and as many more as free the bytes that lack. The last
// one is not among those.
func old(all []piece, now time.Time, keep time.Duration, lacking int64) int {
	n := 0
	for n < len(all) {
		expired := now.Sub(all[n].begin.Add(all[n].length)) > keep
		if !expired && (lacking <= 0 || n == len(all)-1) {
			break
		}
		lacking -= all[n].size
		n++
	}
	return n
}

// pieceSuffix ends the names of recorded files, and partSuffix that of the one
// that is being written.
const (
	pieceSuffix = ".ts"
	partSuffix  = ".part"
)

// sorted puts pieces in the order of time, for clocks are set.
func sorted(all []piece) []piece {
	slices.SortStableFunc(all, func(a, b piece) int { return a.begin.Compare(b.begin) })
	return all
}
