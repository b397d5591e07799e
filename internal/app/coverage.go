package app

import (
	"sync"

	"github.com/flowdeck/flowdeck/internal/handlers"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// coverage knows which projects the installation reads by itself, for displays,
// which read nothing.
type coverage struct {
	configured bool // there is a service credential

	mu   sync.Mutex
	keys map[monitor.Key]bool
}

func newCoverage(configured bool) *coverage {
	return &coverage{configured: configured, keys: make(map[monitor.Key]bool)}
}

// add notes that a project is read.
func (c *coverage) add(key monitor.Key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keys[key] = true
}

// of tells how the installation reads a project.
func (c *coverage) of(key monitor.Key) handlers.Service {
	c.mu.Lock()
	defer c.mu.Unlock()
	return handlers.Service{Configured: c.configured, Covers: c.keys[key]}
}
