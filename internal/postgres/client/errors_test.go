package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"refresher/internal/postgres/client"
	"refresher/internal/testkit/pgserver"
)

const secret = "jane roe 4711"

// Every way in which a server quotes a row must come out without the row and
// with the place.
func TestWrapHidesRows(t *testing.T) {
	url := pgserver.DB(t)
	pgserver.Exec(t, url, `
		CREATE TABLE people (id int PRIMARY KEY, mail text UNIQUE, age int CONSTRAINT adult CHECK (age > 17), "Odd, column" varchar(5), born date);
		CREATE TABLE friends (mail text REFERENCES people (mail));
		CREATE FUNCTION complain(x text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'bad %', x USING ERRCODE = '42501'; END $$;
		CREATE TABLE objects (who regrole, what regclass, how regproc, ns regnamespace, typ regtype, acl aclitem);
		INSERT INTO people VALUES (1, '`+secret+`')`)
	conn := pgserver.Conn(t, url).PgConn()
	copyIn := func(table, row string) error {
		_, err := conn.CopyFrom(t.Context(), strings.NewReader(row), "COPY "+table+" FROM STDIN")
		return err
	}
	exec := func(sql string) error {
		_, err := conn.Exec(t.Context(), sql).ReadAll()
		return err
	}
	for _, tt := range []struct {
		name string
		err  error
		code string
		want []string
	}{
		{"unique", copyIn("people", "2\t"+secret+"\t\\N\t\\N\t\\N\n"), "23505", []string{`constraint "people_mail_key"`, `table "people"`, "row 1"}},
		{"check", copyIn("people", "8\t\\N\t\\N\t\\N\t\\N\n9\t"+secret+"\t3\t\\N\t\\N\n"), "23514", []string{`constraint "adult"`, `"people"`, "row 2"}},
		{"too long", copyIn("people", "2\t\\N\t\\N\t"+secret+"\t\\N\n"), "22001", []string{"string too long", `column "Odd, column"`, "row 1"}},
		{"not a number", copyIn("people", "2\t\\N\t"+secret+"\t\\N\t\\N\n"), "22P02", []string{`column "age"`, "row 1"}},
		{"not a date", copyIn("people", "2\t\\N\t\\N\t\\N\t"+secret+"\n"), "22007", []string{`column "born"`, "row 1"}},
		{"missing column", copyIn("people", secret+"\n"), "22P02", []string{`column "id"`}},
		{"extra columns", copyIn("friends", secret+"\tx\n"), "22P04", []string{"bad COPY", "row 1"}},
		{"null", copyIn("people", "\\N\t"+secret+"\t\\N\t\\N\t\\N\n"), "23502", []string{`column "id"`, `"people"`}},
		{"foreign key", exec("INSERT INTO friends VALUES ('" + secret + "x')"), "23503", []string{`"friends_mail_fkey"`}},
		{"cast", exec("SELECT '" + secret + "'::int"), "22P02", []string{"rejected a value"}},
		{"raised with a privilege's code", exec("SELECT complain('" + secret + "')"), "42501", []string{"a function of the database failed"}},
		{"raised with names", exec("DO $$ BEGIN RAISE EXCEPTION '" + secret + "' USING errcode = '23514', table = '" + secret + "', column = '" + secret + "', constraint = '" + secret + "'; END $$"), "23514", nil},
		{"a value as a name", exec("DO $$ BEGIN EXECUTE 'SELECT * FROM \"" + secret + "\"'; END $$"), "42P01", nil},
		{"regrole in a row", copyIn("objects (who)", `"`+secret+"\"\n"), "42704", []string{"rejected a value", `column "who"`, "row 1", "hint: create on that server"}},
		{"regclass in a row", copyIn("objects (what)", `"`+secret+"\"\n"), "42P01", []string{"rejected a value", `column "what"`}},
		{"regproc in a row", copyIn("objects (how)", `"`+secret+"\"\n"), "42883", []string{"rejected a value"}},
		{"regnamespace in a row", copyIn("objects (ns)", `"`+secret+"\"\n"), "3F000", []string{"rejected a value"}},
		{"regtype in a row", copyIn("objects (typ)", secret+"\n"), "42601", nil},
		{"aclitem in a row", copyIn("objects (acl)", `"`+secret+"\"=r/postgres\n"), "42704", []string{"rejected a value"}},
		{"a name syntax in a row", copyIn("objects (what)", secret+"\n"), "42602", []string{"rejected a value"}},
		{"regrole by a cast", exec(`SELECT ('"' || mail || '"')::regrole FROM people`), "42704", []string{`role "…"`}},
		{"regclass by a cast", exec(`SELECT ('"' || mail || '"')::regclass FROM people`), "42P01", []string{`relation "…"`}},
		{"statement", exec("DO $$ BEGIN EXECUTE 'SELECT ''" + secret + "''::uuid'; END $$"), "22P02", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.err == nil {
				t.Fatal("the server accepted it")
			}
			err := client.Wrap(tt.err, "copying %s", "people")
			if client.Code(err) != tt.code {
				t.Errorf("code %s, want %s: %v", client.Code(err), tt.code, err)
			}
			for _, form := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err)} {
				for _, word := range strings.Fields(secret) {
					if strings.Contains(form, word) {
						t.Errorf("the error quotes a row: %s", form)
					}
				}
			}
			for _, w := range tt.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("the error doesn't say %q: %v", w, err)
				}
			}
			var raw *pgconn.PgError
			if errors.As(err, &raw) {
				t.Error("the server's own error can be reached")
			}
		})
	}
}

func TestWrap(t *testing.T) {
	if client.Wrap(nil, "x") != nil {
		t.Error("nil became an error")
	}
	err := client.Wrap(fmt.Errorf("reading: %w", io.ErrUnexpectedEOF), "copying %s", "t")
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.HasPrefix(err.Error(), "copying t: reading: unexpected EOF; hint: the connection was cut") || client.Code(err) != "" {
		t.Errorf("got %v", err)
	}
	if !errors.Is(client.Wrap(context.Canceled, "x"), context.Canceled) {
		t.Error("a cancelled context is hidden")
	}
	gone := &pgconn.PgError{Code: "42P01", Message: `relation "public.t" does not exist`}
	for name, want := range map[string]string{"public.t": `relation "public.t" does`, "public.u": `relation "…" does`} {
		if err := client.WrapNaming(gone, []string{name}, "x"); !strings.Contains(err.Error(), want) {
			t.Errorf("naming %s: got %v", name, err)
		}
	}
	internal := &pgconn.PgError{Code: "XX000", Message: `parse error at "` + secret + `" or 'jane'`}
	if err := client.Wrap(internal, "x"); strings.Contains(err.Error(), "jane") {
		t.Errorf("an internal error quotes: %v", err)
	}
}

// FuzzPlace: a value in any context of an error stays out in it stays out.
func FuzzPlace(f *testing.F) {
	f.Add("users", int64(3), "email")
	f.Add("a, line 4, column b", int64(1), "c: d")
	f.Fuzz(func(t *testing.T, table string, row int64, column string) {
		const value = "\u2603value\u2603"
		where := fmt.Sprintf("COPY %s, line %d, column %s: \"%s\"", table, row, column, value)
		err := client.Wrap(&pgconn.PgError{Code: "22P02", Message: value, Where: where, Detail: value}, "x")
		if strings.Contains(err.Error(), value) {
			t.Error("the value got through")
		}
	})
}
