package text_test

import (
	"bufio"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"refresher/internal/dataset/layout"
	"refresher/internal/dataset/text"
	"refresher/internal/testkit/pgserver"
)

// Casts of the schema's own, to text and to JSON, have no say in what is written.
func TestCastsOfTheSchemaAreNotRun(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `
		CREATE TYPE contact AS (mail text, city text);
		CREATE TYPE mood AS ENUM ('calm', 'cross');
		CREATE TYPE person AS (feels mood, home contact);
		CREATE TYPE span AS RANGE (subtype = int);
		CREATE DOMAIN reach AS contact;
		CREATE DOMAIN temper AS mood;
		DO $do$ DECLARE typ text; target text; BEGIN
			FOREACH typ IN ARRAY ARRAY['contact', 'mood', 'person', 'span', 'contact[]', 'mood[]', 'span[]'] LOOP
				FOREACH target IN ARRAY ARRAY['text', 'json', 'jsonb'] LOOP
					EXECUTE format('
						CREATE FUNCTION lie_%3$s(%1$s) RETURNS %2$s LANGUAGE sql AS $$ SELECT ''"lie"''::%2$s $$;
						CREATE CAST (%1$s AS %2$s) WITH FUNCTION lie_%3$s(%1$s) AS ASSIGNMENT', typ, target, target);
				END LOOP;
			END LOOP;
		END $do$;
		CREATE TABLE t (id int PRIMARY KEY, c contact, m mood, p person, s span, r reach, d temper, ac contact[], am mood[],
			ap person[], ar reach[], "as" span[]);
		INSERT INTO t VALUES (1, ('a@b.example', 'Ulm'), 'calm', ('cross', ('c@d.example', 'Rom')), '[1,5)',
			('e@f.example', 'Bern'), 'cross', ARRAY[('g@h.example', 'Wien')::contact], '{calm,cross}', ARRAY[('calm', ('i@j.example', 'Prag'))::person],
			ARRAY[('k@l.example', 'Kiel')::reach], '{"[2,3)"}')`)
	for format, want := range map[layout.Format]string{
		layout.CSV: `1,"(a@b.example,Ulm)",calm,"(cross,""(c@d.example,Rom)"")","[1,5)","(e@f.example,Bern)",cross,` +
			`"{""(g@h.example,Wien)""}","{calm,cross}",` +
			`"{""(calm,\""(i@j.example,Prag)\"")""}","{""(k@l.example,Kiel)""}","{""[2,3)""}"`,
		layout.JSONL: `{"id":1,"c":{"mail":"a@b.example","city":"Ulm"},"m":"calm","p":"(cross,\"(c@d.example,Rom)\")",` +
			`"s":"[1,5)","r":{"mail":"e@f.example","city":"Bern"},"d":"cross",` +
			`"ac":[{"mail":"g@h.example","city":"Wien"}],"am":"{calm,cross}","ap":"{\"(calm,\\\"(i@j.example,Prag)\\\")\"}",` +
			`"ar":[{"mail":"k@l.example","city":"Kiel"}],"as":"{\"[2,3)\"}"}`,
	} {
		tables, dir := export(t, url, format, text.Options{})
		f, err := os.Open(filepath.Join(dir, tables[0].Parts[0].Path))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		last := ""
		for lines := bufio.NewScanner(z); lines.Scan(); {
			last = lines.Text()
		}
		if d := cmp.Diff(want, last); d != "" {
			t.Errorf("%s: %s", format, d)
		}
	}
}
