package iam

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"

	"github.com/flowdeck/flowdeck/internal/store"
)

// Group is a group with its users, by name.
type Group = store.Group

// AddToGroup puts a user into a group, which comes into being with its first
// one. Its name is formed like a user's. It says [store.ErrNotFound] if there is
// no such user, and [store.ErrExists] if he is in it.
func (i *IAM) AddToGroup(ctx context.Context, user, group string) error {
	if !userName.MatchString(group) {
		return errors.New("a group name has up to 64 letters, digits, and . _ @ -, and begins with a letter or digit")
	}
	return i.store.AddToGroup(ctx, user, group, i.now())
}

// RemoveFromGroup takes a user out of a group, which ends with its last one. It
// says [store.ErrNotFound] if he is not in it.
func (i *IAM) RemoveFromGroup(ctx context.Context, user, group string) error {
	return i.store.RemoveFromGroup(ctx, user, group)
}

// Groups gives all groups by name.
func (i *IAM) Groups(ctx context.Context) ([]Group, error) { return i.store.Groups(ctx, "") }

// groupBody is a group as IAM tells of it.
type groupBody struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	DomainID    string    `json:"domain_id"`
	CreateTime  int64     `json:"create_time"` // milliseconds
	Links       itemLinks `json:"links"`
}

// userGroups is GET /v3/users/{user_id}/groups. Everybody may ask for his own,
// and nobody for those of others.
func (i *IAM) userGroups(w http.ResponseWriter, r *http.Request) {
	caller, denied := i.authenticate(r, nil)
	if denied != nil {
		fail(w, denied.Status, denied.Message)
		return
	}
	if r.PathValue("user_id") != caller.user.ID {
		fail(w, http.StatusForbidden, "You are not authorized to perform the requested action")
		return
	}
	groups, err := i.store.Groups(r.Context(), caller.user.ID)
	if err != nil {
		denied := i.internal(err)
		fail(w, denied.Status, denied.Message)
		return
	}
	list := []groupBody{}
	for _, g := range groups {
		id := groupID(g.Name)
		list = append(list, groupBody{
			ID: id, Name: g.Name, DomainID: i.project.DomainID, CreateTime: g.CreatedAt.UnixMilli(),
			Links: itemLinks{self(r, "/v3/groups/"+id)},
		})
	}
	answer(w, http.StatusOK, struct {
		Links  links       `json:"links"`
		Groups []groupBody `json:"groups"`
	}{links{Self: self(r, r.URL.Path)}, list})
}

// groupID is an id as IAM's are, of a group's name.
func groupID(name string) string {
	sum := sha256.Sum256([]byte("group\x00" + name))
	return hex.EncodeToString(sum[:16])
}
