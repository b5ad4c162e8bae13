package models

import (
	"encoding/json"
	"fmt"
	"time"
)

// The bounds of a token policy, in seconds. The last use of a token is stored within a minute, so an idle lifetime is much longer than that.
const (
	Day            = 24 * 60 * 60
	LongestIdle    = 3650 * Day    // ten years
	LongestAllowed = 365_000 * Day // a thousand years, as the originals had them
)

// TokenPolicy is how long personal tokens live, in seconds. What it does not set is 0: then the environment says how long, and no token
// ends for want of use.
type TokenPolicy struct {
	Default int64 `json:"default,omitempty"` // of a new token for which nothing was chosen
	Longest int64 `json:"longest,omitempty"` // the most that may be chosen
	Idle    int64 `json:"idle,omitempty"`    // a token that was not used for so long works no more
}

// ParseTokenPolicy reads what String wrote.
func ParseTokenPolicy(text string) (p TokenPolicy, err error) {
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return TokenPolicy{}, fmt.Errorf("read the token policy: %w", err)
	}
	return p, nil
}

// String is the form in which it is kept.
func (p TokenPolicy) String() string {
	text, _ := json.Marshal(p) // three numbers, which cannot fail
	return string(text)
}

// InForce fills in what the environment sets: the lifetime of access tokens. The default is never longer than the longest.
func (p TokenPolicy) InForce(environment int64) TokenPolicy {
	if p.Longest == 0 {
		p.Longest = environment
	}
	if p.Default == 0 {
		p.Default = environment
	}
	p.Default = min(p.Default, p.Longest)
	return p
}

// Validate checks what somebody sets, for an environment that gives access tokens so many seconds. It returns nil or Invalid.
func (p TokenPolicy) Validate(environment int64) error {
	var invalid Invalid
	for _, each := range []struct {
		field    string
		is, most int64
	}{{"default_lifetime", p.Default, LongestAllowed}, {"longest_lifetime", p.Longest, LongestAllowed}, {"idle_lifetime", p.Idle, LongestIdle}} {
		if each.is != 0 && (each.is < Day || each.is > each.most) {
			invalid.Add(each.field, "Enter a lifetime from 1 day to "+LifetimeWords(each.most)+", or nothing.")
		}
	}
	if longest := p.InForce(environment).Longest; len(invalid) == 0 && p.Default > longest {
		invalid.Add("default_lifetime", "The default cannot be longer than the longest lifetime, which is "+LifetimeWords(longest)+".")
	}
	return invalid.Err()
}

// Unused reports whether a personal token has gone unused for too long at the time now. One that was never used counts from its creation.
func (p TokenPolicy) Unused(t *AccessToken, now time.Time) bool {
	return p.Idle > 0 && t.Personal() && t.unusedSince(p.Idle, now)
}

// MayBeUnused reports whether any token policy could end the token for want of use. Most tokens are used every day, so that nobody has
// to look up the policy for them.
func (t *AccessToken) MayBeUnused(now time.Time) bool { return t.Personal() && t.unusedSince(Day, now) }

// unusedSince counts in seconds, as a lifetime does.
func (t *AccessToken) unusedSince(seconds int64, now time.Time) bool {
	last := t.Created
	if t.LastUsed != nil && t.LastUsed.After(last) {
		last = *t.LastUsed
	}
	return !now.Before(time.Unix(last.Unix()+seconds, int64(last.Nanosecond())))
}

// ActivityFields lists what the policy sets for the activity stream; null is what it leaves to the environment, or no idle lifetime.
func (p TokenPolicy) ActivityFields() Fields {
	return Fields{"default_lifetime": seconds(p.Default), "longest_lifetime": seconds(p.Longest), "idle_lifetime": seconds(p.Idle)}
}

func seconds(lifetime int64) *string {
	if lifetime == 0 {
		return nil
	}
	return idText(&lifetime)
}

// LifetimeWords says a number of seconds as people do, exactly: "90 days", "10 hours"; nothing for none.
func LifetimeWords(lifetime int64) string {
	units := []struct {
		seconds int64
		name    string
	}{{Day, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}}
	for _, unit := range units {
		switch number := lifetime / unit.seconds; {
		case lifetime == 0 || lifetime%unit.seconds != 0:
		case number == 1:
			return "1 " + unit.name
		default:
			return fmt.Sprintf("%d %ss", number, unit.name)
		}
	}
	return ""
}
