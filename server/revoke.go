package server

import (
	"context"
	"errors"
	"net/http"

	"gatehouse/models"
	"gatehouse/store"
)

// ServeRevocation is the revocation endpoint (RFC 7009): 200 for every token that is not, or no longer, the client's.
func (s *Server) ServeRevocation() http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		parameters, err := parseForm(r)
		if err != nil {
			s.writeError(w, r, err)
			return
		}
		client, err := s.authenticateClient(r.Context(), r, parameters)
		if err == nil && parameters["token"] == "" {
			err = invalidRequest("Missing token parameter.")
		}
		if err == nil {
			actor := Actor{Origin: "oauth", Address: ActorFrom(r.Context()).Address}
			err = s.revokeToken(r.Context(), actor, client, models.SecretOf(parameters["token"]).Digest())
		}
		if err != nil {
			s.writeError(w, r, err)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusOK)
	}
}

// revokeToken ends a token of the client (RFC 7009 §2.1, contract §7): an access token is deleted and leaves its refresh token; a live
// refresh token takes its family along; one that was used or revoked before changes nothing.
func (s *Server) revokeToken(ctx context.Context, actor Actor, client *models.Application, digest models.Digest) error {
	return s.store.Write(ctx, func(tx *store.Tx) error {
		access, err := tx.AccessTokenByDigest(digest)
		if err == nil {
			if access.ApplicationID == nil || *access.ApplicationID != client.ID {
				return nil
			}
			return deleteAccessTokens(tx, actor, store.TokenSelection{IDs: []int64{access.ID}}, "revoked by its client")
		}
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		refresh, err := tx.RefreshTokenByDigest(digest)
		if errors.Is(err, store.ErrNotFound) || err == nil && (refresh.ApplicationID != client.ID || refresh.Revoked != nil) {
			return nil
		}
		if err != nil {
			return err
		}
		return revokeFamily(tx, actor, refresh.FamilyID, "revoked by its client", refreshTokenObject(refresh))
	})
}
