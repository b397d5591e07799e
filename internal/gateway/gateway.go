// Package gateway is the self-hosted Media Live service: the server side of
// the StreamConnect, channel and Cloud Eye operations of the vendor's API, its
// desired state in the store, and the drive of the relay and of what runs channels,
// which make it so. Statuses, codes,
// envelopes and texts follow internal/medialive/openapi.yaml; what that leaves
// open is decided in docs of the specification (semantics).
package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/flowdeck/flowdeck/internal/gateway/iam"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/relay"
	"github.com/flowdeck/flowdeck/internal/seal"
	"github.com/flowdeck/flowdeck/internal/store"
)

// Relay is the media process as the gateway drives it. *relay.Client is one.
type Relay interface {
	Put(ctx context.Context, spec relay.FlowSpec) error
	Restore(ctx context.Context, spec relay.FlowSpec) error
	Remove(ctx context.Context, id string) error
	Report(ctx context.Context) (relay.Report, error)
	Events(ctx context.Context, each func(relay.Report) error) error
}

// Authority decides who may do what, and answers the IAM calls under /v3/.
// *iam.IAM is one.
type Authority interface {
	Authorize(r *http.Request, body []byte, projectID, action string) (iam.Principal, *iam.Denied)
	Handler() http.Handler
}

// Options is what a gateway is made of. All fields are required but
// those that say otherwise.
type Options struct {
	Store          *store.Store
	Key            *seal.Key
	IAM            Authority
	Relay          Relay
	Channels       Channels // nil: channels are only kept
	ChannelProblem string   // why Channels is nil, for people
	RTMPFirst      int      // TCP ports allotted to RTMP_PUSH, both ends included;
	RTMPLast       int      // 0 and 0: none
	Pictures       Pictures // nil: there are none
	PictureProblem string   // why Pictures is nil, for people; empty: they were turned off
	Tap            Tap      // needed where Pictures is given
	Region         string   // the only region that a new flow may name
	SRTAddress     string   // IPv4 address on which listeners are bound and reported
	PortFirst      int      // ports allotted to listeners, 1024..65535,
	PortLast       int      // both ends included
	Version        string
	Log            *slog.Logger
}

// Gateway is a running Media Live service.
type Gateway struct {
	opts    Options
	media   *media
	changes *feed
	serial  serial     // one change of a flow, or of a channel, at a time
	ports   sync.Mutex // one allotment at a time, until it is committed
	runs    *channelRuns
}

// New makes a gateway. Nothing moves before [Gateway.Run].
func New(opts Options) (*Gateway, error) {
	if err := opts.validate(); err != nil {
		return nil, fmt.Errorf("gateway options: %w", err)
	}
	g := &Gateway{opts: opts, changes: newFeed(), serial: newSerial(), runs: newChannelRuns()}
	g.media = newMedia(opts.Relay, opts.Log, g.changes)
	return g, nil
}

func (o Options) validate() error {
	var faults []error
	if o.Store == nil || o.Key == nil || o.IAM == nil || o.Relay == nil || o.Log == nil {
		faults = append(faults, errors.New("store, key, IAM, relay and log are all needed"))
	}
	if addr, err := netip.ParseAddr(o.SRTAddress); err != nil || !addr.Is4() {
		faults = append(faults, fmt.Errorf("SRT address %q is not an IPv4 address", o.SRTAddress))
	}
	if o.PortFirst < medialive.MinPort || o.PortLast > medialive.MaxPort || o.PortFirst > o.PortLast {
		faults = append(faults, fmt.Errorf("SRT ports %d-%d are not a range within %d-%d", o.PortFirst, o.PortLast, medialive.MinPort, medialive.MaxPort))
	}
	if o.Region == "" {
		faults = append(faults, errors.New("region is empty"))
	}
	return errors.Join(faults...)
}

// Run keeps the relay at the desired state and the statistics fresh until ctx
// ends. What runs is not stopped by its return.
func (g *Gateway) Run(ctx context.Context) error {
	var tasks sync.WaitGroup
	tasks.Go(func() { g.media.follow(ctx) })
	tasks.Go(func() { g.media.watchAge(ctx) })
	tasks.Go(func() { g.reconcile(ctx) })
	tasks.Go(func() { g.keepChannels(ctx) })
	tasks.Go(func() { g.keepFlows(ctx) })
	tasks.Wait()
	return ctx.Err()
}

// commitTime bounds a change once it has begun: it is carried through even if
// the client who asked for it has gone.
const commitTime = 10 * time.Second

// committed gives a context for the part of a request that changes something.
func committed(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), commitTime)
}
