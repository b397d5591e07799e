package auth

import "github.com/flowdeck/flowdeck/internal/medialive"

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
	// Regions gives all, in the order to be shown.
	Regions() []medialive.Region
}

// Single is a backend of one endpoint: the embedded gateway, or the URL of any
// Media Live. The project is named like the region.
func Single(endpoint, iamEndpoint, region string) Backend {
	return single{Target{Region: region, Endpoint: endpoint, IAMEndpoint: iamEndpoint, Project: region}}
}

type single struct{ target Target }

func (s single) Target(region string) (Target, bool) {
	return s.target, region == "" || region == s.target.Region
}

func (s single) Regions() []medialive.Region {
	return []medialive.Region{{ID: s.target.Region, Name: s.target.Region}}
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

func (h huaweiCloud) Regions() []medialive.Region { return medialive.Regions() }
