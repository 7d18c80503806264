package describe_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"refresher/internal/dataset/describe"
	"refresher/internal/dataset/layout"
	"refresher/internal/dataset/parquet"
	"refresher/internal/dataset/text"
	"refresher/internal/postgres/catalog"
	"refresher/internal/testkit/duckdb"
	"refresher/internal/testkit/pgserver"
)

// dataset describes a database with files of every format, below a folder.
func dataset(t *testing.T, schema string) (describe.Dataset, string, string) {
	t.Helper()
	url := pgserver.DB(t)
	pgserver.Exec(t, url, schema)
	conn := pgserver.Conn(t, url)
	cat, err := catalog.Load(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	words, err := catalog.Describe(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	d := describe.Dataset{Run: "20261121T030000Z-7f3a", Database: "Shop", Content: "sample of 1 %", Server: 15, Schema: true,
		URL: "s3://acme-dev-data/shop/", Dump: "Shop.dump"}
	for _, table := range cat.Tables {
		is := describe.Table{Table: table, Comment: words[table.Name].Comment, Files: map[layout.Format]layout.Table{}}
		for _, c := range table.Columns {
			said := describe.Column{Column: c, Type: words[table.Name].Types[c.Name],
				Comment: words[table.Name].Comments[c.Name], Rule: describe.Kept}
			if c.Name == "email" {
				said.Rule, said.Transform = describe.Scrubbed, "email"
			}
			is.Columns = append(is.Columns, said)
		}
		d.Tables = append(d.Tables, is)
	}
	dir, mu := t.TempDir(), sync.Mutex{}
	put := func(_ context.Context, path string, write func(io.Writer) error) error {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		sum := sha256.Sum256(b.Bytes())
		d.Files = append(d.Files, describe.File{Name: path, Bytes: int64(b.Len()), SHA256: hex.EncodeToString(sum[:])})
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o700); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, path), b.Bytes(), 0o600)
	}
	written := map[layout.Format][]layout.Table{}
	for _, f := range []layout.Format{layout.CSV, layout.JSONL} {
		if written[f], err = text.Export(t.Context(), cfg, cat, f, text.Options{PartRows: 3}, put); err != nil {
			t.Fatal(err)
		}
	}
	if written[layout.Parquet], err = parquet.Export(t.Context(), cfg, cat, parquet.Options{}, put); err != nil {
		t.Fatal(err)
	}
	for f, tables := range written {
		for i, table := range tables {
			d.Tables[i].Files[f], d.Tables[i].Rows = table, table.Rows
		}
	}
	return d, dir, url
}

const shop = `
CREATE TYPE tier AS ENUM ('free', 'gold');
CREATE TABLE users (id int PRIMARY KEY, email varchar(80) NOT NULL UNIQUE, level tier, tags text[], seen timestamptz, ok bool NOT NULL);
COMMENT ON TABLE users IS 'People | who
buy'; COMMENT ON COLUMN users.email IS 'where *letters* go';
INSERT INTO users VALUES (1, 'a@example.com', 'gold', '{x,y}', now(), true), (2, 'b@example.com', NULL, NULL, 'infinity', false);
CREATE TABLE orders (id int, line int, buyer int REFERENCES users, total numeric(9,2), doc jsonb, PRIMARY KEY (id, line));
INSERT INTO orders SELECT i, 1, 1, i / 3.0, '{"a": 1}' FROM generate_series(1, 7) i;
CREATE TABLE "Odd, Table" (a int PRIMARY KEY, twice int GENERATED ALWAYS AS (a * 2) STORED);`

// localPath is the one regular expression of the profile that Go has not, since it looks ahead: what a path may be.
type localPath string

func (p localPath) String() string { return string(p) }

func (p localPath) MatchString(s string) bool {
	return s != "" && !strings.ContainsAny(s[:1], "./~") && !strings.HasPrefix(s, "file:") &&
		!strings.Contains(s, "/../") && !strings.ContainsAny(s, "\\") && !strings.Contains(s, "://")
}

func engine(pattern string) (jsonschema.Regexp, error) {
	if strings.HasPrefix(pattern, "^((?=[^./~])") {
		return localPath(pattern), nil
	}
	return regexp.Compile(pattern)
}

