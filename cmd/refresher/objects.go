package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"refresher/internal/config"
	"refresher/internal/doctor"
	"refresher/internal/fault"
	"refresher/internal/refresh/objectset"
	"refresher/internal/s3sink"
	"refresher/internal/scrub/rules"
)

// objectSets opens what objects of a configuration name. It talks to no server.
func (a *app) objectSets(ctx context.Context, in *inputs) (sets []objectset.Set, err error) {
	byName, err := a.objectRules(in.config, in.rules)
	if err != nil {
		return nil, err
	}
	for _, o := range in.config.Objects {
		s := objectset.Set{Name: o.Name, Rules: byName[o.Name]}
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
	return sets, nil
}

// objectRules reads the rules of each entry of objects, by its name; of one that names none
// they are those of the database.
func (a *app) objectRules(c *config.Config, database *rules.Ruleset) (map[string]*rules.Ruleset, error) {
	var wrong fault.Input
	all := map[string]*rules.Ruleset{}
	for _, o := range c.Objects {
		r := database
		if o.Rules != "" {
			var err error
			if r, err = rules.Load([]string{o.Rules}); err != nil {
				wrong.Problems = append(wrong.Problems, problemsOf(err)...)
				continue
			}
		}
		if r == nil || len(r.Objects) == 0 {
			wrong.Problems = append(wrong.Problems, fault.Problem{Text: fmt.Sprintf(
				"objects %s: its rules have no section objects: write one, with a pattern of keys and the columns",
				o.Name)})
		}
		all[o.Name] = r
	}
	if len(wrong.Problems) > 0 {
		return nil, &wrong
	}
	return all, nil
}

// problemsOf are the mistakes that an error of reading files holds.
func problemsOf(err error) []fault.Problem {
	var in *fault.Input
	if errors.As(err, &in) {
		return in.Problems
	}
	return []fault.Problem{{Text: err.Error()}}
}

// objectSource is the prefix of production that objects are read from.
func (a *app) objectSource(ctx context.Context, c *config.Config, o config.Objects) (*s3sink.Sink, error) {
	options, err := bucketOptions(c, o.Name, o.From.URL)
	if err != nil {
		return nil, err
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

// errSeen ends a listing at its first object.
var errSeen = errors.New("seen")

// doctorObjects looks whether objects can be read, and has their targets looked at as buckets.
func (a *app) doctorObjects(ctx context.Context, c *config.Config, rep *doctor.Report, o *doctor.Options) {
	if len(c.Objects) == 0 {
		return
	}
	sets, err := a.objectSets(ctx, &inputs{config: c, rules: o.Rules})
	if err != nil {
		rep.Add("objects", "their rules and places can be used", err, "", "mend the lines that are named")
		return
	}
	for _, s := range sets {
		err := s.Source.Entries(ctx, func(e s3sink.Entry) error {
			body, err := s.Source.OpenEntry(ctx, e)
			if err != nil {
				return err
			}
			return errors.Join(errSeen, body.Close())
		})
		if errors.Is(err, errSeen) {
			err = nil
		}
		rep.Add("objects "+s.Name, "its prefix can be read", err, "", "grant s3:ListBucket and s3:GetObject on "+
			s.Source.URL()+", and nothing that writes")
		for _, t := range s.To {
			o.Buckets = append(o.Buckets, doctor.Bucket{Name: t.Name, URL: t.URL, Sink: t.Sink})
		}
	}
}

// checkObjects reads the rules of objects.
func (a *app) checkObjects(c *config.Config, r *rules.Ruleset) error {
	if c == nil || len(c.Objects) == 0 {
		return nil
	}
	_, err := a.objectRules(c, r)
	return err
}
