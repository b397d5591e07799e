package gateway

import (
	"context"
	"fmt"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// updateSource answers ModifyFlowSources: it replaces the whole source, but
// keeps an allotted listener's port, and the passphrase where the mask came back.
func (g *Gateway) updateSource(c *call) (answer, error) {
	names, err := c.names("flow_id", "source_name")
	if err != nil {
		return answer{}, err
	}
	var body struct {
		Source *sentSource `json:"source"`
	}
	if err := decode(c.body, &body); err != nil {
		return answer{}, err
	}
	if body.Source == nil {
		return answer{}, invalid("source is required")
	}
	source, err := body.Source.read("source.")
	if err != nil {
		return answer{}, err
	}
	if faults := medialive.ValidateSource(source); len(faults) > 0 {
		return answer{}, faulty("source.", faults)
	}
	defer g.serial.lock(names[0])()
	rec, err := g.load(c.Context(), c.project, names[0])
	if err != nil {
		return answer{}, err
	}
	if rec.source.Name != names[1] {
		return answer{}, invalid("source_name %s not exist in flow", names[1])
	}
	after, err := g.replaceSource(c, rec, source)
	if err != nil {
		return answer{}, err
	}
	return ok(struct {
		ID     string           `json:"flow_id"`
		Source medialive.Source `json:"source"`
	}{after.row.ID, g.sourceView(after)})
}

func (g *Gateway) replaceSource(c *call, rec record, source medialive.Source) (record, error) {
	ctx, cancel := committed(c.Context())
	defer cancel()
	secret, err := g.sealed(rec.row.ID, "", "source.decryption", source.Decryption, rec.row.SourceSecret)
	if err != nil {
		return record{}, err
	}
	port := 0
	commit := func(ctx context.Context) error {
		data, err := encodeSource(source)
		if err != nil {
			return fmt.Errorf("encode source: %w", err)
		}
		return storeRefusal(g.opts.Store.UpdateSource(ctx, rec.row.ProjectID, rec.row.ID, data, secret, port), "update source")
	}
	undo := func(ctx context.Context) error {
		return g.opts.Store.UpdateSource(ctx, rec.row.ProjectID, rec.row.ID, rec.row.Source, rec.row.SourceSecret, rec.row.SourcePort)
	}
	if source.Protocol != medialive.Listener {
		return g.amend(ctx, rec, commit, undo)
	}
	if source.Port == 0 {
		source.Port = rec.row.SourcePort
	}
	if port = source.Port; port != 0 && port == rec.row.SourcePort {
		return g.amend(ctx, rec, commit, undo)
	}
	var after record
	err = g.allotting(ctx, func(ports *allotment) (err error) {
		if port, err = ports.take("source.source_listener_port", source.Port); err != nil {
			return err
		}
		source.Port = port
		after, err = g.amend(ctx, rec, commit, undo)
		return err
	})
	return after, err
}
