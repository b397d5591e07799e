package medialivetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// operations names the operations by method and path.
var operations = map[string]string{
	"GET /v1/" + Project + "/flows":                          "ListFlows",
	"POST /v1/" + Project + "/flows":                         "CreateFlows",
	"DELETE /v1/" + Project + "/flows":                       "DeleteFlow",
	"GET /v1/" + Project + "/flows/detail":                   "ShowFlowDetail",
	"PUT /v1/" + Project + "/flows/start":                    "ModifyFlowStart",
	"PUT /v1/" + Project + "/flows/stop":                     "ModifyFlowStop",
	"PUT /v1/" + Project + "/flows/sources":                  "ModifyFlowSources",
	"POST /v1/" + Project + "/flows/outputs":                 "CreateFlowOutput",
	"GET /v1/" + Project + "/flows/outputs":                  "ShowOutputInfo",
	"PUT /v1/" + Project + "/flows/outputs":                  "ModifyFlowOutput",
	"DELETE /v1/" + Project + "/flows/outputs":               "DeleteFlowOutput",
	"GET /v1/" + Project + "/ott/channels":                   "ListOttChannelInfo",
	"POST /v1/" + Project + "/ott/channels":                  "CreateOttChannelInfo",
	"DELETE /v1/" + Project + "/ott/channels":                "DeleteOttChannelInfo",
	"PUT /v1/" + Project + "/ott/channels/endpoints":         "ModifyOttChannelInfoEndPoints",
	"PUT /v1/" + Project + "/ott/channels/input":             "ModifyOttChannelInfoInput",
	"PUT /v1/" + Project + "/ott/channels/record-settings":   "ModifyOttChannelInfoRecordSettings",
	"PUT /v1/" + Project + "/ott/channels/general":           "ModifyOttChannelInfoGeneral",
	"PUT /v1/" + Project + "/ott/channels/state":             "ModifyOttChannelInfoStats",
	"PUT /v1/" + Project + "/ott/channels/encorder-settings": "ModifyOttChannelInfoEncoderSettings",
	"POST /v1/" + Project + "/ott/channels/statistic":        "ShowChannelStatistic",
	"GET /v1/" + Project + "/ott/dims-info":                  "ListCesDimsInfo",
	"POST /v1/" + Project + "/ott/instances":                 "ListCesInstance",
	"GET /V1.0/" + Project + "/metrics":                      "ListMetrics",
	"GET /V1.0/" + Project + "/metric-data":                  "ShowMetricData",
	"POST /V1.0/" + Project + "/batch-query-metric-data":     "BatchListMetricData",
	"POST /v3/auth/tokens":                                   "KeystoneCreateUserToken",
	"GET /v3/auth/tokens":                                    "KeystoneValidateToken",
	"GET /v3/auth/projects":                                  "KeystoneListAuthProjects",
}

// operationOf names the operation of a request; empty for none.
func operationOf(r *http.Request) string {
	if strings.HasPrefix(r.URL.Path, "/v3/users/") && strings.HasSuffix(r.URL.Path, "/groups") && r.Method == http.MethodGet {
		return "KeystoneListGroupsForUser"
	}
	return operations[r.Method+" "+r.URL.Path]
}

