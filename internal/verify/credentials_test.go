package verify

import (
	"slices"
	"testing"

	"refresher/internal/pii/detect"
)

// Passwords and keys in what a schema says, wherever they stand in it.
func TestCredentialsInDefinitions(t *testing.T) {
	d := detect.New()
	for sql, want := range map[string]string{
		`CREATE VIEW v AS SELECT * FROM dblink('host=db1 user=app password=hunter2', 'SELECT 1') AS x(a int)`:                       "hunter2",
		`CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM dblink_connect('dbname=x password=hunter2'); END $$`: "hunter2",
		`CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'SELECT ''postgres://app:hunter2@db1/x'''`:                                "hunter2",
		`CREATE FUNCTION f() AS $_$ DECLARE api_key text := 'k3y-9f8e7d6c'; BEGIN END $_$`:                                          "k3y-9f8e7d6c",
		`CREATE FUNCTION f() AS $_$ BEGIN EXECUTE 'ALTER ROLE app PASSWORD ''hunter2'''; END $_$`:                                   "hunter2",
		`CREATE FUNCTION f() AS $_$ SELECT http_header('Authorization', 'Bearer 4f9a8b7c6d5e4f3a') $_$`:                             "4f9a8b7c6d5e4f3a",
		`CREATE FUNCTION f() AS $_$ SELECT jsonb_build_object('client_secret', 'q8Zt51xPw') $_$`:                                    "q8Zt51xPw",
		`CREATE TABLE t (a int, webhook_secret character varying(40) DEFAULT 'whs7d6f5e4'::character varying NOT NULL)`:             "whs7d6f5e4",
		`COMMENT ON TABLE t IS 'see AKIAQ3EGRTYUIOPL7K2M'`:                                                                          "AKIAQ3EGRTYUIOPL7K2M",
		`ALTER DATABASE x SET "app.secret_key" TO 'abc123def457'`:                                                                   "abc123def457",
		`ALTER DATABASE x SET "app.api_key" = 'abc123def456'`:                                                                       "abc123def456",
		`CREATE USER MAPPING FOR app SERVER s OPTIONS (password 'hunter2', "user" 'app')`:                                           "hunter2",
		`CREATE SUBSCRIPTION s CONNECTION 'host=h user=u password=hunter2' PUBLICATION p`:                                           "hunter2",
		`CREATE VIEW v AS SELECT set_config('app.api_key'::text, 'k3y9f8e7'::text, true)`:                                           "k3y9f8e7",
		`CREATE FUNCTION f() AS $$ SELECT h('Basic YXBwOmh1bnRlcjI=') $$`:                                                           "YXBwOmh1bnRlcjI=",
		`CREATE TRIGGER g BEFORE INSERT ON t EXECUTE FUNCTION notify('https://u:hunter2@hooks.example/x')`:                          "hunter2",
	} {
		if got := credentialsIn(d, sql, 0); !slices.Contains(got, want) {
			t.Errorf("%s\n got %q, want %q", sql, got, want)
		}
	}
	for _, sql := range []string{
		`CREATE FUNCTION login(p_user text, p_password text) AS $$ SELECT id FROM users WHERE name = p_user AND password = crypt(p_password, password) $$`,
		`CREATE FUNCTION f() AS $$ BEGIN PERFORM dblink_connect('host=h user=u password=' || current_setting('app.pw')); END $$`,
		`CREATE FUNCTION f() AS $$ SELECT format('host=%s password=%s', h, p) $$`,
		`CREATE TABLE t (token_type text DEFAULT 'bearer_token', password text DEFAULT '', kind text DEFAULT 'password_reset2')`,
		`CREATE TABLE t (id uuid DEFAULT gen_random_uuid(), secret text CHECK (secret <> 'none'), state text DEFAULT 'oauth2')`,
		`COMMENT ON COLUMN t.password IS 'bcrypt, cost 12; never shown'`,
		`ALTER TABLE t ADD CONSTRAINT c CHECK (password ~ '^[a-z0-9]{8,}$')`,
		`CREATE FUNCTION f() AS 'SELECT * FROM u WHERE user=$1 AND password=$2'`,
		`CREATE FUNCTION f() AS $$ SELECT 'https://example.com/reset?token=' || t $$`,
		`CREATE TYPE auth AS ENUM ('password', 'oauth2', 'api_key')`,
		`RAISE EXCEPTION 'basic authentication2 failed'`,
	} {
		if got := credentialsIn(d, sql, 0); len(got) > 0 {
			t.Errorf("%s\n got %q, want nothing", sql, got)
		}
	}
}
