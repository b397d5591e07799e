package sdk

import (
	"testing"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	live "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/live/v1"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/live/v1/model"
)

// The codes that the gateway answers here.
const (
	codeInvalid        = "LIVE.100011001"
	codeNotPermitted   = "LIVE.100011003"
	codeExists         = "LIVE.103011018"
	codeUnknown        = "LIVE.103011019"
	codeNotSignedIn    = "APIG.0301"
	phrase             = "correct-horse-battery"
	mask               = "******"
	standby, active    = "STANDBY", "ACTIVE"
	outCaller, outPull = "to_partner", "for_pull"
)

func TestOfficialSDK(t *testing.T) {
	s := startGateway(t)
	admin := s.newKey("admin")
	t.Run("the life of a flow", func(t *testing.T) { life(t, s.must(admin, "")) })
	t.Run("the life of a channel", func(t *testing.T) { channelLife(t, s.must(admin, "")) })
	t.Run("all that answers about channels have", func(t *testing.T) { channelAnswers(t, s.must(admin, "")) })
	t.Run("every field of a channel", func(t *testing.T) { wholeFields(t, s.must(admin, "")) })
	t.Run("who may not", func(t *testing.T) { notPermitted(t, s, admin) })
}

// life takes a flow from its creation to its deletion.
func life(t *testing.T, c *live.LiveClient) {
	list, err := c.ListFlows(&model.ListFlowsRequest{})
	check(t, err)
	if list.HttpStatusCode != 200 || *list.Total != 0 || len(*list.Flows) != 0 {
		t.Fatalf("a new gateway has %v", list)
	}
	id := create(t, c)
	l := &flow{t, c, id}
	l.listed(standby)
	l.started()
	l.outputs()
	l.source()
	l.stopped()
	l.deleted()
}

// flow is a flow under test.
type flow struct {
	t  *testing.T
	c  *live.LiveClient
	id string
}

func source() model.FlowSource {
	return model.FlowSource{
		Name: "cam1", Protocol: model.GetFlowSourceProtocolEnum().SRT_LISTENER, MinLatency: new(int32(120)),
		Description: new("camera <1> & more"), CidrWhitelist: &[]string{"192.0.2.0/24"}, Decryption: protection(phrase),
	}
}

func protection(passphrase string) *model.FlowSourceDecryption {
	return &model.FlowSourceDecryption{
		Algorithm:  new(model.GetFlowSourceDecryptionAlgorithmEnum().AES128),
		KeyType:    model.GetFlowSourceDecryptionKeyTypeEnum().SRT_PASSWORD,
		Passphrase: passphrase,
	}
}

// create makes the flow, after some that are refused.
func create(t *testing.T, c *live.LiveClient) string {
	t.Helper()
	request := func(name string, change func(*model.FlowSource)) *model.CreateFlowsRequest {
		s := source()
		change(&s)
		return &model.CreateFlowsRequest{Body: &model.CreateFlowsRequestBody{Name: name, Region: regionID, Sources: []model.FlowSource{s}}}
	}
	for name, bad := range map[string]*model.CreateFlowsRequest{
		"name":                 request("1 flow", func(*model.FlowSource) {}),
		"source_listener_port": request("studio-a", func(s *model.FlowSource) { s.SourceListenerPort = new(int32(2077)) }),
		"min_latency":          request("studio-a", func(s *model.FlowSource) { s.MinLatency = new(int32(9)) }),
		"cidr_whitelist":       request("studio-a", func(s *model.FlowSource) { s.CidrWhitelist = &[]string{"10.0.0.0/33"} }),
		"passphrase":           request("studio-a", func(s *model.FlowSource) { s.Decryption = protection("123456789") }),
	} {
		_, err := c.CreateFlows(bad)
		refused(t, err, 400, codeInvalid, name)
	}
	good := request("studio-a", func(*model.FlowSource) {})
	made, err := c.CreateFlows(good)
	check(t, err)
	f := made.Flow
	if made.HttpStatusCode != 201 || f == nil || f.FlowId == "" || f.Name != "studio-a" || f.Status != standby || len(f.Sources) != 1 {
		t.Fatalf("created %d %v", made.HttpStatusCode, f)
	}
	s := f.Sources[0]
	if *s.SourceListenerPort < 20000 || *s.SourceListenerAddress == "" || *s.Description != "camera <1> & more" ||
		s.Decryption.Passphrase != mask || s.HealthStatus.Value() != "DISCONNECTED" {
		t.Errorf("source %v", s)
	}
	_, err = c.CreateFlows(good)
	refused(t, err, 400, codeExists, "already exists")
	return f.FlowId
}

