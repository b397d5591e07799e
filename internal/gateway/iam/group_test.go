package iam

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/store"
)

func TestUserGroups(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	must(t, b.AddToGroup(ctx, "alice", "night-shift"))
	must(t, b.AddToGroup(ctx, "alice", "ops"))
	must(t, b.AddToGroup(ctx, "admin", "ops"))
	for name, err := range map[string]error{
		"twice": store.ErrExists, "nobody": store.ErrNotFound,
	} {
		user := map[string]string{"twice": "alice", "nobody": "mallory"}[name]
		if got := b.AddToGroup(ctx, user, "ops"); !errors.Is(got, err) {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, group := range []string{"", "a b", "<b>", strings.Repeat("g", 65)} {
		if b.AddToGroup(ctx, "alice", group) == nil {
			t.Errorf("%q is a group", group)
		}
	}

	alice, err := b.store.User(ctx, "alice")
	must(t, err)
	token := b.token(t, "alice")
	answer := b.get("/v3/users/"+alice.ID+"/groups", token, "")
	wantStatus(t, "her own groups", answer, 200)
	var told struct {
		Groups []struct{ ID, Name, Domain_ID string }
	}
	must(t, json.Unmarshal(answer.Body.Bytes(), &told))
	var names []string
	for _, g := range told.Groups {
		names = append(names, g.Name)
		if len(g.ID) != 32 {
			t.Errorf("group %+v", g)
		}
	}
	if !reflect.DeepEqual(names, []string{"night-shift", "ops"}) {
		t.Errorf("groups %q", names)
	}
	wantStatus(t, "those of another", b.get("/v3/users/"+alice.ID+"/groups", b.token(t, "admin"), ""), 403)
	wantStatus(t, "those of nobody", b.get("/v3/users/nobody/groups", token, ""), 403)
	wantStatus(t, "without a token", b.get("/v3/users/"+alice.ID+"/groups", "", ""), 401)

	must(t, b.RemoveFromGroup(ctx, "alice", "ops"))
	groups, err := b.Groups(ctx)
	must(t, err)
	if len(groups) != 2 || groups[1].Name != "ops" || !reflect.DeepEqual(groups[1].Users, []string{"admin"}) {
		t.Errorf("groups left: %+v", groups)
	}
}
