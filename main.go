// Command gatehouse is an OAuth2 authorization server for an automation platform, with its console and its management commands.
package main

import (
	"os"

	"gatehouse/manage"
)

// version is set by the build.
var version = "dev"

func main() {
	os.Exit(manage.Execute(version, os.Args, os.Stdin, os.Stdout, os.Stderr))
}
