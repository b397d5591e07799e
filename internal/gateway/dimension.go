package gateway

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/store"
)

const (
	instancePage    = 100  // instances on a page when nothing is asked
	maxInstances    = 1000 // the ceiling that the API declares for total
	maxSteps        = 12   // of a path of dimensions
	maxInstanceName = 64   // characters
)

// dimensions answers ListCesDimsInfo. All of them are owed, also those in which
// a gateway has no instances.
func (g *Gateway) dimensions(c *call) (answer, error) {
	values, err := c.query()
	if err != nil {
		return answer{}, err
	}
	if values.Get("namespace") != medialive.LiveNamespace {
		return answer{}, invalid("namespace must be %s", medialive.LiveNamespace)
	}
	all := map[string]medialive.Dimension{}
	for name, display := range map[string]medialive.DisplayNames{
		medialive.DimChannel: {Chinese: "频道", English: "Channel"}, medialive.DimPipeline: {Chinese: "管道", English: "Pipeline"},
		medialive.DimAudio: {Chinese: "音频", English: "Audio"}, medialive.DimCDN: {Chinese: "CDN", English: "CDN"},
		medialive.DimPackage: {Chinese: "打包", English: "Package"}, medialive.DimFlow: {Chinese: "接入", English: "Connect"},
		medialive.DimAds: {Chinese: "广告", English: "Tailor"}, medialive.DimRegion: {Chinese: "区域", English: "Region"},
	} {
		all[name] = medialive.Dimension{Params: []string{"id"}, Display: map[string]medialive.DisplayNames{"id": display}}
	}
	return ok(struct {
		Query map[string]medialive.Dimension `json:"query"`
	}{all})
}

// instances answers ListCesInstance: what exists at the end of a path of
// dimensions.
func (g *Gateway) instances(c *call) (answer, error) {
	q := medialive.InstanceQuery{Limit: instancePage}
	if err := decode(c.body, &q); err != nil {
		return answer{}, err
	}
	if err := checkInstanceQuery(q); err != nil {
		return answer{}, err
	}
	found, err := g.rootInstances(c.Context(), c.project, q.Path[0])
	if err != nil {
		return answer{}, err
	}
	for _, step := range q.Path[1:] {
		found = below(found, step)
	}
	page := medialive.InstancePage{Total: min(len(found), maxInstances), Instances: []medialive.Instance{}}
	for _, i := range found[min(q.Start, page.Total):min(q.Start+q.Limit, page.Total)] {
		page.Instances = append(page.Instances, i.Instance)
	}
	return ok(page)
}

func checkInstanceQuery(q medialive.InstanceQuery) error {
	switch {
	case q.Namespace != medialive.LiveNamespace:
		return invalid("namespace must be %s", medialive.LiveNamespace)
	case len(q.Path) == 0 || len(q.Path) > maxSteps:
		return invalid("query must have 1 to %d entries", maxSteps)
	case q.Start < 0 || q.Start > maxOffset:
		return invalid("start must be from 0 to %d", maxOffset)
	case q.Limit < 1 || q.Limit > maxInstances:
		return invalid("limit must be from 1 to %d", maxInstances)
	}
	return nil
}

// instanceOf is an instance with what is below it.
type instanceOf struct {
	medialive.Instance
	audios int // of its pipeline; 0: it has no pipeline
}

// rootInstances gives the instances of the first step of a path. What has no
// place of its own in an answer stands in that of channels, which answers must
// have.
func (g *Gateway) rootInstances(ctx context.Context, project string, step medialive.DimensionStep) (found []instanceOf, err error) {
	switch step.Dimension {
	case medialive.DimChannel:
		found, err = g.channelInstances(ctx, project)
	case medialive.DimPackage:
		found, err = g.channelInstances(ctx, project)
		for i := range found {
			found[i].audios = 0 // pipelines are of transcoding
		}
	case medialive.DimFlow:
		found, err = g.flowInstances(ctx, project)
	case medialive.DimRegion:
		found = []instanceOf{newInstance(g.opts.Region, g.opts.Region, 0)}
	case medialive.DimCDN, medialive.DimAds, medialive.DimPipeline, medialive.DimAudio: // none, or none without a channel
	default:
		return nil, invalid("query[0].dim_name has no such value: %q", step.Dimension)
	}
	return slices.DeleteFunc(found, func(i instanceOf) bool {
		return step.ID != "" && i.Instance[medialive.DimChannel].ID != step.ID
	}), err
}

func newInstance(id, name string, audios int) instanceOf {
	if runes := []rune(name); len(runes) > maxInstanceName {
		name = string(runes[:maxInstanceName])
	}
	return instanceOf{medialive.Instance{medialive.DimChannel: {ID: id, Name: name}}, audios}
}

// channelInstances gives the channels of a project: each has one pipeline, with
// the audios that it sends.
func (g *Gateway) channelInstances(ctx context.Context, project string) ([]instanceOf, error) {
	rows, _, err := g.opts.Store.Channels(ctx, project, store.ChannelKey{}, maxChannels, 0)
	if err != nil {
		return nil, fmt.Errorf("read channels: %w", err)
	}
	found := make([]instanceOf, len(rows))
	for i, row := range rows {
		rec, err := g.openChannel(row)
		if err != nil {
			return nil, err
		}
		audios := 1
		if rec.channel.Expand != nil {
			audios = max(1, len(rec.channel.Expand.Audio))
		}
		found[i] = newInstance(row.ID, cmp.Or(rec.channel.Name, row.ID), audios)
	}
	return found, nil
}

func (g *Gateway) flowInstances(ctx context.Context, project string) ([]instanceOf, error) {
	rows, _, err := g.opts.Store.Flows(ctx, project, maxFlows, 0)
	if err != nil {
		return nil, fmt.Errorf("read flows: %w", err)
	}
	found := make([]instanceOf, len(rows))
	for i, row := range rows {
		found[i] = newInstance(row.ID, row.Name, 0)
	}
	return found, nil
}

// below gives the instances of a further step.
func below(above []instanceOf, step medialive.DimensionStep) (found []instanceOf) {
	for _, i := range above {
		_, inPipeline := i.Instance[medialive.DimPipeline]
		switch {
		case step.Dimension == medialive.DimPipeline && !inPipeline && i.audios > 0:
			found = append(found, i.with(step, "Pipeline0")...)
		case step.Dimension == medialive.DimAudio && inPipeline:
			for n := range i.audios {
				found = append(found, i.with(step, "Audio"+strconv.Itoa(n))...)
			}
		}
	}
	return found
}

// with gives an instance one step further down, if the step asks for it.
func (i instanceOf) with(step medialive.DimensionStep, id string) []instanceOf {
	if step.ID != "" && step.ID != id {
		return nil
	}
	further := maps.Clone(i.Instance)
	further[step.Dimension] = medialive.InstanceRef{ID: id, Name: id}
	return []instanceOf{{further, i.audios}}
}
