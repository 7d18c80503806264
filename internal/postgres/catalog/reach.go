package catalog

import (
	"context"
	"fmt"
)

// reachingExtensions have functions that reach other servers, files or programs.
const reachingExtensions = `'adminpack', 'aws_commons', 'aws_lambda', 'aws_s3', 'dblink', 'file_fdw', 'http',
	'pg_net', 'pgsql_http', 'plproxy', 'postgres_fdw', 'mysql_fdw', 'oracle_fdw', 'tds_fdw', 'wrappers'`

// reachingBuiltins are PostgreSQL's own functions that read files, or run SQL that is
// given as text, as a regular expression. No dependency on them is recorded: views are
// searched for their names.
const reachingBuiltins = `pg_read_file|pg_read_binary_file|pg_ls_dir|pg_ls_logdir|pg_ls_waldir|pg_ls_tmpdir|pg_stat_file` +
	`|pg_current_logfile|lo_import|lo_export|query_to_xml|query_to_xml_and_xmlschema|query_to_xmlschema|cursor_to_xml` +
	`|cursor_to_xmlschema|database_to_xml|schema_to_xml|table_to_xml`

// reachQuery lists the views whose query calls a function that leaves the database: of
// an extension that reaches out, of a language that may do anything, in C without an
// extension, one of PostgreSQL's that reads files, or one whose text names such a one.
const reachQuery = `
	WITH RECURSIVE reaching AS (
		SELECT p.oid, p.proname::text AS name
		FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
		LEFT JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
		LEFT JOIN pg_extension e ON e.oid = d.refobjid
		WHERE e.extname IN (` + reachingExtensions + `)
		   OR e.oid IS NULL AND p.oid >= 16384 AND l.lanname <> 'internal' AND NOT l.lanpltrusted
		   OR p.oid < 16384 AND p.proname ~ '^(` + reachingBuiltins + `)$'
		   OR p.oid >= 16384 AND l.lanname NOT IN ('c', 'internal') AND p.prosrc ~* '\mcopy\M.*\m(program|from|to)\M\s*[''$]'
	), calling AS (
		SELECT oid, name FROM reaching
		UNION
		SELECT p.oid, p.proname::text
		FROM calling c
		JOIN pg_proc p ON p.oid >= 16384 AND p.oid <> c.oid AND c.name ~ '^\w+$'
			AND p.prosrc ~* ('\m' || c.name || '"?\s*\(')
		JOIN pg_language l ON l.oid = p.prolang AND l.lanname NOT IN ('c', 'internal')
	)
	SELECT x.view, min(x.function) FROM (
		SELECT r.ev_class AS view, n.nspname || '.' || p.proname AS function
		FROM pg_rewrite r
		JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_proc'::regclass
		JOIN calling c ON c.oid = d.refobjid JOIN pg_proc p ON p.oid = c.oid JOIN pg_namespace n ON n.oid = p.pronamespace
		UNION ALL
		SELECT v.oid, 'pg_catalog.' || (regexp_match(pg_get_viewdef(v.oid), '\m(` + reachingBuiltins + `)\s*\('))[1]
		FROM pg_class v WHERE v.relkind IN ('v', 'm') AND v.oid >= 16384
	) x JOIN pg_class v ON v.oid = x.view AND v.relkind IN ('v', 'm')
	WHERE x.function IS NOT NULL GROUP BY x.view`

// reachOut says of views, by OID, why they must not be filled in a copy of the
// database: their query would fetch what no rule has seen, from wherever it likes.
func (l *loader) reachOut(ctx context.Context) (map[uint32]string, error) {
	out := map[uint32]string{}
	var view uint32
	var function string
	err := l.rows(ctx, reachQuery, []any{&view, &function}, func() error {
		out[view] = fmt.Sprintf("it calls %s, which can reach other servers, files or programs", function)
		return nil
	})
	return out, err
}
