package app

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// call runs a command line in this process.
func call(t *testing.T, env map[string]string, args ...string) (code int, out, errOut string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = Main(t.Context(), args, Terminal{
		In: strings.NewReader(""), Out: &stdout, Err: &stderr,
		Getenv: func(name string) string { return env[name] },
	})
	return code, stdout.String(), stderr.String()
}

func TestHelpNamesEveryCommand(t *testing.T) {
	code, out, _ := call(t, nil, "--help")
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	for _, c := range commands() {
		if !strings.Contains(out, "flowdeck "+c.name) {
			t.Errorf("help leaves out %q", c.name)
		}
		code, _, errOut := call(t, nil, append(strings.Fields(c.name), "--help")...)
		if code != 0 || !strings.Contains(errOut, "flowdeck "+c.name) || !strings.Contains(errOut, "FLOWDECK_DATA") {
			t.Errorf("%s --help: code %d\n%s", c.name, code, errOut)
		}
	}
}

func TestCommandLines(t *testing.T) {
	tests := []struct {
		args []string
		code int
		want string // on standard error
	}{
		{[]string{"sreve"}, 2, `no command "sreve"`},
		{[]string{"user"}, 2, `no command "user"`},
		{[]string{"user", "add"}, 2, "wrong number of arguments"},
		{[]string{"user", "add", "one", "two"}, 2, "wrong number of arguments"},
		{[]string{"version", "--no-such"}, 2, "not defined: -no-such"},
		{[]string{"version", "--log-format", "xml"}, 1, "FLOWDECK_LOG_FORMAT"},
		{[]string{"--listen", "0.0.0.0:1"}, 1, "in the clear"},
		{[]string{"version", "--config", "/nonexistent/file"}, 1, "read the settings file"},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			code, _, errOut := call(t, nil, tt.args...)
			if code != tt.code || !strings.Contains(errOut, tt.want) {
				t.Errorf("code %d, want %d with %q:\n%s", code, tt.code, tt.want, errOut)
			}
		})
	}
}

func TestFlagsAnywhere(t *testing.T) {
	cmd, rest, found := find([]string{"user", "policy", "viewer", "--data", "d", "live:ott:*", "--", "--odd"})
	if !found {
		t.Fatal("not found")
	}
	in, err := cmd.parse(rest, Terminal{Err: os.Stderr, Getenv: func(string) string { return "" }})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(in.args, " "); got != "viewer live:ott:* --odd" || in.cfg.Data != "d" {
		t.Errorf("arguments %q, data %q", got, in.cfg.Data)
	}
}

func TestVersion(t *testing.T) {
	if code, out, _ := call(t, nil, "version"); code != 0 || !strings.HasPrefix(out, "flowdeck ") {
		t.Errorf("code %d, %q", code, out)
	}
}

func TestDoctorFindsFaults(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	udp, err := net.ListenPacket("udp4", "127.77.1.2:20000")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	open := t.TempDir()
	if err := os.Chmod(open, 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(open, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	base := map[string]string{
		"FLOWDECK_DATA": t.TempDir(), "FLOWDECK_LISTEN": "127.0.0.1:0", "FLOWDECK_GATEWAY_LISTEN": "127.0.0.1:0",
		"FLOWDECK_GATEWAY_SRT_ADDRESS": "127.77.1.2", "FLOWDECK_GATEWAY_SRT_PORTS": "20001-20009",
	}
	tests := []struct {
		name, variable, value string
		code                  int
		want                  string
	}{
		{"all is well", "FLOWDECK_LOG_LEVEL", "info", 0, "20001-20009 on 127.77.1.2 are free"},
		{"dashboard port taken", "FLOWDECK_LISTEN", taken.Addr().String(), 1, "taken by another program — end that program, or set FLOWDECK_LISTEN"},
		{"gateway port taken", "FLOWDECK_GATEWAY_LISTEN", taken.Addr().String(), 1, "set FLOWDECK_GATEWAY_LISTEN"},
		{"an SRT port taken", "FLOWDECK_GATEWAY_SRT_PORTS", "20000-20009", 0, "1 of 10 ports"},
		{"all SRT ports taken", "FLOWDECK_GATEWAY_SRT_PORTS", "20000", 1, "1 of 1 ports"},
		{"foreign SRT address", "FLOWDECK_GATEWAY_SRT_ADDRESS", "192.0.2.1", 1, "set FLOWDECK_GATEWAY_SRT_ADDRESS"},
		{"no folder", "FLOWDECK_DATA", file, 1, "is no folder"},
		{"folder open to others", "FLOWDECK_DATA", open, 0, "chmod 700"},
		{"database down", "FLOWDECK_DATABASE_URL", "postgres://u:hidden@127.0.0.1:1/x", 1, "FAULT database"},
		{"backend down", "FLOWDECK_BACKEND", "http://127.0.0.1:1", 1, "FAULT backend"},
		{"cloud", "FLOWDECK_BACKEND", "huaweicloud", 0, "Huawei Cloud"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			env := map[string]string{tt.variable: tt.value}
			for name, value := range base {
				if name != tt.variable {
					env[name] = value
				}
			}
			code, out, errOut := call(t, env, "doctor")
			if code != tt.code || !strings.Contains(out, tt.want) {
				t.Errorf("code %d, want %d with %q:\n%s%s", code, tt.code, tt.want, out, errOut)
			}
			if strings.Contains(out+errOut, "hidden") {
				t.Errorf("a password is shown:\n%s", out)
			}
		})
	}
}

func TestCompareClocks(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	date := func(skew time.Duration) string { return now.Add(skew).Format("Mon, 02 Jan 2006 15:04:05 GMT") }
	tests := []struct {
		name, date string
		fault      bool
		needed     bool
	}{
		{"same", date(0), false, false},
		{"a second", date(time.Second), false, false},
		{"a minute", date(time.Minute), true, false},
		{"too far for signatures", date(-14 * time.Minute), true, true},
		{"no date", "", false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := compareClocks("http://x", tt.date, now)
			if (err != nil) != tt.fault {
				t.Fatalf("error %v", err)
			}
			if f, ok := err.(*fault); ok && f.needed != tt.needed {
				t.Errorf("needed is %v", f.needed)
			}
		})
	}
}
