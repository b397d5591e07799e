package packager

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// errNoStream tells that no stream is within the bounds.
var errNoStream = errors.New("no stream of this package is within the bounds")

// bounds gives which streams a request is to see: those of the package, narrowed
// by the first selection whose parameter the address has.
func (p Package) bounds(query url.Values) Streams {
	s := p.Streams
	for _, sel := range p.Selections {
		name, value, _ := strings.Cut(sel.Key, "=")
		if name == "" || !slices.Contains(query[name], value) {
			continue
		}
		s.Min = max(s.Min, sel.Min)
		if sel.Max > 0 && (s.Max == 0 || sel.Max < s.Max) {
			s.Max = sel.Max
		}
		break
	}
	return s
}

// within says whether a bit rate is shown.
func (s Streams) within(bandwidth int) bool {
	return bandwidth >= s.Min && (s.Max == 0 || bandwidth <= s.Max)
}

// entry is a stream of a manifest, as it is written there.
type entry struct {
	text      string
	bandwidth int
}

// choose filters and orders streams.
func (s Streams) choose(all []entry) []entry {
	all = slices.DeleteFunc(all, func(e entry) bool { return !s.within(e.bandwidth) })
	switch s.Order {
	case Ascending:
		slices.SortStableFunc(all, func(a, b entry) int { return cmp.Compare(a.bandwidth, b.bandwidth) })
	case Descending:
		slices.SortStableFunc(all, func(a, b entry) int { return cmp.Compare(b.bandwidth, a.bandwidth) })
	case AsLadder:
	}
	return all
}

// attribute finds BANDWIDTH of a variant.
func bandwidth(line string) int {
	for rest := line; ; {
		i := strings.Index(rest, "BANDWIDTH=")
		if i < 0 {
			return 0
		}
		if i > 0 && rest[i-1] == '-' { // AVERAGE-BANDWIDTH
			rest = rest[i+len("BANDWIDTH="):]
			continue
		}
		digits := rest[i+len("BANDWIDTH="):]
		end := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' })
		if end < 0 {
			end = len(digits)
		}
		n, err := strconv.Atoi(digits[:end])
		if err != nil {
			return 0
		}
		return n
	}
}

// selectDASH filters and orders the video representations of an MPD, and sets
// the figures of a package where it has some.
func selectDASH(mpd string, p Package, s Streams) (string, error) {
	representation := regexp.MustCompile(`(?s)[ \t]*<Representation .*?</Representation>\n?`)
	rate := regexp.MustCompile(`\sbandwidth="(\d+)"`)
	empty := false
	set := regexp.MustCompile(`(?s)<AdaptationSet [^>]*contentType="video".*?</AdaptationSet>`)
	mpd = set.ReplaceAllStringFunc(mpd, func(text string) string {
		found := representation.FindAllString(text, -1)
		all := make([]entry, len(found))
		for i, r := range found {
			all[i].text = r
			if m := rate.FindStringSubmatch(r); m != nil {
				all[i].bandwidth, _ = strconv.Atoi(m[1]) // digits; too many are 0 or the largest
			}
		}
		chosen := s.choose(all)
		empty = len(chosen) == 0
		var body strings.Builder
		for _, e := range chosen {
			body.WriteString(e.text)
		}
		if len(found) == 0 {
			return text
		}
		first := strings.Index(text, found[0])
		last := strings.LastIndex(text, found[len(found)-1]) + len(found[len(found)-1])
		return text[:first] + body.String() + text[last:]
	})
	if empty {
		return "", errNoStream
	}
	for name, value := range map[string]time.Duration{"suggestedPresentationDelay": p.Delay, "minimumUpdatePeriod": p.Update, "minBufferTime": p.Buffer} {
		mpd = setMPD(mpd, name, value)
	}
	return mpd, nil
}

// setMPD sets an attribute of an MPD that has it; 0 keeps what is there.
func setMPD(mpd, name string, value time.Duration) string {
	if value <= 0 {
		return mpd
	}
	return regexp.MustCompile(`\b`+name+`="[^"]*"`).ReplaceAllLiteralString(mpd, fmt.Sprintf(`%s="PT%gS"`, name, value.Seconds()))
}

// oneVariant makes the master playlist that ffmpeg gets of an HLS source: with
// the best variant not above a bit rate (0: any), or the lowest, and its renditions.
// A media playlist becomes the only variant.
func oneVariant(playlist string, at *url.URL, limit int) string {
	var media []string
	var all []entry
	lines := strings.Split(playlist, "\n")
	for i, line := range lines {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#EXT-X-MEDIA:") {
			media = append(media, line)
		}
		if strings.HasPrefix(line, "#EXT-X-STREAM-INF:") && i+1 < len(lines) {
			all = append(all, entry{line + "\n" + strings.TrimSpace(lines[i+1]) + "\n", bandwidth(line)})
		}
	}
	if len(all) == 0 {
		return "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n" + at.String() + "\n"
	}
	best := slices.MinFunc(all, func(a, b entry) int { return cmp.Compare(a.bandwidth, b.bandwidth) })
	for _, e := range all {
		if e.bandwidth > best.bandwidth && (limit == 0 || e.bandwidth <= limit) {
			best = e
		}
	}
	group := regexp.MustCompile(`AUDIO="([^"]*)"`).FindStringSubmatch(best.text)
	var out strings.Builder
	out.WriteString("#EXTM3U\n")
	for _, m := range media {
		if group != nil && strings.Contains(m, `GROUP-ID="`+group[1]+`"`) {
			out.WriteString(m + "\n")
		}
	}
	return out.String() + best.text
}
