package relay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

func goodSpec() FlowSpec {
	source := listener("in", 5000, 16)
	source.Allow = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	return FlowSpec{ID: "flow-1", Source: source, Outputs: []LegSpec{caller("out", 6000, 0)}}
}

func TestValidate(t *testing.T) {
	if err := goodSpec().Validate(); err != nil {
		t.Fatalf("the good spec: %v", err)
	}
	bad := map[string]func(*FlowSpec){
		"no id":             func(s *FlowSpec) { s.ID = "" },
		"id with a slash":   func(s *FlowSpec) { s.ID = "../x" },
		"id of 65":          func(s *FlowSpec) { s.ID = strings.Repeat("a", 65) },
		"no name":           func(s *FlowSpec) { s.Source.Name = "" },
		"no mode":           func(s *FlowSpec) { s.Source.Mode = "" },
		"port 0":            func(s *FlowSpec) { s.Source.Port = 0 },
		"port 65536":        func(s *FlowSpec) { s.Source.Port = 65536 },
		"latency -1":        func(s *FlowSpec) { s.Source.Latency = -1 },
		"latency 15001":     func(s *FlowSpec) { s.Source.Latency = 15001 },
		"stream id of 513":  func(s *FlowSpec) { s.Source.StreamID = strings.Repeat("a", 513) },
		"stream id, NUL":    func(s *FlowSpec) { s.Source.StreamID = "a\x00b" },
		"bind a name":       func(s *FlowSpec) { s.Source.Host = "example.com" },
		"call nobody":       func(s *FlowSpec) { s.Outputs[0].Host = "" },
		"call host:port":    func(s *FlowSpec) { s.Outputs[0].Host = "example.com:1" },
		"key of 20":         func(s *FlowSpec) { s.Source.KeyLength = 20 },
		"passphrase of 9":   func(s *FlowSpec) { s.Source.Passphrase = "123456789" },
		"passphrase of 80":  func(s *FlowSpec) { s.Source.Passphrase = strings.Repeat("a", 80) },
		"passphrase, NUL":   func(s *FlowSpec) { s.Source.Passphrase = "0123456789\x00" },
		"key without":       func(s *FlowSpec) { s.Source.Passphrase = "" },
		"without key":       func(s *FlowSpec) { s.Source.KeyLength = 0 },
		"no network":        func(s *FlowSpec) { s.Source.Allow = []netip.Prefix{{}} },
		"too many networks": func(s *FlowSpec) { s.Source.Allow = make([]netip.Prefix, maxAllow+1) },
		"same name twice":   func(s *FlowSpec) { s.Outputs = append(s.Outputs, s.Outputs[0]) },
		"eleven outputs": func(s *FlowSpec) {
			for i := range maxOutputs {
				s.Outputs = append(s.Outputs, caller(fmt.Sprint(i), 6001+i, 0))
			}
		},
	}
	for name, spoil := range bad {
		t.Run(name, func(t *testing.T) {
			spec := goodSpec()
			spoil(&spec)
			err := spec.Validate()
			if err == nil {
				t.Fatal("accepted")
			}
			if p := spec.Source.Passphrase; p != "" && strings.Contains(err.Error(), p) {
				t.Errorf("the passphrase is in the error %q", err)
			}
		})
	}
}

func TestDecodeSpec(t *testing.T) {
	raw, err := json.Marshal(goodSpec())
	if err != nil {
		t.Fatal(err)
	}
	spec, err := DecodeSpec(bytes.NewReader(raw))
	if err != nil || !reflect.DeepEqual(spec, goodSpec()) {
		t.Errorf("%+v, %v", spec, err)
	}
	for _, bad := range []string{"", "{}", "[]", string(raw) + "{}", `{"id":"a","colour":1}`} {
		if _, err := DecodeSpec(strings.NewReader(bad)); err == nil {
			t.Errorf("accepted %q", bad)
		}
	}
}

// FuzzDecodeSpec checks that what is accepted is valid and survives the way
// over the wire.
func FuzzDecodeSpec(f *testing.F) {
	raw, err := json.Marshal(goodSpec())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"id":"a","source":{"mode":"call","host":"::1","port":1,"allow":["::/0"]},"outputs":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		spec, err := DecodeSpec(bytes.NewReader(data))
		if err != nil {
			return
		}
		again, err := json.Marshal(spec)
		if err != nil {
			t.Fatal(err)
		}
		second, err := DecodeSpec(bytes.NewReader(again))
		if err != nil {
			t.Fatalf("%s is not accepted again: %v", again, err)
		}
		if len(second.Outputs) != len(spec.Outputs) || !second.Source.sameConnection(spec.Source) {
			t.Errorf("%+v became %+v", spec, second)
		}
	})
}
