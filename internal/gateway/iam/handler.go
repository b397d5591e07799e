package iam

import (
	"encoding/json"
	"net/http"
)

// timeLayout is how IAM writes times: UTC with microseconds.
const timeLayout = "2006-01-02T15:04:05.000000Z"

// Handler serves the IAM calls of the spec, /v3/….
func (i *IAM) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v3/auth/tokens", i.signIn)
	mux.HandleFunc("GET /v3/auth/tokens", i.validate)
	mux.HandleFunc("GET /v3/auth/projects", i.signedIn(i.projects))
	mux.HandleFunc("GET /v3/auth/domains", i.signedIn(i.domains))
	mux.HandleFunc("GET /v3/users/{user_id}/groups", i.userGroups)
	mux.HandleFunc("GET /v3/projects", i.signedIn(i.projects))
	mux.HandleFunc("GET /v3/regions", i.signedIn(i.regions))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		fail(w, http.StatusNotFound, "The API does not exist")
	})
	return mux
}

// signedIn lets only those in who prove who they are; no permission is needed.
func (i *IAM) signedIn(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, denied := i.authenticate(r, nil); denied != nil {
			fail(w, denied.Status, denied.Message)
			return
		}
		serve(w, r)
	}
}

// answer sends a body that no cache may keep.
func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // fails only if the caller has gone
}

// fail answers with IAM's own form of an error.
func fail(w http.ResponseWriter, status int, message string) {
	type detail struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
		Title   string `json:"title"`
	}
	answer(w, status, struct {
		Error detail `json:"error"`
	}{detail{status, message, http.StatusText(status)}})
}

// self is the address of a resource here, as the caller reaches it.
func self(r *http.Request, path string) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host + path
}
