package packager

import (
	"fmt"
	"slices"
	"testing"
)

// TestCodings compares what is read of a stream with what ffmpeg says of it.
func TestCodings(t *testing.T) {
	for name, c := range map[string]struct {
		more []string
		want []coding
	}{
		"H.264 and AAC": {[]string{"-preset", "veryfast", "-profile:v", "main", "-level", "3.1"}, []coding{{"avc1.4d401f", 320, 180}, {codec: "mp4a.40.2"}}},
		"of fields":     {[]string{"-preset", "veryfast", "-flags", "+ildct+ilme", "-level", "3.1"}, []coding{{"avc1.64001f", 320, 180}, {codec: "mp4a.40.2"}}},
		"of more colour": {
			[]string{"-pix_fmt", "yuv422p", "-preset", "veryfast", "-level", "3.1", "-s", "322x182", "-c:a", "ac3"},
			[]coding{{"avc1.7a001f", 322, 182}, {codec: "ac-3"}},
		},
		"HEVC": {
			[]string{"-c:v", "libx265", "-x265-params", "log-level=none:level-idc=3", "-c:a", "mp2"},
			[]coding{{"hvc1.1.6.L90.90", 320, 180}, {codec: "mp4a.40.33"}},
		},
	} {
		m := newMeter(nil)
		m.feed(media(t, 3, c.more...), nil)
		var got []coding
		for _, one := range m.layout.programs[0].tracks {
			got = append(got, m.looked(one.PID).coding)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
		if seen := m.looked(testVideo); fmt.Sprintf("%.3f", seen.rate) != "25.000" || seen.peak < seen.average() || seen.average() < 20_000 {
			t.Errorf("%s: %+v", name, seen)
		}
	}
}

// FuzzCoding reads whatever comes.
func FuzzCoding(f *testing.F) {
	f.Add([]byte{0, 0, 1, 0x67, 0x64, 0, 0x1f, 0xac, 0xd9, 0x41, 0x41, 0xfb, 0, 0, 1})
	f.Fuzz(func(t *testing.T, frame []byte) {
		for _, kind := range []byte{typeH264, typeHEVC, typeAAC, typeMPEG1Audio} {
			if c, ok := readCoding(kind, frame); ok && (c.codec == "" || c.width < 0 || c.width > maxSide || c.height < 0 || c.height > maxSide) {
				t.Errorf("%+v", c)
			}
		}
	})
}
