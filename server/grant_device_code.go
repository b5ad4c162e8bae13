package server

import (
	"context"
	"errors"

	"gatehouse/models"
	"gatehouse/store"
)

// errNoted says that a request is refused although the transaction did its work, which is to be stored.
type errNoted struct{ answer *Error }

func (e *errNoted) Error() string { return e.answer.Error() }

func prepareDeviceCode(_ *Server, _ context.Context, request *tokenRequest) error {
	if request.form["device_code"] == "" {
		return invalidRequest("Missing device_code parameter.")
	}
	return nil
}

// issueDeviceCode answers a poll (RFC 8628 §3.4, §3.5): with tokens, once, after the user approved; otherwise with what the device is to
// do. Another client's code is as unknown as none.
func issueDeviceCode(s *Server, tx *store.Tx, request *tokenRequest) (*Issued, error) {
	code, err := tx.DeviceCodeByDigest(models.SecretOf(request.form["device_code"]).Digest())
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	switch {
	case err != nil, code.ApplicationID != request.client.ID:
		return nil, &errUnknown{invalidGrant("The device code is invalid.")}
	case code.State == models.DeviceRedeemed:
		return nil, invalidGrant("The device code is invalid.")
	case code.State == models.DeviceDenied:
		return nil, &Error{Code: AccessDenied, Description: "The resource owner denied the request."}
	case code.Expired(tx.Now()):
		return nil, &Error{Code: ExpiredToken, Description: "The device code has expired."}
	case code.State == models.DevicePending:
		return nil, notePoll(tx, code.ID)
	default:
		return s.redeemDeviceCode(tx, request, code)
	}
}

// notePoll tells a device to go on asking, and to ask less often when it asked too soon: from then on it has to leave more time.
func notePoll(tx *store.Tx, id int64) error {
	pending := &Error{Code: AuthorizationPending, Description: "The user has not decided yet."}
	code, err := tx.LockPendingDeviceCode(id)
	if errors.Is(err, store.ErrNotFound) {
		return pending // decided this very moment: the next poll sees it
	}
	if err != nil {
		return err
	}
	if code.TooSoon(tx.Now()) && code.IntervalSeconds >= slowest {
		return &Error{Code: SlowDown, Description: "The device asks too often."} // for good: not worth a writing each time
	}
	if code.TooSoon(tx.Now()) {
		code.IntervalSeconds += slowDown
		pending = &Error{Code: SlowDown, Description: "The device asks too often. Leave 5 seconds more between two requests from now on."}
	}
	if err := tx.NotePoll(id, code.IntervalSeconds); err != nil {
		return err
	}
	return &errNoted{pending}
}

// redeemDeviceCode issues what the user approved. A code that comes again is refused and nothing more: a device that lost the answer polls
// again, and RFC 8628 asks for no punishment.
func (s *Server) redeemDeviceCode(tx *store.Tx, request *tokenRequest, code *models.DeviceCode) (*Issued, error) {
	err := tx.RedeemDeviceCode(code)
	if errors.Is(err, store.ErrReplayed) {
		return nil, invalidGrant("The device code is invalid.")
	}
	if err != nil {
		return nil, err
	}
	return s.issueApproved(tx, request, approval{user: *code.UserID, scope: code.Scope, audience: code.Audience, family: code.FamilyID},
		invalidGrant("The device code is invalid."))
}
