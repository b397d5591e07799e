package gateway_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// badCase is a request that must be refused, and what its text must name.
type badCase struct{ what, method, path, body, field string }

func badSources() []badCase {
	source := func(fields string) string {
		return `{"name":"studio-b","region":"local","sources":[{"name":"camera","protocol":"srt-listener"` + fields + `}]}`
	}
	crypto := func(passphrase string) string {
		return `,"decryption":{"key_type":"srt-password","passphrase":"` + passphrase + `"}`
	}
	cidrs := strings.TrimSuffix(strings.Repeat(`"192.0.2.0/24",`, 21), ",")
	return []badCase{
		{"port 0", "POST", "/v1/flows", source(`,"source_listener_port":0`), "sources[0].source_listener_port"},
		{"port 80", "POST", "/v1/flows", source(`,"source_listener_port":80`), "sources[0].source_listener_port"},
		{"port 2077", "POST", "/v1/flows", source(`,"source_listener_port":2077`), "sources[0].source_listener_port"},
		{"port 2088", "POST", "/v1/flows", source(`,"source_listener_port":2088`), "sources[0].source_listener_port"},
		{"port 65536", "POST", "/v1/flows", source(`,"source_listener_port":65536`), "sources[0].source_listener_port"},
		{"port abc", "POST", "/v1/flows", source(`,"source_listener_port":"abc"`), "source_listener_port must be an integer"},
		{"port 5000.5", "POST", "/v1/flows", source(`,"source_listener_port":5000.5`), "source_listener_port must be an integer"},
		{"port 2^64", "POST", "/v1/flows", source(`,"source_listener_port":18446744073709551616`), "source_listener_port must be an integer"},
		{"latency 9", "POST", "/v1/flows", source(`,"min_latency":9`), "sources[0].min_latency"},
		{"latency 15001", "POST", "/v1/flows", source(`,"min_latency":15001`), "sources[0].min_latency"},
		{"latency 0", "POST", "/v1/flows", source(`,"min_latency":0`), "sources[0].min_latency"},
		{"21 CIDRs", "POST", "/v1/flows", source(`,"cidr_whitelist":[` + cidrs + `]`), "sources[0].cidr_whitelist"},
		{"CIDR /33", "POST", "/v1/flows", source(`,"cidr_whitelist":["192.0.2.0/24","10.0.0.0/33"]`), "sources[0].cidr_whitelist[1]"},
		{"IPv6 CIDR", "POST", "/v1/flows", source(`,"cidr_whitelist":["2001:db8::/32"]`), "sources[0].cidr_whitelist[0]"},
		{"CIDRs no array", "POST", "/v1/flows", source(`,"cidr_whitelist":"10.0.0.0/8"`), "sources.cidr_whitelist must be an array"},
		{"passphrase of 9", "POST", "/v1/flows", source(crypto(strings.Repeat("p", 9))), "sources[0].decryption.passphrase"},
		{"passphrase of 80", "POST", "/v1/flows", source(crypto(strings.Repeat("p", 80))), "sources[0].decryption.passphrase"},
		{"mask on creation", "POST", "/v1/flows", source(crypto("******")), "sources[0].decryption.passphrase"},
		{"cipher", "POST", "/v1/flows", source(`,"decryption":{"algorithm":"rot13","key_type":"srt-password","passphrase":"0123456789"}`), "sources[0].decryption.algorithm"},
		{"key type", "POST", "/v1/flows", source(`,"decryption":{"key_type":"speke","passphrase":"0123456789"}`), "sources[0].decryption.key_type"},
	}
}

