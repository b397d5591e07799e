package auth

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/role"
)

const (
	lifeLimit    = 16 * time.Hour          // of a proof that nobody could repeat
	rowLife      = 24 * time.Hour          // of a row: as long as a session of any role
	expiryMargin = 2 * time.Minute         // before the token's end, in which it is no longer used
	touchEvery   = time.Minute             // how often a use is noted in the store
	cacheFor     = 1500 * time.Millisecond // how long an opened session is believed without asking the store
	maxAgent     = 200                     // characters that are kept of what a browser says it is
)

// limits is how long a session lasts: without a request, and at most.
type limits struct{ idle, life time.Duration }

// limitsOf gives the limits of a role. A show must not sign people out; who only
// looks on may stay for as long as a token lives.
func limitsOf(r role.Role) limits {
	if r == role.Viewer {
		return limits{idle: 24 * time.Hour, life: 24 * time.Hour}
	}
	return limits{idle: 12 * time.Hour, life: 16 * time.Hour}
}

// Session is somebody signed in.
type Session struct {
	key    []byte // of the store's row
	limits limits // of the role, as it was when the session was opened
	seenAt time.Time

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
	SteppedUpAt time.Time // when the password was last given
	Address     string    // whence
	Agent       string    // what the browser said it was
	Acts        role.Role // as which it got its id
}

// Who is whose session it is.
func (s *Session) Who() role.Who {
	return role.Who{Account: s.Account, User: s.User, Groups: s.Groups}
}

// ID names the session to people: it is of the key, and opens nothing.
func (s *Session) ID() string {
	sum := sha256.Sum256(s.key)
	return hex.EncodeToString(sum[:8])
}

// SteppedUp tells whether the password was given within a time.
func (s *Session) SteppedUp(now time.Time, within time.Duration) bool {
	return now.Sub(s.SteppedUpAt) < within
}

// owner is whose session it is, as the store knows it.
func (s *Session) owner() []byte {
	sum := sha256.Sum256([]byte("owner\x00" + s.Endpoint + "\x00" + s.Account + "\x00" + s.User))
	return sum[:]
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
	if life := s.SignedInAt.Add(s.limits.life); life.Before(end) {
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
	SteppedUpAt                                  time.Time
	Address, Agent, Acts                         string
}

func (s *Session) encode() ([]byte, error) {
	return json.Marshal(payload{
		UserID: s.UserID, User: s.User, Account: s.Account, Groups: s.Groups, Endpoint: s.Endpoint, IAMEndpoint: s.IAMEndpoint,
		ProjectID: s.ProjectID, Project: s.Project, Region: s.Region, Token: s.Token.Reveal(),
		SignedInAt: s.SignedInAt, ExpiresAt: s.ExpiresAt, Ended: s.Ended,
		SteppedUpAt: s.SteppedUpAt, Address: s.Address, Agent: s.Agent, Acts: s.Acts.String(),
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
	s.SteppedUpAt, s.Address, s.Agent = p.SteppedUpAt, p.Address, p.Agent
	s.Acts, _ = role.Parse(p.Acts) // of none: nobody yet
	return nil
}
