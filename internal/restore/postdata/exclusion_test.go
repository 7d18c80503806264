package postdata

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/sqltext"
	"refresher/internal/testkit/pgserver"
)

// What pg_dump 17 writes of a tree of three levels with two exclusion constraints:
// the names of the second partition's are the other way round than the server
// would choose them, and a third is its own.
const exclusionScript = `
ALTER TABLE ONLY public.p ADD CONSTRAINT by_a EXCLUDE USING btree (a WITH =);
ALTER TABLE ONLY public.p ADD CONSTRAINT by_ab EXCLUDE USING btree (a WITH =, b WITH =);
ALTER TABLE ONLY public."p 1" ADD CONSTRAINT "p 1_a_excl" EXCLUDE USING btree (a WITH =);
ALTER TABLE ONLY public."p 1" ADD CONSTRAINT "p 1_a_b_excl" EXCLUDE USING btree (a WITH =, b WITH =);
ALTER TABLE ONLY public.p_rest ADD CONSTRAINT p_rest_a_b_excl EXCLUDE USING btree (a WITH =);
ALTER TABLE ONLY public.p_rest ADD CONSTRAINT p_rest_a_excl EXCLUDE USING btree (a WITH =, b WITH =);
ALTER TABLE ONLY public."p 1" ADD CONSTRAINT own EXCLUDE USING btree (b WITH =);
ALTER TABLE ONLY public.p_rest_1 ADD CONSTRAINT leaf_a EXCLUDE USING btree (a WITH =);
ALTER TABLE ONLY public.p_rest_1 ADD CONSTRAINT leaf_ab EXCLUDE USING btree (a WITH =, b WITH =);
ALTER INDEX public.p_rest_a_b_excl ATTACH PARTITION public.leaf_a;
ALTER INDEX public.p_rest_a_excl ATTACH PARTITION public.leaf_ab;
ALTER INDEX public.by_a ATTACH PARTITION public."p 1_a_excl";
ALTER INDEX public.by_ab ATTACH PARTITION public."p 1_a_b_excl";
ALTER INDEX public.by_a ATTACH PARTITION public.p_rest_a_b_excl;
ALTER INDEX public.by_ab ATTACH PARTITION public.p_rest_a_excl;
COMMENT ON CONSTRAINT leaf_a ON public.p_rest_1 IS 'by its name in the source';
`

func TestExclusionConstraintsOfPartitions(t *testing.T) {
	statements, err := sqltext.Split(exclusionScript)
	if err != nil {
		t.Fatal(err)
	}
	out, names := withoutAttached(statements)
	var texts []string
	for _, st := range out {
		texts = append(texts, st.Text)
	}
	if d := cmp.Diff([]string{
		`ALTER TABLE public.p ADD CONSTRAINT by_a EXCLUDE USING btree (a WITH =)`,
		`ALTER TABLE public.p ADD CONSTRAINT by_ab EXCLUDE USING btree (a WITH =, b WITH =)`,
		`ALTER TABLE ONLY public."p 1" ADD CONSTRAINT own EXCLUDE USING btree (b WITH =)`,
		`COMMENT ON CONSTRAINT leaf_a ON public.p_rest_1 IS 'by its name in the source'`,
	}, texts); d != "" || len(names) != 6 {
		t.Fatalf("%d names, %s", len(names), d)
	}
	t.Run("PostgreSQL 18", func(t *testing.T) {
		bin, _ := filepath.Abs("../../../.cache/postgres/18/bin")
		if found, _ := filepath.Glob(bin + "/postgres"); found == nil {
			t.Skip("PostgreSQL 18 isn't there (scripts/setup-versions.sh 18); the server before 17 knows no such constraint")
		}
		c := pgserver.New(t, pgserver.Options{Bin: bin})
		pgserver.Exec(t, c.URL("postgres"), `
			CREATE TABLE p (a int, b int) PARTITION BY LIST (a); CREATE TABLE "p 1" PARTITION OF p FOR VALUES IN (1);
			CREATE TABLE p_rest PARTITION OF p DEFAULT PARTITION BY LIST (a); CREATE TABLE p_rest_1 PARTITION OF p_rest DEFAULT`)
		p := &runner{Options: Options{Doing: "restoring"}}
		for range 2 {
			p.Sessions = append(p.Sessions, pgserver.Conn(t, c.URL("postgres")))
		}
		if p.rels, err = relations(t.Context(), p.Sessions[0]); err != nil {
			t.Fatal(err)
		}
		if err := p.run(t.Context(), statements); err != nil {
			t.Fatal(err)
		}
		rows, _ := p.Sessions[0].Query(t.Context(), `
			SELECT concat_ws(' ', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid), 'of ' || up.conname,
				obj_description(c.oid))
			FROM pg_constraint c LEFT JOIN pg_constraint up ON up.oid = c.conparentid WHERE c.contype = 'x' ORDER BY 1`)
		got, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]string{
			`"p 1" own EXCLUDE USING btree (b WITH =)`,
			`"p 1" p 1_a_b_excl EXCLUDE USING btree (a WITH =, b WITH =) of by_ab`,
			`"p 1" p 1_a_excl EXCLUDE USING btree (a WITH =) of by_a`,
			`p by_a EXCLUDE USING btree (a WITH =)`,
			`p by_ab EXCLUDE USING btree (a WITH =, b WITH =)`,
			`p_rest p_rest_a_b_excl EXCLUDE USING btree (a WITH =) of by_a`,
			`p_rest p_rest_a_excl EXCLUDE USING btree (a WITH =, b WITH =) of by_ab`,
			`p_rest_1 leaf_a EXCLUDE USING btree (a WITH =) of p_rest_a_b_excl by its name in the source`,
			`p_rest_1 leaf_ab EXCLUDE USING btree (a WITH =, b WITH =) of p_rest_a_excl`,
		}, got); d != "" {
			t.Error(d)
		}
	})
}
