package auth

import (
	"slices"
	"strings"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// Target is where a region's API is, and its IAM.
type Target struct {
	Region      string // as shown
	Endpoint    string // of the Media Live API
	IAMEndpoint string
	Project     string // name of the project that a token is asked for
	NeedsUserID bool   // IAM wants the user's id with a one-time code
}

// Backend knows the regions that can be signed in to.
type Backend interface {
	// Target finds a region; an empty name means the only one, if there is
	// but one.
	Target(region string) (Target, bool)
	// Project finds where another project is that the IAM of a region names.
	Project(region, project string) (Target, bool)
	// Regions gives all, in the order to be shown.
	Regions() []medialive.Region
}

// Single is a backend of one endpoint: the embedded gateway, or the URL of any
// Media Live. The project is named like the region.
func Single(endpoint, iamEndpoint, region string) Backend {
	return Only(Target{Region: region, Endpoint: endpoint, IAMEndpoint: iamEndpoint, Project: region})
}

// Only is a backend of one region.
func Only(t Target) Backend { return only{t} }

type only struct{ target Target }

func (o only) Target(region string) (Target, bool) {
	return o.target, region == "" || region == o.target.Region
}

func (o only) Project(region, project string) (Target, bool) {
	t, ok := o.Target(region)
	t.Project = project
	return t, ok && region != "" && project != ""
}

func (o only) Regions() []medialive.Region {
	return []medialive.Region{{ID: o.target.Region, Name: o.target.Region}}
}

// HuaweiCloud is the vendor's cloud: the regions in which Media Live is known
// to be. iamEndpoint overrides each region's own IAM unless it is empty.
func HuaweiCloud(iamEndpoint string) Backend { return huaweiCloud{iamEndpoint} }

type huaweiCloud struct{ iam string }

func (h huaweiCloud) Target(region string) (Target, bool) {
	endpoint, ok := medialive.LiveEndpoint(region)
	if !ok {
		return Target{}, false
	}
	iam := h.iam
	if iam == "" {
		iam = medialive.IAMEndpoint(region)
	}
	return Target{Region: region, Endpoint: endpoint, IAMEndpoint: iam, Project: region, NeedsUserID: true}, true
}

// Project finds a project of any region: IAM tells all that an account has, and
// their names begin with the region's.
func (h huaweiCloud) Project(region, project string) (Target, bool) {
	if _, ours := h.Target(region); !ours {
		return Target{}, false
	}
	home, _, _ := strings.Cut(project, "_")
	t, ok := h.Target(home)
	t.Project = project
	return t, ok
}

func (h huaweiCloud) Regions() []medialive.Region { return medialive.Regions() }

// Several is the regions of several backends, which have different names.
func Several(all ...Backend) Backend {
	if len(all) == 1 {
		return all[0]
	}
	return several(all)
}

type several []Backend

func (s several) Target(region string) (Target, bool) {
	for _, b := range s {
		if t, ok := b.Target(region); ok && region != "" {
			return t, true
		}
	}
	return Target{}, false
}

func (s several) Project(region, project string) (Target, bool) {
	for _, b := range s {
		if t, ok := b.Project(region, project); ok {
			return t, true
		}
	}
	return Target{}, false
}

func (s several) Regions() []medialive.Region {
	lists := make([][]medialive.Region, len(s))
	for i, b := range s {
		lists[i] = b.Regions()
	}
	return slices.Concat(lists...)
}
