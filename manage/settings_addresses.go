package manage

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

func setListen(s *settings, value string) bool {
	host, port, err := net.SplitHostPort(value)
	if err != nil || strings.ContainsAny(host, "/ ") {
		return false
	}
	s.listen = value
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}

// setPublicURL takes an origin in the one spelling that browsers use for it, since it is compared with theirs, and since clients
// compare the issuer letter by letter (RFC 8414 §3.3).
func setPublicURL(s *settings, value string) bool {
	address, err := url.Parse(value)
	if err != nil || address.Hostname() == "" || value != strings.ToLower(address.Scheme+"://"+address.Host) {
		return false
	}
	switch s.server.Issuer = value; address.Scheme {
	case "http":
		return validPort(address.Host, "80")
	case "https":
		return validPort(address.Host, "443")
	default:
		return false
	}
}

// validPort reports whether the host has a port in plain digits that is not the scheme's own, or none.
func validPort(host, own string) bool {
	_, port, err := net.SplitHostPort(host)
	if err != nil {
		return !strings.HasSuffix(host, ":")
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0 && port != own && port == strconv.FormatUint(n, 10)
}

func setDatabaseURL(s *settings, value string) bool {
	s.databaseURL = value
	if path, ok := sqlitePath(value); ok {
		return path != "" && !strings.HasPrefix(path, ":") && !strings.HasSuffix(path, "/") && !strings.ContainsRune(path, 0)
	}
	address, err := url.Parse(value)
	return err == nil && (address.Scheme == "postgres" || address.Scheme == "postgresql") && address.Opaque == ""
}

func sqlitePath(address string) (string, bool) {
	path, ok := strings.CutPrefix(address, "sqlite:")
	return strings.TrimPrefix(path, "//"), ok
}

// redactURL is the address of a database without passwords; of one that cannot be read nothing is left.
func redactURL(address string) string {
	if _, ok := sqlitePath(address); ok {
		return address
	}
	parsed, err := url.Parse(address)
	switch {
	case err == nil && parsed.Scheme != "" && parsed.Opaque == "" && !strings.Contains(parsed.Path+parsed.Fragment, "@"):
		if strings.Contains(strings.ToLower(parsed.RawQuery), "pass") {
			parsed.RawQuery = "xxxxx"
		}
		return parsed.Redacted()
	case strings.ContainsAny(address, ":=@"):
		return redacted
	default:
		return address
	}
}

// setTrustedProxies takes addresses and networks in the spelling in which they are compared: neither with bits beyond the network's, nor
// IPv4 written as IPv6, which would never match. All of the internet is nobody's proxy.
func setTrustedProxies(s *settings, value string) bool {
	s.trustedProxies = nil
	if value == "" {
		return true
	}
	for each := range strings.SplitSeq(value, ",") {
		network, ok := parseNetwork(strings.TrimSpace(each))
		if !ok {
			return false
		}
		s.trustedProxies = append(s.trustedProxies, network)
	}
	return true
}

func parseNetwork(text string) (netip.Prefix, bool) {
	if address, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(address, address.BitLen()), address.Zone() == "" && !address.Is4In6()
	}
	network, err := netip.ParsePrefix(text)
	return network, err == nil && network.Bits() > 0 && network == network.Masked() && !network.Addr().Is4In6()
}
