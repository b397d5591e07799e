package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/flowdeck/flowdeck/internal/alarm"
	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/config"
	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/display"
	"github.com/flowdeck/flowdeck/internal/handlers"
	"github.com/flowdeck/flowdeck/internal/history"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/notify"
	"github.com/flowdeck/flowdeck/internal/seal"
	"github.com/flowdeck/flowdeck/internal/store"
)

// dashboard wires what answers browsers; its listener is the caller's to set.
// own is the gateway beside it.
func dashboard(in invocation, p *parts, metrics *handlers.Metrics, st *store.Store, key *seal.Key, own embedded) (web, error) {
	sessions := auth.New(auth.Options{
		Store: st, Trail: st, Key: key, Backend: backend(in.cfg, own),
		Secure: in.cfg.Secure(), Log: in.log, Observe: metrics.ObserveUpstream, Admins: admins(in.cfg),
		Panicked: metrics.CountPanic,
	})
	watch := monitor.New(monitor.Options{Log: in.log, RPS: in.cfg.UpstreamRPS, Panicked: metrics.CountPanic, NoPictures: in.cfg.Pictures == 0})
	notifier := notify.New(notify.Options{Store: st, Key: key, Log: in.log, Allow: in.cfg.WebhookAllow, Home: in.cfg.PublicURL, Panicked: metrics.CountPanic})
	p.lasting("webhooks", notifier.Run)
	alarms := alarm.New(alarm.Options{Store: st, Log: in.log, Raised: notifier.Raised, Shared: shared(in.cfg), Panicked: metrics.CountPanic})
	watch.Attend(alarms.Attend)
	p.closing("alarms", closed(alarms.Close))
	past := history.New(history.Options{Store: st, Log: in.log, Shared: shared(in.cfg), Panicked: metrics.CountPanic})
	watch.Attend(past.Attend)
	p.closing("history", closed(past.Close))
	p.closing("monitor", closed(watch.Close))
	commands := control.New(control.Options{Store: st, Monitor: watch, Key: key, Log: in.log, Panicked: metrics.CountPanic})
	p.closing("control", closed(commands.Close))
	reading := services(in.cfg, own)
	covers := newCoverage(len(reading) > 0)
	for _, reads := range reading {
		reads.covers = covers
		reads.backend, reads.watch, reads.log = backend(in.cfg, own), watch, in.log.With("region", reads.region)
		p.lasting("service credential of "+reads.region, reads.run)
	}
	screens := display.New(display.Options{Store: st, Log: in.log, Version: Version()})
	p.lasting("displays", screens.Run)
	streams, endStreams := context.WithCancel(context.Background())
	p.closing("live streams", closed(endStreams))
	handler, err := handlers.New(handlers.Options{
		Context: streams, Auth: sessions, Control: commands, Monitor: watch, Alarms: alarms, History: past, Notify: notifier,
		Displays: screens, Service: covers.of, Home: in.cfg.PublicURL, Build: Version(), Account: account(in.cfg),
		Ready: st.Ping, Metrics: metrics, Key: in.cfg.MetricsKey,
		Secure: in.cfg.Secure(), TrustedProxies: in.cfg.TrustedProxies, Log: in.log,
	})
	if err != nil {
		return web{}, fmt.Errorf("set up the dashboard: %w", err)
	}
	return web{handler: handler, detached: endStreams, cert: in.cfg.TLSCert, key: in.cfg.TLSKey, log: in.log}, nil
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
