package iam

import (
	"context"
	"encoding/base32"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/flowdeck/flowdeck/internal/seal"
	"github.com/flowdeck/flowdeck/internal/store"
)

func TestMatches(t *testing.T) {
	tests := []struct {
		pattern, action string
		want            bool
	}{
		{"*", "live:ott:listFlow", true},
		{"live:ott:*", "live:ott:listFlow", true},
		{"live:ott:listFlow", "live:ott:listFlow", true},
		{"live:ott:listFlow", "live:ott:listFlowOutput", false},
		{"live:ott:listFlow", "live:ott:listflow", false},
		{"live:ott:list*", "live:ott:updateFlowSource", false},
		{"live:*:*Flow", "live:ott:listFlow", true},
		{"live:*:*Flow", "live:ott:showFlowOutput", false},
		{"*Flow*Start", "live:ott:updateFlowStatusStart", true},
		{"*Flow*Flow*", "live:ott:listFlow", false},
		{"live:ott:*:*", "live:ott:listFlow", false},
		{"live:ott:listFlow*", "live:ott:listFlow", true},
		{"ab*ba", "aba", false},
		{"**", "", true},
		{"", "live:ott:listFlow", false},
		{"", "", true},
	}
	for _, tt := range tests {
		if got := matches(tt.pattern, tt.action); got != tt.want {
			t.Errorf("matches(%q, %q) = %v", tt.pattern, tt.action, got)
		}
	}
}

// matches must agree with regular expressions, which are slower and know more.
func FuzzMatches(f *testing.F) {
	f.Add("live:*:*Flow", "live:ott:listFlow")
	f.Add("ab*ba", "aba")
	f.Add("*a*a*", "aa")
	f.Fuzz(func(t *testing.T, pattern, action string) {
		if !utf8.ValidString(pattern) || !utf8.ValidString(action) {
			return // regexp sees broken bytes as one character
		}
		quoted := strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, `.*`)
		want := regexp.MustCompile(`(?s)^` + quoted + `$`).MatchString(action)
		if got := matches(pattern, action); got != want {
			t.Errorf("matches(%q, %q) = %v", pattern, action, got)
		}
	})
}

