package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// What an import may take, and how much memory it may have at its most, in MiB.
var importLimits = map[string]time.Duration{"SQLite": 90 * time.Second, "PostgreSQL": 60 * time.Second}

const importMemory = 200

// controller is the database of a large automation controller, made when it is first needed.
type controller struct {
	address string
	drop    func()
}

func (c *controller) close() {
	if c.drop != nil {
		c.drop()
	}
}

// importKey is what the client secrets of the controller are encrypted with.
const importKey = "not-a-real-secret-key"

// measureImport imports the controller into an empty database and prints what that took.
func (c *controller) measureImport(ctx context.Context, database, binary string) error {
	if err := c.make(ctx); err != nil {
		return fmt.Errorf("make the controller: %w", err)
	}
	folder, err := os.MkdirTemp("", "gatehouse-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	address, drop, err := databaseAddress(ctx, database, folder)
	if err != nil {
		return err
	}
	defer drop()
	key := filepath.Join(folder, "key")
	if err := os.WriteFile(key, []byte(importKey), 0o600); err != nil {
		return err
	}
	if binary, err = filepath.Abs(binary); err != nil {
		return err
	}
	// #nosec G204 -- the program to measure is named by whoever runs this
	command := exec.CommandContext(ctx, binary, "import_controller", "--source", c.address, "--secret-key-file", key)
	var out, problems bytes.Buffer
	command.Env, command.Dir, command.Stdout, command.Stderr = append(os.Environ(), "GATEHOUSE_DATABASE_URL="+address), folder, &out, &problems
	begin := time.Now()
	peak, err := runMeasured(command)
	took := time.Since(begin)
	if err != nil {
		return fmt.Errorf("import_controller: %w: %s", err, problems.String())
	}
	imported := 0
	for _, each := range importedPattern.FindAllStringSubmatch(out.String(), -1) {
		number, _ := strconv.Atoi(each[1])
		imported += number
	}
	if imported != rowsOfController {
		return fmt.Errorf("%d rows were imported, want %d:\n%s", imported, rowsOfController, out.String())
	}
	verdict := ""
	if took > importLimits[database] || peak > importMemory {
		verdict = "   over the limit"
	}
	fmt.Printf("%s: import of a controller with %d access tokens, %d rows in all: %.1f s (limit %.0f s), %.1f s of them on the processor, %.0f rows per second, %.0f MiB at most (limit %d MiB)%s\n",
		database, accessTokensOfController, imported, took.Seconds(), importLimits[database].Seconds(),
		(command.ProcessState.UserTime() + command.ProcessState.SystemTime()).Seconds(), float64(imported)/took.Seconds(), peak, importMemory, verdict)
	return nil
}

var importedPattern = regexp.MustCompile(`(?m)^\w+: read \d+, imported (\d+),`)

// runMeasured runs a command to its end and returns the most memory that it had resident, in MiB (VmHWM of proc(5), as it was last seen).
func runMeasured(command *exec.Cmd) (peak float64, err error) {
	if err := command.Start(); err != nil {
		return 0, err
	}
	done := make(chan error, 1)
	go func() { done <- command.Wait() }()
	p := &process{command: command}
	for {
		select {
		case err := <-done:
			if err == nil && peak == 0 {
				err = errors.New("its memory was not seen")
			}
			return peak, err
		case <-time.After(20 * time.Millisecond):
			fields, err := p.proc("status")
			if err != nil {
				continue // it has ended
			}
			for n, field := range fields {
				if field == "VmHWM:" {
					kilobytes, _ := strconv.ParseFloat(fields[n+1], 64)
					peak = max(peak, kilobytes/1024)
				}
			}
		}
	}
}

// make fills the controller's database, unless that was done.
func (c *controller) make(ctx context.Context) (err error) {
	if c.drop != nil {
		return nil
	}
	if c.address, c.drop, err = postgresDatabase(ctx, "gatehouse_bench_source_"+strconv.Itoa(os.Getpid()), "template1"); err != nil {
		return err
	}
	db, err := sql.Open("pgx", c.address)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	begin := time.Now()
	for _, statement := range controllerStatements {
		if _, err := db.ExecContext(ctx, strings.ReplaceAll(statement, "{N}", strconv.Itoa(accessTokensOfController))); err != nil {
			return fmt.Errorf("%w: %s", err, statement)
		}
	}
	fmt.Printf("a controller with %d access tokens made in %.0f s\n", accessTokensOfController, time.Since(begin).Seconds())
	return nil
}
