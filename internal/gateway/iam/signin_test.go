package iam

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

func TestSignIn(t *testing.T) {
	b := newBench(t)
	w := b.post(t, credentials("alice", password))
	wantStatus(t, "sign-in", w, http.StatusCreated)
	token := w.Header().Get("X-Subject-Token")
	if len(token) < 40 || strings.Contains(w.Body.String(), token) {
		t.Errorf("token %q must be long, and in the header only", token)
	}
	var body struct {
		Token struct {
			ExpiresAt string `json:"expires_at"`
			IssuedAt  string `json:"issued_at"`
			Methods   []string
			Catalog   []struct{ Type string }
			Roles     []struct{ ID, Name string }
			User      struct {
				ID, Name          string
				PasswordExpiresAt *string `json:"password_expires_at"`
				Domain            struct{ ID, Name string }
			}
			Project *struct {
				ID, Name string
				Domain   struct{ ID, Name string }
			}
			Domain *struct{ ID, Name string }
		}
	}
	must(t, json.Unmarshal(w.Body.Bytes(), &body))
	got := body.Token
	if got.IssuedAt != "2026-03-04T05:06:07.089000Z" || got.ExpiresAt != "2026-03-05T05:06:07.089000Z" {
		t.Errorf("issued %s, expires %s", got.IssuedAt, got.ExpiresAt)
	}
	if got.User.Name != "alice" || len(got.User.ID) != 32 || got.User.PasswordExpiresAt == nil || got.User.Domain.Name != "flowdeck" {
		t.Errorf("user %+v", got.User)
	}
	if got.Project == nil || got.Project.ID != b.ProjectID() || got.Project.Name != "local" || got.Domain != nil {
		t.Errorf("scope %+v, %+v", got.Project, got.Domain)
	}
	if len(got.Methods) != 1 || len(got.Catalog) != 2 || len(got.Roles) != 1 || len(got.Project.Domain.ID) != 32 {
		t.Errorf("token %+v", got)
	}
}

func TestSignInScope(t *testing.T) {
	b := newBench(t)
	reference := func(kind, key, value string) any {
		return map[string]any{kind: map[string]any{key: value}}
	}
	tests := []struct {
		name   string
		scope  any
		status int
		domain bool
	}{
		{"project by name", reference("project", "name", "local"), 201, false},
		{"project by id", reference("project", "id", b.ProjectID()), 201, false},
		{"domain by name", reference("domain", "name", "flowdeck"), 201, true},
		{"domain by id", reference("domain", "id", b.project.DomainID), 201, true},
		{"unknown project", reference("project", "name", "cn-north-4"), 404, false},
		{"unknown domain", reference("domain", "name", "elsewhere"), 404, false},
		{"project id as name", reference("project", "name", b.ProjectID()), 404, false},
		{"absent", nil, 400, false},
		{"empty", map[string]any{}, 400, false},
		{"empty project", map[string]any{"project": map[string]any{}}, 400, false},
		{"id and name", map[string]any{"project": map[string]any{"id": b.ProjectID(), "name": "local"}}, 400, false},
		{"both", map[string]any{"project": map[string]any{"name": "local"}, "domain": map[string]any{"name": "flowdeck"}}, 400, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body := credentials("alice", password)
			body["auth"].(map[string]any)["scope"] = tt.scope
			w := b.post(t, body)
			wantStatus(t, "sign-in", w, tt.status)
			if domain := strings.Contains(w.Body.String(), `"project":`); tt.status == 201 && domain == tt.domain {
				t.Errorf("body %s", w.Body)
			}
		})
	}
}

