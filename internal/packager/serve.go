package packager

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The parameters by which a list of recorded pieces names its rendition.
const renditionArg = "rendition"

// maxPieces is how many pieces a span may have: a playlist of so many takes some
// megabytes, and anybody may ask for one.
const maxPieces = 100_000

// ServeHTTP serves what players ask for at /{channel}/{package}/{file}: the
// manifest under its own name, playlists and segments, and below rec/ what was
// recorded. The caller maps its own addresses to these, and sees to it that
// RemoteAddr is the player's. It answers 403 who may not play, 404 what is not
// there, not yet, or within no bounds.
func (p *Packager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	parts := strings.SplitN(strings.TrimPrefix(r.URL.Path, "/"), "/", 3)
	if len(parts) != 3 {
		http.NotFound(w, r)
		return
	}
	running, ok := p.get(parts[0])
	if !ok {
		http.NotFound(w, r)
		return
	}
	o := running.find(parts[1])
	if o == nil {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		return
	}
	counted := &counter{ResponseWriter: w, traffic: &o.traffic}
	defer counted.done()
	s := &served{pipeline: running, output: o, pkg: o.wanted()}
	s.serve(counted, r, parts[2])
}

// served is one request for a package.
type served struct {
	pipeline *pipeline
	output   *output
	pkg      Package
}

// wanted is the package as it should be served.
func (o *output) wanted() Package {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.pkg
}

func (s *served) serve(w http.ResponseWriter, r *http.Request, file string) {
	w.Header().Set("Access-Control-Allow-Origin", "*") // players are on pages of any origin
	if !s.pkg.admits(r.RemoteAddr) {
		http.Error(w, "not from this address", http.StatusForbidden)
		return
	}
	var err error
	switch recorded, rec := strings.CutPrefix(file, "rec/"); {
	case rec:
		err = s.recorded(w, r, recorded)
	case file == s.pkg.manifest():
		err = s.manifest(w, r)
	case s.pkg.FMP4 && playable(file) && filepath.Ext(file) == ".m3u8":
		err = s.retell(w, file)
	default:
		err = s.file(w, r, file)
	}
	switch {
	case err == nil:
	case errors.Is(err, fs.ErrNotExist):
		http.NotFound(w, r)
	case errors.Is(err, errNoStream), errors.Is(err, errNoSpan):
		http.Error(w, err.Error(), http.StatusNotFound)
	case errors.Is(err, errArgs), errors.Is(err, errLong):
		http.Error(w, err.Error(), http.StatusBadRequest)
	default:
		http.Error(w, "the gateway cannot read its own files", http.StatusInternalServerError)
	}
}

// admits says whether an address, as RemoteAddr has it, may play.
func (a Access) admits(remote string) bool {
	if !a.Restricted {
		return true
	}
	from, err := netip.ParseAddrPort(remote)
	if err != nil {
		return false
	}
	address := from.Addr().Unmap()
	return slices.ContainsFunc(a.Allow, func(p netip.Prefix) bool { return p.Contains(address) })
}

var (
	errNoSpan = errors.New("nothing was recorded then")
	errArgs   = errors.New("the span is not two times, one after the other")
	errLong   = fmt.Errorf("the span has more than %d pieces: ask for a shorter one", maxPieces)
)

// manifest gives the package's own, or that of a span of the recording.
func (s *served) manifest(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	for _, span := range s.pkg.Catchup {
		if query.Has(span.Begin) && query.Has(span.End) {
			return s.catchup(w, query, span)
		}
	}
	if s.pkg.Format == HLS {
		return s.master(w, s.pkg.bounds(query))
	}
	text, err := os.ReadFile(filepath.Join(s.output.dir, mpdFile))
	if err != nil {
		return err
	}
	chosen, err := selectDASH(string(text), s.pkg, s.pkg.bounds(query))
	if err != nil {
		return err
	}
	write(w, "application/dash+xml", chosen)
	return nil
}

// master gives the master playlist, once there are those that it names.
func (s *served) master(w http.ResponseWriter, bounds Streams) error {
	all := s.pipeline.variants()
	for _, v := range all {
		if _, err := os.Stat(filepath.Join(s.output.dir, v.address)); err != nil {
			return err
		}
	}
	text, err := master(all, bounds)
	if err != nil {
		return err
	}
	write(w, mediaType(".m3u8"), text)
	return nil
}

// retell gives a playlist of ffmpeg's.
func (s *served) retell(w http.ResponseWriter, name string) error {
	file, err := os.OpenInRoot(s.output.dir, name)
	if err != nil {
		return err
	}
	defer file.Close()
	text, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	write(w, mediaType(name), retold(string(text)))
	return nil
}

func write(w http.ResponseWriter, kind, text string) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = io.WriteString(w, text) // a player that has gone misses nothing
}

