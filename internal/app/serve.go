package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"time"

	"github.com/google/uuid"

	"github.com/flowdeck/flowdeck/internal/config"
	"github.com/flowdeck/flowdeck/internal/handlers"
	"github.com/flowdeck/flowdeck/internal/revive"
	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// gcPercent is how much garbage, in percent of what lives, the dashboard lets
// grow before it collects it. Little lives, a few MB: by Go's default of 100 a
// busy dashboard would collect some forty times a second.
const gcPercent = 300

// serve is the dashboard process. With the embedded backend it keeps a gateway
// alive beside it.
func serve(ctx context.Context, in invocation) error {
	in.log = in.log.With("process", dashboardRole)
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	lock, err := take(in.cfg.RunDir(), dashboardRole)
	if err != nil {
		return err
	}
	defer lock.Close()
	in.log.Debug("settings", "settings", in.cfg)
	p := newParts(in.log)
	defer p.stop()
	metrics := handlers.NewMetrics()
	p.guard = revive.Guard{Log: in.log, Panicked: metrics.CountPanic}

	st, key, err := openStore(ctx, in.cfg)
	if err != nil {
		return err
	}
	p.closing("store", st.Close)
	end := newAnchor(in.cfg, st, in.log)
	p.closing("trail head", end.write)
	p.lasting("trail head", end.run)
	listener, err := listen(in.cfg.RunDir(), dashboardRole, in.cfg.Listen)
	if err != nil {
		return err
	}
	p.closing("listener", func() error { return ignore(listener.Close(), net.ErrClosed) })

	made, own := "", embedded{}
	if _, embeds := in.cfg.Embeds(); embeds {
		if made, own.service, err = ownUsers(ctx, in); err != nil {
			return err
		}
		if own.endpoint, err = embedGateway(ctx, in, p); err != nil {
			return err
		}
	}
	front, err := dashboard(in, p, metrics, st, key, own)
	if err != nil {
		return err
	}
	front.listener = listener
	p.running("dashboard", front.run)
	file, err := runFile{}.announce(in.cfg.RunDir(), dashboardRole, scheme(in.cfg), listener)
	if err != nil {
		return err
	}
	in.log.Info("ready", "url", file.URL)
	noteStart(ctx, st, in.log)
	greet(in.Out, file.URL, made)
	return p.wait(ctx)
}

// noteStart writes to the trail that a dashboard began, so that it tells too
// when nobody could have seen anything. A trail that cannot be written keeps
// nobody from looking.
func noteStart(ctx context.Context, st *store.Store, log *slog.Logger) {
	line := trail.Line{At: time.Now(), Kind: trail.Access, ID: uuid.NewString(), Verb: "dashboard_started", Detail: "version=" + Version()}
	if err := st.AppendTrail(ctx, line); err != nil {
		log.Warn("not written to the trail", "verb", line.Verb, "error", err)
	}
}

func scheme(cfg config.Config) string {
	if cfg.TLS() {
		return "https"
	}
	return "http"
}

// ignore gives err unless it is one that does not matter.
func ignore(err, harmless error) error {
	if errors.Is(err, harmless) {
		return nil
	}
	return err
}

// ownUsers makes the first user before the gateway would, so that his password
// can be told together with the address to sign in at, and the user with whom
// the dashboard itself reads from it, unless another credential is set for it.
func ownUsers(ctx context.Context, in invocation) (made string, own config.Service, err error) {
	l, err := openLocal(ctx, in.cfg, in.log)
	if err != nil {
		return "", own, err
	}
	made, err = l.bootstrap(ctx, in.cfg)
	b, _ := in.cfg.Embeds()
	if set := in.cfg.Service != (config.Service{}) && in.cfg.ServiceRegion() == b.Name; err == nil && !set {
		own, err = l.serviceKey(ctx, in.log)
	}
	return made, own, closeAfter(err, l.store)
}

// embedGateway adopts or starts the gateway of this data folder, and gives its
// URL.
func embedGateway(ctx context.Context, in invocation, p *parts) (url string, err error) {
	executable, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	k := &keeper{
		dir: in.cfg.RunDir(), role: gatewayRole, log: in.log,
		executable: executable, args: []string{"gateway", "--embedded"},
		env: append(os.Environ(), gatewaySettings(in.cfg).Environ()...),
	}
	file, err := k.ready(ctx)
	if err != nil {
		return "", err
	}
	p.lasting("gateway", k.run)
	return file.URL, nil
}

// gatewaySettings are the settings without the secrets for which a gateway has
// no use: the first user has been made.
func gatewaySettings(cfg config.Config) config.Config {
	cfg.AdminPassword, cfg.MetricsKey, cfg.Service = "", "", config.Service{}
	return cfg
}
