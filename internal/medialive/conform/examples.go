package conform

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// Examples answers every operation with the example that the specification has
// for its success, and 404 to everything else.
func Examples(t testing.TB) http.Handler {
	t.Helper()
	doc, err := Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatalf("route the specification: %v", err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		route, _, err := router.FindRoute(r)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		status, example := success(route.Operation)
		body, err := json.Marshal(example)
		if err != nil {
			t.Errorf("encode the example of %s: %v", route.Operation.OperationID, err)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write(body)
	})
}

// success gives the status of an operation's success and its example. Deletion
// of a flow, which has none, answers what the specification suggests.
func success(op *openapi3.Operation) (status int, example any) {
	for _, status := range []int{http.StatusOK, http.StatusCreated} {
		if response := op.Responses.Status(status); response != nil {
			if example := response.Value.Content.Get("application/json").Example; example != nil {
				return status, example
			}
			return status, map[string]string{"flow_id": "fcbc63d1-06d8-47ba-8fd9-cd0096b72f6d", "status": "DELETED"}
		}
	}
	return http.StatusInternalServerError, nil
}
