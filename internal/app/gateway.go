package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/flowdeck/flowdeck/internal/config"
	"github.com/flowdeck/flowdeck/internal/gateway"
	"github.com/flowdeck/flowdeck/internal/gateway/iam"
	"github.com/flowdeck/flowdeck/internal/packager"
	"github.com/flowdeck/flowdeck/internal/picture"
	"github.com/flowdeck/flowdeck/internal/relay"
	"github.com/flowdeck/flowdeck/internal/seal"
	"github.com/flowdeck/flowdeck/internal/store"
)

// The names of the gateway's one account and one project; the region is named
// like the project.
const (
	accountName = "flowdeck"
	projectName = "local"
)

// pullDial bounds a connection to where a channel pulls from.
const pullDial = 5 * time.Second

func gatewayFlags(fs *flag.FlagSet) {
	fs.Bool("embedded", false, "started by a dashboard, which also stops it; not by hand")
}

// runGateway is the gateway process, with the relay that it supervises.
func runGateway(ctx context.Context, in invocation) error {
	in.log = in.log.With("process", gatewayRole)
	lock, err := take(in.cfg.RunDir(), gatewayRole)
	if err != nil {
		return err
	}
	defer lock.Close()
	p := newParts(in.log)
	defer p.stop()

	listener, err := listen(in.cfg.RunDir(), gatewayRole, in.cfg.GatewayListen)
	if err != nil {
		return err
	}
	p.closing("listener", func() error { return ignore(listener.Close(), net.ErrClosed) })
	local, err := openLocal(ctx, in.cfg, in.log)
	if err != nil {
		return err
	}
	p.closing("store", local.store.Close)
	made, err := local.bootstrap(ctx, in.cfg)
	if err != nil {
		return err
	}
	handler, err := startGateway(in, p, local)
	if err != nil {
		return err
	}
	p.running("gateway API", web{listener: listener, handler: handler, log: in.log}.run)
	file, err := runFile{Project: local.iam.ProjectID(), Embedded: in.flag("embedded")}.
		announce(in.cfg.RunDir(), gatewayRole, "http", listener)
	if err != nil {
		return err
	}
	in.log.Info("ready", "url", file.URL, "project", file.Project)
	if in.cfg.GatewayExposed() {
		in.log.Warn("the API is reached from other machines in the clear, passwords and tokens too: let a proxy speak HTTPS in front of it", "listen", in.cfg.GatewayListen)
	}
	if !file.Embedded {
		greet(in.Out, file.URL, made)
	}
	return p.wait(ctx)
}

// startGateway starts the relay's supervisor and the gateway proper, and gives
// its API.
func startGateway(in invocation, p *parts, l *local) (http.Handler, error) {
	supervisor, err := relaySupervisor(in)
	if err != nil {
		return nil, err
	}
	p.running("relay supervisor", supervisor.Run)
	channels, problem, err := startChannels(in, p)
	if err != nil {
		return nil, err
	}
	pictures, noPictures, err := startPictures(in, p)
	if err != nil {
		return nil, err
	}
	media := relay.Dial(in.cfg.RelaySocket())
	g, err := gateway.New(gateway.Options{
		Store: l.store, Key: l.key, IAM: l.iam, Relay: media,
		Channels: channels, ChannelProblem: problem,
		Pictures: pictures, PictureProblem: noPictures, Tap: gateway.Taps(media),
		RTMPFirst: in.cfg.GatewayRTMPPorts.First, RTMPLast: in.cfg.GatewayRTMPPorts.Last,
		Region: projectName, SRTAddress: in.cfg.GatewaySRTAddress,
		PortFirst: in.cfg.GatewaySRTPorts.First, PortLast: in.cfg.GatewaySRTPorts.Last,
		Version: Version(), Log: in.log,
	})
	if err != nil {
		return nil, err
	}
	p.running("gateway", g.Run)
	return g.Handler(), nil
}

// startChannels makes what runs channels, or tells why there is none: then
// channels are only kept, and all else works.
func startChannels(in invocation, p *parts) (channels gateway.Channels, problem string, err error) {
	dialer := &net.Dialer{Timeout: pullDial, Control: relay.Guard(in.cfg.GatewayCallAllow)}
	made, err := packager.New(packager.Options{
		Dir: in.cfg.ChannelDir(), RecordFree: in.cfg.GatewayRecordFree, Log: in.log,
		Dial: dialer.DialContext, Tap: gateway.Taps(relay.Dial(in.cfg.RelaySocket())),
	})
	if errors.Is(err, packager.ErrNoFFmpeg) {
		in.log.Warn("channels cannot be turned on", "error", err)
		return nil, err.Error(), nil
	}
	if err != nil {
		return nil, "", err
	}
	p.closing("channels", func() error { made.Close(); return nil })
	return made, "", nil
}

// startPictures makes what makes pictures, or tells why there is none; nothing
// where they are turned off.
func startPictures(in invocation, p *parts) (pictures gateway.Pictures, problem string, err error) {
	if in.cfg.Pictures == 0 {
		return nil, "", nil
	}
	studio, err := picture.New("", in.cfg.Pictures, in.log)
	if errors.Is(err, picture.ErrNoFFmpeg) {
		in.log.Warn("there are no pictures", "error", err)
		return nil, err.Error(), nil
	}
	if err != nil {
		return nil, "", err
	}
	p.closing("pictures", func() error { studio.Close(); return nil })
	return studio, "", nil
}

// relaySupervisor starts or adopts the relay, as this same program with these
// same settings.
func relaySupervisor(in invocation) (*gateway.Supervisor, error) {
	executable, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	return gateway.NewSupervisor(gateway.SupervisorOptions{
		Executable: executable,
		Args:       append([]string{"relay"}, in.cfg.RelayArgs()...),
		Socket:     in.cfg.RelaySocket(),
		Version:    Version(),
		Log:        in.log,
	}), nil
}

// local is what the gateway keeps on this machine, as its process and the
// commands for users and keys open it.
type local struct {
	store *store.Store
	key   *seal.Key
	iam   *iam.IAM
}

func openLocal(ctx context.Context, cfg config.Config, log *slog.Logger) (*local, error) {
	st, key, err := openStore(ctx, cfg)
	if err != nil {
		return nil, err
	}
	authority, err := iam.New(st, key, iam.Options{Account: accountName, ProjectName: projectName, Log: log})
	if err != nil {
		return nil, closeAfter(err, st)
	}
	return &local{store: st, key: key, iam: authority}, nil
}

// bootstrap makes the first user if there is none, and gives the password that
// it made for him, if it did.
func (l *local) bootstrap(ctx context.Context, cfg config.Config) (made string, err error) {
	made, err = l.iam.Bootstrap(ctx, cfg.AdminPassword.Reveal())
	if err != nil {
		return "", fmt.Errorf("make the first user: %w", err)
	}
	return made, nil
}
