package importer

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"refresher/internal/fault"
	"refresher/internal/scrub/rules"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// What the configurations of other tools become, as a golden file beside each.
// Nineteen of twenty things that such files say must have a counterpart.
func TestRead(t *testing.T) {
	for file, tool := range map[string]Tool{"anon.sql": Anon, "greenmask.yml": Greenmask, "pgstream.yaml": Pgstream, "neosync.json": Neosync} {
		t.Run(file, func(t *testing.T) {
			path := filepath.Join("../../../testdata/importer", file)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			r, err := Read(file, text)
			if err != nil {
				t.Fatal(err)
			}
			if r.Tool != tool {
				t.Errorf("taken for %s", r.Tool)
			}
			if share := float64(r.Translated()) / float64(len(r.Columns)); share < 0.95 {
				t.Errorf("%d of %d have a counterpart", r.Translated(), len(r.Columns))
			}
			got := r.YAML()
			if _, err := rules.Parse("rules.yaml", []byte(got)); err != nil {
				t.Errorf("what is written can't be read: %v", err)
			}
			golden := path + ".rules"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("-update rewrites it:\n%s", diff)
			}
		})
	}
}

// Every line of mappings.txt gives a rule that the rules language takes.
func TestMappings(t *testing.T) {
	full := call{args: []string{"ARRAY['a']", "2", "x", "4"}, named: map[string]string{}, lists: map[string][]string{}}
	for name, value := range map[string]string{"ratio": "0.2", "interval": "2 days", "max_ratio": "0.2", "value": "a: b", "regexp": `a\d`,
		"replace": "b", "range": "ARRAY['a', 'b']", "literal": `"`, "type": "email"} {
		full.named[name] = value
	}
	for _, name := range []string{"values", "choices", "categories"} {
		full.lists[name] = []string{"a", "b: c"}
	}
	for name, m := range mappings() {
		if m.rule == "" {
			if m.review == "" {
				t.Errorf("%s has neither a rule nor a reason", name)
			}
			continue
		}
		c := full
		if name == "greenmask NoiseDate" {
			c.named = map[string]string{"max_ratio": "1 year"}
		}
		if strings.HasPrefix(name, "anon date_trunc") {
			c.args = []string{"'month'", "d"}
		}
		if strings.HasPrefix(name, "anon generalize") {
			c.args = []string{"col", map[bool]string{true: "month", false: "10"}[strings.Contains(m.rule, "date_truncate")]}
		}
		rule, missing := m.fill(c)
		if missing != "" {
			t.Errorf("%s: %s", name, missing)
			continue
		}
		text := "version: 1\ntables:\n  public.t:\n    columns:\n      c: " + rule + "\n"
		if _, err := rules.Parse("rules.yaml", []byte(text)); err != nil {
			t.Errorf("%s: %s: %v", name, rule, err)
		}
	}
}

func TestReadRefusesWhatIsNoRules(t *testing.T) {
	for _, text := range []string{"", "version: 1\ntables: {}\n", "SELECT 1;", "\x00\x01", "a: [", "SECURITY LABEL FOR other ON COLUMN a.b IS 'x';"} {
		var input *fault.Input
		if _, err := Read("file", []byte(text)); !errors.As(err, &input) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestDays(t *testing.T) {
	for text, want := range map[string]string{"1 year": "365", "2 mons": "60", "1 year 2 mons": "425", "36 hours": "2", "10 days": "10", "1 week": "7", "nothing": "", "90 minutes": "1"} {
		if got, _ := days(text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// Reading any file ends with rules that can be read or an error.
func FuzzRead(f *testing.F) {
	for _, file := range []string{"anon.sql", "greenmask.yml", "pgstream.yaml", "neosync.json"} {
		text, err := os.ReadFile(filepath.Join("../../../testdata/importer", file))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`SECURITY LABEL ON COLUMN "a.b"."c d" IS 'MASKED WITH FUNCTION anon.random_in(ARRAY[])';`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if r, err := Read("file", text); err == nil {
			_ = r.YAML()
		}
	})
}
