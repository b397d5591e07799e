package packager

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// small is a ladder that this machine can encode while it does other things.
func small() []Template {
	return []Template{
		{ID: "180p", Height: 180, Bitrate: 300_000, AudioBitrate: 64_000},
		{ID: "90p", Height: 90, Bitrate: 120_000, AudioBitrate: 48_000},
	}
}

// specOf is a spec with a bit of everything.
func specOf() Spec {
	return Spec{
		ID: "channel", Primary: Source{Kind: Tap, Address: "/tmp/tap"}, Ladder: small(),
		Packages: []Package{{ID: "hls", Format: HLS, Segment: 2 * time.Second}, {ID: "dash", Format: DASH, Segment: 2 * time.Second}},
	}
}

func TestValidate(t *testing.T) {
	if err := specOf().Validate(); err != nil {
		t.Fatal(err)
	}
	for field, breaks := range map[string]func(*Spec){
		"ID":          func(s *Spec) { s.ID = "../x" },
		"Loss":        func(s *Spec) { s.Loss = -1 },
		"GOP":         func(s *Spec) { s.GOP = time.Minute },
		"Record":      func(s *Spec) { s.Record = 15 * 24 * time.Hour },
		"Primary":     func(s *Spec) { s.Primary = Source{Kind: HLSPull, Address: "file:///etc/passwd"} },
		"Standby":     func(s *Spec) { s.Standby = &Source{} },
		"Ladder[1]":   func(s *Spec) { s.Ladder[1] = s.Ladder[0] },
		"Ladder[0]":   func(s *Spec) { s.Ladder[0].Height = 181 },
		"Packages[1]": func(s *Spec) { s.Packages[1].ID = "hls" },
		"Packages[0]": func(s *Spec) { s.Packages[0].Manifest = "../x" },
	} {
		s := specOf()
		breaks(&s)
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), " "+field+" ") {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// TestNothingSecret: neither arguments nor a printed spec hold an address.
func TestNothingSecret(t *testing.T) {
	s := Source{Kind: FLVPull, Address: "https://user:pass@host/app/hush?key=hush", Backups: []Address{"https://host/hush"}}
	for _, kind := range []SourceKind{FLVPull, HLSPull} {
		s.Kind = kind
		if args := strings.Join(inputArgs(s), " "); strings.Contains(args, "hush") || strings.Contains(args, "host") {
			t.Error(args)
		}
	}
	for _, text := range []string{fmt.Sprintf("%v %+v %s", s, s, s.Address), fmt.Sprintf("%#v", s)} {
		if strings.Contains(text, "hush") || strings.Contains(text, "pass") || !strings.Contains(text, "https://host") {
			t.Error(text)
		}
	}
}

func TestRungs(t *testing.T) {
	both := layout{[]program{{number: 1, tracks: []track{{256, typeH264}, {257, typeAAC}}}}}
	silent := layout{[]program{{number: 1, tracks: []track{{256, typeH264}}}}}
	radio := layout{[]program{{number: 1, tracks: []track{{257, typeAAC}}}}}
	ladder := append(small(), Template{ID: "audio", AudioBitrate: 64_000})
	for name, c := range map[string]struct {
		ladder []Template
		in     layout
		want   []rung
	}{
		"copy":           {nil, both, []rung{{0, true, 900_000, 0}}},
		"copy of radio":  {nil, radio, []rung{{-1, true, 0, 900_000}}},
		"ladder":         {ladder, both, []rung{{0, true, 300_000, 64_000}, {1, true, 120_000, 64_000}, {-1, true, 0, 64_000}}},
		"silent":         {ladder, silent, []rung{{0, false, 300_000, 0}, {1, false, 120_000, 0}}},
		"radio":          {ladder, radio, []rung{{-1, true, 0, 64_000}}},
		"radio, no rung": {small(), radio, []rung{{-1, true, 0, 64_000}}},
	} {
		s := Spec{Ladder: c.ladder, Primary: Source{Bitrate: 900_000}}
		if got := s.rungs(c.in); !slices.Equal(got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestCompare(t *testing.T) {
	all := []string{"hls", "dash"}
	for name, c := range map[string]struct {
		change func(*Spec)
		want   Effect
	}{
		"nothing":        {func(*Spec) {}, Effect{}},
		"whitelist":      {func(s *Spec) { s.Packages[0].Restricted = true }, Effect{}},
		"manifest":       {func(s *Spec) { s.Packages[0].Streams.Max = 1 }, Effect{}},
		"source":         {func(s *Spec) { s.Primary.Address = "/tmp/other" }, Effect{Input: true, Packages: all}},
		"standby":        {func(s *Spec) { s.Standby = &Source{Kind: Tap, Address: "/tmp/x"} }, Effect{Input: true, Packages: all}},
		"default loss":   {func(s *Spec) { s.Loss = DefaultLoss }, Effect{}},
		"ladder":         {func(s *Spec) { s.Ladder = s.Ladder[:1] }, Effect{Encoder: true, Packages: all}},
		"gop":            {func(s *Spec) { s.GOP = time.Second }, Effect{Encoder: true, Packages: all}},
		"segment":        {func(s *Spec) { s.Packages[1].Segment = 4 * time.Second }, Effect{Packages: []string{"dash"}}},
		"another window": {func(s *Spec) { s.Packages[0].Window = time.Minute }, Effect{Packages: []string{"hls"}}},
		"package gone":   {func(s *Spec) { s.Packages = s.Packages[:1] }, Effect{Gone: []string{"dash"}}},
		"recording":      {func(s *Spec) { s.Record = time.Hour }, Effect{Recorder: true}},
	} {
		next := specOf()
		c.change(&next)
		if got := Compare(specOf(), next); !reflect.DeepEqual(got, c.want) || got.None() != reflect.DeepEqual(c.want, Effect{}) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	longer := specOf()
	longer.Record = time.Hour
	longest := longer
	longest.Record = 2 * time.Hour
	if e := Compare(longer, longest); !e.None() {
		t.Errorf("keeping longer: %+v", e)
	}
}

func TestSelection(t *testing.T) {
	p := Package{
		Selections: []Selection{{"bitrate=low", 0, 600}, {"bitrate=high", 500, 0}, {"bitrate=none", 5000, 0}},
		Streams:    Streams{Min: 100},
	}
	var mpd strings.Builder
	mpd.WriteString("<MPD minBufferTime=\"PT4.0S\"><AdaptationSet id=\"0\" contentType=\"video\">\n<SupplementalProperty/>\n")
	rungs := []variant{}
	for i, rate := range []int{900, 300, 600, 60} {
		v := variant{rung: rung{rate: rate * 10 / 11}, address: listFile(i)} // a tenth is added to it
		if rungs = append(rungs, v); rate == 60 {
			rungs[i].video = -1
			break
		}
		fmt.Fprintf(&mpd, "\t<Representation id=\"v%d.m3u8\" bandwidth=\"%d\">\n<S/></Representation>\n", i, rate)
	}
	mpd.WriteString("</AdaptationSet><AdaptationSet id=\"1\" contentType=\"audio\"><Representation id=\"v3.m3u8\" bandwidth=\"60\"></Representation></AdaptationSet></MPD>")
	for name, c := range map[string]struct {
		query string
		order Order
		want  string
	}{
		"all":        {"", AsLadder, "v0 v1 v2 v3"},
		"ascending":  {"", Ascending, "v1 v2 v0 v3"},
		"descending": {"other=1", Descending, "v0 v2 v1 v3"},
		"low":        {"bitrate=low", AsLadder, "v1 v2 v3"},
		"high":       {"bitrate=high", Ascending, "v2 v0 v3"},
		"none":       {"bitrate=none", AsLadder, ""},
	} {
		query, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		p.Streams.Order = c.order
		hls, _ := master(rungs, p.bounds(query)) // "" where none is left
		dash, _ := selectDASH(mpd.String(), p, p.bounds(query))
		for format, text := range map[string]string{"HLS": hls, "DASH": dash} {
			var got []string
			for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '"' }) {
				if name, ok := strings.CutSuffix(word, ".m3u8"); ok {
					got = append(got, name)
				}
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%s, %s: %v, want %s", name, format, got, c.want)
			}
		}
	}
	p.Buffer = 9 * time.Second
	if text, err := selectDASH(mpd.String(), p, Streams{}); err != nil || !strings.Contains(text, `minBufferTime="PT9S"`) {
		t.Errorf("%v: %s", err, text)
	}
}

func TestOneVariant(t *testing.T) {
	at, err := url.Parse("https://host/a/master.m3u8?key=1")
	if err != nil {
		t.Fatal(err)
	}
	master := "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"x\",URI=\"s.m3u8\"\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"y\",URI=\"t.m3u8\"\n" +
		"#EXT-X-STREAM-INF:BANDWIDTH=900,AUDIO=\"x\"\n/v0.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=300,AUDIO=\"y\"\nv1.m3u8\n"
	for limit, want := range map[int]string{0: "/v0.m3u8", 899: "v1.m3u8", 1: "v1.m3u8"} {
		got := oneVariant(master, at, limit)
		if !strings.HasSuffix(got, "\n"+want+"\n") || strings.Count(got, "EXT-X-MEDIA:") != 1 {
			t.Errorf("%d: %s", limit, got)
		}
	}
	if got := oneVariant("#EXTM3U\n#EXTINF:2,\na.ts\n", at, 0); !strings.HasSuffix(got, at.String()+"\n") {
		t.Errorf("a media playlist: %s", got)
	}
}

// TestWay rewrites all that a playlist names: to what stands behind it, or, where
// that may not be asked for, to nowhere.
func TestWay(t *testing.T) {
	w := &way{url: "http://127.0.0.1:1", secret: "hush"}
	from, err := url.Parse("https://host/a/list.m3u8?key=1")
	if err != nil {
		t.Fatal(err)
	}
	for written, want := range map[string]string{
		"x.ts?key=2": "https://host/a/x.ts?key=2", "http://other:81/x.m3u8": "http://other:81/x.m3u8",
		`#EXT-X-KEY:METHOD=AES-128,URI="k",IV=0x1`:       "https://host/a/k",
		`#EXT-X-KEY:METHOD=AES-128,URI=//other/k,IV=0x1`: "https://other/k",
		"httpproxy://10.0.0.1:80/x.ts":                   "", "file:///etc/passwd": "", "#EXT-X-MAP:URI=tcp://10.0.0.1:80": "", "ht tp://:::": "",
	} {
		line := strings.TrimSpace(w.rewrite(written, from))
		_, address, _ := strings.Cut(line, w.url)
		address, _, _ = strings.Cut(address, `"`)
		if strings.Count(line, "://") != 1 || !strings.Contains(line, w.url) {
			t.Errorf("%s became %s", written, line)
		}
		got, ok := w.behind(&url.URL{Path: address})
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("%s leads to %v, want %q", written, got, want)
		}
	}
}

// TestRetold: what is left of two runs has what each begins with, and all breaks are
// counted, also that which left the playlist.
func TestRetold(t *testing.T) {
	const head, tags = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-MEDIA-SEQUENCE:4\n", "#EXTINF:2.000000,\n#EXT-X-PROGRAM-DATE-TIME:2026-11-22T19:27:55.167+0000\n"
	got := retold(head + "#EXT-X-MAP:URI=\"b-2-0-init.mp4\"\n" + tags + "a-1-0-4.m4s\n" + tags + "a-1-0-5.m4s\n#EXT-X-DISCONTINUITY\n" + tags + "b-2-0-6.m4s\n")
	want := head + "#EXT-X-DISCONTINUITY-SEQUENCE:1\n#EXT-X-MAP:URI=\"a-1-0-init.mp4\"\n" + tags + "a-1-0-4.m4s\n" + tags + "a-1-0-5.m4s\n" +
		"#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"b-2-0-init.mp4\"\n" + tags + "b-2-0-6.m4s\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := retold(head); got != head {
		t.Error(got)
	}
	dir := t.TempDir()
	for text, want := range map[string]string{"": "c-0", head + tags + "a-1-0-5.m4s\n": "c-2"} {
		if err := os.WriteFile(filepath.Join(dir, listFile(0)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := nextRun(dir, "c"); got != want {
			t.Errorf("after %q comes %s, want %s", text, got, want)
		}
	}
}

// pieces makes some of two seconds each.
func pieces(n int) []piece {
	var all []piece
	for i := range n {
		all = append(all, piece{name: fmt.Sprintf("p%d.ts", i), begin: time.Unix(int64(1000+2*i), 0), length: 2 * time.Second, size: 100, broken: i == 3, streams: 1})
	}
	return all
}

func TestIndex(t *testing.T) {
	var text strings.Builder
	for _, p := range pieces(5) {
		text.WriteString(p.line())
	}
	for cut := range text.Len() + 1 {
		got, whole := readIndex(text.String()[:cut])
		if lines := strings.Count(text.String()[:cut], "\n"); len(got) != lines || whole != strings.LastIndex(text.String()[:cut], "\n")+1 {
			t.Errorf("cut at %d: %d pieces, %d whole bytes", cut, len(got), whole)
		}
	}
	got, _ := readIndex(text.String())
	if !reflect.DeepEqual(got, pieces(5)) {
		t.Errorf("%+v", got)
	}
	for _, bad := range []string{"../x.ts 1 1 1 false 1\n", "x.ts 1 1 false 1\n", "x.ts -1 1 1 false 1\n", "x.mp4 1 1 1 false 1\n"} {
		if got, _ := readIndex(bad); len(got) > 0 {
			t.Errorf("%q gave %+v", bad, got)
		}
	}
}

func FuzzIndex(f *testing.F) {
	f.Add(pieces(1)[0].line())
	f.Fuzz(func(t *testing.T, text string) {
		all, whole := readIndex(text)
		if whole > len(text) {
			t.Fatal(whole)
		}
		for _, p := range all {
			if strings.ContainsAny(p.name, "/\\") || p.length < 0 || p.size < 0 {
				t.Errorf("%+v", p)
			}
		}
	})
}

func TestSpanOfARecording(t *testing.T) {
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	for _, c := range []struct {
		begin, end int64
		want       int
	}{{1000, 1010, 5}, {1002, 1004, 1}, {1003, 1005, 2}, {900, 1000, 0}, {1010, 2000, 0}} {
		if got := spanOf(pieces(5), at(c.begin), at(c.end)); len(got) != c.want {
			t.Errorf("%d to %d: %d pieces, want %d", c.begin, c.end, len(got), c.want)
		}
	}
	list := recordedList(pieces(5), func(p piece) string { return "rec/" + p.name })
	if strings.Count(list, "#EXTINF:2.000,\nrec/p") != 5 || strings.Count(list, "DISCONTINUITY") != 1 ||
		!strings.Contains(list, "TARGETDURATION:2\n") || !strings.HasSuffix(list, "#EXT-X-ENDLIST\n") {
		t.Error(list)
	}
}

func TestOldPieces(t *testing.T) {
	now := time.Unix(1010, 0)
	for name, c := range map[string]struct {
		keep    time.Duration
		lacking int64
		want    int
	}{
		"all kept":             {time.Minute, 0, 0},
		"by time":              {5 * time.Second, 0, 2},
		"by space":             {time.Minute, 150, 2},
		"never the last one":   {0, 1 << 40, 4},
		"both, the more of it": {5 * time.Second, 250, 3},
	} {
		if got := old(pieces(5), now, c.keep, c.lacking); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
