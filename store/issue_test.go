package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// adds is a change that issues a token of the application, with its entry.
func adds(g *grown, secret string) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		token := &models.AccessToken{ApplicationID: &g.application.ID, UserID: &g.user.ID, Digest: models.SecretOf(secret).Digest(), Hint: "abcd", Scope: models.ScopeRead,
			Description: secret, Audience: models.Words{"https://a.example", "https://b.example"}, Expires: tx.Now().Add(time.Hour), Platform: models.Gateway, FamilyID: secret,
			Stamps: models.Stamps{Created: tx.Now(), Modified: tx.Now(), CreatedBy: &g.user.ID}}
		if err := tx.CreateAccessToken(token); err != nil {
			return err
		}
		return tx.Record(models.Activity{ActorID: &g.user.ID, Operation: models.OperationCreate, ObjectType: models.ObjectAccessToken, ObjectID: token.ID, ObjectName: secret,
			Platform: models.Gateway})
	}
}

// issues is several Issues at once, while somebody keeps the database from storing what they add.
type issues struct {
	*testing.T
	storetest.DB
	*grown
	letGo chan bool
	made  int
	ended sync.WaitGroup
}

func newIssues(t *testing.T, db storetest.DB) *issues {
	i := &issues{T: t, DB: db, grown: grow(t, db)}
	i.begin()
	return i
}

// begin keeps the database from storing, with one that is about to be and those that wait for it.
func (i *issues) begin() {
	begun, letGo := make(chan bool), make(chan bool)
	i.letGo = letGo
	i.ended.Go(func() {
		err := i.Write(context.Background(), func(tx *store.Tx) error {
			if i.Dialect() == store.PostgreSQL {
				if err := tx.Statement("LOCK TABLE activity IN SHARE MODE"); err != nil {
					return err
				}
			}
			close(begun)
			<-letGo
			return nil
		})
		if err != nil {
			i.Error(err)
		}
	})
	<-begun
	if i.Dialect() == store.PostgreSQL {
		i.ended.Go(func() {
			i.made++
			if err := i.Issue(context.Background(), adds(i.grown, fmt.Sprint("first ", i.made))); err != nil {
				i.Error(err)
			}
		})
		for deadline := time.Now().Add(10 * time.Second); !i.Issuing() && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		}
	}
}

// do issues in the background, and waits until it waits.
func (i *issues) do(change func(*store.Tx) error, want error) {
	waiting := func() int { return i.WaitingIssues() + i.Waiting() }
	before, refused := waiting(), make(chan bool)
	i.ended.Go(func() {
		err := i.Issue(context.Background(), change)
		if !errors.Is(err, want) {
			i.Errorf("got %v, want %v", err, want)
		}
		if err != nil {
			close(refused)
		}
	})
	for deadline := time.Now().Add(10 * time.Second); waiting() == before; {
		select {
		case <-refused:
			return
		case <-time.After(time.Millisecond):
		}
		if time.Now().After(deadline) {
			i.Fatal("it does not wait")
		}
	}
}

// end lets the database store, and waits for all.
func (i *issues) end() {
	close(i.letGo)
	i.ended.Wait()
}

// once lets eight present the same thing at once: one gets what it is for, the others learn that it was used.
func (i *issues) once(change func(n int) func(*store.Tx) error) {
	i.Helper()
	i.begin()
	var issued, replayed atomic.Int32
	for n := range 8 {
		i.ended.Go(func() {
			switch err := i.Issue(context.Background(), change(n)); {
			case err == nil:
				issued.Add(1)
			case errors.Is(err, store.ErrReplayed):
				replayed.Add(1)
			default:
				i.Error(err)
			}
		})
	}
	time.Sleep(20 * time.Millisecond) // some of them wait together
	i.end()
	if issued.Load() != 1 || replayed.Load() != 7 {
		i.Errorf("%d issued, %d replayed", issued.Load(), replayed.Load())
	}
}

func (i *issues) stored(condition string) int {
	return count(i.T, i.DB, "(SELECT t.id FROM access_tokens AS t JOIN activity AS a ON a.object_id = t.id AND a.object_name = t.description AND a.created = t.created WHERE "+condition+") AS issued")
}

// TestIssues: tokens that are issued at once are stored, each with its entry, whatever becomes of the others: one that is refused, one that breaks a rule of the database. What is stored is what one alone would store.
func TestIssues(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		i := newIssues(t, db)
		for n := range 20 {
			i.do(adds(i.grown, fmt.Sprint("token ", n)), nil)
		}
		i.do(func(tx *store.Tx) error { return errors.Join(adds(i.grown, "refused")(tx), errStop) }, errStop)
		i.end()
		if n := i.stored("t.description LIKE 'token %'"); n != 20 {
			t.Errorf("%d tokens with entries, want 20", n)
		}
		if n := count(t, db, "access_tokens WHERE description = 'refused'") + count(t, db, "activity WHERE object_name = 'refused'"); n != 0 {
			t.Errorf("%d rows of what failed", n)
		}
		check(t, db.Write(t.Context(), adds(i.grown, "alone")))
		alone, err := db.Read(t.Context()).AccessTokenByDigest(models.SecretOf("alone").Digest())
		check(t, err)
		shared, err := db.Read(t.Context()).AccessTokenByDigest(models.SecretOf("token 7").Digest())
		check(t, err)
		if got, want := fmt.Sprintf("%+v", plain(shared)), fmt.Sprintf("%+v", plain(alone)); got != want {
			t.Errorf("stored together:\n%s\nalone:\n%s", got, want)
		}
		checkCounts(t, db, "issues")
	})
}

