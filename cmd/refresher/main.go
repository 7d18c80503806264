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
	noCore()
	if os.Getenv("GOMEMLIMIT") == "" {
		// Only huge values need more than this. Collecting garbage more often while one
		// passes is cheap, as it holds no pointers, and keeps its copies from piling up.
		// With what the limit doesn't count (the program itself) it is less than 256 MiB.
		debug.SetMemoryLimit(224 << 20)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	code := run(ctx, os.Args[1:], &app{
		out: os.Stdout, err: os.Stderr, getenv: os.LookupEnv, terminal: term.IsTerminal(int(os.Stderr.Fd())),
		screen: stdoutScreen(), columns: widthOf(os.Stderr),
	})
	stop()
	os.Exit(code)
}

// stdoutScreen measures the terminal that stdout is. Colours are left out where
// https://no-color.org or the terminal asks for that.
func stdoutScreen() screen {
	width := widthOf(os.Stdout)
	return screen{width: width, colour: width > 0 && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// widthOf is how wide a terminal is, 0 if the file is none.
func widthOf(f *os.File) int {
	fd := int(f.Fd())
	if !term.IsTerminal(fd) {
		return 0
	}
	width, _, err := term.GetSize(fd)
	if err != nil || width <= 0 {
		return 80
	}
	return width
}
