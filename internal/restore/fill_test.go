package restore

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/history"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/testkit/pgserver"
)

func public(name string) catalog.Name { return catalog.Name{Schema: "public", Name: name} }

// A shadow is built, from an empty database to statistics, by a role that is no
// superuser.
func TestFill(t *testing.T) {
	s := newStage(t, `
		CREATE EXTENSION hstore; COMMENT ON EXTENSION hstore IS 'mine';
		CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'fired'; END $$;
		CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN NULL; END $$;
		CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION on_ddl();
		CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text, lower text GENERATED ALWAYS AS
			(lower(email)) STORED, tags hstore);
		CREATE TRIGGER loud BEFORE INSERT ON users EXECUTE FUNCTION shout();
		CREATE TABLE orders (id serial, user_id bigint REFERENCES users, at date) PARTITION BY RANGE (at);
		CREATE TABLE orders_all PARTITION OF orders DEFAULT;
		CREATE TABLE nocol ();
		CREATE SEQUENCE steps INCREMENT 10;
		CREATE MATERIALIZED VIEW z AS SELECT count(*) AS n FROM users;
		CREATE MATERIALIZED VIEW a AS SELECT n FROM z;
		CREATE MATERIALIZED VIEW later AS SELECT n FROM z WITH NO DATA`)
	ctx := t.Context()
	s.ok(s.srv.Preflight(ctx, s.source))
	db, err := s.srv.Create(ctx, s.srv.ShadowName(run), s.source)
	s.ok(err)
	left, err := db.PreData(ctx, s.dump)
	s.ok(err)
	if d := cmp.Diff([]string{"COMMENT - EXTENSION hstore", "EVENT TRIGGER - watch"}, left); d != "" {
		t.Errorf("left out: %s", d)
	}
	loader, err := db.Loader(ctx)
	s.ok(err)
	for _, in := range []struct {
		table string
		cols  []string
		data  string
		rows  int64
	}{
		{"users", []string{"id", "email", "tags"}, "7\tA@EXAMPLE.COM\ta=>1\n9\tb@example.com\t\\N\n", 2},
		{"orders_all", []string{"user_id", "at", "id"}, "7\t2026-01-02\t3\n", 1},
		{"nocol", nil, "\n\n", 2},
	} {
		rows, err := loader.CopyIn(ctx, public(in.table), in.cols, copyfmt.Text, strings.NewReader(in.data))
		if err != nil || rows != in.rows {
			t.Fatalf("%s: %d rows, %v", in.table, rows, err)
		}
	}
	loader.Close(ctx)
	s.ok(db.PostData(ctx, s.dump, 2))
	s.ok(db.SetSequences(ctx, []catalog.SequenceValue{{Name: public("steps"), LastValue: 51, IsCalled: true},
		{Name: public("users_id_seq"), LastValue: 12}}))
	s.ok(db.RefreshMatViews(ctx, s.source.MatViews))
	s.ok(db.Analyze(ctx, 2))
	for query, want := range map[string]string{
		"SELECT string_agg(id || lower || coalesce(tags::text, ''), ' ' ORDER BY id) FROM users": `7a@example.com"a"=>"1" ` +
			`9b@example.com`,
		"SELECT user_id || ' ' || id FROM orders":                           "7 3",
		"SELECT count(*)::text FROM nocol":                                  "2",
		"SELECT nextval('steps')::text":                                     "61",
		"SELECT nextval('users_id_seq')::text":                              "12",
		"SELECT n::text FROM a":                                             "2",
		"SELECT relispopulated::text FROM pg_class WHERE relname = 'later'": "false",
		"SELECT count(*)::text FROM pg_trigger WHERE tgname = 'loud'":       "1",
		"SELECT bool_and(convalidated)::text FROM pg_constraint":            "true",
		"SELECT count(*)::text FROM pg_event_trigger":                       "0",
		// users, orders, orders_all, z, a
		"SELECT count(DISTINCT tablename)::text FROM pg_stats WHERE schemaname = 'public'": "5",
		"SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'users'":           s.role,
		"SELECT has_database_privilege('public', current_database(), 'CONNECT')::text":     "false",
	} {
		if got := s.value(db.Name(), query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

// A constraint that the rows break fails the run, in words without rows.
func TestPostDataValidates(t *testing.T) {
	s := newStage(t, sourceSchema)
	ctx := t.Context()
	db, err := s.srv.Create(ctx, s.srv.ShadowName(run), s.source)
	s.ok(err)
	_, err = db.PreData(ctx, s.dump)
	s.ok(err)
	loader, err := db.Loader(ctx)
	s.ok(err)
	_, err = loader.CopyIn(ctx, public("orders"), []string{"id", "user_id"}, copyfmt.Text, strings.NewReader("1\t4711\n"))
	s.ok(err)
	loader.Close(ctx)
	err = db.PostData(ctx, s.dump, 2)
	if err == nil || !strings.Contains(err.Error(), `violates foreign key constraint "orders_user_id_fkey"`) ||
		strings.Contains(err.Error(), "4711") {
		t.Errorf("got %v", err)
	}
}

func TestCopyInErrors(t *testing.T) {
	s := newStage(t, "CREATE TABLE t (id int PRIMARY KEY, v text)")
	ctx := t.Context()
	db, err := s.srv.Create(ctx, s.srv.ShadowName(run), s.source)
	s.ok(err)
	_, err = db.PreData(ctx, s.dump)
	s.ok(err)
	copyIn := func(ctx context.Context, r io.Reader) error {
		loader, err := db.Loader(ctx)
		s.ok(err)
		defer loader.Close(ctx)
		_, err = loader.CopyIn(ctx, public("t"), []string{"id", "v"}, copyfmt.Text, r)
		return err
	}
	const secret = "jane.roe.secret"
	t.Run("the server's", func(t *testing.T) {
		err := copyIn(ctx, strings.NewReader("1\tfine\n"+secret+"\tx\n"))
		if err == nil || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), `column "id", row 2`) ||
			client.Code(err) != "22P02" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("the reader's", func(t *testing.T) {
		why := errors.New("masking failed near " + secret)
		r, w := io.Pipe()
		go func() {
			_, _ = w.Write([]byte("1\tfine\n"))
			w.CloseWithError(why)
		}()
		if err := copyIn(ctx, r); err != why {
			t.Errorf("got %v", err)
		}
		if log := s.admin.Log(); strings.Contains(log, "masking failed") || !strings.Contains(log, errInput.Error()) {
			t.Error("the reader's error went to the server's log")
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(ctx)
		why := errors.New("the run is over")
		r, w := io.Pipe()
		go func() {
			_, _ = w.Write([]byte("1\tfine\n")) // and nothing more: the reader waits
			cancel(why)
		}()
		if err := copyIn(ctx, r); !errors.Is(err, why) {
			t.Errorf("got %v", err)
		}
		if _, err := w.Write([]byte("x")); err == nil {
			t.Error("the writer would wait for a reader that is gone")
		}
	})
	if n := s.value(db.Name(), "SELECT count(*)::text FROM t"); n != "0" {
		t.Errorf("%s rows of failed copies are there", n)
	}
}

func TestCreateNeedsTheSourcesLocale(t *testing.T) {
	s := newStage(t, "")
	like := *s.source
	like.Collate, like.CType = "xx_XX.utf8", "xx_XX.utf8"
	_, err := s.srv.Create(t.Context(), s.srv.ShadowName(run), &like)
	if err == nil || !strings.Contains(err.Error(), "locale xx_XX.utf8: install that locale") {
		t.Errorf("got %v", err)
	}
	if _, err := s.srv.Create(t.Context(), "any_name", s.source); err == nil {
		t.Error("a database was made that Sweep would never drop")
	}
}

func TestGuard(t *testing.T) {
	var refusal *fault.Refusal
	if err := Guard(7, 7); !errors.As(err, &refusal) || refusal.Gate != "staging" {
		t.Errorf("got %v", err)
	}
	if err := Guard(7, 8); err != nil {
		t.Error(err)
	}
}

func TestConnectRefuses(t *testing.T) {
	c := pgserver.Shared(t)
	for _, name := range []string{"postgres", "template1", "template0", "refresher", strings.Repeat("x", 64)} {
		cfg, err := pgx.ParseConfig(c.URL(name))
		if err != nil {
			t.Fatal(err)
		}
		var input *fault.Input
		if _, err := Connect(t.Context(), cfg); !errors.As(err, &input) {
			t.Errorf("%s: %v", name, err)
		}
	}
	cfg, err := pgx.ParseConfig(pgserver.NewStandby(t, c).URL("shop"))
	if err != nil {
		t.Fatal(err)
	}
	var refusal *fault.Refusal
	if _, err := Connect(t.Context(), cfg); !errors.As(err, &refusal) {
		t.Errorf("a standby as staging: %v", err)
	}
}

// Everything that is missing is said at once, with the statement that helps.
func TestPreflight(t *testing.T) {
	s := newStage(t, "")
	owner := s.prefix + "_owner"
	s.sql("postgres", `CREATE ROLE `+owner+`; CREATE DATABASE `+s.live+` OWNER `+owner+`; ALTER ROLE `+s.role+`
		NOCREATEDB`)
	like := *s.source
	like.Extensions = []string{"plpgsql", "not_there"}
	err := s.srv.Preflight(t.Context(), &like)
	for _, want := range []string{`ALTER ROLE "` + s.role + `" CREATEDB`, `GRANT "` + owner + `" TO "` + s.role + `"`,
		`extension "not_there" is not installed`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %s", err, want)
		}
	}
	s.sql("postgres", `ALTER ROLE `+s.role+` CREATEDB; GRANT `+owner+` TO `+s.role)
	s.ok(s.srv.Preflight(t.Context(), s.source))
	like.ServerVersion = s.source.ServerVersion + 990000
	if err := s.srv.Preflight(t.Context(), &like); err == nil || !strings.Contains(err.Error(), "no pg_dump of "+
		"PostgreSQL") {
		t.Errorf("a newer source: %v", err)
	}
}

// A superuser's session, which the role may not end, is given time to end by itself.
func TestDropWaitsForOthers(t *testing.T) {
	s := newStage(t, "")
	ctx := t.Context()
	db, err := s.srv.Create(ctx, s.srv.ShadowName(run), s.source)
	s.ok(err)
	monitor, err := pgx.Connect(ctx, s.admin.URL(db.Name()))
	s.ok(err)
	watch := pgserver.Conn(t, s.admin.URL("postgres"))
	left := make(chan error, 1)
	go func() {
		const waits = `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE state = 'active' AND query = $1)`
		for waiting := false; !waiting; {
			if err := watch.QueryRow(ctx, waits, "DROP DATABASE IF EXISTS "+
				""+catalog.Quote(db.Name())).Scan(&waiting); err != nil {
				left <- err
				return
			}
		}
		left <- monitor.Close(ctx)
	}()
	s.ok(db.Drop(ctx))
	s.ok(<-left)
	if got := s.databases(); got != "" {
		t.Errorf("left: %s", got)
	}
}

func TestSweep(t *testing.T) {
	s := newStage(t, "")
	ctx := t.Context()
	for _, kind := range []string{"shadow", "sample"} {
		_, err := s.srv.Create(ctx, ScratchName(s.live, kind, run), s.source)
		s.ok(err)
	}
	// Neither the user's databases, nor another staging database's, nor previous.
	for _, name := range []string{s.live, s.live + "_previous", s.live + "_shadow_boxing", s.live +
		"x_old_20261121t030000z-7f3a"} {
		s.sql("postgres", "CREATE DATABASE "+catalog.Quote(name))
	}
	lingering := s.liveConfig(s.role) // as a dead run's sessions may
	lingering.Database = s.srv.ShadowName(run)
	held, err := pgx.ConnectConfig(ctx, lingering)
	s.ok(err)
	defer held.Close(ctx)
	if _, _, err := s.srv.Sweep(ctx, nil); err == nil {
		t.Error("swept without the lock")
	}
	h, err := history.Open(ctx, s.liveConfig("postgres"))
	s.ok(err)
	lock, err := h.Lock(ctx, "sweeper")
	s.ok(err)
	defer lock.Release()
	dropped, left, err := s.srv.Sweep(ctx, lock)
	s.ok(err)
	if len(left) > 0 {
		t.Errorf("left: %q", left)
	}
	if d := cmp.Diff([]string{ScratchName(s.live, "sample", run), ScratchName(s.live, "shadow", run)}, dropped); d != "" {
		t.Error(d)
	}
	if got, want := s.databases(), "live live_previous live_shadow_boxing livex_old_20261121t030000z-7f3a"; got != want {
		t.Errorf("left: %s, want %s", got, want)
	}
	lock.Release()
	if _, err := s.srv.Create(ctx, s.srv.ShadowName(run), s.source); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.srv.Sweep(ctx, lock); err == nil {
		t.Error("swept with a lock that was released")
	}
}
