package server

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/models"
	"gatehouse/store"
)

// ErrWrongUserCode says that a user code cannot be used: unknown, expired, decided or entered by somebody else are one answer
// (RFC 8628 §5.1).
var ErrWrongUserCode = errors.New("wrong user code")

// DeviceRequest is what a person decides about who entered a user code (RFC 8628 §3.3).
type DeviceRequest struct {
	UserCode    string              // as the device shows it
	Application *models.Application // with its organization
	Scope       models.Scope
	Audience    models.Words // the resources that are asked for; none: our own APIs
}

// EnterUserCode binds the device that shows the code to the person who types it: from then on they alone decide. It grants nothing.
// ErrWrongUserCode, *Throttled after too many of them from the address, or what policy refuses.
func (s *Server) EnterUserCode(ctx context.Context, actor Actor, typed string) (*DeviceRequest, error) {
	if err := s.policy.DecideDevice(actor.Actor); err != nil {
		return nil, err
	}
	userCode, whole := models.ParseUserCode(typed)
	if !whole {
		return nil, ErrWrongUserCode
	}
	var code *models.DeviceCode
	err := s.store.Write(ctx, func(tx *store.Tx) (err error) {
		code, err = tx.ClaimDeviceCode(userCode.Digest(), actor.User.ID)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, s.guessed(ctx, actor.Address, ErrWrongUserCode)
	}
	if err != nil {
		return nil, fmt.Errorf("enter user code: %w", err)
	}
	return &DeviceRequest{UserCode: models.ShowUserCode(userCode), Application: code.Application, Scope: code.Scope, Audience: code.Audience}, nil
}

// DecideDevice approves or denies the device whose user code the person entered before; for any other it is ErrWrongUserCode. It spares
// no later question, but what was agreed to bounds how far a token's scope can be raised (contract §12.26).
func (s *Server) DecideDevice(ctx context.Context, actor Actor, typed string, approve bool) error {
	if err := s.policy.DecideDevice(actor.Actor); err != nil {
		return err
	}
	userCode, _ := models.ParseUserCode(typed)
	err := s.store.Write(ctx, func(tx *store.Tx) error {
		if !approve {
			_, err := tx.DecideDeviceCode(userCode.Digest(), actor.User.ID, models.DeviceDenied)
			return err
		}
		code, err := tx.DecideDeviceCode(userCode.Digest(), actor.User.ID, models.DeviceApproved)
		if err != nil {
			return err
		}
		return s.keepConsent(tx, models.Consent{UserID: actor.User.ID, ApplicationID: code.ApplicationID, Scope: code.Scope, Audience: code.Audience})
	})
	if errors.Is(err, store.ErrNotFound) {
		return ErrWrongUserCode
	}
	if err != nil {
		return fmt.Errorf("decide device: %w", err)
	}
	return nil
}
