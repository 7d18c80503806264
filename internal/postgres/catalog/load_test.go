package catalog_test

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/testkit/pgserver"
)

//go:embed testdata/gallery.sql
var gallery string

func load(t *testing.T, url string) *catalog.Catalog {
	t.Helper()
	cat, err := catalog.Load(t.Context(), pgserver.Conn(t, url))
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

func public(name string) catalog.Name { return catalog.Name{Schema: "public", Name: name} }

func TestLoadGallery(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, gallery)
	pgserver.Exec(t, url, "INSERT INTO users (email) SELECT i || '@example.com' FROM generate_series(1, 500) i; ANALYZE users")
	cat := load(t, url)

	t.Run("server", func(t *testing.T) {
		if cat.ServerVersion < catalog.MinVersion || cat.SystemID == 0 || cat.InRecovery || cat.Encoding != "UTF8" ||
			cat.Collate != "C" || cat.CType != "C" || cat.LocaleProvider != 'c' || !strings.HasPrefix(cat.Database, "test_") {
			t.Errorf("facts of the server are wrong: %+v", *cat)
		}
		if !slices.Equal(cat.Extensions, []string{"hstore", "plpgsql", "postgres_fdw"}) {
			t.Errorf("extensions: %v", cat.Extensions)
		}
		if want := []catalog.ExtensionTable{{Name: public("of_extension"), Extension: "hstore"}}; !slices.Equal(cat.ExtensionTables, want) {
			t.Errorf("tables of extensions: %v", cat.ExtensionTables)
		}
	})
	t.Run("tables", func(t *testing.T) {
		var got []string
		for _, table := range cat.Tables {
			got = append(got, fmt.Sprintf("%s %c%c root=%s parents=%v", table.Name, table.Kind, table.Persistence, table.Root, table.Parents))
		}
		want := []string{
			`"Odd Schema"."Order ""Book""" rp root="Odd Schema"."Order ""Book""" parents=[]`,
			`public.base_a rp root=public.base_a parents=[]`,
			`public.base_b rp root=public.base_b parents=[]`,
			`public.child rp root=public.base_a parents=[public.base_a public.base_b]`,
			`public.employees rp root=public.employees parents=[]`,
			`public.event_notes rp root=public.event_notes parents=[]`,
			`public.events pp root=public.events parents=[]`,
			`public.events_2025 pp root=public.events parents=[public.events]`,
			`public.events_2025_0 rp root=public.events parents=[public.events_2025]`,
			`public.events_rest rp root=public.events parents=[public.events]`,
			`public.far fp root=public.far parents=[]`,
			`public.grandchild rp root=public.base_a parents=[public.child]`,
			`public.nothing rp root=public.nothing parents=[]`,
			`public.scratch ru root=public.scratch parents=[]`,
			`public.secret rp root=public.secret parents=[]`,
			`public.users rp root=public.users parents=[]`,
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		users := cat.Table(public("users"))
		if users.Pages == 0 || users.Bytes < users.Pages*8192 || users.Rows != 500 || users.RowSecurity || users.IsPartition {
			t.Errorf("users: %+v", *users)
		}
		if !cat.Table(public("secret")).RowSecurity || !cat.Table(public("events_rest")).IsPartition || cat.Table(public("child")).IsPartition {
			t.Error("row security or partition flags are wrong")
		}
		if cat.Table(public("nothing")).Pages != 0 || len(cat.Table(public("nothing")).Columns) != 0 {
			t.Error("a table of no columns has some")
		}
	})
	t.Run("columns", func(t *testing.T) {
		users := cat.Table(public("users"))
		var got []string
		for _, c := range users.Columns {
			got = append(got, fmt.Sprintf("%d %s %s", c.Num, c.Name, c.Type.SQL))
		}
		want := []string{"1 id bigint", "2 email character varying", "3 nick character", "5 feelings public.mood[]", "6 home public.address",
			"7 reach public.span", "8 reaches public.span_multirange", "9 tag public.code", "10 attributes public.hstore", "11 lower_email text", "12 active boolean"}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		email := users.Column("email")
		if !email.NotNull || email.MaxChars() != 120 || email.Comment != "how to reach them" || email.Generated {
			t.Errorf("email: %+v", *email)
		}
		if users.Column("id").Identity != 'a' || !users.Column("lower_email").Generated || users.Column("tag").MaxChars() != 12 ||
			users.Column("nick").MaxChars() != 8 {
			t.Error("identity, generated or the limit of a domain's domain is wrong")
		}
	})
	t.Run("types", func(t *testing.T) {
		users := cat.Table(public("users"))
		feelings := users.Column("feelings").Type
		if feelings.Kind != catalog.ArrayType || feelings.Elem.Kind != catalog.EnumType || !slices.Equal(feelings.Elem.Labels, []string{"sad", "ok", "happy"}) {
			t.Errorf("enum array: %+v", *feelings)
		}
		home := users.Column("home").Type
		if home.Kind != catalog.CompositeType || len(home.Fields) != 3 || home.Fields[1].Type.Underlying().OID != catalog.VarcharOID ||
			home.Fields[2].Type != feelings {
			t.Errorf("composite: %+v", *home)
		}
		if r := users.Column("reach").Type; r.Kind != catalog.RangeType || r.Elem.OID != catalog.Float8OID {
			t.Errorf("range: %+v", *r)
		}
		if m := users.Column("reaches").Type; m.Kind != catalog.MultirangeType || m.Elem != users.Column("reach").Type {
			t.Errorf("multirange: %+v", *m)
		}
		if h := users.Column("attributes").Type; h.Kind != catalog.BaseType || !h.BinaryIO || h.Builtin() {
			t.Errorf("hstore: %+v", *h)
		}
		if tag := users.Column("tag").Type; tag.Kind != catalog.DomainType || tag.Base.Kind != catalog.DomainType || tag.Base.BaseMod != 16 {
			t.Errorf("domain over domain: %+v", *tag)
		}
	})
	t.Run("unique indexes", func(t *testing.T) {
		want := []catalog.UniqueIndex{
			{Name: "users_pkey", Columns: []string{"id"}, Primary: true, Keys: plainKeys("id")},
			{Name: "users_email_key", Columns: []string{"email"}, Keys: plainKeys("email")},
			{Name: "users_expr", Columns: []string{"id", "nick"}, Expression: true, Predicate: "active", PredicateReads: []string{"active"},
				Keys: append([]catalog.IndexKey{{Expr: "lower(nick::text)", Reads: []string{"nick"}}}, plainKeys("id")...)},
			{Name: "users_nick_when_active", Columns: []string{"nick"}, Predicate: "active", PredicateReads: []string{"active"}, Keys: plainKeys("nick")},
		}
		users := cat.Table(public("users"))
		if d := cmp.Diff(want, users.Unique); d != "" {
			t.Error(d)
		}
		if pk := cat.Table(public("events")).PrimaryKey; !slices.Equal(pk, []string{"id", "at"}) {
			t.Errorf("primary key of events: %v", pk)
		}
	})
	t.Run("foreign keys", func(t *testing.T) {
		var got []string
		for _, table := range cat.Tables {
			for _, f := range table.ForeignKeys {
				got = append(got, fmt.Sprintf("%s%v -> %s%v validated=%t inherited=%t", f.Table, f.Columns, f.RefTable, f.RefColumns, f.Validated, f.Inherited))
			}
		}
		want := []string{
			"public.employees[boss] -> public.employees[id] validated=true inherited=false",
			"public.employees[user_id] -> public.users[id] validated=false inherited=false",
			"public.event_notes[event_id event_at] -> public.events[id at] validated=true inherited=false",
			"public.events[user_id] -> public.users[id] validated=true inherited=false",
			"public.events_2025[user_id] -> public.users[id] validated=true inherited=true",
			"public.events_2025_0[user_id] -> public.users[id] validated=true inherited=true",
			"public.events_rest[user_id] -> public.users[id] validated=true inherited=true",
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	})
	t.Run("sequences and views", func(t *testing.T) {
		var got []string
		for _, s := range cat.Sequences {
			got = append(got, s.Name.String()+" "+s.OwnedBy)
		}
		want := []string{"aux.free_standing ", "public.employees_id_seq public.employees.id", "public.users_id_seq public.users.id"}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		got = nil
		for _, v := range cat.MatViews {
			got = append(got, fmt.Sprintf("%s %t", v.Name, v.Populated))
		}
		if d := cmp.Diff([]string{"public.z_first true", "public.a_second true", "public.m_third false"}, got); d != "" {
			t.Error(d)
		}
	})
}

// CONNECT is all that Load needs.
func TestLoadWithoutPrivileges(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, gallery)
	pgserver.Exec(t, url, `DROP ROLE IF EXISTS catalog_nobody; CREATE ROLE catalog_nobody LOGIN; REVOKE ALL ON SCHEMA public FROM PUBLIC`)
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	cfg.User = "catalog_nobody"
	conn, err := pgx.ConnectConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	got, err := catalog.Load(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(load(t, url), got); d != "" {
		t.Errorf("another role sees another catalog: %s", d)
	}
	var path string
	if err := conn.QueryRow(t.Context(), "SHOW search_path").Scan(&path); err != nil || path != `"$user", public` {
		t.Errorf("the session's search path became %q (%v)", path, err)
	}
}

// Within a transaction Load sees that transaction's snapshot and leaves it as it was.
func TestLoadInTransaction(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, "CREATE TABLE early (v int)")
	conn := pgserver.Conn(t, url)
	tx, err := conn.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	if err != nil {
		t.Fatal(err)
	}
	var one int
	if err := tx.QueryRow(t.Context(), "SELECT 1 FROM pg_class LIMIT 1").Scan(&one); err != nil {
		t.Fatal(err)
	}
	pgserver.Exec(t, url, "CREATE TABLE late (v int)")
	cat, err := catalog.Load(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	if cat.Table(public("early")) == nil || cat.Table(public("late")) != nil {
		t.Errorf("Load didn't use the transaction's snapshot: %d tables", len(cat.Tables))
	}
	var path string
	if err := tx.QueryRow(t.Context(), "SHOW search_path").Scan(&path); err != nil || path != `"$user", public` {
		t.Errorf("the transaction's search path became %q (%v)", path, err)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Errorf("the transaction doesn't commit any more: %v", err)
	}
}

// counter counts statements.
type counter struct{ n int }

func (c *counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.n++
	return ctx
}
func (c *counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// What Load costs in round trips doesn't grow with the schema.
func TestLoadIsSetBased(t *testing.T) {
	url := pgserver.DB(t)
	statements := func() int {
		cfg, err := pgx.ParseConfig(url)
		if err != nil {
			t.Fatal(err)
		}
		c := &counter{}
		cfg.Tracer = c
		conn, err := pgx.ConnectConfig(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		if _, err := catalog.Load(t.Context(), conn); err != nil {
			t.Fatal(err)
		}
		return c.n
	}
	pgserver.Exec(t, url, "CREATE MATERIALIZED VIEW v AS SELECT 1 AS one")
	before := statements()
	pgserver.Exec(t, url, `DO $$ BEGIN FOR i IN 1..200 LOOP
		EXECUTE format('CREATE TABLE t%s (id serial PRIMARY KEY, a text, b int REFERENCES t%s)', i, i); END LOOP; END $$`)
	if after := statements(); after != before {
		t.Errorf("%d statements for no table, %d for 200", before, after)
	}
}

func TestDiff(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, gallery)
	before := load(t, url)
	if d := catalog.Diff(before, load(t, url)); len(d) != 0 {
		t.Errorf("a catalog differs from itself: %v", d)
	}
	pgserver.Exec(t, url, `
		ALTER TYPE mood ADD VALUE 'elated';
		ALTER TABLE users ADD COLUMN extra int;
		ALTER TABLE employees DROP COLUMN boss;
		ALTER TABLE base_a ALTER COLUMN a TYPE bigint;
		ALTER TABLE events DETACH PARTITION events_rest;
		DROP TABLE scratch;
		CREATE TABLE fresh (v int);
		CREATE INDEX ON users (email);
		INSERT INTO secret VALUES (1)`)
	want := []string{
		"column public.base_a.a has another type",
		"column public.child.a has another type",
		"column public.employees.boss is gone",
		"table public.events_rest has another kind or parent",
		"column public.grandchild.a has another type",
		"table public.scratch is gone",
		"column public.users.feelings has another type",
		"column public.users.home has another type",
		"column public.users.extra is new",
		"table public.fresh is new",
	}
	if d := cmp.Diff(want, catalog.Diff(before, load(t, url))); d != "" {
		t.Error(d)
	}
}
