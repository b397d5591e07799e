package sdk

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	live "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/live/v1"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/live/v1/model"
)

// channelAnswers reads all that answers about channels may have: push addresses,
// pages, what is sent beside templates, signals by page and region, and each
// dimension of Cloud Eye with its instances.
func channelAnswers(t *testing.T, c *live.LiveClient) {
	for i := range 3 {
		pushed(t, c, fmt.Sprintf("push%d", i))
	}
	pages(t, c)
	signals(t, c, "push0")
	dimensions(t, c)
	flow := create(t, c)
	instances(t, c, flow)
	_, err := c.DeleteFlow(&model.DeleteFlowRequest{FlowId: flow})
	check(t, err)
	for i := range 3 {
		_, err := c.DeleteOttChannelInfo(&model.DeleteOttChannelInfoRequest{Domain: domain, AppName: app, Id: fmt.Sprintf("push%d", i)})
		check(t, err)
	}
}

// pushed makes a channel to push to, and changes its bit rate and its GOP.
func pushed(t *testing.T, c *live.LiveClient, id string) {
	t.Helper()
	input := func(bitrate int32) *model.InputStreamInfo {
		return &model.InputStreamInfo{
			InputProtocol: model.GetInputStreamInfoInputProtocolEnum().RTMP_PUSH,
			Sources:       &[]model.SourcesInfo{{Bitrate: new(bitrate), Width: new(int32(1280)), Height: new(int32(720))}},
		}
	}
	at := func(sources *[]model.SourceRsp, bitrate int32) {
		t.Helper()
		if sources == nil || len(*sources) != 1 {
			t.Fatalf("%s is pushed to at %v", id, sources)
		}
		s, path := (*sources)[0], fmt.Sprintf("/live/%s_%d?request_source=ott&channel_id=%s", id, bitrate, id)
		if !strings.HasPrefix(*s.Url, "rtmp://") || !strings.HasSuffix(*s.Url, path) || *s.Bitrate != bitrate || *s.Width != 1280 || *s.Height != 720 {
			t.Errorf("%s is pushed to at %v, not at …%s", id, s, path)
		}
	}
	made, err := c.CreateOttChannelInfo(&model.CreateOttChannelInfoRequest{Body: &model.CreateOttChannelInfoReq{
		Domain: domain, AppName: app, Id: id, State: model.GetCreateOttChannelInfoReqStateEnum().OFF, Input: input(1000),
		RecordSettings:  &model.CreateOttChannelInfoReqRecordSettings{},
		EncoderSettings: &[]model.ModifyOttChannelEncoderSettingsEncoderSettings{{TemplateId: new("360p")}}, // a GOP is of what is transcoded
	}})
	check(t, err)
	at(made.Sources, 1000)
	changed, err := c.ModifyOttChannelInfoInput(&model.ModifyOttChannelInfoInputRequest{Body: &model.ModifyOttChannelInputReq{
		Domain: domain, AppName: app, Id: id, Input: input(2000), EncoderSettingsExpand: &model.EncoderSettingsExpand{
			VideoDescriptions: &model.VideoDescriptions{GopDurationSeconds: new(model.GetVideoDescriptionsGopDurationSecondsEnum().E_4)},
		},
	}})
	check(t, err)
	at(changed.Sources, 2000)
	list, err := c.ListOttChannelInfo(&model.ListOttChannelInfoRequest{Domain: new(domain), AppName: new(app), Id: new(id)})
	check(t, err)
	ch := (*list.Channels)[0]
	if gop := fieldsOf(t, ch)["encoder_settings_expand.video_descriptions.gop_duration_seconds"]; gop != "4" || (*ch.Input.Sources)[0].Url != nil {
		t.Errorf("GOP %q, and a list tells the address %v", gop, (*ch.Input.Sources)[0].Url)
	}
}

