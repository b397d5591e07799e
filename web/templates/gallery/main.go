// Command gallery serves every page with sample data, in every language and
// theme, for those who work on the looks:
//
//	go run ./web/templates/gallery -listen 127.0.0.1:8090
//
// It is no part of the product. Its pages are also what the tests of the
// templates look at.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/flowdeck/flowdeck/web/static"
	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/text"
)

// policy is the content security policy of the product.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func main() {
	listen := flag.String("listen", "127.0.0.1:8090", "address to serve on")
	flag.Parse()
	server := &http.Server{Addr: *listen, Handler: handler(), ReadHeaderTimeout: 5 * time.Second}
	if err := server.ListenAndServe(); err != nil {
		slog.New(slog.NewTextHandler(os.Stderr, nil)).Error("serve the gallery", "error", err)
		os.Exit(1)
	}
}

func handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(static.Prefix, static.Handler())
	mux.HandleFunc("GET /{$}", index)
	mux.HandleFunc("GET /page/{lang}/{theme}/{page}", page)
	return mux
}

func index(w http.ResponseWriter, _ *http.Request) {
	var b strings.Builder
	b.WriteString("<!DOCTYPE html><title>Gallery</title>")
	for _, t := range text.All() {
		for _, theme := range []layout.Theme{layout.ThemeDark, layout.ThemeLight} {
			fmt.Fprintf(&b, "<h2>%s, %s</h2><ul>", html.EscapeString(t.Name), theme)
			for _, s := range samples(t, theme) {
				fmt.Fprintf(&b, `<li><a href="/page/%s/%s/%s">%s</a>`, t.Lang, theme, s.name, s.name)
			}
			b.WriteString("</ul>")
		}
	}
	_, _ = w.Write([]byte(b.String()))
}

func page(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", policy)
	for _, s := range samples(text.For(r.PathValue("lang")), layout.Theme(r.PathValue("theme"))) {
		if s.name != r.PathValue("page") {
			continue
		}
		var out bytes.Buffer
		if err := s.view.Render(context.WithoutCancel(r.Context()), &out); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(out.Bytes())
		return
	}
	http.NotFound(w, r)
}
