package iam

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/seal"
	"github.com/flowdeck/flowdeck/internal/store"
)

const list = "live:ott:listFlow"

// The texts of the spec, section 7.
const (
	noToken      = "Incorrect IAM authentication information: x-auth-token not found"
	wrongToken   = "Incorrect IAM authentication information: decrypt token fail"
	expiredToken = "Incorrect IAM authentication information: token expires, expires_at: 2026-03-05T05:06:07.089000Z"
	wrongKey     = "Incorrect IAM authentication information: verify aksk signature fail"
	voidToken    = "The token must be updated."
	noPermission = "Unauthorized access to the interface, please contact the main account administrator to open the interface permissions"
)

// ask authorizes a request by token for one action.
func (b *bench) ask(token, action string) *Denied {
	_, denied := b.Authorize(b.request(token), nil, b.ProjectID(), action)
	return denied
}

func TestAuthorizeByToken(t *testing.T) {
	b := newBench(t)
	must(t, b.SetPolicy(t.Context(), "alice", []string{list}))
	token := b.token(t, "alice")
	who, denied := b.Authorize(b.request(token), nil, b.ProjectID(), list)
	wantLetIn(t, "alice", denied)
	if who.UserName != "alice" || who.Account != "flowdeck" || who.ProjectID != b.ProjectID() || len(who.UserID) != 32 {
		t.Errorf("principal %+v", who)
	}
	wantDenied(t, "other action", b.ask(token, "live:ott:updateFlowSource"), "LIVE.100011003", noPermission)
	_, denied = b.Authorize(b.request(token), nil, "0123456789abcdef0123456789abcdef", list)
	wantDenied(t, "other project", denied, "LIVE.100011003", noPermission)
	wantDenied(t, "no token", b.ask("", list), "APIG.0301", noToken)
	for name, made := range map[string]string{"made up": "made up", "cut": token[1:], "16 KB": strings.Repeat("M", 16<<10)} {
		wantDenied(t, name, b.ask(made, list), "APIG.0301", wrongToken)
	}
	wantLetIn(t, "admin", b.ask(b.token(t, "admin"), "live:ott:updateFlowSource"))
	must(t, b.SetPolicy(t.Context(), "alice", nil))
	wantDenied(t, "policy taken away", b.ask(token, list), "LIVE.100011003", noPermission)
}

func TestTokenForTheAccountOpensNoProject(t *testing.T) {
	b := newBench(t)
	body := credentials("admin", password)
	body["auth"].(map[string]any)["scope"] = map[string]any{"domain": map[string]any{"name": "flowdeck"}}
	token := b.post(t, body).Header().Get("X-Subject-Token")
	wantStatus(t, "its own reads", b.get("/v3/auth/projects", token, ""), 200)
	wantDenied(t, "project", b.ask(token, list), "LIVE.100011003", noPermission)
	_, denied := b.Authorize(b.request(token), nil, "", list)
	wantDenied(t, "project without id", denied, "LIVE.100011003", noPermission)
}

func TestTokenExpires(t *testing.T) {
	b := newBench(t)
	token := b.token(t, "admin")
	b.clock.pass(24*time.Hour - time.Millisecond)
	wantLetIn(t, "at its last moment", b.ask(token, list))
	b.clock.pass(time.Millisecond)
	wantDenied(t, "expired", b.ask(token, list), "APIG.0301", expiredToken)
	wantError(t, "reads", b.get("/v3/auth/projects", token, ""), 401, expiredToken)
	b.clock.pass(24*time.Hour + time.Millisecond)
	b.token(t, "admin") // sweeps
	wantDenied(t, "forgotten", b.ask(token, list), "APIG.0301", wrongToken)
}

