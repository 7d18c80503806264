package refresh

import (
	"context"
	"errors"
	"fmt"
)

// cleanup is what a run made and must take away again: the last made goes first.
type cleanup struct{ steps []cleanupStep }

type cleanupStep struct {
	failed bool // only if the run failed
	do     func(context.Context) error
}

func (c *cleanup) always(do func(context.Context) error) {
	c.steps = append(c.steps, cleanupStep{false, do})
}

func (c *cleanup) onFailure(do func(context.Context) error) {
	c.steps = append(c.steps, cleanupStep{true, do})
}

func (c *cleanup) undo(ctx context.Context, failed bool) error {
	var errs []error
	for i := len(c.steps) - 1; i >= 0; i-- {
		if s := c.steps[i]; failed || !s.failed {
			errs = append(errs, s.do(ctx))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("tidying up: %w", err)
	}
	return nil
}