// listed checks the flow in the list and in full.
func (f *flow) listed(status string) {
	f.t.Helper()
	list, err := f.c.ListFlows(&model.ListFlowsRequest{Limit: new(int32(1)), Offset: new(int32(0))})
	check(f.t, err)
	if items := *list.Flows; *list.Total != 1 || len(items) != 1 || items[0].FlowId != f.id || items[0].Status.Value() != status {
		f.t.Errorf("list %v", list)
	}
	detail, err := f.c.ShowFlowDetail(&model.ShowFlowDetailRequest{FlowId: f.id})
	check(f.t, err)
	if *detail.FlowId != f.id || *detail.Status != status {
		f.t.Errorf("detail %v", detail)
	}
	for _, bad := range []*model.ListFlowsRequest{
		{Limit: new(int32(0))},
		{Limit: new(int32(101))},
		{Limit: new(int32(-1))},
		{Offset: new(int32(-1))},
	} {
		_, err := f.c.ListFlows(bad)
		refused(f.t, err, 400, codeInvalid, "")
	}
	_, err = f.c.ShowFlowDetail(&model.ShowFlowDetailRequest{FlowId: "no-such-flow"})
	refused(f.t, err, 400, codeUnknown, "flow_id not exist")
}

// started starts the flow, which must then not be started or deleted.
func (f *flow) started() {
	f.t.Helper()
	start := &model.ModifyFlowStartRequest{FlowId: f.id}
	answer, err := f.c.ModifyFlowStart(start)
	check(f.t, err)
	if *answer.FlowId != f.id || answer.Status.Value() != active {
		f.t.Errorf("start answered %v", answer)
	}
	f.listed(active)
	_, err = f.c.ModifyFlowStart(start)
	refused(f.t, err, 400, codeInvalid, "active status")
	_, err = f.c.DeleteFlow(&model.DeleteFlowRequest{FlowId: f.id})
	refused(f.t, err, 400, codeInvalid, "active status")
	_, err = f.c.ModifyFlowStart(&model.ModifyFlowStartRequest{FlowId: "no-such-flow"})
	refused(f.t, err, 400, codeUnknown, "flow_id not exist")
}

// outputs adds, changes and removes outputs while the flow runs.
func (f *flow) outputs() {
	f.t.Helper()
	protocols := model.GetAddFlowOutputsRequestProtocolEnum()
	add := &model.CreateFlowOutputRequest{FlowId: f.id, Body: &[]model.AddFlowOutputsRequest{
		{Name: outCaller, Protocol: protocols.SRT_CALLER, Destination: new("192.0.2.10"), Port: new(int32(2000)), Encryption: protection(phrase)},
		{Name: outPull, Protocol: protocols.SRT_LISTENER, CidrWhitelist: &[]string{"127.0.0.0/8"}},
	}}
	added, err := f.c.CreateFlowOutput(add)
	check(f.t, err)
	if added.HttpStatusCode != 201 || *added.FlowId != f.id || len(*added.Outputs) != 2 {
		f.t.Fatalf("outputs %v", added)
	}
	_, err = f.c.CreateFlowOutput(add)
	refused(f.t, err, 400, codeInvalid, "outputs[0] name "+outCaller+" has been exist")

	show := func(name string) *model.ShowOutputInfoRequest {
		return &model.ShowOutputInfoRequest{FlowId: f.id, OutputName: name}
	}
	shown, err := f.c.ShowOutputInfo(show(outPull))
	check(f.t, err)
	if *shown.Name != outPull || *shown.Port < 20000 || *shown.ListenerAddress == "" || *shown.Type != "Standard output" ||
		shown.OutputStatus.Value() != "ENABLED" || *shown.MinLatency != 2000 {
		f.t.Errorf("output %v", shown)
	}
	_, err = f.c.ShowOutputInfo(show("nothing"))
	refused(f.t, err, 400, codeInvalid, "output_name nothing not exist in flow")
	f.changeOutput()

	gone, err := f.c.DeleteFlowOutput(&model.DeleteFlowOutputRequest{FlowId: f.id, OutputName: outPull})
	check(f.t, err)
	if *gone.FlowId != f.id || *gone.OutputName != outPull {
		f.t.Errorf("deletion answered %v", gone)
	}
	_, err = f.c.DeleteFlowOutput(&model.DeleteFlowOutputRequest{FlowId: f.id, OutputName: outPull})
	refused(f.t, err, 400, codeInvalid, "not exist in flow")
}

