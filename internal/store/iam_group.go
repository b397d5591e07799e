package store

import (
	"context"
	"fmt"
	"time"
)

// Group is a group of the gateway's IAM. It is there while it has somebody.
type Group struct {
	Name      string
	Users     []string // by name
	CreatedAt time.Time
}

// AddToGroup puts a user, by name, into a group. It says [ErrNotFound] if there
// is no such user, and [ErrExists] if he is in it.
func (s *Store) AddToGroup(ctx context.Context, user, group string, at time.Time) error {
	err := s.write().execOne(ctx, `INSERT INTO user_groups (name, user_id, created_at)
		SELECT $1, id, $2 FROM users WHERE name = $3`, group, at, user)
	if err = s.exists(err); err != nil {
		return fmt.Errorf("add to group: %w", err)
	}
	return nil
}

// RemoveFromGroup takes a user, by name, out of a group, or says [ErrNotFound]
// if he is not in it.
func (s *Store) RemoveFromGroup(ctx context.Context, user, group string) error {
	err := s.write().execOne(ctx, `DELETE FROM user_groups WHERE name = $1
		AND user_id IN (SELECT id FROM users WHERE name = $2)`, group, user)
	if err != nil {
		return fmt.Errorf("remove from group: %w", err)
	}
	return nil
}

// Groups gives the groups by name, with their users by name: all, or those of
// the user with an id.
func (s *Store) Groups(ctx context.Context, userID string) ([]Group, error) {
	q := query{}
	q.unless(userID == "", `g.name IN (SELECT name FROM user_groups WHERE user_id = %s)`, userID)
	rows, err := all(ctx, s.read(), scanMember, `SELECT g.name, u.name, g.created_at
		FROM user_groups g JOIN users u ON u.id = g.user_id `+q.where()+` ORDER BY g.name, u.name`, q.args...)
	if err != nil {
		return nil, fmt.Errorf("groups: %w", err)
	}
	var groups []Group
	for _, m := range rows {
		if n := len(groups); n == 0 || groups[n-1].Name != m.Name {
			groups = append(groups, m)
			continue
		}
		g := &groups[len(groups)-1]
		g.Users = append(g.Users, m.Users...)
		if m.CreatedAt.Before(g.CreatedAt) {
			g.CreatedAt = m.CreatedAt
		}
	}
	return groups, nil
}

// scanMember reads a user of a group.
func scanMember(scan scanner) (g Group, err error) {
	g.Users = make([]string, 1)
	err = scan(&g.Name, &g.Users[0], instant{&g.CreatedAt})
	return g, err
}
