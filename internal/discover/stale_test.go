package discover_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"refresher/internal/discover"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/rules"
	"refresher/internal/testkit/pgserver"
)

// What patterns and included files decide on is not asked again; what they leave open goes
// to the file itself.
func TestPatchBesidePatterns(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `CREATE TABLE qrtz_jobs (id int PRIMARY KEY, job_data bytea); CREATE TABLE users (id int PRIMARY KEY, updated_by text, email text)`)
	dir := t.TempDir()
	base, top := filepath.Join(dir, "base.yaml"), filepath.Join(dir, "app.yaml")
	for path, text := range map[string]string{
		base: "version: 1\ntables:\n  public.users:\n    columns:\n      id: keep\n",
		top:  "version: 1\ninclude: [base.yaml]\ntables:\n  \"public.qrtz_*\": {rows: none}\n  \"*.updated_by\": username\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	existing, err := rules.Load([]string{top})
	if err != nil {
		t.Fatal(err)
	}
	cat, err := catalog.Load(context.Background(), pgserver.Conn(t, url))
	if err != nil {
		t.Fatal(err)
	}
	patch, err := draft(t, discover.Names(cat), existing).Patch([]string{top}, existing)
	if err != nil || !strings.Contains(string(patch), "email: email\n") || strings.Contains(string(patch), "qrtz_jobs") || strings.Contains(string(patch), "+      updated_by") {
		t.Errorf("the patch is\n%s\n%v", patch, err)
	}
}

// Rules for what is gone don't keep discover from its patch; it names each with its place.
func TestPatchBesideStaleRules(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `CREATE TABLE users (id int PRIMARY KEY, email text, phone text)`)
	path := filepath.Join(t.TempDir(), "app.yaml")
	text := "version: 1\ntables:\n  public.users:\n    columns:\n      id: keep\n      mail: email\n      email: email\n  public.gone:\n    columns: {id: keep}\n" +
		"  public.maybe:\n    optional: true\n    columns: {id: keep}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	existing, err := rules.Load([]string{path})
	if err != nil {
		t.Fatal(err)
	}
	cat, err := catalog.Load(context.Background(), pgserver.Conn(t, url))
	if err != nil {
		t.Fatal(err)
	}
	d := draft(t, discover.Names(cat), existing)
	patch, err := d.Patch([]string{path}, existing)
	if err != nil || !strings.Contains(string(patch), "+      phone: phone\n") {
		t.Errorf("the patch is %q: %v", patch, err)
	}
	var said []string
	for _, p := range d.Stale {
		said = append(said, strings.TrimPrefix(p.String(), filepath.Dir(path)+"/"))
	}
	want := []string{`app.yaml:6:7: there is no column "mail" in public.users (did you mean "email"?): remove its rule, or give it the new name`,
		"app.yaml:8:3: there is no table public.gone: remove its rules, or give them its new name"}
	if strings.Join(said, "\n") != strings.Join(want, "\n") {
		t.Errorf("stale rules:\n%s\nwant\n%s", strings.Join(said, "\n"), strings.Join(want, "\n"))
	}
}
