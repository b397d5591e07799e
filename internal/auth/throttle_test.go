package auth

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestT12MadeUpNamesForgetNobody guesses a password between floods of made-up
// names, from one address and from ever new ones: neither makes the delays of
// the account that is guessed forgotten, nor fills the memory.
func TestT12MadeUpNamesForgetNobody(t *testing.T) {
	for name, from := range map[string]func(int) string{
		"one address":         func(int) string { return "192.0.2.1" },
		"ever new addresses":  func(i int) string { return fmt.Sprintf("198.%d.%d.%d", 51+i/62500, i/250%250, i%250) },
		"ever new IPv6 sites": func(i int) string { return fmt.Sprintf("2001:db8:%x:%x::1", i/60000, i%60000) },
	} {
		now := time.Unix(1700000000, 0)
		guessing := newThrottle(func() time.Time { return now })
		asked, most := 0, 0
		const flood = 60_000 // in a minute
		for i := range flood {
			if i%100 == 0 && guessing.attempt("account\x00op-1", fmt.Sprintf("203.0.113.%d", i/100%250)) == 0 {
				asked++
			}
			guessing.attempt(fmt.Sprintf("account\x00made-up-%d", i), from(i))
			most = max(most, len(guessing.buckets))
			now = now.Add(time.Minute / flood)
		}
		t.Logf("evidence: T12 | IAM tries for one account in a minute, of 600 by 250 addresses among 60,000 made-up names from %s | %d | ≤ 10", name, asked)
		if asked < 3 || asked > 10 || most > maxBuckets+2 {
			t.Errorf("%s: %d tries, %d buckets", name, asked, most)
		}
	}
}

// TestT12NamesWrittenOtherwise tries names that a service may take for one.
func TestT12NamesWrittenOtherwise(t *testing.T) {
	guessing := newThrottle(time.Now)
	asked := 0
	for i := range 64 {
		name := []byte("op-one")
		for n := range name {
			if i>>n&1 == 1 {
				name[n] = strings.ToUpper(string(name[n]))[0]
			}
		}
		if guessing.attempt("account\x00"+string(name), fmt.Sprintf("192.0.2.%d", i)) == 0 {
			asked++
		}
	}
	if asked != freePerAccount {
		t.Errorf("%d tries of one name in 64 ways", asked)
	}
}

// TestT12OneCustomersAddresses tries many accounts from all over what one
// customer has, and from the next.
func TestT12OneCustomersAddresses(t *testing.T) {
	guessing := newThrottle(time.Now)
	asked := 0
	for i := range 200 {
		if guessing.attempt(fmt.Sprintf("user-%d", i), fmt.Sprintf("2001:db8:1:2:%x::%x", i, i)) == 0 {
			asked++
		}
	}
	if asked != freePerAddress || guessing.attempt("user", "2001:db8:1:3::1") != 0 {
		t.Errorf("%d tries from one site, and its neighbour waits too", asked)
	}
	for _, address := range []string{"192.0.2.7", "::ffff:192.0.2.7"} {
		if got := addressKey(address); got != "address\x00192.0.2.7" {
			t.Errorf("%s counts as %q", address, got)
		}
	}
}
