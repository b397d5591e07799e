package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/role"
)

// setting is one row of the table below: how a setting is named, what it
// means, and how it is read from and written to text.
type setting struct {
	env    string
	flag   string
	value  string // default
	usage  string
	kind   kind
	set    func(*Config, string) error
	get    func(*Config) string
	forget bool // not an argument: arguments can be read by every user of the machine
}

// kind says how a setting may be printed.
type kind int

const (
	open   kind = iota // as it is
	secret             // never
	link               // a URL whose password is hidden
)

// shown is the setting's value, fit to be printed.
func (s setting) shown(c *Config) string {
	value := s.get(c)
	switch {
	case value == "" || s.kind == open:
		return value
	case s.kind == link:
		return redactURL(value)
	default:
		return "***"
	}
}

// settings is the whole of what can be set, in the order in which it is shown.
var settings = []setting{
	text("listen", "127.0.0.1:8080", "`host:port` of the dashboard", func(c *Config) *string { return &c.Listen }),
	text("tls-cert", "", "PEM `file` of the certificate for HTTPS", func(c *Config) *string { return &c.TLSCert }),
	text("tls-key", "", "PEM `file` of the certificate's key", func(c *Config) *string { return &c.TLSKey }),
	{
		env: "FLOWDECK_TRUSTED_PROXIES", flag: "trusted-proxies",
		usage: "`addresses` or CIDRs, comma separated, whose X-Forwarded headers count",
		set:   func(c *Config, v string) (err error) { c.TrustedProxies, err = parsePrefixes(v); return err },
		get:   func(c *Config) string { return formatPrefixes(c.TrustedProxies) },
	},
	text("data", "data", "`folder` of the database, the keys and the sockets", func(c *Config) *string { return &c.Data }),
	confidential(link, "database-url", "`url` of the database: sqlite:PATH or postgres://… (default: SQLite in the data folder)",
		func(c *Config) *medialive.Secret { return &c.DatabaseURL }),
	text("key-file", "", "`file` that seals secrets at rest (default: secret.key in the data folder)", func(c *Config) *string { return &c.KeyFile }),
	{
		env: "FLOWDECK_BACKEND", flag: "backend", value: Embedded,
		usage: "`backends`, comma separated: embedded, huaweicloud, or the URL of a Media Live endpoint; NAME=URL names its region",
		set:   func(c *Config, v string) (err error) { c.Backends, err = parseBackends(v); return err },
		get:   func(c *Config) string { return formatBackends(c.Backends) },
	},
	text("region", "", "`name` of the service credential's region (default: the first), and of the region and project behind a URL without a name (default: local)", func(c *Config) *string { return &c.Region }),
	text("iam-url", "", "`url` of IAM (default: the backend's), where there is one backend", func(c *Config) *string { return &c.IAMURL }),
	text("service-ak", "", "access `key` that reads for displays and alarms", func(c *Config) *string { return &c.Service.AK }),
	confidential(secret, "service-sk", "secret of that access key", func(c *Config) *medialive.Secret { return &c.Service.SK }),
	text("service-project", "", "`id` of that access key's project", func(c *Config) *string { return &c.Service.Project }),
	text("service-user", "", "`user` that reads for displays and alarms, in place of a key", func(c *Config) *string { return &c.Service.User }),
	confidential(secret, "service-password", "that user's password", func(c *Config) *medialive.Secret { return &c.Service.Password }),
	text("service-account", "", "that user's `account`", func(c *Config) *string { return &c.Service.Account }),
	{
		env: "FLOWDECK_UPSTREAM_RPS", flag: "upstream-rps", value: "10",
		usage: "requests a `second` and project with which the dashboard reads",
		set:   func(c *Config, v string) (err error) { c.UpstreamRPS, err = parseRate(v); return err },
		get:   func(c *Config) string { return strconv.FormatFloat(c.UpstreamRPS, 'g', -1, 64) },
	},
	{
		env: "FLOWDECK_ADMINS", flag: "admins",
		usage: "`people` who are admins whatever the rules say: account/user, comma separated, * for anything (default: the embedded backend's first user)",
		set:   func(c *Config, v string) (err error) { c.Admins, err = role.ParseAdmins(v); return err },
		get:   func(c *Config) string { return c.Admins.People() },
	},
	text("public-url", "", "`url` by which people reach the dashboard, for the links in alarms that are told", func(c *Config) *string { return &c.PublicURL }),
	{
		env: "FLOWDECK_WEBHOOK_ALLOW", flag: "webhook-allow",
		usage: "private `addresses` or CIDRs, comma separated, that webhooks may reach",
		set:   func(c *Config, v string) (err error) { c.WebhookAllow, err = parsePrefixes(v); return err },
		get:   func(c *Config) string { return formatPrefixes(c.WebhookAllow) },
	},
	text("gateway-listen", "127.0.0.1:8081", "`host:port` of the gateway's REST API", func(c *Config) *string { return &c.GatewayListen }),
	text("gateway-srt-address", "127.0.0.1", "`address` on which SRT listeners are bound", func(c *Config) *string { return &c.GatewaySRTAddress }),
	{
		env: "FLOWDECK_GATEWAY_SRT_PORTS", flag: "gateway-srt-ports", value: "20000-20999",
		usage: "UDP `ports` allotted to SRT listeners",
		set:   func(c *Config, v string) (err error) { c.GatewaySRTPorts, err = parsePorts(v); return err },
		get:   func(c *Config) string { return c.GatewaySRTPorts.String() },
	},
	{
		env: "FLOWDECK_GATEWAY_RTMP_PORTS", flag: "gateway-rtmp-ports", value: "19350-19399",
		usage: "TCP `ports` allotted to channels that are pushed to by RTMP",
		set:   func(c *Config, v string) (err error) { c.GatewayRTMPPorts, err = parsePorts(v); return err },
		get:   func(c *Config) string { return c.GatewayRTMPPorts.String() },
	},
	{
		env: "FLOWDECK_GATEWAY_RECORD_FREE", flag: "gateway-record-free", value: "2",
		usage: "`GiB` of the disk that recordings of channels leave free",
		set:   func(c *Config, v string) (err error) { c.GatewayRecordFree, err = parseGiB(v); return err },
		get:   func(c *Config) string { return strconv.FormatInt(c.GatewayRecordFree>>30, 10) },
	},
	{
		env: "FLOWDECK_PICTURES", flag: "pictures", value: "4s",
		usage: "`time` between two pictures of a stream that somebody looks at, 1s to 1m; 0: no pictures",
		set:   func(c *Config, v string) (err error) { c.Pictures, err = parsePictures(v); return err },
		get:   func(c *Config) string { return c.Pictures.String() },
	},
	{
		env: "FLOWDECK_GATEWAY_CALL_ALLOW", flag: "gateway-call-allow",
		usage: "`addresses` or CIDRs, comma separated, that SRT callers and channels may reach although they lead to this machine",
		set:   func(c *Config, v string) (err error) { c.GatewayCallAllow, err = parsePrefixes(v); return err },
		get:   func(c *Config) string { return formatPrefixes(c.GatewayCallAllow) },
	},
	confidential(secret, "admin-password", "password of the first user", func(c *Config) *medialive.Secret { return &c.AdminPassword }),
	confidential(secret, "metrics-key", "bearer token that opens /metrics to other machines", func(c *Config) *medialive.Secret { return &c.MetricsKey }),
	{
		env: "FLOWDECK_LOG_LEVEL", flag: "log-level", value: "info",
		usage: "`level`: debug, info, warn or error",
		set:   func(c *Config, v string) (err error) { c.LogLevel, err = parseLevel(v); return err },
		get:   func(c *Config) string { return strings.ToLower(c.LogLevel.String()) },
	},
	text("log-format", "text", "`format`: text, or json for collectors", func(c *Config) *string { return &c.LogFormat }),
}

