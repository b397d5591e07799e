package medialive_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// signer connects a client that signs to a fake whose clock is ahead.
func signer(t *testing.T, ahead time.Duration) (*medialivetest.Cloud, *medialive.Client) {
	t.Helper()
	cloud := medialivetest.New()
	cloud.AddKey("AK", "secret")
	cloud.Skew(ahead)
	c, err := medialive.New(medialive.Config{
		Endpoint: medialivetest.Endpoint, ProjectID: medialivetest.Project,
		Auth: medialive.AKSK("AK", "secret", time.Now), Transport: cloud.Transport(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return cloud, c
}

// TestF13ClockSkew signs for a service whose clock is another.
func TestF13ClockSkew(t *testing.T) {
	for _, ahead := range []time.Duration{
		0, 5 * time.Minute, -5 * time.Minute, 14 * time.Minute, -14 * time.Minute, 16 * time.Minute, -16 * time.Minute,
		59 * time.Minute, -59 * time.Minute, 24 * time.Hour, -24 * time.Hour,
	} {
		t.Run(ahead.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { signAcrossClocks(t, ahead) })
		})
	}
}

func signAcrossClocks(t *testing.T, ahead time.Duration) {
	cloud, c := signer(t, ahead)
	id := cloud.Add(medialivetest.Flow{Flow: medialive.Flow{Name: "f"}})
	if _, known := c.Skew(); known {
		t.Error("known before the first answer")
	}
	failed := 0
	for range 10 {
		if _, err := c.ShowFlow(t.Context(), id); err != nil {
			failed++
			e := medialive.KindOf(err)
			if ahead.Abs() <= time.Hour || e != medialive.KindUnavailable || !strings.Contains(err.Error(), "clock of this machine is 24h0m") {
				t.Errorf("%v", err)
			}
		}
	}
	got, known := c.Skew()
	if off := (got - ahead).Abs(); !known || off > time.Second {
		t.Errorf("learnt %s, known %t", got, known)
	}
	if want := map[bool]int{true: 10}[ahead.Abs() > time.Hour]; failed != want {
		t.Errorf("%d of 10 reads failed, want %d", failed, want)
	}
	if _, err := c.StartFlow(t.Context(), id); (err == nil) != (ahead.Abs() <= time.Hour) {
		t.Errorf("start: %v", err)
	}
	goal := "0 failed"
	if ahead.Abs() > time.Hour {
		goal = "an error that tells the skew"
	}
	t.Logf("evidence: F13 | signed reads with a clock %+.0f min off | %d of 10 failed, learnt to %s | %s",
		ahead.Minutes(), failed, (got - ahead).Abs().Round(10*time.Millisecond), goal)
}

// TestSkewStep has the clock of the service set right while calls go on, and an
// answer of which the Date is wrong.
func TestSkewStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, c := signer(t, 30*time.Minute)
		read := func(times int) {
			for range times {
				if _, err := c.ListFlows(t.Context(), 10, 0); err != nil {
					t.Error(err)
				}
			}
		}
		read(5)
		cloud.Skew(3 * time.Hour)
		cloud.Inject("", 1, medialivetest.Status(400, "X", "one odd answer"))
		_, _ = c.ListFlows(t.Context(), 10, 0) // only to see its Date
		cloud.Skew(30 * time.Minute)
		read(5)
		cloud.Skew(0)
		read(10)
		if got, _ := c.Skew(); got.Abs() > time.Second {
			t.Errorf("learnt %s", got)
		}
	})
}

// TestSlowAnswersTellNoTime has each answer take longer than can be trusted.
func TestSlowAnswersTellNoTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, c := signer(t, 5*time.Minute)
		cloud.Inject("", 0, medialivetest.Slow(2500*time.Millisecond))
		if _, err := c.ListFlows(t.Context(), 10, 0); err != nil {
			t.Fatal(err)
		}
		if got, known := c.Skew(); known {
			t.Errorf("learnt %s", got)
		}
	})
}
