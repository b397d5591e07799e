package safety

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/handlers"
)

// route is one that the dashboard answers.
type route struct{ method, path string }

// routes are all of them, from the program's own table.
func routes(t *testing.T) []route {
	t.Helper()
	e, err := handlers.New(handlers.Options{Auth: auth.New(auth.Options{})})
	must(t, err)
	var all []route
	for _, r := range e.Routes() {
		if r.Method != http.MethodHead { // as GET
			all = append(all, route{r.Method, r.Path})
		}
	}
	slices.SortFunc(all, func(a, b route) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	if len(all) < 60 {
		t.Fatalf("only %d routes", len(all))
	}
	return all
}

// unsafe are the routes that may change something.
func unsafeRoutes(t *testing.T) []route {
	return slices.DeleteFunc(routes(t), func(r route) bool { return r.method == http.MethodGet })
}

// stream tells the routes whose answer does not end.
func (r route) stream() bool { return strings.HasSuffix(r.path, "/live") }

// at fills in the parameters of a route: ids by their name, any other with x.
func (r route) at(ids map[string]string) string {
	steps := strings.Split(r.path, "/")
	for i, step := range steps {
		switch {
		case step == "*":
			steps[i] = "js/live.js"
		case strings.HasPrefix(step, ":"):
			steps[i] = "x"
			if id, ok := ids[r.path+" "+step]; ok {
				steps[i] = id
			} else if id, ok := ids[step]; ok {
				steps[i] = id
			}
		}
	}
	return strings.Join(steps, "/")
}
