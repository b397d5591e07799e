package packager

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Dial connects to an address of a source. It decides where a pull may lead.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// way is the only way out for an ffmpeg that pulls HLS: playlists name any address
// they like, of any scheme, and only a dialer can tell where a name leads. Playlists
// that pass name addresses of the way itself, behind each of which stands one of
// the source; it asks for that by our own client. It is on loopback, and takes
// nothing but those addresses: ffmpeg speaks nothing but HTTP, and has it for its
// proxy too, so that what a playlist might still name leads here.
type way struct {
	server *http.Server
	url    string // without a path
	secret string // first part of the path of its addresses: nobody else on this machine is to use it
	done   sync.WaitGroup
}

// maxListed bounds a playlist that passes: one of a day, with long addresses.
const maxListed = 16 << 20

var errListed = errors.New("the playlist is too long, or breaks off")

// newWay serves on a free port of loopback until it is closed.
func newWay(client *http.Client) (*way, error) {
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("way of pulls: %w", err)
	}
	w := &way{url: "http://" + listener.Addr().String(), secret: rand.Text()}
	pass := &httputil.ReverseProxy{
		Transport:     client.Transport,
		FlushInterval: -1,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL, _ = w.behind(r.In.URL) // known to be one
			r.Out.Host = ""
			if who := r.Out.URL.User; who != nil {
				password, _ := who.Password()
				r.Out.SetBasicAuth(who.Username(), password)
			}
			r.Out.Header.Del("Accept-Encoding") // playlists are read here
		},
		ModifyResponse: w.modify,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			http.Error(w, "the source does not answer, or may not be asked", http.StatusBadGateway)
		},
	}
	w.server = &http.Server{ReadHeaderTimeout: fetchTime, Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if _, ok := w.behind(r.URL); !ok {
			http.Error(rw, "this may not be asked", http.StatusBadGateway)
			return
		}
		pass.ServeHTTP(rw, r)
	})}
	w.done.Go(func() { _ = w.server.Serve(listener) })
	return w, nil
}

// transport asks by a dialer, and by no proxy of the environment.
func transport(dial Dial) *http.Transport {
	return &http.Transport{DialContext: dial, DisableCompression: true, ResponseHeaderTimeout: fetchTime, IdleConnTimeout: time.Minute}
}

// extension is what ends a name that tells ffmpeg what a file is.
var extension = regexp.MustCompile(`^\.[A-Za-z0-9]{1,8}$`)

// to gives the address of the way behind which an address of a source stands. That
// of one which nobody may ask for leads nowhere.
func (w *way) to(target *url.URL) string {
	if target.Scheme != "http" && target.Scheme != "https" || target.Host == "" {
		return w.url + "/nowhere"
	}
	name := "file"
	if end := path.Ext(target.Path); extension.MatchString(end) {
		name += end
	}
	return w.url + "/" + w.secret + "/" + base64.RawURLEncoding.EncodeToString([]byte(target.String())) + "/" + name
}

// behind gives the address that stands behind one of the way.
func (w *way) behind(at *url.URL) (target *url.URL, ok bool) {
	parts := strings.Split(at.Path, "/")
	if len(parts) != 4 || parts[1] != w.secret {
		return nil, false
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return nil, false
	}
	target, err = url.Parse(string(text))
	return target, err == nil
}

// listed is how a playlist begins.
const listed = "#EXTM3U"

// modify leads on what an answer of a source names.
func (w *way) modify(res *http.Response) error {
	from := res.Request.URL
	res.Header.Del("Set-Cookie") // ffmpeg takes all that comes this way for one host
	if to := res.Header.Get("Location"); to != "" {
		res.Header.Set("Location", w.lead(to, from))
	}
	head := make([]byte, len(listed))
	n, err := io.ReadFull(res.Body, head)
	body := res.Body
	if err != nil || string(head) != listed {
		res.Body = &rest{io.MultiReader(bytes.NewReader(head[:n]), body), body}
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(body, maxListed))
	_ = body.Close()
	if err != nil || len(text) == maxListed {
		return errListed
	}
	out := w.rewrite(listed+string(text), from)
	res.Body, res.ContentLength = io.NopCloser(strings.NewReader(out)), int64(len(out))
	res.Header.Set("Content-Length", strconv.Itoa(len(out)))
	return nil
}

// rest is a body of which the begin was read already.
type rest struct {
	io.Reader
	io.Closer
}

// attribute is one of a playlist that holds an address, with quotes or without.
var attribute = regexp.MustCompile(`\bURI=("[^"]*"|[^",\s]*)`)

// rewrite gives a playlist that names addresses of the way in place of all others.
func (w *way) rewrite(playlist string, from *url.URL) string {
	var out strings.Builder
	for line := range strings.Lines(playlist) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "#"):
			line = attribute.ReplaceAllStringFunc(line, func(a string) string {
				return `URI="` + w.lead(strings.Trim(strings.TrimPrefix(a, "URI="), `"`), from) + `"`
			})
		case line != "":
			line = w.lead(line, from)
		}
		out.WriteString(line + "\n")
	}
	return out.String()
}

// lead is [way.to] for an address as it is written at another one.
func (w *way) lead(written string, from *url.URL) string {
	target, err := from.Parse(written)
	if err != nil {
		target = &url.URL{}
	}
	return w.to(target)
}

// close ends the way.
func (w *way) close() {
	_ = w.server.Close()
	w.done.Wait()
}
