package gateway

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	maxBody   = 64 << 10         // bytes of a request's body; ten outputs in full take less
	maxWhole  = 256 << 10        // bytes of a channel, or of a part of one
	drainBody = 16 << 20         // bytes of a larger body read on, so that its sender sees the answer
	bodyTime  = 10 * time.Second // for all of the body to arrive
	maxID     = 64               // characters of flow_id, source_name, output_name
	maxLimit  = 100              // flows on a page
	pageSize  = 10               // flows on a page when nothing is asked
	maxOffset = 1<<31 - 1        // declared int32
)

// readBody reads a whole body, and refuses one that is larger than most or, when
// there is one, not declared to be JSON.
func readBody(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(bodyTime)) // not supported: the server's own limit holds
	body, err := io.ReadAll(io.LimitReader(r.Body, most+1))
	if err != nil {
		return nil, invalid("the request body could not be read to its end")
	}
	if int64(len(body)) > most {
		_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, drainBody))
		return nil, invalid("the request body is larger than %d bytes", most)
	}
	_ = control.SetReadDeadline(time.Time{})
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); len(body) > 0 && (err != nil || kind != "application/json") {
		return nil, &refusal{http.StatusBadRequest, codeMediaType, "Content-Type must be application/json"}
	}
	return body, nil
}

// decode reads the body as one JSON value. Unknown fields are let pass, as the
// API does; a wrong type is told by its field.
func decode(body []byte, into any) error {
	if len(body) == 0 {
		return invalid("the request body is empty; JSON is needed")
	}
	if !utf8.Valid(body) {
		return invalid("the request body is not UTF-8")
	}
	err := json.Unmarshal(body, into)
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrong) && wrong.Field != "":
		return invalid("%s must be %s", wireField(wrong.Field), typeName(wrong.Type.Kind()))
	case errors.As(err, &wrong):
		return invalid("the request body must be %s", typeName(wrong.Type.Kind()))
	default:
		return invalid("the request body is not valid JSON")
	}
}

// wireField is a path of encoding/json without the names of embedded structs,
// which begin with a capital, as no field of the API does.
func wireField(path string) string {
	steps := strings.Split(path, ".")
	steps = slices.DeleteFunc(steps, func(s string) bool { return s != "" && s[0] >= 'A' && s[0] <= 'Z' })
	return strings.Join(steps, ".")
}

// query gives the parameters of the URL, strictly read.
func (c *call) query() (url.Values, error) {
	values, err := url.ParseQuery(c.URL.RawQuery)
	if err != nil {
		return nil, invalid("the query of the URL cannot be read")
	}
	return values, nil
}

// names reads required query parameters of 1 to 64 characters, in order.
func (c *call) names(keys ...string) ([]string, error) {
	values, err := c.query()
	if err != nil {
		return nil, err
	}
	found := make([]string, len(keys))
	for i, key := range keys {
		v := values.Get(key)
		switch {
		case v == "":
			return nil, invalid("%s is required", key)
		case utf8.RuneCountInString(v) > maxID || !utf8.ValidString(v) || strings.ContainsRune(v, 0):
			return nil, invalid("%s must have 1 to %d characters", key, maxID)
		}
		found[i] = v
	}
	return found, nil
}

// paging reads limit (1..100, default 10) and offset (0..2^31-1, default 0).
func paging(values url.Values) (limit, offset int, err error) {
	if limit, err = number(values, "limit", 1, maxLimit, pageSize); err != nil {
		return 0, 0, err
	}
	if offset, err = number(values, "offset", 0, maxOffset, 0); err != nil {
		return 0, 0, err
	}
	return limit, offset, nil
}

func number(values url.Values, key string, least, most, absent int) (int, error) {
	if !values.Has(key) {
		return absent, nil
	}
	text := values.Get(key)
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil || int(n) < least || int(n) > most {
		return 0, invalid("%s must be an integer from %d to %d", key, least, most)
	}
	return int(n), nil
}

// typeName names a Go kind in the words of JSON.
func typeName(kind reflect.Kind) string {
	switch kind {
	case reflect.String:
		return "a string"
	case reflect.Int, reflect.Int32, reflect.Int64:
		return "an integer"
	case reflect.Slice:
		return "an array"
	case reflect.Struct, reflect.Pointer, reflect.Map:
		return "an object"
	}
	return "of another type"
}
