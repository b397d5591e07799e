package packager

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// variant is a rendition as a master playlist tells it.
type variant struct {
	rung
	seen, heard look // its tracks
	address     string
}

// nominal is the bit rate that it is made for, with what containers add; 0: it is
// made for none.
func (v variant) nominal() int { return (v.rate + v.sound) * 11 / 10 }

// peak is the highest bit rate that was measured, or is meant.
func (v variant) peak() int { return max(v.nominal(), int(v.seen.peak+v.heard.peak), 1) }

// line is its line of a master playlist (RFC 8216, 4.3.4.2). What is not known is
// not told.
func (v variant) line() string {
	var b strings.Builder
	fmt.Fprintf(&b, "#EXT-X-STREAM-INF:BANDWIDTH=%d", v.peak())
	if average := v.seen.average() + v.heard.average(); average > 0 {
		fmt.Fprintf(&b, ",AVERAGE-BANDWIDTH=%d", min(v.peak(), int(math.Ceil(average))))
	}
	if codecs := v.codecs(); codecs != "" {
		fmt.Fprintf(&b, ",CODECS=%q", codecs)
	}
	if c := v.seen.coding; c.height > 0 {
		fmt.Fprintf(&b, ",RESOLUTION=%dx%d", c.width, c.height)
	}
	if v.seen.rate > 0 {
		b.WriteString(",FRAME-RATE=" + strconv.FormatFloat(v.seen.rate, 'f', 3, 64))
	}
	return b.String() + "\n" + v.address + "\n"
}

// codecs lists how all tracks are encoded; empty: that is not known of one.
func (v variant) codecs() string {
	var all []string
	if v.video >= 0 {
		all = append(all, v.seen.coding.codec)
	}
	if v.audio {
		all = append(all, v.heard.coding.codec)
	}
	for _, codec := range all {
		if codec == "" {
			return ""
		}
	}
	return strings.Join(all, ",")
}

// master is a master playlist of the variants that are within bounds, in their
// order. Those without video are not counted among those of the bounds, if there
// are others.
func master(all []variant, s Streams) (string, error) {
	var seen, sound []entry
	for _, v := range all {
		bandwidth := v.nominal()
		if bandwidth == 0 {
			bandwidth = v.peak()
		}
		if e := (entry{v.line(), bandwidth}); v.video >= 0 {
			seen = append(seen, e)
		} else {
			sound = append(sound, e)
		}
	}
	chosen := s.choose(seen)
	if len(chosen) == 0 && (len(seen) > 0 || len(sound) == 0) {
		return "", errNoStream
	}
	var b strings.Builder
	b.WriteString("#EXTM3U\n#EXT-X-VERSION:3\n")
	for _, e := range append(chosen, sound...) {
		b.WriteString(e.text)
	}
	return b.String(), nil
}

// variants gives the renditions of a channel as they are now. After a new start
// of the encoder they are those from before until more is seen.
func (p *pipeline) variants() []variant {
	p.mu.Lock()
	defer p.mu.Unlock()
	rungs, m := p.spec.rungs(p.layout), p.encoded
	if len(p.spec.Ladder) == 0 {
		m = p.sources[p.active].meter
	}
	all := make([]variant, len(rungs))
	whole := true
	for i, r := range rungs {
		all[i] = variant{rung: r, address: listFile(i)}
		for _, t := range m.layout.rendition(r, i, len(rungs)).tracks {
			if t.video() {
				all[i].seen = m.looked(t.PID)
			} else {
				all[i].heard = m.looked(t.PID)
			}
		}
		whole = whole && all[i].codecs() != "" && (r.video < 0 || all[i].seen.rate > 0)
	}
	if whole {
		p.seen = all
	}
	if len(p.seen) == len(all) {
		return p.seen
	}
	return all
}
