package store

import (
	"context"
	"maps"
	"slices"
	"sync"
)

// WritersWait reports whether writers wait for one another: SQLite has one at a time.
func (s *Store) WritersWait() bool { return s.dialect == SQLite }

// Lanes is how many transactions of one work over many rows may go on beside each other, as WriteAbreast lets them.
func (s *Store) Lanes() int {
	if s.WritersWait() {
		return 1
	}
	return 2
}

// Crowd is what those who change many rows, in one transaction after the other, have seen of others at work. The zero value has seen nothing yet, and
// expects others.
type Crowd struct {
	begun             bool
	version, programs int64 // SQLite, which has one lane: of the file, as other programs changed it; changes of this program

	mu       sync.Mutex    // PostgreSQL:
	quiet    bool          // nobody else was at work when last looked,
	backends map[int]int64 // which process served each lane last
}

// Crowded reports, after each of these transactions, whether others are at work. On SQLite they are who has written since the one before, and the first time it is
// true. On PostgreSQL they are who has a transaction in this database or had one in the last half second, and whoever is connected and does not let us see that.
func (s *Store) Crowded(ctx context.Context, seen *Crowd) bool {
	if !s.WritersWait() {
		quiet := !s.othersAsk(ctx, seen.served())
		seen.mu.Lock()
		defer seen.mu.Unlock()
		seen.quiet = quiet
		return !quiet
	}
	version, programs := seen.version, seen.programs
	seen.programs = s.changes.Load()
	if err := s.write.WithContext(ctx).Raw("PRAGMA data_version").Scan(&seen.version).Error; err != nil {
		return true // who cannot say so had better expect others
	}
	first := !seen.begun
	seen.begun = true
	return first || seen.version != version || seen.programs != programs+1
}

// othersAsk tells whether anybody but these processes, and the one that answers this, serves the database.
func (s *Store) othersAsk(ctx context.Context, own []int64) bool {
	var others bool
	r := s.Read(ctx)
	served, list := r.among("pid", own)
	err := r.db.Raw("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid() AND NOT "+
		served+" AND (state IS NULL OR state = 'disabled' OR xact_start IS NOT NULL OR state_change > clock_timestamp() - interval '500 ms'))", list).Scan(&others).Error
	return others || err != nil
}

// WriteAbreast is WriteInTurn for one of the lanes of a work, of which no two change the same rows: while nobody else is at work, they pass beside each other.
func (s *Store) WriteAbreast(ctx context.Context, crowd *Crowd, lane int, change func(*Tx) error) error {
	return s.Write(ctx, func(tx *Tx) error {
		if !s.WritersWait() {
			if err := tx.enterLane(crowd, lane); err != nil {
				return err
			}
		}
		return change(tx)
	})
}

// enterLane waits until nobody has a turn, or who has, and takes down which process serves the lane. Lanes beside each other wait for counting, too.
func (tx *Tx) enterLane(crowd *Crowd, lane int) error {
	turn, abreast := "pg_advisory_xact_lock", "off"
	if crowd.isQuiet() {
		turn, abreast = "pg_advisory_xact_lock_shared", "on"
	}
	var backend int64
	err := tx.db.Raw("SELECT pg_backend_pid() WHERE "+turn+"(?) IS NOT NULL AND set_config('gatehouse.abreast', ?, true) <> ''", lockOfTurns, abreast).Scan(&backend).Error
	if err != nil {
		return translate(err)
	}
	crowd.serve(lane, backend)
	return nil
}

func (c *Crowd) served() []int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.AppendSeq([]int64{}, maps.Values(c.backends))
}

func (c *Crowd) isQuiet() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.quiet
}

func (c *Crowd) serve(lane int, backend int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.backends == nil {
		c.backends = map[int]int64{}
	}
	c.backends[lane] = backend
}
