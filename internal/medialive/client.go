package medialive

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Authenticator puts proof of who asks into the headers of a request. The body
// is given because a signature covers it.
type Authenticator interface {
	Authenticate(req *http.Request, body []byte) error
}

// authenticate is an Authenticator as a function: a closure holds its secret
// where no printing reaches it.
type authenticate func(req *http.Request, body []byte) error

func (a authenticate) Authenticate(req *http.Request, body []byte) error { return a(req, body) }

// Token authenticates with an IAM user token.
func Token(token Secret) Authenticator {
	return authenticate(func(req *http.Request, _ []byte) error {
		if token == "" {
			return errors.New("the token is empty")
		}
		req.Header.Set("X-Auth-Token", token.Reveal())
		return nil
	})
}

// Config says where a client goes, and as whom.
type Config struct {
	Endpoint  string            // https://host[:port]; http for a gateway on the same machine
	ProjectID string            // up to 64 letters, digits, - and _
	Auth      Authenticator     // required
	Transport http.RoundTripper // nil: a NewTransport of its own; share one among clients of one endpoint

	// Observe, if not nil, is told of every attempt: operation, status (0: no
	// answer) and duration.
	Observe func(op string, status int, d time.Duration)
	// Denied, if not nil, is told of each operation that the service answered
	// this client may not do.
	Denied func(op string)
}

// Client calls the Media Live API for one project. It is safe for concurrent
// use. Every error it gives is an [*Error].
type Client struct {
	link    link
	project string
	auth    Authenticator
	denied  func(op string)
}

// New makes a client; it does not connect.
func New(c Config) (*Client, error) {
	base, err := parseEndpoint(c.Endpoint)
	if err != nil {
		return nil, err
	}
	if n := len(c.ProjectID); n < 1 || n > 64 || !onlyNameCharacters(c.ProjectID) {
		return nil, errors.New("project id: want 1 to 64 letters, digits, - and _")
	}
	if c.Auth == nil {
		return nil, errors.New("client without an authenticator")
	}
	return &Client{
		link:    newLink(base, c.Transport, c.Observe),
		project: c.ProjectID,
		auth:    c.Auth,
		denied:  c.Denied,
	}, nil
}

func (c *Client) call(ctx context.Context, r request, out any) (answer, error) {
	a, err := c.link.call(ctx, r, out)
	if c.denied != nil && KindOf(err) == KindNotPermitted {
		c.denied(r.op)
	}
	return a, err
}

// request begins a request of the standard API.
func (c *Client) request(op, method, path string) request {
	return c.projectRequest(op, method, "/v1/"+c.project+path)
}

// extRequest begins a request of a gateway's extensions.
func (c *Client) extRequest(op, path string) request {
	r := c.projectRequest(op, http.MethodGet, "/ext/v1/"+c.project+path)
	r.ext = true
	return r
}

func (c *Client) projectRequest(op, method, path string) request {
	return request{
		op: op, method: method, path: path, auth: c.auth,
		command: method != http.MethodGet,
		timeout: c.link.limits.timeout(method),
		header:  http.Header{"X-Project-Id": {c.project}},
		query:   url.Values{},
	}
}

// NewTransport makes the transport that a client uses when it is given none.
//
// It speaks HTTP/1.1 only: over HTTP/2 Go sends a request again when the server
// refuses a stream, commands too. Idle connections are dropped before usual
// servers drop them, since a command that meets a connection just closed has an
// unknown outcome.
func NewTransport() *http.Transport {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  tunnel,
		DialContext:            (&net.Dialer{Timeout: 3 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSHandshakeTimeout:    3 * time.Second,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        20 * time.Second,
		MaxResponseHeaderBytes: 64 << 10, // a token alone can be 16 KB
		Protocols:              &protocols,
	}
}

// tunnel gives the proxy of the environment for what is encrypted from end to
// end. In the clear a proxy would be told every token.
func tunnel(r *http.Request) (*url.URL, error) {
	if r.URL.Scheme != "https" {
		return nil, nil
	}
	return http.ProxyFromEnvironment(r)
}

// parseEndpoint reads scheme://host[:port] and nothing more.
func parseEndpoint(endpoint string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSuffix(endpoint, "/"))
	if err != nil {
		return nil, errors.New("endpoint: not a URL")
	}
	if (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.Hostname() == "" {
		return nil, fmt.Errorf("endpoint: want https://host[:port]")
	}
	if u.Path != "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("endpoint: want https://host[:port] and nothing after it")
	}
	return u, nil
}
