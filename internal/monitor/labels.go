package monitor

import (
	"maps"
	"net"
)

// NewLabels makes labels by IP address.
func NewLabels(byAddress map[string]string) *Labels {
	return &Labels{maps.Clone(byAddress)}
}

// Of gives the name of a far end, "host" or "host:port"; empty if it has none.
func (l *Labels) Of(peer string) string {
	if l == nil || len(l.byAddress) == 0 || peer == "" {
		return ""
	}
	if host, _, err := net.SplitHostPort(peer); err == nil {
		peer = host
	}
	return l.byAddress[peer]
}

// All gives the names by address; the map is the caller's.
func (l *Labels) All() map[string]string {
	if l == nil {
		return map[string]string{}
	}
	return maps.Clone(l.byAddress)
}
