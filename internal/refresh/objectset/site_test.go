package objectset_test

import (
	"errors"
	"io"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"refresher/internal/dataset/lake"
	"refresher/internal/pii"
	"refresher/internal/pii/fingerprint"
	"refresher/internal/postgres/catalog"
	"refresher/internal/refresh"
	"refresher/internal/refresh/objectset"
	"refresher/internal/s3sink"
	"refresher/internal/scrub"
	"refresher/internal/scrub/rules"
	"refresher/internal/verify"
	"refresher/internal/verify/pass"
)

var key = []byte("0123456789abcdef0123456789abcdef")

// site is a prefix of production with objects, in a folder, and one or several targets.
type site struct {
	t      testing.TB
	dir    string
	rules  string
	source *s3sink.Sink         // nil: the folder
	person map[pii.Class]string // whom the database has masked
	to     []objectset.Target

	store   *fingerprint.Store // of the last run
	allowed []verify.Exception
}

func newSite(t testing.TB, rules string) *site {
	s := &site{t: t, dir: t.TempDir(), rules: rules}
	s.target("copies", 0, "")
	return s
}

func (s *site) target(name string, percent float64, by string) {
	sink := s.sink(name)
	s.to = append(s.to, objectset.Target{Name: name, URL: sink.URL(), Sink: sink, Percent: percent, By: by, Keep: 2})
}

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) sink(name string) *s3sink.Sink {
	s.t.Helper()
	sink, err := s3sink.Open(s.t.Context(), s3sink.Options{Name: name, URL: (&url.URL{Scheme: "file", Path: filepath.Join(s.dir, name)}).String()})
	s.must(err)
	return sink
}

func (s *site) put(key string, content []byte) {
	s.t.Helper()
	path := filepath.Join(s.dir, "prod", key)
	s.must(os.MkdirAll(filepath.Dir(path), 0o700))
	s.must(os.WriteFile(path, content, 0o600))
}

// stage scrubs objects into their targets' runs, as a run does.
func (s *site) stage(id string) (*objectset.Staged, error) {
	s.t.Helper()
	ctx := s.t.Context()
	rs, err := rules.Parse("lake.yaml", []byte("version: 1\n"+s.rules))
	if err != nil {
		return nil, err
	}
	s.allowed = refresh.Exceptions(rs)
	set := objectset.Set{Name: "processed", Source: s.source, Rules: rs, To: s.to}
	if set.Source == nil {
		set.Source = s.sink("prod")
	}
	plan, err := objectset.New(ctx, []objectset.Set{set}, objectset.Options{Made: []string{"1"}, Secret: key, Workers: 2})
	if err != nil {
		return nil, err
	}
	database, err := rules.Parse("rules.yaml", []byte("version: 1\n"))
	s.must(err)
	program, err := scrub.Compile(database, &catalog.Catalog{Database: "shop", Encoding: "UTF8"}, key, plan.Files()...)
	if err != nil {
		return nil, err
	}
	s.store = storeOf(s.t, s.person)
	e := &lake.Engine{Program: program, Store: s.store, Workers: 2}
	staged, err := plan.Stage(ctx, id, e, key)
	return staged, errors.Join(err, e.Close())
}

// run scrubs, verifies and publishes as a run does; what fails is discarded.
func (s *site) run(id string) (*objectset.Staged, error) {
	s.t.Helper()
	ctx := s.t.Context()
	staged, err := s.stage(id)
	if staged == nil {
		return nil, err
	}
	if err == nil {
		fingerprints, berr := s.store.Build()
		s.must(berr)
		v := verify.New(verify.Options{Run: id, Set: fingerprints, Exceptions: s.allowed, Workers: 2})
		err = staged.Verify(ctx, v, func(name string, results []*verify.Result) (pass.Pass, error) {
			return verify.Judge(id, name, results...)
		})
	}
	if err == nil {
		err = staged.Publish(ctx, nil, s3sink.Manifest{})
	}
	s.must(staged.Discard(ctx))
	return staged, err
}

// storeOf holds the fingerprints of a person.
func storeOf(t testing.TB, person map[pii.Class]string) *fingerprint.Store {
	t.Helper()
	store, err := fingerprint.NewStore(t.TempDir(), key[:16])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	c := store.Collector()
	for _, class := range slices.Sorted(maps.Keys(person)) {
		c.Add(class, []byte(person[class]))
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	return store
}

func fingerprintsOf(t testing.TB, person map[pii.Class]string) *fingerprint.Set {
	t.Helper()
	set, err := storeOf(t, person).Build()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// copies are the objects of a target's current run, by key.
func (s *site) copies(target string) map[string][]byte {
	s.t.Helper()
	p, err := s.sink(target).Current(s.t.Context())
	s.must(err)
	all := map[string][]byte{}
	for _, o := range p.Manifest.Objects {
		if key, ok := strings.CutPrefix(o.Name, "objects/"); ok {
			b, err := os.ReadFile(filepath.Join(s.dir, target, "runs", p.Manifest.Run, o.Name))
			s.must(err)
			all[key] = b
		}
	}
	return all
}

// untouched fails if a target holds anything that no run published.
func (s *site) untouched(target string) {
	s.t.Helper()
	err := s.sink(target).Entries(s.t.Context(), func(e s3sink.Entry) error {
		s.t.Errorf("%s was left in %s", e.Name, target)
		return nil
	})
	if err != nil && !errors.Is(err, io.EOF) {
		s.t.Error(err)
	}
}
