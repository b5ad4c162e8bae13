package templates

import (
	"encoding/json"
	"strings"
	"testing"
)

func snippetsOf(application Application) map[string]string {
	codes := map[string]string{}
	for _, each := range (ApplicationPage{Page: samplePage("applications"), Application: application}).Snippets() {
		codes[each.Language] = each.Code
	}
	return codes
}

// TestSnippets: each grant has one for each language, with the application's own values, at the root of its platform, and no mark is left.
func TestSnippets(t *testing.T) {
	for grant := range connecting {
		for _, kind := range []string{"confidential", "public"} {
			for platform, root := range map[string]string{PlatformGateway: "https://gatehouse.example.com/o/", PlatformController: "https://gatehouse.example.com/api/o/"} {
				codes := snippetsOf(Application{ClientID: "client-4711", ClientType: kind, GrantType: grant, Platform: platform, RedirectURIs: []RedirectURI{{URI: "https://a.example.com/cb"}}})
				if len(codes) != 5 {
					t.Fatalf("%s has %d snippets", grant, len(codes))
				}
				for language, code := range codes {
					if grant == "authorization-code" && language == "Ansible" {
						continue // a playbook has no browser
					}
					if !strings.Contains(code, "client-4711") || !strings.Contains(code, root) && language != "JavaScript" {
						t.Errorf("%s %s %s for %s lacks its values:\n%s", kind, grant, language, platform, code)
					}
					if strings.Contains(code, "{s}") || strings.Contains(code, "{p}") || strings.Contains(code, "{id}") {
						t.Errorf("%s %s %s has a mark left:\n%s", kind, grant, language, code)
					}
					if names := strings.Contains(code, "CLIENT_SECRET"); names != (kind == "confidential") && grant != "client-credentials" {
						t.Errorf("%s %s %s names a secret: %t\n%s", kind, grant, language, names, code)
					}
				}
			}
		}
	}
	if codes := snippetsOf(Application{GrantType: "urn:ietf:params:oauth:grant-type:device_code"}); len(codes) != 0 {
		t.Errorf("a device has %v", codes)
	}
}

// TestSnippetsQuote: what an application is called by ends no string and no word, so that nobody copies a command that they did not see.
func TestSnippetsQuote(t *testing.T) {
	const hostile = "{{ 7 * 6 }}'; touch /tmp/owned; echo \"${HOME}`id`\\\n"
	codes := snippetsOf(Application{ClientID: hostile, ClientType: "confidential", GrantType: "client-credentials", Platform: PlatformGateway})
	if want := `'` + strings.ReplaceAll(hostile, `'`, `'\''`) + `'`; !strings.Contains(codes["curl"], want) {
		t.Errorf("curl: %s", codes["curl"])
	}
	quoted, err := json.Marshal(hostile)
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range []string{"Go", "Python", "JavaScript", "Ansible"} {
		if !strings.Contains(codes[language], string(quoted)) {
			t.Errorf("%s: %s", language, codes[language])
		}
	}
	if !strings.Contains(codes["Ansible"], "!unsafe "+string(quoted)) {
		t.Errorf("Ansible evaluates it: %s", codes["Ansible"])
	}
}
