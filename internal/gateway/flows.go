package gateway

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/store"
)

// maxFlows of a project: the ceiling that the API declares for total.
const maxFlows = 1000

// listFlows answers ListFlows: newest first.
func (g *Gateway) listFlows(c *call) (answer, error) {
	values, err := c.query()
	if err != nil {
		return answer{}, err
	}
	limit, offset, err := paging(values)
	if err != nil {
		return answer{}, err
	}
	rows, total, err := g.opts.Store.Flows(c.Context(), c.project, limit, offset)
	if err != nil {
		return answer{}, fmt.Errorf("list flows: %w", err)
	}
	page := medialive.FlowPage{Total: total, Flows: make([]medialive.FlowSummary, 0, len(rows))}
	for _, row := range rows {
		rec, err := decodeRecord(row)
		if err != nil {
			return answer{}, err
		}
		page.Flows = append(page.Flows, medialive.FlowSummary{
			Name: row.Name, Region: row.Region, ID: row.ID, Status: status(row.Active),
			Description: rec.source.Description, Protocol: rec.source.Protocol,
		})
	}
	return ok(page)
}

// showFlow answers ShowFlowDetail, without an envelope.
func (g *Gateway) showFlow(c *call) (answer, error) {
	rec, err := g.named(c)
	if err != nil {
		return answer{}, err
	}
	return ok(g.flow(rec))
}

// named loads the flow that flow_id names.
func (g *Gateway) named(c *call) (record, error) {
	names, err := c.names("flow_id")
	if err != nil {
		return record{}, err
	}
	return g.load(c.Context(), c.project, names[0])
}

// createFlow answers CreateFlows, with an envelope and 201.
func (g *Gateway) createFlow(c *call) (answer, error) {
	var body struct {
		Name    string       `json:"name"`
		Region  string       `json:"region"`
		Sources []sentSource `json:"sources"`
	}
	if err := decode(c.body, &body); err != nil {
		return answer{}, err
	}
	if len(body.Sources) != 1 {
		return answer{}, invalid("sources must have exactly 1 entry")
	}
	source, err := body.Sources[0].read("sources[0].")
	if err != nil {
		return answer{}, err
	}
	if faults := medialive.ValidateNewFlow(medialive.NewFlow{Name: body.Name, Region: body.Region, Source: source}); len(faults) > 0 {
		return answer{}, faulty("", faults)
	}
	if body.Region != g.opts.Region {
		return answer{}, invalid("region must be %s", g.opts.Region)
	}
	row := store.Flow{
		ID: uuid.NewString(), ProjectID: c.project, Name: body.Name, Region: body.Region,
		CreatedAt: time.Now().UTC(),
	}
	if err := g.insertFlow(c, row, source); err != nil {
		return answer{}, err
	}
	c.made = row.ID
	g.changes.changed(c.project, row.ID)
	rec, err := g.load(c.Context(), c.project, row.ID)
	if err != nil {
		return answer{}, err
	}
	return created(struct {
		Flow medialive.Flow `json:"flow"`
	}{g.flow(rec)})
}

// insertFlow allots the port and commits the flow.
func (g *Gateway) insertFlow(c *call, row store.Flow, source medialive.Source) (err error) {
	ctx, cancel := committed(c.Context())
	defer cancel()
	if row.SourceSecret, err = g.sealed(row.ID, "", "sources[0].decryption", source.Decryption, nil); err != nil {
		return err
	}
	return g.allotting(ctx, func(ports *allotment) error {
		if err := g.roomForFlow(c, row.Name); err != nil {
			return err
		}
		if source.Protocol == medialive.Listener {
			if source.Port, err = ports.take("sources[0].source_listener_port", source.Port); err != nil {
				return err
			}
			row.SourcePort = source.Port
		}
		if row.Source, err = encodeSource(source); err != nil {
			return fmt.Errorf("encode source: %w", err)
		}
		err = g.opts.Store.CreateFlow(ctx, row)
		return storeRefusal(err, "create flow")
	})
}

// roomForFlow refuses a flow beyond the quota.
func (g *Gateway) roomForFlow(c *call, name string) error {
	_, total, err := g.opts.Store.Flows(c.Context(), c.project, 1, 0)
	if err != nil {
		return fmt.Errorf("count flows for %s: %w", name, err)
	}
	if total >= maxFlows {
		return invalid("the project has %d flows, which is its quota; delete one first", total)
	}
	return nil
}

// storeRefusal gives the refusal that a conflict in the store means.
func storeRefusal(err error, doing string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrExists):
		return flowExists()
	case errors.Is(err, store.ErrNotFound):
		return unknownFlow()
	case errors.Is(err, store.ErrPortTaken):
		return invalid("the port is already used by another listener")
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// deleteFlow answers DeleteFlow. A flow that runs must be stopped first.
func (g *Gateway) deleteFlow(c *call) (answer, error) {
	names, err := c.names("flow_id")
	if err != nil {
		return answer{}, err
	}
	defer g.serial.lock(names[0])()
	rec, err := g.load(c.Context(), c.project, names[0])
	if err != nil {
		return answer{}, err
	}
	if rec.row.Active {
		return answer{}, inStatus(true)
	}
	ctx, cancel := committed(c.Context())
	defer cancel()
	if err := g.opts.Store.DeleteFlow(ctx, c.project, rec.row.ID); err != nil {
		return answer{}, storeRefusal(err, "delete flow")
	}
	g.changes.changed(c.project, rec.row.ID)
	return ok(flowState{rec.row.ID, "DELETED"})
}

// flowState answers start, stop and deletion.
type flowState struct {
	ID     string               `json:"flow_id"`
	Status medialive.FlowStatus `json:"status"`
}
