// Command refresher keeps a staging database and dev buckets fresh from
// production without a trace of personal data. `refresher help` lists what it does.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"golang.org/x/term"
)

// version is set by the linker.
var version = "dev"

func main() {
	if os.Getenv("GOMEMLIMIT") == "" {
		// Only huge values need more than this. Collecting garbage more often while one
		// passes is cheap, as it holds no pointers, and keeps its copies from piling up.
		debug.SetMemoryLimit(256 << 20)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	code := run(ctx, os.Args[1:], &app{
		out: os.Stdout, err: os.Stderr, getenv: os.LookupEnv, terminal: term.IsTerminal(int(os.Stderr.Fd())),
		screen: stdoutScreen(),
	})
	stop()
	os.Exit(code)
}

// stdoutScreen measures the terminal that stdout is. Colours are left out where
// https://no-color.org or the terminal asks for that.
func stdoutScreen() screen {
	fd := int(os.Stdout.Fd())
	if !term.IsTerminal(fd) {
		return screen{}
	}
	width, _, err := term.GetSize(fd)
	if err != nil || width <= 0 {
		width = 80
	}
	return screen{width: width, colour: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}
