package caller

import (
	"net/http"
	"net/netip"
	"strings"
)

// address is where a request comes from: the other end of the connection or, where that is a trusted proxy, the client that the
// proxies name in X-Forwarded-For. What anybody else says of itself in headers does not count.
func (c *Callers) address(r *http.Request) string {
	peer, ok := parsePeer(r.RemoteAddr)
	switch {
	case !ok:
		return r.RemoteAddr
	case !c.trusted(peer):
		return peer.String()
	}
	return c.client(peer, strings.Join(r.Header.Values("X-Forwarded-For"), ",")).String()
}

// FromProxy reports whether the request comes straight from a trusted proxy, so that what it says about the request that it forwards
// may be believed.
func (c *Callers) FromProxy(r *http.Request) bool {
	peer, ok := parsePeer(r.RemoteAddr)
	return ok && c.trusted(peer)
}

func (c *Callers) trusted(address netip.Addr) bool {
	for _, network := range c.proxies {
		if network.Contains(address) {
			return true
		}
	}
	return false
}

// client goes along a list of X-Forwarded-For from its right end, where the nearest proxy wrote, as long as the entry is the address of
// a trusted proxy, which vouches for the one before it. An entry that is no address ends the way: what stands before it may be anybody's.
func (c *Callers) client(known netip.Addr, list string) netip.Addr {
	for list != "" && c.trusted(known) {
		start := strings.LastIndexByte(list, ',') + 1
		next, ok := parseForwarded(list[start:])
		if !ok {
			return known
		}
		known, list = next, strings.TrimSuffix(list[:start], ",")
	}
	return known
}

// parsePeer reads the address of a connection; ok is false for one that has none, such as a Unix socket's.
func parsePeer(text string) (address netip.Addr, ok bool) {
	peer, err := netip.ParseAddrPort(text)
	return plain(peer.Addr()), err == nil
}

// parseForwarded reads an entry of X-Forwarded-For: an address, which may have brackets and a port.
func parseForwarded(entry string) (address netip.Addr, ok bool) {
	entry = strings.Trim(entry, " \t")
	if withPort, err := netip.ParseAddrPort(entry); err == nil {
		return plain(withPort.Addr()), true
	}
	if inside, ok := strings.CutPrefix(entry, "["); ok {
		entry, ok = strings.CutSuffix(inside, "]")
		if !ok || !strings.Contains(entry, ":") {
			return netip.Addr{}, false
		}
	}
	address, err := netip.ParseAddr(entry)
	return plain(address), err == nil
}

// plain is the address in its one spelling: IPv4 as such, and without the zone of IPv6, which is a matter of the machine that wrote it.
func plain(address netip.Addr) netip.Addr { return address.Unmap().WithZone("") }
