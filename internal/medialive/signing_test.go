package medialive

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The key of the published vectors (spec, section 9). It is invented.
const (
	vectorAK      = "EXAMPLEAK0123456789"
	vectorSK      = Secret("ExampleSecretKey/0123456789+abcdefghijklmn")
	vectorDate    = "20260102T030405Z"
	vectorProject = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
	vectorLive    = "https://live.cn-north-4.myhuaweicloud.com/v1/" + vectorProject
	vectorBody    = `{"source":{"protocol":"srt-listener","name":"cam_1","cidr_whitelist":["192.0.2.0/24"]}}`
)

type vector struct {
	name, method, url string
	headers           map[string]string
	body              string
	hash              string // of the canonical request
	signed, signature string
	ours              bool // our client signs the same headers
}

func vectors() []vector {
	flow := "flow_id=fcbc63d1-06d8-47ba-8fd9-cd0096b72f6d"
	jsonType := map[string]string{"Content-Type": "application/json;charset=utf-8"}
	return []vector{
		{
			name: "V1 plain GET", method: "GET", url: vectorLive + "/flows?limit=10&offset=0",
			hash:   "590c1444d0b5bdcd45eb3faeebee175e347e45597a359ba7aa2319eb2a7b8293",
			signed: "host;x-project-id;x-sdk-date", ours: true,
			signature: "3390d0934aa47cd477bc63737c96c40d3c0b85c7e976af2460b5e9b8b917b213",
		},
		{
			name: "V2 escaping", method: "GET",
			url:    vectorLive + "/flows/outputs?" + flow + "&output_name=a+b%2Bc/d*e~f%3D%C3%A9&data_display=true",
			hash:   "80b53286ddf8bc3f235049a52346f6f7997bc8d63d3b8d8af85e2ebfcfeb4f93",
			signed: "host;x-project-id;x-sdk-date", ours: true,
			signature: "ababb514db196765e75224ca385551e9579cf3e1e920531de127ebf3aebaa3bb",
		},
		{
			name: "V3 body", method: "PUT", url: vectorLive + "/flows/sources?" + flow + "&source_name=cam_1",
			headers: jsonType, body: vectorBody,
			hash:   "3ccd9c97082034a928e448044ac2e18cb40f50db1c83d3391e0b21c55d5ba6eb",
			signed: "host;x-project-id;x-sdk-date", ours: true,
			signature: "b7f6050c092fcded1b649bbb9f3cefbdc266b8c11bed3fe7235a5258992060ae",
		},
		{
			name: "V3b body with a newline", method: "PUT", url: vectorLive + "/flows/sources?" + flow + "&source_name=cam_1",
			headers: jsonType, body: vectorBody + "\n",
			hash:   "eed90360fcc8add6cb7f35a572915f2da8a0be50b351752f54eefff838a1a036",
			signed: "host;x-project-id;x-sdk-date", ours: true,
			signature: "60eb7c9b90418c35b1b325b003f88042c0a466da61584793c6be235eb3a58db4",
		},
		{
			name: "V4 as the SDK signs", method: "GET", url: vectorLive + "/flows?limit=5",
			headers: map[string]string{"User-Agent": "huaweicloud-usdk-go/3.0", "Content-Type": "application/json"},
			hash:    "e3ab07f4d6b8c6ea447d188c682afdba33c494e1f3aac021c26d27c33526fbca",
			signed:  "user-agent;x-project-id;x-sdk-date",

			signature: "7ca09cad0168004cbb1edae11406c90d1cd569da90341923dc4f2b401924631a",
		},
		{
			name: "V5 temporary key, empty value", method: "GET",
			url: "https://ces.cn-north-4.myhuaweicloud.com/V1.0/" + vectorProject +
				"/metric-data?namespace=SYS.LIVE&metric_name=bandwidth&dim.0=domain,pull.example.com" +
				"&filter=average&period=60&from=1767322800000&to=1767326400000&empty",
			headers: map[string]string{"X-Security-Token": "ExampleSecurityToken=="},
			hash:    "ba28ce374e65421ac4e3aabd30302f5d1bd6d9439c23714ed4ce8a07cd7cae69",
			signed:  "host;x-project-id;x-sdk-date;x-security-token", ours: true,
			signature: "cc687f6e97d68aa82c51e33b529463acff155b363302ee9d9c52d41f790045c0",
		},
	}
}

