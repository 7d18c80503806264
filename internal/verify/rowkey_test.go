package verify_test

import (
	"strings"
	"testing"

	"refresher/internal/pii"
	"refresher/internal/postgres/catalog"
	"refresher/internal/testkit/pgserver"
	"refresher/internal/verify"
)

// A finding names its row by the primary key, but a key is not to tell what the
// finding hides.
func TestRowKeys(t *testing.T) {
	url := pgserver.DB(t)
	const found = "ask lars.holm@telia.com"
	pgserver.Exec(t, url, `
		CREATE TABLE plain (id bigint PRIMARY KEY, note text); INSERT INTO plain SELECT g, 'x' FROM generate_series(1, 40) g; UPDATE plain SET note = '`+found+`' WHERE id = 17;
		CREATE TABLE pair (a int, b uuid, note text, PRIMARY KEY (b, a)); INSERT INTO pair VALUES (-3, '0b7c2f5e-6f0e-4b7c-9d2e-1f3a5b7c9d1e', '`+found+`');
		CREATE TABLE coded (code text PRIMARY KEY, note text); INSERT INTO coded VALUES ('annelise', '`+found+`');
		CREATE TABLE masked (mail text PRIMARY KEY, note text); INSERT INTO masked VALUES ('fay.k4tzu7xq2w5m@example.org', '`+found+`');
		CREATE TABLE leaked (mail text PRIMARY KEY, note text); INSERT INTO leaked VALUES ('lena.holm@telia.com', '`+found+`');
		CREATE TABLE carded (card bigint PRIMARY KEY, note text); INSERT INTO carded VALUES (4716108999716531, '`+found+`');
		CREATE TABLE bare (note text); INSERT INTO bare VALUES ('`+found+`');
		CREATE TABLE parts (id int, at int, note text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
		CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (9); INSERT INTO parts VALUES (8, 5, '`+found+`')`)
	name := func(s string) catalog.Name { return catalog.Name{Schema: "public", Name: s} }
	column := verify.Column{Name: "mail", Transform: "email", Class: pii.Email}
	note := verify.Column{Name: "note", Transform: "keep", Keep: true}
	specs := []verify.Table{
		{Name: name("masked"), Columns: []verify.Column{column, note}, SourceRows: -1},
		{Name: name("leaked"), Columns: []verify.Column{column, note}, SourceRows: -1},
	}
	r := database(t, verify.Options{}, url, specs)
	got := map[string]string{}
	for _, f := range r.Findings {
		if f.Column == "note" {
			got[f.Table] = f.Key
		}
		for _, raw := range []string{"annelise", "lars", "lena", "holm", "4716108999716531"} {
			if strings.Contains(f.String(), raw) {
				t.Errorf("%s shows %s", f, raw)
			}
		}
	}
	for table, want := range map[string]string{
		"plain": "id=17", "pair": "b=0b7c2f5e-6f0e-4b7c-9d2e-1f3a5b7c9d1e, a=-3", "coded": "code=***",
		"masked": "mail=fay.k4tzu7xq2w5m@example.org",
		"leaked": "mail=***.***@***.***", "carded": "card=***", "bare": "", "parts_1": "id=8, at=5",
	} {
		if got["public."+table] != want {
			t.Errorf("%s: %q, want %q", table, got["public."+table], want)
		}
	}
	if _, ok := got["public.parts_1"]; !ok || len(got) != 8 {
		t.Errorf("%v", got)
	}
}
