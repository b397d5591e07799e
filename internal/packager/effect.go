package packager

import (
	"reflect"
	"slices"
)

// Effect is what a change of a running channel restarts. The zero value is
// nothing: access, manifests and retention count at once.
type Effect struct {
	Input    bool     // the source must connect again, and all below begins anew
	Encoder  bool     // all renditions pause for a moment, and every package
	Packages []string // IDs of those that begin anew, or newly
	Gone     []string // IDs of those that end
	Recorder bool     // the recording begins or ends; what was recorded of another layout stays playable
}

// None says that viewers notice nothing.
func (e Effect) None() bool {
	return !e.Input && !e.Encoder && !e.Recorder && len(e.Packages) == 0 && len(e.Gone) == 0
}

// Compare tells what a change from one spec to another restarts.
func Compare(old, next Spec) Effect {
	e := Effect{
		Input:    !reflect.DeepEqual(old.Primary, next.Primary) || !reflect.DeepEqual(old.Standby, next.Standby) || old.loss() != next.loss() || old.GoBack != next.GoBack,
		Encoder:  !slices.Equal(old.Ladder, next.Ladder) || len(next.Ladder) > 0 && old.gop() != next.gop(),
		Recorder: (old.Record > 0) != (next.Record > 0),
	}
	for _, p := range next.Packages {
		before, there := find(old.Packages, p.ID)
		if !there || e.Input || e.Encoder || !p.written(before) {
			e.Packages = append(e.Packages, p.ID)
		}
	}
	for _, p := range old.Packages {
		if _, there := find(next.Packages, p.ID); !there {
			e.Gone = append(e.Gone, p.ID)
		}
	}
	return e
}

// written says that two packages make the same files, however they are served.
func (p Package) written(before Package) bool {
	return p.Format == before.Format && p.FMP4 == before.FMP4 && p.Segment == before.Segment && p.segments() == before.segments()
}

func find(all []Package, id string) (Package, bool) {
	i := slices.IndexFunc(all, func(p Package) bool { return p.ID == id })
	if i < 0 {
		return Package{}, false
	}
	return all[i], true
}
