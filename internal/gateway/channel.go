package gateway

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/store"
)

const (
	maxChannels = 1000 // of a project: the ceiling that the API declares for total, of instances too
	maxKeyPart  = 255  // characters of domain, app_name and id in queries
)

// channelRecord is a channel as the store has it, opened: with its secrets.
type channelRecord struct {
	row     store.Channel
	channel medialive.Channel
}

// on tells whether the channel should run.
func (r channelRecord) on() bool { return r.channel.State == medialive.ChannelOn }

// channelRow reads a channel of a project; one that does not exist is a refusal.
func (g *Gateway) channelRow(ctx context.Context, project string, key medialive.ChannelKey) (store.Channel, error) {
	row, err := g.opts.Store.Channel(ctx, project, store.ChannelKey(key))
	if errors.Is(err, store.ErrNotFound) {
		return store.Channel{}, unknownChannel()
	}
	return row, err
}

// loadChannel is channelRow for a channel that is looked into.
func (g *Gateway) loadChannel(ctx context.Context, project string, key medialive.ChannelKey) (channelRecord, error) {
	row, err := g.channelRow(ctx, project, key)
	if err != nil {
		return channelRecord{}, err
	}
	return g.openChannel(row)
}

func (g *Gateway) openChannel(row store.Channel) (channelRecord, error) {
	rec := channelRecord{row: row}
	plain, err := g.opts.Key.Open(row.Definition, channelContext(row.UID))
	if err != nil {
		return rec, secretRefusal(fmt.Errorf("open channel %s: %w", row.UID, err))
	}
	if err := json.Unmarshal(plain, &rec.channel); err != nil {
		return rec, fmt.Errorf("decode channel %s: %w", row.UID, err)
	}
	rec.channel.State = medialive.ChannelState(row.State)
	return rec, nil
}

// channelContext binds a sealed definition to its channel.
func channelContext(uid string) []byte { return []byte("channel/" + uid) }

// stored gives the row of a channel as it is now, and the addresses at which it
// is played.
func (g *Gateway) stored(rec channelRecord) (store.Channel, []string, error) {
	plain, err := medialive.RevealJSON(rec.channel)
	if err != nil {
		return store.Channel{}, nil, fmt.Errorf("encode channel %s: %w", rec.row.UID, err)
	}
	row := rec.row
	if row.Definition, _, err = g.opts.Key.Seal(plain, channelContext(row.UID)); err != nil {
		return store.Channel{}, nil, fmt.Errorf("seal channel %s: %w", row.UID, err)
	}
	row.State, row.ChangedAt = string(rec.channel.State), time.Now().UTC()
	var addresses []string
	for _, p := range rec.channel.Packages() {
		addresses = append(addresses, playAddress(p.URL))
	}
	return row, addresses, nil
}

// playAddress gives an address at which viewers play as it is compared with
// others: without a scheme, as it is the same stream by HTTP and HTTPS.
func playAddress(url string) string {
	if _, rest, found := strings.Cut(url, "://"); found {
		url = rest
	}
	host, path, _ := strings.Cut(url, "/")
	return strings.ToLower(host) + "/" + path
}

// channelTurn names the turn of a channel among those of [serial].
func channelTurn(project string, key medialive.ChannelKey) string {
	return strings.Join([]string{"channel", project, key.Domain, key.AppName, key.ID}, "/")
}

// listChannels answers ListOttChannelInfo: newest first. A whole key names one
// channel, which must exist; less is a filter.
func (g *Gateway) listChannels(c *call) (answer, error) {
	values, err := c.query()
	if err != nil {
		return answer{}, err
	}
	if c.channel, err = keyFilter(values); err != nil {
		return answer{}, err
	}
	limit, offset, err := paging(values)
	if err != nil {
		return answer{}, err
	}
	rows, total, err := g.opts.Store.Channels(c.Context(), c.project, store.ChannelKey(c.channel), limit, offset)
	if err != nil {
		return answer{}, fmt.Errorf("list channels: %w", err)
	}
	if total == 0 && wholeKey(c.channel) {
		return answer{}, unknownChannel()
	}
	page := struct {
		Total    int               `json:"total"`
		Channels []json.RawMessage `json:"channels"`
	}{total, make([]json.RawMessage, len(rows))}
	for i, row := range rows {
		rec, err := g.openChannel(row)
		if err != nil {
			return answer{}, err
		}
		if page.Channels[i], err = medialive.AnswerJSON(rec.channel); err != nil {
			return answer{}, fmt.Errorf("encode channel %s: %w", row.UID, err)
		}
	}
	return ok(page)
}

