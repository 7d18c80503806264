package refresh_test

import (
	"errors"
	"strings"
	"testing"

	"refresher/internal/fault"
)

// A function that holds a password is named before a row is read, in a dry run, too; rules may
// say that it is none.
func TestCredentialsInTheSchemaRefuse(t *testing.T) {
	const schema = `CREATE TABLE t (id int); INSERT INTO t VALUES (1);
		CREATE FUNCTION sync() RETURNS void LANGUAGE plpgsql AS $$
		BEGIN PERFORM dblink_connect('host=10.0.0.7 user=app password=hunter2'); END $$`
	const ruleset = "version: 1\ntables: {public.t: {columns: {id: keep}}}\n"
	o := options(t, schema, ruleset)
	for _, dry := range []bool{true, false} {
		o.DryRun = dry
		_, err := again(t, o.Options)
		var refusal *fault.Refusal
		if !errors.As(err, &refusal) || refusal.Gate != "credentials" || len(refusal.Problems) != 1 {
			t.Fatalf("dry run %v: %v", dry, err)
		}
		if text := err.Error(); !strings.Contains(text, "function public.sync() holds") || strings.Contains(text, "hunter2") {
			t.Errorf("dry run %v: %s", dry, text)
		}
	}
	_, _, err := run(t, schema, ruleset+"allow: [{table: public.t, column: id, class: token, values: [hunter2], why: a test}]\n")
	if err != nil {
		t.Error(err)
	}
}
