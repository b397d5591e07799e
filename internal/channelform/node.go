package channelform

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxItems is how many a list may have; what the API takes is less, and is told
// as a fault.
const maxItems = 100

// node is what was sent under a name, and below it.
type node struct {
	values []string
	fields map[string]*node
	items  map[int]*node
}

// tree puts what was sent in its places. Names that are none of a field are left
// out.
func tree(form url.Values) *node {
	root := &node{}
	for name, values := range form {
		if !shapes[shape(name)] {
			continue
		}
		if at := root.at(name); at != nil {
			at.values = values
		}
	}
	return root
}

// shapes are the names of fields, with their lists: input.sources[].url.
var shapes = func() map[string]bool {
	all := map[string]bool{}
	var lists []string
	for _, f := range Fields() {
		name := f.Pattern
		for _, list := range lists {
			if rest, ok := strings.CutPrefix(f.Pattern, Pattern(list)+"."); ok {
				name = list + "[]." + rest
			}
		}
		switch f.Kind {
		case List:
			lists = append(lists, name)
			name += "[]"
		case Secret:
			all[name+".action"], all[name+".kept"], all[name+".sealed"] = true, true, true
		}
		all[name] = true
	}
	return all
}()

// shape gives a name with its places left out.
func shape(name string) string {
	var b strings.Builder
	within := false
	for _, c := range name {
		if c == ']' {
			within = false
		}
		if !within {
			b.WriteRune(c)
		}
		if c == '[' {
			within = true
		}
	}
	return b.String()
}

// at makes the place of a name; nil for what is none.
func (n *node) at(name string) *node {
	for part := range strings.SplitSeq(name, ".") {
		field, place, indexed := strings.Cut(part, "[")
		if n.fields == nil {
			n.fields = map[string]*node{}
		}
		n = child(n.fields, field)
		if !indexed {
			continue
		}
		i, err := strconv.Atoi(strings.TrimSuffix(place, "]"))
		if err != nil || i < 0 || i >= 10*maxItems || !strings.HasSuffix(place, "]") {
			return nil
		}
		if n.items == nil {
			n.items = map[int]*node{}
		}
		n = child(n.items, i)
	}
	return n
}

func child[K comparable](all map[K]*node, key K) *node {
	if all[key] == nil {
		all[key] = &node{}
	}
	return all[key]
}

// field gives what is below a name; never nil.
func (n *node) field(name string) *node {
	if f := n.fields[name]; f != nil {
		return f
	}
	return &node{}
}

// text is the last value that is one, as it was sent: a checkbox stands behind
// its hidden "no".
func (n *node) text() string {
	for _, value := range slices.Backward(n.values) {
		if strings.TrimSpace(value) != "" {
			return value
		}
	}
	return ""
}

// empty tells that nothing was typed here or below.
func (n *node) empty() bool {
	if n.text() != "" {
		return false
	}
	for _, f := range n.fields {
		if !f.empty() {
			return false
		}
	}
	for _, item := range n.items {
		if !item.empty() {
			return false
		}
	}
	return true
}

// list gives the items that have something, in their order.
func (n *node) list() []*node {
	var all []*node
	for _, i := range slices.Sorted(maps.Keys(n.items)) {
		if item := n.items[i]; !item.empty() && len(all) < maxItems {
			all = append(all, item)
		}
	}
	return all
}