func (v vector) request(t *testing.T) *http.Request {
	t.Helper()
	req, err := http.NewRequest(v.method, v.url, strings.NewReader(v.body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Project-Id", vectorProject)
	req.Header.Set(DateHeader, vectorDate)
	for name, value := range v.headers {
		req.Header.Set(name, value)
	}
	return req
}

func (v vector) authorization() string {
	return "SDK-HMAC-SHA256 Access=" + vectorAK + ", SignedHeaders=" + v.signed + ", Signature=" + v.signature
}

func TestVectors(t *testing.T) {
	for _, v := range vectors() {
		t.Run(v.name, func(t *testing.T) {
			req := v.request(t)
			canonical, err := canonicalRequest(req, strings.Split(v.signed, ";"), payloadHash([]byte(v.body)))
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprintf("%x", sha256.Sum256([]byte(canonical))); got != v.hash {
				t.Errorf("hash of the canonical request is %s, want %s:\n%s", got, v.hash, canonical)
			}
			s, err := ParseAuthorization(v.authorization())
			if err != nil {
				t.Fatal(err)
			}
			if s.Access != vectorAK {
				t.Errorf("access key is %q", s.Access)
			}
			if !s.Verify(req, []byte(v.body), vectorSK) {
				t.Error("the vector's own signature is refused")
			}
			if !v.ours {
				return
			}
			if err := AKSK(vectorAK, vectorSK, time.Now).Authenticate(req, []byte(v.body)); err != nil {
				t.Fatal(err)
			}
			if got := req.Header.Get("Authorization"); got != v.authorization() {
				t.Errorf("we sign %s\nwant    %s", got, v.authorization())
			}
		})
	}
}

func TestVerifyRefusesWhatWasChanged(t *testing.T) {
	v := vectors()[2]
	s, err := ParseAuthorization(v.authorization())
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]func(*http.Request) (string, Secret){
		"body":      func(*http.Request) (string, Secret) { return v.body + " ", vectorSK },
		"secret":    func(*http.Request) (string, Secret) { return v.body, vectorSK + "x" },
		"method":    func(r *http.Request) (string, Secret) { r.Method = "POST"; return v.body, vectorSK },
		"path":      func(r *http.Request) (string, Secret) { r.URL.Path += "x"; return v.body, vectorSK },
		"query":     func(r *http.Request) (string, Secret) { r.URL.RawQuery += "&a=b"; return v.body, vectorSK },
		"bad query": func(r *http.Request) (string, Secret) { r.URL.RawQuery += ";a=b"; return v.body, vectorSK },
		"host":      func(r *http.Request) (string, Secret) { r.Host = "example.test"; return v.body, vectorSK },
		"date": func(r *http.Request) (string, Secret) {
			r.Header.Set(DateHeader, "20260102T030406Z")
			return v.body, vectorSK
		},
		"two dates":     func(r *http.Request) (string, Secret) { r.Header.Add(DateHeader, vectorDate); return v.body, vectorSK },
		"project":       func(r *http.Request) (string, Secret) { r.Header.Set("X-Project-Id", "other"); return v.body, vectorSK },
		"no project":    func(r *http.Request) (string, Secret) { r.Header.Del("X-Project-Id"); return v.body, vectorSK },
		"second header": func(r *http.Request) (string, Secret) { r.Header.Add("X-Project-Id", "other"); return v.body, vectorSK },
		"body declared unsigned": func(r *http.Request) (string, Secret) {
			r.Header.Set(contentHashHeader, unsignedPayload)
			return v.body, vectorSK
		},
		"hash of another body": func(r *http.Request) (string, Secret) {
			r.Header.Set(contentHashHeader, payloadHash([]byte(v.body)))
			return "{}", vectorSK
		},
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			req := v.request(t)
			body, secret := change(req)
			if s.Verify(req, []byte(body), secret) {
				t.Error("accepted")
			}
		})
	}
	if req := v.request(t); !s.Verify(req, []byte(v.body), vectorSK) {
		t.Error("the unchanged request is refused, so the cases prove nothing")
	}
}

// TestUnsignedBody: a body that its signer left out of the signature could be
// changed on the way, so only an empty one may be left out.
func TestUnsignedBody(t *testing.T) {
	v := vectors()[2]
	for body, want := range map[string]bool{"": true, v.body: false} {
		req := v.request(t)
		req.Header.Set(contentHashHeader, unsignedPayload)
		s := Signature{Access: vectorAK, SignedHeaders: []string{"host", "x-sdk-date"}}
		canonical, err := canonicalRequest(req, s.SignedHeaders, unsignedPayload)
		if err != nil {
			t.Fatal(err)
		}
		copy(s.digest[:], digest(canonical, vectorDate, vectorSK))
		if got := s.Verify(req, []byte(body), vectorSK); got != want {
			t.Errorf("body %q: %v, want %v", body, got, want)
		}
	}
}

