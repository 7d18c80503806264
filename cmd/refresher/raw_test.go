package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"refresher/internal/config/schedule"
	"refresher/internal/history"
	"refresher/internal/refresh"
	"refresher/internal/serve/access"
	"refresher/internal/serve/engine"
	"refresher/internal/serve/metrics"
	"refresher/internal/serve/web"
	"refresher/internal/testkit/pgserver"
)

// plants are values of people who don't exist that look like anybody's: none lies
// in a space reserved for fiction. Nothing that refresher says may hold one.
var plants = map[string]string{
	"email":       "friederike.quastenberg@posteo.de",
	"idn email":   "jürgen.weißmüller@straßenbau-köln.de",
	"full name":   "Friederike Quastenberg",
	"phone":       "+49 1512 3456789",
	"us phone":    "(415) 739-2286",
	"street":      "Quastenbergweg 117",
	"ip":          "84.137.22.91",
	"ipv6":        "2a02:908:1391:7a80:5c1e:91ff:fe3a:77b2",
	"mac":         "3c:22:fb:9a:10:7e",
	"card":        "4716 1089 9971 6531",
	"iban":        "DE44 5001 0517 5407 3249 31",
	"ssn":         "512-48-7793",
	"pesel":       "85073003328",
	"token":       "ghp_9Zx4Qw7Er2Ty6Ui1Op3As8Df5Gh0Jk2Lm4Nb",
	"aws key":     "AKIA2QX7MZP4RL9TKD3V",
	"jwt":         "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJmcmllZGVyaWtlIn0.Qm9vOTk4ODc3NjY1NTQ0MzMyMjExMDA",
	"imei":        "490154203237518",
	"vin":         "1HGCM82633A004352",
	"bitcoin":     "1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
	"birth date":  "born on 23 April 1979",
	"coordinates": "52.516275, 13.377704",
	"username":    "quastenberg_friederike79",
	"password":    "Tr0ub4dor&3xtra",
}

// said gathers what the program says, wherever it says it.
type said struct {
	s     *site
	where map[string]string
}

func (w *said) note(where, text string) { w.where[where] += text + "\n" }

// does runs a command that may end with any exit code, and keeps all it says.
func (w *said) does(args ...string) int {
	code, out, err := w.s.run(args...)
	w.note("refresher "+strings.Join(args, " "), out+err)
	return code
}

// files keeps every file of a folder.
func (w *said) files(where, dir string) {
	w.s.t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			w.note(where+" "+filepath.Base(path), readFile(w.s.t, path))
		}
		return err
	})
	if err != nil {
		w.s.t.Fatal(err)
	}
}

// holdsNothing looks for every planted and every source value, as it was written
// and in the forms that programs give it.
func (w *said) holdsNothing() {
	w.s.t.Helper()
	for where, text := range w.where {
		for _, name := range planted(text) {
			w.s.t.Errorf("%s shows the %s", where, name)
		}
		if found := w.s.leaks(text); len(found) > 0 {
			w.s.t.Errorf("%s shows %d source values, such as %q", where, len(found), found[0])
		}
	}
	// The search itself finds what is there.
	for name, v := range plants {
		quoted, _ := json.Marshal(v)
		for _, text := range []string{v, strings.ToUpper(v), string(quoted)} {
			if !slices.Contains(planted("x "+text+" y"), name) {
				w.s.t.Errorf("%s is not seen in %q", name, text)
			}
		}
	}
	if !slices.Contains(planted("card 4716108999716531."), "card") ||
		len(w.s.leaks(w.s.one(w.s.primary.URL(w.s.db), "SELECT email FROM users LIMIT 1"))) != 1 {
		w.s.t.Error("the search is blind")
	}
}

// planted names the plants that a text shows.
func planted(text string) []string {
	var found []string
	lower := strings.ToLower(text)
	bare := strings.NewReplacer(" ", "", "-", "", "\u202f", "", "(", "", ")", "").Replace(lower)
	for name, v := range plants {
		v = strings.ToLower(v)
		quoted, _ := json.Marshal(v)
		compact := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "").Replace(v)
		if strings.Contains(lower, v) || strings.Contains(lower, strings.Trim(string(quoted), `"`)) ||
			len(compact) >= 9 && strings.Contains(bare, compact) {
			found = append(found, name)
		}
	}
	return found
}

