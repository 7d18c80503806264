package catalog

import (
	"context"
	"fmt"
)

// reachingExtensions have functions that reach other servers, files or programs.
const reachingExtensions = `'adminpack', 'aws_commons', 'aws_lambda', 'aws_s3', 'dblink', 'file_fdw', 'http',
	'pg_net', 'pgsql_http', 'plproxy', 'postgres_fdw', 'mysql_fdw', 'oracle_fdw', 'tds_fdw', 'wrappers'`

// reachingBuiltins are PostgreSQL's own functions that read files, or run SQL that is
// given as text, as a regular expression that is a list of names. No dependency on them is recorded:
// views are searched for their names.
const reachingBuiltins = `pg_read_file|pg_read_binary_file|pg_ls_dir|pg_ls_logdir|pg_ls_waldir|pg_ls_tmpdir|pg_stat_file` +
	`|pg_current_logfile|lo_import|lo_export|query_to_xml|query_to_xml_and_xmlschema|query_to_xmlschema|cursor_to_xml` +
	`|cursor_to_xmlschema|database_to_xml|schema_to_xml|table_to_xml`

// reaching lists functions that leave the database: of an extension that reaches out, of a
// language that may do anything, in C without an extension, one of PostgreSQL's that reads
// files, one whose text copies from files or programs or names a foreign table, or one that
// calls such a one: by name in its text, or as its body of SQL depends on it.
const reaching = `
	WITH RECURSIVE reaching AS (
		SELECT p.oid, p.proname::text AS name
		FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
		LEFT JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
		LEFT JOIN pg_extension e ON e.oid = d.refobjid
		WHERE e.extname IN (` + reachingExtensions + `)
		   OR e.oid IS NULL AND p.oid >= 16384 AND l.lanname <> 'internal' AND NOT l.lanpltrusted
		   OR p.oid < 16384 AND p.proname::text = ANY (string_to_array('` + reachingBuiltins + `', '|'))
		   OR p.oid >= 16384 AND l.lanname NOT IN ('c', 'internal') AND (p.prosrc ~* '\mcopy\M.*\m(program|from|to)\M\s*[''$]'
			OR EXISTS (SELECT FROM pg_class f WHERE f.relkind = 'f' AND f.relname ~ '^\w+$' AND p.prosrc ~* ('\m' || f.relname || '\M')))
	), calling AS (
		SELECT oid, name FROM reaching
		UNION
		SELECT p.oid, p.proname::text
		FROM calling c
		JOIN pg_proc p ON p.oid >= 16384 AND p.oid <> c.oid AND (c.name ~ '^\w+$' AND p.prosrc ~* ('\m' || c.name || '"?\s*\(')
			OR EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
				AND d.refclassid = 'pg_proc'::regclass AND d.refobjid = c.oid AND d.deptype = 'n'))
		JOIN pg_language l ON l.oid = p.prolang AND l.lanname NOT IN ('c', 'internal')
	)`

// reachQuery lists the views whose query calls such a function.
const reachQuery = reaching + `
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

// partQuery lists the parts of tables, and the constraints of domains, whose code calls such
// a function, by itself or through an operator or an operator class: what it is, the table or
// the domain, the function, and whether it runs while a copy is built.
const partQuery = reaching + `, called (classid, objid, function) AS (
		SELECT d.classid, d.objid, c.oid FROM calling c JOIN pg_depend d ON d.refclassid = 'pg_proc'::regclass AND d.refobjid = c.oid
		UNION ALL
		SELECT d.classid, d.objid, c.oid FROM calling c JOIN pg_operator o ON o.oprcode = c.oid
		JOIN pg_depend d ON d.refclassid = 'pg_operator'::regclass AND d.refobjid = o.oid
		UNION ALL
		SELECT d.classid, d.objid, c.oid FROM calling c JOIN pg_amproc a ON a.amproc = c.oid JOIN pg_opclass o ON o.opcfamily = a.amprocfamily
		JOIN pg_depend d ON d.refclassid = 'pg_opclass'::regclass AND d.refobjid = o.oid
	), named AS (
		SELECT c.classid, c.objid, n.nspname || '.' || p.proname AS function
		FROM called c JOIN pg_proc p ON p.oid = c.function JOIN pg_namespace n ON n.oid = p.pronamespace
		UNION ALL
		SELECT 'pg_constraint'::regclass, oid, 'pg_catalog.' || (regexp_match(pg_get_constraintdef(oid), '\m(` + reachingBuiltins + `)\s*\('))[1]
		FROM pg_constraint WHERE contype = 'c'
		UNION ALL
		SELECT 'pg_attrdef'::regclass, oid, 'pg_catalog.' || (regexp_match(pg_get_expr(adbin, adrelid), '\m(` + reachingBuiltins + `)\s*\('))[1]
		FROM pg_attrdef
	), part (what, rel, domain, runs, classid, objid) AS (
		SELECT 'index ' || c.relname, i.indrelid, 0::oid, true, 'pg_class'::regclass, i.indexrelid
		FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
		UNION ALL
		SELECT 'partition key', partrelid, 0, true, 'pg_class'::regclass, partrelid FROM pg_partitioned_table
		UNION ALL
		SELECT 'constraint ' || conname, conrelid, contypid, true, 'pg_constraint'::regclass, oid FROM pg_constraint
		UNION ALL
		SELECT CASE WHEN a.attgenerated <> '' THEN 'generated column ' ELSE 'default of column ' END || a.attname, d.adrelid, 0,
			a.attgenerated <> '', 'pg_attrdef'::regclass, d.oid
		FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
		UNION ALL
		SELECT 'statistics ' || stxname, stxrelid, 0, true, 'pg_statistic_ext'::regclass, oid FROM pg_statistic_ext
		UNION ALL
		SELECT 'trigger ' || tgname, tgrelid, 0, false, 'pg_trigger'::regclass, oid FROM pg_trigger WHERE NOT tgisinternal
	)
	SELECT p.what, coalesce(rn.nspname, tn.nspname), coalesce(r.relname, t.typname), p.domain <> 0, min(n.function), p.runs
	FROM named n JOIN part p ON p.classid = n.classid AND p.objid = n.objid
	LEFT JOIN pg_class r ON r.oid = p.rel LEFT JOIN pg_namespace rn ON rn.oid = r.relnamespace
	LEFT JOIN pg_type t ON t.oid = p.domain LEFT JOIN pg_namespace tn ON tn.oid = t.typnamespace
	WHERE n.function IS NOT NULL AND coalesce(rn.nspname, tn.nspname) !~ '^pg_|^information_schema$'
	GROUP BY 1, 2, 3, 4, 6 ORDER BY 2, 3, 1`

// reachingParts reads what would run outside of the database while a copy is built.
func (l *loader) reachingParts(ctx context.Context) error {
	var r Reach
	into := []any{&r.What, &r.Of.Schema, &r.Of.Name, &r.Domain, &r.Function, &r.Runs}
	return l.rows(ctx, partQuery, into, func() error {
		l.cat.Reaching = append(l.cat.Reaching, r)
		return nil
	})
}

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
