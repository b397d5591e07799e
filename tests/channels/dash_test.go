package channels

import (
	"encoding/xml"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// mpd is what players need of a DASH manifest.
type mpd struct {
	XMLName  xml.Name  `xml:"urn:mpeg:dash:schema:mpd:2011 MPD"`
	Profiles string    `xml:"profiles,attr"`
	Type     string    `xml:"type,attr"`
	Since    time.Time `xml:"availabilityStartTime,attr"`
	Update   string    `xml:"minimumUpdatePeriod,attr"`
	Buffer   string    `xml:"minBufferTime,attr"`
	Period   struct {
		Start string          `xml:"start,attr"`
		Sets  []adaptationSet `xml:"AdaptationSet"`
	} `xml:"Period"`
}

type adaptationSet struct {
	Kind            string           `xml:"contentType,attr"`
	Representations []representation `xml:"Representation"`
}

type representation struct {
	ID        string `xml:"id,attr"`
	Mime      string `xml:"mimeType,attr"`
	Codecs    string `xml:"codecs,attr"`
	Bandwidth int    `xml:"bandwidth,attr"`
	Height    int    `xml:"height,attr"`
	Template  struct {
		Scale   int64  `xml:"timescale,attr"`
		First   int64  `xml:"startNumber,attr"`
		Initial string `xml:"initialization,attr"`
		Media   string `xml:"media,attr"`
		Spans   []span `xml:"SegmentTimeline>S"`
	} `xml:"SegmentTemplate"`
}

// span is segments of one length on the timeline.
type span struct {
	At     *int64 `xml:"t,attr"`
	Length int64  `xml:"d,attr"`
	More   int64  `xml:"r,attr"`
}

// readMPD reads a manifest strictly.
func readMPD(t *testing.T, address string) mpd {
	t.Helper()
	got := fetch(t, address)
	if got.status != 200 || got.kind != "application/dash+xml" {
		t.Fatalf("%s: %d %s", address, got.status, got.kind)
	}
	var m mpd
	must(t, xml.Unmarshal(got.body, &m))
	if m.Type != "dynamic" || !strings.HasPrefix(m.Profiles, "urn:mpeg:dash:profile:isoff-live:2011") || m.Since.IsZero() ||
		time.Until(m.Since) > time.Second || m.Update == "" || m.Buffer == "" || m.Period.Start == "" || len(m.Period.Sets) != 2 {
		t.Errorf("manifest %+v of\n%s", m, got.body)
	}
	return m
}

// starts gives the times at which the segments begin, in seconds, and checks
// that they follow each other.
func (r representation) starts(t *testing.T) (all []float64) {
	t.Helper()
	now := int64(0)
	for i, s := range r.Template.Spans {
		if s.At != nil {
			if i > 0 && *s.At != now {
				t.Errorf("%s: a hole from %d to %d", r.ID, now, *s.At)
			}
			now = *s.At
		}
		for range s.More + 1 {
			all = append(all, float64(now)/float64(r.Template.Scale))
			now += s.Length
		}
	}
	return all
}

// file is the address of the segment of a number, or, of -1, of what comes before
// all.
func (r representation) file(t *testing.T, address string, number int64) string {
	t.Helper()
	if number < 0 {
		return resolve(t, address, strings.ReplaceAll(r.Template.Initial, "$RepresentationID$", r.ID))
	}
	name := strings.ReplaceAll(r.Template.Media, "$RepresentationID$", r.ID)
	return resolve(t, address, strings.ReplaceAll(name, "$Number%05d$", fmt.Sprintf("%05d", number)))
}

// check reads the segments of a representation by its timeline.
func (r representation) check(t *testing.T, address string) {
	t.Helper()
	starts := r.starts(t)
	if r.Bandwidth == 0 || r.Codecs == "" || len(starts) < 2 {
		t.Fatalf("representation %+v", r)
	}
	for i := range starts[1 : len(starts)-1] { // the first and the last may be short
		if length := starts[i+2] - starts[i+1]; r.Height > 0 && math.Abs(length-segment) > 0.05 {
			t.Errorf("%s: segment %d of %.3f s", r.ID, i+1, length)
		}
	}
	for _, number := range []int64{-1, r.Template.First, r.Template.First + int64(len(starts)) - 1} {
		if got := fetch(t, r.file(t, address, number)); got.status != 200 || got.kind != "video/iso.segment" || len(got.body) == 0 {
			t.Errorf("%s, segment %d: %d %s, %d bytes", r.ID, number, got.status, got.kind, len(got.body))
		}
	}
}
