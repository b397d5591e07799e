package medialive

import (
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// codes gives faults as "field code" lines.
func codes(faults []Fault) string {
	var lines []string
	for _, f := range faults {
		lines = append(lines, f.Field+" "+string(f.Code))
	}
	return strings.Join(lines, ", ")
}

func goodSource() Source {
	return Source{
		Name: "cam1", Protocol: Caller, Address: "203.0.113.10", Port: 5000, MinLatency: 120,
		CIDRWhitelist: []string{"192.0.2.0/24"}, Description: "camera 1",
		Decryption: &Crypto{Algorithm: AES128, KeyType: SRTPassword, Passphrase: "correct-horse-battery"},
	}
}

func goodOutput() Output {
	return Output{Name: "out", Protocol: Caller, Destination: "receiver.example", Port: 2000, Status: Enabled}
}

func TestValidateSource(t *testing.T) {
	listener := func(s *Source) { s.Protocol, s.Address, s.Port = Listener, "", 0 }
	cidrs := func(list ...string) func(*Source) { return func(s *Source) { s.CIDRWhitelist = list } }
	port := func(n int) func(*Source) { return func(s *Source) { s.Port = n } }
	latency := func(n int) func(*Source) { return func(s *Source) { s.MinLatency = n } }
	name := func(n string) func(*Source) { return func(s *Source) { s.Name = n } }
	host := func(n string) func(*Source) { return func(s *Source) { s.Address = n } }
	phrase := func(p Secret) func(*Source) { return func(s *Source) { s.Decryption.Passphrase = p } }
	for what, c := range map[string]struct {
		change func(*Source)
		want   string
	}{
		"good":                    {func(*Source) {}, ""},
		"listener":                {listener, ""},
		"least":                   {func(s *Source) { *s = Source{Name: "a", Protocol: Listener} }, ""},
		"nothing":                 {func(s *Source) { *s = Source{} }, "name required, protocol required"},
		"everything wrong":        {func(s *Source) { *s = Source{Name: "a b", Protocol: "rtmp", Port: 80, MinLatency: 9} }, "name characters, protocol enum, source_listener_port range, min_latency range"},
		"no name":                 {name(""), "name required"},
		"name of 64":              {name(strings.Repeat("a", 64)), ""},
		"name of 65":              {name(strings.Repeat("a", 65)), "name length"},
		"name with markup":        {name("<script>"), "name characters"},
		"name with quotes":        {name(`a"b'c`), "name characters"},
		"name with an RTL mark":   {name("a\u200fb"), "name characters"},
		"name in Chinese":         {name("摄像机"), "name characters"},
		"name not UTF-8":          {name("a\xff"), "name characters"},
		"name with leading digit": {name("1cam"), ""}, // the API allows it for sources
		"caller without address":  {host(""), "source_listener_address required"},
		"caller without port":     {port(0), "source_listener_port required"},
		"port -1":                 {port(-1), "source_listener_port range"},
		"port 80":                 {port(80), "source_listener_port range"},
		"port 1023":               {port(1023), "source_listener_port range"},
		"port 1024":               {port(1024), ""},
		"port 2077":               {port(2077), "source_listener_port port_reserved"},
		"port 2088":               {port(2088), "source_listener_port port_reserved"},
		"port 65535":              {port(65535), ""},
		"port 65536":              {port(65536), "source_listener_port range"},
		"port of a listener":      {func(s *Source) { listener(s); s.Port = 2088 }, "source_listener_port port_reserved"},
		"latency 9":               {latency(9), "min_latency range"},
		"latency 10":              {latency(10), ""},
		"latency 15000":           {latency(15000), ""},
		"latency 15001":           {latency(15001), "min_latency range"},
		"latency -1":              {latency(-1), "min_latency range"},
		"latency, largest":        {latency(math.MaxInt), "min_latency range"},
		"20 CIDRs":                {cidrs(slices.Repeat([]string{"10.0.0.0/8"}, 20)...), ""},
		"21 CIDRs":                {cidrs(slices.Repeat([]string{"10.0.0.0/8"}, 21)...), "cidr_whitelist too_many"},
		"CIDR of 33 bits":         {cidrs("10.0.0.0/8", "10.0.0.0/33"), "cidr_whitelist[1] cidr"},
		"CIDR of IPv6":            {cidrs("2001:db8::/32"), "cidr_whitelist[0] cidr_v6"},
		"CIDR of IPv4 in IPv6":    {cidrs("::ffff:10.0.0.0/104"), "cidr_whitelist[0] cidr_v6"},
		"bare address":            {cidrs("10.0.0.1"), "cidr_whitelist[0] cidr"},
		"empty CIDR":              {cidrs(""), "cidr_whitelist[0] cidr"},
		"CIDR with blanks":        {cidrs(" 10.0.0.0/8"), "cidr_whitelist[0] cidr"},
		"everyone":                {cidrs("0.0.0.0/0"), ""},
		"host bits set":           {cidrs("10.1.2.3/8"), ""},
		"domain":                  {host("encoder.studio-1.example"), ""},
		"domain with scheme":      {host("srt://encoder.example"), ""},
		"host with port":          {host("encoder.example:5000"), "source_listener_address host"},
		"host with a path":        {host("encoder.example/x"), "source_listener_address host"},
		"host with markup":        {host("<script>"), "source_listener_address host"},
		"half an address":         {host("10.0.0"), "source_listener_address host"},
		"address with 256":        {host("10.0.0.256"), "source_listener_address host"},
		"host with blanks":        {host("a b"), "source_listener_address host"},
		"empty label":             {host("a..b"), "source_listener_address host"},
		"dash first":              {host("-a.example"), "source_listener_address host"},
		"only a scheme":           {host("srt://"), "source_listener_address host"},
		"label of 64":             {host(strings.Repeat("a", 64) + ".example"), "source_listener_address host"},
		"host of 256":             {host(strings.Repeat("a.", 128)), "source_listener_address length"},
		"passphrase of 9":         {phrase("123456789"), "decryption.passphrase length"},
		"passphrase of 10":        {phrase("1234567890"), ""},
		"passphrase of 79":        {phrase(Secret(strings.Repeat("x", 79))), ""},
		"passphrase of 80":        {phrase(Secret(strings.Repeat("x", 80))), "decryption.passphrase length"},
		"passphrase of 80 bytes":  {phrase(Secret(strings.Repeat("é", 40))), "decryption.passphrase length"},
		"passphrase, multi-byte":  {phrase(Secret(strings.Repeat("密", 10))), ""},
		"passphrase with NUL":     {phrase("12345\x0067890"), "decryption.passphrase characters"},
		"no passphrase":           {phrase(""), "decryption.passphrase required"},
		"the mask":                {phrase(Mask), ""},
		"no algorithm":            {func(s *Source) { s.Decryption.Algorithm = "" }, ""},
		"unknown algorithm":       {func(s *Source) { s.Decryption.Algorithm = "des" }, "decryption.algorithm enum"},
		"other key type":          {func(s *Source) { s.Decryption.KeyType = "speke" }, "decryption.key_type enum"},
		"stream id of 512":        {func(s *Source) { s.StreamID = strings.Repeat("x", 512) }, ""},
		"stream id of 513":        {func(s *Source) { s.StreamID = strings.Repeat("x", 513) }, "stream_id length"},
		"stream id of 514 bytes":  {func(s *Source) { s.StreamID = strings.Repeat("é", 257) }, "stream_id length"},
		"stream id with newline":  {func(s *Source) { s.StreamID = "a\nb" }, "stream_id characters"},
		"description of 255":      {func(s *Source) { s.Description = strings.Repeat("摄", 255) }, ""},
		"description of 256":      {func(s *Source) { s.Description = strings.Repeat("x", 256) }, "description length"},
		"description with lines":  {func(s *Source) { s.Description = "a\r\n\tb <b> \u200f" }, ""},
		"description with a bell": {func(s *Source) { s.Description = "\a" }, "description characters"},
		"description not UTF-8":   {func(s *Source) { s.Description = "\xff" }, "description characters"},
	} {
		t.Run(what, func(t *testing.T) {
			s := goodSource()
			c.change(&s)
			if got := codes(ValidateSource(s)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestValidateNewFlow(t *testing.T) {
	for what, c := range map[string]struct {
		name, region string
		phrase       Secret
		want         string
	}{
		"good":            {"studio-a", "local", "correct-horse-battery", ""},
		"nothing":         {"", "", "correct-horse-battery", "name required, region required"},
		"64":              {"a" + strings.Repeat("1", 63), strings.Repeat("r", 64), "correct-horse-battery", ""},
		"65":              {strings.Repeat("a", 65), strings.Repeat("r", 65), "correct-horse-battery", "name length, region length"},
		"leading digit":   {"1a", "local", "correct-horse-battery", "name first_letter"},
		"leading dash":    {"-a", "local", "correct-horse-battery", "name first_letter"},
		"markup":          {"<script>", "local", "correct-horse-battery", "name characters"},
		"nothing to keep": {"a", "local", Mask, "sources[0].decryption.passphrase length"},
	} {
		t.Run(what, func(t *testing.T) {
			s := goodSource()
			s.Decryption.Passphrase = c.phrase
			if got := codes(ValidateNewFlow(NewFlow{Name: c.name, Region: c.region, Source: s})); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestValidateOutput(t *testing.T) {
	for what, c := range map[string]struct {
		change func(*Output)
		want   string
	}{
		"good":                       {func(*Output) {}, ""},
		"nothing":                    {func(o *Output) { *o = Output{} }, "name required, protocol required"},
		"leading digit":              {func(o *Output) { o.Name = "1out" }, "name first_letter"},
		"name of 65":                 {func(o *Output) { o.Name = strings.Repeat("a", 65) }, "name length"},
		"caller without destination": {func(o *Output) { o.Destination = "" }, "destination required"},
		"caller without port":        {func(o *Output) { o.Port = 0 }, "port required"},
		"caller to 2077":             {func(o *Output) { o.Port = 2077 }, ""}, // a port of somebody else's
		"listener on 2077":           {func(o *Output) { o.Protocol, o.Port = Listener, 2077 }, "port port_reserved"},
		"listener on 80":             {func(o *Output) { o.Protocol, o.Port = Listener, 80 }, "port range"},
		"listener, any port":         {func(o *Output) { o.Protocol, o.Port, o.Destination = Listener, 0, "" }, ""},
		"destination of 65":          {func(o *Output) { o.Destination = strings.Repeat("a", 61) + ".com" }, "destination length"},
		"destination IPv6":           {func(o *Output) { o.Destination = "2001:db8::1" }, ""},
		"destination with a zone":    {func(o *Output) { o.Destination = "fe80::1%eth0" }, "destination host"},
		"unknown status":             {func(o *Output) { o.Status = "MAYBE" }, "output_status enum"},
		"no status":                  {func(o *Output) { o.Status = "" }, ""},
		"nothing to keep":            {func(o *Output) { o.Encryption = &Crypto{KeyType: SRTPassword, Passphrase: Mask} }, "encryption.passphrase length"},
	} {
		t.Run(what, func(t *testing.T) {
			o := goodOutput()
			c.change(&o)
			if got := codes(ValidateOutput(o)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestValidateOutputChange(t *testing.T) {
	empty, port, status, list := "", 80, OutputStatus("MAYBE"), []string{"x"}
	old := goodOutput()
	protected := old
	protected.Encryption = &Crypto{Algorithm: AES128, KeyType: SRTPassword, Passphrase: "correct-horse-battery"}
	mask := &Crypto{KeyType: SRTPassword, Passphrase: Mask}
	for what, c := range map[string]struct {
		change OutputChange
		old    Output
		want   string
	}{
		"nothing":           {OutputChange{}, old, ""},
		"destination taken": {OutputChange{Destination: &empty}, old, "destination required"},
		"port, status":      {OutputChange{Port: &port, Status: &status, CIDRWhitelist: &list}, old, "port range, cidr_whitelist[0] cidr, output_status enum"},
		"keep":              {OutputChange{Encryption: mask}, protected, ""},
		"keep what is not":  {OutputChange{Encryption: mask}, old, "encryption.passphrase length"},
		"take away":         {OutputChange{Encryption: &Crypto{KeyType: SRTPassword}}, protected, ""},
		"replace by 9":      {OutputChange{Encryption: &Crypto{KeyType: SRTPassword, Passphrase: "123456789"}}, protected, "encryption.passphrase length"},
	} {
		t.Run(what, func(t *testing.T) {
			if got := codes(ValidateOutputChange(c.change, c.old)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestApply(t *testing.T) {
	old := goodOutput()
	old.CIDRWhitelist = []string{"10.0.0.0/8"}
	old.Encryption = &Crypto{Algorithm: AES128, KeyType: SRTPassword, Passphrase: "stored-passphrase"}
	if got := (OutputChange{}).Apply(old); !reflect.DeepEqual(got, old) {
		t.Errorf("no change made %+v", got)
	}
	cleared, port := []string{}, 3000
	got := OutputChange{
		CIDRWhitelist: &cleared, Port: &port,
		Encryption: &Crypto{Algorithm: AES256, KeyType: SRTPassword, Passphrase: Mask},
	}.Apply(old)
	if len(got.CIDRWhitelist) != 0 || got.Port != 3000 || got.Destination != old.Destination ||
		got.Encryption.Algorithm != AES256 || got.Encryption.Passphrase.Reveal() != "stored-passphrase" {
		t.Errorf("got %+v", got)
	}
	if got := (OutputChange{Encryption: &Crypto{}}).Apply(old); got.Encryption != nil || old.Encryption == nil {
		t.Errorf("an empty passphrase leaves %v", got.Encryption)
	}
}

func TestFaultsAreBoundedAndSecret(t *testing.T) {
	s := goodSource()
	s.Name = strings.Repeat("é", 60)
	s.Decryption.Passphrase = "short"
	s.Decryption.Algorithm = Algorithm(strings.Repeat("x", 10_000))
	s.CIDRWhitelist = []string{strings.Repeat("9", 10_000)}
	for _, f := range ValidateSource(s) {
		if len(f.Value) > maxFaultValue || !utf8.ValidString(f.Value) || strings.Contains(f.Value, "short") {
			t.Errorf("%+v", f)
		}
	}
}

// FuzzValidators: what passes is what the specification's patterns say, and
// nothing that was entered makes a panic.
func FuzzValidators(f *testing.F) {
	f.Add("studio-a", "203.0.113.10", "192.0.2.0/24", "correct-horse-battery", "#!::r=a", 5000, 120)
	f.Add("<script>", "srt://[::1]", "10.0.0.0/33", "******", "\x00", 2077, 15001)
	f.Add("摄", "a..b", "::/0", "", "\u200f", -1, 9)
	f.Fuzz(func(t *testing.T, name, host, cidr, passphrase, text string, port, latency int) {
		s := Source{
			Name: name, Protocol: Caller, Address: host, Port: port, MinLatency: latency, CIDRWhitelist: []string{cidr},
			StreamID: text, Description: text, Decryption: &Crypto{KeyType: SRTPassword, Passphrase: Secret(passphrase)},
		}
		o := Output{Name: name, Protocol: Protocol(text), Destination: host, Port: port, Encryption: s.Decryption, Status: OutputStatus(text)}
		ValidateOutputChange(OutputChange{Destination: &host, Encryption: s.Decryption}, o)
		if len(ValidateOutput(o)) == 0 && (name == "" || name[0] < 'A' || name[0] > 'z') {
			t.Fatalf("output name %q passed", name)
		}
		faults := ValidateSource(s)
		for _, fault := range faults {
			if fault.Field == "" || fault.Code == "" || len(fault.Value) > maxFaultValue || !utf8.ValidString(fault.Value) {
				t.Fatalf("%+v", fault)
			}
		}
		if len(faults) > 0 {
			return
		}
		prefix, err := netip.ParsePrefix(cidr)
		if err != nil || !prefix.Addr().Is4() || port < 1024 || port > 65535 || ReservedPort(port) ||
			latency != 0 && (latency < 10 || latency > 15000) || len(name) > 64 || !onlyNameCharacters(name) ||
			len(passphrase) > 79 || !utf8.ValidString(text) || strings.ContainsAny(host, " /:@<>\"'") && !strings.Contains(host, ":") {
			t.Fatalf("passed: %s", fmt.Sprint(name, host, cidr, text, port, latency))
		}
	})
}

// FuzzAnswers: no answer makes a panic, or flows without an id.
func FuzzAnswers(f *testing.F) {
	f.Add(`{"total":1,"flows":[{"flow_id":"1","name":"a"}]}`)
	f.Add(`{"total":-1,"flows":[null]}`)
	f.Add(`{"flow":{"flow_id":"1","sources":[{"decryption":{"passphrase":"******"},"cidr_whitelist":[null]}]}}`)
	f.Fuzz(func(t *testing.T, body string) {
		c := answeringBody(t, body)
		page, err := c.ListFlows(t.Context(), 10, 0)
		for _, flow := range page.Flows {
			if err != nil || flow.ID == "" {
				t.Fatalf("%+v, %v", page, err)
			}
		}
		if flow, err := c.ShowFlow(t.Context(), testFlow); err == nil && flow.ID != testFlow {
			t.Fatalf("%+v", flow)
		}
		if output, err := c.ShowOutput(t.Context(), testFlow, "o"); err == nil && output.Name != "o" {
			t.Fatalf("%+v", output)
		}
	})
}

// FuzzChannelAnswers: no answer makes a panic, or something without a name.
func FuzzChannelAnswers(f *testing.F) {
	f.Add(`{"total":1,"channels":[{"domain":"d","app_name":"a","id":"i"}]}`)
	f.Add(`{"channels":[{"domain":"d","app_name":"a","id":"i","endpoints":[{"hls_package":[{"ads":[1],"hls_version":3}]}]}]}`)
	f.Add(`{"domain":"push.example.com","app_name":"live","id":"ch1","scte35":{"total":-1,"scte35_info":[{"type":"Splice Insert"}]}}`)
	f.Add(`{"total":-1,"instances":[null,{"medialive_mpc":{}}],"query":{"audio":{"display":{"id":{"en-us":"x"}}}}}`)
	f.Add(`{"metrics":[{"datapoints":[{"timestamp":-1,"average":1e300},null]}],"datapoints":[{}],"meta_data":{"marker":"m"}}`)
	f.Fuzz(func(t *testing.T, body string) {
		c := answeringBody(t, body)
		page, err := c.ListChannels(t.Context(), ChannelKey{}, 10, 0)
		for _, channel := range page.Channels {
			if err != nil || !channel.complete() {
				t.Fatalf("%v, %v", page, err)
			}
		}
		if list, err := c.ShowChannelStatistic(t.Context(), StatisticQuery{ChannelKey: testChannel}, 10, 0); err == nil && list.Signals == nil {
			t.Fatal("no list of signals")
		}
		if dimensions, err := c.ListDimensions(t.Context()); err == nil && dimensions == nil {
			t.Fatal("no dimensions")
		}
		if instances, err := c.ListInstances(t.Context(), 0, 10); err == nil {
			for _, i := range instances.Instances {
				_ = i.In(DimFlow)
			}
		}
		series, _ := cloudEye(c).BatchMetricData(t.Context(), nil, MetricQuery{})
		for _, s := range series {
			if !slices.IsSortedFunc(s.Points, func(a, b Point) int { return a.At.Compare(b.At) }) {
				t.Fatalf("%+v", s)
			}
		}
		_, _ = cloudEye(c).MetricData(t.Context(), Metric{}, MetricQuery{})
		_, _ = cloudEye(c).AllMetrics(t.Context(), Metric{})
	})
}
