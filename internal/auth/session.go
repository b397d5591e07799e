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

// Session is somebody signed in, in one of the places that it holds: its present
// one is meant wherever a session is read, written or asked who it is.
type Session struct {
	key    []byte // of the store's row
	limits limits // of the role, as it was when the session was opened
	seenAt time.Time
	home   []byte // whose it is: who signed in first; nil: who is here, the only one
	others []Place

	Place
	Address string    // whence
	Agent   string    // what the browser said it was
	Acts    role.Role // as which it got its id
}

// ID names the session to people: it is of the key, and opens nothing.
func (s *Session) ID() string {
	sum := sha256.Sum256(s.key)
	return hex.EncodeToString(sum[:8])
}

// owner is whose session it is, as the store knows it: who signed in first,
// wherever it goes from there.
func (s *Session) owner() []byte {
	if s.home != nil {
		return s.home
	}
	return s.Place.owner()
}

// LogValue shows who it is, and nothing that is secret.
func (s *Session) LogValue() slog.Value {
	return slog.GroupValue(slog.String("user", s.User), slog.String("account", s.Account), slog.String("region", s.Region))
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

// payload is a session as sealed: with the tokens themselves. Its own fields are
// those of the current place.
type payload struct {
	sealedPlace
	Address, Agent, Acts string
	Home                 []byte        `json:",omitempty"`
	Others               []sealedPlace `json:",omitempty"`
}

// sealedPlace is a place, whose token would not let itself be written.
type sealedPlace struct {
	UserID, User, Account, Endpoint, IAMEndpoint string
	ProjectID, Project, Region, Token            string
	Groups                                       []string
	SignedInAt, ExpiresAt                        time.Time
	Ended                                        bool
	SteppedUpAt                                  time.Time
}

func (p *Place) toSeal() sealedPlace {
	return sealedPlace{
		UserID: p.UserID, User: p.User, Account: p.Account, Groups: p.Groups, Endpoint: p.Endpoint, IAMEndpoint: p.IAMEndpoint,
		ProjectID: p.ProjectID, Project: p.Project, Region: p.Region, Token: p.Token.Reveal(),
		SignedInAt: p.SignedInAt, ExpiresAt: p.ExpiresAt, Ended: p.Ended, SteppedUpAt: p.SteppedUpAt,
	}
}

func (p sealedPlace) place() Place {
	return Place{
		UserID: p.UserID, User: p.User, Account: p.Account, Groups: p.Groups, Endpoint: p.Endpoint, IAMEndpoint: p.IAMEndpoint,
		ProjectID: p.ProjectID, Project: p.Project, Region: p.Region, Token: medialive.Secret(p.Token),
		SignedInAt: p.SignedInAt, ExpiresAt: p.ExpiresAt, Ended: p.Ended, SteppedUpAt: p.SteppedUpAt,
	}
}

func (s *Session) encode() ([]byte, error) {
	p := payload{sealedPlace: s.toSeal(), Address: s.Address, Agent: s.Agent, Acts: s.Acts.String(), Home: s.home}
	for i := range s.others {
		p.Others = append(p.Others, s.others[i].toSeal())
	}
	return json.Marshal(p)
}

func (s *Session) decode(plain []byte) error {
	var p payload
	if err := json.Unmarshal(plain, &p); err != nil {
		return err
	}
	s.Place, s.Address, s.Agent, s.home = p.place(), p.Address, p.Agent, p.Home
	for _, o := range p.Others {
		s.others = append(s.others, o.place())
	}
	s.Acts, _ = role.Parse(p.Acts) // of none: nobody yet
	return nil
}
