package medialive

import (
	"context"
	"errors"
	"net/http"
)

// OutputStatus says whether an output may run.
type OutputStatus string

// The values of output_status.
const (
	Enabled  OutputStatus = "ENABLED"
	Disabled OutputStatus = "DISABLED"
)

// StandardOutput is the only output type that is published.
const StandardOutput = "Standard output"

// MaxOutputs is how many outputs a flow may have.
const MaxOutputs = 10

// OutputRef is an output as a flow names it.
type OutputRef struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// Output is an output in full, as sent on creation and as answered.
type Output struct {
	Name            string       `json:"name"` // 1..64, a letter first
	Protocol        Protocol     `json:"protocol,omitempty"`
	Destination     string       `json:"destination,omitempty"`      // caller: IP or domain, up to 64
	ListenerAddress string       `json:"listener_address,omitempty"` // listener: given by the service, IPv4
	Port            int          `json:"port,omitempty"`             // 1024..65535
	StreamID        string       `json:"stream_id,omitempty"`        // caller only, up to 512
	MinLatency      int          `json:"min_latency,omitempty"`      // milliseconds, 10..15000, default 2000
	CIDRWhitelist   []string     `json:"cidr_whitelist,omitempty"`   // up to 20
	Description     string       `json:"description,omitempty"`      // up to 255
	Encryption      *Crypto      `json:"encryption,omitempty"`
	Status          OutputStatus `json:"output_status,omitempty"`
	Health          Health       `json:"health_status,omitempty"` // answers only
	Type            string       `json:"type,omitempty"`          // answers only
}

// OutputChange is a change to an output: nil fields keep their value. Name and
// protocol cannot be changed.
type OutputChange struct {
	Destination   *string       `json:"destination,omitempty"`
	Port          *int          `json:"port,omitempty"`
	StreamID      *string       `json:"stream_id,omitempty"`
	MinLatency    *int          `json:"min_latency,omitempty"`
	CIDRWhitelist *[]string     `json:"cidr_whitelist,omitempty"` // empty, not nil, clears
	Description   *string       `json:"description,omitempty"`
	Encryption    *Crypto       `json:"encryption,omitempty"` // an empty passphrase clears
	Status        *OutputStatus `json:"output_status,omitempty"`
}

// CreateOutputs adds 1..10 outputs to a flow, all or none, and gives all
// outputs of the flow.
func (c *Client) CreateOutputs(ctx context.Context, flowID string, outputs []Output) ([]Output, error) {
	r := c.flowRequest("CreateFlowOutput", http.MethodPost, "/flows/outputs", flowID)
	sent := make([]wireOutput, len(outputs))
	for i, o := range outputs {
		sent[i] = wireOutput{Output: o, Encryption: o.Encryption.wire()}
		r.secrets = append(r.secrets, o.Encryption.secrets()...)
	}
	if err := r.encode(sent); err != nil {
		return nil, err
	}
	var created struct {
		ID      string   `json:"flow_id"`
		Outputs []Output `json:"outputs"`
	}
	a, err := c.call(ctx, r, &created)
	if err != nil {
		return nil, err
	}
	if created.ID != flowID || len(created.Outputs) == 0 {
		return nil, r.unreadable(a, errors.New("not the outputs of the flow that was meant"))
	}
	return created.Outputs, nil
}

// UpdateOutput changes an output, and gives it as it is then.
func (c *Client) UpdateOutput(ctx context.Context, flowID, name string, ch OutputChange) (Output, error) {
	r := c.outputRequest("ModifyFlowOutput", http.MethodPut, flowID, name)
	r.secrets = ch.Encryption.secrets()
	sent := wireChange{OutputChange: ch, Encryption: ch.Encryption.wire()}
	if ch.CIDRWhitelist != nil {
		list := append([]string{}, *ch.CIDRWhitelist...)
		sent.CIDRWhitelist = &list
	}
	if err := r.encode(sent); err != nil {
		return Output{}, err
	}
	return c.output(ctx, r, name)
}

// ShowOutput gives an output in full; its passphrase is masked.
func (c *Client) ShowOutput(ctx context.Context, flowID, name string) (Output, error) {
	return c.output(ctx, c.outputRequest("ShowOutputInfo", http.MethodGet, flowID, name), name)
}

// DeleteOutput removes an output from a flow.
func (c *Client) DeleteOutput(ctx context.Context, flowID, name string) error {
	_, err := c.call(ctx, c.outputRequest("DeleteFlowOutput", http.MethodDelete, flowID, name), nil)
	return err
}

func (c *Client) outputRequest(op, method, flowID, name string) request {
	r := c.flowRequest(op, method, "/flows/outputs", flowID)
	r.query.Set("output_name", name)
	return r
}

// output carries out a request that answers one output, without an envelope.
func (c *Client) output(ctx context.Context, r request, name string) (Output, error) {
	var output Output
	a, err := c.call(ctx, r, &output)
	if err != nil {
		return Output{}, err
	}
	if output.Name != name {
		return Output{}, r.unreadable(a, errors.New("not the output that was meant"))
	}
	return output, nil
}

// wireOutput is an output as sent: with the passphrase itself, and without what
// only answers have.
type wireOutput struct {
	Output
	Encryption      *wireCrypto `json:"encryption,omitempty"`
	ListenerAddress *string     `json:"listener_address,omitempty"` // these three hide those of Output
	Health          *Health     `json:"health_status,omitempty"`
	Type            *string     `json:"type,omitempty"`
}

// wireChange is a change as sent.
type wireChange struct {
	OutputChange
	Encryption    *wireCrypto `json:"encryption,omitempty"`
	CIDRWhitelist *[]string   `json:"cidr_whitelist,omitempty"` // never null
}
