// Package medialivetest is a small fake of the Media Live API and of IAM's
// sign-in, for tests: what it holds can be set, what it was asked can be read,
// and any request can be made to fail.
package medialivetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
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
	Op     string // operationId
	FlowID string
	Token  string
}

// Cloud is a fake service. Its methods may be called at any time.
type Cloud struct {
	mu       sync.Mutex
	flows    []*Flow // newest first
	calls    []Call
	users    map[string]User
	made     int
	now      func() time.Time
	lifespan time.Duration

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

// User may sign in.
type User struct {
	ID, Password string
	Passcode     string // needed, if not empty
}

// New makes an empty fake whose tokens live a day.
func New() *Cloud {
	return &Cloud{users: make(map[string]User), now: time.Now, lifespan: 24 * time.Hour}
}

// AddUser lets somebody sign in.
func (c *Cloud) AddUser(name string, u User) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.users[name] = u
}

// TokensLive sets how long tokens live that are issued from now on.
func (c *Cloud) TokensLive(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lifespan = d
}

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
	return f.ID
}

// Change changes a flow, under the lock of the fake.
func (c *Cloud) Change(id string, change func(*Flow)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := c.find(id); f != nil {
		change(f)
	}
}

// Remove removes a flow as if it was deleted elsewhere.
func (c *Cloud) Remove(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flows = slices.DeleteFunc(c.flows, func(f *Flow) bool { return f.ID == id })
}

// Flow gives a copy of a flow as it is.
func (c *Cloud) Flow(id string) (Flow, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.find(id)
	if f == nil {
		return Flow{}, false
	}
	return *f, true
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
	for _, call := range c.calls {
		if op == "" || call.Op == op {
			out = append(out, call)
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

// Transport gives a round tripper that answers by itself, so that tests may run
// on a fake clock.
func (c *Cloud) Transport() http.RoundTripper { return transport{c} }

type transport struct{ cloud *Cloud }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	defer func() { _ = r.Body.Close() }()
	w := httptest.NewRecorder()
	if !t.cloud.serve(w, r) {
		return nil, fmt.Errorf("the connection broke")
	}
	return w.Result(), nil
}

// ServeHTTP answers as the service would; a lost answer breaks the connection.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !c.serve(w, r) {
		panic(http.ErrAbortHandler)
	}
}

// operations names the operations by method and path.
var operations = map[string]string{
	"GET /v1/" + Project + "/flows":            "ListFlows",
	"POST /v1/" + Project + "/flows":           "CreateFlows",
	"DELETE /v1/" + Project + "/flows":         "DeleteFlow",
	"GET /v1/" + Project + "/flows/detail":     "ShowFlowDetail",
	"PUT /v1/" + Project + "/flows/start":      "ModifyFlowStart",
	"PUT /v1/" + Project + "/flows/stop":       "ModifyFlowStop",
	"PUT /v1/" + Project + "/flows/sources":    "ModifyFlowSources",
	"POST /v1/" + Project + "/flows/outputs":   "CreateFlowOutput",
	"GET /v1/" + Project + "/flows/outputs":    "ShowOutputInfo",
	"PUT /v1/" + Project + "/flows/outputs":    "ModifyFlowOutput",
	"DELETE /v1/" + Project + "/flows/outputs": "DeleteFlowOutput",
	"POST /v3/auth/tokens":                     "KeystoneCreateUserToken",
}

// serve answers one request, and tells false if the answer is lost.
func (c *Cloud) serve(w http.ResponseWriter, r *http.Request) (sent bool) {
	call := Call{
		Op:     operations[r.Method+" "+r.URL.Path],
		FlowID: r.URL.Query().Get("flow_id"), Token: r.Header.Get("X-Auth-Token"),
	}
	if call.Op == "" {
		refuse(w, http.StatusNotFound, "APIG.0101", "The API does not exist or has not been published")
		return true
	}
	c.mu.Lock()
	c.calls = append(c.calls, call)
	c.mu.Unlock()
	if c.Before != nil && c.Before(w, call) {
		return true
	}
	c.mu.Lock()
	c.answer(w, r, call)
	c.mu.Unlock()
	return c.After == nil || !c.After(call)
}

func (c *Cloud) answer(w http.ResponseWriter, r *http.Request, call Call) {
	switch call.Op {
	case "KeystoneCreateUserToken":
		c.signIn(w, r)
	case "ListFlows":
		c.list(w, r)
	case "CreateFlows":
		c.create(w, r)
	default:
		f := c.find(call.FlowID)
		if f == nil {
			refuse(w, http.StatusBadRequest, medialive.CodeNotFound, "flow_id not exist")
			return
		}
		c.flow(w, r, call.Op, f)
	}
}

// flow answers the operations on one flow.
func (c *Cloud) flow(w http.ResponseWriter, r *http.Request, op string, f *Flow) {
	switch op {
	case "ShowFlowDetail":
		f.refer()
		reply(w, http.StatusOK, f.Flow)
	case "DeleteFlow":
		if f.Status == medialive.Active {
			refuse(w, http.StatusBadRequest, medialive.CodeInvalid, "flow task is in active status")
			return
		}
		c.flows = slices.DeleteFunc(c.flows, func(have *Flow) bool { return have == f })
		reply(w, http.StatusOK, map[string]any{"flow_id": f.ID, "status": "DELETED"})
	case "ModifyFlowStart":
		f.become(w, medialive.Active, "active")
	case "ModifyFlowStop":
		f.become(w, medialive.Standby, "standby")
	case "ModifyFlowSources":
		var body struct {
			Source medialive.Source `json:"source"`
		}
		if decode(w, r, &body) {
			f.Sources = []medialive.Source{body.Source}
			reply(w, http.StatusOK, map[string]any{"flow_id": f.ID, "source": body.Source})
		}
	default:
		f.output(w, r, op)
	}
}

