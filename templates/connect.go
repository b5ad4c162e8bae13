package templates

import (
	"encoding/json"
	"net/url"
	"strings"
)

// Snippet is a ready-made piece of a program that gets a token for an application.
type Snippet struct {
	ID       string // on its page
	Language string
	Code     string
}

// Snippets show how a program in each language gets a token for this application, by its own grant and with its own values. Secrets and
// passwords stand in them as names of variables. What the values hold is text in each language, whatever it is.
func (p ApplicationPage) Snippets() []Snippet {
	codes, ok := connecting[p.Application.GrantType]
	if !ok || p.Issuer == "" {
		return nil
	}
	root, api, redirect := p.Issuer+"/o", "/api/gateway/v1", "https://your-program.example.com/callback"
	if p.Application.Platform == PlatformController {
		root, api = p.Issuer+"/api/o", "/api/controller/v2"
	}
	if len(p.Application.RedirectURIs) > 0 {
		redirect = p.Application.RedirectURIs[0].URI
	}
	authorize := root + "/authorize/?" + url.Values{"response_type": {"code"}, "client_id": {p.Application.ClientID}, "redirect_uri": {redirect},
		"scope": {"read"}, "state": {"STATE"}, "code_challenge": {"CHALLENGE"}, "code_challenge_method": {"S256"}}.Encode()
	secret := p.Application.ClientType != "public"
	var snippets []Snippet
	for n, language := range []string{"curl", "Go", "Python", "JavaScript", "Ansible"} {
		quote := inProgram
		switch language {
		case "curl":
			quote = inShell
		case "Ansible":
			quote = inPlaybook
		}
		code := only(codes[n], secret)
		snippets = append(snippets, Snippet{"connect-" + strings.ToLower(language), language, strings.NewReplacer("{id}", quote(p.Application.ClientID),
			"{redirect}", quote(redirect), "{authorize}", quote(authorize), "{token}", quote(root+"/token/"), "{auth}", quote(root+"/authorize/"),
			"{issuer}", quote(p.Issuer), "{me}", quote(p.Issuer+api+"/me/")).Replace(code)})
	}
	return snippets
}

// only leaves out the lines that are for clients with a secret, or for those without.
func only(code string, secret bool) string {
	var lines []string
	for line := range strings.Lines(strings.TrimPrefix(code, "\n")) {
		line, confidential := cutMark(line, "{s}")
		line, public := cutMark(line, "{p}")
		if confidential && !secret || public && secret {
			continue
		}
		lines = append(lines, line)
	}
	return strings.TrimSuffix(strings.Join(lines, ""), "\n")
}

func cutMark(line, mark string) (string, bool) {
	before, after, found := strings.Cut(line, mark)
	return before + after, found
}

// inShell is the text as one word of a POSIX shell.
func inShell(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// inPlaybook is the text as a string in a playbook, which Ansible does not take for a template.
func inPlaybook(text string) string {
	if strings.Contains(text, "{{") || strings.Contains(text, "{%") {
		return "!unsafe " + inProgram(text)
	}
	return inProgram(text)
}

// inProgram is the text as a string in Go, Python, JavaScript and YAML, which all read those of JSON.
func inProgram(text string) string {
	var quoted strings.Builder
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		return `""`
	}
	return strings.TrimSuffix(quoted.String(), "\n")
}
