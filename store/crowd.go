package store

import "context"

// WritersWait reports whether writers wait for one another: SQLite has one at a time.
func (s *Store) WritersWait() bool { return s.dialect == SQLite }

// Crowd is what somebody who changes many rows, in one transaction after the other, has seen of other writers. The zero value has seen none.
type Crowd struct {
	begun             bool
	version, programs int64 // of the file, as other programs changed it; changes of this program
}

// Crowded reports, after each of these transactions, whether others have written since the one before. The first time it is true, and always
// false where writers do not wait.
func (s *Store) Crowded(ctx context.Context, seen *Crowd) bool {
	if !s.WritersWait() {
		return false
	}
	is := Crowd{begun: true, programs: s.changes.Load()}
	if err := s.write.WithContext(ctx).Raw("PRAGMA data_version").Scan(&is.version).Error; err != nil {
		return true // who cannot say so had better expect others
	}
	was := *seen
	*seen = is
	return !was.begun || is.version != was.version || is.programs != was.programs+1
}
