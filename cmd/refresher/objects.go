package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"refresher/internal/config"
	"refresher/internal/fault"
	"refresher/internal/refresh/objectset"
	"refresher/internal/s3sink"
	"refresher/internal/scrub/rules"
)

// objectSets opens what objects of a configuration name. It talks to no server.
func (a *app) objectSets(ctx context.Context, in *inputs) (sets []objectset.Set, err error) {
	var wrong fault.Input
	for _, o := range in.config.Objects {
		s := objectset.Set{Name: o.Name, Rules: in.rules}
		if o.Rules != "" {
			if s.Rules, err = rules.Load([]string{o.Rules}); err != nil {
				wrong.Problems = append(wrong.Problems, problemsOf(err)...)
				continue
			}
		}
		if len(s.Rules.Objects) == 0 {
			wrong.Problems = append(wrong.Problems, fault.Problem{Text: fmt.Sprintf(
				"objects %s: its rules have no section objects: write one, with a pattern of keys and the columns",
				o.Name)})
			continue
		}
		if s.Source, err = a.objectSource(ctx, in.config, o); err != nil {
			return nil, err
		}
		for i, t := range o.To {
			name := o.Name
			if len(o.To) > 1 {
				name = fmt.Sprintf("%s-%d", o.Name, i+1)
			}
			sink, err := a.sink(ctx, in.config, name, t.URL)
			if err != nil {
				return nil, err
			}
			s.To = append(s.To, objectset.Target{Name: name, URL: t.URL, Sink: sink, Percent: t.Percent, By: t.By,
				Keep: t.Keep})
		}
		sets = append(sets, s)
	}
	if len(wrong.Problems) > 0 {
		return nil, &wrong
	}
	return sets, nil
}

// problemsOf are the mistakes that an error of reading files holds.
func problemsOf(err error) []fault.Problem {
	if in, ok := err.(*fault.Input); ok {
		return in.Problems
	}
	return []fault.Problem{{Text: err.Error()}}
}

// objectSource is the prefix of production that objects are read from.
func (a *app) objectSource(ctx context.Context, c *config.Config, o config.Objects) (*s3sink.Sink, error) {
	limits, err := c.Retry.Limits()
	if err != nil {
		return nil, err
	}
	options := s3sink.Options{
		Name: o.Name, URL: o.From.URL, Endpoint: c.S3.Endpoint, Region: c.S3.Region, PathStyle: c.S3.PathStyle,
		Checksums: c.S3.Checksums, Stall: min(limits.Stall, s3sink.DefaultStall),
	}
	if o.From.Endpoint != "" {
		options.Endpoint = o.From.Endpoint
	}
	if o.From.Region != "" {
		options.Region = o.From.Region
	}
	if !o.From.AccessKeyID.IsZero() {
		var parts [3]string
		for i, t := range []interface {
			Fetch(context.Context) (string, error)
			IsZero() bool
		}{o.From.AccessKeyID, o.From.SecretAccessKey, o.From.SessionToken} {
			if t.IsZero() {
				continue
			}
			if parts[i], err = t.Fetch(ctx); err != nil {
				return nil, err
			}
		}
		options.Credentials = credentials.NewStaticCredentialsProvider(parts[0], parts[1], parts[2])
	}
	return s3sink.Open(ctx, options)
}