func TestPolicyIsChecked(t *testing.T) {
	b := newBench(t)
	for _, bad := range [][]string{{""}, {"live:ott:*", "live ott"}, {"Ünï"}, {strings.Repeat("a", 129)}, make([]string, 101)} {
		if err := b.SetPolicy(t.Context(), "alice", bad); err == nil {
			t.Errorf("took %.60q", bad)
		}
	}
	if err := b.SetPolicy(t.Context(), "nobody", []string{"*"}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
}

// The vectors of RFC 6238, appendix B, for SHA-1, cut to six digits.
func TestTOTPVectors(t *testing.T) {
	for at, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471",
		1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if got := totp([]byte("12345678901234567890"), at/totpPeriod); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
}

// secretOf takes the secret out of an authenticator's address.
func secretOf(t *testing.T, address string) []byte {
	t.Helper()
	u, err := url.Parse(address)
	must(t, err)
	if u.Scheme != "otpauth" || u.Host != "totp" || !strings.HasPrefix(u.Path, "/Flowdeck:") {
		t.Errorf("address %s", u.Redacted())
	}
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(u.Query().Get("secret"))
	must(t, err)
	return secret
}

func TestPasswords(t *testing.T) {
	h := newHasher()
	ctx := t.Context()
	first, err := h.hash(ctx, password)
	must(t, err)
	second, err := h.hash(ctx, password)
	must(t, err)
	if first == second {
		t.Error("two hashes of one password are the same")
	}
	for given, want := range map[string]bool{password: true, password + "x": false, "": false} {
		if got, err := h.verify(ctx, given, first); err != nil || got != want {
			t.Errorf("%q: %v, %v", given, got, err)
		}
	}
	weaker := strings.Replace(first, "t=2", "t=1", 1)
	if got, err := h.verify(ctx, password, weaker); err != nil || got {
		t.Errorf("the parameters of the hash were not used: %v, %v", got, err)
	}
	for _, bad := range []string{"", "plain", "$argon2i$v=19$m=8,t=1,p=1$AA$AA", "$argon2id$v=19$m=x$AA$AA", "$argon2id$v=19$m=8,t=1,p=1$AA$AA"} {
		if _, err := h.verify(ctx, password, bad); err == nil {
			t.Errorf("took the hash %q", bad)
		}
	}
	for _, bad := range []string{"", "short", strings.Repeat("x", 257)} {
		if _, err := h.hash(ctx, bad); err == nil {
			t.Errorf("took a password of %d bytes", len(bad))
		}
	}
}

func TestHasherIsBounded(t *testing.T) {
	h := newHasher()
	for range hashersAtOnce {
		h.working <- struct{}{}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := h.verify(ctx, password, h.nobody); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("more than %d at once: %v", hashersAtOnce, err)
	}
	for range hashersQueue {
		h.queue <- struct{}{}
	}
	if _, err := h.verify(t.Context(), password, h.nobody); !errors.Is(err, errBusy) {
		t.Errorf("more than %d waiting: %v", hashersQueue, err)
	}
}

func TestFloodOfSignInsIsTurnedAway(t *testing.T) {
	b := newBench(t)
	for range hashersQueue {
		b.hasher.queue <- struct{}{}
	}
	for range 10 { // more than may guess wrong
		wantError(t, "flood", b.post(t, credentials("alice", password)), 503, "The service is busy. Try again.")
	}
	for range hashersQueue {
		<-b.hasher.queue
	}
	wantStatus(t, "after the flood", b.post(t, credentials("alice", password)), 201)
}

func TestThrottleForgets(t *testing.T) {
	th := newThrottle(1, time.Minute)
	now := time.Unix(1e9, 0)
	for n := range maxThrottled + 100 {
		if wait := th.take(fmt.Sprint(n), now); wait != 0 {
			t.Fatalf("name %d waits %v", n, wait)
		}
	}
	if len(th.full) > maxThrottled {
		t.Errorf("remembers %d names", len(th.full))
	}
	if wait := th.take("last", now.Add(time.Hour)); wait != 0 || len(th.full) != 1 {
		t.Errorf("remembers %d names after an hour", len(th.full))
	}
	if wait := th.take("last", now.Add(time.Hour)); wait != time.Minute {
		t.Errorf("waits %v", wait)
	}
	th.giveBack("last")
	th.giveBack("unknown")
	if wait := th.take("last", now.Add(time.Hour)); wait != 0 {
		t.Errorf("waits %v after it was given back", wait)
	}
}

func TestBootstrap(t *testing.T) {
	folder := t.TempDir()
	path := "sqlite:" + filepath.Join(folder, "flowdeck.db")
	st, err := store.Open(t.Context(), path)
	must(t, err)
	defer func() { must(t, st.Close()) }()
	key, err := seal.OpenKeyFile(filepath.Join(folder, "secret.key"))
	must(t, err)
	opts := Options{Account: "flowdeck", ProjectName: "local"}
	i, err := New(st, key, opts)
	must(t, err)
	if _, err := i.Bootstrap(t.Context(), "short"); err == nil {
		t.Error("took a short password")
	}
	made, err := i.Bootstrap(t.Context(), "")
	must(t, err)
	if len(made) < 20 {
		t.Fatalf("made %q", made)
	}
	again, err := New(st, key, opts)
	must(t, err)
	if again.ProjectID() != i.ProjectID() || len(i.ProjectID()) != 32 {
		t.Errorf("project %s, then %s", i.ProjectID(), again.ProjectID())
	}
	if made, err := again.Bootstrap(t.Context(), "another password"); made != "" || err != nil {
		t.Errorf("again: %q, %v", made, err)
	}
	b := &bench{IAM: again, handler: again.Handler()}
	wantStatus(t, "made password", b.post(t, credentials("admin", made)), 201)
	wantStatus(t, "later password", b.post(t, credentials("admin", "another password")), 401)
	if _, err := New(st, key, Options{Account: "flowdeck"}); err == nil {
		t.Error("took a project without a name")
	}
}

func TestUsersAndKeys(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	for _, name := range []string{"", "a b", "-x", "<script>", strings.Repeat("a", 65), "ünï", "a\n"} {
		if err := b.AddUser(ctx, name, password); err == nil {
			t.Errorf("took the name %q", name)
		}
	}
	if err := b.AddUser(ctx, "alice", password); !errors.Is(err, store.ErrExists) {
		t.Errorf("alice again: %v", err)
	}
	if err := b.SetPassword(ctx, "alice", "short"); err == nil {
		t.Error("took a short password")
	}
	must(t, b.SetPassword(ctx, "alice", "new password"))
	wantStatus(t, "old password", b.post(t, credentials("alice", password)), 401)
	wantStatus(t, "new password", b.post(t, credentials("alice", "new password")), 201)
	ak, sk, err := b.AddKey(ctx, "alice")
	must(t, err)
	if len(ak) != 20 || len(sk) < 40 {
		t.Errorf("key %s of %d characters", ak, len(sk))
	}
	keys, err := b.Keys(ctx)
	must(t, err)
	if len(keys) != 1 || keys[0].Access != ak || keys[0].UserName != "alice" || !keys[0].CreatedAt.Equal(b.clock.now()) {
		t.Errorf("keys %+v", keys)
	}
	must(t, b.RevokeKey(ctx, ak))
	for what, err := range map[string]error{
		"revoked key": b.RevokeKey(ctx, ak), "password": b.SetPassword(ctx, "nobody", password),
		"disable": b.SetDisabled(ctx, "nobody", true), "clear": b.ClearTOTP(ctx, "nobody"),
	} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, _, err := b.AddKey(ctx, "nobody"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("key for nobody: %v", err)
	}
}
