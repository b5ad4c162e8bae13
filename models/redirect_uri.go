package models

import (
	"net"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

// CheckRedirectURI says what is wrong with a URI that a client wants to register, "" when nothing is: absolute, without fragment,
// user information or wildcard; https, loopback http, or a private-use scheme with a dot (RFC 6749 §3.1.2, RFC 8252 §7, §8.4).
func CheckRedirectURI(text string, rules ApplicationRules) string {
	uri, err := url.Parse(text)
	bad := strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII || unicode.IsControl(r) || unicode.IsSpace(r) })
	switch {
	case err != nil || bad || uri.Scheme == "":
		return "Enter a valid URL."
	case strings.Contains(text, "#"):
		return "Redirect URIs must not contain a fragment: " + text
	case uri.User != nil || strings.Contains(text, `\`):
		return "Enter a valid URL."
	case strings.Contains(text, "*"):
		return "Wildcards are not allowed in redirect URIs: " + text
	}
	switch scheme := uri.Scheme; {
	case scheme == "https" || scheme == "http":
		return checkWebRedirect(uri, rules)
	case rules.AllowCustomSchemes && strings.Contains(scheme, "."):
		return ""
	default:
		return "Unauthorized redirect scheme: " + scheme
	}
}

func checkWebRedirect(uri *url.URL, rules ApplicationRules) string {
	switch {
	case uri.Hostname() == "":
		return "Enter a valid URL."
	case uri.Scheme == "http" && !rules.AllowHTTPRedirectURIs && !loopback(uri.Hostname()):
		return "Unauthorized redirect scheme: http. Use https, or http with a loopback address."
	default:
		return ""
	}
}

// InsecureRedirects lists the registered redirect URIs that send the code in clear text over a network.
func (a *Application) InsecureRedirects() []string {
	var insecure []string
	for _, text := range a.RedirectURIs {
		if uri, err := url.Parse(text); err == nil && uri.Scheme == "http" && !loopback(uri.Hostname()) {
			insecure = append(insecure, text)
		}
	}
	return insecure
}

// MatchRedirectURI finds the registered redirect URI that one a client presents stands for, "" for none: equal byte by byte, but for the
// port of an http redirect to a loopback address (RFC 6749 §3.1.2.3, RFC 8252 §7.3).
func (a *Application) MatchRedirectURI(presented string) string {
	if a.RedirectURIs.Has(presented) {
		return presented
	}
	given, ok := withoutLoopbackPort(presented)
	if !ok {
		return ""
	}
	for _, each := range a.RedirectURIs {
		if registered, ok := withoutLoopbackPort(each); ok && registered == given {
			return each
		}
	}
	return ""
}

// withoutLoopbackPort cuts the port out of http://127.0.0.1:PORT/… and http://[::1]:PORT/…, and is false for any other URI.
func withoutLoopbackPort(text string) (string, bool) {
	for _, origin := range []string{"http://127.0.0.1", "http://[::1]"} {
		rest, ok := strings.CutPrefix(text, origin)
		if !ok {
			continue
		}
		if port, isPort := strings.CutPrefix(rest, ":"); isPort {
			digits := len(port) - len(strings.TrimLeft(port, "0123456789"))
			if _, err := strconv.ParseUint(port[:digits], 10, 16); err != nil || digits > 5 {
				return "", false
			}
			rest = port[digits:]
		}
		if rest != "" && rest[0] != '/' && rest[0] != '?' {
			return "", false
		}
		return origin + rest, true
	}
	return "", false
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
