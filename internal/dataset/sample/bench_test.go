package sample_test

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/dataset/sample"
	"refresher/internal/postgres/catalog"
	"refresher/internal/testkit/cputime"
	"refresher/internal/testkit/pgserver"
)

// BenchmarkClosure picks 1 % of the users of a database and all that belongs to them, and their parents; no foreign key has
// an index. REFRESHER_BENCH_ROWS is how many rows the database has; 200,000 without it.
//
//	REFRESHER_BENCH_ROWS=20000000 go test ./internal/dataset/sample -run '^$' -bench Closure -benchtime 1x -timeout 2h
func BenchmarkClosure(b *testing.B) {
	rows := 200_000
	if n, err := strconv.Atoi(os.Getenv("REFRESHER_BENCH_ROWS")); err == nil {
		rows = n
	}
	url := pgserver.DB(b)
	conn := pgserver.Conn(b, url)
	of := func(part float64) string { return strconv.Itoa(int(float64(rows) * part)) }
	for _, sql := range []string{
		`CREATE TABLE kinds (id int PRIMARY KEY, name text)`,
		`CREATE TABLE users (id bigint PRIMARY KEY, name text, referrer bigint)`,
		`CREATE TABLE sessions (id bigint PRIMARY KEY, user_id bigint NOT NULL, at timestamptz)`,
		`CREATE TABLE events (id bigint PRIMARY KEY, session_id bigint NOT NULL, kind int NOT NULL, data text)`,
		`INSERT INTO kinds SELECT i, 'kind ' || i FROM generate_series(1, 1000) i`,
		`INSERT INTO users SELECT i, 'user ' || i, nullif(i / 3, 0) FROM generate_series(1, ` + of(0.02) + `) i`,
		`INSERT INTO sessions SELECT i, 1 + (i::bigint * 7919) % ` + of(0.02) + `, now() FROM generate_series(1, ` + of(0.1) + `) i`,
		`INSERT INTO events SELECT i, 1 + (i::bigint * 104729) % ` + of(0.1) + `, 1 + i % 1000, 'something that happened' FROM generate_series(1, ` +
			of(0.88) + `) i`,
		`ALTER TABLE users ADD FOREIGN KEY (referrer) REFERENCES users`,
		`ALTER TABLE sessions ADD FOREIGN KEY (user_id) REFERENCES users`,
		`ALTER TABLE events ADD FOREIGN KEY (session_id) REFERENCES sessions, ADD FOREIGN KEY (kind) REFERENCES kinds`,
		`ANALYZE`,
	} {
		if _, err := conn.Exec(b.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			b.Fatal(err)
		}
	}
	cfg := config(b, url)
	cat, err := catalog.Load(b.Context(), conn) // by the session at hand: serverTime counts the others
	if err != nil {
		b.Fatal(err)
	}
	var picked int64
	var server time.Duration
	own := cputime.Used(b)
	b.ResetTimer()
	for b.Loop() {
		s, err := sample.Compute(b.Context(), cfg, cat, sample.Options{Roots: share(1, "users"), Salt: salt})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		counts, err := s.Counts(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		picked = 0
		for _, c := range counts {
			picked += c.Rows
		}
		server += serverTime(b, conn)
		s.Close(b.Context())
		b.StartTimer()
	}
	n := float64(b.N)
	b.ReportMetric(server.Seconds()/n, "server-cpu-s")
	b.ReportMetric((cputime.Used(b)-own).Seconds()/n, "own-cpu-s")
	b.ReportMetric(float64(picked), "rows")
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err == nil {
		b.ReportMetric(float64(use.Maxrss)/1024, "MiB-peak")
	}
}

// serverTime is the processor time of the server's other sessions in the database.
func serverTime(b *testing.B, conn *pgx.Conn) time.Duration {
	b.Helper()
	rows, err := conn.Query(b.Context(), `SELECT pid::text FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	if err != nil {
		b.Fatal(err)
	}
	pids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		b.Fatal(err)
	}
	ticks := 0
	for _, pid := range pids {
		stat, err := os.ReadFile("/proc/" + pid + "/stat") // proc_pid_stat(5)
		if err != nil {
			b.Fatal(err)
		}
		fields := strings.Fields(string(stat)[strings.LastIndexByte(string(stat), ')')+1:])
		for _, f := range fields[11:13] { // utime, stime
			n, err := strconv.Atoi(f)
			if err != nil {
				b.Fatal(err)
			}
			ticks += n
		}
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
