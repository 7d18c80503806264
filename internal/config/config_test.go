package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"refresher/internal/config/secret"
	"refresher/internal/dataset/sample"
	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
)

const minimal = `
source: {url: "${REPLICA}"}
staging: {url: "postgres://stage@localhost/app"}
rules: [rules/app.yaml]
key: env:REFRESHER_KEY
`

func env(pairs ...string) func(string) (string, bool) {
	m := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return func(k string) (string, bool) { v, ok := m[k]; return v, ok }
}

func load(t *testing.T, text string, getenv func(string) (string, bool)) (*Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "refresher.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(path, getenv)
}

func TestMinimalFileHasTheDocumentedDefaults(t *testing.T) {
	c, err := load(t, minimal, env("REPLICA", "postgres://ro:pw@replica:5433/app"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Schedule.Cron != "0 3 * * 0" || c.Schedule.Timezone != "UTC" || c.Listen != "127.0.0.1:8320" || c.Workers < 1 {
		t.Errorf("defaults: %+v", c)
	}
	if l, err := c.Retry.Limits(); err != nil || l != (Limits{3, 10, 5 * time.Minute, 10 * time.Minute}) {
		t.Errorf("retry: %+v, %v", l, err)
	}
	if !filepath.IsAbs(c.Rules[0]) || !strings.HasSuffix(c.Rules[0], "rules/app.yaml") {
		t.Errorf("rules are relative to the file: %q", c.Rules[0])
	}
	src, err := c.SourceConfig(t.Context())
	if err != nil || src.Host != "replica" || src.Port != 5433 || src.Password != "pw" {
		t.Errorf("source: %v", err)
	}
}

func TestDefaultsAreComplete(t *testing.T) {
	c := Defaults()
	if l, err := c.Retry.Limits(); err != nil || l != (Limits{3, 10, 5 * time.Minute, 10 * time.Minute}) ||
		c.Workers < 1 ||
		c.Verify.MemoryMiB < 1 {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestRetry(t *testing.T) {
	c, err := load(t, minimal+"retry: {restarts: 0, stall: 90s}\n", env("REPLICA", "postgres://h/app"))
	if err != nil {
		t.Fatal(err)
	}
	if l, err := c.Retry.Limits(); err != nil || l != (Limits{0, 10, 5 * time.Minute, 90 * time.Second}) {
		t.Errorf("%+v, %v", l, err)
	}
	for text, want := range map[string]string{
		"{restarts: many}": "retry.restarts must be a whole number", "{resumes: -1}": "retry.resumes must be a whole number",
		"{patience: 5}": "retry.patience must be a duration", "{stall: 1ms}": "retry.stall must be a duration such as 90s or 5m, at least 1s",
	} {
		if _, err := load(t, minimal+"retry: "+text+"\n", env("REPLICA", "postgres://h/app")); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestAVariableCannotChangeTheStructure(t *testing.T) {
	c, err := load(t, minimal, env("REPLICA", "postgres://h/app\nkey: env:EVIL"))
	if err == nil && c.Key.Name() != "env:REFRESHER_KEY" {
		t.Fatal("a variable's value was parsed as YAML")
	}
}

func TestAllProblemsAtOnceWithPlaces(t *testing.T) {
	_, err := load(t, `
source: {url: "${NOT_SET:?put the replica's URL there}", require_replica: perhaps}
staging: {urll: x}
rules: rules/app.yaml
buckets:
  - {name: dev, url: s3://b/p, content: half, formats: [xls], keep: many}
`, env())
	var in *fault.Input
	if !errors.As(err, &in) {
		t.Fatalf("want fault.Input, got %v", err)
	}
	for _, want := range []string{
		`refresher.yaml:2:15: source.url: the environment variable NOT_SET is not set: put the replica's URL there`,
		`source.require_replica must be true or false`,
		`unknown field "urll" in staging`,
		`staging.url is missing`,
		`rules must be a list`,
		`buckets[0].keep must be a whole number`,
		`key is missing`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("missing %q in:\n%v", want, err)
		}
	}
}

func TestBadValues(t *testing.T) {
	bucket := func(s string) string { return minimal + "buckets: [" + s + "]\n" }
	for name, tc := range map[string]struct{ text, want string }{
		"not a url":        {strings.Replace(minimal, "postgres://stage@localhost/app", "mysql://x", 1), "staging.url is not a PostgreSQL connection URL"},
		"a system db":      {strings.Replace(minimal, "localhost/app", "localhost/postgres", 1), `names the database "postgres"`},
		"cron":             {minimal + "schedule: {cron: weekly}\n", "schedule.cron not a cron expression"},
		"never":            {minimal + "schedule: {cron: 0 3 30 2 *}\n", "schedule.cron never comes due"},
		"a zone in cron":   {minimal + "schedule: {cron: CRON_TZ=Asia/Tokyo 0 3 * * *}\n", "say it in schedule.timezone"},
		"missed":           {minimal + "schedule: {missed: perhaps}\n", "schedule.missed must be run or skip"},
		"catch up":         {minimal + "schedule: {catch_up: a day}\n", "schedule.catch_up must be a duration"},
		"zone":             {minimal + "schedule: {timezone: Mars/Olympus}\n", "schedule.timezone no such IANA time zone"},
		"encryption":       {bucket("{name: d, url: s3://b/p, content: full, formats: [pgdump], encryption: rot13}"), "buckets[0].encryption must be AES256"},
		"kms_key":          {bucket("{name: d, url: s3://b/p, content: full, formats: [pgdump], kms_key: k}"), "buckets[0].kms_key is given, but encryption is not aws:kms"},
		"owner":            {bucket("{name: d, url: s3://b/p, content: full, formats: [pgdump], owner: acme}"), "buckets[0].owner must be an account's id"},
		"folder's tags":    {bucket("{name: d, url: file:///srv/p, content: full, formats: [pgdump], tags: {a: b}}"), "buckets[0].tags is given, but a folder has none"},
		"folder's URL":     {bucket("{name: d, url: file://srv/p, content: full, formats: [pgdump]}"), "buckets[0].url is not a bucket URL"},
		"checksums":        {bucket("{name: d, url: s3://b/p, content: full, formats: [pgdump]}") + "s3: {checksums: never}\n", "s3.checksums must be when_supported or when_required"},
		"content":          {bucket("{name: d, url: s3://b/p, content: half, formats: [pgdump]}"), "buckets[0].content must be full, sample or synthetic"},
		"format":           {bucket("{name: d, url: s3://b/p, content: full, formats: [xls]}"), "unknown format"},
		"bucket url":       {bucket("{name: d, url: gs://b/p, content: full, formats: [pgdump]}"), "s3://bucket/prefix"},
		"sample of full":   {bucket("{name: d, url: s3://b/p, content: full, formats: [pgdump], sample: {roots: [a.b], percent: 1}}"), "content is full"},
		"no roots":         {bucket("{name: d, url: s3://b/p, content: sample, formats: [pgdump]}"), "needs roots"},
		"percent":          {bucket("{name: d, url: s3://b/p, content: sample, formats: [pgdump], sample: {roots: [a.b], percent: 101}}"), "percent"},
		"root":             {bucket("{name: d, url: s3://b/p, content: sample, formats: [pgdump], sample: {roots: [users], percent: 1}}"), "schema.table"},
		"same name":        {bucket("{name: d, url: s3://b/p, content: full, formats: [pgdump]}, {name: d, url: s3://b/q, content: full, formats: [pgdump]}"), "names must differ"},
		"same prefix":      {bucket("{name: d, url: s3://b/p, content: full, formats: [pgdump]}, {name: e, url: s3://b/p/, content: full, formats: [pgdump]}"), "prefix of its own"},
		"empty":            {"", "one YAML document"},
		"not yaml":         {"source: [", "not valid YAML"},
		"unclosed":         {strings.Replace(minimal, "${REPLICA}", "${REPLICA", 1), "not closed"},
		"a list, not text": {strings.Replace(minimal, "env:REFRESHER_KEY", "[a]", 1), "key must be one value"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, tc.text, env("REPLICA", "postgres://h/app"))
			var in *fault.Input
			if !errors.As(err, &in) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

func TestNoProblemQuotesASecret(t *testing.T) {
	for _, text := range []string{
		strings.Replace(minimal, "${REPLICA}", "postgrs://u:hunter2secret@h/app", 1),
		"source: {url: hunter2secret: [}",
		"key: [hunter2secret]",
	} {
		if _, err := load(t, text, env()); err == nil || strings.Contains(err.Error(), "hunter2secret") {
			t.Errorf("leaks or accepts: %v", err)
		}
	}
}

func TestExpand(t *testing.T) {
	get := env("A", "1", "EMPTY", "")
	for in, want := range map[string]string{
		"${A}": "1", "x${A}y${A}": "x1y1", "${B:-d}": "d", "${EMPTY:-d}": "d", "${EMPTY}": "", "$A": "$A",
		"$$": "$", "cost $": "cost $", "${B:-}": "", "${A:?no}": "1", "${B:-a:b}": "a:b",
	} {
		if got, err := expand(in, get); err != nil || got != want {
			t.Errorf("%s: got %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"${B}", "${B:?m}", "${EMPTY:?m}", "${", "${1X}", "${A:x}", "${B:+x}"} {
		if got, err := expand(in, get); err == nil {
			t.Errorf("%s: got %q, want an error", in, got)
		}
	}
}

func TestScheduleUsesItsTimeZone(t *testing.T) {
	c, err := load(t, minimal+"schedule: {timezone: Europe/Berlin, missed: skip, jitter: 5m, deadline: 6h}\n", env("REPLICA", "postgres://h/app"))
	if err != nil {
		t.Fatal(err)
	}
	times, err := c.Schedule.Times()
	if err != nil || times.CatchUp != 0 || times.Jitter != 5*time.Minute || times.Deadline != 6*time.Hour {
		t.Fatalf("%+v, %v", times, err)
	}
	got := times.Plan.After(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)).At.UTC()
	if want := time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("next run %v, want %v", got, want)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(minimal)
	f.Add("source: &a {url: x}\nstaging: *a\n")
	f.Add("key: k\npipelines: {a: {source: {url: x}, key: j}, b: {rules: [r], source: }}\n")
	f.Fuzz(func(t *testing.T, text string) {
		parse("f", []byte(text), env("REPLICA", "postgres://h/app"))
	})
}

// A file as Windows editors save it: with a byte order mark and CRLF.
func TestByteOrderMarkAndCRLF(t *testing.T) {
	path := filepath.Join(t.TempDir(), "refresher.yaml")
	text := "\ufeffsource: {url: \"postgres://u@127.0.0.1/a\"}\r\nstaging:\r\n  url: postgres://u@127.0.0.1/b\r\n" +
		"rules: [r.yaml]\r\nkey: env:KEY\r\nschedule:\r\n  cron: \"0 3 * * 0\"\r\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	if reveal(t, c.Staging.URL) != "postgres://u@127.0.0.1/b" || c.Key.Name() != "env:KEY" || c.Schedule.Cron != "0 3 * * 0" {
		t.Errorf("%+v", c)
	}
}

func reveal(t *testing.T, text secret.Text) string {
	t.Helper()
	s, err := text.Fetch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSample(t *testing.T) {
	c, err := load(t, minimal+`buckets:
  - name: dev
    url: s3://b/p
    content: sample
    formats: [pgdump]
    sample:
      percent: 2
      roots:
        - public.users
        - {table: public.accounts, rows: 100, where: plan = 'pro'}
        - {table: public.users, keys: [7, "8"]}
        - {table: public.members, keys: [[7, de], [8, fr]]}
      whole: [public.countries]
      children:
        public.events: {limit: 5, order: oldest, by: occurred_at}
        public.events (user_id, "odd ""name"""): 0
      max_rows: 4000
      max_bytes: 1.5 GiB
`, env("REPLICA", "postgres://ro:pw@replica/app"))
	if err != nil {
		t.Fatal(err)
	}
	table := func(n string) catalog.Name { return catalog.Name{Schema: "public", Name: n} }
	if d := cmp.Diff(sample.Options{
		Percent: 2,
		Roots: []sample.Root{
			{Table: table("users"), Percent: 2}, {Table: table("accounts"), Rows: 100, Where: "plan = 'pro'"},
			{Table: table("users"), Keys: [][]string{{"7"}, {"8"}}},
			{Table: table("members"), Keys: [][]string{{"7", "de"}, {"8", "fr"}}},
		},
		Whole: []catalog.Name{table("countries")},
		Children: []sample.Children{
			{Table: table("events"), Limit: 5, Order: sample.Oldest, By: "occurred_at"},
			{Table: table("events"), Columns: []string{"user_id", `odd "name"`}, Order: sample.Newest},
		},
		Budget: sample.Budget{Rows: 4000, Bytes: 3 << 29},
	}, c.Buckets[0].Sample.Options()); d != "" {
		t.Error(d)
	}
}

// All problems of a sample are found at once, each at its place.
func TestSampleProblems(t *testing.T) {
	_, err := load(t, minimal+`buckets:
  - name: dev
    url: s3://b/p
    content: sample
    formats: [pgdump]
    sample:
      roots:
        - public.users
        - {table: users, percent: 101}
        - {table: public.a, percent: 1, rows: 5}
        - {table: public.a, keys: [1], where: x}
        - {table: public.a, where: "x; y"}
      whole: [countries]
      children:
        events: 5
        public.b (x: {limit: -1, order: latest}
        public.c: {limit: 1, order: random, by: at}
      max_rows: -1
`, env("REPLICA", "postgres://ro:pw@replica/app"))
	var in *fault.Input
	if !errors.As(err, &in) {
		t.Fatal(err)
	}
	got := ""
	for _, p := range in.Problems {
		got += fmt.Sprintf("%d: %s\n", p.Line, p.Text)
	}
	const want = `23: buckets[0].sample.max_rows can't be below 0
13: buckets[0].sample.roots[0] needs percent (above 0 and at most 100), rows, where or keys; or give the sample a percent
14: buckets[0].sample.roots[1].table is wrong: "users" is not a table name: write it as schema.table
14: buckets[0].sample.roots[1].percent must be above 0 and at most 100
15: buckets[0].sample.roots[2] has percent and rows; write one of them
16: buckets[0].sample.roots[3] has keys and something else that chooses rows; write two roots of that table
17: buckets[0].sample.roots[4].where holds a semicolon: write one condition
18: buckets[0].sample.whole[0] is wrong: "countries" is not a table name: write it as schema.table
20: buckets[0].sample.children.events is wrong: "events" is not a table name: write it as schema.table
21: buckets[0].sample.children.public.b (x is wrong: "public.b (x" is not the name of a foreign key: write it as schema.table(column, …)
21: buckets[0].sample.children.public.b (x.limit can't be below 0
21: buckets[0].sample.children.public.b (x.order must be newest, oldest or random
22: buckets[0].sample.children.public.c.by has no use with order: random, which goes by no column
`
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