// pages asks for lists of the three channels.
func pages(t *testing.T, c *live.LiveClient) {
	t.Helper()
	for _, p := range []struct {
		limit, offset int32
		ids           string
	}{{2, 0, "push2 push1"}, {2, 2, "push0"}, {2, 3, ""}, {100, 0, "push2 push1 push0"}} {
		list, err := c.ListOttChannelInfo(&model.ListOttChannelInfoRequest{Limit: new(p.limit), Offset: new(p.offset)})
		check(t, err)
		var ids []string
		for _, ch := range *list.Channels {
			ids = append(ids, ch.Id)
		}
		if got := strings.Join(ids, " "); got != p.ids || *list.Total != 3 {
			t.Errorf("%d from %d: %q of %d, want %q", p.limit, p.offset, got, *list.Total, p.ids)
		}
	}
	for _, bad := range []*model.ListOttChannelInfoRequest{{Limit: new(int32(0))}, {Limit: new(int32(101))}, {Offset: new(int32(-1))}} {
		_, err := c.ListOttChannelInfo(bad)
		refusedChannel(t, err, codeInvalid, "")
	}
}

// signals asks for each kind of signal, by page and region: nothing was sent.
func signals(t *testing.T, c *live.LiveClient, id string) {
	t.Helper()
	kinds, regions := model.GetScte35StatisticReqTypeEnum(), model.GetShowChannelStatisticReqRegionTypeEnum()
	for kind, name := range map[model.Scte35StatisticReqType]string{kinds.ALL: "all", kinds.SPLICE_INSERT: "splice insert", kinds.TIME_SIGNAL: "time signal"} {
		for _, region := range []model.ShowChannelStatisticReqRegionType{regions.MASTER, regions.SLAVE, regions.ALL} {
			got, err := c.ShowChannelStatistic(&model.ShowChannelStatisticRequest{Limit: new(int32(100)), Offset: new(int32(10)), Body: &model.ShowChannelStatisticReq{
				Domain: domain, AppName: app, Id: id, Type: model.GetShowChannelStatisticReqTypeEnum().SCTE35, RegionType: new(region),
				Scte35: &model.Scte35StatisticReq{Type: kind, StartTime: 1741650609, EndTime: 1741658609},
			}})
			check(t, err)
			if got.Scte35.Total != 0 || *got.Domain != domain || got.Type.Value() != "scte35" {
				t.Errorf("signals of %s: %v", name, got)
			}
		}
	}
}

// dimensions wants each dimension that the SDK knows.
func dimensions(t *testing.T, c *live.LiveClient) {
	t.Helper()
	told, err := c.ListCesDimsInfo(&model.ListCesDimsInfoRequest{Namespace: "SYS.LIVE"})
	check(t, err)
	all := reflect.ValueOf(*told.Query)
	for i := range all.NumField() {
		d, _ := all.Field(i).Interface().(*model.CesDimsItem)
		if d == nil || len(d.Params) != 1 || d.Params[0] != "id" || d.Display.Id.EnUs == "" || d.Display.Id.ZhCn == "" {
			t.Errorf("dimension %s: %v", all.Type().Field(i).Name, d)
		}
	}
}

// instances asks for those of channels page by page, and for the flow, which is
// told in the dimension of channels.
func instances(t *testing.T, c *live.LiveClient, flow string) {
	t.Helper()
	ask := func(dim string, start, limit int32) (total int32, ids string) {
		t.Helper()
		got, err := c.ListCesInstance(&model.ListCesInstanceRequest{Body: &model.ListCesInstanceRequestBody{
			Namespace: model.GetListCesInstanceRequestBodyNamespaceEnum().SYS_LIVE, Start: new(start), Limit: new(limit),
			Query: []model.ListCesInstanceRequestBodyQuery{{DimName: dim}},
		}})
		check(t, err)
		for _, i := range *got.Instances {
			ids += *i.MedialiveMpc.Id + " "
		}
		return *got.Total, ids
	}
	if total, ids := ask("medialive_mpc", 0, 2); total != 3 || strings.Count(ids, "push") != 2 {
		t.Errorf("the first two of %d channels: %s", total, ids)
	}
	if total, ids := ask("medialive_mpc", 2, 2); total != 3 || strings.Count(ids, "push") != 1 {
		t.Errorf("the last of %d channels: %s", total, ids)
	}
	if total, ids := ask("medialive_connect", 0, 100); total != 1 || strings.TrimSpace(ids) != flow {
		t.Errorf("%d flows: %s", total, ids)
	}
}