// text is a setting that is a plain string.
func text(flag, value, usage string, field func(*Config) *string) setting {
	return setting{
		env: envName(flag), flag: flag, value: value, usage: usage,
		set: func(c *Config, v string) error { *field(c) = v; return nil },
		get: func(c *Config) string { return *field(c) },
	}
}

// confidential is a setting that is not printed as it is. Secrets are no
// arguments; a database URL may be one, for it need not hold a password.
func confidential(k kind, flag, usage string, field func(*Config) *medialive.Secret) setting {
	return setting{
		env: envName(flag), flag: flag, usage: usage, kind: k, forget: k == secret,
		set: func(c *Config, v string) error { *field(c) = medialive.Secret(v); return nil },
		get: func(c *Config) string { return field(c).Reveal() },
	}
}

// envName is the environment variable of a flag: listen → FLOWDECK_LISTEN.
func envName(flag string) string {
	return "FLOWDECK_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// fill sets what follows from other settings.
func (c *Config) fill() {
	if c.DatabaseURL == "" {
		c.DatabaseURL = medialive.Secret("sqlite:" + filepath.Join(c.Data, "flowdeck.db"))
	}
	if c.KeyFile == "" {
		c.KeyFile = filepath.Join(c.Data, "secret.key")
	}
	c.nameBackends()
}

func parsePrefixes(list string) ([]netip.Prefix, error) {
	var prefixes []netip.Prefix
	for item := range strings.SplitSeq(list, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		if address, err := netip.ParseAddr(item); err == nil {
			prefixes = append(prefixes, netip.PrefixFrom(address, address.BitLen()))
			continue
		}
		prefix, err := netip.ParsePrefix(item)
		if err != nil {
			return nil, fmt.Errorf("%q is neither an address nor a CIDR", item)
		}
		prefixes = append(prefixes, prefix.Masked())
	}
	return prefixes, nil
}

func formatPrefixes(prefixes []netip.Prefix) string {
	items := make([]string, len(prefixes))
	for i, prefix := range prefixes {
		items[i] = prefix.String()
	}
	return strings.Join(items, ",")
}

func parseRate(v string) (float64, error) {
	rate, err := strconv.ParseFloat(v, 64)
	if err != nil || !(rate > 0 && rate <= 1000) {
		return 0, fmt.Errorf("%q is not a number above 0 and up to 1000", v)
	}
	return rate, nil
}

const (
	oftenest = time.Second
	seldomst = time.Minute
)

// parsePictures reads a time, or 0 for none.
func parsePictures(v string) (time.Duration, error) {
	d, err := time.ParseDuration(v)
	if err != nil || d != 0 && (d < oftenest || d > seldomst) {
		return 0, fmt.Errorf("%q is neither 0 nor a time from 1s to 1m", v)
	}
	return d, nil
}

// parseGiB reads whole gibibytes, 0..1048576, into bytes.
func parseGiB(v string) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
	if err != nil || n < 0 || n > 1<<20 {
		return 0, fmt.Errorf("%q is not a number of GiB from 0 to 1048576", v)
	}
	return n << 30, nil
}

// parsePorts reads "20000-20999", or a single port.
func parsePorts(v string) (Ports, error) {
	from, to, found := strings.Cut(v, "-")
	if !found {
		to = from
	}
	first, errFirst := strconv.Atoi(strings.TrimSpace(from))
	last, errLast := strconv.Atoi(strings.TrimSpace(to))
	if errors.Join(errFirst, errLast) != nil || first < 1 || last > 65535 || first > last {
		return Ports{}, fmt.Errorf("%q is not a range of ports such as 20000-20999", v)
	}
	return Ports{first, last}, nil
}

// String gives the range as it is set: 20000-20999.
func (p Ports) String() string { return fmt.Sprintf("%d-%d", p.First, p.Last) }

func parseLevel(v string) (slog.Level, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(v)); err != nil {
		return 0, fmt.Errorf("%q is none of debug, info, warn, error", v)
	}
	return level, nil
}
