// Package role says what a person may do here at most, over what the service
// itself permits: who only looks on, who runs events, who changes how flows are
// built, and who runs this installation.
package role

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Role is what somebody may do at most. Each one may all that the one before
// may. The zero value may nothing.
type Role int

// The roles, in order.
const (
	Nobody   Role = iota
	Viewer        // looks on: every page, no act
	Operator      // runs an event: starts and stops, outputs on and off, protection, alarms, notes
	Engineer      // builds: flows, sources, outputs, labels, bands, way back
	Admin         // runs the installation: roles, displays, webhooks, everybody's sessions
)

// roles are the words under which roles are stored and set.
var roles = map[Role]string{Viewer: "viewer", Operator: "operator", Engineer: "engineer", Admin: "admin"}

// String gives the role's word; it is empty for Nobody.
func (r Role) String() string { return roles[r] }

// Parse finds a role by its word.
func Parse(word string) (Role, bool) {
	for r, w := range roles {
		if w == word {
			return r, true
		}
	}
	return Nobody, false
}

// Who is a person as IAM names them.
type Who struct {
	Region  string // where: another backend may have an account of the same name
	Account string
	User    string
	Groups  []string // of IAM; nil where it does not tell
}

// Rule gives a role to those whom all its patterns fit. A pattern may hold * for
// any run of characters; an empty one fits everybody.
type Rule struct {
	ID      string
	Region  string
	Account string
	User    string
	Group   string // fits if one of the groups does
	Role    Role
}

// Rules are asked in order: the first that fits decides.
type Rules []Rule

// Of gives the role of a person, and otherwise where no rule fits.
func (rs Rules) Of(w Who, otherwise Role) Role {
	if i := rs.First(w); i >= 0 {
		return rs[i].Role
	}
	return otherwise
}

// First gives the place of the rule that decides about a person, -1 where none
// fits.
func (rs Rules) First(w Who) int {
	return slices.IndexFunc(rs, func(r Rule) bool { return r.fits(w) })
}

// Bounds of rules.
const (
	MaxRules   = 100
	MaxPattern = 128 // characters
)

// The faults of rules.
var (
	ErrPattern = errors.New("a pattern has up to 128 characters, none of them a control character")
	ErrRole    = errors.New("there is no such role")
	ErrLimit   = errors.New("there are 100 rules already, which is as many as there can be")
)

// Check tells what is wrong with rules: one of the errors above, or nil.
func (rs Rules) Check() error {
	if len(rs) > MaxRules {
		return ErrLimit
	}
	for _, r := range rs {
		for _, p := range []string{r.Region, r.Account, r.User, r.Group} {
			if err := CheckPattern(p); err != nil {
				return err
			}
		}
		if r.Role < Viewer || r.Role > Admin {
			return ErrRole
		}
	}
	return nil
}

// CheckPattern is ErrPattern for what cannot be a pattern.
func CheckPattern(p string) error {
	if utf8.RuneCountInString(p) > MaxPattern || strings.ContainsFunc(p, unicode.IsControl) || !utf8.ValidString(p) {
		return ErrPattern
	}
	return nil
}

// Find gives the place of the rule with an id, -1 if it is not there.
func (rs Rules) Find(id string) int {
	return slices.IndexFunc(rs, func(r Rule) bool { return r.ID == id })
}

// People tells whom the rule is for: "account/user @group".
func (r Rule) People() string {
	s := cmp.Or(r.Account, "*") + "/" + cmp.Or(r.User, "*")
	if r.Region != "" {
		s = r.Region + "/" + s
	}
	if r.Group != "" {
		s += " @" + r.Group
	}
	return s
}

// String tells the rule in a line: "account/user @group: operator".
func (r Rule) String() string { return r.People() + ": " + r.Role.String() }

func (r Rule) fits(w Who) bool {
	if !Match(r.Region, w.Region) || !Match(r.Account, w.Account) || !Match(r.User, w.User) {
		return false
	}
	if r.Group == "" {
		return true
	}
	for _, g := range w.Groups {
		if Match(r.Group, g) {
			return true
		}
	}
	return false
}

// Policy is all of who has which role in an installation.
type Policy struct {
	Admins Rules // set where the installation is; no rule takes it from them
	Rules  Rules // set in the dashboard
}

// Of gives the role of a person. Where there is no rule everybody builds: what
// they may do, the service decides. Where there are rules, whom none fits looks
// on.
func (p Policy) Of(w Who) Role {
	otherwise := Viewer
	if len(p.Rules) == 0 {
		otherwise = Engineer
	}
	return p.Admins.Of(w, p.Rules.Of(w, otherwise))
}

// ParseAdmins reads patterns of people, account/user or region/account/user,
// comma separated.
func ParseAdmins(list string) (Rules, error) {
	var rs Rules
	for item := range strings.SplitSeq(list, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		steps := strings.Split(item, "/")
		if len(steps) < 2 || len(steps) > 3 || slices.Contains(steps, "") {
			return nil, fmt.Errorf("%q is neither account/user nor region/account/user", item)
		}
		rule := Rule{Account: steps[len(steps)-2], User: steps[len(steps)-1], Role: Admin}
		if len(steps) == 3 {
			rule.Region = steps[0]
		}
		rs = append(rs, rule)
	}
	return rs, nil
}

// People gives the rules as ParseAdmins reads them.
func (rs Rules) People() string {
	all := make([]string, len(rs))
	for i, r := range rs {
		all[i] = Rule{Region: r.Region, Account: r.Account, User: r.User}.People()
	}
	return strings.Join(all, ",")
}

// Match tells whether a text fits a pattern; an empty pattern fits every text,
// and * any run of characters.
func Match(pattern, s string) bool {
	if pattern == "" {
		return true
	}
	return match(pattern, s)
}

// match walks both at once and goes back to the last star where they part: its
// time is at most the product of the lengths.
func match(pattern, s string) bool {
	p, i, star, from := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, i
			p++
		case p < len(pattern) && pattern[p] == s[i]:
			p, i = p+1, i+1
		case star >= 0:
			from++
			p, i = star+1, from
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
