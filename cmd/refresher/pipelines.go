package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"refresher/internal/config"
	"refresher/internal/fault"
)

// onePipeline takes the name of a pipeline as a command's only argument.
func (a *app) onePipeline() cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			a.pipeline = args[0]
		}
		return maxArgs(1)(cmd, args)
	}
}

// pipelineFlag is --pipeline, for commands whose argument is something else.
func (a *app) pipelineFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.pipeline, "pipeline", "",
		"of a configuration with several pipelines, the one that is meant")
}

// loadConfigs reads the configuration of the pipelines of those names, or of all.
func (a *app) loadConfigs(names ...string) ([]*config.Config, error) {
	all, err := config.LoadAll(a.configPath, a.getenv)
	if err != nil {
		return nil, err
	}
	if a.logFormat == "" {
		a.logFormat = all[0].Log.Format
	}
	return config.Pick(all, names...)
}

// loadConfig reads the configuration of one pipeline, without its rules: a.pipeline, or
// the only one.
func (a *app) loadConfig() (*config.Config, error) {
	all, err := a.loadConfigs()
	if err != nil {
		return nil, err
	}
	return config.One(all, a.pipeline)
}

// loadConfigOf is for a command that may name a bucket, which says which pipeline is
// meant if one alone has a bucket of that name; if none has, otherwise decides.
func (a *app) loadConfigOf(bucket string, otherwise func() (*config.Config, error)) (*config.Config, error) {
	all, err := a.loadConfigs()
	if err != nil {
		return nil, err
	}
	have := slices.DeleteFunc(slices.Clone(all), func(c *config.Config) bool { return c.Bucket(bucket) == nil })
	switch {
	case a.pipeline != "" || len(have) == 0:
		return otherwise()
	case len(have) > 1:
		return nil, fault.BadInput("a bucket %q is in several pipelines of %s: say which one (%s)", bucket, all[0].File,
			strings.Join(config.Names(have), ", "))
	}
	a.pipeline = have[0].Pipeline
	return have[0], nil
}

// loadSigning is loadConfig for what needs the signing key alone, which pipelines
// mostly share.
func (a *app) loadSigning() (*config.Config, error) {
	all, err := a.loadConfigs()
	if err != nil {
		return nil, err
	}
	same := func(c *config.Config) bool {
		return c.Sign.Same(all[0].Sign) && (!c.Sign.IsZero() || c.Key.Same(all[0].Key))
	}
	if a.pipeline == "" && !slices.ContainsFunc(all, func(c *config.Config) bool { return !same(c) }) {
		return all[0], nil
	}
	return config.One(all, a.pipeline)
}

// several is the error of a command that worked on several pipelines, when all is told.
type several struct {
	text    string
	errs    []error
	stopped bool
}

func (s *several) Error() string   { return s.text }
func (s *several) Unwrap() []error { return s.errs }

// each works on pipelines one after the other. One that fails keeps no other from its
// turn; an interruption ends all. Of several, each has a heading, and a line at the end
// names how each ended. The error of several is the gravest, in the order of
// [fault.OutcomeOf].
func (a *app) each(ctx context.Context, pipelines []*config.Config,
	do func(context.Context, *config.Config) error) error {
	if len(pipelines) == 1 {
		return do(ctx, pipelines[0])
	}
	s := &several{}
	var ends []string
	var attrs []any
	for i, c := range pipelines {
		end := "not started"
		if ctx.Err() == nil {
			a.pipeline = c.Pipeline
			if !a.silent() {
				fmt.Fprintf(a.err, "%spipeline %s\n", strings.Repeat("\n", min(i, 1)), c.Pipeline)
			}
			err := do(ctx, c)
			outcome := fault.OutcomeOf(ctx, err)
			end = string(outcome)
			if err != nil {
				s.errs = append(s.errs, err)
				s.stopped = s.stopped || outcome == fault.Stopped
				a.tell(c.Pipeline+": ", exitCode(outcome), err)
			}
		} else {
			s.stopped = true
		}
		ends, attrs = append(ends, c.Pipeline+" "+end), append(attrs, slog.String(c.Pipeline, end))
	}
	a.pipeline = ""
	s.text = fmt.Sprintf("%d pipelines: %s", len(pipelines), strings.Join(ends, ", "))
	switch {
	case a.logFormat == "json":
		a.log().Info("pipelines ended", slog.Group("outcomes", attrs...))
	case !a.quiet || len(s.errs) > 0 || s.stopped:
		fmt.Fprintf(a.err, "\n%s\n", s.text)
	}
	if len(s.errs) == 0 && !s.stopped {
		return nil
	}
	return s
}

// outcomeOf is fault.OutcomeOf, but that an interruption of several pipelines counts more
// than how those ended that came before it.
func outcomeOf(ctx context.Context, err error) fault.Outcome {
	var s *several
	if errors.As(err, &s) && s.stopped {
		return fault.Stopped
	}
	return fault.OutcomeOf(ctx, err)
}

// tell prints an error that ends the work on a pipeline, or the program.
func (a *app) tell(prefix string, code int, err error) {
	var told *several
	switch {
	case code == exitInterrupted && a.logFormat == "json":
		a.log().Error("refresher ended", "exit", code, "error", "interrupted")
	case code == exitInterrupted:
		fmt.Fprintf(a.err, "refresher: %sinterrupted\n", prefix)
	case errors.As(err, &told):
	case a.logFormat == "json":
		a.log().Error("refresher ended", "exit", code, "error", err.Error())
	default:
		if !a.verbose {
			shorten(err)
		}
		fmt.Fprintf(a.err, "refresher: %s%v\n", prefix, err)
	}
}
