package handlers

import (
	"bytes"
	"compress/gzip"
	"strconv"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"
)

// packFrom is the size in bytes from which a page is worth compressing: below,
// it fits into a packet anyway.
const packFrom = 1400

// packer compresses pages. A page that is kept is compressed once and sent to
// many; a stream is never compressed, since that would cost each viewer a
// megabyte.
type packer struct{ writers sync.Pool }

func newPacker() *packer {
	return &packer{writers: sync.Pool{New: func() any {
		w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level exists
		return w
	}}}
}

// pack compresses a page.
func (p *packer) pack(page []byte) []byte {
	w := p.writers.Get().(*gzip.Writer)
	defer p.writers.Put(w)
	var out bytes.Buffer
	w.Reset(&out)
	_, _ = w.Write(page) // into memory: it does not fail
	_ = w.Close()
	return out.Bytes()
}

// takesGzip tells whether the browser unpacks gzip.
func takesGzip(c echo.Context) bool {
	for entry := range strings.SplitSeq(c.Request().Header.Get("Accept-Encoding"), ",") {
		coding, weight, _ := strings.Cut(strings.TrimSpace(entry), ";")
		if coding == "gzip" {
			return strings.ReplaceAll(weight, " ", "") != "q=0"
		}
	}
	return false
}

// send answers with a page, compressed where that is worth it. packed gives the
// compressed page.
func send(c echo.Context, status int, page []byte, packed func() []byte) error {
	h := c.Response().Header()
	h.Set("Vary", headerHXRequest+", "+echo.HeaderAcceptEncoding)
	if len(page) >= packFrom && takesGzip(c) {
		h.Set(echo.HeaderContentEncoding, "gzip")
		page = packed()
	}
	h.Set("Content-Length", strconv.Itoa(len(page))) // or it would be sent in chunks
	return c.Blob(status, contentHTML, page)
}
