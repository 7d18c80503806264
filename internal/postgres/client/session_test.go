package client_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/client"
	"refresher/internal/testkit/pgserver"
)

// hostile is one value for each setting that a session of refresher must not take
// over from a role or a database: each would change what is read or written.
var hostile = map[string]string{
	"search_path":                         "evil, pg_catalog",
	"role":                                "someone_else",
	"row_security":                        "on",
	"client_encoding":                     "LATIN1",
	"client_min_messages":                 "error",
	"datestyle":                           "German, DMY",
	"intervalstyle":                       "iso_8601",
	"timezone":                            "Asia/Kathmandu",
	"extra_float_digits":                  "-15",
	"bytea_output":                        "escape",
	"lc_monetary":                         "POSIX",
	"lc_numeric":                          "POSIX",
	"lc_time":                             "POSIX",
	"xmloption":                           "document",
	"xmlbinary":                           "hex",
	"array_nulls":                         "off",
	"standard_conforming_strings":         "off",
	"backslash_quote":                     "off",
	"transform_null_equals":               "on",
	"quote_all_identifiers":               "on",
	"gin_fuzzy_search_limit":              "1",
	"exit_on_error":                       "on",
	"default_tablespace":                  "pg_default",
	"temp_tablespaces":                    "pg_default",
	"default_transaction_isolation":       "serializable",
	"default_transaction_deferrable":      "on",
	"default_transaction_read_only":       "on",
	"statement_timeout":                   "1ms",
	"lock_timeout":                        "1ms",
	"idle_in_transaction_session_timeout": "1ms",
	"idle_session_timeout":                "1h",
	"session_replication_role":            "replica",
}

// With any settings of a role and a database, a session has refresher's settings, and
// so have pg_dump and pg_restore.
func TestASessionIsRefreshersOwn(t *testing.T) {
	url := pgserver.DB(t)
	clean, err := client.Open(t.Context(), config(t, url), client.Session{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close(t.Context(), clean)
	want := show(t, clean)

	cluster := pgserver.Shared(t)
	cfg := config(t, url)
	const evil = `CREATE SCHEMA evil; CREATE FUNCTION evil.set_config(text, text, boolean) RETURNS text
		LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'code of the database ran'; END $$;`
	pgserver.Exec(t, url, evil)
	pgserver.Exec(t, cluster.URL("postgres"), "CREATE ROLE someone_else")
	t.Cleanup(func() { pgserver.Exec(t, cluster.URL("postgres"), "DROP ROLE someone_else") })
	for name, value := range hostile {
		quoted := "'" + value + "'"
		if name == "search_path" {
			quoted = value
		}
		pgserver.Exec(t, cluster.URL("postgres"), "ALTER DATABASE "+pgx.Identifier{cfg.Database}.Sanitize()+" SET "+name+" = "+quoted)
	}
	conn, err := client.Open(t.Context(), cfg, client.Session{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close(t.Context(), conn)
	got := show(t, conn)
	for name := range hostile {
		if got[name] != want[name] {
			t.Errorf("%s is %q, want %q", name, got[name], want[name])
		}
	}

	kept, err := client.Open(t.Context(), cfg, client.Session{ReadOnly: true, Keep: []string{"datestyle"}, Settings: map[string]string{"lock_timeout": "3s"}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close(t.Context(), kept)
	settings := show(t, kept)
	for name, want := range map[string]string{"datestyle": "German, DMY", "lock_timeout": "3s", "default_transaction_read_only": "on"} {
		if settings[name] != want {
			t.Errorf("%s is %q, want %q", name, settings[name], want)
		}
	}

	env, err := client.Env(cfg, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name := range hostile {
		if !strings.Contains(env["PGOPTIONS"], "-c "+name+"=") && name != "client_encoding" && name != "session_replication_role" {
			t.Errorf("pg_dump is not told %s: %s", name, env["PGOPTIONS"])
		}
	}
}

// A role that the connection string names is the user's choice, and stays.
func TestTheConnectionStringsRoleStays(t *testing.T) {
	cluster := pgserver.Shared(t)
	pgserver.Exec(t, cluster.URL("postgres"), "CREATE ROLE chosen; GRANT chosen TO CURRENT_USER")
	t.Cleanup(func() { pgserver.Exec(t, cluster.URL("postgres"), "DROP ROLE chosen") })
	for _, given := range []string{"?role=chosen", "?options=-c%20role%3Dchosen"} {
		url := pgserver.DB(t)
		if strings.Contains(url, "?") {
			given = strings.Replace(given, "?", "&", 1)
		}
		conn, err := client.Open(t.Context(), config(t, url+given), client.Session{})
		if err != nil {
			t.Fatal(err)
		}
		var role string
		if err := conn.QueryRow(t.Context(), "SELECT current_user").Scan(&role); err != nil || role != "chosen" {
			t.Errorf("%s: acts as %q, %v", given, role, err)
		}
		client.Close(context.Background(), conn)
	}
}

func show(t *testing.T, conn *pgx.Conn) map[string]string {
	t.Helper()
	out := map[string]string{}
	for name := range hostile {
		var value string
		if err := conn.QueryRow(t.Context(), "SELECT pg_catalog.current_setting($1)", name).Scan(&value); err != nil {
			t.Fatal(err)
		}
		out[strings.ToLower(name)] = value
	}
	return out
}
