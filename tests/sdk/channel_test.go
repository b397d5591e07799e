package sdk

import (
	"errors"
	"strings"
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	live "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/live/v1"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/live/v1/model"
)

const (
	codeSuccess     = "LIVE.100000000"
	codeUnsupported = "LIVE.100011006"
	codeNoStatistic = "LIVE.103011099"
	domain, app, id = "push.example.com", "live", "ch1"
	playAt          = "pull.example.com/live/ch1/index"
)

// channelLife takes a channel through all ten operations, and asks Cloud Eye's
// two what there is.
func channelLife(t *testing.T, c *live.LiveClient) {
	list, err := c.ListOttChannelInfo(&model.ListOttChannelInfoRequest{})
	check(t, err)
	if *list.Total != 0 || len(*list.Channels) != 0 {
		t.Fatalf("a new gateway has %v", list)
	}
	ch := &channel{t, c}
	ch.unknown()
	ch.created()
	ch.changed()
	ch.outputs()
	ch.switched()
	ch.statistic()
	ch.eye()
	ch.deleted()
}

// channel is a channel under test.
type channel struct {
	t *testing.T
	c *live.LiveClient
}

// refusedChannel checks a refusal in the shape of the channel operations, which
// the SDK does not understand: it gives the body as the message.
func refusedChannel(t *testing.T, err error, code, message string) {
	t.Helper()
	var e *sdkerr.ServiceResponseError
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want 400 %s", err, code)
	}
	if e.StatusCode != 400 || !strings.Contains(e.ErrorMessage, `"result_code":"`+code+`"`) || !strings.Contains(e.ErrorMessage, message) ||
		strings.Contains(e.ErrorMessage, phrase) {
		t.Errorf("got %d %q, want 400 %s %q", e.StatusCode, e.ErrorMessage, code, message)
	}
}

func input() *model.InputStreamInfo {
	return &model.InputStreamInfo{
		InputProtocol: model.GetInputStreamInfoInputProtocolEnum().FLV_PULL,
		Sources:       &[]model.SourcesInfo{{Url: new("http://203.0.113.5/live/ch1.flv?key=" + phrase), Bitrate: new(int32(1024)), Width: new(int32(100)), Height: new(int32(100))}},
	}
}

func (ch *channel) list() model.CreateOttChannelInfoReq {
	ch.t.Helper()
	list, err := ch.c.ListOttChannelInfo(&model.ListOttChannelInfoRequest{Domain: new(domain), AppName: new(app), Id: new(id), Limit: new(int32(1))})
	check(ch.t, err)
	if *list.Total != 1 || len(*list.Channels) != 1 {
		ch.t.Fatalf("listed %v", list)
	}
	return (*list.Channels)[0]
}

func (ch *channel) unknown() {
	ch.t.Helper()
	_, err := ch.c.DeleteOttChannelInfo(&model.DeleteOttChannelInfoRequest{Domain: domain, AppName: app, Id: id})
	refusedChannel(ch.t, err, codeUnknown, "The resource to access is not exists")
	_, err = ch.c.ListOttChannelInfo(&model.ListOttChannelInfoRequest{Domain: new(domain), AppName: new(app), Id: new(id)})
	refusedChannel(ch.t, err, codeUnknown, "The resource to access is not exists")
}

