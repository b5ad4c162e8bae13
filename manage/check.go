package manage

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

// checkTimeout is shorter than what container engines commonly wait.
const checkTimeout = 4 * time.Second

func (p *program) check() *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Ask whether the server on this machine is ready",
		Long:  "Asks the server that listens where GATEHOUSE_LISTEN says whether it is ready. Silent and 0 if so, otherwise 1: for health checks.",
		Args:  noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			set, err := loadSettings(p.environment)
			if err != nil {
				return err
			}
			return checkReady(command.Context(), set.listen)
		},
	}
}

func checkReady(ctx context.Context, listen string) error {
	address := reachable(listen)
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/healthz/ready", nil)
	if err != nil {
		return err
	}
	answer, err := (&http.Transport{}).RoundTrip(request) // no proxy: the server is on this machine
	if err != nil {
		var call *net.OpError
		if errors.As(err, &call) {
			err = call.Err
		}
		return fmt.Errorf("no server answers at %s: %w", address, err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the server at %s is not ready: %s", address, answer.Status)
	}
	return nil
}

// reachable turns an address to listen on into one to connect to: a server that listens everywhere does so on the loopback too.
func reachable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	switch ip := net.ParseIP(host); {
	case host == "", ip != nil && ip.IsUnspecified() && ip.To4() != nil:
		host = "127.0.0.1"
	case ip != nil && ip.IsUnspecified():
		host = "::1"
	}
	return net.JoinHostPort(host, port)
}
