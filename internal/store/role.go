package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/flowdeck/flowdeck/internal/trail"
)

// RoleRule gives a role to those whom its patterns fit; an empty pattern fits
// everybody.
type RoleRule struct {
	ID      string
	Region  string
	Account string
	User    string
	Group   string
	Role    string
}

const roleColumns = `id, region, account, user_name, group_name, role`

// RoleRules gives the rules in the order in which they are asked.
func (s *Store) RoleRules(ctx context.Context) ([]RoleRule, error) {
	vs, err := roleRules(ctx, s.read())
	if err != nil {
		return nil, fmt.Errorf("role rules: %w", err)
	}
	return vs, nil
}

// ReplaceRoleRules puts rules in the place of those that were, with the line that
// tells of it. It says [ErrStale] if others are there.
func (s *Store) ReplaceRoleRules(ctx context.Context, were, now []RoleRule, line trail.Line) error {
	err := s.changed(ctx, []trail.Line{line}, func(ctx context.Context, c conn) error { // one at a time, as the trail is
		there, err := roleRules(ctx, c)
		if err != nil {
			return err
		}
		if !slices.Equal(there, were) {
			return ErrStale
		}
		if _, err := c.exec(ctx, `DELETE FROM role_rules`); err != nil {
			return err
		}
		for i, v := range now {
			if _, err := c.exec(ctx, `INSERT INTO role_rules (position, `+roleColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
				i, v.ID, v.Region, v.Account, v.User, v.Group, v.Role); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("replace role rules: %w", err)
	}
	return nil
}

func roleRules(ctx context.Context, c conn) ([]RoleRule, error) {
	return all(ctx, c, scanRoleRule, `SELECT `+roleColumns+` FROM role_rules ORDER BY position`)
}

func scanRoleRule(scan scanner) (v RoleRule, err error) {
	err = scan(&v.ID, &v.Region, &v.Account, &v.User, &v.Group, &v.Role)
	return v, err
}