// created makes the channel, after some that are refused.
func (ch *channel) created() {
	ch.t.Helper()
	request := func(edit func(*model.CreateOttChannelInfoReq)) *model.CreateOttChannelInfoRequest {
		body := &model.CreateOttChannelInfoReq{
			Domain: domain, AppName: app, Id: id, Name: new("Channel <1> & more"), State: model.GetCreateOttChannelInfoReqStateEnum().OFF,
			Input: input(), RecordSettings: &model.CreateOttChannelInfoReqRecordSettings{RollingbufferDuration: 3600},
			Endpoints: &[]model.EndpointItem{{
				HlsPackage:  &[]model.HlsPackageItem{{Url: new(playAt + ".m3u8"), SegmentDurationSeconds: 4, PlaylistWindowSeconds: new(int32(60))}},
				DashPackage: &[]model.DashPackageItem{{Url: new(playAt + ".mpd"), SegmentDurationSeconds: 4}},
			}},
		}
		edit(body)
		return &model.CreateOttChannelInfoRequest{Body: body}
	}
	for message, edit := range map[string]func(*model.CreateOttChannelInfoReq){
		"input.sources[0].url": func(b *model.CreateOttChannelInfoReq) { (*b.Input.Sources)[0].Url = new("file:///etc/passwd") },
		"rollingbuffer":        func(b *model.CreateOttChannelInfoReq) { b.RecordSettings.RollingbufferDuration = 1209601 },
		"segment_duration":     func(b *model.CreateOttChannelInfoReq) { (*(*b.Endpoints)[0].HlsPackage)[0].SegmentDurationSeconds = 11 },
	} {
		_, err := ch.c.CreateOttChannelInfo(request(edit))
		refusedChannel(ch.t, err, codeInvalid, message)
	}
	_, err := ch.c.CreateOttChannelInfo(request(func(b *model.CreateOttChannelInfoReq) {
		b.Mode = new(model.GetCreateOttChannelInfoReqModeEnum().ADD_CDN)
	}))
	refusedChannel(ch.t, err, codeUnsupported, "there is no CDN")
	good := request(func(*model.CreateOttChannelInfoReq) {})
	made, err := ch.c.CreateOttChannelInfo(good)
	check(ch.t, err)
	if made.HttpStatusCode != 201 || *made.ResultCode != codeSuccess || *made.ResultMsg != "SUCCESS" || *made.Id != id {
		ch.t.Errorf("created %d %v", made.HttpStatusCode, made)
	}
	_, err = ch.c.CreateOttChannelInfo(good)
	refusedChannel(ch.t, err, codeExists, "already exists")
	if got := ch.list(); got.State.Value() != "OFF" || *got.Name != "Channel <1> & more" || *got.Region != regionID || got.Mode.Value() != "ONLY_OS" {
		ch.t.Errorf("listed %v", got)
	}
}

// changed changes all but the outputs.
func (ch *channel) changed() {
	ch.t.Helper()
	named, err := ch.c.ModifyOttChannelInfoGeneral(&model.ModifyOttChannelInfoGeneralRequest{
		Body: &model.ModifyOttChannelGeneral{Domain: domain, AppName: app, Id: id, Name: "renamed"},
	})
	check(ch.t, err)
	if *named.ResultCode != codeSuccess || *named.Domain != domain {
		ch.t.Errorf("general answered %v", named)
	}
	_, err = ch.c.ModifyOttChannelInfoRecordSettings(&model.ModifyOttChannelInfoRecordSettingsRequest{Body: &model.ModifyOttChannelRecordSettings{
		Domain: domain, AppName: app, Id: id, RecordSettings: &model.ModifyOttChannelRecordSettingsRecordSettings{RollingbufferDuration: new(int32(7200))},
	}})
	check(ch.t, err)
	_, err = ch.c.ModifyOttChannelInfoEncoderSettings(&model.ModifyOttChannelInfoEncoderSettingsRequest{Body: &model.ModifyOttChannelEncoderSettings{
		Domain: domain, AppName: app, Id: id, EncoderSettings: &[]model.ModifyOttChannelEncoderSettingsEncoderSettings{{TemplateId: new("360p")}},
	}})
	check(ch.t, err)
	changed := input()
	(*changed.Sources)[0].Bitrate = new(int32(2048))
	_, err = ch.c.ModifyOttChannelInfoInput(&model.ModifyOttChannelInfoInputRequest{
		Body: &model.ModifyOttChannelInputReq{Domain: domain, AppName: app, Id: id, Input: changed},
	})
	check(ch.t, err)
	got := ch.list()
	if *got.Name != "renamed" || got.RecordSettings.RollingbufferDuration != 7200 || *(*got.EncoderSettings)[0].TemplateId != "360p" ||
		*(*got.Input.Sources)[0].Bitrate != 2048 {
		ch.t.Errorf("after the changes: %v", got)
	}
}

// outputs sends the packages back, as whoever changes one does.
func (ch *channel) outputs() {
	ch.t.Helper()
	endpoints := ch.list().Endpoints
	request := &model.ModifyOttChannelInfoEndPointsRequest{Body: &model.ModifyOttChannelEndPointsReq{Domain: domain, AppName: app, Id: id, Endpoints: endpoints}}
	hls := &(*(*endpoints)[0].HlsPackage)[0]
	kept := *hls.Id
	hls.SegmentDurationSeconds = 6
	_, err := ch.c.ModifyOttChannelInfoEndPoints(request)
	check(ch.t, err)
	if got := (*(*ch.list().Endpoints)[0].HlsPackage)[0]; *got.Id != kept || got.SegmentDurationSeconds != 6 {
		ch.t.Errorf("package %v, was %s", got, kept)
	}
	hls.Id = nil
	_, err = ch.c.ModifyOttChannelInfoEndPoints(request)
	refusedChannel(ch.t, err, codeInvalid, "output url "+playAt+".m3u8 is exist")
}

