package medialive

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestClassification(t *testing.T) {
	live := func(code, msg string) string { return `{"error_code":"LIVE.` + code + `","error_msg":"` + msg + `"}` }
	apig := func(code, msg string) string {
		return `{"error_code":"` + code + `","error_msg":"` + msg + `","request_id":"r0"}`
	}
	same := func(k Kind) [2]Kind { return [2]Kind{k, k} }
	const html = "<html><body><h1>nginx</h1></body></html>"
	for name, c := range map[string]struct {
		status int
		body   string
		kinds  [2]Kind // of a read, of a command
	}{
		"token expired":             {401, apig("APIG.0301", "Incorrect IAM authentication information: token expires"), same(KindNotSignedIn)},
		"the other prefix":          {401, apig("APIGW.0301", "Incorrect IAM authentication information"), same(KindNotSignedIn)},
		"renew the token":           {401, apig("APIG.0307", "The token must be updated."), same(KindNotSignedIn)},
		"renew, other prefix":       {401, apig("APIGW.0307", "The token must be updated."), same(KindNotSignedIn)},
		"not signed in under 403":   {403, apig("APIG.0301", "decrypt token fail"), same(KindNotSignedIn)},
		"permission, as 401":        {401, live("100011003", "Unauthorized access to the interface"), same(KindNotPermitted)},
		"permission at the gateway": {403, apig("APIG.0302", "The IAM user is not authorized to access the API"), same(KindNotPermitted)},
		"that one, as 401":          {401, apig("APIG.0302", "The IAM user is not authorized to access the API"), same(KindNotPermitted)},
		"403 without a body":        {403, "", same(KindNotPermitted)},
		"401 without a body":        {401, "", same(KindNotSignedIn)},
		"IAM refuses":               {401, `{"error":{"code":401,"message":"The username or password is wrong.","title":"Unauthorized"}}`, same(KindNotSignedIn)},
		"throttled":                 {429, apig("APIG.0308", "The throttling threshold has been reached"), same(KindThrottled)},
		"throttled, other status":   {503, apig("APIGW.0308", "The throttling threshold has been reached"), same(KindThrottled)},
		"throttled in HTML":         {429, html, same(KindThrottled)},
		"exists":                    {400, live("103011018", "The resource to create is already exists"), same(KindExists)},
		"output exists":             {400, live("100011001", "outputs[0] name test has been exist"), same(KindExists)},
		"URL exists":                {400, `{"result_code":"LIVE.100011001","result_msg":"output url a/b.m3u8 is exist","id":"ch1"}`, same(KindExists)},
		"unknown flow":              {400, live("103011019", "flow_id not exist"), same(KindNotFound)},
		"unknown flow, as 404":      {404, live("103011019", "The resource to access is not exists"), same(KindNotFound)},
		"unknown output":            {400, live("100011001", "output_name test not exist in flow"), same(KindNotFound)},
		"unknown channel":           {400, `{"result_code":"LIVE.103011019","result_msg":"The resource to access is not exists"}`, same(KindNotFound)},
		"unknown to IAM":            {404, `{"error":{"code":404,"message":"X-Subject-Token is invalid in the request","title":"Not Found"}}`, same(KindNotFound)},
		"running":                   {400, live("100011001", "flow task is in active status"), same(KindState)},
		"not running":               {400, live("100011001", "flow task is in standby status"), same(KindState)},
		"state of a channel":        {400, `{"result_code":"LIVE.100011001","result_msg":"Request parameters is invalid, channel state has been turned OFF"}`, same(KindState)},
		"state by code":             {400, live("103011022", "The state of the resource forbids it"), same(KindState)},
		"invalid":                   {400, live("100011001", "Request parameters is invalid"), same(KindRefused)},
		"IAM: invalid":              {400, `{"error":{"code":400,"message":"The request body is invalid","title":"Bad Request"}}`, same(KindRefused)},
		"no code we know":           {400, live("100099999", "flow_id not exist"), same(KindRefused)},
		"200 with an error code":    {200, live("103011019", "flow_id not exist"), same(KindNotFound)},
		"200 with internal error":   {200, live("100011005", "Server internal error"), [2]Kind{KindUnavailable, KindOutcomeUnknown}},
		"an unknown path":           {404, apig("APIG.0101", "The API does not exist"), same(KindRefused)},
		"404 in HTML":               {404, html, [2]Kind{KindUnreadable, KindRefused}},
		"400 in HTML":               {400, html, [2]Kind{KindUnreadable, KindRefused}},
		"413 in HTML":               {413, html, [2]Kind{KindUnreadable, KindRefused}},
		"408":                       {408, html, same(KindUnavailable)},
		"internal error":            {500, live("100011005", "Server internal error"), [2]Kind{KindUnavailable, KindOutcomeUnknown}},
		"500 in HTML":               {500, html, [2]Kind{KindUnavailable, KindOutcomeUnknown}},
		"502 in HTML":               {502, html, [2]Kind{KindUnavailable, KindOutcomeUnknown}},
		"503 by the service":        {503, live("100011008", "maintenance"), same(KindUnavailable)},
		"503 by some proxy":         {503, "upstream connect error or disconnect/reset before headers", [2]Kind{KindUnavailable, KindOutcomeUnknown}},
		"back end too slow":         {504, apig("APIG.0201", "Backend timeout."), [2]Kind{KindUnavailable, KindOutcomeUnknown}},
		"504 in HTML":               {504, html, [2]Kind{KindUnavailable, KindOutcomeUnknown}},
		"redirect":                  {302, "", [2]Kind{KindUnreadable, KindOutcomeUnknown}},
		"not modified":              {304, "", [2]Kind{KindUnreadable, KindOutcomeUnknown}},
		"odd types in the body":     {400, `{"error_code":["x"],"result_code":17,"result_msg":"m"}`, same(KindRefused)},
	} {
		t.Run(name, func(t *testing.T) {
			for i, r := range []request{{op: "a read"}, {op: "a command", command: true}} {
				e := r.refusal(answer{status: c.status, body: []byte(c.body), header: http.Header{}})
				if e == nil || e.Kind != c.kinds[i] || e.Status != c.status {
					t.Errorf("%s: %v, want %s", r.op, e, c.kinds[i])
				}
			}
		})
	}
}

