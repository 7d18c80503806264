package check

import (
	"context"
	"errors"

	"refresher/internal/dataset/synthetic"
	"refresher/internal/fault"
	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub"
)

// Made is a database that is made up for a bucket.
type Made struct {
	Bucket  string
	Options synthetic.Options
}

// synthetic lists what can't be made up. Where no rows were counted, that is a warning: a table without rows needs
// none.
func (c *checker) synthetic(program *scrub.Program) error {
	empty := map[catalog.Name]bool{}
	if program != nil {
		for _, d := range program.Decisions() {
			empty[d.Table] = d.RowsNone
		}
	}
	for _, m := range c.Made {
		err := m.Options.Check(c.Now)
		level := Error
		if err == nil {
			// What will be released is not known without rows: of values, that it may help.
			policy := synthetic.Policy{
				Method: m.Options.Method,
				Values: func(catalog.Name, string) bool { return true },
				Class:  func(catalog.Name, string) pii.Class { return "" },
			}
			err = m.Options.Try(context.Background(), nil,
				synthetic.Schema{Catalog: c.Now, Empty: empty, Filled: c.Filled, Policy: policy})
			if c.Filled {
				level = Warning
			}
		}
		var in *fault.Input
		var refusal *fault.Refusal
		switch {
		case errors.As(err, &in):
			for _, p := range in.Problems {
				c.add(Issue{ID: "synthetic", Level: Error, Message: "bucket " + m.Bucket + ": " + p.Text})
			}
		case errors.As(err, &refusal):
			c.add(Issue{ID: "synthetic", Level: level, Message: "bucket " + m.Bucket + ": " + refusal.Reason})
		case err != nil:
			return err
		}
	}
	return nil
}
