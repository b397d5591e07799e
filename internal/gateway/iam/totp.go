package iam

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6238's default, and all that authenticator apps know
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"time"

	"github.com/flowdeck/flowdeck/internal/store"
)

// One-time codes by RFC 6238 with the parameters that every app has.
const (
	totpSecretSize = 20 // bytes, SHA-1's size
	totpPeriod     = 30 // seconds
	totpDigits     = 6
	totpSkew       = 1 // periods before and after that are taken too
)

// SetTOTP gives the user a new second factor and ends his tokens. From now on
// signing in takes a one-time code. The address it returns is for an
// authenticator app; it holds the secret and cannot be had again.
func (i *IAM) SetTOTP(ctx context.Context, user string) (otpauth string, err error) {
	u, err := i.store.User(ctx, user)
	if err != nil {
		return "", err
	}
	secret := randomBytes(totpSecretSize)
	sealed, _, err := i.key.Seal(secret, totpContext(u))
	if err != nil {
		return "", fmt.Errorf("seal one-time secret: %w", err)
	}
	if err := i.store.SetTOTP(ctx, user, sealed); err != nil {
		return "", err
	}
	address := url.URL{
		Scheme: "otpauth", Host: "totp", Path: "/Flowdeck:" + user,
		RawQuery: url.Values{
			"secret": {base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)},
			"issuer": {"Flowdeck"},
		}.Encode(),
	}
	return address.String(), nil
}

// ClearTOTP takes the user's second factor away and ends his tokens.
func (i *IAM) ClearTOTP(ctx context.Context, user string) error {
	return i.store.SetTOTP(ctx, user, nil)
}

// useTOTP tells whether the code is the user's now and was not used before.
func (i *IAM) useTOTP(ctx context.Context, u store.User, code string) (bool, error) {
	secret, err := i.key.Open(u.TOTPSecret, totpContext(u))
	if err != nil {
		return false, fmt.Errorf("one-time secret of user %s: %w", u.Name, err)
	}
	step, ok := matchTOTP(secret, code, i.now())
	if !ok {
		return false, nil
	}
	return i.store.UseTOTP(ctx, u.ID, step)
}

// matchTOTP finds the time step of which the code is.
func matchTOTP(secret []byte, code string, now time.Time) (step int64, ok bool) {
	current := now.Unix() / totpPeriod
	for s := current - totpSkew; s <= current+totpSkew; s++ {
		if subtle.ConstantTimeCompare([]byte(totp(secret, s)), []byte(code)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok
}

// totp is the code of a time step: HOTP (RFC 4226) with the step as counter.
func totp(secret []byte, step int64) string {
	mac := hmac.New(sha1.New, secret)
	_ = binary.Write(mac, binary.BigEndian, step) // a hash takes all
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0x0f
	number := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	return fmt.Sprintf("%0*d", totpDigits, number%1_000_000)
}

func totpContext(u store.User) []byte { return []byte("iam totp " + u.ID) }
