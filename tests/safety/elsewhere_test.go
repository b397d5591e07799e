package safety

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// thief is a host that must learn nothing: it counts whatever could be a token,
// a signature or a password.
type thief struct {
	*httptest.Server
	stolen, asked atomic.Int64
}

func newThief(t *testing.T, certificate *tls.Certificate, change func(*tls.Config)) *thief {
	t.Helper()
	th := &thief{}
	th.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		th.asked.Add(1)
		body, _ := io.ReadAll(r.Body) // what came of it
		all := fmt.Sprint(r.Header, r.URL, string(body))
		for _, secret := range []string{"X-Auth-Token", "X-Subject-Token", "Authorization", "token-op", password} {
			if strings.Contains(all, secret) {
				th.stolen.Add(1)
				break
			}
		}
		w.WriteHeader(http.StatusBadGateway)
	}))
	th.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	if certificate == nil {
		th.Start()
	} else {
		th.TLS = &tls.Config{Certificates: []tls.Certificate{*certificate}}
		if change != nil {
			change(th.TLS)
		}
		th.StartTLS()
	}
	t.Cleanup(th.Close)
	return th
}

// signIn tries to sign in with the right password.
func try(b *browser) reply {
	b.t.Helper()
	return b.post("/login", url.Values{"account": {account}, "username": {"op-1"}, "password": {password}, "region": {"local"}})
}

// TestT6OtherHosts has the service lead elsewhere, be somebody else, or be in
// the clear behind a proxy: nobody else is told a token or a password.
func TestT6OtherHosts(t *testing.T) {
	t.Parallel()
	variants, stolen := 0, int64(0)
	for _, run := range []func(*testing.T) (int, int64){redirected, impostors, proxied} {
		n, s := run(t)
		variants, stolen = variants+n, stolen+s
	}
	evidence(t, "T6", fmt.Sprintf("%d variants of redirects, of TLS that does not prove who it is, and of proxies: tokens, signatures and passwords told to another host", variants), stolen, "0 of ≥ 30")
	if stolen > 0 || variants < 30 {
		t.Errorf("%d stolen in %d variants", stolen, variants)
	}
}

