package main

import (
	"os"
	"strings"

	"refresher/internal/config"
)

// useEnvFile puts a file's variables behind those of the environment, which win.
// Those of AWS's SDK go into the process's environment, where it looks for them.
func (a *app) useEnvFile() error {
	if a.envFile == "" {
		return nil
	}
	vars, err := config.ReadEnvFile(a.envFile)
	if err != nil {
		return err
	}
	outer := a.getenv
	a.getenv = func(name string) (string, bool) {
		if v, ok := outer(name); ok {
			return v, true
		}
		v, ok := vars[name]
		return v, ok
	}
	for name, value := range vars {
		if _, set := outer(name); !set && strings.HasPrefix(name, "AWS_") {
			if err := os.Setenv(name, value); err != nil {
				return err
			}
		}
	}
	return nil
}
