package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"syscall"
	"time"
)

const (
	dialTime   = 5 * time.Second
	sendTime   = 10 * time.Second // for all of one try
	answerSize = 4 << 10          // bytes of an answer that are looked at
)

// The headers of a delivery in our own shape.
const (
	headerSignature = "Flowdeck-Signature" // t=UNIX SECONDS,v1=HEX of HMAC-SHA256(secret, "t.body")
	headerDelivery  = "Flowdeck-Delivery"  // the same for every try, so that a receiver can tell a repetition
	headerEvent     = "Flowdeck-Event"
)

// errAddress is the refusal of an address within a network that is not allowed.
var errAddress = errors.New("the address is within a private network, which FLOWDECK_WEBHOOK_ALLOW does not name")

// errClear is the refusal to send in the clear.
var errClear = errors.New("http is only for networks that FLOWDECK_WEBHOOK_ALLOW names")

// newClient makes the client of all deliveries. It follows no redirect and asks
// no proxy, and looks at the address itself at the moment of connecting, so
// that no name can lead anywhere else than it seemed to.
func newClient(allow []netip.Prefix) *http.Client {
	dialer := func(secure bool) func(context.Context, string, string) (net.Conn, error) {
		d := net.Dialer{Timeout: dialTime, Control: func(_, address string, _ syscall.RawConn) error {
			return permitted(address, secure, allow)
		}}
		return d.DialContext
	}
	return &http.Client{
		Timeout:       sendTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: schemes{
			secure: transport(dialer(true)),
			clear:  transport(dialer(false)),
		},
	}
}

// schemes sends each scheme through a transport of its own, since what a
// connection may reach depends on it.
type schemes struct{ secure, clear http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (s schemes) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme == "https" {
		return s.secure.RoundTrip(r)
	}
	return s.clear.RoundTrip(r)
}

func transport(dial func(context.Context, string, string) (net.Conn, error)) http.RoundTripper {
	return &http.Transport{
		DialContext: dial, Proxy: nil, ForceAttemptHTTP2: true, TLSHandshakeTimeout: dialTime,
		MaxIdleConnsPerHost: 1, IdleConnTimeout: 30 * time.Second, MaxResponseHeaderBytes: 16 << 10,
	}
}

// permitted tells whether a webhook may connect to an address: any public one,
// and those that the installation names; in the clear only those.
func permitted(address string, secure bool, allow []netip.Prefix) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("address %q: %w", address, err)
	}
	ip := at.Addr().Unmap().WithZone("")
	for _, p := range allow {
		if p.Contains(ip) {
			return nil
		}
	}
	if !secure {
		return errClear
	}
	if !public(ip) {
		return errAddress
	}
	return nil
}

// special are the ranges that netip does not know as private and that are not
// public either (IANA special-purpose address registries).
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"),
	netip.MustParsePrefix("3fff::/20"), netip.MustParsePrefix("5f00::/16"), netip.MustParsePrefix("fec0::/10"),
}

// public tells whether an address is one of the open internet.
func public(ip netip.Addr) bool {
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return false
	}
	for _, p := range special {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}

// send posts one message in the webhook's shape. Its error is for people; it
// tells nothing of what was answered but the status, so that a webhook cannot
// be used to read.
func (n *Notifier) send(ctx context.Context, w Webhook, message []byte) (status int, err error) {
	var m Message
	if err := json.Unmarshal(message, &m); err != nil {
		return 0, fmt.Errorf("the stored message cannot be read: %w", err)
	}
	now := n.opts.Now()
	body, err := w.body(m, message, now)
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL.Reveal(), bytes.NewReader(body))
	if err != nil {
		return 0, ErrURL // the cause would repeat the URL
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "Flowdeck")
	req.Header.Set(headerDelivery, m.ID)
	req.Header.Set(headerEvent, m.Event)
	if w.Shape == JSON && w.Secret != "" {
		req.Header.Set(headerSignature, signature([]byte(w.Secret.Reveal()), now, body))
	}
	resp, err := n.client.Do(req)
	if err != nil {
		return 0, withoutURL(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, answerSize))
	if err != nil {
		return resp.StatusCode, errors.New("the answer broke off")
	}
	return resp.StatusCode, w.taken(resp.StatusCode, answer)
}

// taken tells whether an answer means that the message was taken.
func (w Webhook) taken(status int, answer []byte) error {
	if status < 200 || status > 299 {
		return fmt.Errorf("answered with status %d", status)
	}
	if w.Shape != Feishu {
		return nil
	}
	var feishu struct{ Code int } // which answers 200 to what it refuses too
	if err := json.Unmarshal(answer, &feishu); err != nil {
		return errors.New("the answer is not that of Feishu")
	}
	if feishu.Code != 0 {
		return fmt.Errorf("refused with code %d", feishu.Code)
	}
	return nil
}

// withoutURL takes the address out of an error of the client: it is a secret.
func withoutURL(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	switch {
	case errors.Is(err, errAddress):
		return errAddress
	case errors.Is(err, errClear):
		return errClear
	case errors.Is(err, context.DeadlineExceeded):
		return errors.New("no answer in time")
	}
	return fmt.Errorf("not reached: %w", err)
}

// signature proves to who knows the secret that the body is ours and when it
// was sent.
func signature(secret []byte, at time.Time, body []byte) string {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	return "t=" + stamp + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
