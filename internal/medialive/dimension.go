package medialive

import (
	"context"
	"errors"
	"net/http"
)

// LiveNamespace is the namespace of Media Live and Cloud Live in Cloud Eye.
const LiveNamespace = "SYS.LIVE"

// The dimensions of [LiveNamespace]. Services add some: region came in 2026.
const (
	DimChannel  = "medialive_mpc" // transcoding; the instance is a channel
	DimPipeline = "pipeline"      // of a channel
	DimAudio    = "audio"         // of a pipeline
	DimCDN      = "medialive_cdn"
	DimPackage  = "medialive_package"
	DimFlow     = "medialive_connect" // receiving and sending of streams
	DimAds      = "medialive_tailor"
	DimRegion   = "region"
)

// Dimension is what a dimension is called, and what its instances are known by.
type Dimension struct {
	Params  []string                `json:"params"`  // id in the published examples
	Display map[string]DisplayNames `json:"display"` // by param
}

// DisplayNames is what to call something.
type DisplayNames struct {
	Chinese string `json:"zh-cn"`
	English string `json:"en-us"`
}

// Instance is something that has metrics: for each dimension of the path that
// was asked, who it is there. For dimensions but channels, pipelines and audios
// nothing is published; [Instance.In] copes.
type Instance map[string]InstanceRef

// InstanceRef is who an instance is in one dimension.
type InstanceRef struct {
	ID   string `json:"id,omitempty"`   // channel id, Pipeline0, Audio0
	Name string `json:"name,omitempty"` // for people
}

// In gives who the instance is in a dimension. Some services can only put it
// into that of channels, which the answer must have whatever was asked.
func (i Instance) In(dimension string) InstanceRef {
	if ref, ok := i[dimension]; ok {
		return ref
	}
	return i[DimChannel]
}

// InstanceQuery asks for the instances at the end of a path of dimensions.
type InstanceQuery struct {
	Namespace string          `json:"namespace"`
	Path      []DimensionStep `json:"query"` // 1..12
	Start     int             `json:"start"` // offset, from 0
	Limit     int             `json:"limit"` // no range is declared; 100 in the vendor's example
}

// DimensionStep is a step of the path: one instance, or all if it has no id.
type DimensionStep struct {
	Dimension string `json:"dim_name"`     // 1..256
	ID        string `json:"id,omitempty"` // 1..256
}

// InstancePage is one page of instances.
type InstancePage struct {
	Total     int        `json:"total"` // at most 1000
	Instances []Instance `json:"instances"`
}

// ListDimensions gives the dimensions of [LiveNamespace] by name.
func (c *Client) ListDimensions(ctx context.Context) (map[string]Dimension, error) {
	r := c.request("ListCesDimsInfo", http.MethodGet, "/ott/dims-info")
	r.query.Set("namespace", LiveNamespace)
	var list struct {
		Query map[string]Dimension `json:"query"`
	}
	a, err := c.call(ctx, r, &list)
	if err != nil {
		return nil, err
	}
	if list.Query == nil {
		return nil, r.unreadable(a, errors.New("no dimensions"))
	}
	return list.Query, nil
}

// ListInstances gives a page of the instances at the end of a path, e.g. the
// pipelines of a channel: DimChannel with its id, DimPipeline.
func (c *Client) ListInstances(ctx context.Context, start, limit int, path ...DimensionStep) (InstancePage, error) {
	r := c.readRequest("ListCesInstance", "/ott/instances")
	if err := r.encode(InstanceQuery{LiveNamespace, path, start, limit}); err != nil {
		return InstancePage{}, err
	}
	var page struct {
		Total     *int        `json:"total"`
		Instances *[]Instance `json:"instances"`
	}
	a, err := c.call(ctx, r, &page)
	if err != nil {
		return InstancePage{}, err
	}
	if page.Total == nil || page.Instances == nil {
		return InstancePage{}, r.unreadable(a, errors.New("a list without total or instances"))
	}
	return InstancePage{*page.Total, *page.Instances}, nil
}
