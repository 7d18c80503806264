package restore

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"refresher/internal/fault"
	"refresher/internal/postgres/sqltext"
)

// dumped are the statements that pg_dump writes of a database's schema and sequences, but
// for owners and privileges, which are not restored.
// What is not of these shapes does something else than build a database.
var dumped = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:` + strings.Join([]string{
		`SET (?:default_table_access_method|default_tablespace|client_encoding|client_min_messages|check_function_bodies|` +
			`row_security|xmloption|statement_timeout|lock_timeout|idle_in_transaction_session_timeout|transaction_timeout|` +
			`default_with_oids|default_toast_compression) = `,
		`SET standard_conforming_strings = on$`,
		`SELECT pg_catalog\.set_config\('search_path', '[^']*', false\)$`,
		`SELECT pg_catalog\.setval\('(?:[^']|'')*', -?\d+, (?:true|false)\)$`,
		`CREATE (?:OR REPLACE )?(?:ACCESS METHOD|AGGREGATE|CAST|COLLATION|CONSTRAINT TRIGGER|CONVERSION|DEFAULT CONVERSION|` +
			`DOMAIN|EVENT TRIGGER|EXTENSION IF NOT EXISTS|FOREIGN DATA WRAPPER|FOREIGN TABLE|FUNCTION|INDEX|UNIQUE INDEX|` +
			`(?:TRUSTED )?(?:PROCEDURAL )?LANGUAGE|MATERIALIZED VIEW|OPERATOR|OPERATOR CLASS|OPERATOR FAMILY|POLICY|PROCEDURE|` +
			`PUBLICATION|RULE|SCHEMA|SEQUENCE|SERVER|STATISTICS|SUBSCRIPTION|TABLE|UNLOGGED TABLE|TEXT SEARCH|TRANSFORM|` +
			`TRIGGER|TYPE|USER MAPPING|VIEW) `,
		`ALTER (?:AGGREGATE|COLLATION|DOMAIN|EVENT TRIGGER|FOREIGN TABLE|FUNCTION|INDEX|` +
			`MATERIALIZED VIEW|OPERATOR|POLICY|PROCEDURE|PUBLICATION|SCHEMA|SEQUENCE|SERVER|STATISTICS|SUBSCRIPTION|TABLE|` +
			`TEXT SEARCH|TRIGGER|TYPE|VIEW) `,
		`COMMENT ON `, `SECURITY LABEL `, `REFRESH MATERIALIZED VIEW `,
	}, "|") + `)`)
})

// fromStdin is a COPY that brings rows of the dump itself. For a table without columns
// pg_dump leaves two spaces where their list would be.
var fromStdin = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(
		`^COPY (?:ONLY )?` + sqltext.QualifiedPattern + `(?: \((?:` + sqltext.NamePattern + `(?:, )?)+\)| )? FROM stdin$`)
})

// onlyDumped refuses a script in which a statement does something else than pg_dump's do.
func onlyDumped(statements []sqltext.Statement) error {
	refusal := fault.Refuse("dataset", "its dump holds statements that pg_dump writes for no database")
	for _, st := range statements {
		text := strings.TrimSuffix(strings.TrimSpace(st.Text), ";")
		if !dumped().MatchString(text) && !fromStdin().MatchString(text) {
			refusal.Problems = append(refusal.Problems, fault.Problem{Text: fmt.Sprintf("line %d: %s …", st.Line, st.Object())})
		}
	}
	if len(refusal.Problems) > 0 {
		return refusal
	}
	return nil
}