// switched turns the channel ON where this build and machine can run it, and OFF
// again; elsewhere it must be told why not.
func (ch *channel) switched() {
	ch.t.Helper()
	states := model.GetModifyOttChannelStateStateEnum()
	to := func(state model.ModifyOttChannelStateState) (*model.ModifyOttChannelInfoStatsResponse, error) {
		return ch.c.ModifyOttChannelInfoStats(&model.ModifyOttChannelInfoStatsRequest{
			Body: &model.ModifyOttChannelState{Domain: domain, AppName: app, Id: id, State: state},
		})
	}
	_, err := to(states.OFF)
	refusedChannel(ch.t, err, codeInvalid, "channel state has been turned OFF")
	turned, err := to(states.ON)
	if err != nil {
		refusedChannel(ch.t, err, codeUnsupported, "nothing was changed")
		return
	}
	if *turned.ResultCode != codeSuccess || ch.list().State.Value() != "ON" {
		ch.t.Errorf("turned ON: %v", turned)
	}
	_, err = to(states.ON)
	refusedChannel(ch.t, err, codeInvalid, "channel state has been turned ON")
	_, err = ch.c.DeleteOttChannelInfo(&model.DeleteOttChannelInfoRequest{Domain: domain, AppName: app, Id: id})
	refusedChannel(ch.t, err, codeInvalid, "channel state has been turned ON")
	_, err = to(states.OFF)
	check(ch.t, err)
}

func (ch *channel) statistic() {
	ch.t.Helper()
	request := &model.ShowChannelStatisticRequest{Body: &model.ShowChannelStatisticReq{
		Domain: domain, AppName: app, Id: id, Type: model.GetShowChannelStatisticReqTypeEnum().SCTE35,
		Scte35: &model.Scte35StatisticReq{Type: model.GetScte35StatisticReqTypeEnum().ALL, StartTime: 1741650609, EndTime: 1741658609},
	}}
	none, err := ch.c.ShowChannelStatistic(request)
	check(ch.t, err)
	if none.Scte35.Total != 0 || *none.Id != id {
		ch.t.Errorf("statistic %v", none)
	}
	request.Body.Id = "ch2"
	_, err = ch.c.ShowChannelStatistic(request)
	refused(ch.t, err, 404, codeNoStatistic, "query channel statistic failed")
}

// eye asks the two operations of Cloud Eye.
func (ch *channel) eye() {
	ch.t.Helper()
	dims, err := ch.c.ListCesDimsInfo(&model.ListCesDimsInfoRequest{Namespace: "SYS.LIVE"})
	check(ch.t, err)
	if dims.Query.MedialiveMpc.Display.Id.EnUs != "Channel" || len(dims.Query.Pipeline.Params) != 1 {
		ch.t.Errorf("dimensions %v", dims)
	}
	_, err = ch.c.ListCesDimsInfo(&model.ListCesDimsInfoRequest{Namespace: "SYS.ECS"})
	refused(ch.t, err, 400, codeInvalid, "namespace")
	found, err := ch.c.ListCesInstance(&model.ListCesInstanceRequest{Body: &model.ListCesInstanceRequestBody{
		Namespace: model.GetListCesInstanceRequestBodyNamespaceEnum().SYS_LIVE,
		Query:     []model.ListCesInstanceRequestBodyQuery{{DimName: "medialive_mpc", Id: new(id)}, {DimName: "pipeline"}},
	}})
	check(ch.t, err)
	if all := *found.Instances; *found.Total != 1 || len(all) != 1 || *all[0].MedialiveMpc.Id != id || *all[0].Pipeline.Id != "Pipeline0" {
		ch.t.Errorf("instances %v", found)
	}
}

func (ch *channel) deleted() {
	ch.t.Helper()
	gone, err := ch.c.DeleteOttChannelInfo(&model.DeleteOttChannelInfoRequest{Domain: domain, AppName: app, Id: id})
	check(ch.t, err)
	if *gone.ResultCode != codeSuccess || *gone.Id != id {
		ch.t.Errorf("deleted %v", gone)
	}
	list, err := ch.c.ListOttChannelInfo(&model.ListOttChannelInfoRequest{Id: new(id)})
	check(ch.t, err)
	if *list.Total != 0 {
		ch.t.Errorf("after the deletion: %v", list)
	}
}
