package models

import (
	"crypto/sha256"
	"net/netip"
	"time"
)

// LoginAttempt counts what failed at one moment. Of whom or what it was a failure, the subject, only a digest is kept: a name that
// somebody tried may be a password typed into the wrong field.
type LoginAttempt struct {
	Subject  Digest    `gorm:"primaryKey"`
	At       time.Time `gorm:"primaryKey"`
	Failures int64
}

// FailedSignIn counts wrong passwords for one account from one network within an hour, for those who watch over sign-ins; the throttle does
// not go by it. Names that nobody has are one account: what was typed there may be a password.
type FailedSignIn struct {
	Hour     time.Time `gorm:"primaryKey"`                     // when it began
	UserID   int64     `gorm:"primaryKey;autoIncrement:false"` // 0: names that nobody has
	Network  string    `gorm:"primaryKey"`
	Failures int64
	Last     time.Time
}

// Bound is how many failures of one subject are borne within a time.
type Bound struct {
	Failures int64
	Seconds  int64
}

// Since is the moment after which a failure counts at the time now.
func (b Bound) Since(now time.Time) time.Time {
	return now.Add(-time.Duration(b.Seconds) * time.Second)
}

// Wait is after how many whole seconds one more failure is borne, 0 when it is now. The attempts come newest first.
func (b Bound) Wait(attempts []LoginAttempt, now time.Time) int64 {
	failures := int64(0)
	for _, each := range attempts {
		failures += each.Failures
		if left := each.At.Sub(b.Since(now)); failures >= b.Failures && left > 0 {
			return int64((left + time.Second - 1) / time.Second)
		}
	}
	return 0
}

// The subjects of the throttle. Each word begins a text that no other subject can have.

// AccountSubject is an account, by the name that was tried, from where the account has never signed in.
func AccountSubject(username string) Digest { return subject("account", username) }

// DeviceSubject is an account from a browser or address that it knows.
func DeviceSubject(username string, device Digest) Digest {
	return subject("device", device.String()+username)
}

// AddressSubject is a network, over all accounts.
func AddressSubject(network string) Digest { return subject("address", network) }

// GuessSubject is a network from which unknown tokens, codes and client secrets are presented.
func GuessSubject(network string) Digest { return subject("guess", network) }

// DevicesSubject is a network from which device authorizations are begun.
func DevicesSubject(network string) Digest { return subject("devices", network) }

func subject(kind, value string) Digest { return sha256.Sum256([]byte(kind + ":" + value)) }

// NetworkOf is the part of a client's address that counts as one place: an IPv4 address, the /64 of an IPv6 address (which is the
// least that one household gets), the text itself where it is neither.
func NetworkOf(address string) string {
	parsed, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	parsed = parsed.Unmap().WithZone("")
	if parsed.Is4() {
		return parsed.String()
	}
	return netip.PrefixFrom(parsed, 64).Masked().String()
}

// DeviceKind says by what an account knows where it signed in.
type DeviceKind string

// The kinds of devices.
const (
	DeviceBrowser DeviceKind = "browser" // by a cookie
	DeviceAddress DeviceKind = "address" // by its network
)

// KnownDevice is a browser or an address from which a user has signed in. Who comes from there has a count of failures of its own, so
// that strangers cannot lock the user out.
type KnownDevice struct {
	UserID   int64      `gorm:"primaryKey;autoIncrement:false"`
	Kind     DeviceKind `gorm:"primaryKey"`
	Digest   Digest     `gorm:"primaryKey"`
	Created  time.Time
	LastUsed time.Time
}