// file gives a playlist or segment. Segments never change, so that they may be
// kept; playlists always do.
func (s *served) file(w http.ResponseWriter, r *http.Request, name string) error {
	if !playable(name) {
		return fs.ErrNotExist
	}
	file, err := os.OpenInRoot(s.output.dir, name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", mediaType(name))
	w.Header().Set("Cache-Control", "no-cache")
	if isMedia(name) {
		w.Header().Set("Cache-Control", "public, max-age=3600")
	}
	http.ServeContent(w, r, name, info.ModTime(), file)
	return nil
}

// playable says whether a name is that of a file for players: not of a path, nor
// of one that is still being written, nor of the manifest that is served filtered.
func playable(name string) bool {
	return regexp.MustCompile(`^[A-Za-z0-9-]+\.(m3u8|ts|m4s|mp4)$`).MatchString(name)
}

func mediaType(name string) string {
	switch filepath.Ext(name) {
	case ".m3u8":
		return "application/vnd.apple.mpegurl"
	case ".ts":
		return "video/mp2t"
	case ".m4s":
		return "video/iso.segment"
	}
	return "video/mp4"
}

// catchup gives the playlists of a span: a master where there are several
// renditions, until one is asked for.
func (s *served) catchup(w http.ResponseWriter, query url.Values, span Span) error {
	begin, end, err := span.read(query)
	if err != nil {
		return err
	}
	recorder, ladder := s.pipeline.tapeNow()
	if recorder == nil {
		return errNoSpan
	}
	pieces := recorder.span(begin, end)
	switch {
	case len(pieces) == 0:
		return errNoSpan
	case len(pieces) > maxPieces:
		return errLong
	}
	streams := pieces[len(pieces)-1].streams
	if streams > 1 && !query.Has(renditionArg) {
		return s.catchupMaster(w, query, ladder, streams)
	}
	n := 0
	if query.Has(renditionArg) {
		if n, err = strconv.Atoi(query.Get(renditionArg)); err != nil || n < 0 || n >= streams {
			return errArgs
		}
	}
	write(w, mediaType(".m3u8"), recordedList(pieces, func(p piece) string {
		return fmt.Sprintf("rec/%s?%s=%d", p.name, renditionArg, n)
	}))
	return nil
}

// catchupMaster names the renditions that were recorded, with the bit rates of the
// ladder of today.
func (s *served) catchupMaster(w http.ResponseWriter, query url.Values, ladder []rung, streams int) error {
	all := make([]variant, streams)
	for i := range all {
		query.Set(renditionArg, strconv.Itoa(i))
		if i < len(ladder) {
			all[i].rung = ladder[i]
		}
		all[i].address = s.pkg.manifest() + "?" + query.Encode()
	}
	text, err := master(all, s.pkg.bounds(query))
	if err != nil {
		return err
	}
	write(w, mediaType(".m3u8"), text)
	return nil
}

// tapeNow gives the recording and the ladder of a channel.
func (p *pipeline) tapeNow() (*recorder, []rung) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.recorder, p.spec.rungs(p.layout)
}

// read gives the two times of a span.
func (s Span) read(query url.Values) (begin, end time.Time, err error) {
	from, err1 := strconv.ParseInt(query.Get(s.Begin), 10, 64)
	to, err2 := strconv.ParseInt(query.Get(s.End), 10, 64)
	if err1 != nil || err2 != nil || from < 0 || to <= from {
		return begin, end, errArgs
	}
	if s.Milliseconds {
		return time.UnixMilli(from), time.UnixMilli(to), nil
	}
	return time.Unix(from, 0), time.Unix(to, 0), nil
}

// recorded gives one rendition of a piece.
func (s *served) recorded(w http.ResponseWriter, r *http.Request, name string) error {
	n, err := strconv.Atoi(r.URL.Query().Get(renditionArg))
	if err != nil || n < 0 {
		return errArgs
	}
	if !playable(name) || filepath.Ext(name) != pieceSuffix || len(s.pkg.Catchup) == 0 {
		return fs.ErrNotExist
	}
	file, err := os.OpenInRoot(filepath.Join(s.pipeline.dir, recordDir), name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	w.Header().Set("Content-Type", mediaType(name))
	w.Header().Set("Cache-Control", "public, max-age=3600")
	if r.Method == http.MethodHead {
		return nil
	}
	_ = cutOut(w, file, n) // the head is sent: a player sees that it breaks off
	return nil
}

// counter counts what a player gets.
type counter struct {
	http.ResponseWriter
	traffic *traffic
	status  int
}

// WriteHeader notes the status.
func (c *counter) WriteHeader(status int) {
	c.status = status
	c.ResponseWriter.WriteHeader(status)
}

// Write counts the bytes.
func (c *counter) Write(b []byte) (int, error) {
	n, err := c.ResponseWriter.Write(b)
	c.traffic.bytes.Add(int64(n))
	return n, err
}

// Unwrap lets deadlines through.
func (c *counter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *counter) done() {
	switch {
	case c.status >= http.StatusInternalServerError:
		c.traffic.failed.Add(1)
	case c.status >= http.StatusBadRequest:
		c.traffic.refused.Add(1)
	default:
		c.traffic.ok.Add(1)
	}
}