func TestTokensEnd(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	must(t, b.SetPolicy(ctx, "alice", []string{"*"}))
	for name, end := range map[string]func() error{
		"new password": func() error { return b.SetPassword(ctx, "alice", password) },
		"disabled":     func() error { return b.SetDisabled(ctx, "alice", true) },
		"second factor": func() error {
			_, err := b.SetTOTP(ctx, "alice")
			return err
		},
	} {
		token, admin := b.token(t, "alice"), b.token(t, "admin")
		wantLetIn(t, name, b.ask(token, list))
		must(t, end())
		wantDenied(t, name, b.ask(token, list), "APIG.0307", voidToken)
		wantError(t, name, b.get("/v3/auth/tokens", admin, token), 404, "X-Subject-Token is invalid in the request")
		wantLetIn(t, name+": somebody else", b.ask(admin, list))
		must(t, b.SetDisabled(ctx, "alice", false))
		must(t, b.ClearTOTP(ctx, "alice"))
		wantDenied(t, name+", enabled again", b.ask(token, list), "APIG.0307", voidToken)
	}
}

func TestAuthorizeByKey(t *testing.T) {
	b := newBench(t)
	must(t, b.SetPolicy(t.Context(), "alice", []string{"live:ott:*"}))
	ak, sk, err := b.AddKey(t.Context(), "alice")
	must(t, err)
	const body = `{"source":{"name":"<cam>"}}` + "\n"
	sign := func() *http.Request { return b.signed(t, ak, sk, body) }
	try := func(r *http.Request, body string) *Denied {
		who, denied := b.Authorize(r, []byte(body), b.ProjectID(), list)
		if denied == nil && (who.UserName != "alice" || who.ProjectID != b.ProjectID()) {
			t.Errorf("principal %+v", who)
		}
		return denied
	}
	wantLetIn(t, "signed", try(sign(), body))
	wantDenied(t, "body without its newline", try(sign(), strings.TrimSpace(body)), "APIG.0301", wrongKey)
	wantLetIn(t, "signed again", try(sign(), body))
	changed := sign()
	changed.URL.RawQuery = "source_name=other"
	wantDenied(t, "other query", try(changed, body), "APIG.0301", wrongKey)
	changed = sign()
	changed.Header.Set("X-Project-Id", "other")
	wantDenied(t, "other header", try(changed, body), "APIG.0301", wrongKey)
	changed = sign()
	changed.Header.Set("Authorization", "SDK-HMAC-SHA256 nonsense")
	wantDenied(t, "malformed", try(changed, body), "APIG.0301", wrongKey)
	wantDenied(t, "unknown key", try(b.signed(t, "EXAMPLEAK0123456789", sk, body), body), "APIG.0301", wrongKey)
	_, denied := b.Authorize(sign(), []byte(body), "other", list)
	wantDenied(t, "other project", denied, "LIVE.100011003", noPermission)

	must(t, b.SetDisabled(t.Context(), "alice", true))
	wantDenied(t, "disabled user", try(sign(), body), "APIG.0301", wrongKey)
	must(t, b.SetDisabled(t.Context(), "alice", false))
	must(t, b.RevokeKey(t.Context(), ak))
	wantDenied(t, "revoked", try(sign(), body), "APIG.0301", wrongKey)
}

func TestSignatureAges(t *testing.T) {
	b := newBench(t)
	ak, sk, err := b.AddKey(t.Context(), "admin")
	must(t, err)
	for _, tt := range []struct {
		age time.Duration
		in  bool
	}{{0, true}, {15 * time.Minute, true}, {-15 * time.Minute, true}, {15*time.Minute + time.Second, false}, {-16 * time.Minute, false}} {
		b.clock.pass(-b.clock.now().Sub(b.clock.now().Truncate(time.Second))) // X-Sdk-Date has whole seconds
		r := b.signed(t, ak, sk, "{}")
		b.clock.pass(tt.age)
		_, denied := b.Authorize(r, []byte("{}"), b.ProjectID(), list)
		if (denied == nil) != tt.in {
			t.Errorf("age %v: %+v", tt.age, denied)
		}
		if denied != nil && (denied.Code != "APIG.0301" || !strings.HasPrefix(denied.Message, wrongKey+", X-Sdk-Date")) {
			t.Errorf("age %v: %+v", tt.age, denied)
		}
	}
}

