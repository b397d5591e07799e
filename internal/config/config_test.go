package config

import (
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// load gives the settings for arguments, environment and file content.
func load(t *testing.T, args []string, env map[string]string, file string) (Config, error) {
	t.Helper()
	fs := flag.NewFlagSet("test", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	flags := Bind(fs)
	if file != "" {
		path := filepath.Join(t.TempDir(), "flowdeck.env")
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--config", path)
	}
	if err := fs.Parse(args); err != nil {
		t.Fatalf("parse %q: %v", args, err)
	}
	return flags.Load(func(name string) string { return env[name] })
}

func TestDefaults(t *testing.T) {
	c, err := load(t, nil, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"FLOWDECK_LISTEN":              "127.0.0.1:8080",
		"FLOWDECK_DATA":                "data",
		"FLOWDECK_DATABASE_URL":        "sqlite:data/flowdeck.db",
		"FLOWDECK_KEY_FILE":            "data/secret.key",
		"FLOWDECK_BACKEND":             "embedded",
		"FLOWDECK_UPSTREAM_RPS":        "10",
		"FLOWDECK_GATEWAY_LISTEN":      "127.0.0.1:8081",
		"FLOWDECK_GATEWAY_SRT_ADDRESS": "127.0.0.1",
		"FLOWDECK_GATEWAY_SRT_PORTS":   "20000-20999", "FLOWDECK_GATEWAY_RTMP_PORTS": "19350-19399", "FLOWDECK_GATEWAY_RECORD_FREE": "2",
		"FLOWDECK_PICTURES":   "4s",
		"FLOWDECK_LOG_LEVEL":  "info",
		"FLOWDECK_LOG_FORMAT": "text",
	}
	for _, pair := range c.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		if value != want[name] {
			t.Errorf("%s is %q by default, want %q", name, value, want[name])
		}
	}
}

func TestPrecedence(t *testing.T) {
	env := map[string]string{"FLOWDECK_DATA": "/env", "FLOWDECK_LOG_LEVEL": "warn"}
	file := "FLOWDECK_DATA=/file\nFLOWDECK_LOG_LEVEL=error\nFLOWDECK_LOG_FORMAT=json\n"
	c, err := load(t, []string{"--data", "/flag"}, env, file)
	if err != nil {
		t.Fatal(err)
	}
	if c.Data != "/flag" || c.LogLevel != slog.LevelWarn || c.LogFormat != "json" {
		t.Errorf("data %q, level %v, format %q: want the flag's, the environment's, the file's", c.Data, c.LogLevel, c.LogFormat)
	}
	if got := c.DatabaseURL.Reveal(); got != "sqlite:/flag/flowdeck.db" {
		t.Errorf("database %q does not follow the data folder", got)
	}
}

func TestEnvironRoundTrip(t *testing.T) {
	env := map[string]string{
		"FLOWDECK_LISTEN":          "0.0.0.0:443",
		"FLOWDECK_TRUSTED_PROXIES": "10.1.2.3/8, 192.0.2.7",
		"FLOWDECK_ADMIN_PASSWORD":  "  spaces = and # signs ",
		"FLOWDECK_DATABASE_URL":    "postgres://u:p@localhost/flowdeck",
		"FLOWDECK_UPSTREAM_RPS":    "2.5",
		"FLOWDECK_WEBHOOK_ALLOW":   "10.9.0.0/16",
		"FLOWDECK_PUBLIC_URL":      "https://deck.example",
	}
	before, err := load(t, nil, env, "")
	if err != nil {
		t.Fatal(err)
	}
	passed := map[string]string{}
	for _, pair := range before.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		passed[name] = value
	}
	after, err := load(t, nil, passed, "")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(after.Environ(), "\n"), strings.Join(before.Environ(), "\n"); got != want {
		t.Errorf("a child would run with\n%s\nwant\n%s", got, want)
	}
	if got := passed["FLOWDECK_TRUSTED_PROXIES"]; got != "10.0.0.0/8,192.0.2.7/32" {
		t.Errorf("trusted proxies %q", got)
	}
}

