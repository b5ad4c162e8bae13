package manage

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/term"
)

// attempts is how often a person may try to type the same password twice.
const attempts = 3

// ask asks a person at the terminal and returns the line they type.
func (p *program) ask(ctx context.Context, question string) (string, error) {
	return p.answer(ctx, question, func() (string, error) {
		line, err := bufio.NewReader(p.stdin).ReadString('\n')
		if errors.Is(err, io.EOF) {
			err = errors.New("nothing was typed")
		}
		return strings.TrimSpace(line), err
	})
}

// askPassword asks for a new password, twice, without echo.
func (p *program) askPassword(ctx context.Context) (string, error) {
	for range attempts {
		password, err := p.askSecret(ctx, "Password: ")
		if err != nil {
			return "", err
		}
		again, err := p.askSecret(ctx, "Password (again): ")
		switch {
		case err != nil:
			return "", err
		case password != again:
			_, _ = fmt.Fprintln(p.stderr, "Error: Your passwords didn't match.")
		case strings.TrimSpace(password) == "":
			_, _ = fmt.Fprintln(p.stderr, "Error: Blank passwords aren't allowed.")
		default:
			return password, nil
		}
	}
	return "", fmt.Errorf("no password after %d attempts", attempts)
}

func (p *program) askSecret(ctx context.Context, question string) (string, error) {
	before, err := term.GetState(int(p.stdin.Fd()))
	if err != nil {
		return "", fmt.Errorf("read the terminal's state: %w", err)
	}
	secret, err := p.answer(ctx, question, func() (string, error) {
		text, err := term.ReadPassword(int(p.stdin.Fd()))
		return string(text), err
	})
	_, _ = fmt.Fprintln(p.stderr)
	if err != nil { // an interrupted reading left the echo off
		return "", errors.Join(err, term.Restore(int(p.stdin.Fd()), before))
	}
	return secret, nil
}

// answer waits for what is typed, or for the signal to stop.
func (p *program) answer(ctx context.Context, question string, read func() (string, error)) (string, error) {
	type typed struct {
		text string
		err  error
	}
	if _, err := fmt.Fprint(p.stderr, question); err != nil {
		return "", err
	}
	done := make(chan typed, 1)
	go func() {
		text, err := read()
		done <- typed{text, err}
	}()
	select {
	case got := <-done:
		return got.text, got.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// pipedPassword reads a new password from standard input that is no terminal: its first line. A second line, if there is one, repeats
// the first, as at the prompts.
func (p *program) pipedPassword() (string, error) {
	lines := bufio.NewScanner(io.LimitReader(p.stdin, 16<<10))
	var typed []string
	for len(typed) < 2 && lines.Scan() {
		typed = append(typed, lines.Text())
	}
	switch {
	case lines.Err() != nil:
		return "", fmt.Errorf("read the password: %w", lines.Err())
	case len(typed) == 0 || typed[0] == "":
		return "", errors.New("no password on standard input")
	case len(typed) == 2 && typed[1] != "" && typed[1] != typed[0]:
		return "", errors.New("the two lines on standard input are not the same password")
	}
	return typed[0], nil
}
