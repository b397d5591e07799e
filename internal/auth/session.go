package auth

import (
	"encoding/json"
	"log/slog"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/role"
)

const (
	idleLimit    = 12 * time.Hour  // without a request: a show must not sign people out
	lifeLimit    = 16 * time.Hour  // since signing in
	expiryMargin = 2 * time.Minute // before the token's end, in which it is no longer used
	touchEvery   = time.Minute     // how often a use is noted in the store
	cacheFor     = 2 * time.Second // how long an opened session is believed without asking the store
)

// Session is somebody signed in.
type Session struct {
	key []byte // of the store's row

	UserID      string
	User        string
	Account     string
	Groups      []string // of IAM, as it told at the sign-in; nil: it did not
	Endpoint    string   // of the API
	IAMEndpoint string
	ProjectID   string
	Project     string // its name
	Region      string
	Token       medialive.Secret
	SignedInAt  time.Time
	ExpiresAt   time.Time // of the token
	Ended       bool      // the API refused the token before its time
}

// Who is whose session it is.
func (s *Session) Who() role.Who {
	return role.Who{Account: s.Account, User: s.User, Groups: s.Groups}
}

// LogValue shows who it is, and nothing that is secret.
func (s *Session) LogValue() slog.Value {
	return slog.GroupValue(slog.String("user", s.User), slog.String("account", s.Account), slog.String("region", s.Region))
}

// usableUntil is when the token is used for the last time: a little before its
// end, so that no command meets it.
func (s *Session) usableUntil() time.Time {
	life := s.ExpiresAt.Sub(s.SignedInAt)
	return s.ExpiresAt.Add(-min(expiryMargin, life/10))
}

// Ends is when the session ends, whatever its user does: with its token, or
// after its longest life.
func (s *Session) Ends() time.Time {
	end := s.usableUntil()
	if life := s.SignedInAt.Add(lifeLimit); life.Before(end) {
		return life
	}
	return end
}

// payload is a session as sealed: with the token itself.
type payload struct {
	UserID, User, Account, Endpoint, IAMEndpoint string
	ProjectID, Project, Region, Token            string
	Groups                                       []string
	SignedInAt, ExpiresAt                        time.Time
	Ended                                        bool
}

func (s *Session) encode() ([]byte, error) {
	return json.Marshal(payload{
		UserID: s.UserID, User: s.User, Account: s.Account, Groups: s.Groups, Endpoint: s.Endpoint, IAMEndpoint: s.IAMEndpoint,
		ProjectID: s.ProjectID, Project: s.Project, Region: s.Region, Token: s.Token.Reveal(),
		SignedInAt: s.SignedInAt, ExpiresAt: s.ExpiresAt, Ended: s.Ended,
	})
}

func (s *Session) decode(plain []byte) error {
	var p payload
	if err := json.Unmarshal(plain, &p); err != nil {
		return err
	}
	s.UserID, s.User, s.Account, s.Endpoint, s.IAMEndpoint = p.UserID, p.User, p.Account, p.Endpoint, p.IAMEndpoint
	s.ProjectID, s.Project, s.Region, s.Token = p.ProjectID, p.Project, p.Region, medialive.Secret(p.Token)
	s.Groups = p.Groups
	s.SignedInAt, s.ExpiresAt, s.Ended = p.SignedInAt, p.ExpiresAt, p.Ended
	return nil
}
