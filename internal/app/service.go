package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/config"
	"github.com/flowdeck/flowdeck/internal/gateway/iam"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// serviceMay is what the service user of an embedded gateway may do: read.
var serviceMay = []string{"live:ott:listFlow", "live:ott:showFlow", "live:ott:showFlowOutput", "live:ott:listChannel"}

// serviceOnce is what it might do before there were channels.
var serviceOnce = serviceMay[:3]

const (
	serviceRetry  = 10 * time.Second // after a sign-in that failed, doubled up to serviceRest
	serviceRest   = 5 * time.Minute
	serviceMargin = 10 * time.Minute // before a token's end a new one is got
)

// service keeps one project watched when nobody looks on, with the
// installation's own credential, so that alarms are noticed.
type service struct {
	cfg     config.Service
	region  string
	backend auth.Backend
	watch   *monitor.Monitor
	covers  *coverage // told what is read
	log     *slog.Logger
}

// run watches until ctx ends.
func (s service) run(ctx context.Context) error {
	pause := serviceRetry
	for {
		until, leave, err := s.watchOnce(ctx)
		wait := pause
		if err != nil {
			s.log.WarnContext(ctx, "the service credential does not work: alarms are noticed only while somebody looks on", "error", err, "again_in", wait)
			pause = min(2*pause, serviceRest)
		} else {
			pause, wait = serviceRetry, 24*time.Hour
			if !until.IsZero() {
				wait = max(time.Until(until)-serviceMargin, serviceRetry)
			}
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			leave()
			return ctx.Err()
		case <-t.C:
			leave()
		}
	}
}

// watchOnce gives the watcher a reader and stays with it until leave.
func (s service) watchOnce(ctx context.Context) (until time.Time, leave func(), err error) {
	target, ok := s.backend.Target(s.region)
	if !ok {
		return until, func() {}, fmt.Errorf("FLOWDECK_REGION: %q is no region of this backend, and the service credential needs one", s.region)
	}
	how, project, until, err := s.signIn(ctx, target)
	if err != nil {
		return until, func() {}, err
	}
	client, err := medialive.New(medialive.Config{Endpoint: target.Endpoint, ProjectID: project, Auth: how})
	if err != nil {
		return until, func() {}, err
	}
	w := s.watch.Watch(monitor.Key{Endpoint: target.Endpoint, ProjectID: project}, client, until)
	_, leave = w.Subscribe() // keeps it awake
	s.covers.add(w.Key())
	return until, leave, nil
}

// signIn gives what authenticates reads: the access key, or a token.
func (s service) signIn(ctx context.Context, target auth.Target) (how medialive.Authenticator, project string, until time.Time, err error) {
	if s.cfg.AK != "" {
		return medialive.AKSK(s.cfg.AK, s.cfg.SK, time.Now), s.cfg.Project, until, nil
	}
	identity, err := medialive.NewIAM(medialive.IAMConfig{Endpoint: target.IAMEndpoint})
	if err != nil {
		return nil, "", until, err
	}
	info, err := identity.SignIn(ctx, medialive.SignIn{
		Account: s.cfg.Account, User: s.cfg.User, Password: s.cfg.Password, Project: target.Project,
	})
	if err != nil {
		return nil, "", until, err
	}
	return medialive.Token(info.Token), info.ProjectID, info.ExpiresAt, nil
}

// serviceKey gives the credential with which a dashboard reads from its own
// gateway, which makes it by itself; none where an administrator has disabled
// the user.
func (l *local) serviceKey(ctx context.Context, log *slog.Logger) (config.Service, error) {
	ak, sk, made, err := l.iam.ServiceKey(ctx, serviceMay, serviceOnce)
	if errors.Is(err, iam.ErrServiceOff) {
		log.WarnContext(ctx, "alarms are noticed only while somebody looks on", "error", err)
		return config.Service{}, nil
	}
	if err != nil {
		return config.Service{}, fmt.Errorf("credential of the dashboard at its gateway: %w", err)
	}
	if made {
		log.InfoContext(ctx, "made an access key with which the dashboard reads by itself", "user", iam.ServiceName, "ak", ak)
	}
	return config.Service{AK: ak, SK: medialive.Secret(sk), Project: l.iam.ProjectID()}, nil
}
