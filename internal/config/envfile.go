package config

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"

	"refresher/internal/fault"
)

var envName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`) })

// IsVariable reports whether an environment variable can have the name.
func IsVariable(name string) bool { return envName().MatchString(name) }

// ReadEnvFile reads a file of NAME=value lines, as shells and Docker Compose write
// them: comments, "export ", and values in single or double quotes. Nothing in a
// value is expanded. Every bad line is part of one *fault.Input, which quotes none
// of them.
func ReadEnvFile(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.BadInput("the environment file %s can't be read", path)
	}
	vars := map[string]string{}
	var problems []fault.Problem
	for i, line := range strings.Split(strings.TrimPrefix(string(text), "\ufeff"), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, "export ")), "=")
		name = strings.TrimSpace(name)
		value, whole := unquoteEnv(strings.TrimSpace(value))
		if !ok || !IsVariable(name) || !whole {
			problems = append(problems, fault.Problem{File: path, Line: i + 1, Col: 1, Text: "is not NAME=value, with an end to each quote"})
			continue
		}
		vars[name] = value
	}
	if len(problems) > 0 {
		return nil, &fault.Input{Problems: problems}
	}
	return vars, nil
}

// unquoteEnv takes quotes away; of an unquoted value a comment behind a space, too.
func unquoteEnv(value string) (string, bool) {
	if value == "" {
		return "", true
	}
	if q := value[0]; q == '\'' || q == '"' {
		end := strings.IndexByte(value[1:], q)
		if end < 0 {
			return "", false
		}
		rest := strings.TrimSpace(value[end+2:])
		return value[1 : end+1], rest == "" || rest[0] == '#'
	}
	if i := strings.Index(value, " #"); i >= 0 {
		value = strings.TrimSpace(value[:i])
	}
	return value, true
}

// EnvLine is a line of such a file, and false if no quoting can hold the value.
func EnvLine(name, value string) (string, bool) {
	quote := "'"
	if strings.Contains(value, "'") {
		quote = `"`
	}
	ok := !strings.ContainsAny(value, "\n\r") && !strings.Contains(value, quote)
	return fmt.Sprintf("%s=%s%s%s\n", name, quote, value, quote), ok
}
