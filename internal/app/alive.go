package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"time"
)

const probeTimeout = 2 * time.Second

// alive tells whether each server that holds this data folder answers, and
// that there is one.
func alive(ctx context.Context, in invocation) error {
	running, unwell := 0, false
	for _, r := range []role{dashboardRole, gatewayRole} {
		if holder(in.cfg.RunDir(), r) == 0 {
			continue
		}
		running++
		file := readRunFile(in.cfg.RunDir(), r)
		if answers(ctx, file.URL) {
			fmt.Fprintf(in.Out, "ok    %-15s %s\n", r, file.URL)
			continue
		}
		unwell = true
		fmt.Fprintf(in.Out, "FAULT %-15s process %d does not answer at %s\n", r, file.PID, file.URL)
	}
	if running == 0 {
		fmt.Fprintf(in.Out, "FAULT nothing runs on %s\n", in.cfg.Data)
	}
	if running == 0 || unwell {
		return errUnwell
	}
	return nil
}

// answers tells whether one of our own servers on this machine is in health.
// Its certificate is for other names than the one it is asked by, and nothing
// secret is sent, so it is not checked.
func answers(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/healthz", nil)
	if err != nil {
		return false
	}
	transport := &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
	}
	res, err := transport.RoundTrip(req)
	if err != nil {
		return false
	}
	return res.Body.Close() == nil && res.StatusCode == http.StatusOK
}
