package models

import "testing"

// TestAcceptsBearerByAudience: a token opens the APIs that it is for, by their full address (RFC 8707 §3).
func TestAcceptsBearerByAudience(t *testing.T) {
	t.Parallel()
	const issuer = "https://gatehouse.example.org"
	policy := DefaultPolicy()
	policy.Issuer = issuer
	for _, test := range []struct {
		audience            Words
		gateway, controller bool
	}{
		{nil, true, true},
		{Words{}, true, true},
		{Words{issuer + "/api/gateway/v1/"}, true, false},
		{Words{"https://elsewhere.example/", issuer + "/api/controller/v2/"}, false, true},
		{Words{issuer + "/api/controller/v2/", issuer + "/api/gateway/v1/"}, true, true},
		{Words{"https://elsewhere.example/"}, false, false},
		{Words{"https://other.example/api/gateway/v1/"}, false, false},
		{Words{"/api/gateway/v1/", issuer + "/api/gateway/v1", issuer + "/API/gateway/v1/", issuer}, false, false},
	} {
		token := &AccessToken{Platform: Gateway, Audience: test.audience}
		for face, want := range map[Face]bool{FaceGateway: test.gateway, FaceGatewayOAuth: test.gateway, FaceForward: test.gateway, FaceController: test.controller, FaceControllerOAuth: test.controller} {
			if got := policy.AcceptsBearer(token, face); got != want {
				t.Errorf("%v at %s: got %t, want %t", test.audience, face, got, want)
			}
		}
	}
}

func TestCheckResource(t *testing.T) {
	t.Parallel()
	const absolute, fragment = "Enter an absolute URI.", "A resource must not contain a fragment: "
	for text, want := range map[string]string{
		"https://files.example.org/": "", "https://files.example.org": "", "http://127.0.0.1:8080/x?y=z": "", "urn:example:queue": "",
		"com.example.app:/cb": absolute, "": absolute, "files": absolute, "/files": absolute, "//files.example.org/": absolute, "https://": absolute,
		"https:///path": absolute, "https://a b/": absolute, "https://ä.example/": absolute, "https://u:p@files.example.org/": absolute,
		"https://a.example/\x00": absolute, "https://a.example/\xff": absolute, "https://a.example/%zz": absolute,
		"https://a.example/#": fragment + "https://a.example/#", "https://a.example/#x": fragment + "https://a.example/#x",
	} {
		if got := CheckResource(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
