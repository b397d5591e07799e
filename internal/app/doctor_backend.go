package app

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/flowdeck/flowdeck/internal/config"
)

// maxSkew is how far the clocks may be apart. Signed requests are refused at 15
// minutes; ages on the screen are wrong long before.
const maxSkew = 5 * time.Second

// lookBackend asks a backend for its health and its time.
func lookBackend(b config.Backend) func(context.Context, config.Config) (string, error) {
	return func(ctx context.Context, cfg config.Config) (string, error) {
		url, found := backendURL(cfg, b)
		if url == "" {
			return found, nil
		}
		return askTime(ctx, url)
	}
}

// askTime asks whoever is there for the time.
func askTime(ctx context.Context, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", &fault{err.Error(), "set FLOWDECK_BACKEND", true}
	}
	asked := time.Now()
	res, err := http.DefaultTransport.RoundTrip(req) // redirects are not followed
	if err != nil {
		return "", &fault{"does not answer: " + err.Error(), "see that it runs and that FLOWDECK_BACKEND is right", true}
	}
	middle := asked.Add(time.Since(asked) / 2)
	if err := res.Body.Close(); err != nil {
		return "", &fault{what: err.Error(), needed: true}
	}
	return compareClocks(url, res.Header.Get("Date"), middle)
}

// backendURL gives what to ask, or what can be said without asking.
func backendURL(cfg config.Config, b config.Backend) (url, found string) {
	switch {
	case b.At == config.Embedded && holder(cfg.RunDir(), gatewayRole) == 0:
		return "", "embedded; its gateway is not running, and starts with the dashboard"
	case b.At == config.Embedded:
		return readRunFile(cfg.RunDir(), gatewayRole).URL + "/healthz", ""
	case b.At == config.HuaweiCloud && cfg.IAMURL == "":
		return "", "Huawei Cloud; its region is chosen at sign-in"
	case b.At == config.HuaweiCloud:
		return cfg.IAMURL, ""
	default:
		return b.At, ""
	}
}

// compareClocks reads the Date of an answer, which has whole seconds.
func compareClocks(url, date string, now time.Time) (string, error) {
	theirs, err := http.ParseTime(date)
	if err != nil {
		return url + " answers, without telling its time", nil
	}
	skew := now.Sub(theirs.Add(time.Second / 2)).Round(time.Second)
	if skew.Abs() > maxSkew {
		return "", &fault{
			fmt.Sprintf("%s answers, but this machine's clock differs by %v", url, skew),
			"set the clock by NTP, on both", skew.Abs() > 10*time.Minute,
		}
	}
	return url + " answers; the clocks agree", nil
}