func TestSuccess(t *testing.T) {
	for name, a := range map[string]answer{
		"200":                        {status: 200, body: []byte(`{"flow_id":"1"}`)},
		"201":                        {status: 201},
		"a code that means success":  {status: 200, body: []byte(`{"result_code":"LIVE.100000000","result_msg":"SUCCESS"}`)},
		"an error object, but empty": {status: 200, body: []byte(`{"error":null,"error_code":""}`)},
	} {
		t.Run(name, func(t *testing.T) {
			if e := (request{}).refusal(a); e != nil {
				t.Error(e)
			}
		})
	}
}

// TestNoExtensions: where there is no gateway of ours, its paths are unknown.
func TestNoExtensions(t *testing.T) {
	for _, body := range []string{`{"error_code":"APIG.0101","error_msg":"The API does not exist"}`, "<html>", ""} {
		url, _ := answering(t, 404, nil, body)
		c := testClient(t, url)
		_, err := c.Capabilities(t.Context())
		wantKind(t, err, KindNotFound)
		wantKind(t, c.Events(t.Context(), nil), KindNotFound)
	}
}

func TestErrorKeepsWhatWasAnswered(t *testing.T) {
	for name, c := range map[string]struct {
		header http.Header
		id     string
	}{
		"id in the header": {http.Header{"X-Request-Id": {"abc"}}, "abc"},
		"id in the body":   {nil, "r0"},
	} {
		t.Run(name, func(t *testing.T) {
			url, _ := answering(t, 400, c.header, `{"error_code":"APIG.0105","error_msg":"a\u0000b\nc","request_id":"r0"}`)
			_, err := testClient(t, url).StartFlow(t.Context(), testFlow)
			e := wantKind(t, err, KindRefused)
			if e.Status != 400 || e.Code != "APIG.0105" || e.Message != "a b c" || e.RequestID != c.id || e.Op != "ModifyFlowStart" {
				t.Errorf("%+v", e)
			}
		})
	}
}

func TestErrorIsBounded(t *testing.T) {
	long := strings.Repeat("é", 100_000)
	e := request{}.refusal(answer{
		status: 400, header: http.Header{"X-Request-Id": {long}},
		body: []byte(`{"error_code":"` + long + `","error_msg":"` + long + `"}`),
	})
	if len(e.Code) > maxCode || len(e.Message) > maxMessage || len(e.RequestID) > maxRequestID {
		t.Errorf("kept %d, %d, %d bytes", len(e.Code), len(e.Message), len(e.RequestID))
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, " 7 ": 7 * time.Second, "0": 0, "-7": 0, "7.5": 0, "soon": 0,
		"99999999999999999999": 0, "999999999": time.Hour,
		"Fri, 02 Jan 2026 03:04:35 GMT": 30 * time.Second,
		"Fri, 02 Jan 2026 03:04:00 GMT": 0,
	} {
		if got := retryAfter(http.Header{"Retry-After": {value}}, now); got != want {
			t.Errorf("%q means %s, want %s", value, got, want)
		}
	}
	url, _ := answering(t, 429, http.Header{"Retry-After": {"7"}}, `{"error_code":"APIG.0308","error_msg":"x"}`)
	err := testClient(t, url).DeleteFlow(t.Context(), testFlow)
	if e := wantKind(t, err, KindThrottled); e.RetryAfter != 7*time.Second {
		t.Errorf("retry after %s", e.RetryAfter)
	}
}

// FuzzErrorBody: no body makes a panic, a success of a refusal, or an error
// that is longer than it may be.
func FuzzErrorBody(f *testing.F) {
	f.Add(400, `{"error_code":"LIVE.100011001","error_msg":"flow_id not exist"}`)
	f.Add(400, `{"result_code":17,"result_msg":null}`)
	f.Add(401, `{"error":{"code":401,"message":"wrong"}}`)
	f.Add(200, `{"error":[[[[{}]]]],"error_code":1e999}`)
	f.Add(502, "<html>")
	f.Fuzz(func(t *testing.T, status int, body string) {
		for _, command := range []bool{false, true} {
			e := request{command: command}.refusal(answer{status: status, body: []byte(body), header: http.Header{}})
			if e == nil {
				if status < 200 || status > 299 {
					t.Fatalf("%d taken for a success", status)
				}
				continue
			}
			if e.Kind == "" || len(e.Code) > maxCode || len(e.Message) > maxMessage || strings.ContainsAny(e.Message+e.Code, "\n\r\x00") {
				t.Fatalf("%#v", e)
			}
			if !command && e.Kind == KindOutcomeUnknown || command && e.Kind == KindUnreadable {
				t.Fatalf("a kind that cannot be: %v", e)
			}
		}
	})
}
