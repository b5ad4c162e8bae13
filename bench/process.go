package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // driver "pgx"
)

// process is a program under measurement.
type process struct {
	command    *exec.Cmd
	url        string
	readyAfter time.Duration
	password   string

	address              string // of its database
	binary, folder       string
	arguments, variables []string // variables are added to the environment
}

// databaseAddress makes an empty database, one for each folder; drop removes it.
func databaseAddress(ctx context.Context, kind, folder string) (address string, drop func(), err error) {
	if kind == "SQLite" {
		return "sqlite:" + filepath.Join(folder, "gatehouse.db"), func() {}, nil
	}
	return postgresDatabase(ctx, strings.ReplaceAll(filepath.Base(folder), "-", "_"), "template1")
}

// postgresDatabase makes a database like the template, which nobody has open, on the server of TEST_POSTGRES_DSN; drop removes it.
func postgresDatabase(ctx context.Context, name, template string) (address string, drop func(), err error) {
	server, err := url.Parse(os.Getenv("TEST_POSTGRES_DSN"))
	if err != nil || server.Host == "" {
		return "", nil, errors.New("TEST_POSTGRES_DSN names no PostgreSQL server; run make bench")
	}
	db, err := sql.Open("pgx", server.String())
	if err != nil {
		return "", nil, err
	}
	if _, err := db.ExecContext(ctx, "CREATE DATABASE "+name+" TEMPLATE "+template); err != nil {
		return "", nil, err
	}
	server.Path = "/" + name
	return server.String(), func() {
		_, _ = db.ExecContext(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)")
		_ = db.Close()
	}, nil
}

// start makes a superuser, calls prepare on the migrated database, then starts the program and waits until it is ready.
func start(ctx context.Context, binary, folder, address string, prepare func() error) (*process, error) {
	listen, err := freeAddress()
	if err != nil {
		return nil, err
	}
	p := &process{url: "http://" + listen, password: "bench-" + strconv.FormatInt(time.Now().UnixNano(), 36), address: address, binary: binary,
		folder: folder, arguments: []string{"serve"}}
	p.variables = []string{"GATEHOUSE_DATABASE_URL=" + address, "GATEHOUSE_LISTEN=" + listen, "GATEHOUSE_PUBLIC_URL=" + p.url,
		"GATEHOUSE_SUPERUSER_PASSWORD=" + p.password}
	// #nosec G204 -- the program to measure is named by whoever runs this
	create := exec.CommandContext(ctx, binary, "createsuperuser", "--noinput", "--username", "admin", "--email", "admin@example.org")
	create.Env, create.Dir = append(os.Environ(), p.variables...), folder
	if out, err := create.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("createsuperuser: %w: %s", err, out)
	}
	if err := prepare(); err != nil {
		return nil, fmt.Errorf("prepare the database: %w", err)
	}
	return p, p.begin(ctx)
}

// begin starts the program, for the first time or again, and waits until it is ready.
func (p *process) begin(ctx context.Context) error {
	log, err := os.CreateTemp(p.folder, "log")
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	p.command = exec.CommandContext(ctx, p.binary, p.arguments...) // #nosec G204 -- see above
	p.command.Env, p.command.Dir, p.command.Stdout, p.command.Stderr = append(os.Environ(), p.variables...), p.folder, log, log
	begin := time.Now()
	if err := p.command.Start(); err != nil {
		return err
	}
	if err := p.waitReady(ctx, begin); err != nil {
		p.stop()
		text, _ := os.ReadFile(log.Name())
		return fmt.Errorf("%w: %s", err, text)
	}
	return nil
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String(), nil
}

func (p *process) waitReady(ctx context.Context, begin time.Time) error {
	for time.Since(begin) < time.Minute {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/healthz/ready", nil)
		if err != nil {
			return err
		}
		if answer, err := http.DefaultClient.Do(request); err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				p.readyAfter = time.Since(begin)
				return nil
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	return errors.New("the program was not ready in a minute")
}

// stop ends the program and waits for it.
func (p *process) stop() {
	_ = p.command.Process.Signal(os.Interrupt)
	_ = p.command.Wait()
}

// memory is the resident memory in MiB.
func (p *process) memory() (float64, error) {
	fields, err := p.proc("statm")
	if err != nil {
		return 0, err
	}
	pages, err := strconv.ParseFloat(fields[1], 64)
	return pages * float64(os.Getpagesize()) / (1 << 20), err
}

// cpu is the processor time that the program has used.
func (p *process) cpu() (time.Duration, error) {
	used, err := statOf(p.command.Process.Pid)
	return used.own, err
}

func (p *process) proc(name string) ([]string, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.command.Process.Pid, name))
	return strings.Fields(string(text)), err
}

// credentials are those of the client that the load uses.
type credentials struct {
	Number int64  `json:"id"`
	ID     string `json:"client_id"`
	Secret string `json:"client_secret"`

	password string // of the user admin
}

// register makes an organization and a confidential application in it, over the API.
func (p *process) register(ctx context.Context) (credentials, error) {
	var organization struct {
		ID int64 `json:"id"`
	}
	if err := p.post(ctx, "organizations/", map[string]any{"name": "Bench"}, &organization); err != nil {
		return credentials{}, err
	}
	client := credentials{password: p.password}
	err := p.post(ctx, "applications/", map[string]any{"name": "Bench", "organization": organization.ID, "client_type": "confidential",
		"authorization_grant_type": "password", "grant_types": []string{"client_credentials"}}, &client)
	return client, err
}

func (p *process) post(ctx context.Context, path string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+"/api/gateway/v1/"+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	request.SetBasicAuth("admin", p.password)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err = io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusCreated {
		return fmt.Errorf("POST %s: %s: %s", path, answer.Status, text)
	}
	return json.Unmarshal(text, into)
}
