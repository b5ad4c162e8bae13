//go:build unix

package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gatehouse/store"
)

// fillDisk names the file with which this test binary, run again by TestSQLiteDiskFull, plays a server whose disk is full.
const fillDisk = "GATEHOUSE_TEST_FILL_DISK"

func TestMain(m *testing.M) {
	if path := os.Getenv(fillDisk); path != "" {
		if err := playFullDisk(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// A limit on the size of files stands for a disk that is full: the commit itself fails. It holds for a whole process, so it gets one.
func TestSQLiteDiskFull(t *testing.T) {
	t.Parallel()
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), fillDisk+"="+filepath.Join(t.TempDir(), "x.db"))
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
}

func playFullDisk(path string) error {
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{URL: "sqlite:" + path})
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	if _, err := s.Migrate(ctx); err != nil {
		return err
	}
	write := func(key, value string) error {
		return s.Write(ctx, func(tx *store.Tx) error { return tx.SetSetting(key, value) })
	}
	if err := write("before", "value"); err != nil {
		return err
	}
	log, err := os.Stat(path + "-wal")
	if err != nil {
		return err
	}
	if err := limitFiles(uint64(log.Size())); err != nil {
		return err
	}
	for n := range 3 {
		if err := write("full", strings.Repeat("x", 50_000)); !errors.Is(err, store.ErrUnavailable) {
			return fmt.Errorf("attempt %d on the full disk: got %w, want ErrUnavailable", n, err)
		}
		if _, err := s.Read(ctx).Setting("full"); !errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("attempt %d on the full disk was kept: %w", n, err)
		}
		if value, err := s.Read(ctx).Setting("before"); err != nil || value != "value" {
			return fmt.Errorf("reading on the full disk: %q, %w", value, err)
		}
	}
	if err := limitFiles(1 << 40); err != nil {
		return err
	}
	if err := write("after", "value"); err != nil {
		return fmt.Errorf("with room again: %w", err)
	}
	return nil
}

func limitFiles(size uint64) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	limit.Cur = min(size, limit.Max)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
}

// The umask is the process's, so this test does not run beside others.
func TestSQLiteFilesArePrivateWhateverTheUmask(t *testing.T) {
	for _, umask := range []int{0, 0o777, 0o277, 0o022} {
		path := filepath.Join(t.TempDir(), "x.db")
		s := func() *store.Store {
			defer syscall.Umask(syscall.Umask(umask))
			s := open(t, "sqlite:"+path)
			check(t, s.Write(t.Context(), func(tx *store.Tx) error { return tx.SetSetting("key", "value") }))
			return s
		}()
		for _, file := range []string{path, path + "-wal", path + "-shm"} {
			info, err := os.Stat(file)
			check(t, err)
			if info.Mode().Perm() != 0o600 {
				t.Errorf("umask %o: %s is %v", umask, file, info.Mode())
			}
		}
		check(t, s.Close())
	}
}
