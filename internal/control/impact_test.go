package control_test

import (
	"fmt"
	"testing"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
)

func TestSourceImpact(t *testing.T) {
	for _, c := range []struct {
		name       string
		change     func(*medialive.Source)
		passphrase control.PassphraseChange
		interrupts bool
		later      int
	}{
		{"nothing", func(*medialive.Source) {}, control.KeepPassphrase, false, 0},
		{"description", func(s *medialive.Source) { s.Description = "x" }, control.KeepPassphrase, false, 0},
		{"whitelist", func(s *medialive.Source) { s.CIDRWhitelist = nil }, control.KeepPassphrase, false, 0},
		{"name", func(s *medialive.Source) { s.Name = "x" }, control.KeepPassphrase, false, 0},
		{"latency", func(s *medialive.Source) { s.MinLatency = 999 }, control.KeepPassphrase, false, 1},
		{"stream id", func(s *medialive.Source) { s.StreamID = "x" }, control.KeepPassphrase, true, 0},
		{"protocol", func(s *medialive.Source) { s.Protocol = medialive.Caller }, control.KeepPassphrase, true, 0},
		{"address", func(s *medialive.Source) { s.Address = "192.0.2.7" }, control.KeepPassphrase, true, 0},
		{"port", func(s *medialive.Source) { s.Port = 20001 }, control.KeepPassphrase, true, 0},
		{"port and address left to the service", func(s *medialive.Source) { s.Port, s.Address = 0, "" }, control.KeepPassphrase, false, 0},
		{"key length", func(s *medialive.Source) {
			s.Decryption = &medialive.Crypto{Algorithm: medialive.AES256, Passphrase: medialive.Mask}
		}, control.KeepPassphrase, true, 0},
		{"passphrase replaced", func(*medialive.Source) {}, control.ReplacePassphrase, true, 0},
		{"passphrase removed", func(*medialive.Source) {}, control.RemovePassphrase, true, 0},
		{"passphrase typed, but kept", func(s *medialive.Source) {
			s.Decryption = &medialive.Crypto{Algorithm: medialive.AES128, Passphrase: "another one"}
		}, control.KeepPassphrase, false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			now, to := source(), source()
			now.Decryption.Passphrase = medialive.Mask // as the API tells it
			c.change(&to)
			got := control.SourceImpact(now, to, c.passphrase)
			if got.Interrupts() != c.interrupts || (got.Source == "src") != c.interrupts || len(got.Later) != c.later || got.Output != "" {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestOutputImpact(t *testing.T) {
	for _, c := range []struct {
		name              string
		now               medialive.OutputStatus
		change            func(*medialive.Output)
		passphrase        control.PassphraseChange
		interrupts, stops bool
	}{
		{"nothing", medialive.Enabled, func(*medialive.Output) {}, control.KeepPassphrase, false, false},
		{"description", medialive.Enabled, func(o *medialive.Output) { o.Description = "x" }, control.KeepPassphrase, false, false},
		{"latency", medialive.Enabled, func(o *medialive.Output) { o.MinLatency = 999 }, control.KeepPassphrase, false, false},
		{"destination", medialive.Enabled, func(o *medialive.Output) { o.Destination = "x" }, control.KeepPassphrase, true, false},
		{"port", medialive.Enabled, func(o *medialive.Output) { o.Port = 6000 }, control.KeepPassphrase, true, false},
		{"a first passphrase", medialive.Enabled, func(*medialive.Output) {}, control.ReplacePassphrase, true, false},
		{"none to be removed", medialive.Enabled, func(*medialive.Output) {}, control.RemovePassphrase, false, false},
		{"switched off", medialive.Enabled, func(o *medialive.Output) { o.Status = medialive.Disabled }, control.KeepPassphrase, true, true},
		{"switched on", medialive.Disabled, func(o *medialive.Output) { o.Status = medialive.Enabled }, control.KeepPassphrase, false, false},
		{"port while off", medialive.Disabled, func(o *medialive.Output) { o.Port = 6000; o.Status = medialive.Disabled }, control.KeepPassphrase, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			now, to := output("o"), output("o")
			now.Status = c.now
			c.change(&to)
			got := control.OutputImpact(now, to, c.passphrase)
			if got.Interrupts() != c.interrupts || got.Stops != c.stops || got.Source != "" {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestFingerprints(t *testing.T) {
	same := func(name string, change func(*medialive.Source)) {
		to := source()
		change(&to)
		if control.FingerprintSource(source()) != control.FingerprintSource(to) {
			t.Errorf("%s must not count", name)
		}
	}
	same("health", func(s *medialive.Source) { s.Health = medialive.Connected })
	same("the passphrase itself", func(s *medialive.Source) { s.Decryption.Passphrase = medialive.Mask })
	seen := map[control.Fingerprint]string{control.FingerprintSource(source()): "as it was"}
	for name, change := range map[string]func(*medialive.Source){
		"name":          func(s *medialive.Source) { s.Name = "x" },
		"protocol":      func(s *medialive.Source) { s.Protocol = medialive.Caller },
		"address":       func(s *medialive.Source) { s.Address = "x" },
		"port":          func(s *medialive.Source) { s.Port++ },
		"stream id":     func(s *medialive.Source) { s.StreamID = "x" },
		"latency":       func(s *medialive.Source) { s.MinLatency++ },
		"whitelist":     func(s *medialive.Source) { s.CIDRWhitelist = nil },
		"description":   func(s *medialive.Source) { s.Description = "x" },
		"algorithm":     func(s *medialive.Source) { s.Decryption.Algorithm = medialive.AES256 },
		"no passphrase": func(s *medialive.Source) { s.Decryption = nil },
	} {
		to := source()
		change(&to)
		f := control.FingerprintSource(to)
		if other, taken := seen[f]; taken {
			t.Errorf("%s and %s have one fingerprint", name, other)
		}
		seen[f] = name
	}
	if a, b := control.FingerprintOutput(medialive.Output{CIDRWhitelist: []string{}}), control.FingerprintOutput(medialive.Output{}); a != b {
		t.Error("an empty whitelist and none are one")
	}
}

func TestPassphraseChange(t *testing.T) {
	set := &medialive.Crypto{Algorithm: medialive.AES128, KeyType: medialive.SRTPassword, Passphrase: medialive.Mask}
	tell := func(c *medialive.Crypto) string {
		if c == nil {
			return "none"
		}
		return fmt.Sprintf("%s %s %q", c.Algorithm, c.KeyType, c.Passphrase.Reveal())
	}
	for _, c := range []struct {
		name      string
		change    control.PassphraseChange
		now       *medialive.Crypto
		algorithm medialive.Algorithm
		source    string
	}{
		{"keep", control.KeepPassphrase, set, medialive.AES128, `aes128 srt-password "******"`},
		{"keep, another key length", control.KeepPassphrase, set, medialive.AES256, `aes256 srt-password "******"`},
		{"keep none", control.KeepPassphrase, nil, medialive.AES256, "none"},
		{"replace", control.ReplacePassphrase, set, medialive.AES192, `aes192 srt-password "new secret"`},
		{"first", control.ReplacePassphrase, nil, medialive.AES192, `aes192 srt-password "new secret"`},
		{"remove", control.RemovePassphrase, set, medialive.AES128, "none"},
		{"remove none", control.RemovePassphrase, nil, "", "none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := tell(c.change.ForSource(c.now, c.algorithm, "new secret")); got != c.source {
				t.Errorf("source: %s, want %s", got, c.source)
			}
		})
	}
}
