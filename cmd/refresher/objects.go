package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"refresher/internal/check"
	"refresher/internal/config"
	"refresher/internal/dataset/lake"
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
		s.To = objectTargets(o)
		for i, t := range s.To {
			if s.To[i].Sink, err = a.sink(ctx, in.config, t.Name, t.URL); err != nil {
				return nil, err
			}
		}
		sets = append(sets, s)
	}
	return sets, nil
}

// objectTargets are the targets of an entry of objects, which are not opened yet.
func objectTargets(o config.Objects) (to []objectset.Target) {
	for i, t := range o.To {
		name := o.Name
		if len(o.To) > 1 {
			name = fmt.Sprintf("%s-%d", o.Name, i+1)
		}
		to = append(to, objectset.Target{Name: name, URL: t.URL, Percent: t.Percent, By: t.By, Keep: t.Keep})
	}
	return to
}

// published are the buckets that a pipeline publishes to: those of the database, and the targets of
// objects.
func published(c *config.Config) []config.Bucket {
	all := slices.Clone(c.Buckets)
	for _, o := range c.Objects {
		for _, t := range objectTargets(o) {
			all = append(all, config.Bucket{Name: t.Name, URL: t.URL, Keep: t.Keep})
		}
	}
	return all
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

// checkObjects finds out what objects look like: by their headers and footers, or if files alone
// are checked by their rules. Its error is one of the environment.
func (a *app) checkObjects(ctx context.Context, c checking, conf *config.Config, in *check.Input) error {
	if conf == nil || len(conf.Objects) == 0 {
		presume(in, "objects", in.Rules)
		return nil
	}
	byName, err := a.objectRules(conf, in.Rules)
	if in.Gaps = err; err != nil {
		return nil
	}
	for _, o := range conf.Objects {
		if len(c.schema) > 0 {
			presume(in, o.Name, byName[o.Name])
			continue
		}
		source, err := a.objectSource(ctx, conf, o)
		if err != nil {
			return err
		}
		files, err := objectset.Look(ctx, objectset.Set{Name: o.Name, Source: source, Rules: byName[o.Name],
			To: objectTargets(o)}, conf.Workers)
		if err != nil && !fault.Decided(err) {
			return err
		}
		if err != nil { // the rules are checked all the same
			files, _ = lake.Presume(o.Name, byName[o.Name])
		}
		in.Objects, in.Gaps = append(in.Objects, files...), errors.Join(in.Gaps, err)
	}
	return nil
}

// presume takes from rules alone what objects look like.
func presume(in *check.Input, name string, rs *rules.Ruleset) {
	files, problems := lake.Presume(name, rs)
	in.Objects = append(in.Objects, files...)
	if problems != nil {
		in.Gaps = errors.Join(in.Gaps, &fault.Input{Problems: problems})
	}
}
