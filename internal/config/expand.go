package config

import (
	"fmt"
	"strings"
)

// expand replaces ${VAR}, ${VAR:-default} and ${VAR:?message}, with the meaning
// of POSIX shell parameter expansion (IEEE 1003.1, 2.6.2): the colon forms treat
// an empty variable as unset. "$$" is a literal dollar sign; a lone one stays.
func expand(s string, getenv func(string) (string, bool)) (string, error) {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '$')
		if i < 0 || i+1 == len(s) {
			b.WriteString(s)
			return b.String(), nil
		}
		b.WriteString(s[:i])
		switch s[i+1] {
		case '$':
			b.WriteByte('$')
			s = s[i+2:]
		case '{':
			end := strings.IndexByte(s[i:], '}')
			if end < 0 {
				return "", fmt.Errorf("a ${ is not closed by }")
			}
			v, err := variable(s[i+2:i+end], getenv)
			if err != nil {
				return "", err
			}
			b.WriteString(v)
			s = s[i+end+1:]
		default:
			b.WriteByte('$')
			s = s[i+1:]
		}
	}
}

func variable(expr string, getenv func(string) (string, bool)) (string, error) {
	name, word, colon := strings.Cut(expr, ":")
	if !validName(name) {
		return "", fmt.Errorf("${…} must hold the name of an environment variable")
	}
	v, set := getenv(name)
	switch {
	case colon && (word == "" || word[0] != '-' && word[0] != '?'):
		return "", fmt.Errorf("after ${%s: comes - and a default, or ? and a message", name)
	case !colon && !set:
		return "", fmt.Errorf("the environment variable %s is not set", name)
	case !colon || v != "":
		return v, nil
	case word[0] == '-':
		return word[1:], nil
	}
	return "", fmt.Errorf("the environment variable %s is not set: %s", name, word[1:])
}

func validName(s string) bool {
	for i, c := range []byte(s) {
		letter := c == '_' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}
