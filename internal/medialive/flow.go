package medialive

import (
	"context"
	"errors"
	"net/http"
	"strconv"
)

// FlowStatus is what a flow was told to do. The API declares no state in
// between and none for failure.
type FlowStatus string

// The two states of a flow.
const (
	Active  FlowStatus = "ACTIVE"  // started: listens, calls, passes media on
	Standby FlowStatus = "STANDBY" // not started
)

// Health is whether media arrives (at a source) or is passed on (at an output).
type Health string

// The two values of health_status.
const (
	Connected    Health = "CONNECTED"
	Disconnected Health = "DISCONNECTED"
)

// Protocol is which side of an SRT connection calls.
type Protocol string

// The two protocols of the API, seen from the service.
const (
	Listener Protocol = "srt-listener" // the service listens
	Caller   Protocol = "srt-caller"   // the service calls
)

// FlowSummary is a flow in a list.
type FlowSummary struct {
	Name        string     `json:"name"`
	Region      string     `json:"region"`
	ID          string     `json:"flow_id"`
	Status      FlowStatus `json:"status"`
	Description string     `json:"description,omitempty"` // of its source, up to 255 characters
	Protocol    Protocol   `json:"protocol"`              // of its source
}

// FlowPage is one page of the list of flows.
type FlowPage struct {
	Total int           `json:"total"` // flows of the project, not of the page; at most 1000
	Flows []FlowSummary `json:"flows"`
}

// Flow is a flow with its one source and the names of its outputs.
type Flow struct {
	ID      string      `json:"flow_id"`
	Name    string      `json:"name"`
	Region  string      `json:"region"`
	Status  FlowStatus  `json:"status"`
	Sources []Source    `json:"sources"` // exactly one
	Outputs []OutputRef `json:"outputs"` // up to 10
}

// Source gives the flow's one source, and false if the answer had none.
func (f Flow) Source() (Source, bool) {
	if len(f.Sources) == 0 {
		return Source{}, false
	}
	return f.Sources[0], true
}

// NewFlow is what creating a flow takes.
type NewFlow struct {
	Name   string // 1..64, a letter first, then letters, digits, - and _
	Region string
	Source Source
}

// ListFlows gives a page of the project's flows: limit 1..100, offset from 0.
func (c *Client) ListFlows(ctx context.Context, limit, offset int) (FlowPage, error) {
	r := c.request("ListFlows", http.MethodGet, "/flows")
	r.query.Set("limit", strconv.Itoa(limit))
	r.query.Set("offset", strconv.Itoa(offset))
	var page struct {
		Total *int           `json:"total"`
		Flows *[]FlowSummary `json:"flows"`
	}
	a, err := c.call(ctx, r, &page)
	if err != nil {
		return FlowPage{}, err
	}
	if page.Total == nil || page.Flows == nil {
		return FlowPage{}, r.unreadable(a, errors.New("a list without total or flows"))
	}
	for _, flow := range *page.Flows {
		if flow.ID == "" {
			return FlowPage{}, r.unreadable(a, errors.New("a flow without flow_id"))
		}
	}
	return FlowPage{Total: *page.Total, Flows: *page.Flows}, nil
}

// CreateFlow creates a flow in STANDBY.
func (c *Client) CreateFlow(ctx context.Context, flow NewFlow) (Flow, error) {
	r := c.request("CreateFlows", http.MethodPost, "/flows")
	r.secrets = flow.Source.Decryption.secrets()
	err := r.encode(struct {
		Name    string       `json:"name"`
		Region  string       `json:"region"`
		Sources []wireSource `json:"sources"`
	}{flow.Name, flow.Region, []wireSource{newWireSource(flow.Source)}})
	if err != nil {
		return Flow{}, err
	}
	var created struct {
		Flow Flow `json:"flow"`
	}
	a, err := c.call(ctx, r, &created)
	if err != nil {
		return Flow{}, err
	}
	if created.Flow.ID == "" {
		return Flow{}, r.unreadable(a, errors.New("no flow_id"))
	}
	return created.Flow, nil
}

// ShowFlow gives a flow with its source and the names of its outputs.
func (c *Client) ShowFlow(ctx context.Context, flowID string) (Flow, error) {
	r := c.flowRequest("ShowFlowDetail", http.MethodGet, "/flows/detail", flowID)
	var flow Flow
	a, err := c.call(ctx, r, &flow)
	if err != nil {
		return Flow{}, err
	}
	if flow.ID != flowID {
		return Flow{}, r.unreadable(a, errors.New("not the flow that was asked for"))
	}
	return flow, nil
}

// DeleteFlow deletes a flow. Whether one that is ACTIVE may be deleted is the
// service's decision: KindState when it may not.
func (c *Client) DeleteFlow(ctx context.Context, flowID string) error {
	_, err := c.call(ctx, c.flowRequest("DeleteFlow", http.MethodDelete, "/flows", flowID), nil)
	return err
}

// StartFlow starts a flow: KindState when it runs already.
func (c *Client) StartFlow(ctx context.Context, flowID string) (FlowStatus, error) {
	return c.setStatus(ctx, "ModifyFlowStart", "/flows/start", flowID)
}

// StopFlow stops a flow: KindState when it does not run.
func (c *Client) StopFlow(ctx context.Context, flowID string) (FlowStatus, error) {
	return c.setStatus(ctx, "ModifyFlowStop", "/flows/stop", flowID)
}

func (c *Client) setStatus(ctx context.Context, op, path, flowID string) (FlowStatus, error) {
	r := c.flowRequest(op, http.MethodPut, path, flowID)
	var done struct {
		ID     string     `json:"flow_id"`
		Status FlowStatus `json:"status"`
	}
	a, err := c.call(ctx, r, &done)
	if err != nil {
		return "", err
	}
	if done.ID != flowID || done.Status == "" {
		return "", r.unreadable(a, errors.New("not the status of the flow that was meant"))
	}
	return done.Status, nil
}

// flowRequest begins a request about one flow; its id is never in the path.
func (c *Client) flowRequest(op, method, path, flowID string) request {
	r := c.request(op, method, path)
	r.query.Set("flow_id", flowID)
	return r
}
