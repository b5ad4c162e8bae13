package templates

import (
	"slices"
	"time"
)

// SessionsPage is filled into "sessions": where the viewer is signed in, or everybody. Search covers address, device and owner; the filter is
// owner (a username). The columns that can be sorted by are user__username, address, created and last_seen. Each row posts to
// /sessions/ID/end, and /sessions/others ends all of the viewer's but the current one.
type SessionsPage struct {
	Page
	List      List
	Rows      []Session
	Everybody bool // with a column and a filter for the owner
}

// Select reports whether there are sessions beside the current one.
func (p SessionsPage) Select() bool {
	return slices.ContainsFunc(p.Rows, func(s Session) bool { return !s.Current })
}

// Selection is the form of the boxes.
func (p SessionsPage) Selection() Selection {
	return p.selection(p.List, SelectionButton{"/sessions/end", "Sign out selected sessions", ""})
}

// Title is the device, and whose session it is where that is known.
func (s Session) Title() string {
	if s.Owner.Name == "" {
		return s.Device
	}
	return s.Device + " of " + s.Owner.Name
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
