package auth

import (
	"cmp"
	"context"
	"slices"

	"github.com/flowdeck/flowdeck/internal/role"
)

// People are those who are signed in, each once, by account and name.
func (a *Auth) People(ctx context.Context) ([]role.Who, error) {
	open, err := a.standing(ctx, nil)
	if err != nil {
		return nil, err
	}
	order := func(x, y role.Who) int {
		return cmp.Or(cmp.Compare(x.Account, y.Account), cmp.Compare(x.User, y.User), slices.Compare(x.Groups, y.Groups))
	}
	all := make([]role.Who, 0, len(open))
	for _, s := range open {
		all = append(all, s.Who())
	}
	slices.SortFunc(all, order)
	return slices.CompactFunc(all, func(x, y role.Who) bool { return order(x, y) == 0 }), nil
}
