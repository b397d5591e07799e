// Package static has what ships to browsers: style sheets, our few JavaScript
// modules, fonts, and the vendored htmx. The files are embedded and served at
// paths that contain a checksum of them all, so that a browser may keep them
// for ever and never has an old one.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
)

// FS holds the files.
//
//go:embed css/*.css js/*.js fonts/*.woff2 fonts/*.txt vendor/*.js vendor/*.txt img/*.svg
var FS embed.FS

// Prefix is the path under which [Handler] expects to be mounted.
const Prefix = "/static/"

// kinds are the types of the files, by extension. What is not named here is not
// served.
var kinds = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".woff2": "font/woff2",
	".svg":   "image/svg+xml",
	".txt":   "text/plain; charset=utf-8",
}

var tree = sync.OnceValue(func() string {
	sum := sha256.New()
	for _, name := range names() {
		body, err := FS.ReadFile(name)
		if err != nil {
			panic(fmt.Sprintf("embedded file %s: %v", name, err)) // cannot be: it was listed
		}
		fmt.Fprintf(sum, "%s %d\n", name, len(body))
		sum.Write(body)
	}
	return hex.EncodeToString(sum.Sum(nil))[:12]
})

// names lists the embedded files in a fixed order.
func names() []string {
	var all []string
	err := fs.WalkDir(FS, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			all = append(all, name)
		}
		return err
	})
	if err != nil {
		panic(fmt.Sprintf("embedded files: %v", err)) // cannot be: they are in memory
	}
	slices.Sort(all)
	return all
}

// Sum is the checksum of all files, which is part of their addresses.
func Sum() string { return tree() }

// URL gives the path of a file, such as "css/base.css", for use in a page. Files
// refer to each other by relative paths.
func URL(name string) string { return Prefix + tree() + "/" + name }

type file struct {
	kind   string
	plain  []byte
	zipped []byte // nil where it would not be smaller
}

// Handler serves the files below [Prefix]. A path with the present checksum may
// be kept for ever; with another one, from a page of an earlier version, it gives
// the present file and is not kept.
func Handler() http.Handler {
	files := make(map[string]file)
	for _, name := range names() {
		body, err := FS.ReadFile(name)
		if kind := kinds[path.Ext(name)]; err == nil && kind != "" {
			files[name] = file{kind: kind, plain: body, zipped: zip(name, body)}
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
			return
		}
		sum, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, Prefix), "/")
		f, ok := files[name]
		if !ok {
			http.NotFound(w, r)
			return
		}
		f.serve(w, r, sum == tree())
	})
}

func (f file) serve(w http.ResponseWriter, r *http.Request, current bool) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache")
	if current {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	body := f.plain
	if f.zipped != nil {
		h.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Get("Accept-Encoding")) {
			h.Set("Content-Encoding", "gzip")
			body = f.zipped
		}
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(body) // the browser has gone: nothing to do
}

func acceptsGzip(header string) bool {
	for entry := range strings.SplitSeq(header, ",") {
		coding, quality, _ := strings.Cut(strings.ReplaceAll(entry, " ", ""), ";")
		if coding == "gzip" {
			return quality != "q=0" && !strings.HasPrefix(quality, "q=0.000")
		}
	}
	return false
}

// zip compresses what compresses; fonts are compressed already.
func zip(name string, body []byte) []byte {
	if path.Ext(name) == ".woff2" {
		return nil
	}
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err := z.Write(body); err != nil || z.Close() != nil || out.Len() >= len(body) {
		return nil
	}
	return out.Bytes()
}
