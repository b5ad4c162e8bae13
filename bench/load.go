package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// load says how hard to push: as many requests as the server answers, connections of them under way at once.
type load struct {
	duration    time.Duration
	connections int
}

// workload is one kind of request, sent again and again.
type workload struct {
	name   string
	target vegeta.Target
}

func workloads(base string, client credentials) []workload {
	issue := post(base+"/o/token/", client, url.Values{"grant_type": {"client_credentials"}, "scope": {"read"}})
	token := fetchToken(issue)
	return []workload{
		{"client_credentials", issue},
		{"introspection", post(base+"/o/introspect/", client, url.Values{"token": {token}})},
	}
}

func post(address string, client credentials, body url.Values) vegeta.Target {
	request, _ := http.NewRequest(http.MethodPost, address, nil)
	request.SetBasicAuth(client.ID, client.Secret)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return vegeta.Target{Method: http.MethodPost, URL: address, Header: request.Header, Body: []byte(body.Encode())}
}

// fetchToken asks once for the token that is introspected; "" when there is none, which the workload then shows.
func fetchToken(issue vegeta.Target) string {
	request, err := issue.Request()
	if err != nil {
		return ""
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return ""
	}
	defer func() { _ = answer.Body.Close() }()
	var body struct {
		AccessToken string `json:"access_token"`
	}
	if json.NewDecoder(answer.Body).Decode(&body) != nil {
		return ""
	}
	return body.AccessToken
}

// result is what a workload came to.
type result struct {
	name     string
	rate     float64 // answers per second
	p50, p99 time.Duration
	cpu      float64 // seconds of the server, per request
}

func (r result) String() string {
	return fmt.Sprintf("%-20s %8.0f requests/s   p50 %7.2f ms   p99 %7.2f ms   server CPU %.3f ms/request", r.name, r.rate,
		r.p50.Seconds()*1e3, r.p99.Seconds()*1e3, r.cpu*1e3)
}

// run warms up for a second, then measures. An answer other than 200 with what the workload is about fails the run.
func (l load) run(ctx context.Context, p *process, w workload) (result, error) {
	if _, err := l.attack(ctx, w, time.Second); err != nil {
		return result{}, err
	}
	before, err := p.cpu()
	if err != nil {
		return result{}, err
	}
	metrics, err := l.attack(ctx, w, l.duration)
	if err != nil {
		return result{}, err
	}
	after, err := p.cpu()
	if err != nil {
		return result{}, err
	}
	perRequest := (after - before).Seconds() / float64(max(1, metrics.Requests))
	return result{name: w.name, rate: metrics.Throughput, p50: metrics.Latencies.P50, p99: metrics.Latencies.P99, cpu: perRequest}, nil
}

func (l load) attack(ctx context.Context, w workload, duration time.Duration) (*vegeta.Metrics, error) {
	workers := uint64(l.connections) // #nosec G115 -- a small number from the command line
	attacker := vegeta.NewAttacker(vegeta.Workers(workers), vegeta.MaxWorkers(workers), vegeta.Connections(l.connections),
		vegeta.MaxConnections(l.connections), vegeta.KeepAlive(true))
	defer attacker.Stop()
	metrics := &vegeta.Metrics{}
	var wrong string
	for r := range attacker.Attack(vegeta.NewStaticTargeter(w.target), vegeta.Rate{}, duration, w.name) {
		metrics.Add(r)
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
