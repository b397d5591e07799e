package iam

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/flowdeck/flowdeck/internal/seal"
	"github.com/flowdeck/flowdeck/internal/store"
)

func TestServiceKeyIsMadeOnceAndKept(t *testing.T) {
	dir := t.TempDir()
	st, err := store.Open(t.Context(), "sqlite:"+filepath.Join(dir, "iam.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	open := func(keyFile string) *IAM {
		t.Helper()
		key, err := seal.OpenKeyFile(filepath.Join(dir, keyFile))
		if err != nil {
			t.Fatal(err)
		}
		i, err := New(st, key, Options{Account: "flowdeck", ProjectName: "local"})
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	once, may := []string{"live:ott:listFlow"}, []string{"live:ott:listFlow", "live:ott:listChannel"}
	ask := func(i *IAM, wantMade bool) (ak, sk string) {
		t.Helper()
		ak, sk, made, err := i.ServiceKey(t.Context(), may, once)
		if err != nil || made != wantMade || ak == "" || sk == "" {
			t.Fatalf("key %q, made %t, %v", ak, made, err)
		}
		return ak, sk
	}

	i := open("secret.key")
	ak, sk := ask(i, true)
	if again, same := ask(i, false); again != ak || same != sk {
		t.Errorf("another key: %s after %s", again, ak)
	}
	// A policy that an earlier version gave it is widened.
	if err := i.SetPolicy(t.Context(), ServiceName, once); err != nil {
		t.Fatal(err)
	}
	ask(i, false)
	if users, err := i.Users(t.Context()); err != nil || len(users[0].Allow) != len(may) {
		t.Errorf("users %+v, %v", users, err)
	}
	// A policy that an administrator gave it stays.
	if err := i.SetPolicy(t.Context(), ServiceName, []string{"live:ott:show*"}); err != nil {
		t.Fatal(err)
	}
	ask(i, false)
	users, err := i.Users(t.Context())
	if err != nil || len(users) != 1 || len(users[0].Allow) != 1 || users[0].Allow[0] != "live:ott:show*" {
		t.Errorf("users %+v, %v", users, err)
	}
	// With another key file the old secret cannot be opened.
	if other, _ := ask(open("other.key"), true); other == ak {
		t.Error("a key whose secret is lost was given")
	}
	if err := i.SetDisabled(t.Context(), ServiceName, true); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := i.ServiceKey(t.Context(), may, once); !errors.Is(err, ErrServiceOff) {
		t.Errorf("disabled: %v", err)
	}
}