func TestSignInRefused(t *testing.T) {
	b := newBench(t)
	must(t, b.AddUser(t.Context(), "gone", password))
	must(t, b.SetDisabled(t.Context(), "gone", true))
	elsewhere := credentials("alice", password)
	user := elsewhere["auth"].(map[string]any)["identity"].(map[string]any)["password"].(map[string]any)["user"].(map[string]any)
	user["domain"] = map[string]any{"name": "elsewhere"}
	for name, body := range map[string]any{
		"wrong password":           credentials("alice", "battery staple"),
		"unknown user":             credentials("nobody", password),
		"other case":               credentials("Alice", password),
		"disabled user":            credentials("gone", password),
		"password of nobody":       credentials("", password),
		"other account":            elsewhere,
		"name with a zero byte":    credentials("alice\x00", password),
		"password with a trailing": credentials("alice", password+" "),
	} {
		w := b.post(t, body)
		if name == "password of nobody" {
			wantError(t, name, w, 400, invalidText)
			continue
		}
		wantError(t, name, w, 401, wrongText)
		if w.Header().Get("X-Subject-Token") != "" {
			t.Errorf("%s: got a token", name)
		}
	}
	for name, body := range map[string]string{
		"empty": "", "no JSON": "{", "array": "[]", "null": "null", "nothing in it": "{}", "twice": `{}{}`,
		"name is a number": `{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":1}}}}}`,
		"10 MB":            `{"auth":"` + strings.Repeat("x", 10<<20) + `"}`,
		"no such method":   strings.Replace(mustJSON(t, credentials("alice", password)), `"password"]`, `"token"]`, 1),
		"no method":        strings.Replace(mustJSON(t, credentials("alice", password)), `["password"]`, `[]`, 1),
		"no passcode":      strings.Replace(mustJSON(t, credentials("alice", password)), `"password"]`, `"password","totp"]`, 1),
	} {
		wantError(t, name, b.post(t, body), 400, invalidText)
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	must(t, err)
	return string(raw)
}

func TestSignInWithOneTimeCode(t *testing.T) {
	b := newBench(t)
	address, err := b.SetTOTP(t.Context(), "alice")
	must(t, err)
	secret := secretOf(t, address)
	users, err := b.Users(t.Context())
	must(t, err)
	alice := users[1]
	if alice.Name != "alice" || !alice.TOTP {
		t.Fatalf("users %+v", users)
	}
	code := func() string { return totp(secret, b.clock.now().Unix()/totpPeriod) }
	attempt := func(body map[string]any) *httptest.ResponseRecorder { return b.post(t, body) }
	plain := func() map[string]any { return credentials("alice", password) }

	wantError(t, "no code", attempt(plain()), 401, passcodeText)
	wantError(t, "wrong code", attempt(withPasscode(plain(), alice.ID, "000000")), 401, passcodeText)
	wantError(t, "wrong id", attempt(withPasscode(plain(), "someone", code())), 401, passcodeText)
	wantError(t, "wrong password", attempt(withPasscode(credentials("alice", "wrong"), alice.ID, code())), 401, wrongText)
	w := attempt(withPasscode(plain(), alice.ID, code()))
	wantStatus(t, "right code", w, 201)
	if !strings.Contains(w.Body.String(), `"methods":["password","totp"]`) {
		t.Errorf("body %s", w.Body)
	}
	wantError(t, "used code", attempt(withPasscode(plain(), alice.ID, code())), 401, passcodeText)
	late := code()
	b.clock.pass(totpPeriod * time.Second)
	wantStatus(t, "next code, without the id", attempt(withPasscode(plain(), "", code())), 201)
	wantError(t, "earlier code", attempt(withPasscode(plain(), alice.ID, late)), 401, passcodeText)
	late = totp(secret, b.clock.now().Unix()/totpPeriod+1)
	b.clock.pass(2 * totpPeriod * time.Second)
	wantStatus(t, "code of the period before", attempt(withPasscode(plain(), alice.ID, late)), 201)
	b.clock.pass(time.Hour)
	late = totp(secret, b.clock.now().Unix()/totpPeriod-2)
	wantError(t, "old code", attempt(withPasscode(plain(), alice.ID, late)), 401, passcodeText)
	must(t, b.ClearTOTP(t.Context(), "alice"))
	wantStatus(t, "no code needed", attempt(plain()), 201)
}

func TestOneTimeCodeIsTakenOnce(t *testing.T) {
	b := newBench(t)
	address, err := b.SetTOTP(t.Context(), "alice")
	must(t, err)
	code := totp(secretOf(t, address), b.clock.now().Unix()/totpPeriod)
	body := mustJSON(t, withPasscode(credentials("alice", password), "", code))
	statuses := make(chan int, 6)
	var all sync.WaitGroup
	for range cap(statuses) {
		all.Go(func() { statuses <- b.post(t, body).Code })
	}
	all.Wait()
	close(statuses)
	in := 0
	for status := range statuses {
		if status == http.StatusCreated {
			in++
		}
	}
	if in != 1 {
		t.Errorf("one code let %d in", in)
	}
}

func TestGuessingIsThrottled(t *testing.T) {
	b := newBench(t)
	for n := range 8 {
		wantStatus(t, "guess", b.post(t, credentials("alice", "guess")), 401)
		if n == 3 {
			wantStatus(t, "the right one between", b.post(t, credentials("alice", password)), 201)
		}
	}
	w := b.post(t, credentials("alice", password))
	wantError(t, "even the right one", w, 429, "Too many failed sign-ins. Try again later.")
	if w.Header().Get("Retry-After") != "20" {
		t.Errorf("Retry-After %q", w.Header().Get("Retry-After"))
	}
	wantStatus(t, "somebody else", b.post(t, credentials("admin", password)), 201)
	b.clock.pass(19 * time.Second)
	wantStatus(t, "too early", b.post(t, credentials("alice", password)), 429)
	b.clock.pass(time.Second)
	wantStatus(t, "after the wait", b.post(t, credentials("alice", password)), 201)
}

func TestAddressIsThrottled(t *testing.T) {
	b := newBench(t)
	for range 60 {
		b.byAddress.take("192.0.2.1", b.clock.now()) // httptest's address
	}
	wantStatus(t, "known user", b.post(t, credentials("alice", password)), 429)
	r := httptest.NewRequest(http.MethodPost, "/v3/auth/tokens", strings.NewReader(mustJSON(t, credentials("alice", password))))
	r.RemoteAddr = "192.0.2.2:4000"
	wantStatus(t, "other address", b.serve(r), 201)
	b.clock.pass(time.Second)
	wantStatus(t, "after a second", b.post(t, credentials("alice", password)), 201)
}

func TestClientSignsIn(t *testing.T) {
	b := newBench(t)
	server := httptest.NewServer(b.handler)
	defer server.Close()
	client, err := medialive.NewIAM(medialive.IAMConfig{Endpoint: server.URL})
	must(t, err)
	info, err := client.SignIn(t.Context(), medialive.SignIn{
		Account: "flowdeck", User: "alice", Password: password, Project: "local",
	})
	must(t, err)
	if info.UserName != "alice" || info.Account != "flowdeck" || info.ProjectID != b.ProjectID() || !info.ExpiresAt.Equal(b.clock.now().Add(24*time.Hour)) {
		t.Errorf("token %+v", info)
	}
	projects, err := client.Projects(t.Context(), info.Token)
	must(t, err)
	if len(projects) != 1 || projects[0] != (medialive.Project{ID: b.ProjectID(), Name: "local", Enabled: true}) {
		t.Errorf("projects %+v", projects)
	}
	checked, err := client.CheckToken(t.Context(), info.Token)
	must(t, err)
	if checked != info {
		t.Errorf("checked %+v, want %+v", checked, info)
	}
	_, err = client.SignIn(t.Context(), medialive.SignIn{Account: "flowdeck", User: "alice", Password: "wrong", Project: "local"})
	if medialive.KindOf(err) != medialive.KindNotSignedIn {
		t.Errorf("wrong password: %v", err)
	}
	_, err = client.CheckToken(t.Context(), "made up")
	if medialive.KindOf(err) != medialive.KindNotSignedIn {
		t.Errorf("made-up token: %v", err)
	}
}

func FuzzParseAttempt(f *testing.F) {
	body, err := json.Marshal(withPasscode(credentials("alice", password), "id", "123456"))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{string(body), "", "{}", "null", `{"auth":{"scope":{"project":{},"domain":{"id":"x"}}}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := parseAttempt(body)
		if err != nil {
			if !errors.Is(err, errInvalid) || a != (attempt{}) {
				t.Fatalf("error %v with %+v", err, a)
			}
			return
		}
		if a.user == "" || a.password == "" || a.account == "" || a.totp && a.passcode == "" {
			t.Errorf("incomplete: %+v", a)
		}
		if (a.scope.id == "") == (a.scope.name == "") {
			t.Errorf("scope %+v", a.scope)
		}
	})
}
