package channelform

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Add puts an item to the end of a list, with values below it.
func Add(form url.Values, list string, below map[string]string) {
	next := len(tree(form).find(list).items)
	for tree(form).find(list).items[next] != nil { // places need not be closed up
		next++
	}
	item := list + "[" + strconv.Itoa(next) + "]"
	form.Set(item, "1")
	for name, value := range below {
		form.Set(item+"."+name, value)
	}
}

// Clear removes an item, or all that is below a path. Parse closes the places up.
func Clear(form url.Values, path string) {
	for name := range form {
		if _, ok := below(name, path); ok {
			form.Del(name)
		}
	}
}

// Move puts an item of a list before the one before it (by -1) or behind the one
// after it (by 1). At the end of the list nothing is moved.
func Move(form url.Values, item string, by int) {
	open := strings.LastIndexByte(item, '[')
	if open < 0 {
		return
	}
	list := tree(form).find(item[:open])
	places := slices.Sorted(maps.Keys(list.items))
	places = slices.DeleteFunc(places, func(i int) bool { return list.items[i].empty() })
	at := slices.Index(places, placeOf(item))
	if at < 0 || at+by < 0 || at+by >= len(places) {
		return
	}
	other := item[:open] + "[" + strconv.Itoa(places[at+by]) + "]"
	moved := url.Values{}
	for from, to := range map[string]string{item: other, other: item} {
		for name, values := range form {
			if rest, ok := below(name, from); ok {
				moved[to+rest] = values
			}
		}
	}
	Clear(form, item)
	Clear(form, other)
	maps.Copy(form, moved)
}

// below gives what of a name is below a path, and the path itself.
func below(name, path string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(name, path)
	return rest, ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// Count gives the number of items of a list that have something.
func Count(form url.Values, list string) int { return len(tree(form).find(list).list()) }

// find gives the place of a name; an empty one where nothing was sent.
func (n *node) find(name string) *node {
	if at := n.at(name); at != nil {
		return at
	}
	return &node{}
}

// Place gives the field at which a fault of the API is told, and the line of it,
// from 1; 0 for the field as a whole.
func Place(api string) (field string, line int) {
	open := strings.LastIndexByte(api, '[')
	if open < 0 || !strings.HasSuffix(api, "]") {
		return api, 0
	}
	n, err := strconv.Atoi(api[open+1 : len(api)-1])
	if err != nil || !linesOf[Pattern(api)] {
		return api, 0
	}
	return api[:open], n + 1
}

// linesOf are the fields that hold several texts.
var linesOf = func() map[string]bool {
	all := map[string]bool{}
	for _, f := range Fields() {
		if f.Kind == Lines {
			all[f.Pattern] = true
		}
	}
	return all
}()
