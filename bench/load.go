package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// load says how hard to push: as many requests as the server answers, connections of them under way at once.
type load struct {
	duration    time.Duration
	connections int
	warm        time.Duration // before it
	postmaster  int           // the process of PostgreSQL whose children's time is told, 0 for none
}

// workload is one kind of request, sent again and again. next makes one; answered has each answer. It is measured after a time to warm up, and after so many requests.
type workload struct {
	name     string
	next     func() (vegeta.Target, error)
	answered func(body []byte)
	first    uint64
}

// workloads are all that is measured, in this order: what one leaves is what a later one uses.
func workloads(base string, client credentials, connections int) ([]workload, error) {
	token := func(pairs ...string) vegeta.Target { return post(base+"/o/token/", client, form(pairs...)) }
	issue := token("grant_type", "client_credentials", "scope", "read")
	first, err := fetch(issue)
	if err != nil {
		return nil, err
	}
	introspect := post(base+"/o/introspect/", client, form("token", first.AccessToken))
	refresh, issued := make(chan string, connections), make(chan string, 200_000)
	for range connections {
		pair, err := fetch(token("grant_type", "password", "username", "admin", "password", client.password))
		if err != nil {
			return nil, err
		}
		refresh <- pair.RefreshToken
	}
	return []workload{
		{name: "client_credentials", next: always(issue), answered: func(body []byte) { keep(issued, tokensIn(body).AccessToken) }},
		{name: "introspection", next: always(introspect), answered: func([]byte) {}},
		{name: "refresh_token", next: func() (vegeta.Target, error) {
			return token("grant_type", "refresh_token", "refresh_token", <-refresh), nil
		},
			answered: func(body []byte) { keep(refresh, tokensIn(body).RefreshToken) }},
		{name: "revocation", next: func() (vegeta.Target, error) {
			select {
			case token := <-issued:
				return post(base+"/o/revoke_token/", client, form("token", token)), nil
			default:
				return vegeta.Target{}, vegeta.ErrNoTargets // all that were issued are revoked
			}
		}, answered: func([]byte) {}},
	}, nil
}

func always(target vegeta.Target) func() (vegeta.Target, error) {
	return func() (vegeta.Target, error) { return target, nil }
}

// turns takes one target after the other, and begins again.
func turns(targets []vegeta.Target) func() (vegeta.Target, error) {
	var taken atomic.Uint64
	return func() (vegeta.Target, error) { return targets[taken.Add(1)%uint64(len(targets))], nil }
}

// keep puts a token by, as far as there is room.
func keep(tokens chan<- string, token string) {
	select {
	case tokens <- token:
	default:
	}
}

func form(pairs ...string) url.Values {
	values := url.Values{}
	for pair := range slices.Chunk(pairs, 2) {
		values.Set(pair[0], pair[len(pair)-1])
	}
	return values
}

func post(address string, client credentials, body url.Values) vegeta.Target {
	request, _ := http.NewRequest(http.MethodPost, address, nil)
	request.SetBasicAuth(client.ID, client.Secret)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return vegeta.Target{Method: http.MethodPost, URL: address, Header: request.Header, Body: []byte(body.Encode())}
}

// tokens are what an answer of the token endpoint holds.
type tokens struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
}

func tokensIn(body []byte) (got tokens) {
	_ = json.Unmarshal(body, &got) // an answer that is none fails the run by its status
	return got
}

// fetch sends a token request once.
func fetch(target vegeta.Target) (tokens, error) {
	request, err := target.Request()
	if err != nil {
		return tokens{}, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return tokens{}, err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		return tokens{}, fmt.Errorf("POST %s: %s: %s", target.URL, answer.Status, body)
	}
	return tokensIn(body), nil
}

// result is what a workload came to.
type result struct {
	name     string
	rate     float64 // answers per second
	p50, p99 time.Duration
	cpu      float64 // seconds of the server, per request
	database float64 // likewise of PostgreSQL, NaN where it is not known
}

func (r result) String() string {
	text := fmt.Sprintf("%-20s %8.0f requests/s   p50 %7.2f ms   p99 %7.2f ms   server CPU %.3f ms/request", r.name, r.rate,
		r.p50.Seconds()*1e3, r.p99.Seconds()*1e3, r.cpu*1e3)
	if !math.IsNaN(r.database) {
		text += fmt.Sprintf("   PostgreSQL CPU %.3f ms/request", r.database*1e3)
	}
	return text
}

// run warms up, then measures the program and the database server that works for it. An answer other than 200 with what the workload is about
// fails the run.
func (l load) run(ctx context.Context, p *process, w workload) (result, error) {
	for sent := uint64(0); sent == 0 || sent < w.first; {
		warmed, err := l.attack(ctx, w, l.warm)
		if err != nil {
			return result{}, err
		}
		sent += max(warmed.Requests, 1)
	}
	before, databaseBefore, err := l.used(p)
	if err != nil {
		return result{}, err
	}
	metrics, err := l.attack(ctx, w, l.duration)
	if err != nil {
		return result{}, err
	}
	after, databaseAfter, err := l.used(p)
	if err != nil {
		return result{}, err
	}
	r := result{name: w.name, rate: metrics.Throughput, p50: metrics.Latencies.P50, p99: metrics.Latencies.P99, database: math.NaN()}
	requests := float64(max(1, metrics.Requests))
	r.cpu = (after - before).Seconds() / requests
	if l.postmaster != 0 {
		r.database = (databaseAfter - databaseBefore).Seconds() / requests
	}
	return r, nil
}

// used is the processor time of the program and of PostgreSQL so far.
func (l load) used(p *process) (own, database time.Duration, err error) {
	if own, err = p.cpu(); err == nil && l.postmaster != 0 {
		database, err = treeCPU(l.postmaster)
	}
	return own, database, err
}

func (l load) attack(ctx context.Context, w workload, duration time.Duration) (*vegeta.Metrics, error) {
	workers := uint64(l.connections) // #nosec G115 -- a small number from the command line
	attacker := vegeta.NewAttacker(vegeta.Workers(workers), vegeta.MaxWorkers(workers), vegeta.Connections(l.connections),
		vegeta.MaxConnections(l.connections), vegeta.KeepAlive(true))
	defer attacker.Stop()
	metrics := &vegeta.Metrics{}
	var wrong string
	targeter := func(target *vegeta.Target) (err error) {
		*target, err = w.next()
		return err
	}
	for r := range attacker.Attack(targeter, vegeta.Rate{}, duration, w.name) {
		if r.Error == vegeta.ErrNoTargets.Error() {
			continue
		}
		metrics.Add(r)
		w.answered(r.Body)
		if wrong == "" && (r.Code != http.StatusOK || strings.Contains(string(r.Body), `"active":false`)) {
			wrong = fmt.Sprintf("status %d: %s %s", r.Code, r.Body, r.Error)
			attacker.Stop()
		}
		if ctx.Err() != nil {
			attacker.Stop()
		}
	}
	metrics.Close()
	if wrong != "" {
		return nil, errors.New(wrong)
	}
	return metrics, ctx.Err()
}
