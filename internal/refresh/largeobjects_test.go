package refresh_test

import (
	"context"
	"maps"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"refresher/internal/scrub/rules"
	"refresher/internal/testkit/longform"
	"refresher/internal/testkit/pgserver"
)

// objectsOf are a database's large objects: OID to length and MD5.
func objectsOf(t *testing.T, url string) map[uint32]string {
	t.Helper()
	conn := pgserver.Conn(t, url)
	defer conn.Close(context.Background())
	rows, err := conn.Query(t.Context(), "SELECT oid, length(lo_get(oid)) || ' ' || md5(lo_get(oid)) FROM "+
		"pg_largeobject_metadata")
	if err != nil {
		t.Fatal(err)
	}
	found := map[uint32]string{}
	var oid uint32
	var sum string
	if _, err := pgx.ForEachRow(rows, []any{&oid, &sum}, func() error { found[oid] = sum; return nil }); err != nil {
		t.Fatal(err)
	}
	return found
}

// A fault of staging in the middle of a large object takes that one back, and the
// run goes on with it: each is there once and whole, and all are counted.
func TestLargeObjectsResume(t *testing.T) {
	b := newBroken(t)
	b.options.Workers = 1
	pgserver.Exec(t, b.source, "SELECT lo_from_bytea(20000 + i, convert_to('object ' || i, 'UTF8')) FROM "+
		"generate_series(1, 300) i")
	pgserver.Exec(t, b.source, "SELECT lo_from_bytea(20301, decode(string_agg(md5(i::text), ''), 'hex')) FROM "+
		"generate_series(1, 1310720) i")
	pgserver.Exec(t, b.source, "SELECT lo_from_bytea(20302, 'after it'), lo_create(20303)")
	rs, err := rules.Parse("r.yaml", []byte("version: 1\nlarge_objects: keep\ntables:\n  public.logged: {columns: "+
		"{\"*\": keep}}\n  public.unlogged: {columns: {\"*\": keep}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	b.options.Rules = rs
	want := objectsOf(t, b.source)
	for name, fault := range map[string]func(){
		"connections cut": b.proxy.Cut,
		"sessions killed": func() {
			conn, err := pgx.Connect(context.Background(), b.staging.URL(pgserver.User))
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close(context.Background())
			if _, err := conn.Exec(context.Background(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname "+
				"LIKE '"+b.database+"%'"); err != nil {
				t.Error(err)
			}
		},
		"staging crashed": func() {
			b.staging.Kill()
			if err := b.staging.Restart(context.Background()); err != nil {
				t.Error(err)
			}
		},
	} {
		if !longform.Asked() && name != "sessions killed" { // the rest: make long
			continue
		}
		t.Run(name, func(t *testing.T) {
			b.t = t
			once := true
			rep, w, err := b.run(func(stage string) {
				if stage == "data" && once {
					once = false
					b.proxy.At(16<<20, fault) // the rows are 4 MB, then comes the large one
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			b.whole()
			if !strings.Contains(strings.Join(rep.Warnings, "\n"), "resumed (1 of 3) with ") {
				t.Errorf("the run was not resumed: %q", rep.Warnings)
			}
			if got := objectsOf(t, b.staging.URL(b.database)); !maps.Equal(want, got) {
				t.Errorf("%d large objects of %d, or others", len(got), len(want))
			}
			if o := rep.LargeObjects; o == nil || o.Count != 303 || !o.Kept || o.Bytes < 20<<20 || o.Bytes > 21<<20 {
				t.Errorf("the report says %+v", o)
			}
			if rows := w.rows.Load(); name != "staging crashed" && rows > manyRows+2000 {
				t.Errorf("%d rows were read for %d", rows, manyRows+1000)
			}
		})
	}
}