// redirected leads each operation elsewhere by each kind of redirect.
func redirected(t *testing.T) (variants int, stolen int64) {
	th := newThief(t, nil, nil)
	var lead atomic.Pointer[func(http.ResponseWriter, *http.Request) bool]
	var id string
	cloud := medialivetest.New()
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f := lead.Load(); f == nil || !(*f)(w, r) {
			cloud.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(front.Close)
	cloud.AddUser("op-1", medialivetest.User{ID: "u1", Password: password})
	id = cloud.Add(flow("FEED-A", medialive.Standby, "OUT-1"))
	app := apptest.Start(t, map[string]string{"FLOWDECK_BACKEND": front.URL, "FLOWDECK_TRUSTED_PROXIES": "127.0.0.1"})
	b := browserAt(t, app.URL)
	must(t, signedIn(b, 0))
	await(t, patience, "the flow", func() bool { return b.get("/flows/"+id).status == http.StatusOK })
	acts := map[string]func(){
		"sign-in": func() { _ = signedIn(browserAt(t, app.URL), variants) },
		"list":    func() { _ = signedIn(browserAt(t, app.URL), variants); b.get("/flows") },
		"start":   func() { b.post("/flows/"+id+"/start", url.Values{}) },
		"create": func() {
			b.press(b.page("/flows/new"), `form[action="/flows"]`, "name", fmt.Sprint("NEW-", variants), "source_name", "s", "latency", "120")
		},
	}
	for act, do := range acts {
		for _, status := range []int{301, 302, 303, 307, 308} {
			for _, to := range []string{th.URL, strings.Replace(th.URL, "127.0.0.1", "localhost", 1)} {
				variants++
				led := func(w http.ResponseWriter, r *http.Request) bool {
					if ours := strings.HasPrefix(r.URL.Path, "/v3/"); ours != (act == "sign-in") {
						return false
					}
					w.Header().Set("Location", to+r.URL.RequestURI())
					w.WriteHeader(status)
					return true
				}
				lead.Store(&led)
				do()
				lead.Store(nil)
			}
		}
	}
	if n := th.asked.Load(); n > 0 {
		t.Errorf("%d requests followed a redirect", n)
	}
	return variants, th.stolen.Load()
}

// signedIn signs in from an address of its own.
func signedIn(b *browser, n int) error {
	b.header = http.Header{"X-Forwarded-For": {fmt.Sprintf("203.0.113.%d", n%250)}}
	if r := try(b); r.status != http.StatusSeeOther {
		return fmt.Errorf("signing in: %d", r.status)
	}
	return nil
}

// impostors answer in place of the service with certificates that prove nothing.
func impostors(t *testing.T) (variants int, stolen int64) {
	authority := newAuthority(t)
	stranger := newAuthority(t)
	file := filepath.Join(t.TempDir(), "ca.pem")
	must(t, os.WriteFile(file, authority.pem, 0o600))
	day := 24 * time.Hour
	for what, th := range map[string]*thief{
		"a wrong name":        newThief(t, authority.issue(t, "other.example", -day, day), nil),
		"an ended one":        newThief(t, authority.issue(t, "127.0.0.1", -2*day, -day), nil),
		"one of tomorrow":     newThief(t, authority.issue(t, "127.0.0.1", day, 2*day), nil),
		"an unknown issuer":   newThief(t, stranger.issue(t, "127.0.0.1", -day, day), nil),
		"TLS 1.0":             newThief(t, authority.issue(t, "127.0.0.1", -day, day), func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS10 }),
		"TLS 1.1":             newThief(t, authority.issue(t, "127.0.0.1", -day, day), func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS11, tls.VersionTLS11 }),
		"plain HTTP in place": newThief(t, nil, nil),
	} {
		variants += 2 // the installation's own sign-in, and a person's
		app := apptest.Start(t, map[string]string{
			"FLOWDECK_BACKEND": "https://" + strings.TrimPrefix(strings.TrimPrefix(th.URL, "https://"), "http://"), "SSL_CERT_FILE": file,
			"FLOWDECK_SERVICE_USER": "op-1", "FLOWDECK_SERVICE_PASSWORD": password, "FLOWDECK_SERVICE_ACCOUNT": account,
		})
		if r := try(browserAt(t, app.URL)); r.status < http.StatusBadRequest {
			t.Errorf("%s: signed in: %d", what, r.status)
		}
		app.Await(patience, "the installation's own sign-in to fail", func() bool { return strings.Contains(app.Logs(), "service credential does not work") })
		app.Stop()
		stolen += th.stolen.Load()
		if n := th.asked.Load(); n > 0 {
			t.Errorf("%s was asked %d times", what, n)
		}
	}
	good := newThief(t, authority.issue(t, "127.0.0.1", -day, day), nil)
	app := apptest.Start(t, map[string]string{"FLOWDECK_BACKEND": good.URL, "SSL_CERT_FILE": file})
	try(browserAt(t, app.URL))
	if good.stolen.Load() == 0 {
		t.Error("one with a good certificate is told nothing either: the test is blind")
	}
	return variants, stolen
}

// proxied sets proxies in the environment, for a service in the clear and for
// one that is encrypted.
func proxied(t *testing.T) (variants int, stolen int64) {
	for _, backend := range []string{"http://cloud.invalid", "https://cloud.invalid"} {
		for _, names := range [][]string{{"HTTP_PROXY", "HTTPS_PROXY"}, {"http_proxy", "https_proxy"}, {"ALL_PROXY", "all_proxy"}}[:count(3, 1)] {
			variants++
			th := newThief(t, nil, nil)
			settings := map[string]string{"FLOWDECK_BACKEND": backend}
			for _, name := range names {
				settings[name] = th.URL
			}
			app := apptest.Start(t, settings)
			if r := try(browserAt(t, app.URL)); r.status < http.StatusBadRequest {
				t.Errorf("signed in at nobody: %d", r.status)
			}
			app.Stop()
			stolen += th.stolen.Load()
		}
	}
	return variants, stolen
}

// authority issues certificates.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem         []byte
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-72 * time.Hour), NotAfter: time.Now().Add(72 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(t, err)
	certificate, err := x509.ParseCertificate(der)
	must(t, err)
	return &authority{certificate, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

// issue makes a certificate for a host that is good between two times from now.
func (a *authority) issue(t *testing.T, host string, from, until time.Duration) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: host}, NotBefore: time.Now().Add(from), NotAfter: time.Now().Add(until),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	must(t, err)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
