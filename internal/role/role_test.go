package role_test

import (
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/role"
)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true},
		{"", "anybody", true},
		{"*", "", true},
		{"ops-*", "ops-1", true},
		{"ops-*", "dev-ops-1", false},
		{"*-ops", "night-ops", true},
		{"a*b*c", "a-b-b-c", true},
		{"a*b*c", "a-b-c-d", false},
		{"op-1", "op-1", true},
		{"op-1", "op-10", false},
		{"ops-*", "OPS-1", false}, // IAM tells names of different case apart
		{strings.Repeat("a*", 50) + "b", strings.Repeat("a", 5000), false},
	} {
		if got := role.Match(c.pattern, c.s); got != c.want {
			t.Errorf("%q fits %q: %t", c.s, c.pattern, got)
		}
	}
}

func TestFirstRuleDecides(t *testing.T) {
	rules := role.Rules{
		{User: "root*", Role: role.Admin},
		{Group: "night", Role: role.Operator},
		{Account: "guests", Role: role.Viewer},
	}
	for _, c := range []struct {
		who  role.Who
		want role.Role
	}{
		{role.Who{Account: "guests", User: "root-1"}, role.Admin},
		{role.Who{Account: "guests", User: "x", Groups: []string{"day", "night"}}, role.Operator},
		{role.Who{Account: "guests", User: "x"}, role.Viewer},
		{role.Who{Account: "us", User: "x"}, role.Engineer},
	} {
		if got := rules.Of(c.who, role.Engineer); got != c.want {
			t.Errorf("%+v is %s, want %s", c.who, got, c.want)
		}
	}
}

func TestWordsLeadBack(t *testing.T) {
	for r := role.Viewer; r <= role.Admin; r++ {
		if back, ok := role.Parse(r.String()); !ok || back != r {
			t.Errorf("%q leads to %v", r, back)
		}
	}
	if _, ok := role.Parse(""); ok {
		t.Error("an empty word is a role")
	}
}

// Who is admin by setting stays it, and where there are rules, whom none fits
// looks on.
func TestPolicy(t *testing.T) {
	admins, err := role.ParseAdmins(" us/root , night/*")
	if err != nil || admins.People() != "us/root,night/*" {
		t.Fatalf("%v, %v", admins, err)
	}
	rules := role.Rules{{Account: "us", Role: role.Viewer}, {User: "op-*", Role: role.Operator}, {User: "odd", Role: role.Nobody}}
	for _, c := range []struct {
		policy role.Policy
		who    role.Who
		want   role.Role
	}{
		{role.Policy{}, role.Who{Account: "us", User: "root"}, role.Engineer},
		{role.Policy{Admins: admins}, role.Who{Account: "us", User: "root"}, role.Admin},
		{role.Policy{Admins: admins}, role.Who{Account: "them", User: "root"}, role.Engineer},
		{role.Policy{Admins: admins, Rules: rules}, role.Who{Account: "us", User: "root"}, role.Admin},
		{role.Policy{Admins: admins, Rules: rules}, role.Who{Account: "us", User: "op-1"}, role.Viewer},
		{role.Policy{Admins: admins, Rules: rules}, role.Who{Account: "them", User: "op-1"}, role.Operator},
		{role.Policy{Admins: admins, Rules: rules}, role.Who{Account: "them", User: "x"}, role.Viewer},
		{role.Policy{Admins: admins, Rules: rules}, role.Who{Account: "them", User: "odd"}, role.Nobody},
	} {
		if got := c.policy.Of(c.who); got != c.want {
			t.Errorf("%+v is %s, want %s", c.who, got, c.want)
		}
	}
}

func TestAdminsThatCannotBe(t *testing.T) {
	for _, list := range []string{"root", "/root", "us/", "a/b,c"} {
		if rs, err := role.ParseAdmins(list); err == nil {
			t.Errorf("%q names %v", list, rs)
		}
	}
	if rs, err := role.ParseAdmins(" , "); err != nil || len(rs) != 0 {
		t.Errorf("nobody is %v, %v", rs, err)
	}
}
