package medialive

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const hidden = Secret("my-hidden-passphrase")

// holders are values that hold secrets, as they are logged by mistake.
func holders(t *testing.T) map[string]any {
	t.Helper()
	c, err := New(Config{Endpoint: "http://gateway.example", ProjectID: "p", Auth: Token(hidden)})
	if err != nil {
		t.Fatal(err)
	}
	signing, err := New(Config{Endpoint: "http://gateway.example", ProjectID: "p", Auth: AKSK("ak", hidden, time.Now)})
	if err != nil {
		t.Fatal(err)
	}
	crypto := &Crypto{Algorithm: AES128, KeyType: SRTPassword, Passphrase: hidden}
	full := FullChannel()
	full.Extra = Extra{"x": opaque(`"my-hidden-passphrase"`)}
	full.Input.Extra, full.Outputs[0].HLS[0].RequestArgs.Extra = full.Extra, full.Extra
	source := Source{Name: "s", Decryption: crypto}
	return map[string]any{
		"secret":       hidden,
		"pointer":      new(hidden),
		"slice":        []Secret{hidden},
		"map":          map[string]Secret{"passphrase": hidden},
		"crypto":       *crypto,
		"source":       source,
		"flow":         Flow{Sources: []Source{source}},
		"new flow":     NewFlow{Source: source},
		"output":       Output{Encryption: crypto},
		"change":       OutputChange{Encryption: crypto},
		"channel":      full,
		"a pointer":    &full,
		"channels":     ChannelPage{Channels: []Channel{full}},
		"input":        full.Input,
		"standby":      full.Input.Standby,
		"endpoint":     full.Outputs[0],
		"package":      full.Outputs[0].HLS[0].Package,
		"HLS":          full.Outputs[0].HLS[0],
		"DASH":         full.Outputs[0].DASH[0],
		"MSS":          full.Outputs[0].MSS[0],
		"drm":          *full.Outputs[0].HLS[0].Encryption,
		"header":       *full.Outputs[0].HLS[0].CDNIdentifier,
		"create":       EndpointsChange{Outputs: full.Outputs},
		"input change": InputChange{Input: &full.Input},
		"push address": []PushAddress{{URL: full.Input.Sources[0].URL}},
		"url":          full.Input.Sources[0].URL,
		"pointers inside": struct {
			S *ChannelSource
			A *PushAddress
			E *Encryption
			H *HTTPHeader
			P *Package
			O *Opaque
			X *AudioSettings
		}{
			&full.Input.Sources[0], &PushAddress{URL: full.Input.Sources[0].URL}, full.Outputs[0].HLS[0].Encryption,
			full.Outputs[0].HLS[0].CDNIdentifier, &full.Outputs[0].DASH[0].Package, full.Extra["x"], &AudioSettings{Extra: full.Extra},
		},
		"not known":     struct{ E Extra }{Extra{"x": opaque(`"my-hidden-passphrase"`)}},
		"event":         Event{Flow: &Flow{Sources: []Source{source}}},
		"sign-in":       SignIn{Password: hidden, Passcode: hidden},
		"token":         TokenInfo{Token: hidden},
		"config":        Config{Auth: Token(hidden)},
		"client":        c,
		"client by key": signing,
		"error":         fmt.Errorf("connect with %v: %w", hidden, &Error{Op: "x", Err: fmt.Errorf("%s", hidden)}),
		"faults":        ValidateSource(Source{Decryption: &Crypto{Passphrase: hidden + "\x00"}}),
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	hex := fmt.Sprintf("%x", hidden.Reveal())
	for name, value := range holders(t) {
		t.Run(name, func(t *testing.T) {
			var printed bytes.Buffer
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10.3s"} {
				_, _ = fmt.Fprintf(&printed, verb+"\n", value)
			}
			_, _ = fmt.Fprintln(&printed, value)
			for _, handler := range []slog.Handler{slog.NewTextHandler(&printed, nil), slog.NewJSONHandler(&printed, nil)} {
				slog.New(handler).Info("m", "value", value, slog.Group("g", "value", value))
			}
			if data, err := json.Marshal(value); err == nil {
				printed.Write(data)
			}
			text := strings.ToLower(printed.String())
			if strings.Contains(text, "hidden") || strings.Contains(text, hex) {
				t.Errorf("the secret shows in\n%s", printed.String())
			}
		})
	}
}

func TestSecretAsJSON(t *testing.T) {
	for secret, want := range map[Secret]string{"": `""`, hidden: `"******"`} {
		if got, err := json.Marshal(secret); err != nil || string(got) != want {
			t.Errorf("%s, %v; want %s", got, err, want)
		}
	}
	var c Crypto
	if err := json.Unmarshal([]byte(`{"passphrase":"my-hidden-passphrase"}`), &c); err != nil || c.Passphrase.Reveal() != hidden.Reveal() {
		t.Errorf("a request's passphrase is not read: %v", err)
	}
}

// TestAnswersThatRepeatSecrets: an API that quotes the request does not make
// its passphrase part of our errors.
func TestAnswersThatRepeatSecrets(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, `{"error_code":"LIVE.100011001","error_msg":"passphrase %s is invalid"}`, hidden.Reveal())
	}))
	defer server.Close()
	c := testClient(t, server.URL)
	crypto := &Crypto{KeyType: SRTPassword, Passphrase: hidden}
	iam, err := NewIAM(IAMConfig{Endpoint: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	_, created := c.CreateFlow(t.Context(), NewFlow{Source: Source{Decryption: crypto}})
	_, source := c.UpdateSource(t.Context(), testFlow, "s", Source{Decryption: crypto})
	_, outputs := c.CreateOutputs(t.Context(), testFlow, []Output{{}, {Encryption: crypto}})
	_, output := c.UpdateOutput(t.Context(), testFlow, "o", OutputChange{Encryption: crypto})
	_, signedIn := iam.SignIn(t.Context(), SignIn{Password: hidden})
	_, channel := c.CreateChannel(t.Context(), FullChannel())
	_, input := c.ModifyChannelInput(t.Context(), InputChange{ChannelKey: testChannel, Input: &ChannelInput{Standby: []ChannelSource{{Passphrase: hidden}}}})
	_, endpoints := c.ModifyChannelEndpoints(t.Context(), EndpointsChange{ChannelKey: testChannel, Outputs: FullChannel().Outputs})
	for _, err := range []error{created, source, outputs, output, signedIn, channel, input, endpoints} {
		e := wantKind(t, err, KindRefused)
		if e.Message != "passphrase *** is invalid" || strings.Contains(err.Error(), hidden.Reveal()) {
			t.Errorf("%v", err)
		}
	}
}
