package auth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/role"
	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/trail"
)

func withAdmins(o *auth.Options) {
	o.Admins = role.Rules{{Account: "account", User: "boss", Role: role.Admin}}
}

// setRules puts rules in the place of those there are.
func (h *house) setRules(t *testing.T, by *auth.Session, rules ...role.Rule) {
	t.Helper()
	p, err := h.Policy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range rules {
		rules[i].ID = fmt.Sprintf("rule-%d", i)
	}
	change := auth.RuleChange{Verb: auth.VerbRuleAdded, Rule: role.Rule{User: "x", Role: role.Viewer}, Were: p.Rules, Now: rules}
	if err := h.ChangeRules(t.Context(), by, change); err != nil {
		t.Fatal(err)
	}
}

func TestRoleFollowsTheRules(t *testing.T) {
	h := open(t, withAdmins)
	h.cloud.AddUser("boss", medialivetest.User{ID: "u3", Password: password})
	boss, _ := h.signIn(t, form("boss"))
	op, _ := h.signIn(t, form("op-1"))
	want := func(who string, s *auth.Session, r role.Role) {
		t.Helper()
		if got := h.Role(t.Context(), s); got != r {
			t.Errorf("%s is %s, want %s", who, got, r)
		}
	}
	want("the admin by setting", boss, role.Admin)
	want("anybody without rules", op, role.Engineer)

	h.setRules(t, boss, role.Rule{User: "op-*", Role: role.Operator}, role.Rule{User: "boss", Role: role.Viewer})
	want("the operator", op, role.Operator)
	want("the admin, whatever the rules say,", boss, role.Admin)
	h.setRules(t, boss, role.Rule{User: "somebody", Role: role.Engineer})
	want("whom no rule fits", op, role.Viewer)
	h.setRules(t, boss)
	want("anybody once the rules are gone", op, role.Engineer)

	lines, err := h.store.Timeline(t.Context(), trail.Filter{Verb: auth.VerbRuleAdded})
	if err != nil || len(lines) != 3 || lines[0].Actor != "boss" || lines[0].Target != "*/x: viewer" {
		t.Errorf("the trail has %+v, %v", lines, err)
	}
}

// A change of the rules holds on another dashboard within two seconds, and a
// session does not keep the role it began with.
func TestRoleChangesOnAnotherReplica(t *testing.T) {
	h := open(t, withAdmins)
	h.cloud.AddUser("boss", medialivetest.User{ID: "u3", Password: password})
	boss, _ := h.signIn(t, form("boss"))
	op, _ := h.signIn(t, form("op-1"))
	other := h.another(withAdmins)
	if got := other.Role(t.Context(), op); got != role.Engineer {
		t.Fatalf("at first %s", got)
	}
	h.setRules(t, boss, role.Rule{User: "op-1", Role: role.Viewer})
	h.later(2 * time.Second)
	if got := other.Role(t.Context(), op); got != role.Viewer {
		t.Errorf("after two seconds still %s", got)
	}
}

func TestRulesAreChangedByOne(t *testing.T) {
	h := open(t, withAdmins)
	op, _ := h.signIn(t, form("op-1"))
	first := auth.RuleChange{Verb: auth.VerbRuleAdded, Now: role.Rules{{ID: "a", User: "x", Role: role.Viewer}}}
	if err := h.ChangeRules(t.Context(), op, first); err != nil {
		t.Fatal(err)
	}
	if err := h.ChangeRules(t.Context(), op, first); !errors.Is(err, auth.ErrRulesChanged) {
		t.Errorf("a change of rules that are gone: %v", err)
	}
	for _, bad := range []role.Rule{{Role: role.Nobody}, {Role: role.Admin + 1}, {Role: role.Viewer, User: "a\nb"}, {Role: role.Viewer, Group: strings.Repeat("g", 129)}} {
		if err := h.ChangeRules(t.Context(), op, auth.RuleChange{Were: first.Now, Now: role.Rules{bad}}); err == nil {
			t.Errorf("%+v is a rule", bad)
		}
	}
}

