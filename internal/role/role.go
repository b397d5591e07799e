// Package role says what a person may do here at most, over what the service
// itself permits: who only looks on, who runs events, who changes how flows are
// built, and who runs this installation.
package role

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
	Account string
	User    string
	Groups  []string // of IAM; nil where it does not tell
}

// Rule gives a role to those whom all its patterns fit. A pattern may hold * for
// any run of characters; an empty one fits everybody.
type Rule struct {
	ID      string
	Account string
	User    string
	Group   string // fits if one of the groups does
	Role    Role
}

// Rules are asked in order: the first that fits decides.
type Rules []Rule

// Of gives the role of a person, and otherwise where no rule fits.
func (rs Rules) Of(w Who, otherwise Role) Role {
	for _, r := range rs {
		if r.fits(w) {
			return r.Role
		}
	}
	return otherwise
}

func (r Rule) fits(w Who) bool {
	if !Match(r.Account, w.Account) || !Match(r.User, w.User) {
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
