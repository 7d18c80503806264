package main

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"golang.org/x/crypto/bcrypt"

	"refresher/internal/pii/fake"
)

// worksStill are what staging must go on doing, by the pack of the product.
var worksStill = map[string]func(*site){"mlflow": (*site).mlflowWorks, "metabase": (*site).metabaseWorks, "mlflow-auth": (*site).mlflowAuthWorks}

// rowsOf reads rows of one server's database, as text; NULL is "".
func (s *site) rowsOf(url, sql string) (rows [][]string) {
	s.t.Helper()
	conn, err := pgx.Connect(s.t.Context(), url)
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close(s.t.Context())
	found, err := conn.Query(s.t.Context(), sql, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		s.t.Fatal(err)
	}
	for found.Next() {
		var row []string
		for _, v := range found.RawValues() {
			row = append(row, string(v))
		}
		rows = append(rows, row)
	}
	if found.Err() != nil {
		s.t.Fatal(found.Err())
	}
	return rows
}

// holds fails by a name for each query of staging that is not true.
func (s *site) holds(what map[string]string) {
	s.t.Helper()
	for name, sql := range what {
		if s.staged("SELECT ("+sql+")::text") != "true" {
			s.t.Error(name)
		}
	}
}

// Artifacts lead nowhere, or to staging's bucket where the site names it; runs and models
// keep their places beneath it, and tags that pages parse are JSON.
func (s *site) mlflowWorks() {
	s.t.Helper()
	uris := `SELECT string_agg(DISTINCT split_part(u, '/', 3), ' ') FROM (SELECT artifact_uri FROM runs UNION SELECT storage_location FROM model_versions
		UNION SELECT artifact_location FROM experiments) x (u) WHERE u NOT LIKE 'mlflow-artifacts:/%'`
	if got := s.staged(uris); got != "nowhere_.invalid" {
		s.t.Errorf("artifacts lead to %q", got)
	}
	if n := s.staged("SELECT count(*)::text FROM runs WHERE artifact_uri LIKE 'mlflow-artifacts:/%'"); n != "15" {
		s.t.Errorf("%s runs have artifacts relative to the server, not 15", n)
	}
	s.write("rules.yaml", "version: 1\ninclude: ['builtin:mlflow']\nvars: {artifact_root: 's3://acme-staging-mlflow'}\n")
	s.edit("refresher.yaml", "builtin:mlflow", "rules.yaml")
	s.must(exitClean, "run")
	if got := s.staged(uris); got != "acme-staging-mlflow" {
		s.t.Errorf("artifacts lead to %q, not to staging's bucket", got)
	}
	s.holds(map[string]string{
		"a run's artifacts lie elsewhere in the bucket": "SELECT artifact_uri = 's3://acme-staging-mlflow/4/artifacts' FROM runs WHERE run_uuid = md5('run4')",
		"a model's source is no model any more":         "SELECT source LIKE 'models:/m-%' FROM model_versions WHERE name = 'model-1'",
		"pages can't parse a model's history":           "SELECT bool_and(value::jsonb = '[]') FROM tags WHERE key = 'mlflow.log-model.history'",
		"a user of a tag is another one than the run's": "SELECT bool_and(value = user_id) FROM tags JOIN runs USING (run_uuid) WHERE key = 'mlflow.user'",
		"metrics, parameters or the schema's version":   "SELECT (SELECT count(*) FROM metrics) = 60 AND (SELECT count(*) FROM params WHERE value = '0.01') = 60 AND (SELECT count(*) FROM alembic_version) = 1",
	})
}

// Nobody but the administrator that the server makes can log in; users that a site keeps can with the known password.
func (s *site) mlflowAuthWorks() {
	s.t.Helper()
	if n := s.staged("SELECT count(*)::text FROM users"); n != "0" {
		s.t.Errorf("%s users arrived", n)
	}
	s.write("rules.yaml", `version: 1
include: ["builtin:mlflow-auth"]
tables:
  public.users:
    rows: {when: not is_admin}
    columns:
      id: keep
      username: [{transform: email, when: 'username contains "@"'}, username]
      password_hash: {transform: password, hash: scrypt-werkzeug}
      is_admin: keep
`)
	s.edit("refresher.yaml", "builtin:mlflow-auth", "rules.yaml")
	s.must(exitClean, "run")
	s.noPerson()
	if n := s.staged("SELECT count(*)::text FROM users WHERE password_hash = '" + fake.PasswordScrypt + "' AND NOT is_admin"); n != "29" {
		s.t.Errorf("%s users have the hash of the known password", n)
	}
}

// Log-in works with the known password, and questions are the same but for their texts.
func (s *site) metabaseWorks() {
	s.t.Helper()
	staging, production := s.staging.URL(s.db), s.primary.URL(s.db)
	for _, u := range s.rowsOf(staging, "SELECT coalesce(password, ''), password_salt, is_superuser::text FROM core_user ORDER BY id") {
		switch err := bcrypt.CompareHashAndPassword([]byte(u[0]), []byte(u[1]+fake.Password)); {
		case u[2] == "true" && u[0] != "":
			s.t.Error("an administrator has a password that everybody knows")
		case u[2] == "false" && (err != nil || !strings.HasPrefix(u[0], "$2a$")):
			s.t.Errorf("a user can't log in: %v", err)
		}
	}
	for _, column := range []string{"dataset_query", "visualization_settings", "parameters", "parameter_mappings"} {
		sql := "SELECT " + column + " FROM report_card ORDER BY id"
		before, after := s.rowsOf(production, sql), s.rowsOf(staging, sql)
		for i := range before {
			if !alikeButTexts(s.t, before[i][0], after[i][0]) {
				s.t.Errorf("%s of question %d is another one: %s", column, i+1, after[i][0])
			}
		}
	}
	s.holds(map[string]string{
		"a connection leads somewhere":         "SELECT bool_and(details = '{}' AND settings IS NULL) FROM metabase_database",
		"settings, sessions or jobs":           "SELECT NOT EXISTS (SELECT FROM setting) AND NOT EXISTS (SELECT FROM core_session) AND NOT EXISTS (SELECT FROM qrtz_job_details) AND NOT EXISTS (SELECT FROM secret)",
		"a question is public":                 "SELECT bool_and(public_uuid IS NULL AND NOT enable_embedding) FROM report_card",
		"an action calls another server":       "SELECT count(*) = 1 FROM action",
		"migrations would run again":           "SELECT count(*) = 1 FROM databasechangelog",
		"users, questions or a person's fakes": "SELECT (SELECT count(*) FROM core_user) = 30 AND (SELECT count(*) FROM report_card) = 40",
	})
}

// alikeButTexts reports two documents that differ in strings only, and not in those of the program.
func alikeButTexts(t *testing.T, a, b string) bool {
	t.Helper()
	var docs [2]any
	for i, text := range []string{a, b} {
		if text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(text), &docs[i]); err != nil {
			t.Errorf("no JSON: %v", err)
			return false
		}
		docs[i] = withoutAddresses(docs[i])
	}
	return reflect.DeepEqual(docs[0], docs[1])
}

// withoutAddresses is a document whose strings with an @ are all the same.
func withoutAddresses(v any) any {
	switch v := v.(type) {
	case string:
		if strings.Contains(v, "@") {
			return "@"
		}
	case []any:
		for i := range v {
			v[i] = withoutAddresses(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = withoutAddresses(v[k])
		}
	}
	return v
}
