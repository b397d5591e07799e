package medialive

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Codes of the API and of the gateway in front of it that mean one thing.
const (
	CodeSuccess       = "LIVE.100000000" // in result_code of channel operations
	CodeInvalid       = "LIVE.100011001" // parameter, state, unknown or existing output: the text tells
	CodeNotPermitted  = "LIVE.100011003" // with status 401
	CodeInternal      = "LIVE.100011005"
	CodeUnsupported   = "LIVE.100011006" // what a gateway cannot do
	CodeExists        = "LIVE.103011018"
	CodeNotFound      = "LIVE.103011019"
	CodeState         = "LIVE.103011022"
	CodeNoStatistic   = "LIVE.103011099" // with status 404
	CodeUnknownAPI    = "APIG.0101"
	CodeTimeout       = "APIG.0201"
	CodeNotSignedIn   = "APIG.0301"
	CodeNotAuthorized = "APIG.0302"
	CodeRenewToken    = "APIG.0307"
	CodeThrottled     = "APIG.0308"
)

// Bounds of what is kept of an error answer.
const (
	maxCode       = 64
	maxMessage    = 2048
	maxRequestID  = 128
	maxRetryAfter = time.Hour
)

// fault is an error body, whichever shape it had. The zero value stands for a
// body that is none of the API's.
type fault struct{ code, message, requestID string }

// parseFault reads the shapes of error body: error_code and error_msg of the API
// and its gateway, result_code and result_msg of the channel operations,
// error{code, message} of IAM, and message or details{code, details} of Cloud
// Eye.
func parseFault(body []byte) fault {
	var b struct {
		ErrorCode  text       `json:"error_code"`
		ErrorMsg   text       `json:"error_msg"`
		ResultCode text       `json:"result_code"`
		ResultMsg  text       `json:"result_msg"`
		RequestID  text       `json:"request_id"`
		Error      innerFault `json:"error"`
		Message    innerFault `json:"message"`
		Details    innerFault `json:"details"`
	}
	if json.Unmarshal(body, &b) != nil {
		return fault{}
	}
	f := fault{code: string(b.ErrorCode), message: string(b.ErrorMsg), requestID: string(b.RequestID)}
	switch {
	case f.code != "":
	case b.ResultCode != "":
		f.code, f.message = string(b.ResultCode), string(b.ResultMsg)
	case b.Error.Code != "":
		f.code, f.message = string(b.Error.Code), string(b.Error.Message)
	case b.Message.Code != "":
		f.code, f.message = string(b.Message.Code), string(b.Message.Details)
	case b.Details.Code != "":
		f.code, f.message = string(b.Details.Code), string(b.Details.Details)
	default:
		return fault{}
	}
	return fault{printable(f.code, maxCode), f.message, printable(f.requestID, maxRequestID)}
}

// text is a JSON value that should be a string; a number is taken as written,
// and anything else as none.
type text string

// UnmarshalJSON never fails: an odd field must not hide the others.
func (t *text) UnmarshalJSON(data []byte) error {
	var s string
	if json.Unmarshal(data, &s) == nil {
		*t = text(s)
		return nil
	}
	if _, err := strconv.ParseFloat(string(data), 64); err == nil {
		*t = text(data)
	}
	return nil
}

// innerFault is the error object of IAM and of Cloud Eye.
type innerFault struct {
	Code    text
	Message text // of IAM
	Details text // of Cloud Eye
}

// UnmarshalJSON never fails, as that of text.
func (f *innerFault) UnmarshalJSON(data []byte) error {
	var b struct {
		Code    text `json:"code"`
		Message text `json:"message"`
		Details text `json:"details"`
	}
	if json.Unmarshal(data, &b) == nil {
		*f = innerFault(b)
	}
	return nil
}

// refusal gives the error that an answer stands for, nil for a success. A
// success by status that carries an error code is none.
func (r request) refusal(a answer) *Error {
	f := parseFault(a.body)
	if a.status >= 200 && a.status < 300 && (f.code == "" || f.code == CodeSuccess) {
		return nil
	}
	e := r.fail(a, r.kind(a.status, f), nil)
	e.Code, e.Message = f.code, printable(r.redact(f.message), maxMessage)
	if e.RequestID == "" {
		e.RequestID = f.requestID
	}
	if e.Kind == KindThrottled || e.Kind == KindUnavailable {
		e.RetryAfter = retryAfter(a.header, time.Now())
	}
	return e
}

