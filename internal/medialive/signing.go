package medialive

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The parts of a request signed with an access key (spec: SDK-HMAC-SHA256).
const (
	Algorithm256  = "SDK-HMAC-SHA256"  // the only signing algorithm of the default SDK
	DateHeader    = "X-Sdk-Date"       // time of signing, in SDKTime
	SDKTime       = "20060102T150405Z" // layout of DateHeader, UTC
	SignatureLife = 15 * time.Minute   // how far DateHeader may be from the server's clock, either way

	contentHashHeader = "X-Sdk-Content-Sha256"
	unsignedPayload   = "UNSIGNED-PAYLOAD"
	maxAuthorization  = 4096 // characters of an Authorization header that are looked at
)

// Signature is the Authorization header of a signed request.
type Signature struct {
	Access        string   // the access key, not yet known to exist
	SignedHeaders []string // lower case, in the order sent
	digest        [sha256.Size]byte
}

// ParseAuthorization reads an Authorization header of the form
// "SDK-HMAC-SHA256 Access=AK, SignedHeaders=a;b;c, Signature=hex". The error
// quotes nothing of the header.
func ParseAuthorization(header string) (Signature, error) {
	if len(header) > maxAuthorization {
		return Signature{}, errors.New("authorization: too long")
	}
	rest, ok := strings.CutPrefix(header, Algorithm256+" ")
	if !ok {
		return Signature{}, fmt.Errorf("authorization: not %s", Algorithm256)
	}
	parts := map[string]string{}
	for field := range strings.SplitSeq(rest, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(field), "=")
		if _, twice := parts[name]; !ok || value == "" || twice {
			return Signature{}, errors.New("authorization: malformed field")
		}
		parts[name] = value
	}
	access, headers, digest := parts["Access"], parts["SignedHeaders"], parts["Signature"]
	if len(parts) != 3 || access == "" || headers == "" || digest == "" {
		return Signature{}, errors.New("authorization: want Access, SignedHeaders and Signature")
	}
	s := Signature{Access: access, SignedHeaders: strings.Split(headers, ";")}
	if !validSignedHeaders(s.SignedHeaders) {
		return Signature{}, errors.New("authorization: malformed list of signed headers")
	}
	if n, err := hex.Decode(s.digest[:], []byte(cut(digest, 2*sha256.Size))); err != nil || n != sha256.Size || len(digest) != 2*sha256.Size {
		return Signature{}, errors.New("authorization: signature is not 64 hexadecimal digits")
	}
	return s, nil
}

// validSignedHeaders says whether the list has lower-case names, each once, and
// among them the date, without which a signature would be good forever.
func validSignedHeaders(names []string) bool {
	seen := map[string]bool{}
	for _, name := range names {
		if name == "" || seen[name] || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" {
			return false
		}
		seen[name] = true
	}
	return seen["x-sdk-date"]
}

// Verify says whether the signature is that of the request with this body,
// made with this secret key. It compares in constant time, and leaves the age
// of the request to be judged by [SignedAt].
//
// A body that the signer left out of the signature is refused: the API knows
// JSON only, and for JSON the signer never does that.
func (s Signature) Verify(req *http.Request, body []byte, secret Secret) bool {
	hash := payloadHash(body)
	if declared, ok := oneValue(req.Header, contentHashHeader); ok && declared != hash {
		if declared != unsignedPayload || len(body) > 0 {
			return false
		}
		hash = unsignedPayload
	}
	canonical, err := canonicalRequest(req, s.SignedHeaders, hash)
	if err != nil {
		return false
	}
	date, ok := oneValue(req.Header, DateHeader)
	return ok && hmac.Equal(digest(canonical, date, secret), s.digest[:])
}

// SignedAt gives the time at which a request says it was signed.
func SignedAt(header http.Header) (time.Time, error) {
	value, ok := oneValue(header, DateHeader)
	if !ok {
		return time.Time{}, errors.New(DateHeader + " is absent or repeated")
	}
	at, err := time.Parse(SDKTime, value)
	if err != nil {
		return time.Time{}, errors.New(DateHeader + " is not of the form YYYYMMDDTHHMMSSZ")
	}
	return at, nil
}

// signing is an Authenticator that can sign for a clock that is ahead of ours.
type signing func(req *http.Request, body []byte, ahead time.Duration) error

func (s signing) Authenticate(req *http.Request, body []byte) error { return s(req, body, 0) }

