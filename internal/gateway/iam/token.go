package iam

import (
	"crypto/rand"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/flowdeck/flowdeck/internal/store"
)

// tokenBody is what IAM tells of a token; the token itself is in a header.
type tokenBody struct {
	Token struct {
		ExpiresAt string       `json:"expires_at"`
		IssuedAt  string       `json:"issued_at"`
		Methods   []string     `json:"methods"`
		Catalog   []service    `json:"catalog"`
		Roles     []reference  `json:"roles"`
		User      tokenUser    `json:"user"`
		Project   *tokenTarget `json:"project,omitempty"`
		Domain    *reference   `json:"domain,omitempty"`
	} `json:"token"`
}

type tokenUser struct {
	tokenTarget
	PasswordExpiresAt string `json:"password_expires_at"` // empty: never
}

type tokenTarget struct {
	ID     string    `json:"id"`
	Name   string    `json:"name"`
	Domain reference `json:"domain"`
}

// service is an entry of the service catalogue.
type service struct {
	Type      string     `json:"type"`
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Endpoints []endpoint `json:"endpoints"`
}

type endpoint struct {
	URL       string `json:"url"`
	Region    string `json:"region"`
	RegionID  string `json:"region_id"`
	Interface string `json:"interface"`
	ID        string `json:"id"`
}

// issue answers a proved sign-in with a new token. The token is random; only
// its hash is kept.
func (i *IAM) issue(w http.ResponseWriter, r *http.Request, user store.User, a attempt) {
	projectID, ok := i.resolve(a.scope)
	if !ok {
		fail(w, http.StatusNotFound, "The project or domain of the scope does not exist")
		return
	}
	i.sweepTokens(r)
	text := rand.Text() + rand.Text()
	now := i.now().UTC().Truncate(time.Millisecond) // as kept
	token := store.Token{
		Hash: hash(text), UserID: user.ID, ProjectID: projectID, Methods: a.methods(user),
		Epoch: user.Epoch, IssuedAt: now, ExpiresAt: now.Add(i.life),
	}
	if err := i.store.AddToken(r.Context(), token); err != nil {
		i.refuse(w, err)
		return
	}
	w.Header().Set("X-Subject-Token", text)
	answer(w, http.StatusCreated, i.describe(r, token, user))
}

// validate is GET /v3/auth/tokens: the caller's own token, or for an
// administrator anybody's.
func (i *IAM) validate(w http.ResponseWriter, r *http.Request) {
	caller, denied := i.authenticate(r, nil)
	if denied != nil {
		fail(w, denied.Status, denied.Message)
		return
	}
	text := r.Header.Get("X-Subject-Token")
	token, user, err := i.store.Token(r.Context(), hash(text))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		i.refuse(w, err)
		return
	}
	if err != nil || void(token, user) || !i.now().Before(token.ExpiresAt) {
		fail(w, http.StatusNotFound, "X-Subject-Token is invalid in the request")
		return
	}
	if user.ID != caller.user.ID && !allowed(caller.user.Allow, "iam:tokens:validate") {
		fail(w, http.StatusForbidden, "You are not authorized to perform the requested action")
		return
	}
	w.Header().Set("X-Subject-Token", text)
	answer(w, http.StatusOK, i.describe(r, token, user))
}

func (i *IAM) describe(r *http.Request, token store.Token, user store.User) tokenBody {
	account := reference{ID: i.project.DomainID, Name: i.account}
	var body tokenBody
	t := &body.Token
	t.ExpiresAt, t.IssuedAt = token.ExpiresAt.Format(timeLayout), token.IssuedAt.Format(timeLayout)
	t.Methods = strings.Fields(token.Methods)
	t.Catalog = []service{}
	if r.URL.Query().Get("nocatalog") == "" {
		t.Catalog = i.catalog(r)
	}
	t.Roles = []reference{{ID: "0", Name: "policy"}}
	t.User = tokenUser{tokenTarget: tokenTarget{user.ID, user.Name, account}}
	if token.ProjectID != "" {
		t.Project = &tokenTarget{i.project.ID, i.project.Name, account}
	} else {
		t.Domain = &account
	}
	return body
}

// catalog tells where the services are: all here.
func (i *IAM) catalog(r *http.Request) []service {
	here := func(path string) []endpoint {
		return []endpoint{{
			URL: self(r, path), Region: i.project.Name, RegionID: i.project.Name,
			Interface: "public", ID: i.project.DomainID,
		}}
	}
	return []service{
		{Type: "identity", ID: i.project.DomainID, Name: "iam", Endpoints: here("/v3")},
		{Type: "live", ID: i.project.DomainID, Name: "live", Endpoints: here("/v1/" + i.project.ID)},
	}
}

// sweepTokens deletes long expired tokens now and then.
func (i *IAM) sweepTokens(r *http.Request) {
	i.sweep.Lock()
	defer i.sweep.Unlock()
	now := i.now()
	if now.Sub(i.sweptAt) < sweepEvery {
		return
	}
	i.sweptAt = now
	if err := i.store.DeleteExpiredTokens(r.Context(), now.Add(-keptExpired)); err != nil {
		i.log.Error("iam", "error", err)
	}
}
