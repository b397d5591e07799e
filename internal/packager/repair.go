package packager

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// repair reads the index of a recording, and makes it true: entries without
// their file go, a line that a kill cut goes, and a piece that was being written
// is kept as far as it got.
func (r *recorder) repair() error {
	if err := os.MkdirAll(r.dir, 0o700); err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(r.dir, indexFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	listed, _ := readIndex(string(text))
	sizes, err := sizesIn(r.dir)
	if err != nil {
		return err
	}
	for _, p := range listed {
		if size, there := sizes[p.name]; there && size == p.size {
			r.pieces = append(r.pieces, p)
			delete(sizes, p.name)
		}
	}
	for name := range sizes {
		if p, ok := adopt(r.dir, name); ok {
			r.pieces = append(r.pieces, p)
		}
	}
	r.pieces = sorted(r.pieces)
	return rewrite(r.dir, r.pieces)
}

// sizesIn gives the files of a recording.
func sizesIn(dir string) (map[string]int64, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	sizes := map[string]int64{}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && (strings.HasSuffix(e.Name(), pieceSuffix) || strings.HasSuffix(e.Name(), partSuffix)) {
			sizes[e.Name()] = info.Size()
		}
	}
	return sizes, nil
}

// adopt takes a file that is in no index for a piece, cut to whole packets. One
// that plays nothing is removed.
func adopt(dir, name string) (piece, bool) {
	path := filepath.Join(dir, name)
	base := strings.TrimSuffix(strings.TrimSuffix(name, pieceSuffix), partSuffix)
	p := piece{name: base + pieceSuffix, broken: true}
	millis, err := strconv.ParseInt(base, 10, 64)
	if err == nil {
		p.begin = time.UnixMilli(millis)
		p.length, p.size, p.streams, err = examine(path)
	}
	if err == nil {
		err = errors.Join(os.Truncate(path, p.size), os.Rename(path, filepath.Join(dir, p.name)))
	}
	if err != nil || p.length == 0 {
		_ = os.Remove(path)
		return piece{}, false
	}
	return p, true
}

// examine finds how long a file plays, and its size in whole packets.
func examine(path string) (length time.Duration, size int64, streams int, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, 0, 0, err
	}
	defer func() { _ = file.Close() }()
	r := &recorder{meter: newMeter(nil)}
	first := int64(-1)
	var last int64
	_, err = io.Copy(writer(func(b []byte) {
		r.meter.feed(b, func(p packet, _ bool) {
			pts, _, ok := p.pts()
			if !ok || !r.leads(p.pid()) {
				return
			}
			if first < 0 {
				first, last = pts, pts
			}
			if since(last, pts) > 0 {
				last = pts
			}
		})
	}), file)
	if first < 0 {
		return 0, 0, 0, err
	}
	return ticks(uint64(since(first, last))), r.meter.counts.Packets * packetSize, max(1, len(r.meter.layout.programs)), err
}
