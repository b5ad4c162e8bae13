package templates

import "time"

// SessionsPage is filled into "sessions": where the viewer is signed in, or everybody. Search covers address, device and owner; the filter is
// owner (a username). The columns that can be sorted by are user__username, address, created and last_seen. Each row posts to
// /sessions/ID/end, and /sessions/others ends all of the viewer's but the current one.
type SessionsPage struct {
	Page
	List      List
	Rows      []Session
	Everybody bool // with a column and a filter for the owner
}

// Session is one session as the page shows it.
type Session struct {
	ID       int64
	Owner    Link
	Device   string // "Firefox on Linux"
	Agent    string // as the browser calls itself
	Address  string
	Created  time.Time
	LastSeen time.Time
	Current  bool // the one that looks
}
