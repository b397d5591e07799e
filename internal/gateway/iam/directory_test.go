package iam

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

func TestProjects(t *testing.T) {
	b := newBench(t)
	token := b.token(t, "alice")
	for query, status := range map[string]int{
		"": 1, "?name=local": 1, "?name=cn-north-4": 0, "?name=": 0, "?enabled=true": 1, "?enabled=false": 0,
		"?domain_id=" + b.project.DomainID: 1, "?parent_id=x": 0, "?page=1&per_page=10": 1, "?page=2&per_page=10": 0,
		"?page=1": 400, "?per_page=1": 400, "?page=0&per_page=1": 400, "?page=1&per_page=5001": 400, "?page=a&per_page=1": 400,
	} {
		w := b.get("/v3/projects"+query, token, "")
		if status == 400 {
			wantError(t, query, w, 400, "The query is invalid")
			continue
		}
		wantStatus(t, query, w, 200)
		var body struct {
			Projects []struct {
				ID, Name string
				ParentID string `json:"parent_id"`
				Enabled  bool
			}
		}
		must(t, json.Unmarshal(w.Body.Bytes(), &body))
		if len(body.Projects) != status {
			t.Errorf("%s: %s", query, w.Body)
		}
		for _, p := range body.Projects {
			if p.ID != b.ProjectID() || p.Name != "local" || p.ParentID != b.project.DomainID || !p.Enabled {
				t.Errorf("%s: %+v", query, p)
			}
		}
	}
}

func TestDirectory(t *testing.T) {
	b := newBench(t)
	token := b.token(t, "alice")
	for path, want := range map[string]string{
		"/v3/auth/projects": `"name":"local"`,
		"/v3/auth/domains":  `"name":"flowdeck","enabled":true`,
		"/v3/regions":       `"id":"local","type":"public","description":"","parent_region_id":null,"locales":{"zh-cn":"local","en-us":"local"}`,
	} {
		w := b.get(path, token, "")
		wantStatus(t, path, w, 200)
		if body := w.Body.String(); !strings.Contains(body, want) || !strings.Contains(body, `"self":"http://example.com`+path) {
			t.Errorf("%s: %s", path, body)
		}
		wantError(t, path, b.get(path, "made up", ""), 401, wrongToken)
	}
	wantError(t, "no such thing", b.get("/v3/users", token, ""), 404, "The API does not exist")
}

// The vendor's SDK finds its project by a signed request.
func TestProjectIsFoundByKey(t *testing.T) {
	b := newBench(t)
	ak, sk, err := b.AddKey(t.Context(), "alice")
	must(t, err)
	r := httptest.NewRequest(http.MethodGet, "/v3/projects?name=local", nil)
	must(t, medialive.AKSK(ak, medialive.Secret(sk), b.clock.now).Authenticate(r, nil))
	w := b.serve(r)
	wantStatus(t, "signed", w, 200)
	if !strings.Contains(w.Body.String(), b.ProjectID()) {
		t.Errorf("body %s", w.Body)
	}
}

func TestValidate(t *testing.T) {
	b := newBench(t)
	alice, admin := b.token(t, "alice"), b.token(t, "admin")
	own := b.get("/v3/auth/tokens?nocatalog=1", alice, alice)
	wantStatus(t, "own", own, 200)
	if body := own.Body.String(); !strings.Contains(body, `"catalog":[]`) || !strings.Contains(body, `"name":"alice"`) {
		t.Errorf("own: %s", body)
	}
	if own.Header().Get("X-Subject-Token") != alice {
		t.Error("the token is not in the header")
	}
	byAdmin := b.get("/v3/auth/tokens", admin, alice)
	wantStatus(t, "an administrator", byAdmin, 200)
	if !strings.Contains(byAdmin.Body.String(), `"type":"live"`) {
		t.Errorf("without a catalogue: %s", byAdmin.Body)
	}
	wantStatus(t, "somebody else's", b.get("/v3/auth/tokens", alice, admin), 403)
	const invalid = "X-Subject-Token is invalid in the request"
	wantError(t, "made up", b.get("/v3/auth/tokens", alice, "made up"), 404, invalid)
	wantError(t, "none", b.get("/v3/auth/tokens", alice, ""), 404, invalid)
	wantStatus(t, "caller unknown", b.get("/v3/auth/tokens", "made up", alice), 401)
}
