package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/flowdeck/flowdeck/internal/role"
	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// ErrRulesChanged tells that the rules are no longer those that a change rests
// on. Nothing was changed.
var ErrRulesChanged = errors.New("somebody else changed the rules")

// The verbs of the trail.
const (
	VerbRuleAdded   = "role_rule_added"
	VerbRuleChanged = "role_rule_changed"
	VerbRuleMoved   = "role_rule_moved"
	VerbRuleRemoved = "role_rule_removed"
)

// Role gives what the owner of a session may do at most, by the rules as they
// were in the store two seconds ago. It is never kept in the session, so that a
// change of the rules holds at once.
func (a *Auth) Role(ctx context.Context, s *Session) role.Role {
	return a.rulebook.policy(ctx).Of(s.Who())
}

// Policy gives who has which role, as the store knows it now.
func (a *Auth) Policy(ctx context.Context) (role.Policy, error) {
	return a.rulebook.read(ctx)
}

// RuleChange is a change of the rules.
type RuleChange struct {
	Verb string // of the trail
	Rule role.Rule
	Were role.Rules // on which it rests
	Now  role.Rules // which are to be in their place
}

// ChangeRules puts rules in the place of others, with the line that tells of it.
// It is ErrRulesChanged where somebody else was faster, and an error of
// [role.Rules.Check] where there is something wrong with them.
func (a *Auth) ChangeRules(ctx context.Context, by *Session, change RuleChange) error {
	if err := change.Now.Check(); err != nil {
		return err
	}
	line := trail.Line{
		At: a.now(), Kind: trail.Access, ID: uuid.NewString(), Verb: change.Verb,
		Target: change.Rule.String(), Actor: by.User,
	}
	err := a.store.ReplaceRoleRules(ctx, rowsOf(change.Were), rowsOf(change.Now), line)
	if errors.Is(err, store.ErrStale) {
		return ErrRulesChanged
	}
	if err != nil {
		return fmt.Errorf("rules not changed: %w", err)
	}
	a.rulebook.forget()
	return nil
}

// rulebook knows the rules.
type rulebook struct {
	store  Store
	admins role.Rules
	log    *slog.Logger
	now    func() time.Time

	mu    sync.Mutex
	last  role.Policy
	until time.Time // the last one is believed
}

func newRulebook(o Options) *rulebook {
	b := &rulebook{store: o.Store, admins: o.Admins, log: o.Log, now: o.Now}
	// Until the rules are read nobody may more than look on.
	b.last = role.Policy{Admins: o.Admins, Rules: role.Rules{{Role: role.Viewer}}}
	return b
}

// policy gives the rules as they were a moment ago. Where they cannot be read
// those that were read last hold on.
func (b *rulebook) policy(ctx context.Context) role.Policy {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now := b.now(); !now.Before(b.until) {
		p, err := b.read(ctx)
		switch {
		case err == nil:
			b.last, b.until = p, now.Add(cacheFor)
		case ctx.Err() == nil:
			b.until = b.now().Add(cacheFor) // a store that is slow to fail is not waited for by one after the other
			b.log.WarnContext(ctx, "the rules of roles cannot be read: those that were read last hold on", "error", err)
		}
	}
	return b.last
}

func (b *rulebook) read(ctx context.Context) (role.Policy, error) {
	rows, err := b.store.RoleRules(ctx)
	if err != nil {
		return role.Policy{}, fmt.Errorf("rules not readable: %w", err)
	}
	p := role.Policy{Admins: b.admins}
	for _, r := range rows {
		may, _ := role.Parse(r.Role) // a word that is not known gives nothing
		p.Rules = append(p.Rules, role.Rule{ID: r.ID, Region: r.Region, Account: r.Account, User: r.User, Group: r.Group, Role: may})
	}
	return p, nil
}

func (b *rulebook) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.until = time.Time{}
}

// rowsOf are rules as the store keeps them.
func rowsOf(rs role.Rules) []store.RoleRule {
	rows := make([]store.RoleRule, len(rs))
	for i, r := range rs {
		rows[i] = store.RoleRule{ID: r.ID, Region: r.Region, Account: r.Account, User: r.User, Group: r.Group, Role: r.Role.String()}
	}
	return rows
}