func (f *flow) changeOutput() {
	f.t.Helper()
	changed, err := f.c.ModifyFlowOutput(&model.ModifyFlowOutputRequest{
		FlowId: f.id, OutputName: outCaller, Body: &model.UpdateFlowOutputRequestBody{
			OutputStatus: new(model.GetUpdateFlowOutputRequestBodyOutputStatusEnum().DISABLED), MinLatency: new(int32(300)),
		},
	})
	check(f.t, err)
	if *changed.Name != outCaller || changed.OutputStatus.Value() != "DISABLED" || *changed.MinLatency != 300 ||
		*changed.Destination != "192.0.2.10" || changed.Encryption == nil || changed.Encryption.Passphrase != mask {
		f.t.Errorf("output %v", changed)
	}
	clear := model.GetShowOutputInfoRequestDataDisplayEnum().TRUE
	shown, err := f.c.ShowOutputInfo(&model.ShowOutputInfoRequest{FlowId: f.id, OutputName: outCaller, DataDisplay: &clear})
	check(f.t, err)
	if shown.Encryption == nil || shown.Encryption.Passphrase != phrase {
		f.t.Error("data_display=true does not show the passphrase")
	}
	_, err = f.c.ModifyFlowOutput(&model.ModifyFlowOutputRequest{
		FlowId: f.id, OutputName: outCaller, Body: &model.UpdateFlowOutputRequestBody{Port: new(int32(80))},
	})
	refused(f.t, err, 400, codeInvalid, "port")
}

// source replaces the source; without decryption it has none.
func (f *flow) source() {
	f.t.Helper()
	replace := func(name string) (*model.ModifyFlowSourcesResponse, error) {
		return f.c.ModifyFlowSources(&model.ModifyFlowSourcesRequest{
			FlowId: f.id, SourceName: name, Body: &model.ModifyFlowSourcesRequestBody{Source: &model.FlowSource{
				Name: "cam2", Protocol: model.GetFlowSourceProtocolEnum().SRT_LISTENER,
			}},
		})
	}
	changed, err := replace("cam1")
	check(f.t, err)
	if s := changed.Source; *changed.FlowId != f.id || s.Name != "cam2" || s.Decryption != nil || *s.SourceListenerPort < 20000 {
		f.t.Errorf("source %v", changed)
	}
	if _, err := replace("cam1"); err == nil {
		f.t.Error("a source by its old name is changed")
	}
}

func (f *flow) stopped() {
	f.t.Helper()
	stop := &model.ModifyFlowStopRequest{FlowId: f.id}
	answer, err := f.c.ModifyFlowStop(stop)
	check(f.t, err)
	if answer.Status.Value() != standby {
		f.t.Errorf("stop answered %v", answer)
	}
	f.listed(standby)
	_, err = f.c.ModifyFlowStop(stop)
	refused(f.t, err, 400, codeInvalid, "standby status")
}

func (f *flow) deleted() {
	f.t.Helper()
	answer, err := f.c.DeleteFlow(&model.DeleteFlowRequest{FlowId: f.id})
	check(f.t, err)
	if *answer.FlowId != f.id || *answer.Status == "" {
		f.t.Errorf("deletion answered %v", answer)
	}
	_, err = f.c.DeleteFlow(&model.DeleteFlowRequest{FlowId: f.id})
	refused(f.t, err, 400, codeUnknown, "flow_id not exist")
	list, err := f.c.ListFlows(&model.ListFlowsRequest{})
	check(f.t, err)
	if *list.Total != 0 {
		f.t.Errorf("after the deletion there are %v", list)
	}
}

// notPermitted is about those who may not, or not that.
func notPermitted(t *testing.T, s *service, admin key) {
	list := &model.ListFlowsRequest{}
	project := projectOf(t, s, admin)

	_, err := s.must(key{admin.access, admin.secret + "x"}, project).ListFlows(list)
	refused(t, err, 401, codeNotSignedIn, "verify aksk signature fail")
	_, err = s.must(key{"NOSUCHKEY", admin.secret}, project).ListFlows(list)
	refused(t, err, 401, codeNotSignedIn, "")
	if _, err := s.client(key{"ANOTHERKEY", admin.secret}, ""); err == nil {
		t.Error("IAM tells the project to anybody")
	}
	_, err = s.must(admin, "0123456789abcdef0123456789abcdef").ListFlows(list)
	refused(t, err, 401, codeNotPermitted, "")

	for _, age := range []time.Duration{-16 * time.Minute, 16 * time.Minute} {
		invoker := s.must(admin, project).ListFlowsInvoker(list)
		invoker.AddHeaders(map[string]string{"X-Sdk-Date": time.Now().Add(age).UTC().Format("20060102T150405Z")})
		_, err = invoker.Invoke()
		refused(t, err, 401, codeNotSignedIn, "")
	}

	s.run("a long enough password\n", "user", "add", "viewer")
	s.run("", "user", "policy", "viewer", "live:ott:listFlow")
	viewer := s.must(s.newKey("viewer"), project)
	_, err = viewer.ListFlows(list)
	check(t, err)
	_, err = viewer.ModifyFlowStart(&model.ModifyFlowStartRequest{FlowId: "any"})
	refused(t, err, 401, codeNotPermitted, "Unauthorized access")
}

// projectOf is the project id, as the gateway's IAM tells it to the SDK.
func projectOf(t *testing.T, s *service, k key) string {
	t.Helper()
	credentials, ok := s.must(k, "").HcClient.GetCredential().(*basic.Credentials)
	if !ok || credentials.ProjectId == "" {
		t.Fatal("IAM told no project")
	}
	return credentials.ProjectId
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