func badFlows() []badCase {
	named := func(name string) string {
		return `{"name":` + name + `,"region":"local","sources":[{"name":"camera","protocol":"srt-listener"}]}`
	}
	return []badCase{
		{"description with a bell", "POST", "/v1/flows", strings.Replace(named(`"studio-b"`), `listener"}`, `listener","description":"a\u0007"}`, 1), "sources[0].description must not contain control characters"},
		{"stream id of 513", "POST", "/v1/flows", strings.Replace(named(`"studio-b"`), `listener"}`, `listener","stream_id":"`+strings.Repeat("s", 513)+`"}`, 1), "sources[0].stream_id"},
		{"no name", "POST", "/v1/flows", named(`""`), "name"},
		{"name of 65", "POST", "/v1/flows", named(`"` + strings.Repeat("n", 65) + `"`), "name"},
		{"name with markup", "POST", "/v1/flows", named(`"<script>"`), "name"},
		{"name with quotes", "POST", "/v1/flows", named(`"a\"b'c"`), "name"},
		{"name with an RTL mark", "POST", "/v1/flows", named(`"a\u200fb"`), "name"},
		{"leading digit", "POST", "/v1/flows", named(`"1studio"`), "name"},
		{"name is a number", "POST", "/v1/flows", named(`7`), "name must be a string"},
		{"other region", "POST", "/v1/flows", strings.Replace(named(`"studio-b"`), "local", "moon", 1), "region"},
		{"no source", "POST", "/v1/flows", `{"name":"studio-b","region":"local","sources":[]}`, "sources"},
		{"two sources", "POST", "/v1/flows", `{"name":"studio-b","region":"local","sources":[{"name":"a","protocol":"srt-listener"},{"name":"b","protocol":"srt-listener"}]}`, "sources"},
		{"protocol", "POST", "/v1/flows", `{"name":"studio-b","region":"local","sources":[{"name":"a","protocol":"rtmp"}]}`, "sources[0].protocol"},
		{"caller without address", "POST", "/v1/flows", `{"name":"studio-b","region":"local","sources":[{"name":"a","protocol":"srt-caller","source_listener_port":7000}]}`, "sources[0].source_listener_address"},
		{"no body", "POST", "/v1/flows", "", "body"},
		{"half a body", "POST", "/v1/flows", `{"name":`, "body"},
		{"two values", "POST", "/v1/flows", named(`"studio-b"`) + "{}", "body"},
		{"not UTF-8", "POST", "/v1/flows", named("\"\xff\""), "body"},
		{"an array", "POST", "/v1/flows", "[]", "body must be an object"},
		{"null", "POST", "/v1/flows", "null", "sources"},
	}
}

func badQueries(flowID string) []badCase {
	return []badCase{
		{"limit 0", "GET", "/v1/flows?limit=0", "", "limit"},
		{"limit 101", "GET", "/v1/flows?limit=101", "", "limit"},
		{"limit -1", "GET", "/v1/flows?limit=-1", "", "limit"},
		{"limit empty", "GET", "/v1/flows?limit=", "", "limit"},
		{"offset -1", "GET", "/v1/flows?offset=-1", "", "offset"},
		{"offset 2^63", "GET", "/v1/flows?offset=9223372036854775808", "", "offset"},
		{"broken query", "GET", "/v1/flows?limit=%zz", "", "query"},
		{"no flow_id", "GET", "/v1/flows/detail", "", "flow_id"},
		{"long flow_id", "GET", "/v1/flows/detail?flow_id=" + strings.Repeat("x", 65), "", "flow_id"},
		{"flow_id with NUL", "PUT", "/v1/flows/start?flow_id=a%00b", "", "flow_id"},
		{"delete while ACTIVE", "DELETE", "/v1/flows?flow_id=" + flowID, "", "flow task is in active status"},
	}
}

