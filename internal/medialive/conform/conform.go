// Package conform checks in tests that requests and answers keep to the
// specification of the Media Live API. It stands between a client and a server,
// so it serves the tests of both.
package conform

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// Load gives the specification, checked, without its servers, so that it holds
// for every host.
func Load(ctx context.Context) (*openapi3.T, error) {
	doc, err := openapi3.NewLoader().LoadFromData([]byte(medialive.Spec()))
	if err != nil {
		return nil, fmt.Errorf("read the specification: %w", err)
	}
	if err := doc.Validate(ctx); err != nil {
		return nil, fmt.Errorf("check the specification: %w", err)
	}
	doc.Servers = nil
	return doc, nil
}

// Server passes requests on to next, and fails the test when an answer, or a
// request that is answered with success, does not conform. A request that does
// not conform may only be refused, with 400 to 499. Paths outside of the
// specification (/v3, /ext, /healthz) pass unchecked.
func Server(t testing.TB, next http.Handler) http.Handler {
	t.Helper()
	doc, err := Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatalf("route the specification: %v", err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		route, params, err := router.FindRoute(r)
		if err != nil {
			next.ServeHTTP(w, r)
			return
		}
		answer, faults := exchange(next, r, route, params)
		for _, fault := range faults {
			t.Errorf("%s %s, answered %d: %v", r.Method, r.URL.Path, answer.Code, fault)
		}
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	})
}

// exchange lets next answer a request, and gives what does not conform.
func exchange(next http.Handler, r *http.Request, route *routers.Route, params map[string]string) (*httptest.ResponseRecorder, []error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return badRequest(), []error{fmt.Errorf("read the request: %w", err)}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	checked := r.Clone(r.Context())
	checked.Body = io.NopCloser(bytes.NewReader(body))
	input := &openapi3filter.RequestValidationInput{
		Request: checked, PathParams: params, Route: route,
		Options: &openapi3filter.Options{
			IncludeResponseStatus: true,
			MultiError:            true,
			AuthenticationFunc:    authenticated,
		},
	}
	// Bodies are checked as sent: defaults are not filled in.
	input.Options.SkipSettingDefaults = true
	wrong := openapi3filter.ValidateRequest(r.Context(), input)

	answer := httptest.NewRecorder()
	next.ServeHTTP(answer, r)

	var faults []error
	if wrong != nil && (answer.Code < 400 || answer.Code > 499) {
		faults = append(faults, fmt.Errorf("the request does not conform, and was not refused: %w", wrong))
	}
	err = openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: answer.Code, Header: answer.Header(),
		Body:    io.NopCloser(bytes.NewReader(answer.Body.Bytes())),
		Options: input.Options,
	})
	if err != nil {
		faults = append(faults, fmt.Errorf("the answer does not conform: %w", err))
	}
	return answer, faults
}

// authenticated says whether a request has what its scheme needs; whether that
// is true is not for the specification to say.
func authenticated(_ context.Context, input *openapi3filter.AuthenticationInput) error {
	header := input.RequestValidationInput.Request.Header
	if input.SecuritySchemeName == "userToken" {
		if header.Get("X-Auth-Token") == "" {
			return errors.New("X-Auth-Token is absent")
		}
		return nil
	}
	for _, name := range []string{"X-Sdk-Date", "X-Project-Id"} {
		if header.Get(name) == "" {
			return fmt.Errorf("%s is absent", name)
		}
	}
	if !strings.HasPrefix(header.Get("Authorization"), medialive.Algorithm256+" ") {
		return errors.New("not signed")
	}
	return nil
}

func badRequest() *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	answer.WriteHeader(http.StatusBadRequest)
	return answer
}
