package medialive

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"
)

// IAMConfig says where IAM is.
type IAMConfig struct {
	Endpoint  string            // https://host[:port]; http for a gateway on the same machine
	Transport http.RoundTripper // nil: a NewTransport of its own
}

// IAM calls the identity service. Every error it gives is an [*Error].
type IAM struct{ link link }

// NewIAM makes a client; it does not connect.
func NewIAM(c IAMConfig) (*IAM, error) {
	base, err := parseEndpoint(c.Endpoint)
	if err != nil {
		return nil, err
	}
	return &IAM{link: newLink(base, c.Transport, nil)}, nil
}

// SignIn is what a person enters to sign in.
type SignIn struct {
	Account  string
	User     string // its name
	UserID   string // its id: the vendor wants it with a one-time code
	Password Secret
	Passcode Secret // one-time code; empty: none
	Project  string // name of the project that the token is for: that of the region
}

// TokenInfo is a token and what is known of it.
type TokenInfo struct {
	Token       Secret
	IssuedAt    time.Time
	ExpiresAt   time.Time // the vendor's live 24 hours
	UserID      string
	UserName    string
	Account     string
	ProjectID   string // empty if the token is not for a project
	ProjectName string
}

// Project is a project that a user may use. That of a region has the region's
// id as its name; others have it before the first underscore.
type Project struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Enabled bool   `json:"enabled"`
}

// SignIn gets a token for a project. Wrong credentials are KindNotSignedIn;
// the vendor does not tell them from a missing or wrong one-time code.
func (i *IAM) SignIn(ctx context.Context, s SignIn) (TokenInfo, error) {
	r := iamRequest("KeystoneCreateUserToken", http.MethodPost, "/v3/auth/tokens")
	r.query.Set("nocatalog", "true")
	r.secrets = []Secret{s.Password, s.Passcode}
	if err := r.encode(s.wire()); err != nil {
		return TokenInfo{}, err
	}
	return i.token(ctx, r)
}

// Projects lists the projects that the owner of a token may use.
func (i *IAM) Projects(ctx context.Context, token Secret) ([]Project, error) {
	r := iamRequest("KeystoneListAuthProjects", http.MethodGet, "/v3/auth/projects")
	r.auth = Token(token)
	var list struct {
		Projects *[]Project `json:"projects"`
	}
	a, err := i.link.call(ctx, r, &list)
	if err != nil {
		return nil, err
	}
	if list.Projects == nil {
		return nil, r.unreadable(a, errors.New("no projects"))
	}
	return *list.Projects, nil
}

// Groups lists the names of the groups of a user, by id, with a token of his own.
// Where he may not ask, it is KindNotPermitted.
func (i *IAM) Groups(ctx context.Context, token Secret, userID string) ([]string, error) {
	r := iamRequest("KeystoneListGroupsForUser", http.MethodGet, "/v3/users/"+userID+"/groups")
	if userID == "" || !onlyNameCharacters(userID) {
		return nil, &Error{Op: r.op, Kind: KindRefused, Err: errors.New("not the id of a user")}
	}
	r.auth = Token(token)
	var list struct {
		Groups *[]named `json:"groups"`
	}
	a, err := i.link.call(ctx, r, &list)
	if err != nil {
		return nil, err
	}
	if list.Groups == nil {
		return nil, r.unreadable(a, errors.New("no groups"))
	}
	names := make([]string, 0, len(*list.Groups))
	for _, g := range *list.Groups {
		names = append(names, g.Name)
	}
	return names, nil
}

// CheckToken tells about a token on its own word. One that is no longer good is
// KindNotSignedIn.
func (i *IAM) CheckToken(ctx context.Context, token Secret) (TokenInfo, error) {
	r := iamRequest("KeystoneValidateToken", http.MethodGet, "/v3/auth/tokens")
	r.query.Set("nocatalog", "true")
	r.auth = Token(token)
	r.header.Set("X-Subject-Token", token.Reveal())
	info, err := i.token(ctx, r)
	var e *Error
	if errors.As(err, &e) && e.Kind == KindNotFound {
		e.Kind = KindNotSignedIn
	}
	return info, err
}

// iamRequest begins a request to IAM. Signing in changes nothing there, so that
// a lost answer is no unknown outcome; but it is not repeated, since failures
// are counted against the user.
func iamRequest(op, method, path string) request {
	return request{
		op: op, method: method, path: path, once: method != http.MethodGet,
		timeout: theLimits().timeout(method), header: http.Header{}, query: url.Values{},
	}
}

// token carries out a request that is answered with a token.
func (i *IAM) token(ctx context.Context, r request) (TokenInfo, error) {
	var body wireToken
	a, err := i.link.call(ctx, r, &body)
	if err != nil {
		return TokenInfo{}, err
	}
	t := body.Token
	info := TokenInfo{
		Token:    Secret(a.header.Get("X-Subject-Token")),
		IssuedAt: t.IssuedAt, ExpiresAt: t.ExpiresAt,
		UserID: t.User.ID, UserName: t.User.Name, Account: t.User.Domain.Name,
		ProjectID: t.Project.ID, ProjectName: t.Project.Name,
	}
	if info.Token == "" || info.ExpiresAt.IsZero() || info.UserID == "" {
		return TokenInfo{}, r.unreadable(a, errors.New("a token without its text, end or user"))
	}
	return info, nil
}

// named is an object of IAM with an id and a name.
type named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// wireToken is the body that tells about a token; the token is in a header.
type wireToken struct {
	Token struct {
		IssuedAt  time.Time `json:"issued_at"`
		ExpiresAt time.Time `json:"expires_at"`
		User      struct {
			named
			Domain named `json:"domain"`
		} `json:"user"`
		Project named `json:"project"`
	} `json:"token"`
}

// wire gives the body of a sign-in, with the secrets themselves.
func (s SignIn) wire() any {
	type object = map[string]any
	identity := object{
		"methods": []string{"password"},
		"password": object{"user": object{
			"name": s.User, "password": s.Password.Reveal(), "domain": object{"name": s.Account},
		}},
	}
	if s.Passcode != "" {
		identity["methods"] = []string{"password", "totp"}
		identity["totp"] = object{"user": object{"id": s.UserID, "passcode": s.Passcode.Reveal()}}
	}
	return object{"auth": object{
		"identity": identity,
		"scope":    object{"project": object{"name": s.Project}},
	}}
}
