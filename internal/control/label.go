package control

import (
	"context"
	"net/netip"
	"strings"

	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// The limits of labels.
const (
	MaxLabels    = 1000 // of a project
	MaxLabelName = 64   // characters
)

// SetLabel names the far end that has an IP address, for the whole project.
// What is no address, and an empty or long name, is *Invalid.
func (c *Control) SetLabel(ctx context.Context, op Operator, address, name string) error {
	at, err := ParseAddress(address)
	if err != nil {
		return err
	}
	if name = strings.TrimSpace(name); name == "" {
		return &Invalid{Field: "name", Problem: ProblemEmpty}
	}
	if err := checkText("name", name, MaxLabelName); err != nil {
		return err
	}
	if strings.ContainsAny(name, "\r\n\t") {
		return &Invalid{Field: "name", Problem: ProblemCharacters}
	}
	return c.labels(ctx, op, func(all map[string]string) (trail.Line, error) {
		had, known := all[at]
		switch {
		case had == name:
			return trail.Line{}, ErrNothingToDo
		case !known && len(all) >= MaxLabels:
			return trail.Line{}, &Invalid{Field: "address", Problem: ProblemTooMany, Limit: MaxLabels}
		}
		all[at] = name
		return c.line(op, VerbLabel, "", at, describe([]Change{{FieldName, had, name}})), nil
	})
}

// DeleteLabel takes the name of an address away. It is ErrNothingToDo where it
// has none.
func (c *Control) DeleteLabel(ctx context.Context, op Operator, address string) error {
	at, err := ParseAddress(address)
	if err != nil {
		return err
	}
	return c.labels(ctx, op, func(all map[string]string) (trail.Line, error) {
		had, known := all[at]
		if !known {
			return trail.Line{}, ErrNothingToDo
		}
		delete(all, at)
		return c.line(op, VerbDeleteLabel, "", at, describe([]Change{{FieldName, had, ""}})), nil
	})
}

// ParseAddress gives an IP address in its one form, without a zone and without
// IPv4 in IPv6. What is none is *Invalid.
func ParseAddress(s string) (string, error) {
	a, err := netip.ParseAddr(strings.Trim(strings.TrimSpace(s), "[]"))
	if err != nil || a.Zone() != "" || a.IsUnspecified() {
		return "", &Invalid{Field: "address", Problem: ProblemAddress}
	}
	return a.Unmap().String(), nil
}

// labels changes the labels of a project, one change at a time.
func (c *Control) labels(ctx context.Context, op Operator, change func(map[string]string) (trail.Line, error)) error {
	done, err := c.serial.take(ctx, op.key(""))
	if err != nil {
		return err
	}
	defer done()
	all, err := edit(ctx, c, op, "", topicLabels, func(all *map[string]string) (trail.Line, error) {
		if *all == nil {
			*all = make(map[string]string)
		}
		return change(*all)
	})
	if err == nil {
		op.Watcher.SetLabels(monitor.NewLabels(all))
	}
	return err
}