// everywhere is SQL that plants each value in each kind of place; the table is
// new, so that it can be planted in production and in staging.
func everywhere() string {
	lit := func(v string) string { return "'" + strings.ReplaceAll(v, "'", "''") + "'" }
	var b strings.Builder
	b.WriteString(
		`CREATE TABLE plants (id bigserial PRIMARY KEY, who text, doc jsonb, raw json, list text[], blob bytea, html text, note varchar(500));
		CREATE TABLE plants_by_name (who text PRIMARY KEY, note text);`,
	)
	i := 0
	for _, v := range plants {
		i++
		q := lit(v)
		fmt.Fprintf(&b, `
			INSERT INTO plants (who) VALUES (%[1]s);
			INSERT INTO plants (doc) VALUES (jsonb_build_object('deep', jsonb_build_array(jsonb_build_object('x', %[1]s))));
			INSERT INTO plants (raw) VALUES (json_build_object(%[1]s, 1));
			INSERT INTO plants (doc) VALUES (jsonb_build_object(%[1]s, jsonb_build_object('as', 'key')));
			INSERT INTO plants (list) VALUES (ARRAY['x', %[1]s]);
			INSERT INTO plants (blob) VALUES (convert_to(%[1]s, 'UTF8'));
			INSERT INTO plants (html) VALUES ('<p>ask ' || replace(encode(convert_to(%[1]s, 'UTF8'), 'base64'), E'\n', '') || '</p>');
			INSERT INTO plants (note) VALUES ('she wrote ' || upper(%[1]s) || ', twice');
			INSERT INTO plants_by_name VALUES (%[1]s, %[1]s);
			CREATE FUNCTION planted_%[2]d() RETURNS text LANGUAGE sql AS $x$ SELECT %[1]s::text $x$;
			CREATE VIEW planted_view_%[2]d AS SELECT %[1]s::text AS v;
			COMMENT ON FUNCTION planted_%[2]d() IS %[1]s;
			ALTER TABLE plants ADD CONSTRAINT plants_check_%[2]d CHECK (length(note) > 3 OR note <> %[1]s), ALTER note SET DEFAULT %[1]s;
			CREATE INDEX planted_index_%[2]d ON plants (id) WHERE who <> %[1]s;`, q, i)
	}
	b.WriteString(
		`CREATE TYPE planted_mood AS ENUM ('fine', ` + lit(
			plants["email"]) + `); COMMENT ON COLUMN plants.who IS ` + lit(plants["full name"]),
	)
	return b.String()
}