// answer makes the answer of the service. c.mu is held.
func (c *Cloud) answer(w http.ResponseWriter, r *http.Request, call Call) {
	switch call.Op {
	case "KeystoneCreateUserToken":
		c.signIn(w, r)
	case "KeystoneValidateToken":
		c.validate(w, r.Header.Get("X-Subject-Token"))
	case "KeystoneListAuthProjects":
		all := []any{map[string]any{"id": Project, "name": "local", "enabled": true}}
		for _, p := range c.projects {
			all = append(all, map[string]any{"id": p.id, "name": p.name, "enabled": true})
		}
		answerJSON(w, http.StatusOK, map[string]any{"projects": all})
	case "KeystoneListGroupsForUser":
		c.groups(w, strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/v3/users/"), "/groups"))
	case "ListFlows":
		c.list(w, r)
	case "CreateFlows":
		c.create(w, r)
	case "ListOttChannelInfo":
		c.listChannels(w, r, call.Channel)
	case "ShowChannelStatistic":
		c.statistic(w, r, call.Channel)
	case "ListCesDimsInfo":
		answerJSON(w, http.StatusOK, map[string]any{"query": dimensions()})
	case "ListCesInstance":
		c.instances(w, r)
	case "ListMetrics":
		c.metrics(w, r)
	case "ShowMetricData":
		c.metricData(w, r)
	case "BatchListMetricData":
		c.batchMetricData(w, r)
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
		answerJSON(w, http.StatusOK, f.Flow)
	case "DeleteFlow":
		if f.Status == medialive.Active {
			refuse(w, http.StatusBadRequest, medialive.CodeInvalid, "flow task is in active status")
			return
		}
		c.remove(op, f.ID)
		answerJSON(w, http.StatusOK, map[string]any{"flow_id": f.ID, "status": "DELETED"})
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
			answerJSON(w, http.StatusOK, map[string]any{"flow_id": f.ID, "source": body.Source})
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
	answerJSON(w, http.StatusOK, map[string]any{"flow_id": f.ID, "status": s})
}

// output answers the operations on outputs.
func (f *Flow) output(w http.ResponseWriter, r *http.Request, op string) {
	if op == "CreateFlowOutput" {
		var made []medialive.Output
		if !decode(w, r, &made) {
			return
		}
		if len(f.Outputs)+len(made) > medialive.MaxOutputs {
			refuse(w, http.StatusBadRequest, medialive.CodeInvalid, "the number of flow outputs exceeds the limit")
			return
		}
		f.Outputs = append(f.Outputs, made...)
		answerJSON(w, http.StatusCreated, map[string]any{"flow_id": f.ID, "outputs": f.Outputs})
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
		answerJSON(w, http.StatusOK, map[string]any{"flow_id": f.ID, "output_name": name})
		return
	}
	answerJSON(w, http.StatusOK, f.Outputs[i])
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
	answerJSON(w, http.StatusOK, page)
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
	answerJSON(w, http.StatusCreated, map[string]any{"flow": f.Flow})
}

// groups answers the groups of a user.
func (c *Cloud) groups(w http.ResponseWriter, id string) {
	for _, u := range c.users {
		if u.ID == id && u.Groups != nil {
			list := []any{}
			for _, name := range u.Groups {
				list = append(list, map[string]any{"id": "g-" + name, "name": name})
			}
			answerJSON(w, http.StatusOK, map[string]any{"groups": list})
			return
		}
	}
	answerJSON(w, http.StatusForbidden, map[string]any{"error": map[string]any{"code": http.StatusForbidden, "message": "You are not authorized to perform the requested action", "title": "Forbidden"}})
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
		refuseIAM(w, http.StatusUnauthorized, "The username or password is wrong.")
		return
	case u.Passcode != "" && (code.Passcode != u.Passcode || code.ID != u.ID):
		refuseIAM(w, http.StatusUnauthorized, "The one-time passcode is missing or wrong.")
		return
	}
	to := project{name: body.Auth.Scope.Project.Name, id: Project}
	if i := slices.IndexFunc(c.projects, func(p project) bool { return p.name == to.name }); i >= 0 {
		to = c.projects[i]
	}
	if to.status != 0 {
		refuseIAM(w, to.status, to.words)
		return
	}
	c.made++
	token := fmt.Sprintf("token-%s-%d", given.Name, c.made)
	token += strings.Repeat("x", max(0, c.weight-len(token)))
	now := c.now().UTC()
	c.tokens[token] = now.Add(c.lifespan)
	w.Header().Set("X-Subject-Token", token)
	answerJSON(w, http.StatusCreated, map[string]any{"token": map[string]any{
		"issued_at": now, "expires_at": c.tokens[token],
		"user":    map[string]any{"id": u.ID, "name": given.Name, "domain": map[string]any{"id": "d", "name": "account"}},
		"project": map[string]any{"id": to.id, "name": to.name},
	}})
}

// validate tells about a token that was issued.
func (c *Cloud) validate(w http.ResponseWriter, token string) {
	ends, issued := c.tokens[token]
	if !issued || !c.now().Before(ends) {
		refuseIAM(w, http.StatusUnauthorized, "The token has ended.")
		return
	}
	w.Header().Set("X-Subject-Token", token)
	name, _, _ := strings.Cut(strings.TrimPrefix(token, "token-"), "-")
	answerJSON(w, http.StatusOK, map[string]any{"token": map[string]any{
		"issued_at": ends.Add(-c.lifespan), "expires_at": ends,
		"user":    map[string]any{"id": c.users[name].ID, "name": name, "domain": map[string]any{"id": "d", "name": "account"}},
		"project": map[string]any{"id": Project, "name": "local"},
	}})
}

func decode(w http.ResponseWriter, r *http.Request, into any) bool {
	if err := json.NewDecoder(r.Body).Decode(into); err != nil {
		refuse(w, http.StatusBadRequest, medialive.CodeInvalid, "the body is not valid")
		return false
	}
	return true
}

func answerJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	answerJSON(w, status, map[string]string{"error_code": code, "error_msg": message, "request_id": "r-1"})
}

func refuseIAM(w http.ResponseWriter, status int, message string) {
	answerJSON(w, status, map[string]any{
		"error": map[string]any{"code": status, "message": message, "title": http.StatusText(status)},
	})
}

// Refuse answers with an error of the API; for Before.
func Refuse(w http.ResponseWriter, status int, code, message string) {
	refuse(w, status, code, message)
}
