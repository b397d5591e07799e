package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// The backends that have a word; any other is the URL of a Media Live endpoint.
const (
	Embedded    = "embedded"    // a gateway that the dashboard starts by itself
	HuaweiCloud = "huaweicloud" // its regions are chosen from at sign-in
)

// gatewayProject is the name that a gateway gives its project, and its region.
const gatewayProject = "local"

// Backend is somewhere to sign in to.
type Backend struct {
	At      string // Embedded, HuaweiCloud, or the URL of a Media Live endpoint
	Name    string // of its region, as people see it; empty for HuaweiCloud, whose regions have names
	Project string // the name of the project that a token is asked for; empty for HuaweiCloud
	IAM     string // of a URL: where its IAM is; empty: at the same URL

	typed string
}

// parseBackends reads a comma separated list of [NAME[/PROJECT]=]BACKEND [IAM].
func parseBackends(list string) ([]Backend, error) {
	var all []Backend
	for item := range strings.SplitSeq(list, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		b := Backend{typed: item}
		name, rest, named := strings.Cut(item, "=")
		if !named || strings.Contains(name, "://") {
			name, rest = "", item
		}
		b.Name, b.Project, _ = strings.Cut(strings.TrimSpace(name), "/")
		words := strings.Fields(rest)
		if len(words) == 0 || len(words) > 2 {
			return nil, errors.New("each is [NAME=]BACKEND, where a URL may be followed by a blank and that of its IAM")
		}
		b.At = words[0]
		if len(words) == 2 {
			b.IAM = words[1]
		}
		all = append(all, b)
	}
	if len(all) == 0 {
		return nil, errors.New("names no backend")
	}
	return all, nil
}

// formatBackends gives the list as it was set.
func formatBackends(all []Backend) string {
	typed := make([]string, len(all))
	for i, b := range all {
		typed[i] = b.typed
	}
	return strings.Join(typed, ",")
}

// nameBackends gives those that have no name theirs: a URL that of the setting
// for it, with the same project, and a gateway of our own that of its project.
func (c *Config) nameBackends() {
	for i := range c.Backends {
		b := &c.Backends[i]
		switch {
		case b.At == HuaweiCloud:
			continue
		case b.At == Embedded:
			b.Project = gatewayProject
		case b.Name == "" && c.Region != "":
			b.Name, b.Project = c.Region, c.Region
		case b.Project == "":
			b.Project = gatewayProject
		}
		if b.Name == "" {
			b.Name = gatewayProject
		}
	}
}

// ServiceRegion is the region of the service credential: the first, unless it is
// set. It is empty where that would be one of many.
func (c Config) ServiceRegion() string {
	if c.Region == "" && len(c.Backends) > 0 {
		return c.Backends[0].Name
	}
	return c.Region
}

// Embeds gives the backend that is a gateway of our own, if there is one.
func (c Config) Embeds() (Backend, bool) {
	for _, b := range c.Backends {
		if b.At == Embedded {
			return b, true
		}
	}
	return Backend{}, false
}

// checkBackends checks each, and that no two are the same or have the same name.
func (c Config) checkBackends() error {
	var faults []error
	names, places := map[string]bool{}, map[string]bool{}
	for _, b := range c.Backends {
		faults = append(faults, b.check())
		if place := b.At + " " + b.Project; places[place] {
			faults = append(faults, fmt.Errorf("%s is there twice", redactURL(b.At)))
		} else {
			places[place] = true
		}
		for _, name := range b.names() {
			if names[name] {
				faults = append(faults, fmt.Errorf("two of them have a region %q: name them, as in berlin=https://host", name))
			}
			names[name] = true
		}
	}
	return errors.Join(faults...)
}

// names are those of its regions.
func (b Backend) names() []string {
	if b.At != HuaweiCloud {
		return []string{b.Name}
	}
	var names []string
	for _, r := range medialive.Regions() {
		names = append(names, r.ID)
	}
	return names
}

func (b Backend) check() error {
	switch {
	case b.At == HuaweiCloud && (b.Name != "" || b.IAM != ""):
		return errors.New("huaweicloud takes no name and no second URL: its regions have their own")
	case b.At == HuaweiCloud:
		return nil
	case b.At == Embedded && b.IAM != "":
		return errors.New("embedded takes no second URL: it has its own IAM")
	case b.At == Embedded:
		return checkRegion(b.Name)
	}
	if err := checkURL(b.At, false); err != nil {
		return fmt.Errorf("%q is neither embedded nor huaweicloud nor a URL: %w", redactURL(b.At), err)
	}
	if err := checkURL(b.IAM, true); err != nil {
		return fmt.Errorf("the IAM of %q: %w", redactURL(b.At), err)
	}
	return errors.Join(checkRegion(b.Name), checkRegion(b.Project))
}

// checkIAM refuses one IAM for several backends.
func (c Config) checkIAM() error {
	if c.IAMURL != "" && len(c.Backends) > 1 {
		return errors.New("does not say of which backend: set it in FLOWDECK_BACKEND, after the backend's URL and a blank")
	}
	return checkURL(c.IAMURL, true)
}

// checkServiceRegion checks a region's name, and that a service credential has
// one of those that there are.
func (c Config) checkServiceRegion() error {
	if c.Region != "" {
		if err := checkRegion(c.Region); err != nil {
			return err
		}
	}
	if c.Service == (Service{}) {
		return nil
	}
	for _, b := range c.Backends {
		for _, name := range b.names() {
			if name == c.ServiceRegion() {
				return nil
			}
		}
	}
	return fmt.Errorf("%q is no region of these backends, and the service credential needs one", c.ServiceRegion())
}
