package auth

import "testing"

func TestEyeOf(t *testing.T) {
	for _, c := range []struct{ endpoint, project, want string }{
		{"https://live.cn-north-4.myhuaweicloud.com", "cn-north-4", "https://ces.cn-north-4.myhuaweicloud.com"},
		{"https://live.cn-north-4.myhuaweicloud.com", "cn-north-4_events", "https://ces.cn-north-4.myhuaweicloud.com"},
		{"http://127.0.0.1:8081", "local", "http://127.0.0.1:8081"},
		{"http://127.0.0.1:8081", "cn-north-4", "http://127.0.0.1:8081"}, // a name proves nothing
		{"https://live.cn-north-4.myhuaweicloud.com", "elsewhere", "https://live.cn-north-4.myhuaweicloud.com"},
	} {
		if got := eyeOf(&Place{Endpoint: c.endpoint, Project: c.project}); got != c.want {
			t.Errorf("%s in %s: %s, want %s", c.project, c.endpoint, got, c.want)
		}
	}
}
