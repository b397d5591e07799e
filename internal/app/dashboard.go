package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/flowdeck/flowdeck/internal/alarm"
	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/config"
	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/handlers"
	"github.com/flowdeck/flowdeck/internal/history"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/notify"
	"github.com/flowdeck/flowdeck/internal/revive"
	"github.com/flowdeck/flowdeck/internal/seal"
	"github.com/flowdeck/flowdeck/internal/store"
)

// dashboard wires what answers browsers; its listener is the caller's to set.
// endpoint is the embedded gateway's.
func dashboard(in invocation, p *parts, st *store.Store, key *seal.Key, endpoint string) (web, error) {
	metrics := handlers.NewMetrics()
	sessions := auth.New(auth.Options{
		Store: st, Trail: st, Key: key, Backend: backend(in.cfg, endpoint),
		Secure: in.cfg.Secure(), Log: in.log, Observe: metrics.ObserveUpstream, Panicked: metrics.CountPanic,
	})
	watch := monitor.New(monitor.Options{Log: in.log, RPS: in.cfg.UpstreamRPS, Panicked: metrics.CountPanic})
	notifier := notify.New(notify.Options{Store: st, Key: key, Log: in.log, Allow: in.cfg.WebhookAllow, Home: in.cfg.PublicURL, Panicked: metrics.CountPanic})
	p.running("webhooks", notifier.Run)
	alarms := alarm.New(alarm.Options{Store: st, Log: in.log, Raised: notifier.Raised, Shared: shared(in.cfg), Panicked: metrics.CountPanic})
	watch.Attend(alarms.Attend)
	p.closing("alarms", closed(alarms.Close))
	past := history.New(history.Options{Store: st, Log: in.log, Shared: shared(in.cfg), Panicked: metrics.CountPanic})
	watch.Attend(past.Attend)
	p.closing("history", closed(past.Close))
	p.closing("monitor", closed(watch.Close))
	commands := control.New(control.Options{Store: st, Monitor: watch, Log: in.log, Panicked: metrics.CountPanic})
	p.closing("control", closed(commands.Close))
	reads := &service{cfg: in.cfg.Service, region: in.cfg.Region, backend: backend(in.cfg, endpoint), watch: watch, log: in.log}
	if reads.configured() {
		guard := revive.Guard{Log: in.log, Panicked: metrics.CountPanic}
		p.running("service credential", func(ctx context.Context) (err error) {
			guard.Loop(ctx, "service credential", func(ctx context.Context) { err = reads.run(ctx) }, nil)
			return err
		})
	}
	streams, endStreams := context.WithCancel(context.Background())
	p.closing("live streams", closed(endStreams))
	handler, err := handlers.New(handlers.Options{
		Context: streams, Auth: sessions, Control: commands, Monitor: watch, Alarms: alarms, History: past, Notify: notifier, Account: account(in.cfg),
		Ready: st.Ping, Metrics: metrics, Key: in.cfg.MetricsKey,
		Secure: in.cfg.Secure(), TrustedProxies: in.cfg.TrustedProxies, Log: in.log,
	})
	if err != nil {
		return web{}, fmt.Errorf("set up the dashboard: %w", err)
	}
	return web{handler: handler, detached: endStreams, cert: in.cfg.TLSCert, key: in.cfg.TLSKey, log: in.log}, nil
}

// backend tells where one can sign in.
func backend(cfg config.Config, endpoint string) auth.Backend {
	iamURL := func(own string) string {
		if cfg.IAMURL != "" {
			return cfg.IAMURL
		}
		return own
	}
	switch cfg.Backend {
	case config.Embedded:
		return auth.Single(endpoint, iamURL(endpoint), projectName)
	case config.HuaweiCloud:
		return auth.HuaweiCloud(cfg.IAMURL)
	default:
		return auth.Single(cfg.Backend, iamURL(cfg.Backend), cfg.Region)
	}
}

// account is filled in at sign-in where there is but one.
func account(cfg config.Config) string {
	if cfg.Backend == config.Embedded {
		return accountName
	}
	return ""
}

// shared tells that other dashboards may use the same database: a file is ours
// alone.
func shared(cfg config.Config) bool {
	return !strings.HasPrefix(cfg.DatabaseURL.Reveal(), "sqlite:")
}

// closed makes of a function without a result one that cannot fail.
func closed(stop func()) func() error {
	return func() error { stop(); return nil }
}
