package iam

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/seal"
	"github.com/flowdeck/flowdeck/internal/store"
)

const password = "correct horse"

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// bench is an IAM on a real SQLite file with the users admin and alice.
type bench struct {
	*IAM
	clock   *clock
	handler http.Handler
	folder  string // of its files
}

func newBench(t *testing.T) *bench {
	t.Helper()
	folder := t.TempDir()
	st, err := store.Open(t.Context(), "sqlite:"+filepath.Join(folder, "flowdeck.db"))
	must(t, err)
	t.Cleanup(func() { must(t, st.Close()) })
	key, err := seal.OpenKeyFile(filepath.Join(folder, "secret.key"))
	must(t, err)
	clock := &clock{at: time.Date(2026, 3, 4, 5, 6, 7, 89e6, time.UTC)}
	i, err := New(st, key, Options{Account: "flowdeck", ProjectName: "local", Now: clock.now})
	must(t, err)
	_, err = i.Bootstrap(t.Context(), password)
	must(t, err)
	must(t, i.AddUser(t.Context(), "alice", password))
	return &bench{i, clock, i.Handler(), folder}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// credentials is the body of a sign-in for the project, changed by name.
func credentials(user, password string) map[string]any {
	return map[string]any{"auth": map[string]any{
		"identity": map[string]any{
			"methods": []any{"password"},
			"password": map[string]any{"user": map[string]any{
				"name": user, "password": password, "domain": map[string]any{"name": "flowdeck"},
			}},
		},
		"scope": map[string]any{"project": map[string]any{"name": "local"}},
	}}
}

// withPasscode adds a one-time code to a sign-in.
func withPasscode(body map[string]any, userID, code string) map[string]any {
	identity := body["auth"].(map[string]any)["identity"].(map[string]any)
	identity["methods"] = []any{"password", " totp"} // as the vendor's SDK has it
	identity["totp"] = map[string]any{"user": map[string]any{"id": userID, "passcode": code}}
	return body
}

func (b *bench) post(t *testing.T, body any) *httptest.ResponseRecorder {
	t.Helper()
	text, ok := body.(string)
	if !ok {
		raw, err := json.Marshal(body)
		must(t, err)
		text = string(raw)
	}
	return b.serve(httptest.NewRequest(http.MethodPost, "/v3/auth/tokens", bytes.NewReader([]byte(text))))
}

func (b *bench) serve(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	return w
}

// token signs the user in.
func (b *bench) token(t *testing.T, user string) string {
	t.Helper()
	w := b.post(t, credentials(user, password))
	if w.Code != http.StatusCreated {
		t.Fatalf("sign-in of %s: %d %s", user, w.Code, w.Body)
	}
	return w.Header().Get("X-Subject-Token")
}

// get asks for a path with a token.
func (b *bench) get(path, token, subject string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("X-Auth-Token", token)
	if subject != "" {
		r.Header.Set("X-Subject-Token", subject)
	}
	return b.serve(r)
}

// request is a call to the API itself, authenticated with a token.
func (b *bench) request(token string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/v1/"+b.ProjectID()+"/flows?limit=10", nil)
	if token != "" {
		r.Header.Set("X-Auth-Token", token)
	}
	return r
}

// signed is a call to the API itself, signed with an access key.
func (b *bench) signed(t *testing.T, ak, sk, body string) *http.Request {
	t.Helper()
	r := httptest.NewRequest(http.MethodPut, "/v1/"+b.ProjectID()+"/flows/sources?source_name=a%20b", nil)
	r.Body = io.NopCloser(bytes.NewReader([]byte(body)))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Project-Id", b.ProjectID())
	must(t, medialive.AKSK(ak, medialive.Secret(sk), b.clock.now).Authenticate(r, []byte(body)))
	return r
}

func wantStatus(t *testing.T, what string, w *httptest.ResponseRecorder, status int) {
	t.Helper()
	if w.Code != status {
		t.Errorf("%s: %d %s, want %d", what, w.Code, w.Body, status)
	}
}

// wantError checks an error in IAM's own form.
func wantError(t *testing.T, what string, w *httptest.ResponseRecorder, status int, message string) {
	t.Helper()
	wantStatus(t, what, w, status)
	var body struct {
		Error struct {
			Code           int
			Message, Title string
		}
	}
	must(t, json.Unmarshal(w.Body.Bytes(), &body))
	if e := body.Error; e.Code != status || e.Message != message || e.Title != http.StatusText(status) {
		t.Errorf("%s: %+v, want message %q", what, e, message)
	}
}

// wantDenied checks how the API itself turns a request away.
func wantDenied(t *testing.T, what string, denied *Denied, code, message string) {
	t.Helper()
	if denied == nil {
		t.Errorf("%s: let in", what)
		return
	}
	if denied.Status != http.StatusUnauthorized || denied.Code != code || denied.Message != message {
		t.Errorf("%s: %+v,\nwant %s %q", what, *denied, code, message)
	}
}

func wantLetIn(t *testing.T, what string, denied *Denied) {
	t.Helper()
	if denied != nil {
		t.Errorf("%s: %+v", what, *denied)
	}
}
