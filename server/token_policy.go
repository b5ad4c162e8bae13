package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gatehouse/models"
	"gatehouse/store"
)

// TokenPolicy is what was set about the lifetimes of personal tokens, where the environment does not say it.
func (s *Server) TokenPolicy(ctx context.Context, actor Actor) (models.TokenPolicy, error) {
	if err := s.policy.ReadTokenPolicy(actor.Actor); err != nil {
		return models.TokenPolicy{}, err
	}
	return s.store.Read(ctx).TokenPolicy()
}

// TokenPolicyInForce is what holds for personal tokens now, which everybody has to know who makes one, and what of that was set.
func (s *Server) TokenPolicyInForce(ctx context.Context) (holds, set models.TokenPolicy, err error) {
	set, err = s.store.Read(ctx).TokenPolicy()
	return set.InForce(s.lifetimes.AccessToken), set, err
}

// SetTokenPolicy sets the token policy for all servers on the database, at once (ADR 0026). Tokens keep their expiry; the idle lifetime
// holds for those that there are too.
func (s *Server) SetTokenPolicy(ctx context.Context, actor Actor, policy models.TokenPolicy) error {
	if err := s.policy.SetTokenPolicy(actor.Actor); err != nil {
		return err
	}
	if err := policy.Validate(s.lifetimes.AccessToken); err != nil {
		return err
	}
	err := s.store.Write(ctx, func(tx *store.Tx) error {
		was, err := tx.LockTokenPolicy()
		if err != nil {
			return err
		}
		changes := models.Difference(was.ActivityFields(), policy.ActivityFields())
		if changes.Empty() {
			return nil
		}
		if err := tx.SetTokenPolicy(policy); err != nil {
			return err
		}
		return tx.Record(actor.did(models.OperationUpdate, object{kind: models.ObjectSetting, name: "token_policy"}, changes))
	})
	if err != nil {
		return fmt.Errorf("set the token policy: %w", err)
	}
	return nil
}

// TokenPolicyEffects are what another token policy would do to the personal tokens that there are and that have not expired.
type TokenPolicyEffects struct {
	Stopping store.Amount // that would stop working at once
	Reviving store.Amount // that would work again
	Beyond   store.Amount // that live longer than a new one may; they go on
}

// PreviewTokenPolicy counts what the policy would do now, in comparison with the one in force. What is not allowed is models.Invalid.
func (s *Server) PreviewTokenPolicy(ctx context.Context, actor Actor, policy models.TokenPolicy) (effects TokenPolicyEffects, err error) {
	if err := s.policy.ReadTokenPolicy(actor.Actor); err != nil {
		return effects, err
	}
	if err := policy.Validate(s.lifetimes.AccessToken); err != nil {
		return effects, err
	}
	read := s.store.Read(ctx)
	set, err := read.TokenPolicy()
	if err != nil {
		return effects, err
	}
	before, then := lastUseBefore(read, set), lastUseBefore(read, policy)
	switch {
	case then.After(before):
		effects.Stopping, err = read.UnusedTokens(before, then)
	case before.After(then):
		effects.Reviving, err = read.UnusedTokens(then, before)
	}
	if err != nil {
		return effects, err
	}
	effects.Beyond, err = read.TokensExpiringAfter(after(read.Now(), policy.InForce(s.lifetimes.AccessToken).Longest))
	return effects, err
}

// lastUseBefore is up to when a token was last used that has gone unused for too long now, zero where none has.
func lastUseBefore(read store.Reader, policy models.TokenPolicy) time.Time {
	if policy.Idle == 0 {
		return time.Time{}
	}
	return after(read.Now(), -policy.Idle)
}

// spent reports whether the token is past use: by its expiry, or as a personal one that has gone unused for too long. No policy ends a
// token that was used within a day, so that it is read for hardly any request, and always as it is in the database (ADR 0026). So is when the token was used: what is kept of one that is
// presented need not say it (ADR 0031).
func (s *Server) spent(read store.Reader, t *models.AccessToken) (bool, error) {
	if t.Expired(read.Now()) || !t.MayBeUnused(read.Now()) {
		return t.Expired(read.Now()), nil
	}
	policy, err := read.TokenPolicy()
	if err != nil || !policy.Unused(t, read.Now()) {
		return err != nil, err
	}
	stored, err := read.AccessToken(t.ID)
	if errors.Is(err, store.ErrNotFound) {
		return true, nil
	}
	return err != nil || policy.Unused(stored, read.Now()), err
}

// markUnused fills in which of the tokens have gone unused for too long.
func (s *Server) markUnused(read store.Reader, tokens []models.AccessToken) error {
	now := read.Now()
	if !slices.ContainsFunc(tokens, func(t models.AccessToken) bool { return t.MayBeUnused(now) }) {
		return nil
	}
	policy, err := read.TokenPolicy()
	for n := range tokens {
		if policy.Unused(&tokens[n], now) {
			tokens[n].Unused = policy.Idle
		}
	}
	return err
}

// expiry is the end of a new token: the one that was asked for, or for the zero time that of the usual lifetime. Personal tokens go by the
// token policy, those of applications by the environment.
func (s *Server) expiry(read store.Reader, personal bool, asked time.Time) (time.Time, error) {
	var policy models.TokenPolicy
	if personal {
		var err error
		if policy, err = read.TokenPolicy(); err != nil {
			return asked, err
		}
	}
	policy = policy.InForce(s.lifetimes.AccessToken)
	switch {
	case asked.IsZero():
		return after(read.Now(), policy.Default), nil
	case asked.After(after(read.Now(), policy.Longest)):
		return asked, models.Invalid{{Field: "expires", Message: "The expiry may be at most " + models.LifetimeWords(policy.Longest) + " from now."}}
	}
	return asked, nil
}
