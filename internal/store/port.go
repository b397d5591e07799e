package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// listener is who listens on a port: a source (output empty) or an output.
type listener struct {
	port   int
	output string
}

// listeners gives the ports of outputs that listen.
func listeners(outputs []FlowOutput) []listener {
	ls := make([]listener, 0, len(outputs)+1)
	for _, o := range outputs {
		ls = append(ls, listener{o.ListenPort, o.Name})
	}
	return ls
}

// PortsInUse gives the UDP ports that listeners of all flows and channels have,
// whether these are active or not.
func (s *Store) PortsInUse(ctx context.Context) (map[int]bool, error) {
	ports, err := all(ctx, s.read(), number, `SELECT port FROM listener_ports
		UNION SELECT srt_port FROM channels WHERE srt_port <> 0
		UNION SELECT srt_standby FROM channels WHERE srt_standby <> 0`)
	if err != nil {
		return nil, fmt.Errorf("ports in use: %w", err)
	}
	used := make(map[int]bool, len(ports))
	for _, port := range ports {
		used[int(port)] = true
	}
	return used, nil
}

// takePorts takes the ports that are not 0, in their order so that rivals
// wait for one another in one direction only.
func (s *Store) takePorts(ctx context.Context, c conn, flowID string, ls []listener) error {
	slices.SortFunc(ls, func(a, b listener) int { return cmp.Compare(a.port, b.port) })
	for _, l := range ls {
		if l.port == 0 {
			continue
		}
		_, err := c.exec(ctx, `INSERT INTO listener_ports (port, flow_id, output) VALUES ($1, $2, $3)`,
			l.port, flowID, l.output)
		if s.dialect.unique(err) {
			return fmt.Errorf("%w: %d", ErrPortTaken, l.port)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// movePort lets go of the listener's port, if any, and takes the new one. A
// port that stays is not touched.
func (s *Store) movePort(ctx context.Context, c conn, flowID string, l listener) error {
	_, err := c.exec(ctx, `DELETE FROM listener_ports WHERE flow_id = $1 AND output = $2 AND port <> $3`,
		flowID, l.output, l.port)
	if err != nil {
		return err
	}
	kept, err := one(ctx, c, number, `
		SELECT count(*) FROM listener_ports WHERE flow_id = $1 AND output = $2`, flowID, l.output)
	if err != nil || kept > 0 {
		return err
	}
	return s.takePorts(ctx, c, flowID, []listener{l})
}
