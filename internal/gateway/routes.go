package gateway

import "net/http"

// The actions of the API, as policies name them.
const (
	actionCreateFlow   = "live:ott:createFlow"
	actionListFlow     = "live:ott:listFlow"
	actionDeleteFlow   = "live:ott:deleteFlow"
	actionShowFlow     = "live:ott:showFlow"
	actionStartFlow    = "live:ott:updateFlowStatusStart"
	actionStopFlow     = "live:ott:updateFlowStatusStop"
	actionUpdateSource = "live:ott:updateFlowSource"
	actionCreateOutput = "live:ott:createFlowOutput"
	actionUpdateOutput = "live:ott:updateFlowOutput"
	actionShowOutput   = "live:ott:showFlowOutput"
	actionDeleteOutput = "live:ott:deleteFlowOutput"
)

// route is one line of the table: who may, and what is done. One of handle and
// stream is set.
type route struct {
	pattern string
	actions []string // all of them are needed
	handle  func(*call) (answer, error)
	stream  func(http.ResponseWriter, *call)
}

// routes is the whole API; what is not here does not exist.
func (g *Gateway) routes() []route {
	do := func(pattern, action string, handle func(*call) (answer, error)) route {
		return route{pattern: pattern, actions: []string{action}, handle: handle}
	}
	return []route{
		do("POST /v1/{project_id}/flows", actionCreateFlow, g.createFlow),
		do("GET /v1/{project_id}/flows", actionListFlow, g.listFlows),
		do("DELETE /v1/{project_id}/flows", actionDeleteFlow, g.deleteFlow),
		do("GET /v1/{project_id}/flows/detail", actionShowFlow, g.showFlow),
		do("PUT /v1/{project_id}/flows/start", actionStartFlow, g.startFlow),
		do("PUT /v1/{project_id}/flows/stop", actionStopFlow, g.stopFlow),
		do("PUT /v1/{project_id}/flows/sources", actionUpdateSource, g.updateSource),
		do("POST /v1/{project_id}/flows/outputs", actionCreateOutput, g.createOutputs),
		do("PUT /v1/{project_id}/flows/outputs", actionUpdateOutput, g.updateOutput),
		do("GET /v1/{project_id}/flows/outputs", actionShowOutput, g.showOutput),
		do("DELETE /v1/{project_id}/flows/outputs", actionDeleteOutput, g.deleteOutput),

		do("GET /ext/v1/{project_id}/capabilities", actionListFlow, g.capabilities),
		do("GET /ext/v1/{project_id}/statistics", actionShowFlow, g.statistics),
		do("GET /ext/v1/{project_id}/refused-callers", actionShowFlow, g.refusedCallers),
		{pattern: "GET /ext/v1/{project_id}/events", actions: eventActions, stream: g.events},
	}
}