// Each value is planted in each place, and no report, log, JUnit or SARIF file, history
// row, bucket manifest or line on the terminal holds it.
func TestNothingThatIsSaidHoldsARawValue(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := &said{s, map[string]string{}}
	reports := filepath.Join(s.dir, "reports")
	if code := w.does("run", "--report", reports+"/clean/"); code != exitClean {
		t.Fatalf("exit %d: %s", code, w.where)
	}

	// In staging, where somebody put it.
	pgserver.Exec(t, s.staging.URL(s.db), everywhere())
	for _, column := range []string{"email", "full_name", "phone", "street", "national_id"} {
		for i := range 3 {
			v := s.one(s.primary.URL(s.db),
				fmt.Sprintf("SELECT %s FROM users WHERE %[1]s IS NOT NULL ORDER BY id OFFSET %d LIMIT 1", column, i))
			pgserver.Exec(
				t,
				s.staging.URL(s.db),
				"INSERT INTO plants (who, note) VALUES ('"+strings.ReplaceAll(v, "'",
					"''")+"', 'ask '||'"+strings.ReplaceAll(v, "'", "''")+"')",
			)
		}
	}
	dump := filepath.Join(s.dir, "dumps", "staging.dump")
	if err := os.MkdirAll(filepath.Dir(dump), 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(s.staging.Tool("pg_dump"), "-Fc", "-f", dump, "-d", s.staging.URL(s.db)).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, format := range []string{"text", "json", "junit", "sarif"} {
		for _, args := range [][]string{{}, {"--target", filepath.Dir(dump), "--offline"}} {
			if code := w.does(append([]string{"verify", "--format", format}, args...)...); code != exitRefused {
				t.Errorf("verify %v --format %s: exit %d", args, format, code)
			}
		}
	}
	if text := w.where["refresher verify --format sarif"]; strings.Count(text, "survivor") < 15 ||
		strings.Count(text, "detection/") < 15 {
		t.Errorf("verify found little of what was planted:\n%s", text)
	}

	// In the bucket.
	var latest struct{ Run string }
	if err := json.Unmarshal(s.object("data/latest.json"), &latest); err != nil {
		t.Fatal(err)
	}
	s.put("data/runs/"+latest.Run+"/"+s.db+".dump", []byte(readFile(t, dump)))
	s.put("data/runs/"+latest.Run+"/"+teamsObject, s.leakyParquet())
	w.does("verify", "--target", "dev")
	w.does("verify", "--target", "dev", "--format", "json")

	// In production: without rules, with rules that keep it, and with rules that it doesn't fit.
	s.production(everywhere())
	for _, args := range [][]string{{"check"}, {"check", "--format", "json"}, {"check", "--format", "sarif"}, {"check", "--format", "junit"}, {"check", "--format", "github"},
		{"run"}, {"discover"}, {"discover", "--format", "json"}} {
		w.does(args...)
	}
	rules := readFile(t, filepath.Join(s.dir, "rules.yaml"))
	with := func(table string) {
		s.write("rules.yaml", strings.Replace(rules, "\ntables:\n", "\ntables:\n"+table, 1))
	}
	keep := "  public.plants: {columns: {\"*\": keep}}\n  public.plants_by_name: {columns: {who: keep, note: keep}}\n"
	with(keep)
	for _, args := range [][]string{{"check"}, {"run", "--dry-run"}, {"discover"}} {
		w.does(args...)
	}
	if code := w.does("run", "--report", reports+"/kept/"); code != exitRefused {
		t.Errorf("a run with everything kept: exit %d", code)
	}
	for i, column := range []string{"who: {json: {a: email}}", "who: date_shift", "who: {transform: fpe, alphabet: digits}", "html: {xml: {p: email}}", "who: full_name"} {
		with(
			"  public.plants: {columns: {\"*\": keep, " + column + "}}\n  public.plants_by_name: {columns: {who: email, note: text}}\n",
		)
		w.does("run", "--report", fmt.Sprintf("%s/misfit%d/", reports, i))
	}
	with(
		strings.Replace(keep, "who: keep, note: keep", "who: email, note: lorem", 1),
	) // a unique key of what is not of its form
	w.does("run")
	with(
		"  public.plants: {rows: {when: who != \"" + plants["email"] + "\"}, columns: {\"*\": keep, who: [{transform: keep, when: who == \"" + plants["iban"] + "\"}, email]}}\n  public.plants_by_name: {rows: none}\n",
	)
	w.does("check")
	w.does("run", "--report", reports+"/conditions/")
	if text := readFile(t, reports+"/conditions/report.json"); !strings.Contains(text, `"rows_when":"who != \"…\""`) {
		t.Error("the report does not show the condition")
	}
	w.does("preview", "public.plants") // refused: it is for terminals

	// What is kept of all that.
	w.files("a report", reports)
	w.does("runs")
	w.does("runs", "--format", "json")
	var runs []struct{ Run string }
	list, _ := s.must(exitClean, "runs", "--format", "json")
	if err := json.Unmarshal([]byte(list), &runs); err != nil || len(runs) < 5 {
		t.Fatalf("%d runs: %v", len(runs), err)
	}
	for _, r := range runs[:min(6, len(runs))] { // the others' reports are among the files
		for _, format := range []string{"text", "json", "html"} {
			w.does("runs", r.Run, "--format", format)
		}
	}
	w.does("verify", "--report", reports+"/kept", "--format", "junit")
	w.note("the history", s.dump(s.staging.URL(history.Database)))
	for _, key := range s.keys() {
		if strings.HasSuffix(key, ".json") || strings.HasSuffix(key, ".html") || strings.HasSuffix(key, ".sig") {
			w.note("bucket object "+filepath.Base(key), string(s.object(key)))
		}
	}
	for _, page := range []string{"/", "/status", "/metrics", "/runs/" + runs[0].Run, "/runs/" + runs[0].Run + "?format=json"} {
		w.note("the status page "+page, s.page(page))
	}
	w.holdsNothing()
}

// page is a page of serve's, without a schedule.
func (s *site) page(path string) string {
	s.t.Helper()
	staging, err := pgx.ParseConfig(s.vars["STAGING"])
	if err != nil {
		s.t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	plan, err := schedule.Parse(schedule.Off, time.UTC)
	if err != nil {
		s.t.Fatal(err)
	}
	engine := engine.New(log, engine.Pipeline{Name: "default", Staging: staging, Plan: plan, NewID: refresh.NewID,
		History: func(ctx context.Context) (*history.History, error) { return history.Open(ctx, staging) }})
	ctx, cancel := context.WithCancel(s.t.Context())
	events, ended := engine.Events(ctx), make(chan struct{})
	go func() { defer close(ended); engine.Serve(ctx) }()
	defer func() { cancel(); <-ended }()
	for !engine.Health(ctx).History {
		<-events
	}
	h, err := web.New(web.Options{Access: access.Access{Listen: "127.0.0.1:0"}, Control: engine, Metrics: metrics.New(engine, "", log), Log: log})
	if err != nil {
		s.t.Fatal(err)
	}
	server := httptest.NewServer(h)
	defer server.Close()
	res, err := http.Get(server.URL + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	var b bytes.Buffer
	if _, err := io.Copy(&b, res.Body); err != nil || res.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %s %v", path, res.Status, err)
	}
	return b.String()
}
