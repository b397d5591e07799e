package store_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/trail"
)

func TestRoleRules(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		rules, err := s.RoleRules(ctx)
		must(t, err)
		same(t, "rules at first", len(rules), 0)

		night := store.RoleRule{ID: "a", User: "night-*", Role: "operator"}
		guests := store.RoleRule{ID: "b", Region: "eu", Account: "guests", Group: "all", Role: "viewer"}
		must(t, s.ReplaceRoleRules(ctx, nil, []store.RoleRule{night}, line(trail.Access, "", "role_rule_added", day)))
		must(t, s.ReplaceRoleRules(ctx, []store.RoleRule{night}, []store.RoleRule{guests, night}, line(trail.Access, "", "role_rule_added", day)))
		rules, err = s.RoleRules(ctx)
		must(t, err)
		same(t, "rules in their order", rules, []store.RoleRule{guests, night})

		for _, were := range [][]store.RoleRule{nil, {night}, {night, guests}, {guests, night, night}} {
			wantErr(t, s.ReplaceRoleRules(ctx, were, nil, line(trail.Access, "", "role_rule_removed", day)), store.ErrStale)
		}
		must(t, s.ReplaceRoleRules(ctx, []store.RoleRule{guests, night}, nil, line(trail.Access, "", "role_rule_removed", day)))
		rules, err = s.RoleRules(ctx)
		must(t, err)
		same(t, "rules at last", len(rules), 0)
		wantWhole(t, s, 3) // what was stale left no line
	})
}

// Of many who change the same rules at once, on two dashboards, one does.
func TestRoleRulesAreReplacedByOne(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, url string) {
		other := open(t, url)
		won := race(t, 12, func(ctx context.Context, i int) (bool, error) {
			mine := []store.RoleRule{{ID: strconv.Itoa(i), Role: "viewer"}}
			err := []*store.Store{s, other}[i%2].ReplaceRoleRules(ctx, nil, mine, line(trail.Access, "", "role_rule_added", day))
			return err == nil, ignore(err, store.ErrStale)
		})
		if won != 1 {
			t.Fatalf("%d replaced the same rules", won)
		}
		rules, err := s.RoleRules(t.Context())
		must(t, err)
		same(t, "how many rules there are", len(rules), 1)
	})
}

func TestGroups(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		for _, name := range []string{"alice", "bob"} {
			must(t, s.AddUser(ctx, store.User{ID: "id-" + name, Name: name, Allow: []string{}}))
		}
		must(t, s.AddToGroup(ctx, "bob", "night", day.Add(time.Hour)))
		must(t, s.AddToGroup(ctx, "alice", "night", day))
		must(t, s.AddToGroup(ctx, "alice", "day", day))
		wantErr(t, s.AddToGroup(ctx, "alice", "day", day), store.ErrExists)
		wantErr(t, s.AddToGroup(ctx, "carol", "day", day), store.ErrNotFound)

		night := store.Group{Name: "night", Users: []string{"alice", "bob"}, CreatedAt: day}
		groups, err := s.Groups(ctx, "")
		must(t, err)
		same(t, "groups", groups, []store.Group{{Name: "day", Users: []string{"alice"}, CreatedAt: day}, night})
		groups, err = s.Groups(ctx, "id-bob")
		must(t, err)
		same(t, "groups of bob", groups, []store.Group{night})

		must(t, s.RemoveFromGroup(ctx, "bob", "night"))
		wantErr(t, s.RemoveFromGroup(ctx, "bob", "night"), store.ErrNotFound)
		groups, err = s.Groups(ctx, "id-bob")
		must(t, err)
		same(t, "how many groups bob has", len(groups), 0)
	})
}
