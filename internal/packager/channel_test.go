package packager

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// stage is a packager with a sender and a server.
type stage struct {
	*Packager
	dir     string
	primary *sender
	url     string
}

// stageOf makes one. The sender plays long enough for its times not to jump in a test.
func stageOf(t testing.TB, change func(*Options)) *stage {
	t.Helper()
	s := &stage{dir: t.TempDir()}
	opts := Options{Dir: filepath.Join(s.dir, "channels"), FFmpeg: nicely(t), Load: 100, Tap: dialTap}
	if change != nil {
		change(&opts)
	}
	var err error
	if s.Packager, err = New(opts); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	t.Cleanup(func() {
		for _, r := range s.Report() {
			if t.Failed() {
				t.Logf("%+v, encoder %+v, recording %+v", r, r.Encoder, r.Record)
			}
		}
	})
	s.primary = send(t, s.tap("primary"), media(t, 60), 60)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *stage) tap(name string) string { return filepath.Join(s.dir, name) }

// put runs a channel.
func (s *stage) put(t testing.TB, spec Spec) {
	t.Helper()
	if err := s.Put(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
}

// get gives status and body at a path of the channel.
func (s *stage) get(t testing.TB, path string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/channel/"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// sequence is the number after the last segment of a playlist, -1 without one.
func (s *stage) sequence(t testing.TB, path string) int {
	t.Helper()
	_, text := s.get(t, path)
	found := regexp.MustCompile(`MEDIA-SEQUENCE:(\d+)`).FindStringSubmatch(text)
	if found == nil {
		return -1
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		t.Fatal(err)
	}
	return n + strings.Count(text, "#EXTINF")
}

// report is that of the one channel.
func (s *stage) report(t testing.TB) ChannelReport {
	t.Helper()
	all := s.Report()
	if len(all) != 1 {
		t.Fatalf("%d channels", len(all))
	}
	return all[0]
}

// full is a channel with all that there is.
func (s *stage) full() Spec {
	segment := 2 * time.Second
	return Spec{
		ID: "channel", Primary: Source{Kind: Tap, Address: Address(s.tap("primary"))}, Ladder: small(), Record: time.Hour,
		Packages: []Package{
			{
				ID: "ts", Format: HLS, Segment: segment, Window: 20 * time.Second, Catchup: []Span{{Begin: "begin", End: "end"}},
				Selections: []Selection{{Key: "bitrate=low", Max: 250_000}}, Streams: Streams{Order: Ascending},
			},
			{ID: "fmp4", Format: HLS, FMP4: true, Segment: segment, Manifest: "live"},
			{ID: "dash", Format: DASH, Segment: segment, Delay: 9 * time.Second},
		},
	}
}

func TestChannel(t *testing.T) {
	s := stageOf(t, nil)
	s.put(t, s.full())
	await(t, "four segments of all packages", 40*time.Second, func() bool {
		_, mpd := s.get(t, "dash/index.mpd")
		return s.sequence(t, "ts/v0.m3u8") >= 4 && s.sequence(t, "fmp4/v1.m3u8") >= 4 && strings.Contains(mpd, "<S ")
	})
	t.Run("HLS in TS", func(t *testing.T) { s.checkHLS(t, "ts", "index.m3u8", "90 180") })
	t.Run("HLS in fMP4", func(t *testing.T) { s.checkHLS(t, "fmp4", "live.m3u8", "180 90") })
	t.Run("DASH", s.checkDASH)
	t.Run("selection", func(t *testing.T) {
		if _, text := s.get(t, "ts/index.m3u8?bitrate=low"); strings.Count(text, "STREAM-INF") != 1 || !strings.Contains(text, "x90") {
			t.Error(text)
		}
	})
	t.Run("catch-up", s.checkCatchup)
	t.Run("access", s.checkAccess)
	t.Run("report", func(t *testing.T) {
		r := s.report(t)
		in := r.Inputs[0]
		if !in.Alive || in.Counts.ContinuityErrors != 0 || in.Counts.KeyFrames == 0 || r.OnAir != Primary || r.Encoder.Progress.Frames == 0 ||
			r.Encoded.Bytes == 0 || len(r.Packages) != 3 || r.Packages[2].OK == 0 || r.Packages[2].Refused == 0 || r.Packages[2].Bytes == 0 || r.Record.Problem != "" || r.Record.Pieces == 0 {
			t.Errorf("%+v, encoder %+v, recording %+v", r, r.Encoder, r.Record)
		}
	})
}

// checkHLS reads a package back: its renditions, the length of its segments, and
// that key frames of all renditions are at the same times.
func (s *stage) checkHLS(t *testing.T, pkg, manifest, heights string) {
	address := s.url + "/channel/" + pkg + "/" + manifest
	_, master := s.get(t, pkg+"/"+manifest)
	var order []string
	for _, m := range regexp.MustCompile(`RESOLUTION=\d+x(\d+)`).FindAllStringSubmatch(master, -1) {
		order = append(order, m[1])
	}
	if strings.Join(order, " ") != heights {
		t.Errorf("renditions %v in %s", order, master)
	}
	if got := probe(t, "-show_entries", "stream=codec_name", address); strings.Count(got, "h264") < 2 || !strings.Contains(got, "aac") {
		t.Errorf("streams %q", got)
	}
	var times []string
	for i := range 2 {
		_, list := s.get(t, fmt.Sprintf("%s/v%d.m3u8", pkg, i))
		for n, m := range regexp.MustCompile(`#EXTINF:([\d.]+)`).FindAllStringSubmatch(list, -1) {
			if length, err := strconv.ParseFloat(m[1], 64); err != nil || n > 0 && (length < 1.95 || length > 2.05) {
				t.Errorf("segment %d of rendition %d takes %s s in\n%s", n, i, m[1], list)
			}
		}
		keys := probe(t, "-select_streams", "v:0", "-skip_frame", "nokey", "-show_entries", "frame=pts_time", "-live_start_index", "0", "-read_intervals", "%+#3", fmt.Sprintf("%s/channel/%s/v%d.m3u8", s.url, pkg, i))
		times = append(times, keys)
	}
	if times[0] == "" || times[0] != times[1] {
		t.Errorf("key frames at %q and at %q", times[0], times[1])
	}
}

func (s *stage) checkDASH(t *testing.T) {
	_, text := s.get(t, "dash/index.mpd")
	var mpd struct {
		Type  string `xml:"type,attr"`
		Delay string `xml:"suggestedPresentationDelay,attr"`
		Sets  []struct {
			Kind            string `xml:"contentType,attr"`
			Representations []struct {
				Height   int `xml:"height,attr"`
				Template struct {
					Scale int64 `xml:"timescale,attr"`
					Spans []struct {
						Length int64 `xml:"d,attr"`
					} `xml:"SegmentTimeline>S"`
				} `xml:"SegmentTemplate"`
			} `xml:"Representation"`
		} `xml:"Period>AdaptationSet"`
	}
	if err := xml.Unmarshal([]byte(text), &mpd); err != nil {
		t.Fatal(err)
	}
	if mpd.Type != "dynamic" || mpd.Delay != "PT9S" || len(mpd.Sets) != 2 || len(mpd.Sets[0].Representations) != 2 || mpd.Sets[0].Representations[1].Height != 90 {
		t.Fatalf("%+v in %s", mpd, text)
	}
	for _, r := range mpd.Sets[0].Representations {
		for i, span := range r.Template.Spans {
			if length := float64(span.Length) / float64(r.Template.Scale); i > 0 && (length < 1.95 || length > 2.05) {
				t.Errorf("a segment of %v s", length)
			}
		}
	}
	if got := probe(t, "-show_entries", "stream=codec_name,height", s.url+"/channel/dash/index.mpd"); !strings.Contains(got, "h264,180") || !strings.Contains(got, "h264,90") || !strings.Contains(got, "aac") {
		t.Errorf("streams %q", got)
	}
}

// checkCatchup plays what was recorded.
func (s *stage) checkCatchup(t *testing.T) {
	now := time.Now().Unix()
	query := fmt.Sprintf("ts/index.m3u8?begin=%d&end=%d", now-60, now+60)
	status, master := s.get(t, query)
	if status != http.StatusOK || strings.Count(master, "STREAM-INF") != 2 {
		t.Fatalf("%d: %s", status, master)
	}
	_, list := s.get(t, query+"&rendition=1")
	if !strings.Contains(list, "PLAYLIST-TYPE:VOD") || !strings.Contains(list, "#EXTINF:2.000") || !strings.Contains(list, "ENDLIST") {
		t.Fatal(list)
	}
	got := probe(t, "-show_entries", "stream=codec_name,height", s.url+"/channel/"+query+"&rendition=1")
	if !strings.Contains(got, "h264,90") || strings.Contains(got, "180") || !strings.Contains(got, "aac") {
		t.Errorf("rendition 1 has %q", got)
	}
	for path, want := range map[string]int{
		"ts/index.m3u8?begin=1&end=2": http.StatusNotFound, "ts/index.m3u8?begin=5&end=2": http.StatusBadRequest,
		"fmp4/rec/1.ts?rendition=0": http.StatusNotFound, "ts/rec/..%2f..%2fcosts.json?rendition=0": http.StatusNotFound,
		"ts/made": http.StatusNotFound, "ts/master.m3u8": http.StatusNotFound, "none/index.m3u8": http.StatusNotFound,
	} {
		if got, _ := s.get(t, path); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
}

// checkAccess changes who may play, which restarts nothing.
func (s *stage) checkAccess(t *testing.T) {
	before := s.report(t)
	spec := s.full()
	spec.Packages[0].Access = Access{Restricted: true, Allow: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}
	s.put(t, spec)
	if status, _ := s.get(t, "ts/index.m3u8"); status != http.StatusForbidden {
		t.Errorf("status %d", status)
	}
	spec.Packages[0].Allow = append(spec.Packages[0].Allow, netip.MustParsePrefix("127.0.0.0/8"))
	s.put(t, spec)
	if status, _ := s.get(t, "ts/index.m3u8"); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	after := s.report(t)
	if after.Encoder.PID != before.Encoder.PID || after.Packages[2].Child.Starts != before.Packages[2].Child.Starts {
		t.Error("it was restarted")
	}
}

// TestChildrenKilled kills the encoder, then a packager, and wants more segments.
func TestChildrenKilled(t *testing.T) {
	s := stageOf(t, nil)
	spec := s.full()
	spec.Packages, spec.Record = spec.Packages[:2], 0
	spec.Packages[1].Window = spec.Packages[0].Window
	s.put(t, spec)
	const list = "fmp4/v0.m3u8"
	await(t, "two segments", 30*time.Second, func() bool { return s.sequence(t, list) >= 2 })
	for name, child := range map[string]func(ChannelReport) ChildReport{
		"encoder":  func(r ChannelReport) ChildReport { return *r.Encoder },
		"packager": func(r ChannelReport) ChildReport { return r.Packages[0].Child },
	} {
		before, segments := child(s.report(t)), s.sequence(t, list)
		if err := syscall.Kill(before.PID, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		killed := time.Now()
		await(t, name+" again", 5*time.Second, func() bool { now := child(s.report(t)); return now.PID != 0 && now.PID != before.PID })
		t.Logf("%s runs again after %v", name, time.Since(killed))
		if now := child(s.report(t)); now.Ended != "signal: killed" {
			t.Errorf("%+v", now)
		}
		await(t, "more segments after the "+name, 20*time.Second, func() bool { return s.sequence(t, list) >= segments+3 })
		t.Logf("two more whole segments of 2 s after %v", time.Since(killed))
	}
	for name, breaks := range map[string]int{list: 2, "ts/v0.m3u8": 1} { // the packager was that of the first
		_, text := s.get(t, name)
		if got := strings.Count(text, "#EXT-X-DISCONTINUITY\n"); got < breaks {
			t.Errorf("players of %s are told of %d times that it began anew, want %d", name, got, breaks)
		}
		for _, m := range regexp.MustCompile(`#EXTINF:([\d.]+)`).FindAllStringSubmatch(text, -1) {
			if length, err := strconv.ParseFloat(m[1], 64); err != nil || length <= 0 || length > 2.1 {
				t.Errorf("a segment of %s s", m[1])
			}
		}
		if t.Failed() {
			t.Log(text)
		}
	}
	if said := s.report(t).Encoder.Lines; len(said) > 1 {
		t.Errorf("the encoder complains: %v", said)
	}
}

// TestSenderLost ends the primary: the standby, of another layout, takes over
// within the condition, and the primary again when it has been steady.
func TestSenderLost(t *testing.T) {
	s := stageOf(t, nil)
	send(t, s.tap("standby"), media(t, 60, "-streamid", "0:400", "-streamid", "1:401"), 60)
	spec := s.full()
	spec.Packages, spec.Record = spec.Packages[:1], 0
	spec.Standby = &Source{Kind: Tap, Address: Address(s.tap("standby"))}
	spec.Loss, spec.GoBack, spec.Packages[0].Window = time.Second, true, 0
	s.put(t, spec)
	const list = "ts/v0.m3u8"
	await(t, "two segments", 30*time.Second, func() bool { return s.sequence(t, list) >= 2 })
	s.primary.end()
	lost := time.Now()
	await(t, "the standby", 5*time.Second, func() bool { return s.report(t).OnAir == Standby })
	if took := time.Since(lost); took < spec.Loss-100*time.Millisecond || took > spec.Loss+500*time.Millisecond {
		t.Errorf("after %v, the condition is %v", took, spec.Loss)
	}
	segments := s.sequence(t, list)
	await(t, "segments of the standby", 20*time.Second, func() bool { return s.sequence(t, list) >= segments+2 })
	s.primary.begin(t, media(t, 60), 60)
	await(t, "the primary again", 20*time.Second, func() bool { return s.report(t).OnAir == Primary })
	segments = s.sequence(t, list)
	await(t, "segments of the primary", 20*time.Second, func() bool { return s.sequence(t, list) >= segments+2 })
	if kept, err := filepath.Glob(filepath.Join(s.opts.Dir, "channel", "play", "ts", "*-0-*.ts")); err != nil || len(kept) > 9 {
		t.Errorf("%d segments of a window of 3 are on the disk, %v", len(kept), err)
	}
	if r := s.report(t); r.Switches != 2 {
		t.Errorf("%d switches", r.Switches)
	}
}

// TestSwitchWithoutRestart has a standby of the same layout, which the encoder
// goes on with; and then the gateway comes back, and players go on too.
func TestSwitchWithoutRestart(t *testing.T) {
	s := stageOf(t, nil)
	send(t, s.tap("standby"), media(t, 60), 60)
	spec := s.full()
	spec.Standby = &Source{Kind: Tap, Address: Address(s.tap("standby"))}
	spec.Loss, spec.Packages = time.Second, append(spec.Packages[:1:1], spec.Packages[2])
	s.put(t, spec)
	const list = "ts/v0.m3u8"
	await(t, "two segments", 30*time.Second, func() bool { return s.sequence(t, list) >= 2 })
	before := s.report(t)
	s.primary.end()
	await(t, "the standby", 5*time.Second, func() bool { return s.report(t).OnAir == Standby })
	segments := s.sequence(t, list)
	await(t, "segments of the standby", 20*time.Second, func() bool { return s.sequence(t, list) >= segments+3 })
	after := s.report(t)
	if after.Encoder.PID != before.Encoder.PID || after.Packages[0].Child.Starts != before.Packages[0].Child.Starts || after.Packages[1].Child.Starts != before.Packages[1].Child.Starts {
		t.Error("something was restarted")
	}
	segments = s.sequence(t, list)
	s.Close()
	again, err := New(s.opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(again.Close)
	server := httptest.NewServer(again)
	t.Cleanup(server.Close)
	s.Packager, s.url = again, server.URL
	s.put(t, spec)
	await(t, "more segments of the gateway that is back", 30*time.Second, func() bool { return s.sequence(t, list) >= segments+2 })
	if r := s.report(t).Record; r.Pieces < after.Record.Pieces {
		t.Errorf("%d pieces are left of %d", r.Pieces, after.Record.Pieces)
	}
}

// TestCopyChannel runs without an encoder, and then with packages that come and go.
func TestCopyChannel(t *testing.T) {
	s := stageOf(t, nil)
	spec := s.full()
	spec.Ladder, spec.Record, spec.Packages = nil, 0, spec.Packages[1:2]
	s.put(t, spec)
	await(t, "two segments", 30*time.Second, func() bool { return s.sequence(t, "fmp4/v0.m3u8") >= 2 })
	_, list := s.get(t, "fmp4/v0.m3u8")
	first := regexp.MustCompile(`EXT-X-MAP:URI="([^"]*)"`).FindStringSubmatch(list)
	if first == nil {
		t.Fatal(list)
	}
	if status, _ := s.get(t, "fmp4/"+first[1]); status != http.StatusOK {
		t.Errorf("%d for %s", status, first[1])
	}
	before := s.report(t)
	if before.Encoder != nil {
		t.Error("it encodes")
	}
	spec.Packages = append(slices.Clone(spec.Packages), s.full().Packages[0])
	s.put(t, spec)
	await(t, "the other package", 30*time.Second, func() bool { return s.sequence(t, "ts/v0.m3u8") >= 2 })
	if after := s.report(t); after.Packages[0].Child.PID != before.Packages[0].Child.PID {
		t.Error("the first package was restarted")
	}
	spec.Packages = spec.Packages[:1]
	s.put(t, spec)
	if status, _ := s.get(t, "ts/v0.m3u8"); status != http.StatusNotFound {
		t.Errorf("status %d of a package that is gone", status)
	}
	spec.Ladder = small()[1:]
	s.put(t, spec)
	await(t, "an encoded package", 30*time.Second, func() bool {
		_, text := s.get(t, "fmp4/live.m3u8")
		return strings.Contains(text, "=160x90") && s.sequence(t, "fmp4/v0.m3u8") >= 2
	})
	s.Drop("channel")
	if len(s.Report()) != 0 {
		t.Error("it still runs")
	}
	pid := before.Packages[0].Child.PID
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("its ffmpeg: %v", err)
	}
	if err := s.Forget("channel"); err != nil {
		t.Error(err)
	}
}

// TestTooMuch refuses what the machine cannot carry, with the figures, and
// measures each template once.
func TestTooMuch(t *testing.T) {
	s := stageOf(t, func(o *Options) { o.Load = 0.05 })
	spec := s.full()
	spec.Packages = nil
	var refused *LoadError
	if err := s.Put(t.Context(), spec); !errors.As(err, &refused) || refused.Need <= 0.05 || refused.Need > 5 || refused.Budget != 0.05 {
		t.Fatal(err)
	}
	if len(s.Report()) != 0 {
		t.Error("it runs")
	}
	t.Log(refused)
	ended, cancel := context.WithCancel(t.Context())
	cancel() // what was measured needs no ffmpeg again
	again, err := New(s.opts)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	all, err := again.Costs(ended, small())
	if err != nil || len(all) != 2 || all[0].Cores <= 0 {
		t.Errorf("%+v, %v", all, err)
	}
	spec.Ladder = nil
	s.put(t, spec)
	second := spec
	second.ID = "second"
	second.Packages = s.full().Packages
	second.Packages[0].Catchup, second.Record = nil, 0
	if err := s.Put(t.Context(), second); err != nil {
		t.Errorf("a copy of 0.04 besides one of 0.01: %v", err)
	}
	if used, budget := s.Load(); used < 0.049 || budget != 0.05 {
		t.Errorf("%v of %v", used, budget)
	}
	second.ID = "third"
	if err := s.Put(t.Context(), second); !errors.As(err, &refused) || refused.Used < 0.049 {
		t.Errorf("a third one: %v", err)
	}
}

// TestSignalsAreKept feeds a channel an SCTE-35 message, on air and not.
func TestSignalsAreKept(t *testing.T) {
	s := stageOf(t, nil)
	p := newPipeline(Spec{ID: "x", Primary: Source{Kind: Tap}, Standby: &Source{Kind: Tap}}, s.opts)
	defer p.close()
	p.receive(Standby, append(tablesOf(), carry(testSplice, 0, example(t, exampleStart))...))
	p.receive(Primary, append(tablesOf(), clocked(testVideo, float64(0x07369c02e)/clockPTS-4, false)...))
	p.receive(Primary, carry(testSplice, 0, example(t, exampleInsert)))
	all := p.report().Signals
	if len(all) != 1 || all[0].Kind != SpliceInsert || all[0].Start.Sub(all[0].Seen).Round(100*time.Millisecond) != 4*time.Second {
		t.Errorf("%+v", all)
	}
}

// TestSweep leaves what players may ask for.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-time.Hour)
	for name, text := range map[string]string{"a-0-1.ts": "", "a-0-2.ts": "", "a-0-3.ts.tmp": "", "b-0-1.ts": "", "c-0-1.m4s": "", "v0.m3u8": "#EXTINF:2,\na-0-2.ts\n"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if name != "c-0-1.m4s" {
			if err := os.Chtimes(path, old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
	sweep(dir, "b", time.Now().Add(-time.Minute))
	var left []string
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if want := []string{"a-0-2.ts", "b-0-1.ts", "c-0-1.m4s", "v0.m3u8"}; err != nil || !slices.Equal(left, want) {
		t.Errorf("%v, %v, want %v", left, err, want)
	}
}

func TestClosed(t *testing.T) {
	s := stageOf(t, nil)
	s.Close()
	if err := s.Put(t.Context(), s.full()); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if _, err := New(Options{Dir: s.dir, FFmpeg: "/nowhere"}); !errors.Is(err, ErrNoFFmpeg) {
		t.Error(err)
	}
}
