package medialive

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"
)

// The answer as published, with a microsecond time.
const tokenBody = `{"token":{"expires_at":"2020-01-04T09:05:22.701000Z","issued_at":"2020-01-03T09:05:22.701000Z",
	"methods":["password"],"catalog":[],"roles":[{"id":"0","name":"te_admin"}],
	"user":{"id":"u1","name":"operator","password_expires_at":"","domain":{"id":"d1","name":"studio"}},
	"project":{"id":"p1","name":"cn-north-4","domain":{"id":"d1","name":"studio"}}}}`

// identity serves IAM with h, and checks what every request must have.
func identity(t *testing.T, h http.HandlerFunc) *IAM {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	i, err := NewIAM(IAMConfig{Endpoint: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	i.link.limits.backoff = []window{{}, {}}
	return i
}

func TestSignIn(t *testing.T) {
	for name, c := range map[string]struct {
		passcode Secret
		want     string
	}{
		"password": {"", `{"auth":{
			"identity":{"methods":["password"],"password":{"user":{"name":"operator","password":"<pass&word>","domain":{"name":"studio"}}}},
			"scope":{"project":{"name":"cn-north-4"}}}}`},
		"password and code": {"123456", `{"auth":{
			"identity":{"methods":["password","totp"],"password":{"user":{"name":"operator","password":"<pass&word>","domain":{"name":"studio"}}},
				"totp":{"user":{"id":"u1","passcode":"123456"}}},
			"scope":{"project":{"name":"cn-north-4"}}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			i := identity(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				var got, want any
				if json.Unmarshal(body, &got) != nil || json.Unmarshal([]byte(c.want), &want) != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("sent %s", body)
				}
				if r.Method != http.MethodPost || r.URL.Path != "/v3/auth/tokens" || r.URL.Query().Get("nocatalog") == "" {
					t.Errorf("%s %s", r.Method, r.URL)
				}
				if r.Header.Get("X-Auth-Token") != "" || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
					t.Errorf("headers %v", r.Header)
				}
				w.Header().Set("X-Subject-Token", "the-token")
				w.WriteHeader(http.StatusCreated)
				_, _ = io.WriteString(w, tokenBody)
			})
			info, err := i.SignIn(t.Context(), SignIn{
				Account: "studio", User: "operator", UserID: "u1", Password: "<pass&word>", Passcode: c.passcode, Project: "cn-north-4",
			})
			if err != nil {
				t.Fatal(err)
			}
			ends := time.Date(2020, 1, 4, 9, 5, 22, 701_000_000, time.UTC)
			if want := (TokenInfo{
				Token: "the-token", IssuedAt: ends.Add(-24 * time.Hour), ExpiresAt: ends, UserID: "u1", UserName: "operator",
				Account: "studio", ProjectID: "p1", ProjectName: "cn-north-4",
			}); info != want {
				t.Errorf("got %+v", info)
			}
		})
	}
}

func TestSignInFails(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		token  string
		body   string
		kind   Kind
	}{
		"wrong password": {401, "", `{"error":{"code":401,"message":"The username or password is wrong.","title":"Unauthorized"}}`, KindNotSignedIn},
		"forbidden":      {403, "", `{"error":{"code":403,"message":"The account is locked.","title":"Forbidden"}}`, KindNotPermitted},
		"no project":     {404, "", `{"error":{"code":404,"message":"Could not find project","title":"Not Found"}}`, KindNotFound},
		"bad request":    {400, "", `{"error":{"code":400,"message":"The request body is invalid","title":"Bad Request"}}`, KindRefused},
		"throttled":      {429, "", ``, KindThrottled},
		"down":           {503, "", `<html>`, KindUnavailable},
		"no token":       {201, "", tokenBody, KindUnreadable},
		"no user":        {201, "t", `{"token":{"expires_at":"2020-01-04T09:05:22.701000Z"}}`, KindUnreadable},
		"no end":         {201, "t", `{"token":{"user":{"id":"u1"}}}`, KindUnreadable},
		"bad time":       {201, "t", `{"token":{"expires_at":"tomorrow"}}`, KindUnreadable},
		"empty":          {201, "t", ``, KindUnreadable},
	} {
		t.Run(name, func(t *testing.T) {
			var count int
			i := identity(t, func(w http.ResponseWriter, _ *http.Request) {
				count++
				if c.token != "" {
					w.Header().Set("X-Subject-Token", c.token)
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			})
			_, err := i.SignIn(t.Context(), SignIn{Account: "a", User: "u", Password: "p", Project: "local"})
			e := wantKind(t, err, c.kind)
			if c.status >= 400 && c.status < 405 && e.Message == "" {
				t.Errorf("the message is lost: %+v", e)
			}
			if count != 1 {
				t.Errorf("asked %d times: a user may be locked out", count)
			}
		})
	}
}

func TestProjects(t *testing.T) {
	i := identity(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v3/auth/projects" || r.Header.Get("X-Auth-Token") != "the-token" {
			t.Errorf("%s with %v", r.URL, r.Header)
		}
		_, _ = io.WriteString(w, `{"links":{"self":"x"},"projects":[
			{"id":"p1","name":"cn-north-4","domain_id":"d","enabled":true,"is_domain":false},{"id":"p2","name":"cn-east-3_x","enabled":false}]}`)
	})
	projects, err := i.Projects(t.Context(), "the-token")
	if err != nil || !reflect.DeepEqual(projects, []Project{{"p1", "cn-north-4", true}, {"p2", "cn-east-3_x", false}}) {
		t.Errorf("%+v, %v", projects, err)
	}
	i = identity(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{}`) })
	_, err = i.Projects(t.Context(), "the-token")
	wantKind(t, err, KindUnreadable)
}

func TestCheckToken(t *testing.T) {
	i := identity(t, func(w http.ResponseWriter, r *http.Request) {
		token := r.Header.Get("X-Subject-Token")
		if r.Method != http.MethodGet || r.URL.Path != "/v3/auth/tokens" || r.Header.Get("X-Auth-Token") != token {
			t.Errorf("%s %s with %v", r.Method, r.URL, r.Header)
		}
		switch token {
		case "good":
			w.Header().Set("X-Subject-Token", token)
			_, _ = io.WriteString(w, tokenBody)
		case "ended":
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"error":{"code":404,"message":"X-Subject-Token is invalid in the request","title":"Not Found"}}`)
		default:
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	info, err := i.CheckToken(t.Context(), "good")
	if err != nil || info.Token != "good" || info.UserID != "u1" || info.ProjectID != "p1" {
		t.Errorf("%+v, %v", info, err)
	}
	for _, token := range []Secret{"ended", "unknown"} {
		_, err = i.CheckToken(t.Context(), token)
		wantKind(t, err, KindNotSignedIn)
	}
}

func TestNewIAMRefuses(t *testing.T) {
	if _, err := NewIAM(IAMConfig{Endpoint: "iam.example"}); err == nil {
		t.Error("an endpoint without a scheme is accepted")
	}
}

func TestRegions(t *testing.T) {
	for _, region := range Regions() {
		if region.Name == "" {
			t.Errorf("%s has no name", region.ID)
		}
		if live, ok := LiveEndpoint(region.ID); !ok || live != "https://live."+region.ID+".myhuaweicloud.com" {
			t.Errorf("%s: %s", region.ID, live)
		}
		if iam := IAMEndpoint(region.ID); iam != "https://iam."+region.ID+".myhuaweicloud.com" {
			t.Errorf("%s: %s", region.ID, iam)
		}
		if _, err := New(Config{Endpoint: IAMEndpoint(region.ID), ProjectID: "p", Auth: Token("t")}); err != nil {
			t.Errorf("%s: %v", region.ID, err)
		}
	}
	for _, other := range []string{"", "local", "evil.example/", "cn-north-5"} {
		if live, ok := LiveEndpoint(other); ok {
			t.Errorf("%q has the endpoint %s", other, live)
		}
		if iam := IAMEndpoint(other); iam != "https://iam.myhuaweicloud.com" {
			t.Errorf("%q: %s", other, iam)
		}
	}
}

func TestGroups(t *testing.T) {
	i := identity(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v3/users/0123abc/groups" || r.Header.Get("X-Auth-Token") != "the-token" {
			t.Errorf("%s with %v", r.URL, r.Header)
		}
		_, _ = io.WriteString(w, `{"links":{"self":"x"},"groups":[{"id":"g1","name":"night","domain_id":"d"},{"id":"g2","name":"ops <b>"}]}`)
	})
	groups, err := i.Groups(t.Context(), "the-token", "0123abc")
	if err != nil || !reflect.DeepEqual(groups, []string{"night", "ops <b>"}) {
		t.Errorf("%q, %v", groups, err)
	}
	for _, id := range []string{"", "../auth/tokens", "a/b", "a?b"} {
		_, err = i.Groups(t.Context(), "the-token", id)
		wantKind(t, err, KindRefused)
	}
	i = identity(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"groups":[]}`) })
	if groups, err = i.Groups(t.Context(), "the-token", "u"); err != nil || groups == nil || len(groups) != 0 {
		t.Errorf("of who is in none: %#v, %v", groups, err)
	}
	i = identity(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{}`) })
	_, err = i.Groups(t.Context(), "the-token", "u")
	wantKind(t, err, KindUnreadable)
	i = identity(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"error":{"code":403,"message":"You are not authorized","title":"Forbidden"}}`)
	})
	_, err = i.Groups(t.Context(), "the-token", "u")
	wantKind(t, err, KindNotPermitted)
}
