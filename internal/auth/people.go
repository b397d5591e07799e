package auth

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/role"
)

const (
	groupsWithin = 2 * time.Second // how long a sign-in waits for them
	mostGroups   = 200             // that are kept of a person
)

// groupsOf asks IAM for the groups of who has just signed in; nil where it does
// not tell, which keeps nobody out.
func (a *Auth) groupsOf(ctx context.Context, t Target, info medialive.TokenInfo) []string {
	ctx, cancel := context.WithTimeout(ctx, groupsWithin)
	defer cancel()
	iam, err := medialive.NewIAM(medialive.IAMConfig{Endpoint: t.IAMEndpoint, Transport: a.clients.transport(t.IAMEndpoint)})
	if err == nil {
		var groups []string
		if groups, err = iam.Groups(ctx, info.Token, info.UserID); err == nil {
			return groups[:min(len(groups), mostGroups)]
		}
	}
	a.log.InfoContext(ctx, "IAM does not tell the groups of who signed in", "user", info.UserName, "error", err)
	return nil
}

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