// keyFilter reads the parts of a key that a query has.
func keyFilter(values url.Values) (key medialive.ChannelKey, err error) {
	for name, part := range map[string]*string{"domain": &key.Domain, "app_name": &key.AppName, "id": &key.ID} {
		*part = values.Get(name)
		n := utf8.RuneCountInString(*part)
		if values.Has(name) && (n == 0 || n > maxKeyPart || !utf8.ValidString(*part)) {
			return medialive.ChannelKey{}, badParam("%s must have 1 to %d characters", name, maxKeyPart)
		}
	}
	return key, nil
}

func wholeKey(key medialive.ChannelKey) bool {
	return key.Domain != "" && key.AppName != "" && key.ID != ""
}

// createChannel answers CreateOttChannelInfo with 201.
func (g *Gateway) createChannel(c *call) (answer, error) {
	var ch medialive.Channel
	if err := c.readChannel(&ch); err != nil {
		return answer{}, err
	}
	if err := recordTold(c.body); err != nil {
		return answer{}, err
	}
	if faults := medialive.ValidateNewChannel(ch); len(faults) > 0 {
		return answer{}, faultyChannel(faults)
	}
	if ch.Region != "" && ch.Region != g.opts.Region {
		return answer{}, badParam("region must be %s", g.opts.Region)
	}
	if err := unable(ch); err != nil {
		return answer{}, err
	}
	if err := g.flowsExist(c.Context(), c.project, ch.Input); err != nil {
		return answer{}, err
	}
	ch.Mode, ch.Region = medialive.OriginOnly, g.opts.Region
	for _, p := range ch.Packages() {
		p.ID = newPackageID()
	}
	defer g.serial.lock(channelTurn(c.project, c.channel))()
	now := time.Now().UTC()
	row := store.Channel{
		UID: uuid.NewString(), ProjectID: c.project, ChannelKey: store.ChannelKey(c.channel), CreatedAt: now,
	}
	rec, err := g.insertChannel(c, channelRecord{row, ch})
	if err != nil {
		return answer{}, err
	}
	g.changes.channelChanged(c.project, c.channel)
	return created(g.channelDone(rec))
}

// insertChannel commits a new channel, with its port, and runs it if it is ON.
// What cannot run is not created.
func (g *Gateway) insertChannel(c *call, rec channelRecord) (channelRecord, error) {
	ctx, cancel := committed(c.Context())
	defer cancel()
	if rec.on() && g.opts.Channels == nil {
		return rec, g.noChannels()
	}
	if err := g.roomForChannel(ctx, c.project); err != nil {
		return rec, err
	}
	if err := g.commitChannel(ctx, &rec); err != nil || !rec.on() {
		return rec, err
	}
	refused := g.putChannel(ctx, rec)
	if refused == nil {
		return rec, nil
	}
	g.dropChannel(rec.row.UID)
	if err := g.opts.Store.DeleteChannel(ctx, rec.row.UID); err != nil {
		return rec, fmt.Errorf("take the creation of channel %s back: %w", rec.row.UID, err)
	}
	return rec, refused
}

// commitChannel writes a new channel down. One that is pushed to keeps its ports
// for as long as it exists.
func (g *Gateway) commitChannel(ctx context.Context, rec *channelRecord) error {
	row, addresses, err := g.stored(*rec)
	if err != nil {
		return err
	}
	if rec.channel.Input.Protocol == medialive.SRTPush {
		rec.row = row
		return g.withPorts(ctx, rec, func() error {
			return channelRefused(g.opts.Store.CreateChannel(ctx, rec.row, addresses), "create channel")
		})
	}
	if rec.channel.Input.Protocol == medialive.RTMPPush {
		g.ports.Lock()
		defer g.ports.Unlock()
		if row.PushPort, err = g.freePushPort(ctx); err != nil {
			return err
		}
	}
	rec.row = row
	return channelRefused(g.opts.Store.CreateChannel(ctx, row, addresses), "create channel")
}

// freePushPort gives a port that no channel has.
func (g *Gateway) freePushPort(ctx context.Context) (int, error) {
	used, err := g.opts.Store.PushPorts(ctx)
	if err != nil {
		return 0, err
	}
	for port := g.opts.RTMPFirst; port > 0 && port <= g.opts.RTMPLast; port++ {
		if !used[port] {
			return port, nil
		}
	}
	return 0, unsupported("No port for RTMP is free, nothing was changed: FLOWDECK_GATEWAY_RTMP_PORTS has %d", len(used))
}

