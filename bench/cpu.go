package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// stat is what proc(5) tells of a process.
type stat struct {
	name   string
	parent int
	own    time.Duration // user and system time
	ended  time.Duration // likewise of its children that have ended
}

func statOf(pid int) (stat, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)) // #nosec G703 -- a number
	if err != nil {
		return stat{}, err
	}
	before, after, found := strings.Cut(string(text), ") ") // the name may have blanks
	fields := strings.Fields(after)
	if !found || len(fields) < 15 {
		return stat{}, fmt.Errorf("/proc/%d/stat is not understood", pid)
	}
	_, name, _ := strings.Cut(before, "(")
	var numbers [5]int64
	for n, field := range []int{1, 11, 12, 13, 14} {
		var problem error
		numbers[n], problem = strconv.ParseInt(fields[field], 10, 64)
		err = errors.Join(err, problem)
	}
	const tick = 10 * time.Millisecond
	return stat{name, int(numbers[0]), time.Duration(numbers[1]+numbers[2]) * tick, time.Duration(numbers[3]+numbers[4]) * tick}, err
}

// treeCPU is the processor time of a process and its children, with those that have ended.
func treeCPU(pid int) (time.Duration, error) {
	root, err := statOf(pid)
	if err != nil {
		return 0, err
	}
	sum := root.own + root.ended
	folders, err := filepath.Glob("/proc/[1-9]*")
	for _, folder := range folders {
		child, _ := strconv.Atoi(filepath.Base(folder))
		if used, err := statOf(child); err == nil && used.parent == pid { // otherwise it has just ended
			sum += used.own + used.ended
		}
	}
	return sum, err
}

// postmaster finds the process that all of PostgreSQL's descend from; 0 when the server is not on this machine.
func postmaster(ctx context.Context, address string) (int, error) {
	db, err := sql.Open("pgx", address)
	if err != nil {
		return 0, err
	}
	defer func() { _ = db.Close() }()
	one, err := db.Conn(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = one.Close() }()
	var pid int
	if err := one.QueryRowContext(ctx, "SELECT pg_backend_pid()").Scan(&pid); err != nil {
		return 0, err
	}
	backend, err := statOf(pid)
	if err != nil || !strings.HasPrefix(backend.name, "postgres") {
		return 0, nil //nolint:nilerr // a process of another machine has no number here
	}
	return backend.parent, nil
}
