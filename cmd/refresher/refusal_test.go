package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What a person reads who left personal data in a dozen columns that the rules keep: the
// columns, whose values they are, one example, and what to write. --verbose leaves
// nothing out, and verify proposes the same.
func TestARefusalListsColumns(t *testing.T) {
	t.Parallel()
	s := newEmptySite(t)
	s.production(`CREATE TABLE people (id int PRIMARY KEY, email text, born date);
		INSERT INTO people VALUES (1, 'helene.larsen@posteo.se'), (2, 'pedro.maier@web.de');
		CREATE TABLE pages (id int PRIMARY KEY, body text, props jsonb, "Seen By" text);
		INSERT INTO pages VALUES (1, 'by helene.larsen@posteo.se', '{"to": "pedro.maier@web.de"}', 'helene.larsen@posteo.se'),
			(2, 'ask jane.doe.1977@gmail.com', '{}', 'pedro.maier@web.de'), (3, 'or john.roe.1966@gmail.com, too', '{}', NULL);
		CREATE TABLE wide (id int PRIMARY KEY, ` + columns(12, " text") + `);
		INSERT INTO wide VALUES (1, ` + columns(12, "") + `)`)
	s.write("rules.yaml", `version: 1
tables:
  public.people: {columns: {id: keep, email: email, born: keep}}
  public.pages:
    columns: {id: keep, body: keep, props: {json: {"*": keep}}, "Seen By": keep}
  public.wide: {columns: {"*": keep}}
`)
	s.write("refresher.yaml",
		"source: {url: \"${SOURCE}\"}\nstaging: {url: \"${STAGING}\"}\nrules: [rules.yaml]\nkey: env:KEY\n")
	_, said := s.must(exitRefused, "run")
	s.golden("refusal.txt", said)
	_, said = s.must(exitRefused, "run", "--verbose")
	s.golden("refusal-verbose.txt", said)
	if dir := os.Getenv("REFUSAL_PAGE"); dir != "" { // to be looked at
		s.must(exitClean, "runs", s.lastReport().Run, "--save", dir)
	}
}

// columns are n columns that hold an address each: their definitions, or a row.
func columns(n int, definition string) string {
	var list []string
	for i := range n {
		if definition != "" {
			list = append(list, "note_"+string(rune('a'+i))+definition)
		} else {
			list = append(list, "'pedro.maier@web.de'")
		}
	}
	return strings.Join(list, ", ")
}

// golden compares what a refusal says, from its first word on, with a file. The site's
// own names in it become fixed ones, and so do counts of what was looked through.
func (s *site) golden(name, said string) {
	s.t.Helper()
	_, said, ok := strings.Cut(said, "refused by ")
	if !ok {
		s.t.Fatalf("no refusal in %q", said)
	}
	said = strings.ReplaceAll(said, s.db, "app")
	_, before, _ := strings.Cut(said, "database app_")
	shadow, _, _ := strings.Cut(before, " ")
	if shadow != "" {
		said = strings.ReplaceAll(said, "app_"+shadow, "app_shadow")
	}
	said = regexp.MustCompile(`[\d\x{202f}]+ (fingerprints looked for|cells)`).ReplaceAllString(said, "N $1")
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(said), 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
	if want := readFile(s.t, path); said != want {
		s.t.Errorf("%s is\n%s\nwant (-update rewrites it)\n%s", name, said, want)
	}
}