func badChanges(flowID string) []badCase {
	output := func(fields string) string {
		return `[{"name":"partner","protocol":"srt-listener"` + fields + `}]`
	}
	update := "/v1/flows/sources?source_name=camera&flow_id=" + flowID
	outputs := "/v1/flows/outputs?flow_id=" + flowID
	return []badCase{
		{"no source_name", "PUT", "/v1/flows/sources?flow_id=" + flowID, `{"source":{"name":"a","protocol":"srt-listener"}}`, "source_name"},
		{"unknown source_name", "PUT", "/v1/flows/sources?source_name=b&flow_id=" + flowID, `{"source":{"name":"a","protocol":"srt-listener"}}`, "source_name b not exist"},
		{"no envelope", "PUT", update, `{"name":"a","protocol":"srt-listener"}`, "source"},
		{"source port 0", "PUT", update, `{"source":{"name":"a","protocol":"srt-listener","source_listener_port":0}}`, "source.source_listener_port"},
		{"source latency", "PUT", update, `{"source":{"name":"a","protocol":"srt-listener","min_latency":9}}`, "source.min_latency"},
		{"outputs no array", "POST", outputs, `{"name":"a","protocol":"srt-listener"}`, "body must be an array"},
		{"no outputs", "POST", outputs, `[]`, "outputs"},
		{"11 outputs", "POST", outputs, "[" + strings.TrimSuffix(strings.Repeat(`{"name":"a","protocol":"srt-listener"},`, 11), ",") + "]", "outputs"},
		{"output port 80", "POST", outputs, output(`,"port":80`), "outputs[0].port"},
		{"output port 2077", "POST", outputs, output(`,"port":2077`), "outputs[0].port"},
		{"output twice", "POST", outputs, `[{"name":"a","protocol":"srt-listener"},{"name":"a","protocol":"srt-listener"}]`, "outputs[1] name a has been exist"},
		{"one bad of two", "POST", outputs, `[{"name":"a","protocol":"srt-listener"},{"name":"b","protocol":"srt-caller","port":7000}]`, "outputs[1].destination"},
		{"output status", "POST", outputs, output(`,"output_status":"ON"`), "outputs[0].output_status"},
		{"output name", "POST", outputs, `[{"name":"9a","protocol":"srt-listener"}]`, "outputs[0].name"},
		{"unknown output", "GET", outputs + "&output_name=nobody", "", "output_name nobody not exist in flow"},
		{"unknown output to change", "PUT", outputs + "&output_name=nobody", `{}`, "output_name nobody not exist in flow"},
		{"unknown output to delete", "DELETE", outputs + "&output_name=nobody", "", "output_name nobody not exist in flow"},
	}
}

// TestBadInput asks what must be refused: with 400, a code of the
// specification, and a text that names the field; and nothing may come of it.
func TestBadInput(t *testing.T) {
	r := newFakeRelay()
	f := newFixture(t, r)
	flow := f.started("studio-a")
	for _, c := range slices.Concat(badSources(), badFlows(), badQueries(flow.ID), badChanges(flow.ID)) {
		reply := f.ask(c.method, c.path, c.body)
		if reply.status != http.StatusBadRequest || reply.code != "LIVE.100011001" || !strings.Contains(reply.msg, c.field) {
			t.Errorf("%s: answered %d %s %q, want 400 and %q", c.what, reply.status, reply.code, reply.msg, c.field)
		}
		if len(reply.header.Get("X-Request-Id")) != 32 {
			t.Errorf("%s: request id %q", c.what, reply.header.Get("X-Request-Id"))
		}
	}
	if page, err := f.client.ListFlows(t.Context(), 10, 0); err != nil || page.Total != 1 {
		t.Errorf("something came of it: %+v, %v", page, err)
	}
	after, err := f.client.ShowFlow(t.Context(), flow.ID)
	f.must(err)
	if len(after.Outputs) != 0 || after.Sources[0].Name != "camera" || after.Status != "ACTIVE" || r.puts != 1 {
		t.Errorf("the flow was changed: %+v, %d puts", after, r.puts)
	}
}

func TestBadInputOfOutputChange(t *testing.T) {
	f := newFixture(t, newFakeRelay())
	flow := f.create("studio-a")
	path := "/v1/flows/outputs?output_name=partner&flow_id=" + flow.ID
	if reply := f.ask("POST", "/v1/flows/outputs?flow_id="+flow.ID, `[{"name":"partner","protocol":"srt-caller","destination":"192.0.2.1","port":7000}]`); reply.status != 201 {
		t.Fatal(reply)
	}
	for body, field := range map[string]string{
		`{"port":0}`:            "port",
		`{"port":80}`:           "port",
		`{"min_latency":0}`:     "min_latency",
		`{"min_latency":9}`:     "min_latency",
		`{"destination":""}`:    "destination",
		`{"destination":"a b"}`: "destination",
		`{"output_status":"X"}`: "output_status",
		`{"encryption":{"key_type":"srt-password","passphrase":"short"}}`:  "encryption.passphrase",
		`{"encryption":{"key_type":"srt-password","passphrase":"******"}}`: "encryption.passphrase",
		`[]`: "body must be an object",
	} {
		if reply := f.ask("PUT", path, body); reply.status != 400 || reply.code != "LIVE.100011001" || !strings.Contains(reply.msg, field) {
			t.Errorf("%s: answered %d %s %q, want %q", body, reply.status, reply.code, reply.msg, field)
		}
	}
}

