package manage

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"gatehouse/store/storetest"
)

// TestPortInUse shows the line of a port that is taken, and that the server which has it is not disturbed.
func TestPortInUse(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		w := &world{machine: newMachine(t, address)}
		first := w.serve()
		w.db = w.open()
		code := w.setupCode()
		w.fails("cannot listen on "+w.listen+": address already in use. GATEHOUSE_LISTEN names another address", "serve")
		w.sameSetupCode(code)
		if code := first.stop(); code != 0 {
			t.Errorf("exit %d", code)
		}
	})
}

// TestStop ends a server by each signal while a request is under way: it is answered, new ones are refused, the exit code is 0.
func TestStop(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
			m := newMachine(t, address)
			server := m.serve()
			body := "grant_type=client_credentials&client_id=nobody&client_secret=nothing"
			connection := dial(t, m.listen)
			half := fmt.Sprintf("POST /o/token/ HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n"+
				"Expect: 100-continue\r\n\r\n", m.listen, len(body))
			answers := bufio.NewReader(connection)
			say(t, connection, half)
			if line, err := answers.ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 100 ") {
				t.Fatalf("the request is not under way: %q %v", line, err)
			}
			_, _ = answers.ReadString('\n')
			say(t, connection, body[:10])
			if err := server.process.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			eventually(t, "new connections are refused", func() bool {
				other, err := net.Dial("tcp", m.listen)
				if err == nil {
					_ = other.Close()
				}
				return err != nil
			})
			say(t, connection, body[10:])
			answer, err := http.ReadResponse(answers, nil)
			if err != nil {
				t.Fatalf("%v: the request under way was cut off: %v\n%s", signal, err, server.log)
			}
			text, err := io.ReadAll(answer.Body)
			_ = answer.Body.Close()
			if err != nil || answer.StatusCode != http.StatusUnauthorized || !strings.Contains(string(text), "invalid_client") {
				t.Errorf("%v: %s %s %v", signal, answer.Status, text, err)
			}
			if code := server.end(0); code != 0 { // a second signal would not wait
				t.Errorf("%v: exit %d:\n%s", signal, code, server.log)
			}
		}
	})
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	connection, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	if err := connection.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return connection
}

func say(t *testing.T, connection net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(connection, text); err != nil {
		t.Fatal(err)
	}
}

// TestKill kills the server, and a token made beside it goes on working in the next one, which uses the same setup code.
func TestKill(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		w := &world{machine: newMachine(t, address)}
		server := w.serve()
		w.db = w.open()
		code := w.setupCode()
		w.alice = w.user("alice", false)
		token := strings.TrimSpace(w.must("create_oauth2_token", "--quiet", "--user", "alice"))
		server.end(syscall.SIGKILL)
		server = w.serve()
		if !w.works(token) {
			t.Error("the token does not work after the restart")
		}
		w.sameSetupCode(code)
		if code := server.stop(); code != 0 {
			t.Errorf("exit %d", code)
		}
	})
}

// TestLog shows that the log is JSON where it goes to no terminal, and begins and ends with what an operator looks for.
func TestLog(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		m := newMachine(t, address)
		server := m.serve()
		server.stop()
		var messages []string
		for line := range strings.Lines(server.log.String()) {
			var entry struct{ Level, Msg, Version, URL, Database string }
			if err := json.Unmarshal([]byte(line), &entry); err != nil {
				t.Fatalf("%v: %s", err, line)
			}
			messages = append(messages, entry.Msg)
			if entry.Msg == "serving" && (entry.Version != "1.2.3-test" || entry.URL != "http://"+m.listen || entry.Database != redactURL(address)) {
				t.Errorf("%+v", entry)
			}
		}
		got := strings.Join(messages, ", ")
		if !strings.HasPrefix(got, "database brought up to date, ") || !strings.HasSuffix(got, "stopping, stopped") {
			t.Errorf("messages: %s", got)
		}
	})
}

// TestManyStarts starts servers at once on one new database: one migrates, all become ready.
func TestManyStarts(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		var servers []*serving
		for range 3 {
			servers = append(servers, newMachine(t, address).start())
		}
		migrated := 0
		for _, server := range servers {
			server.waitReady()
			migrated += strings.Count(server.log.String(), "database brought up to date")
		}
		for _, server := range servers {
			if code := server.stop(); code != 0 {
				t.Errorf("exit %d:\n%s", code, server.log)
			}
		}
		if migrated != 1 {
			t.Errorf("%d servers migrated", migrated)
		}
	})
}