func TestKeyIsLocked(t *testing.T) {
	b := newBench(t)
	ak, sk, err := b.AddKey(t.Context(), "admin")
	must(t, err)
	right := func() *Denied {
		_, denied := b.Authorize(b.signed(t, ak, sk, "{}"), []byte("{}"), b.ProjectID(), list)
		return denied
	}
	guess := func() {
		_, denied := b.Authorize(b.signed(t, ak, "guess", "{}"), []byte("{}"), b.ProjectID(), list)
		wantDenied(t, "guess", denied, "APIG.0301", wrongKey)
	}
	for range 4 {
		guess()
	}
	wantLetIn(t, "after 4 failures", right())
	for range 5 {
		guess()
	}
	const locked = wrongKey + ", the access key is locked for 5 minutes after 5 failures"
	wantDenied(t, "after 5 failures", right(), "APIG.0301", locked)
	b.clock.pass(5*time.Minute - time.Second)
	wantDenied(t, "too early", right(), "APIG.0301", locked)
	b.clock.pass(time.Second)
	wantLetIn(t, "after 5 minutes", right())
}

func TestOutageIsNoRefusal(t *testing.T) {
	folder := t.TempDir()
	st, err := store.Open(t.Context(), "sqlite:"+filepath.Join(folder, "flowdeck.db"))
	must(t, err)
	key, err := seal.OpenKeyFile(filepath.Join(folder, "secret.key"))
	must(t, err)
	var log bytes.Buffer
	i, err := New(st, key, Options{Account: "flowdeck", ProjectName: "local", Log: slog.New(slog.NewTextHandler(&log, nil))})
	must(t, err)
	_, err = i.Bootstrap(t.Context(), password)
	must(t, err)
	b := &bench{IAM: i, clock: &clock{at: time.Now()}, handler: i.Handler()}
	token := b.token(t, "admin")
	must(t, st.Close())
	for name, denied := range map[string]*Denied{"token": b.ask(token, list)} {
		if denied == nil || denied.Status != 500 || denied.Code != "LIVE.100011005" || denied.Message != "internal error" {
			t.Errorf("%s: %+v", name, denied)
		}
	}
	wantError(t, "sign-in", b.post(t, credentials("admin", password)), 500, "internal error")
	if !strings.Contains(log.String(), "closed") || strings.Contains(log.String(), token) || strings.Contains(log.String(), password) {
		t.Errorf("log: %s", &log)
	}
}

func TestNothingSecretIsKeptInClear(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	token := b.token(t, "alice")
	_, sk, err := b.AddKey(ctx, "alice")
	must(t, err)
	address, err := b.SetTOTP(ctx, "alice")
	must(t, err)
	user, err := b.store.User(ctx, "alice")
	must(t, err)
	if !strings.HasPrefix(user.Password, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("password kept as %s", user.Password)
	}
	for _, name := range []string{"flowdeck.db", "flowdeck.db-wal"} {
		kept, err := os.ReadFile(filepath.Join(b.folder, name))
		must(t, err)
		for what, secret := range map[string]string{
			"password": password, "token": token, "secret key": sk, "one-time secret": string(secretOf(t, address)),
		} {
			if bytes.Contains(kept, []byte(secret)) {
				t.Errorf("%s has the %s in clear", name, what)
			}
		}
	}
}

func TestPrincipalIsEmptyWhenDenied(t *testing.T) {
	b := newBench(t)
	for _, token := range []string{"", "x", b.token(t, "alice")} {
		if who, denied := b.Authorize(b.request(token), nil, b.ProjectID(), list); denied == nil || who != (Principal{}) {
			t.Errorf("%+v, %+v", who, denied)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Basic YWRtaW46YWRtaW4=")
	_, denied := b.Authorize(r, nil, b.ProjectID(), list)
	wantDenied(t, "other scheme", denied, "APIG.0301", wrongKey)
}