// Rules that cannot be read leave those that were read last in force; where none
// ever were, nobody may more than look on.
func TestRulesThatCannotBeRead(t *testing.T) {
	h := open(t, withAdmins)
	h.cloud.AddUser("boss", medialivetest.User{ID: "u3", Password: password})
	boss, _ := h.signIn(t, form("boss"))
	op, _ := h.signIn(t, form("op-1"))
	h.setRules(t, boss, role.Rule{User: "op-1", Role: role.Operator})
	if got := h.Role(t.Context(), op); got != role.Operator {
		t.Fatalf("by the rules %s", got)
	}
	never := h.another(withAdmins)
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	h.later(time.Minute)
	if got := h.Role(t.Context(), op); got != role.Operator {
		t.Errorf("by what was read last %s", got)
	}
	for s, want := range map[*auth.Session]role.Role{op: role.Viewer, boss: role.Admin} {
		if got := never.Role(t.Context(), s); got != want {
			t.Errorf("%s, who was never looked up, is %s, want %s", s.User, got, want)
		}
	}
}

// mute is a store that does not tell the rules.
type mute struct {
	auth.Store
	asked atomic.Int32
}

func (m *mute) RoleRules(context.Context) ([]store.RoleRule, error) {
	m.asked.Add(1)
	return nil, errors.New("no answer in time")
}

// A store that takes its time to fail is not waited for by one request after the
// other.
func TestRulesAreNotAskedForByEveryRequest(t *testing.T) {
	h := open(t)
	op, _ := h.signIn(t, form("op-1"))
	m := &mute{Store: h.store}
	a := h.another(func(o *auth.Options) { o.Store = m })
	for want := int32(1); want <= 2; want++ {
		for range 20 {
			if got := a.Role(t.Context(), op); got != role.Viewer {
				t.Fatalf("without rules %s", got)
			}
		}
		if got := m.asked.Load(); got != want {
			t.Errorf("asked %d times, want %d", got, want)
		}
		h.later(2 * time.Second)
	}
}

func TestGroupsAreKeptInTheSession(t *testing.T) {
	h := open(t, withAdmins)
	h.cloud.AddUser("night", medialivetest.User{ID: "u4", Password: password, Groups: []string{"night", "ops"}})
	h.cloud.AddUser("alone", medialivetest.User{ID: "u5", Password: password, Groups: []string{}})
	for user, want := range map[string]string{"night": `[]string{"night", "ops"}`, "alone": `[]string{}`, "op-1": `[]string(nil)`} {
		_, cookie := h.signIn(t, form(user))
		kept, err := h.another(withAdmins).Session(request(cookie)) // as the store has it
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%#v", kept.Who().Groups); got != want {
			t.Errorf("the groups of %s are %s, want %s", user, got, want)
		}
	}
	night, _ := h.signIn(t, form("night"))
	h.setRules(t, night, role.Rule{Group: "ni*", Role: role.Operator})
	op, _ := h.signIn(t, form("op-1"))
	if a, b := h.Role(t.Context(), night), h.Role(t.Context(), op); a != role.Operator || b != role.Viewer {
		t.Errorf("in the group %s, not in it %s", a, b)
	}
	people, err := h.People(t.Context())
	if err != nil || len(people) != 3 || people[0].User != "alone" || people[1].User != "night" || people[2].User != "op-1" {
		t.Errorf("signed in are %+v, %v", people, err)
	}
}

// What the service denied is remembered of this person in this project, for a
// quarter of an hour or until the next sign-in.
func TestDenialsAreRemembered(t *testing.T) {
	h := open(t)
	h.cloud.AddUser("op-3", medialivetest.User{ID: "u3", Password: password})
	h.cloud.Before = func(w http.ResponseWriter, c medialivetest.Call) bool {
		if c.Op != "ModifyFlowStart" {
			return false
		}
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprintf(w, `{"error_code":%q,"error_msg":"no"}`, medialive.CodeNotPermitted)
		return true
	}
	start := func(s *auth.Session) {
		t.Helper()
		client, err := h.Client(s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.StartFlow(t.Context(), "flow-1"); medialive.KindOf(err) != medialive.KindNotPermitted {
			t.Fatalf("a start: %v", err)
		}
	}
	one, _ := h.signIn(t, form("op-1"))
	two, _ := h.signIn(t, form("op-3"))
	start(one)
	if d := h.Denied(one.Person()); len(d) != 1 || d["ModifyFlowStart"].IsZero() {
		t.Errorf("remembered of who was denied: %v", d)
	}
	if d := h.Denied(two.Person()); len(d) != 0 {
		t.Errorf("remembered of another: %v", d)
	}
	h.later(15 * time.Minute)
	if d := h.Denied(one.Person()); len(d) != 0 {
		t.Errorf("remembered for ever: %v", d)
	}
	start(one)
	again, _ := h.signIn(t, form("op-1"))
	if d := h.Denied(again.Person()); len(d) != 0 {
		t.Errorf("remembered after a new sign-in: %v", d)
	}
}
