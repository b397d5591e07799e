package app

import (
	"net/http"

	"github.com/flowdeck/flowdeck/internal/seal"
	"github.com/flowdeck/flowdeck/internal/store"
)

// dashboard wires what answers browsers.
func dashboard(_ invocation, _ *parts, _ *store.Store, _ *seal.Key, _ string) (http.Handler, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	return mux, nil
}
