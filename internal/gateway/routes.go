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

	actionCreateChannel   = "live:ott:createChannel"
	actionListChannel     = "live:ott:listChannel"
	actionDeleteChannel   = "live:ott:deleteChannel"
	actionUpdateEndpoints = "live:ott:updateChannelEndpoint"
	actionUpdateInput     = "live:ott:updateChannelInput"
	actionUpdateRecord    = "live:ott:updateChannelRecordSettings"
	actionUpdateGeneral   = "live:ott:updateChannelGeneral"
	actionUpdateState     = "live:ott:updateChannelState"
	actionUpdateEncoders  = "live:ott:updateChannelEncoderSettings"
	actionShowStatistic   = "live:ott:showChannelStatistic"
	actionDimensions      = "live:ott:getDimsInfo"
	actionInstances       = "live:ott:listCesInstances"
)

// route is one line of the table: who may, and what is done. One of handle and
// stream is set.
type route struct {
	pattern   string
	actions   []string // all of them are needed
	handle    func(*call) (answer, error)
	stream    func(http.ResponseWriter, *call)
	ofChannel bool // refusals have the shape of the channel operations
	ofEye     bool // refusals have the shape of Cloud Eye
	reads     bool // although it is no GET
}

// mostBody is how many bytes a request may have.
func (rt route) mostBody() int64 {
	if rt.ofChannel || rt.ofEye {
		return maxWhole
	}
	return maxBody
}

// routes is the whole API; what is not here does not exist.
func (g *Gateway) routes() []route {
	do := func(pattern, action string, handle func(*call) (answer, error)) route {
		return route{pattern: pattern, actions: []string{action}, handle: handle}
	}
	channel := func(pattern, action string, handle func(*call) (answer, error)) route {
		return route{pattern: pattern, actions: []string{action}, handle: handle, ofChannel: true}
	}
	query := func(pattern, action string, handle func(*call) (answer, error)) route {
		return route{pattern: pattern, actions: []string{action}, handle: handle, reads: true}
	}
	eye := func(pattern string, handle func(*call) (answer, error)) route {
		return route{pattern: pattern, actions: []string{actionShowStatistic}, handle: handle, reads: true, ofEye: true}
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

		channel("POST /v1/{project_id}/ott/channels", actionCreateChannel, g.createChannel),
		channel("GET /v1/{project_id}/ott/channels", actionListChannel, g.listChannels),
		channel("DELETE /v1/{project_id}/ott/channels", actionDeleteChannel, g.deleteChannel),
		channel("PUT /v1/{project_id}/ott/channels/endpoints", actionUpdateEndpoints, g.updateEndpoints),
		channel("PUT /v1/{project_id}/ott/channels/input", actionUpdateInput, g.updateInput),
		channel("PUT /v1/{project_id}/ott/channels/record-settings", actionUpdateRecord, g.updateRecord),
		channel("PUT /v1/{project_id}/ott/channels/general", actionUpdateGeneral, g.updateGeneral),
		channel("PUT /v1/{project_id}/ott/channels/state", actionUpdateState, g.switchChannel),
		channel("PUT /v1/{project_id}/ott/channels/encorder-settings", actionUpdateEncoders, g.updateEncoders),
		query("POST /v1/{project_id}/ott/channels/statistic", actionShowStatistic, g.channelStatistic),
		do("GET /v1/{project_id}/ott/dims-info", actionDimensions, g.dimensions),
		query("POST /v1/{project_id}/ott/instances", actionInstances, g.instances),

		eye("GET /V1.0/{project_id}/metrics", g.metrics),
		eye("GET /V1.0/{project_id}/metric-data", g.metricData),
		eye("POST /V1.0/{project_id}/batch-query-metric-data", g.batchMetricData),

		do("GET /ext/v1/{project_id}/capabilities", actionListFlow, g.capabilities),
		do("GET /ext/v1/{project_id}/statistics", actionShowFlow, g.statistics),
		do("GET /ext/v1/{project_id}/refused-callers", actionShowFlow, g.refusedCallers),
		do("GET /ext/v1/{project_id}/templates", actionListChannel, g.templates),
		do("GET /ext/v1/{project_id}/pictures", actionShowFlow, g.pictures),
		do("GET /ext/v1/{project_id}/channels", actionListChannel, g.channelDetails),
		{pattern: "GET /ext/v1/{project_id}/events", actions: eventActions, stream: g.events},
	}
}
