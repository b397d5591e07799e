// Package medialivetest is a small fake of the Media Live API, of Cloud Eye and of
// IAM, for tests: what it holds can be set, what it was asked can be read, and any
// request can be made to fail.
//
// It answers without a network by [Cloud.Transport], so that tests may run on a
// fake clock, and on loopback by [Cloud.Serve], so that the whole program can
// run against it.
//
// Its truth log tells every request and whether it took effect
// ([Cloud.Requests], [Cloud.Effects]), and what was true at any moment
// ([Cloud.At]). Its fault script is a table: [Cloud.Inject] puts a [Fault] on
// an operation, or on all, for the next few requests or until it is lifted. A
// later fault goes before an earlier one. See the functions that make a Fault.
// What is wrong for longer is set on the cloud itself: [Cloud.Skew],
// [Cloud.Quota], [Cloud.QuotaPerOperation], [Cloud.Strict], [Cloud.Revoke], [Cloud.TokensLive],
// [Cloud.TokensWeigh]. A flow that is ACTIVE while its source is DISCONNECTED
// is the rule: media comes when a test changes the health.
package medialivetest

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// Project is the id of the fake's one project.
const Project = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"

// Endpoint is an address for clients that reach the fake by its Transport.
const Endpoint = "http://127.0.0.1:1"

// Call is a request that the fake was asked.
type Call struct {
	Op      string // operationId
	FlowID  string
	Channel medialive.ChannelKey // that the query or the body names
	Token   string               // or the access key
}

// Cloud is a fake service. Its methods may be called at any time.
type Cloud struct {
	mu       sync.Mutex
	flows    []*Flow    // newest first
	channels []*channel // newest first
	series   []medialive.Series
	happened []ChannelFact
	projects []project
	requests []Request
	facts    []Fact
	late     []lateEffect
	faults   []*injected
	servers  []*server
	inside   int // requests that came over a network and are not answered
	most     int // of inside, since Busiest was last asked
	users    map[string]User
	keys     map[string]medialive.Secret // by access key
	tokens   map[string]time.Time        // issued ones, and when they end by the cloud's clock
	made     int
	skew     time.Duration
	lifespan time.Duration
	weight   int  // characters of a token; 0: few
	strict   bool // only tokens that were issued are let in
	quota    int  // requests a second; 0: no limit

	perMinute int // requests of each operation; 0: no limit

	// Before, if set, sees each request first; true means that it has
	// answered. After is told once an answer is made, before it is sent: true
	// loses it. Both are set before the first request.
	Before func(w http.ResponseWriter, c Call) bool
	After  func(c Call) (lost bool)
}

// Flow is a flow of the fake with its outputs in full.
type Flow struct {
	medialive.Flow
	Outputs []medialive.Output
}

// project is one beside the fake's own.
type project struct {
	name, id string
	status   int // of a sign-in to it; 0: that works
	words    string
}

// User may sign in.
type User struct {
	ID, Password string
	Passcode     string   // needed, if not empty
	Groups       []string // nil: IAM does not tell
}

// New makes an empty fake whose tokens live a day.
func New() *Cloud {
	return &Cloud{
		users: make(map[string]User), keys: make(map[string]medialive.Secret),
		tokens: make(map[string]time.Time), lifespan: 24 * time.Hour,
	}
}

// AddUser lets somebody sign in.
func (c *Cloud) AddUser(name string, u User) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.users[name] = u
}

// AddProject gives the account a further project, without flows. Where a status
// is given, IAM answers with it and these words whoever signs in to the project.
func (c *Cloud) AddProject(name, id string, status int, words string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.projects = append(c.projects, project{name, id, status, words})
}

// TokensLive sets how long tokens live that are issued from now on.
func (c *Cloud) TokensLive(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lifespan = d
}

// TokensWeigh sets how many characters the tokens have that are issued from now
// on; the vendor's may have 16 K.
func (c *Cloud) TokensWeigh(characters int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.weight = characters
}

// Strict lets in only tokens that the fake has issued and that have not ended.
// Else any other token is good.
func (c *Cloud) Strict() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.strict = true
}

// Revoke ends a token now, whether the fake has issued it or not.
func (c *Cloud) Revoke(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tokens[token] = time.Time{}
}

// AddKey lets requests in that are signed with an access key, within
// [medialive.SignatureLife] of the cloud's clock.
func (c *Cloud) AddKey(access string, secret medialive.Secret) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keys[access] = secret
}

// Skew sets how far the cloud's clock is ahead of this one, as its Date header
// and its judgement of signatures and tokens show.
func (c *Cloud) Skew(ahead time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.skew = ahead
}

// Quota sets how many requests a second are answered; others are refused as
// throttled. 0 means all.
func (c *Cloud) Quota(perSecond int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.quota = perSecond
}

// QuotaPerOperation sets how many requests of each operation are answered in a
// minute, as the vendor does for channels. 0 means all.
func (c *Cloud) QuotaPerOperation(perMinute int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.perMinute = perMinute
}

// now is the cloud's clock. c.mu is held.
func (c *Cloud) now() time.Time { return time.Now().Add(c.skew) }

// Add adds a flow as the newest one; without an id it is given one.
func (c *Cloud) Add(f Flow) (id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.ID == "" {
		c.made++
		f.ID = fmt.Sprintf("flow-%04d", c.made)
	}
	if f.Status == "" {
		f.Status = medialive.Standby
	}
	c.flows = slices.Insert(c.flows, 0, &f)
	c.note("Add", &f)
	return f.ID
}

// Change changes a flow, under the lock of the fake.
func (c *Cloud) Change(id string, change func(*Flow)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := c.find(id); f != nil {
		change(f)
		c.note("Change", f)
	}
}

// Remove removes a flow as if it was deleted elsewhere.
func (c *Cloud) Remove(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove("Remove", id)
}

// Flow gives a copy of a flow as it is.
func (c *Cloud) Flow(id string) (Flow, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.catchUp(time.Now())
	f := c.find(id)
	if f == nil {
		return Flow{}, false
	}
	return f.copy(), true
}

// IDs gives the ids of all flows, newest first.
func (c *Cloud) IDs() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	ids := make([]string, len(c.flows))
	for i, f := range c.flows {
		ids[i] = f.ID
	}
	return ids
}

// Calls gives what was asked: of one operation, or all if op is empty.
func (c *Cloud) Calls(op string) []Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []Call
	for _, r := range c.requests {
		if op == "" || r.Op == op {
			out = append(out, r.Call)
		}
	}
	return out
}

// Client gives a client that reaches the fake without a network.
func (c *Cloud) Client(token medialive.Secret) (*medialive.Client, error) {
	return medialive.New(medialive.Config{
		Endpoint: Endpoint, ProjectID: Project, Auth: medialive.Token(token), Transport: c.Transport(),
	})
}

// CloudEye gives a client of Cloud Eye that reaches the fake without a network.
func (c *Cloud) CloudEye(token medialive.Secret) (*medialive.CloudEye, error) {
	return medialive.NewCloudEye(medialive.Config{
		Endpoint: Endpoint, ProjectID: Project, Auth: medialive.Token(token), Transport: c.Transport(),
	})
}
