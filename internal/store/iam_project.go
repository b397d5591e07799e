package store

import (
	"context"
	"fmt"
)

// Project is a project of the gateway's IAM.
type Project struct {
	ID       string // 32 hex digits
	Name     string
	DomainID string // id of the account, 32 hex digits
}

// EnsureProject gives the project of that name; if there is none it adds v.
func (s *Store) EnsureProject(ctx context.Context, v Project) (Project, error) {
	_, err := s.write().exec(ctx, `
		INSERT INTO projects (id, name, domain_id) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING`,
		v.ID, v.Name, v.DomainID)
	if err != nil {
		return Project{}, fmt.Errorf("add project: %w", err)
	}
	v, err = one(ctx, s.read(), scanProject, `SELECT id, name, domain_id FROM projects WHERE name = $1`, v.Name)
	if err != nil {
		return Project{}, fmt.Errorf("project: %w", err)
	}
	return v, nil
}

func scanProject(scan scanner) (v Project, err error) {
	err = scan(&v.ID, &v.Name, &v.DomainID)
	return v, err
}
