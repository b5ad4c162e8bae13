package models

import (
	"strings"
	"time"
)

// DeviceState is how far a device authorization got (RFC 8628 §3).
type DeviceState string

// The states. Only a pending one is decided, only an approved one is redeemed.
const (
	DevicePending  DeviceState = "pending"
	DeviceApproved DeviceState = "approved"
	DeviceDenied   DeviceState = "denied"
	DeviceRedeemed DeviceState = "redeemed"
)

// DeviceCode is what a device redeems for its first tokens once somebody has entered the user code and agreed (RFC 8628 §3.2).
type DeviceCode struct {
	ID              int64
	Digest          Digest
	UserCodeDigest  Digest
	ApplicationID   int64
	UserID          *int64 // who entered the user code, and alone decides; nil until then
	Scope           Scope
	Audience        Words
	State           DeviceState
	IntervalSeconds int64 // that the device has to leave between two polls
	LastPolled      *time.Time
	FamilyID        string // of the tokens that it is redeemed for
	Created         time.Time
	Expires         time.Time

	Application *Application // filled where the store says so
}

// Expired reports whether the code is past use at the time now.
func (c *DeviceCode) Expired(now time.Time) bool { return !now.Before(c.Expires) }

// pollTolerance is how much earlier than agreed a poll may arrive: two requests do not take equally long.
const pollTolerance = 500 * time.Millisecond

// TooSoon reports whether a poll at the time now comes sooner after the last one than the device was told (RFC 8628 §3.5).
func (c *DeviceCode) TooSoon(now time.Time) bool {
	wait := time.Duration(c.IntervalSeconds)*time.Second - pollTolerance
	return c.LastPolled != nil && now.Before(c.LastPolled.Add(wait))
}

// A user code is typed by hand: 8 characters without vowels and look-alikes, 34 bits, enough for what lives a few minutes and is guessed
// under a throttle (RFC 8628 §6.1).
const (
	userCodeAlphabet = "BCDFGHJKLMNPQRSTVWXZ"
	userCodeLength   = 8
)

// NewUserCode makes a random user code.
func NewUserCode() Secret { return SecretOf(randomText(userCodeAlphabet, userCodeLength)) }

// ParseUserCode reads a user code as a person may type it: case, and characters that no code has, do not matter (RFC 8628 §6.1). It
// reports whether there is one left.
func ParseUserCode(typed string) (Secret, bool) {
	kept := strings.Map(func(r rune) rune {
		if strings.ContainsRune(userCodeAlphabet, r) {
			return r
		}
		return -1
	}, strings.ToUpper(typed))
	return SecretOf(kept), len(kept) == userCodeLength
}

// ShowUserCode is a user code as people read it, in two groups: "WDJB-MJHT".
func ShowUserCode(code Secret) string {
	text := code.Reveal()
	return text[:userCodeLength/2] + "-" + text[userCodeLength/2:]
}