// AKSK signs requests with an access key and its secret. It sets X-Sdk-Date
// unless the request has one, and signs the host and every header whose name
// begins with X-, since others are changed by proxies on the way. A Client has
// it sign by the service's clock where that is known to be another.
func AKSK(ak string, sk Secret, now func() time.Time) Authenticator {
	return signing(func(req *http.Request, body []byte, ahead time.Duration) error {
		if _, err := SignedAt(req.Header); err != nil {
			req.Header.Set(DateHeader, now().Add(ahead).UTC().Format(SDKTime))
		}
		names := []string{"host"}
		for name := range req.Header {
			if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-") && !strings.Contains(lower, "_") {
				names = append(names, lower)
			}
		}
		slices.Sort(names)
		canonical, err := canonicalRequest(req, names, payloadHash(body))
		if err != nil {
			return fmt.Errorf("sign the request: %w", err)
		}
		sum := digest(canonical, req.Header.Get(DateHeader), sk)
		req.Header.Set("Authorization", fmt.Sprintf("%s Access=%s, SignedHeaders=%s, Signature=%x",
			Algorithm256, ak, strings.Join(names, ";"), sum))
		return nil
	})
}

// canonicalRequest is the text that both sides hash: method, path, query,
// headers, their names, payload hash.
func canonicalRequest(req *http.Request, names []string, payload string) (string, error) {
	query, err := canonicalQuery(req.URL.RawQuery)
	if err != nil {
		return "", err
	}
	headers, err := canonicalHeaders(req, names)
	if err != nil {
		return "", err
	}
	return strings.Join([]string{
		req.Method, canonicalPath(req.URL.Path), query, headers, strings.Join(names, ";"), payload,
	}, "\n"), nil
}

// canonicalPath encodes each part of the path and ends it with a slash, which
// the request itself does not have.
func canonicalPath(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		parts[i] = percentEncode(part)
	}
	path = strings.Join(parts, "/")
	if !strings.HasSuffix(path, "/") {
		path += "/"
	}
	return path
}

// canonicalQuery sorts by name before encoding, then by value.
func canonicalQuery(raw string) (string, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return "", errors.New("malformed query")
	}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	var pairs []string
	for _, name := range names {
		slices.Sort(values[name])
		for _, value := range values[name] {
			pairs = append(pairs, percentEncode(name)+"="+percentEncode(value))
		}
	}
	return strings.Join(pairs, "&"), nil
}

// canonicalHeaders has a line for every value of every signed header. A header
// that is listed but absent is an error: it would sign nothing.
func canonicalHeaders(req *http.Request, names []string) (string, error) {
	var text strings.Builder
	for _, name := range names {
		values := slices.Clone(req.Header.Values(name))
		if name == "host" {
			values = []string{hostOf(req)}
		}
		if len(values) == 0 {
			return "", fmt.Errorf("signed header %s is absent", name)
		}
		slices.Sort(values)
		for _, value := range values {
			text.WriteString(name + ":" + strings.TrimSpace(value) + "\n")
		}
	}
	return text.String(), nil
}

// hostOf is the Host header: as set by the caller, else that of the URL.
func hostOf(req *http.Request) string {
	if req.Host != "" {
		return req.Host
	}
	return req.URL.Host
}

// digest is HMAC-SHA256 of the string to sign, with the secret key as it is.
func digest(canonical, date string, secret Secret) []byte {
	sum := sha256.Sum256([]byte(canonical))
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	_, _ = fmt.Fprintf(mac, "%s\n%s\n%x", Algorithm256, date, sum)
	return mac.Sum(nil)
}

// payloadHash is the lower-case hexadecimal SHA-256 of the exact bytes.
func payloadHash(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// percentEncode leaves A-Z a-z 0-9 - _ . ~ and encodes every other byte.
func percentEncode(s string) string {
	const digits = "0123456789ABCDEF"
	var text strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9',
			c == '-', c == '_', c == '.', c == '~':
			text.WriteByte(c)
		default:
			text.WriteByte('%')
			text.WriteByte(digits[c>>4])
			text.WriteByte(digits[c&15])
		}
	}
	return text.String()
}

// oneValue gives the value of a header that is there exactly once.
func oneValue(header http.Header, name string) (string, bool) {
	values := header.Values(name)
	if len(values) != 1 {
		return "", false
	}
	return strings.TrimSpace(values[0]), true
}

// cut shortens a text from outside to at most n bytes.
func cut(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}
