package medialive

// Region is a region of Huawei Cloud in which flows can be had.
type Region struct {
	ID   string // e.g. cn-north-4; also the name of its built-in project
	Name string // for people
}

// Regions lists the regions with a known Media Live endpoint: those of the
// official SDK, and those in which the console offers flows.
func Regions() []Region {
	return []Region{
		{"cn-north-4", "CN North-Beijing4"},
		{"cn-north-1", "CN North-Beijing1"},
		{"cn-east-3", "CN East-Shanghai1"},
		{"ap-southeast-1", "CN-Hong Kong"},
		{"ap-southeast-2", "AP-Bangkok"},
		{"ap-southeast-3", "AP-Singapore"},
		{"af-south-1", "AF-Johannesburg"},
		{"me-east-1", "ME-Riyadh"},
	}
}

// LiveEndpoint gives the Media Live endpoint of a region, and false for a
// region that [Regions] does not list.
func LiveEndpoint(region string) (string, bool) {
	if !knownRegion(region) {
		return "", false
	}
	return "https://live." + region + ".myhuaweicloud.com", true
}

// CloudEyeEndpoint gives the Cloud Eye endpoint of a region, all of which the
// official SDK has, and false for a region that [Regions] does not list.
func CloudEyeEndpoint(region string) (string, bool) {
	if !knownRegion(region) {
		return "", false
	}
	return "https://ces." + region + ".myhuaweicloud.com", true
}

// IAMEndpoint gives the IAM endpoint of a region; for a region that [Regions]
// does not list, the global one, whose tokens work in every region.
func IAMEndpoint(region string) string {
	if !knownRegion(region) {
		return "https://iam.myhuaweicloud.com"
	}
	return "https://iam." + region + ".myhuaweicloud.com"
}

func knownRegion(id string) bool {
	for _, region := range Regions() {
		if region.ID == id {
			return true
		}
	}
	return false
}