// plain is what tokens that are issued alike have in common.
func plain(t *models.AccessToken) []any {
	return []any{t.Hint, *t.UserID, *t.ApplicationID, t.Scope, t.Expires, t.LastUsed, t.LastUsedAddress, t.Platform, t.Audience, t.Created, t.Modified, *t.CreatedBy, t.ModifiedBy}
}

// TestIssuesShareACommit: on PostgreSQL those that wait for one another are one transaction, and one that the database refuses sends each back by itself.
func TestIssuesShareACommit(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		if db.Dialect() == store.SQLite {
			return // see TestWritesTogether
		}
		transactions := func(of string) int {
			return count(t, db, "(SELECT DISTINCT xmin::text FROM access_tokens WHERE description LIKE '"+of+" %' UNION SELECT DISTINCT xmin::text FROM activity WHERE object_name LIKE '"+of+" %') AS transactions")
		}
		i := newIssues(t, db)
		for n := range 20 {
			i.do(adds(i.grown, fmt.Sprint("token ", n)), nil)
		}
		i.end()
		if n := transactions("token"); n != 1 {
			t.Errorf("20 tokens in %d transactions", n)
		}
		i.begin()
		for n := range 5 {
			i.do(adds(i.grown, fmt.Sprint("more ", n)), nil)
		}
		i.do(adds(i.grown, "token 3"), store.ErrConflict)
		i.do(func(tx *store.Tx) error {
			gone := int64(4711)
			return tx.CreateAccessToken(&models.AccessToken{ApplicationID: &gone, Digest: models.SecretOf("gone").Digest(), Scope: models.ScopeRead, Platform: models.Gateway,
				Expires: tx.Now(), Stamps: models.Stamps{Created: tx.Now(), Modified: tx.Now()}})
		}, store.ErrNotFound)
		i.end()
		if n, together := i.stored("t.description LIKE 'more %'"), transactions("more"); n != 5 || together != 5 {
			t.Errorf("%d tokens in %d transactions, want 5 by themselves", n, together)
		}
		checkCounts(t, db, "issues that fail")
	})
}

// TestIssuesWaitForClaims: no token is issued for what somebody is about to take away, and those of others do not wait for it.
func TestIssuesWaitForClaims(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		if db.Dialect() == store.SQLite {
			return // one writer
		}
		doomed := *g
		doomed.application = models.Application{Name: "Doomed"}
		put(t, db, &doomed.application)
		claimed, end := make(chan bool), make(chan bool)
		var group sync.WaitGroup
		group.Go(func() {
			err := db.Write(t.Context(), func(tx *store.Tx) error {
				err := revoke(tx, store.TokenSelection{ApplicationID: doomed.application.ID})
				close(claimed)
				<-end
				return errors.Join(err, tx.DeleteApplication(doomed.application.ID))
			})
			if err != nil {
				t.Error(err)
			}
		})
		<-claimed
		late := make(chan error)
		go func() {
			late <- db.Issue(context.Background(), adds(&doomed, "late"))
		}()
		for n := range 3 {
			check(t, db.Issue(t.Context(), adds(g, fmt.Sprint("other ", n))))
		}
		select {
		case err := <-late:
			t.Errorf("issued while the application is claimed: %v", err)
		case <-time.After(50 * time.Millisecond):
		}
		close(end)
		group.Wait()
		if err := <-late; !errors.Is(err, store.ErrNotFound) {
			t.Errorf("issued for an application that is gone: %v", err)
		}
		if n := count(t, db, "access_tokens WHERE description LIKE 'other %' OR description = 'late'"); n != 3 {
			t.Errorf("%d tokens, want 3", n)
		}
	})
}

// TestIssueInTime: an issue ends with its time although PostgreSQL has not answered, or is gone, and what comes on that connection later is not the answer to another.
func TestIssueInTime(t *testing.T) {
	t.Parallel()
	address := postgresAddress(t)
	direct := storetest.DB{Store: open(t, address.String())}
	g := grow(t, direct)
	p := newProxy(t, address.Host)
	address.Host = p.listener.Addr().String()
	s := open(t, address.String())
	check(t, s.Issue(t.Context(), adds(g, "before")))

	s.SetTimeout(100 * time.Millisecond)
	check(t, s.Issue(t.Context(), adds(g, "soon")))
	time.Sleep(150 * time.Millisecond)
	check(t, s.Ping(t.Context())) // its time was not the connection's
	check(t, direct.Write(t.Context(), func(tx *store.Tx) error {
		if err := tx.Statement("LOCK TABLE activity IN SHARE MODE"); err != nil {
			return err
		}
		if err := s.Issue(t.Context(), adds(g, "meanwhile")); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("too late: %v, want ErrUnavailable", err)
		}
		return nil
	}))
	s.SetTimeout(10 * time.Second)
	check(t, s.Issue(t.Context(), adds(g, "after")))

	p.setCut(true)
	for range 3 {
		if err := s.Issue(t.Context(), adds(g, "cut")); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("without a server: %v, want ErrUnavailable", err)
		}
	}
	p.setCut(false)
	check(t, s.Issue(t.Context(), adds(g, "back")))
	for _, secret := range []string{"before", "after", "back"} {
		token, err := direct.Read(t.Context()).AccessTokenByDigest(models.SecretOf(secret).Digest())
		check(t, err)
		if token.Description != secret {
			t.Errorf("%s: got %q", secret, token.Description)
		}
	}
}