func TestBackends(t *testing.T) {
	type backend struct{ at, name, project, iam string }
	for list, c := range map[string]struct {
		region, service string
		want            []backend
	}{
		"":                 {"", "local", []backend{{Embedded, "local", "local", ""}}},
		"http://a.example": {"", "local", []backend{{"http://a.example", "local", "local", ""}}},
		"http://b.example": {"eu-1", "eu-1", []backend{{"http://b.example", "eu-1", "eu-1", ""}}},
		"huaweicloud":      {"", "", []backend{{HuaweiCloud, "", "", ""}}},
		"embedded, huaweicloud": {"cn-north-4", "cn-north-4", []backend{
			{Embedded, "local", "local", ""}, {HuaweiCloud, "", "", ""},
		}},
		"studio=embedded, http://a.example,berlin = http://b.example ,paris/eu-2=https://c.example:8443 https://iam.example": {"", "studio", []backend{
			{Embedded, "studio", "local", ""},
			{"http://a.example", "local", "local", ""},
			{"http://b.example", "berlin", "local", ""},
			{"https://c.example:8443", "paris", "eu-2", "https://iam.example"},
		}},
	} {
		loaded, err := load(t, nil, map[string]string{"FLOWDECK_BACKEND": list, "FLOWDECK_REGION": c.region}, "")
		if err != nil {
			t.Errorf("%q: %v", list, err)
			continue
		}
		passed := map[string]string{}
		for _, pair := range loaded.Environ() {
			name, value, _ := strings.Cut(pair, "=")
			passed[name] = value
		}
		again, err := load(t, nil, passed, "")
		if err != nil {
			t.Errorf("%q as a child reads it: %v", list, err)
		}
		for whose, config := range map[string]Config{"it": loaded, "a child": again} {
			var got []backend
			for _, b := range config.Backends {
				got = append(got, backend{b.At, b.Name, b.Project, b.IAM})
			}
			if !slices.Equal(got, c.want) || config.ServiceRegion() != c.service {
				t.Errorf("%q: %s reads %v, service in %q", list, whose, got, config.ServiceRegion())
			}
		}
	}
}