func written(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The descriptor is one of Data Package 2. The profile in testdata is the standard's own, without its prose
// (frictionlessdata/datapackage at 6a201af, public/profiles/2.0/datapackage.json, in the public domain).
func TestThePackageFollowsItsProfile(t *testing.T) {
	d, _, _ := dataset(t, shop)
	c := jsonschema.NewCompiler()
	c.UseRegexpEngine(engine)
	profile, err := c.Compile("testdata/datapackage-2.0.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	said := written(t, d.Package)
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(said))
	if err != nil {
		t.Fatal(err)
	}
	if err := profile.Validate(doc); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
	broken, _ := jsonschema.UnmarshalJSON(strings.NewReader(strings.Replace(said, `"type": "integer"`, `"type": "int4"`, 1)))
	if profile.Validate(broken) == nil {
		t.Error("the profile takes a field of an unknown type")
	}
	var p struct {
		Resources []struct {
			Name, Path, Hash string
			Schema           struct {
				Fields      []map[string]any
				ForeignKeys []map[string]any
			}
		}
	}
	if err := json.Unmarshal([]byte(said), &p); err != nil {
		t.Fatal(err)
	}
	names, keys := map[string]bool{}, 0
	types := map[string]map[string]any{}
	for _, r := range p.Resources {
		if names[r.Name] || len(r.Hash) != len("sha256:")+64 {
			t.Errorf("%s stands there twice, or has the hash %s", r.Name, r.Hash)
		}
		names[r.Name] = true
		for _, k := range r.Schema.ForeignKeys {
			keys++
			if to, _ := k["reference"].(map[string]any)["resource"].(string); !strings.HasPrefix(to, "tables.public.users.") {
				t.Errorf("%s refers to %s", r.Name, to)
			}
		}
		types[r.Path] = map[string]any{}
		for _, f := range r.Schema.Fields {
			types[r.Path][f["name"].(string)] = f["type"]
		}
	}
	if keys != 3+3+1 { // of each part of orders
		t.Errorf("%d foreign keys", keys)
	}
	for path, want := range map[string]map[string]any{
		"tables/public.users/part-00000.csv.gz":   {"id": "integer", "tags": "string", "seen": "string", "ok": "boolean"},
		"tables/public.users/part-00000.jsonl.gz": {"tags": "array", "seen": "string", "level": "string"},
		"tables/public.users/part-00000.parquet":  {"tags": "array", "seen": "string"},
		"tables/public.orders/part-00002.csv.gz":  {"total": "number", "doc": "any"},
	} {
		for name, typ := range want {
			if types[path][name] != typ {
				t.Errorf("%s: %s is %v, want %s", path, name, types[path][name], typ)
			}
		}
	}
}

// Both forms of the dictionary say the same, in words that no comment can break.
func TestTheDictionary(t *testing.T) {
	d, _, _ := dataset(t, shop)
	said := written(t, d.DictionaryMarkdown)
	for _, want := range []string{
		"## public.users\n\n2 rows. People \\| who buy\n",
		"| email | character varying(80) | no | scrubbed: email | where \\*letters\\* go |\n",
		"- primary key: id, line\n- buyer refers to public.users (id)\n", "## public.\"Odd, Table\"\n\n0 rows.",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("the dictionary doesn't say %q:\n%s", want, said)
		}
	}
	var j struct {
		Tables []struct {
			Name        string
			ForeignKeys []map[string]any `json:"foreign_keys"`
			Columns     []map[string]any
		}
	}
	if err := json.Unmarshal([]byte(written(t, d.Dictionary)), &j); err != nil {
		t.Fatal(err)
	}
	if len(j.Tables) != 3 || j.Tables[2].Name != "public.users" || j.Tables[1].ForeignKeys[0]["references"] != "public.users" ||
		j.Tables[2].Columns[1]["rule"] != "scrubbed" || j.Tables[2].Columns[1]["nullable"] != false {
		t.Errorf("%+v", j)
	}
}

// The commands of README.md open the dataset.
func TestTheReadmesCommands(t *testing.T) {
	d, dir, url := dataset(t, shop)
	said := written(t, d.Readme)
	queries := regexp.MustCompile("duckdb -c \"([^\"]+)\"").FindAllStringSubmatch(said, -1)
	if len(queries) != 3 || !strings.Contains(said, "refresher pull s3://acme-dev-data/shop/ --to postgres://localhost/NAME") ||
		!strings.Contains(said, "pg_restore --no-owner -d NAME Shop.dump") || strings.Contains(said, "@example") {
		t.Fatal(said)
	}
	for i := range queries {
		queries[i][0] = strings.Replace(queries[i][1], "'tables", "'"+dir+"/tables", 1)
	}
	for i, rows := range duckdb.Ask(t, queries[0][0], queries[1][0], queries[2][0]) {
		if len(rows) != 7 {
			t.Errorf("%s finds %d rows", queries[i][1], len(rows))
		}
	}
	command := regexp.MustCompile("`(\\\\copy \"public\".\"users\" [^`]+)`").FindStringSubmatch(said)
	if command == nil {
		t.Fatal(said)
	}
	pgserver.Exec(t, url, "TRUNCATE users CASCADE")
	psql(t, url, strings.Replace(command[1], "gzip -dc ", "gzip -dc "+dir+"/", 1))
	var n int
	if err := pgserver.Conn(t, url).QueryRow(t.Context(), "SELECT count(*) FROM users").Scan(&n); err != nil || n != 2 {
		t.Errorf("%d rows, %v", n, err)
	}
}

func psql(t *testing.T, url, command string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", command)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("psql %s: %v\n%s", command, err, out)
	}
}

// A person pastes the README's commands: a name of production's can't put one of its own among them.
func TestCommandsOfNames(t *testing.T) {
	for name, has := range map[string]bool{"users": true, `o'd "Table`: true, "x\n\\! touch pwned": false,
		"x\r\\! touch pwned": false, "x` and `\\! touch pwned": false, "x\u2028\\! touch pwned": false} {
		table := describe.Table{Table: &catalog.Table{Name: catalog.Name{Schema: "public", Name: name}}, Rows: 1,
			Columns: []describe.Column{{Column: &catalog.Column{Name: "id"}}}, Files: map[layout.Format]layout.Table{
				layout.CSV: {Parts: []layout.Part{{Path: "tables/public.x/part-00000.csv.gz"}}}}}
		var b strings.Builder
		if err := (describe.Dataset{Tables: []describe.Table{table}}).Readme(&b); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), "`\\copy ") != has || strings.Contains(b.String(), "\n\\! ") {
			t.Errorf("%q: %s", name, b.String())
		}
	}
}