// refer makes the flow name its outputs.
func (f *Flow) refer() {
	f.Flow.Outputs = []medialive.OutputRef{}
	for _, o := range f.Outputs {
		f.Flow.Outputs = append(f.Flow.Outputs, medialive.OutputRef{Name: o.Name, Type: medialive.StandardOutput})
	}
}

// become starts or stops a flow.
func (f *Flow) become(w http.ResponseWriter, s medialive.FlowStatus, word string) {
	if f.Status == s {
		refuse(w, http.StatusBadRequest, medialive.CodeInvalid, "flow task is in "+word+" status")
		return
	}
	f.Status = s
	reply(w, http.StatusOK, map[string]any{"flow_id": f.ID, "status": s})
}

// output answers the operations on outputs.
func (f *Flow) output(w http.ResponseWriter, r *http.Request, op string) {
	if op == "CreateFlowOutput" {
		var made []medialive.Output
		if decode(w, r, &made) {
			f.Outputs = append(f.Outputs, made...)
			reply(w, http.StatusCreated, map[string]any{"flow_id": f.ID, "outputs": f.Outputs})
		}
		return
	}
	name := r.URL.Query().Get("output_name")
	i := slices.IndexFunc(f.Outputs, func(o medialive.Output) bool { return o.Name == name })
	if i < 0 {
		refuse(w, http.StatusBadRequest, medialive.CodeInvalid, "output_name "+name+" not exist in flow")
		return
	}
	switch op {
	case "ModifyFlowOutput":
		if !decode(w, r, &f.Outputs[i]) {
			return
		}
	case "DeleteFlowOutput":
		f.Outputs = slices.Delete(f.Outputs, i, i+1)
		reply(w, http.StatusOK, map[string]any{"flow_id": f.ID, "output_name": name})
		return
	}
	reply(w, http.StatusOK, f.Outputs[i])
}

func (c *Cloud) find(id string) *Flow {
	for _, f := range c.flows {
		if f.ID == id {
			return f
		}
	}
	return nil
}

func (c *Cloud) list(w http.ResponseWriter, r *http.Request) {
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
	page := medialive.FlowPage{Total: len(c.flows), Flows: []medialive.FlowSummary{}}
	for _, f := range c.flows[min(offset, len(c.flows)):min(offset+limit, len(c.flows))] {
		s, _ := f.Source()
		page.Flows = append(page.Flows, medialive.FlowSummary{
			ID: f.ID, Name: f.Name, Region: f.Region, Status: f.Status, Description: s.Description, Protocol: s.Protocol,
		})
	}
	reply(w, http.StatusOK, page)
}

func (c *Cloud) create(w http.ResponseWriter, r *http.Request) {
	var f Flow
	if !decode(w, r, &f.Flow) {
		return
	}
	if slices.ContainsFunc(c.flows, func(have *Flow) bool { return have.Name == f.Name }) {
		refuse(w, http.StatusBadRequest, medialive.CodeExists, "The resource to create is already exists")
		return
	}
	c.made++
	f.ID, f.Status = fmt.Sprintf("flow-%04d", c.made), medialive.Standby
	c.flows = slices.Insert(c.flows, 0, &f)
	f.refer()
	reply(w, http.StatusCreated, map[string]any{"flow": f.Flow})
}

// signIn answers IAM's sign-in.
func (c *Cloud) signIn(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Auth struct {
			Identity struct {
				Password struct {
					User struct{ Name, Password string }
				}
				TOTP struct{ User struct{ ID, Passcode string } }
			}
			Scope struct{ Project struct{ Name string } }
		}
	}
	if !decode(w, r, &body) {
		return
	}
	given, code := body.Auth.Identity.Password.User, body.Auth.Identity.TOTP.User
	u, ok := c.users[given.Name]
	switch {
	case !ok || u.Password != given.Password:
		refuseIAM(w, "The username or password is wrong.")
		return
	case u.Passcode != "" && (code.Passcode != u.Passcode || code.ID != u.ID):
		refuseIAM(w, "The one-time passcode is missing or wrong.")
		return
	}
	c.made++
	now := c.now().UTC()
	w.Header().Set("X-Subject-Token", fmt.Sprintf("token-%s-%d", given.Name, c.made))
	reply(w, http.StatusCreated, map[string]any{"token": map[string]any{
		"issued_at": now, "expires_at": now.Add(c.lifespan),
		"user":    map[string]any{"id": u.ID, "name": given.Name, "domain": map[string]any{"id": "d", "name": "account"}},
		"project": map[string]any{"id": Project, "name": body.Auth.Scope.Project.Name},
	}})
}

func decode(w http.ResponseWriter, r *http.Request, into any) bool {
	if err := json.NewDecoder(r.Body).Decode(into); err != nil {
		refuse(w, http.StatusBadRequest, medialive.CodeInvalid, "the body is not valid")
		return false
	}
	return true
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	reply(w, status, map[string]string{"error_code": code, "error_msg": message, "request_id": "r-1"})
}

func refuseIAM(w http.ResponseWriter, message string) {
	reply(w, http.StatusUnauthorized, map[string]any{
		"error": map[string]any{"code": http.StatusUnauthorized, "message": message, "title": "Unauthorized"},
	})
}

// Refuse answers with an error of the API; for Before.
func Refuse(w http.ResponseWriter, status int, code, message string) {
	refuse(w, status, code, message)
}
