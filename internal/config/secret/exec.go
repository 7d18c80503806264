package secret

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// execTimeout is how long a program may take to print a secret.
const execTimeout = 30 * time.Second

// maxOutput is how much a program may print, in bytes.
const maxOutput = 64 << 10

// output runs a program and takes what it prints on stdout. There is no shell: words are
// split at spaces, quotes hold a word together. What it says on stderr can hold the secret,
// so it goes nowhere.
func (r request) output(ctx context.Context, command string) ([]byte, error) {
	words, err := splitWords(command)
	if err != nil {
		return nil, r.bad("exec: %v", err)
	}
	name := words[0]
	if strings.Contains(name, "/") {
		name = r.path(name)
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return nil, r.bad("exec: the program %s is not there or can't be run", words[0])
	}
	ctx, cancel := context.WithTimeoutCause(ctx, execTimeout, fmt.Errorf("it took longer than %s", execTimeout))
	defer cancel()
	out := &limited{max: maxOutput}
	cmd := exec.CommandContext(ctx, path, words[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdout = r.Dir, environ(os.Environ()), out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that what it started ends with it
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	err = cmd.Run()
	secret := bytes.TrimRight(out.b, "\r\n")
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case out.over:
		err = fmt.Errorf("it printed more than %d KiB", maxOutput>>10)
	case errors.As(err, &exit):
		err = fmt.Errorf("it ended with %s; run it by hand to see why", exit.ProcessState)
	case err == nil && len(secret) == 0:
		err = errors.New("it printed nothing")
	}
	if err != nil {
		return nil, r.unreachable(err, "the program %s gave no secret", words[0])
	}
	return secret, nil
}

// inherited are the variables that a program for secrets sees, and the beginnings of the names
// of those: what finds programs, files and networks, and what the clouds' own tools log in with.
// No secret of refresher's own is among them.
var inherited = struct{ names, prefixes []string }{
	[]string{"PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "KRB5CCNAME",
		"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "MSI_ENDPOINT", "IDENTITY_ENDPOINT",
		"IDENTITY_HEADER"},
	[]string{"AWS_", "AZURE_", "GOOGLE_", "CLOUDSDK_", "XDG_"},
}

func environ(all []string) []string {
	env := []string{}
	for _, kv := range all {
		name, _, _ := strings.Cut(kv, "=")
		if slices.Contains(inherited.names, name) ||
			slices.ContainsFunc(inherited.prefixes, func(p string) bool { return strings.HasPrefix(name, p) }) {
			env = append(env, kv)
		}
	}
	return env
}

// limited keeps what is written up to max bytes, and notes that there was more.
type limited struct {
	max  int
	b    []byte
	over bool
}

func (l *limited) Write(p []byte) (int, error) {
	if len(l.b)+len(p) > l.max {
		l.over = true
		return 0, errors.New("more output than a secret has")
	}
	l.b = append(l.b, p...)
	return len(p), nil
}

// splitWords splits a command at spaces. Single and double quotes hold a word together; nothing
// is expanded, and a backslash is itself.
func splitWords(s string) ([]string, error) {
	var words []string
	var word strings.Builder
	inWord, quote := false, rune(0)
	for _, c := range s {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(c)
		case c == '\'' || c == '"':
			quote, inWord = c, true
		case c == ' ' || c == '\t' || c == '\n':
			if inWord {
				words = append(words, word.String())
			}
			word.Reset()
			inWord = false
		default:
			word.WriteRune(c)
			inWord = true
		}
	}
	if quote != 0 {
		return nil, errors.New("a quote is not closed")
	}
	if inWord {
		words = append(words, word.String())
	}
	if len(words) == 0 || words[0] == "" {
		return nil, errors.New("names no program")
	}
	return words, nil
}