// kind judges by code first, then by status, then by text: one code means many
// things, and 401 is used for a missing permission too.
func (r request) kind(status int, f fault) Kind {
	switch code := gatewayCode(f.code); {
	case code == "0308" || status == http.StatusTooManyRequests:
		return KindThrottled
	case code == "0301" || code == "0307":
		return KindNotSignedIn
	case code == "0302" || f.code == CodeNotPermitted || status == http.StatusForbidden:
		return KindNotPermitted
	case status == http.StatusUnauthorized:
		return KindNotSignedIn
	case status == http.StatusNotFound && r.ext:
		return KindNotFound
	case status >= 500:
		return r.serverFault(status, f)
	case status == http.StatusRequestTimeout:
		return KindUnavailable
	case status >= 400 || f.code != "":
		return r.clientFault(status, f)
	}
	if r.command { // a redirect, or another answer that the API never gives
		return KindOutcomeUnknown
	}
	return KindUnreadable
}

// serverFault judges a 5xx. A command may have been carried out before the
// fault, save when the API itself says it was not available.
func (r request) serverFault(status int, f fault) Kind {
	if r.command && (status != http.StatusServiceUnavailable || f.code == "") {
		return KindOutcomeUnknown
	}
	return KindUnavailable
}

// clientFault judges a 4xx, or an error code under a status of success.
func (r request) clientFault(status int, f fault) Kind {
	said := ""
	if f.code == CodeInvalid {
		said = strings.ToLower(f.message)
	}
	switch {
	case f.code == "" && !r.command:
		return KindUnreadable
	case f.code == CodeExists:
		return KindExists
	case f.code == CodeNotFound:
		return KindNotFound
	case f.code == CodeState:
		return KindState
	case f.code == CodeInternal:
		return r.serverFault(http.StatusInternalServerError, f)
	case containsAny(said, "not exist", "is not exists"):
		return KindNotFound
	case containsAny(said, "has been exist", "is exist", "already exist"):
		return KindExists
	case containsAny(said, "in active status", "in standby status", "has been turned"):
		return KindState
	case f.code == "404": // IAM
		return KindNotFound
	case status == http.StatusNotFound && strings.HasPrefix(f.code, "LIVE."): // channels; statistics, for any failure
		return KindNotFound
	}
	return KindRefused
}

// gatewayCode gives the number of a code of the API gateway, whose prefix is
// written in two ways; "" for any other code.
func gatewayCode(code string) string {
	for _, prefix := range []string{"APIG.", "APIGW."} {
		if number, ok := strings.CutPrefix(code, prefix); ok {
			return number
		}
	}
	return ""
}

// redact hides what was secret in the request, should the answer repeat it: as
// it is, or as JSON or a URL has it.
func (r request) redact(message string) string {
	for _, secret := range r.secrets {
		if secret == "" || secret == Mask {
			continue
		}
		plain := secret.Reveal()
		quoted, _ := json.Marshal(plain) // a string can always be encoded
		for _, written := range []string{plain, string(quoted[1 : len(quoted)-1]), url.QueryEscape(plain), url.PathEscape(plain)} {
			message = strings.ReplaceAll(message, written, "***")
		}
	}
	return message
}

// secretHeaders prove who asks.
var secretHeaders = []string{"X-Auth-Token", "X-Subject-Token", "Authorization"}

// withSent adds what was secret in the headers that were sent.
func (r request) withSent(sent *http.Request) request {
	if sent == nil { // a transport need not tell
		return r
	}
	r.secrets = slices.Clone(r.secrets)
	for _, name := range secretHeaders {
		r.secrets = append(r.secrets, Secret(sent.Header.Get(name)))
	}
	return r
}

// retryAfter reads the header in both its forms; 0 when it tells nothing.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	var d time.Duration
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		d = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), maxRetryAfter)
}

func containsAny(s string, parts ...string) bool {
	for _, part := range parts {
		if strings.Contains(s, part) {
			return true
		}
	}
	return false
}
