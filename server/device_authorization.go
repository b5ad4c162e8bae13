package server

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"gatehouse/models"
	"gatehouse/store"
)

const (
	devicePage     = "/device" // where people enter user codes
	deviceInterval = 5         // seconds that a device has to leave between two polls (RFC 8628 §3.2)
	slowDown       = 5         // seconds more, each time it does not (RFC 8628 §3.5)
	slowest        = 300       // seconds that are not made longer
)

// deviceAuthorization is the answer to a device (RFC 8628 §3.2).
type deviceAuthorization struct {
	DeviceCode              string `json:"device_code"`
	UserCode                string `json:"user_code"`
	VerificationURI         string `json:"verification_uri"`
	VerificationURIComplete string `json:"verification_uri_complete"`
	ExpiresIn               int64  `json:"expires_in"` // seconds
	Interval                int64  `json:"interval"`   // seconds
}

// ServeDeviceAuthorization is the device authorization endpoint (RFC 8628 §3.1): a device gets a code to poll with, and one that its
// user enters at the verification URI.
func (s *Server) ServeDeviceAuthorization() http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		row, err := s.parseDeviceAuthorization(r)
		if err != nil {
			s.writeError(w, r, err)
			return
		}
		started := &tally{}
		started.add(models.DevicesSubject(models.NetworkOf(ActorFrom(r.Context()).Address)), s.options.Limits.Devices)
		if _, err := s.count(r.Context(), started); err != nil {
			s.writeError(w, r, err)
			return
		}
		code, userCode, err := s.startDevice(r.Context(), row)
		if err != nil {
			s.writeError(w, r, err)
			return
		}
		page, shown := s.Issuer()+devicePage, models.ShowUserCode(userCode)
		writeJSON(w, http.StatusOK, deviceAuthorization{DeviceCode: code.Reveal(), UserCode: shown, VerificationURI: page,
			VerificationURIComplete: page + "?" + url.Values{"user_code": {shown}}.Encode(),
			ExpiresIn:               s.lifetimes.DeviceCode, Interval: deviceInterval})
	}
}

// parseDeviceAuthorization authenticates the client and reads for what it asks.
func (s *Server) parseDeviceAuthorization(r *http.Request) (models.DeviceCode, error) {
	parameters, err := parseForm(r)
	if err != nil {
		return models.DeviceCode{}, err
	}
	client, err := s.authenticateClient(r.Context(), r, parameters)
	if err != nil {
		return models.DeviceCode{}, err
	}
	if err := allowed(client, models.GrantDeviceCode); err != nil {
		return models.DeviceCode{}, err
	}
	scope, err := parseRequestedScope(parameters["scope"], models.ScopeAll)
	if err != nil {
		return models.DeviceCode{}, err
	}
	audience, err := s.requestedAudience(s.store.Read(r.Context()), parameters)
	return models.DeviceCode{ApplicationID: client.ID, Scope: scope, Audience: audience, State: models.DevicePending,
		IntervalSeconds: deviceInterval}, err
}

// startDevice stores the row with a new pair of codes, and clears a few that have expired, so that they never pile up. A user code that another row has already is drawn again.
func (s *Server) startDevice(ctx context.Context, row models.DeviceCode) (code, userCode models.Secret, err error) {
	const draws = 5
	for range draws {
		code, userCode = models.NewSecret(models.TokenLength), s.userCode()
		err = s.store.Write(ctx, func(tx *store.Tx) error {
			drawn := row
			drawn.Digest, drawn.UserCodeDigest, drawn.FamilyID = code.Digest(), userCode.Digest(), newFamily()
			drawn.Created, drawn.Expires = tx.Now(), after(tx.Now(), s.lifetimes.DeviceCode)
			if err := clearFew(tx, store.ExpiredDeviceCodes(tx.Now())); err != nil {
				return err
			}
			return tx.CreateDeviceCode(&drawn)
		})
		if !errors.Is(err, store.ErrConflict) {
			break
		}
	}
	if errors.Is(err, store.ErrNotFound) { // the client went away meanwhile
		err = &Error{Code: InvalidClient, Description: "Client authentication failed."}
	}
	return code, userCode, err
}
