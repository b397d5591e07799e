package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// minPassword is the length from which a password is accepted for the first
// user, in bytes.
const minPassword = 8

// maxSocketPath is the longest path of a unix socket on Linux, in bytes.
const maxSocketPath = 107

// Validate checks the settings together. The error names every fault, a line
// each, and no secret.
func (c Config) Validate() error {
	return errors.Join(
		c.checkListen(),
		c.checkTLS(),
		named("FLOWDECK_DATA", c.checkData()),
		named("FLOWDECK_DATABASE_URL", c.checkDatabase()),
		named("FLOWDECK_BACKEND", c.checkBackends()),
		named("FLOWDECK_REGION", c.checkServiceRegion()),
		named("FLOWDECK_IAM_URL", c.checkIAM()),
		c.Service.check(),
		named("FLOWDECK_PUBLIC_URL", checkURL(c.PublicURL, true)),
		named("FLOWDECK_GATEWAY_LISTEN", checkHostPort(c.GatewayListen)),
		named("FLOWDECK_GATEWAY_SRT_ADDRESS", checkIPv4(c.GatewaySRTAddress)),
		named("FLOWDECK_ADMIN_PASSWORD", c.checkAdminPassword()),
		named("FLOWDECK_LOG_FORMAT", oneOf(c.LogFormat, "text", "json")),
	)
}

func named(variable string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", variable, err)
}

// checkListen refuses to put sign-in forms on a network in the clear.
func (c Config) checkListen() error {
	if err := checkHostPort(c.Listen); err != nil {
		return named("FLOWDECK_LISTEN", err)
	}
	host, _, _ := net.SplitHostPort(c.Listen)
	if loopback(host) || c.Secure() {
		return nil
	}
	return named("FLOWDECK_LISTEN", fmt.Errorf("%q can be reached from other machines, and passwords would travel in the clear: "+
		"set FLOWDECK_TLS_CERT and FLOWDECK_TLS_KEY, or FLOWDECK_TRUSTED_PROXIES if a proxy in front speaks HTTPS", c.Listen))
}

func (c Config) checkTLS() error {
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return errors.New("FLOWDECK_TLS_CERT, FLOWDECK_TLS_KEY: set both or neither")
	}
	return nil
}

// checkData also sees to it that the sockets in the folder can have their
// names, which the system limits.
func (c Config) checkData() error {
	if c.Data == "" {
		return errors.New("must not be empty")
	}
	if over := len(c.RelaySocket()) - maxSocketPath; over > 0 {
		return fmt.Errorf("the path is %d bytes too long for a socket in the folder", over)
	}
	return nil
}

func (c Config) checkDatabase() error {
	scheme, rest, _ := strings.Cut(c.DatabaseURL.Reveal(), ":")
	if rest != "" && (scheme == "sqlite" || scheme == "postgres" || scheme == "postgresql") {
		return nil
	}
	return errors.New("must be sqlite:PATH or postgres://…")
}

func (s Service) check() error {
	key := s.AK != "" || s.SK != "" || s.Project != ""
	user := s.User != "" || s.Password != "" || s.Account != ""
	switch {
	case key && user:
		return errors.New("FLOWDECK_SERVICE_AK, FLOWDECK_SERVICE_USER: set one kind of service credential, not both")
	case key && (s.AK == "" || s.SK == "" || s.Project == ""):
		return errors.New("FLOWDECK_SERVICE_AK, FLOWDECK_SERVICE_SK, FLOWDECK_SERVICE_PROJECT: set all three or none")
	case user && (s.User == "" || s.Password == "" || s.Account == ""):
		return errors.New("FLOWDECK_SERVICE_USER, FLOWDECK_SERVICE_PASSWORD, FLOWDECK_SERVICE_ACCOUNT: set all three or none")
	default:
		return nil
	}
}

func (c Config) checkAdminPassword() error {
	if n := len(c.AdminPassword.Reveal()); n > 0 && n < minPassword {
		return fmt.Errorf("must have %d characters or more", minPassword)
	}
	return nil
}

func checkHostPort(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%q is not of the form host:port", address)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("%q has no port between 0 and 65535", address)
	}
	return nil
}

func checkIPv4(address string) error {
	if ip, err := netip.ParseAddr(address); err != nil || !ip.Is4() {
		return fmt.Errorf("%q is not an IPv4 address", address)
	}
	return nil
}

func checkRegion(name string) error {
	if name == "" || len(name) > 64 || strings.ContainsAny(name, " \t\r\n/\\*,=") {
		return fmt.Errorf("%q is not a name of 1 to 64 characters without spaces, slashes, commas, * and =", name)
	}
	return nil
}

func checkURL(text string, optional bool) error {
	if text == "" && optional {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return errors.New("must be like https://host[:port]")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("must hold neither a password nor a query")
	}
	return nil
}

func oneOf(value string, accepted ...string) error {
	for _, a := range accepted {
		if value == a {
			return nil
		}
	}
	return fmt.Errorf("%q is none of %s", value, strings.Join(accepted, ", "))
}

// loopback tells whether only this machine can reach a host name or address.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
