package rehearsal

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// report tells problems that a judgement found, and fails the event.
func (e *event) report(what string, problems []string) {
	e.t.Helper()
	for _, p := range problems {
		e.mu.Lock()
		e.problems[what]++
		n := e.problems[what]
		if e.first == "" {
			e.first, _, _ = strings.Cut(what+": "+p, "\n")
		}
		e.mu.Unlock()
		if n <= mostTold {
			e.t.Errorf("%s: %s", what, p)
		}
	}
	if len(problems) > 0 {
		e.t.Fail() // those that are not told fail it too
	}
}

// sum says in the last line why the event failed.
func (e *event) sum() {
	if !e.t.Failed() {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.problems) == 0 {
		e.t.Logf("FAILED, FLOWDECK_REHEARSAL_SEED=%d, and not by what the judges found: the reason stands above", e.seed)
		return
	}
	e.t.Logf("FAILED, problems by judgement %v, FLOWDECK_REHEARSAL_SEED=%d. The first: %.300s", e.problems, e.seed, e.first)
}

// follow logs every minute how the event goes, until ctx ends.
func (e *event) follow(ctx context.Context) {
	began, spent := time.Now(), cpu()
	for minute := time.Duration(1); ; minute++ {
		if pass(ctx, time.Until(began.Add(minute*time.Minute))); ctx.Err() != nil {
			return
		}
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		now := cpu()
		e.mu.Lock()
		told := fmt.Sprintf("%d min: %d statements, problems %v; %d presses, %d acts; faults %v; this test took %.0f %% of a core, %d MB",
			minute, e.shown, e.problems, e.tried, len(e.deeds), e.faults, (now-spent).Minutes()*100, memory.HeapAlloc>>20)
		e.mu.Unlock()
		e.t.Log(clock(time.Now()), told)
		spent = now
	}
}

// cpu is what this process has computed so far, without those that it started.
func cpu() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
