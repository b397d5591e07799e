package channelform

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// Change is a field that two channels have differently, or an object that only
// one of them has. Of a secret it tells neither.
type Change struct {
	Path     string // of the channel after; before, where it is gone
	Kind     Kind
	From, To []string // empty: not set
}

// Changes gives what leads from one channel to another, in the order of fields.
// Packages are matched by their id, all else by its place. An object that is
// added or removed is one change, told by its address where it has one.
func Changes(from, to medialive.Channel) []Change {
	was, is := byKey(from), byKey(to)
	var all []Change
	for _, e := range is.all {
		old, there := was.at[is.key[e.path]]
		switch {
		case !there && is.below(e, was):
		case !there && e.kind == List:
			all = append(all, Change{Path: e.path, Kind: List, To: is.about(e.path)})
		case !there || !slices.Equal(old.values, e.values):
			all = append(all, changed(e, old.values, e.values))
		}
	}
	for _, e := range was.all {
		_, there := is.at[was.key[e.path]]
		switch {
		case there || was.below(e, is):
		case e.kind == List:
			all = append(all, Change{Path: e.path, Kind: List, From: was.about(e.path)})
		default:
			all = append(all, changed(e, e.values, nil))
		}
	}
	all = slices.DeleteFunc(all, func(c Change) bool { return Pattern(c.Path) == "state" })
	return append(all, reordered(from, to)...)
}

// reordered tells of lists of packages whose packages are in another order.
func reordered(from, to medialive.Channel) []Change {
	was, is := ordered(from), ordered(to)
	var all []Change
	for _, list := range slices.Sorted(maps.Keys(is)) {
		stayed := func(of, other []*medialive.Package) (ids, addresses []string) {
			for _, p := range of {
				if slices.ContainsFunc(other, func(o *medialive.Package) bool { return o.ID == p.ID }) {
					ids, addresses = append(ids, p.ID), append(addresses, p.URL)
				}
			}
			return ids, addresses
		}
		before, now := stayed(was[list], is[list])
		after, then := stayed(is[list], was[list])
		if !slices.Equal(before, after) {
			all = append(all, Change{Path: list, Kind: Lines, From: now, To: then})
		}
	}
	return all
}

// ordered are the packages that the service knows, by their lists.
func ordered(ch medialive.Channel) map[string][]*medialive.Package {
	all := map[string][]*medialive.Package{}
	for ref, p := range ch.Packages() {
		if path := ref.String(); p.ID != "" {
			list := path[:strings.LastIndexByte(path, '[')]
			all[list] = append(all[list], p)
		}
	}
	return all
}

func changed(e entry, from, to []string) Change {
	if e.kind == Secret {
		from, to = hidden(from), hidden(to)
	}
	return Change{Path: e.path, Kind: e.kind, From: from, To: to}
}

// hidden tells of a secret only that it is set.
func hidden(values []string) []string {
	if len(values) == 0 {
		return nil
	}
	return []string{medialive.Mask}
}

// keyed are the fields of a channel by what they are about, however packages are
// ordered.
type keyed struct {
	all []entry
	key map[string]string // by path
	at  map[string]entry  // by key
}

func byKey(ch medialive.Channel) keyed {
	k := keyed{all: entries(ch), key: map[string]string{}, at: map[string]entry{}}
	ids := map[string]string{}
	for ref, p := range ch.Packages() {
		if p.ID != "" {
			ids[ref.String()] = fmt.Sprintf("%s#%s", ref.Format, p.ID)
		}
	}
	for _, e := range k.all {
		key := e.path
		for path, id := range ids {
			if rest, ok := strings.CutPrefix(key, path); ok {
				key = id + rest
				break
			}
		}
		k.key[e.path], k.at[key] = key, e
	}
	return k
}

// below tells whether an entry is part of an item that the other has not at all,
// other than by its own line.
func (k keyed) below(e entry, other keyed) bool {
	for i, c := range e.path {
		if c != ']' || i == len(e.path)-1 {
			continue
		}
		item := e.path[:i+1]
		if _, there := other.at[k.key[item]]; !there {
			return true
		}
	}
	return false
}

// about tells an item from others: its address, its name, its template.
func (k keyed) about(path string) []string {
	for _, name := range []string{"url", "name", "template_id", "key"} {
		if e, ok := k.at[k.key[path+"."+name]]; ok {
			return e.values
		}
	}
	return []string{"1"}
}

// Effect is what a change interrupts of a channel that is ON.
type Effect struct {
	Input    bool     // the stream is taken anew: an encoder that pushes has to push again
	Encoder  bool     // transcoding begins anew
	Packages []string // paths of packages that begin anew, before the change
	Gone     []string // and of those that end
	Added    []string // paths of packages that begin, after the change
	Recorder bool     // recording begins or ends
}

// None says that nothing is interrupted.
func (e Effect) None() bool {
	return !e.Input && !e.Encoder && len(e.Packages) == 0 && len(e.Gone) == 0
}

// Compare tells what a change from one channel to another interrupts. That is
// what our gateway does; a cloud may do more, and publishes nothing about it.
func Compare(from, to medialive.Channel) Effect {
	e := Effect{
		Input:    !same(bare(from.Input), bare(to.Input)),
		Encoder:  !same(from.Encoders, to.Encoders) || !same(from.Expand, to.Expand),
		Recorder: (from.Record.RollingBuffer > 0) != (to.Record.RollingBuffer > 0),
	}
	next := map[string]medialive.Package{}
	for ref, p := range to.Packages() {
		if p.ID == "" {
			e.Added = append(e.Added, ref.String())
		} else {
			next[p.ID] = *p
		}
	}
	for ref, p := range from.Packages() {
		is, there := next[p.ID]
		switch {
		case !there:
			e.Gone = append(e.Gone, ref.String())
		case e.Input || e.Encoder || !written(*p, is):
			e.Packages = append(e.Packages, ref.String())
		}
	}
	return e
}

// bare is an input without what changes nothing of the stream.
func bare(in medialive.ChannelInput) medialive.ChannelInput {
	in.Sources = slices.Clone(in.Sources)
	for i := range in.Sources {
		in.Sources[i].EnableSnapshot = false
	}
	in.AdTriggers = nil
	return in
}

// written says that two packages make the same segments for the same players.
func written(a, b medialive.Package) bool {
	return a.SegmentDuration == b.SegmentDuration && a.URL == b.URL && a.SlaveURL == b.SlaveURL &&
		same(a.PlaylistWindow, b.PlaylistWindow) && same(a.Encryption, b.Encryption) && a.ManifestName == b.ManifestName
}

func same(a, b any) bool { return reflect.DeepEqual(a, b) }
