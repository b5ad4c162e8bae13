package web_test

import (
	"testing"

	"gatehouse/web/webtest"
)

// TestTokenEndpointStatus: 201 where the setting asks for it, at the gateway's own root only (contract §3).
func TestTokenEndpointStatus(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		password := webtest.Form("grant_type", "password", "username", "om", "password", webtest.Password, "client_id", s.Job.ClientID, "client_secret", s.Job.Secret)
		for address, status := range map[string]int{"/o/token/": 201, "/o/token": 201, "/token": 200, "/token/": 200, "/api/o/token/": 200, "/api/controller/o/token/": 200} {
			s.Post(t, "", address, password).Want(status)
		}
	}, func(c *webtest.Config) { c.Server.TokenEndpointStatus = 201 })
}
