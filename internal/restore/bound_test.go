package restore

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"refresher/internal/snapshot"
	"refresher/internal/testkit/pgserver"
)

// Views and functions over an extension that stays behind stay behind too, with those
// that read them and their comments; anything else arrives.
func TestWhatStaysBehind(t *testing.T) {
	was := bound
	t.Cleanup(func() { bound = was })
	bound = []string{"pg_trgm"} // as pg_cron, which few servers have
	s := newStage(t, `
		CREATE TABLE kept (id int PRIMARY KEY, v text);
		CREATE VIEW fine AS SELECT id FROM kept;
		CREATE EXTENSION pg_trgm;
		CREATE VIEW near AS SELECT similarity(v, 'x') AS x FROM kept; COMMENT ON VIEW near IS 'n'; COMMENT ON COLUMN near.x
			IS 'c';
		CREATE VIEW nearer AS SELECT * FROM near;
		CREATE MATERIALIZED VIEW nearest AS SELECT * FROM nearer;
		CREATE FUNCTION f() RETURNS real BEGIN ATOMIC SELECT similarity('a', 'b'); END`)
	src, err := snapshot.Open(t.Context(), snapshot.Options{Config: s.config(s.sourceURL), Run: "test"})
	s.ok(err)
	defer src.Close(t.Context())
	var b *Bound
	s.ok(src.Catalogs(t.Context(), func(conn *pgx.Conn) (err error) {
		b, err = ReadBound(t.Context(), conn)
		return err
	}))
	if views := b.Views(src.Catalog().MatViews); len(views) != 0 {
		t.Errorf("to be filled: %v", views)
	}
	db, err := s.srv.Create(t.Context(), s.srv.ShadowName("20261121T050000Z-7f3a"), s.source)
	s.ok(err)
	db.Without(b)
	left, err := db.PreData(t.Context(), s.dump)
	s.ok(err)
	said := strings.Join(left, "\n")
	for _, want := range []string{"VIEW public near", "VIEW public nearer", "MATERIALIZED VIEW public nearest",
		"FUNCTION public f()"} {
		if !strings.Contains(said, want+" (it uses an extension that stays behind)") {
			t.Errorf("%s is not named: %s", want, said)
		}
	}
	const q = "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relnamespace = " +
		"'public'::regnamespace AND relkind IN ('r', 'v', 'm')"
	conn := pgserver.Conn(t, s.admin.URL(db.name))
	defer conn.Close(t.Context())
	var got string
	s.ok(conn.QueryRow(t.Context(), q).Scan(&got))
	if got != "fine kept" {
		t.Errorf("made: %s", got)
	}
}