func TestLimitsThatAreAllowed(t *testing.T) {
	f := newFixture(t, newFakeRelay())
	passphrase := strings.Repeat("p", 79)
	for i, fields := range []string{
		`,"min_latency":10`, `,"min_latency":15000`, `,"stream_id":""`,
		`,"decryption":{"key_type":"srt-password","passphrase":"` + passphrase[:10] + `"}`,
		`,"decryption":{"key_type":"srt-password","passphrase":"` + passphrase + `"}`,
		`,"health_status":"CONNECTED","unknown_field":{"a":[1]}`,
	} {
		body := fmt.Sprintf(`{"name":"studio-%d","region":"local","sources":[{"name":"7camera","protocol":"srt-listener"%s}]}`, i, fields)
		if reply := f.ask("POST", "/v1/flows", body); reply.status != http.StatusCreated || !strings.Contains(reply.body, "DISCONNECTED") {
			t.Errorf("%s: %+v", fields, reply)
		}
	}
	name := strings.Repeat("n", 64)
	if reply := f.ask("POST", "/v1/flows", `{"name":"`+name+`","region":"local","sources":[{"name":"a","protocol":"srt-listener"}]}`); reply.status != http.StatusCreated {
		t.Errorf("name of 64: %+v", reply)
	}
	if reply := f.ask("GET", "/v1/flows?limit=100&offset=2147483647", ""); reply.status != http.StatusOK {
		t.Errorf("largest page, largest offset: %+v", reply)
	}
	if reply := f.ask("GET", "/v1/flows", ""); reply.status != http.StatusOK || strings.Index(reply.body, name) > strings.Index(reply.body, "studio-5") {
		t.Errorf("not newest first: %+v", reply)
	}
}

func TestUnknownFlow(t *testing.T) {
	f := newFixture(t, newFakeRelay())
	for _, call := range [][3]string{
		{"GET", "/v1/flows/detail?flow_id=none", ""},
		{"DELETE", "/v1/flows?flow_id=none", ""},
		{"PUT", "/v1/flows/start?flow_id=none", ""},
		{"PUT", "/v1/flows/stop?flow_id=none", ""},
		{"PUT", "/v1/flows/sources?flow_id=none&source_name=a", `{"source":{"name":"a","protocol":"srt-listener"}}`},
		{"POST", "/v1/flows/outputs?flow_id=none", `[{"name":"a","protocol":"srt-listener"}]`},
		{"PUT", "/v1/flows/outputs?flow_id=none&output_name=a", `{}`},
		{"GET", "/v1/flows/outputs?flow_id=none&output_name=a", ""},
		{"DELETE", "/v1/flows/outputs?flow_id=none&output_name=a", ""},
		{"GET", "/ext/v1/statistics?flow_id=none", ""},
		{"GET", "/ext/v1/refused-callers?flow_id=none", ""},
	} {
		if reply := f.ask(call[0], call[1], call[2]); reply.status != 400 || reply.code != "LIVE.103011019" || reply.msg != "flow_id not exist" {
			t.Errorf("%v: %+v", call, reply)
		}
	}
}

func TestLargeRequests(t *testing.T) {
	f := newFixture(t, newFakeRelay())
	if reply := f.ask("POST", "/v1/flows", strings.Repeat("x", 10<<20)); reply.status != 400 || !strings.Contains(reply.msg, "65536 bytes") {
		t.Errorf("body of 10 MB: %+v", reply)
	}
	if reply := f.askAs(strings.Repeat("t", 16<<10), "GET", "/v1/flows", ""); reply.status != 401 || reply.code != "APIG.0301" {
		t.Errorf("token of 16 KB: %+v", reply)
	}
	req, err := http.NewRequestWithContext(t.Context(), "POST", f.url+"/v1/"+f.project+"/flows", strings.NewReader("name=a"))
	f.must(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Auth-Token", f.token.Reveal())
	if reply := f.send(req); reply.status != 400 || reply.code != "LIVE.100011012" {
		t.Errorf("a form: %+v", reply)
	}
}