func TestFaults(t *testing.T) {
	tests := []struct {
		name string
		env  map[string]string
		want []string // each in the error
	}{
		{"open to the network in the clear", map[string]string{"FLOWDECK_LISTEN": "0.0.0.0:8080"}, []string{"FLOWDECK_LISTEN", "in the clear"}},
		{"any address in the clear", map[string]string{"FLOWDECK_LISTEN": ":8080"}, []string{"in the clear"}},
		{"a name that is not loopback", map[string]string{"FLOWDECK_LISTEN": "flowdeck.example:8080"}, []string{"in the clear"}},
		{"no port", map[string]string{"FLOWDECK_LISTEN": "127.0.0.1"}, []string{"FLOWDECK_LISTEN", "host:port"}},
		{"port too high", map[string]string{"FLOWDECK_GATEWAY_LISTEN": "127.0.0.1:65536"}, []string{"FLOWDECK_GATEWAY_LISTEN"}},
		{"certificate alone", map[string]string{"FLOWDECK_TLS_CERT": "c.pem"}, []string{"set both or neither"}},
		{"proxies", map[string]string{"FLOWDECK_TRUSTED_PROXIES": "10.0.0.0/33"}, []string{"FLOWDECK_TRUSTED_PROXIES", "10.0.0.0/33"}},
		{"database", map[string]string{"FLOWDECK_DATABASE_URL": "mysql://x"}, []string{"FLOWDECK_DATABASE_URL"}},
		{"database without a path", map[string]string{"FLOWDECK_DATABASE_URL": "sqlite:"}, []string{"FLOWDECK_DATABASE_URL"}},
		{"backend", map[string]string{"FLOWDECK_BACKEND": "cloud"}, []string{"FLOWDECK_BACKEND"}},
		{"region", map[string]string{"FLOWDECK_REGION": "a b"}, []string{"FLOWDECK_REGION"}},
		{"IAM", map[string]string{"FLOWDECK_IAM_URL": "ftp://x"}, []string{"FLOWDECK_IAM_URL"}},
		{"no backend", map[string]string{"FLOWDECK_BACKEND": " , "}, []string{"FLOWDECK_BACKEND", "no backend"}},
		{"backends of one name", map[string]string{"FLOWDECK_BACKEND": "embedded,http://a.example"}, []string{"FLOWDECK_BACKEND", `region "local"`, "berlin="}},
		{"a name of the cloud's", map[string]string{"FLOWDECK_BACKEND": "huaweicloud,cn-north-4=http://a.example"}, []string{`region "cn-north-4"`}},
		{"a backend twice", map[string]string{"FLOWDECK_BACKEND": "a=http://a.example,b=http://a.example"}, []string{"there twice"}},
		{"a name for the cloud", map[string]string{"FLOWDECK_BACKEND": "a=huaweicloud"}, []string{"takes no name"}},
		{"a bad name", map[string]string{"FLOWDECK_BACKEND": "a b=http://a.example"}, []string{`"a b"`}},
		{"a password in a backend", map[string]string{"FLOWDECK_BACKEND": "a=http://me:CANARY@a.example"}, []string{"neither a password"}},
		{"a bad IAM", map[string]string{"FLOWDECK_BACKEND": "a=http://a.example ftp://b"}, []string{"the IAM of"}},
		{"three words", map[string]string{"FLOWDECK_BACKEND": "http://a http://b http://c"}, []string{"FLOWDECK_BACKEND"}},
		{"whose IAM", map[string]string{"FLOWDECK_BACKEND": "embedded,b=http://b.example", "FLOWDECK_IAM_URL": "https://iam.example"}, []string{"FLOWDECK_IAM_URL", "which backend"}},
		{"a credential of no region", map[string]string{"FLOWDECK_BACKEND": "a=http://a.example,b=http://b.example", "FLOWDECK_REGION": "c", "FLOWDECK_SERVICE_AK": "A", "FLOWDECK_SERVICE_SK": "S", "FLOWDECK_SERVICE_PROJECT": "P"}, []string{"FLOWDECK_REGION", `"c"`}},
		{"rate", map[string]string{"FLOWDECK_UPSTREAM_RPS": "0"}, []string{"FLOWDECK_UPSTREAM_RPS"}},
		{"rate not a number", map[string]string{"FLOWDECK_UPSTREAM_RPS": "NaN"}, []string{"FLOWDECK_UPSTREAM_RPS"}},
		{"half a key", map[string]string{"FLOWDECK_SERVICE_AK": "A"}, []string{"all three or none"}},
		{"half a user", map[string]string{"FLOWDECK_SERVICE_USER": "A"}, []string{"all three or none"}},
		{"both credentials", map[string]string{"FLOWDECK_SERVICE_AK": "A", "FLOWDECK_SERVICE_USER": "B"}, []string{"not both"}},
		{"SRT address", map[string]string{"FLOWDECK_GATEWAY_SRT_ADDRESS": "::1"}, []string{"FLOWDECK_GATEWAY_SRT_ADDRESS"}},
		{"SRT ports", map[string]string{"FLOWDECK_GATEWAY_SRT_PORTS": "9-2"}, []string{"FLOWDECK_GATEWAY_SRT_PORTS"}},
		{"RTMP ports", map[string]string{"FLOWDECK_GATEWAY_RTMP_PORTS": "9-2"}, []string{"FLOWDECK_GATEWAY_RTMP_PORTS"}},
		{"pictures too often", map[string]string{"FLOWDECK_PICTURES": "0.5s"}, []string{"FLOWDECK_PICTURES", "1m"}},
		{"pictures without a unit", map[string]string{"FLOWDECK_PICTURES": "4"}, []string{"FLOWDECK_PICTURES"}},
		{"what recordings leave", map[string]string{"FLOWDECK_GATEWAY_RECORD_FREE": "2G"}, []string{"FLOWDECK_GATEWAY_RECORD_FREE", "GiB"}},
		{"data folder too deep", map[string]string{"FLOWDECK_DATA": "/" + strings.Repeat("d", 100)}, []string{"FLOWDECK_DATA", "9 bytes too long"}},
		{"short password", map[string]string{"FLOWDECK_ADMIN_PASSWORD": "short12"}, []string{"FLOWDECK_ADMIN_PASSWORD"}},
		{"level", map[string]string{"FLOWDECK_LOG_LEVEL": "loud"}, []string{"FLOWDECK_LOG_LEVEL", "loud"}},
		{
			"all at once",
			map[string]string{"FLOWDECK_LOG_FORMAT": "xml", "FLOWDECK_LOG_LEVEL": "loud", "FLOWDECK_BACKEND": "cloud"},
			[]string{"FLOWDECK_LOG_FORMAT", "FLOWDECK_LOG_LEVEL", "FLOWDECK_BACKEND"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load(t, nil, tt.env, "")
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}

func TestReachable(t *testing.T) {
	for _, env := range []map[string]string{
		{"FLOWDECK_LISTEN": "localhost:0"},
		{"FLOWDECK_LISTEN": "[::1]:8080"},
		{"FLOWDECK_LISTEN": "0.0.0.0:8443", "FLOWDECK_TLS_CERT": "c.pem", "FLOWDECK_TLS_KEY": "k.pem"},
		{"FLOWDECK_LISTEN": ":8080", "FLOWDECK_TRUSTED_PROXIES": "127.0.0.1"},
	} {
		if _, err := load(t, nil, env, ""); err != nil {
			t.Errorf("%v: %v", env, err)
		}
	}
}

func TestNothingPrintsASecret(t *testing.T) {
	env := map[string]string{
		"FLOWDECK_ADMIN_PASSWORD":  "the-first-secret",
		"FLOWDECK_SERVICE_AK":      "AKEXAMPLE",
		"FLOWDECK_SERVICE_SK":      "the-second-secret",
		"FLOWDECK_SERVICE_PROJECT": "p",
		"FLOWDECK_DATABASE_URL":    "postgres://u:the-third-secret@db/x?sslpassword=the-fourth-secret",
		"FLOWDECK_LOG_FORMAT":      "none-such",
	}
	c, err := load(t, nil, env, "")
	if err == nil {
		t.Fatal("the fault is not reported")
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("settings", "config", c)
	printed := c.String() + fmt.Sprintf("%v %+v %#v", c, c, c) + log.String() + err.Error()
	if strings.Contains(printed, "-secret") {
		t.Errorf("a secret is printed:\n%s", printed)
	}
	for _, want := range []string{"AKEXAMPLE", "postgres://u:xxxxx@db/x", "FLOWDECK_ADMIN_PASSWORD=***"} {
		if !strings.Contains(printed, want) {
			t.Errorf("%q is not printed", want)
		}
	}
}

func TestSecretsAreNoArguments(t *testing.T) {
	fs := flag.NewFlagSet("test", flag.ContinueOnError)
	Bind(fs)
	for _, name := range []string{"admin-password", "service-sk", "service-password", "metrics-key"} {
		if fs.Lookup(name) != nil {
			t.Errorf("--%s can be given as an argument", name)
		}
	}
}

func TestParseFile(t *testing.T) {
	tests := []struct {
		name, content string
		want          map[string]string
		fault         string
	}{
		{"empty", "", map[string]string{}, ""},
		{"comments and blanks", "\n# FLOWDECK_DATA=x\n  \n", map[string]string{}, ""},
		{"plain", "FLOWDECK_DATA=/a b\r\n", map[string]string{"FLOWDECK_DATA": "/a b"}, ""},
		{"export", "export FLOWDECK_DATA = x", map[string]string{"FLOWDECK_DATA": "x"}, ""},
		{"equals in the value", "FLOWDECK_DATA=a=b", map[string]string{"FLOWDECK_DATA": "a=b"}, ""},
		{"hash in the value", "FLOWDECK_DATA=a#b", map[string]string{"FLOWDECK_DATA": "a#b"}, ""},
		{"double quotes", `FLOWDECK_DATA=" a\"\\\n "`, map[string]string{"FLOWDECK_DATA": ` a"\\n `}, ""},
		{"single quotes", `FLOWDECK_DATA=' \" '`, map[string]string{"FLOWDECK_DATA": ` \" `}, ""},
		{"empty value", "FLOWDECK_DATA=", map[string]string{"FLOWDECK_DATA": ""}, ""},
		{"no equals", "FLOWDECK_DATA", nil, "line 1: not of the form"},
		{"no key", "=x", nil, "line 1: not of the form"},
		{"unknown", "\nFLOWDECK_DTA=x", nil, `line 2: "FLOWDECK_DTA" is no setting`},
		{"foreign", "swordfish=x", nil, "line 1: the key is no setting"},
		{"twice", "FLOWDECK_DATA=x\nFLOWDECK_DATA=y", nil, "line 2: FLOWDECK_DATA is set twice"},
		{"open quote", `FLOWDECK_DATA="x`, nil, "closing quote"},
		{"escaped end", `FLOWDECK_DATA="x\"`, nil, "closing quote"},
		{"quote inside", `FLOWDECK_DATA="x"y"`, nil, "inside"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseFile(tt.content)
			if tt.fault != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fault) {
					t.Fatalf("error %v, want %q", err, tt.fault)
				}
				if strings.Contains(err.Error(), "swordfish") {
					t.Errorf("the error repeats what may be a secret: %v", err)
				}
				return
			}
			if err != nil || fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("%q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestMissingFile(t *testing.T) {
	_, err := load(t, []string{"--config", filepath.Join(t.TempDir(), "none")}, nil, "")
	if err == nil || !strings.Contains(err.Error(), "read the settings file") {
		t.Errorf("error %v", err)
	}
}

func FuzzParseFile(f *testing.F) {
	f.Add("FLOWDECK_DATA=\"a\\\"b\"\n# c\nexport FLOWDECK_LISTEN='x'")
	f.Add("FLOWDECK_DATA=\"\\")
	f.Fuzz(func(t *testing.T, content string) {
		values, err := parseFile(content)
		if err != nil {
			return
		}
		for key, value := range values {
			if !known(key) {
				t.Errorf("unknown key %q came through", key)
			}
			if strings.Contains(value, "\n") {
				t.Errorf("%s took more than its line: %q", key, value)
			}
		}
	})
}

func TestGatewayExposed(t *testing.T) {
	for listen, want := range map[string]bool{
		"127.0.0.1:8081": false, "localhost:0": false, "[::1]:8081": false, ":8081": true, "0.0.0.0:8081": true, "192.0.2.7:8081": true,
	} {
		if got := (Config{GatewayListen: listen}).GatewayExposed(); got != want {
			t.Errorf("%s: %t, want %t", listen, got, want)
		}
	}
}