func TestAKSKSetsTheDate(t *testing.T) {
	at := time.Date(2026, 1, 2, 4, 4, 5, 0, time.FixedZone("", 3600))
	for name, given := range map[string]string{"absent": "", "unusable": "yesterday"} {
		t.Run(name, func(t *testing.T) {
			v := vectors()[0]
			req := v.request(t)
			req.Header.Set(DateHeader, given)
			if given == "" {
				req.Header.Del(DateHeader)
			}
			if err := AKSK(vectorAK, vectorSK, func() time.Time { return at }).Authenticate(req, nil); err != nil {
				t.Fatal(err)
			}
			if got := req.Header.Get("Authorization"); got != v.authorization() {
				t.Errorf("Authorization: %s", got)
			}
			if got, err := SignedAt(req.Header); err != nil || !got.Equal(at) {
				t.Errorf("SignedAt gives %v, %v", got, err)
			}
		})
	}
}

func TestParseAuthorizationRefuses(t *testing.T) {
	hex64 := strings.Repeat("0a", 32)
	for name, header := range map[string]string{
		"empty":                "",
		"another scheme":       "Bearer abc",
		"another algorithm":    "SDK-HMAC-SM3 Access=a, SignedHeaders=x-sdk-date, Signature=" + hex64,
		"nothing but scheme":   "SDK-HMAC-SHA256 ",
		"no access":            "SDK-HMAC-SHA256 SignedHeaders=x-sdk-date, Signature=" + hex64,
		"empty access":         "SDK-HMAC-SHA256 Access=, SignedHeaders=x-sdk-date, Signature=" + hex64,
		"no headers":           "SDK-HMAC-SHA256 Access=a, Signature=" + hex64,
		"no signature":         "SDK-HMAC-SHA256 Access=a, SignedHeaders=x-sdk-date",
		"access twice":         "SDK-HMAC-SHA256 Access=a, Access=b, SignedHeaders=x-sdk-date, Signature=" + hex64,
		"a field more":         "SDK-HMAC-SHA256 Access=a, SignedHeaders=x-sdk-date, Signature=" + hex64 + ", More=1",
		"date not signed":      "SDK-HMAC-SHA256 Access=a, SignedHeaders=host, Signature=" + hex64,
		"header twice":         "SDK-HMAC-SHA256 Access=a, SignedHeaders=host;host;x-sdk-date, Signature=" + hex64,
		"upper case header":    "SDK-HMAC-SHA256 Access=a, SignedHeaders=Host;x-sdk-date, Signature=" + hex64,
		"empty header":         "SDK-HMAC-SHA256 Access=a, SignedHeaders=;x-sdk-date, Signature=" + hex64,
		"short signature":      "SDK-HMAC-SHA256 Access=a, SignedHeaders=x-sdk-date, Signature=" + hex64[2:],
		"long signature":       "SDK-HMAC-SHA256 Access=a, SignedHeaders=x-sdk-date, Signature=" + hex64 + "00",
		"signature not hex":    "SDK-HMAC-SHA256 Access=a, SignedHeaders=x-sdk-date, Signature=" + strings.Repeat("zz", 32),
		"longer than a header": "SDK-HMAC-SHA256 Access=" + strings.Repeat("a", 5000) + ", SignedHeaders=x-sdk-date, Signature=" + hex64,
	} {
		t.Run(name, func(t *testing.T) {
			if s, err := ParseAuthorization(header); err == nil {
				t.Errorf("accepted as %+v", s)
			}
		})
	}
}

func FuzzParseAuthorization(f *testing.F) {
	for _, v := range vectors() {
		f.Add(v.authorization())
	}
	f.Add("SDK-HMAC-SHA256 Access=,SignedHeaders=;,Signature=")
	f.Fuzz(func(t *testing.T, header string) {
		s, err := ParseAuthorization(header)
		if err != nil {
			return
		}
		again := fmt.Sprintf("%s Access=%s, SignedHeaders=%s, Signature=%x",
			Algorithm256, s.Access, strings.Join(s.SignedHeaders, ";"), s.digest)
		second, err := ParseAuthorization(again)
		if err != nil {
			t.Fatalf("%q was accepted, %q is not: %v", header, again, err)
		}
		if second.Access != s.Access || second.digest != s.digest {
			t.Fatalf("%q reads differently the second time", header)
		}
		req, err := http.NewRequest(http.MethodGet, "https://gateway.example/v1/p/flows", nil)
		if err != nil {
			t.Fatal(err)
		}
		if s.Verify(req, nil, "a secret that signed nothing") {
			t.Fatal("a request without a date was accepted")
		}
	})
}
