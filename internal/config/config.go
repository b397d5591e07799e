package config

import (
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/role"
)

// Config is every setting of Flowdeck. It prints without its secrets.
type Config struct {
	Listen         string         // host:port of the dashboard; port 0 takes a free one
	TLSCert        string         // PEM file; with TLSKey the dashboard speaks HTTPS
	TLSKey         string         // PEM file
	TrustedProxies []netip.Prefix // whose X-Forwarded-* headers count

	Data        string           // folder of the database, the keys, the sockets
	DatabaseURL medialive.Secret // sqlite:PATH or postgres://…; may hold a password
	KeyFile     string           // seals tokens and secrets at rest

	Backends    []Backend // where one can sign in, in the order to be shown
	Region      string    // of the service credential; and of a backend that is a URL without a name
	IAMURL      string    // of the only backend; empty: its own
	UpstreamRPS float64   // requests a second and project, for reading
	Service     Service
	Admins      role.Rules // who are admins whatever the dashboard's rules say; empty: of the embedded backend its first user

	PublicURL    string         // of the dashboard, as people reach it; for links, may be empty
	WebhookAllow []netip.Prefix // private networks that webhooks may reach

	GatewayListen     string // host:port of the gateway's REST API; port 0 takes a free one
	GatewaySRTAddress string // IP on which SRT listeners are bound
	GatewaySRTPorts   Ports  // UDP ports allotted to listeners

	GatewayRTMPPorts  Ports // TCP ports allotted to channels that are pushed to by RTMP
	GatewayRecordFree int64 // bytes of the disk that recordings of channels leave free

	Pictures time.Duration // between two pictures of a stream that somebody looks at, 1s..1m; 0: none

	GatewayCallAllow []netip.Prefix // networks that callers may reach although they lead to this machine

	AdminPassword medialive.Secret // of the first user; empty: one is made
	MetricsKey    medialive.Secret // opens /metrics to others than loopback; empty: it stays closed

	LogLevel  slog.Level
	LogFormat string // "text" or "json"
}

// Service is the credential with which the installation itself reads: an
// access key with its project, or a user with password and account.
type Service struct {
	AK       string
	SK       medialive.Secret
	Project  string
	User     string
	Password medialive.Secret
	Account  string
}

// Ports is a range of UDP ports, both ends included.
type Ports struct{ First, Last int }

// TLS tells whether the dashboard speaks HTTPS by itself.
func (c Config) TLS() bool { return c.TLSCert != "" && c.TLSKey != "" }

// Secure tells whether browsers reach the dashboard by HTTPS: its own, or that
// of a declared proxy.
func (c Config) Secure() bool { return c.TLS() || len(c.TrustedProxies) > 0 }

// GatewayExposed tells whether other machines reach the gateway's API, which
// speaks HTTP in the clear.
func (c Config) GatewayExposed() bool {
	host, _, err := net.SplitHostPort(c.GatewayListen)
	return err == nil && !loopback(host)
}

// CallAllow are the networks that the relay's callers may reach although they
// lead to this machine: those that are set, and loopback as long as the
// listeners are on it too, for then all of it is on one machine.
func (c Config) CallAllow() []netip.Prefix {
	allow := slices.Clone(c.GatewayCallAllow)
	if loopback(c.GatewaySRTAddress) {
		allow = append(allow, netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"))
	}
	return allow
}

// RelayArgs are the settings that a relay needs, as arguments: none is secret.
func (c Config) RelayArgs() []string {
	args := []string{
		"--data", c.Data, "--log-level", c.LogLevel.String(), "--log-format", c.LogFormat, "--gateway-srt-address", c.GatewaySRTAddress,
	}
	if len(c.GatewayCallAllow) > 0 {
		args = append(args, "--gateway-call-allow", formatPrefixes(c.GatewayCallAllow))
	}
	return args
}

// RunDir is the folder of locks, sockets and addresses of running processes.
func (c Config) RunDir() string { return filepath.Join(c.Data, "run") }

// ChannelDir is the folder of the gateway's channels: what they play and record.
func (c Config) ChannelDir() string { return filepath.Join(c.Data, "channels") }

// RelaySocket is the unix socket by which the gateway drives the relay.
func (c Config) RelaySocket() string { return filepath.Join(c.RunDir(), "relay.sock") }

// Environ gives the settings as KEY=VALUE pairs for a child process, secrets
// included, so that it runs with exactly these.
func (c Config) Environ() []string {
	var env []string
	for _, s := range settings {
		env = append(env, s.env+"="+s.get(&c))
	}
	return env
}

// String gives one KEY=VALUE line a setting, without the secrets.
func (c Config) String() string {
	var b strings.Builder
	for _, s := range settings {
		b.WriteString(s.env + "=" + s.shown(&c) + "\n")
	}
	return b.String()
}

// GoString hides the secrets from %#v.
func (c Config) GoString() string { return c.String() }

// LogValue gives the settings to slog without the secrets.
func (c Config) LogValue() slog.Value {
	attrs := make([]slog.Attr, 0, len(settings))
	for _, s := range settings {
		attrs = append(attrs, slog.String(s.flag, s.shown(&c)))
	}
	return slog.GroupValue(attrs...)
}

// redactURL hides the password of a URL, and all of a text that is none.
func redactURL(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "***"
	}
	query := u.Query()
	for name := range query {
		if strings.Contains(strings.ToLower(name), "password") {
			query.Set(name, "***")
			u.RawQuery = query.Encode()
		}
	}
	return u.Redacted()
}
