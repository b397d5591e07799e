package channelform

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	maxItems = 100 // of a list; what the API takes is less, and is told as a fault
	maxDepth = 12  // of a name
)

// node is what was sent under a name, and below it.
type node struct {
	values []string
	fields map[string]*node
	items  map[int]*node
}

// tree puts what was sent in its places. Names that are none are left out.
func tree(form url.Values) *node {
	root := &node{}
	for name, values := range form {
		if at := root.at(name); at != nil {
			at.values = values
		}
	}
	return root
}

// at makes the place of a name; nil for what is none.
func (n *node) at(name string) *node {
	parts := strings.Split(name, ".")
	if len(parts) > maxDepth {
		return nil
	}
	for _, part := range parts {
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

// text is the last value, as it was sent: a checkbox stands behind its hidden
// "no".
func (n *node) text() string {
	if len(n.values) == 0 {
		return ""
	}
	return n.values[len(n.values)-1]
}

// empty tells that nothing was typed here or below.
func (n *node) empty() bool {
	if slices.ContainsFunc(n.values, func(s string) bool { return strings.TrimSpace(s) != "" }) {
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