// roomForChannel refuses a channel beyond the quota.
func (g *Gateway) roomForChannel(ctx context.Context, project string) error {
	_, total, err := g.opts.Store.Channels(ctx, project, store.ChannelKey{}, 1, 0)
	if err != nil {
		return fmt.Errorf("count channels: %w", err)
	}
	if total >= maxChannels {
		return invalid("the project has %d channels, which is its quota; delete one first", total)
	}
	return nil
}

// newPackageID makes the id of a package as the API has them: ten hexadecimal
// digits.
func newPackageID() string {
	var b [5]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand
	return hex.EncodeToString(b[:])
}

// deleteChannel answers DeleteOttChannelInfo. A channel that is ON must be
// turned OFF first.
func (g *Gateway) deleteChannel(c *call) (answer, error) {
	values, err := c.query()
	if err != nil {
		return answer{}, err
	}
	if c.channel, err = keyFilter(values); err != nil {
		return answer{}, err
	}
	if !wholeKey(c.channel) {
		return answer{}, badParam("domain, app_name and id are required")
	}
	defer g.serial.lock(channelTurn(c.project, c.channel))()
	row, err := g.channelRow(c.Context(), c.project, c.channel)
	if err != nil {
		return answer{}, err
	}
	if row.State == string(medialive.ChannelOn) {
		return answer{}, inChannelState(medialive.ChannelOn)
	}
	ctx, cancel := committed(c.Context())
	defer cancel()
	g.dropChannel(row.UID)                           // it may have been turned OFF a moment ago
	if err := g.forgetChannel(row.UID); err != nil { // first: of a channel that is gone nobody would look after it
		return answer{}, err
	}
	if err := g.opts.Store.DeleteChannel(ctx, row.UID); err != nil {
		return answer{}, channelRefused(err, "delete channel")
	}
	g.changes.channelChanged(c.project, c.channel)
	return ok(newChannelResult(c.channel))
}

// channelResult answers commands on channels.
type channelResult struct {
	Code    string `json:"result_code"`
	Message string `json:"result_msg"`
	medialive.ChannelKey
	Sources json.RawMessage `json:"sources,omitempty"`
}

func newChannelResult(key medialive.ChannelKey) channelResult {
	return channelResult{Code: medialive.CodeSuccess, Message: "SUCCESS", ChannelKey: key}
}

// channelDone is a result that tells where to push to by RTMP: the API has it in
// no other answer.
func (g *Gateway) channelDone(rec channelRecord) channelResult {
	result := newChannelResult(rec.channel.ChannelKey)
	if all := g.pushAddresses(rec); len(all) > 0 {
		result.Sources, _ = medialive.AnswerJSON(all) // texts and numbers can always be written
	}
	return result
}

// pushAddresses gives the addresses of an RTMP_PUSH channel: as the service makes
// them, but on this machine.
func (g *Gateway) pushAddresses(rec channelRecord) []medialive.PushAddress {
	if rec.row.PushPort == 0 {
		return nil
	}
	here := rec.channel
	here.Domain = g.pushHost(rec)
	return here.PushAddresses()
}

// readChannel reads the body as [decode] does, but tells a wrong type by its
// place, which the types of channels have in the text of their errors. The key
// is read first, so that a refusal can name the channel.
func (c *call) readChannel(into any) error {
	_ = json.Unmarshal(c.body, &c.channel)
	err := decode(c.body, into)
	var known *refusal
	if !errors.As(err, &known) {
		return err
	}
	var wrong *json.UnmarshalTypeError
	cause := json.Unmarshal(c.body, into)
	place, _, found := strings.Cut(fmt.Sprint(cause), ": json:")
	if errors.As(cause, &wrong) && found {
		place = strings.ReplaceAll(strings.ReplaceAll(place, ": [", "["), ": ", ".")
		return badParam("%s must be %s", place, typeName(wrong.Type.Kind()))
	}
	return badParam("%s", known.msg)
}

// recordTold refuses settings of recording without a duration, which is not the
// 0 that would throw recordings away.
func recordTold(body []byte) error {
	var told struct {
		Record *struct {
			RollingBuffer *int `json:"rollingbuffer_duration"`
		} `json:"record_settings"`
	}
	if err := decode(body, &told); err != nil {
		return err
	}
	if told.Record == nil || told.Record.RollingBuffer == nil {
		return badParam("record_settings.rollingbuffer_duration is required")
	}
	return nil
}
