package verify

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/client"
)

// schemaTexts yields (object, text) of everything in a schema that a person
// wrote, or that a tool filled in from data, names too. Objects of extensions and
// of the system are left out.
const schemaTexts = `
WITH own AS (
	SELECT d.classid, d.objid FROM pg_catalog.pg_depend d WHERE d.deptype = 'e'
), text (classid, objid, objsubid, body) AS (
	SELECT classoid, objoid, objsubid, description FROM pg_catalog.pg_description
	UNION ALL SELECT 'pg_catalog.pg_attrdef'::regclass, oid, 0, pg_catalog.pg_get_expr(adbin, adrelid) FROM pg_catalog.pg_attrdef
	UNION ALL SELECT 'pg_catalog.pg_type'::regclass, enumtypid, 0, enumlabel FROM pg_catalog.pg_enum
	UNION ALL SELECT 'pg_catalog.pg_type'::regclass, oid, 0, typdefault FROM pg_catalog.pg_type WHERE typdefault IS NOT NULL
	UNION ALL SELECT 'pg_catalog.pg_class'::regclass, oid, 0, pg_catalog.pg_get_viewdef(oid) FROM pg_catalog.pg_class WHERE relkind IN ('v', 'm')
	UNION ALL SELECT 'pg_catalog.pg_class'::regclass, oid, 0, pg_catalog.pg_get_expr(relpartbound, oid) FROM pg_catalog.pg_class WHERE relpartbound IS NOT NULL
	UNION ALL SELECT 'pg_catalog.pg_class'::regclass, indexrelid, 0, pg_catalog.pg_get_indexdef(indexrelid) FROM pg_catalog.pg_index WHERE indpred IS NOT NULL OR indexprs IS NOT NULL
	UNION ALL SELECT 'pg_catalog.pg_proc'::regclass, oid, 0, pg_catalog.pg_get_functiondef(oid) FROM pg_catalog.pg_proc WHERE oid >= 16384 AND prokind <> 'a'
	UNION ALL SELECT 'pg_catalog.pg_proc'::regclass, p.oid, 0, pg_catalog.concat_ws(E'\n|\n', p.proname, pg_catalog.array_to_string(p.proargnames, E'\n|\n'), a.agginitval, a.aggminitval) FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_aggregate a ON a.aggfnoid = p.oid
	UNION ALL SELECT 'pg_catalog.pg_statistic_ext'::regclass, oid, 0, pg_catalog.pg_get_statisticsobjdef(oid) FROM pg_catalog.pg_statistic_ext
	UNION ALL SELECT 'pg_catalog.pg_namespace'::regclass, oid, 0, nspname FROM pg_catalog.pg_namespace
	UNION ALL SELECT 'pg_catalog.pg_class'::regclass, oid, 0, pg_catalog.concat_ws(E'\n|\n', relname, CASE WHEN relkind IN ('r', 'p', 'v', 'm', 'f', 'c') THEN (
		SELECT pg_catalog.string_agg(attname, E'\n|\n') FROM pg_catalog.pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) END)
		FROM pg_catalog.pg_class c WHERE relkind <> 't' AND oid >= 16384
	UNION ALL SELECT 'pg_catalog.pg_type'::regclass, oid, 0, typname FROM pg_catalog.pg_type WHERE typrelid = 0 AND typelem = 0
	UNION ALL SELECT 'pg_catalog.pg_constraint'::regclass, oid, 0, conname FROM pg_catalog.pg_constraint
	UNION ALL SELECT 'pg_catalog.pg_policy'::regclass, oid, 0, polname FROM pg_catalog.pg_policy
	UNION ALL SELECT 'pg_catalog.pg_constraint'::regclass, oid, 0, pg_catalog.pg_get_constraintdef(oid) FROM pg_catalog.pg_constraint WHERE contype = 'c'
	UNION ALL SELECT 'pg_catalog.pg_policy'::regclass, oid, 0, pg_catalog.concat_ws(' ', pg_catalog.pg_get_expr(polqual, polrelid), pg_catalog.pg_get_expr(polwithcheck, polrelid)) FROM pg_catalog.pg_policy
	UNION ALL SELECT 'pg_catalog.pg_trigger'::regclass, oid, 0, pg_catalog.pg_get_triggerdef(oid) FROM pg_catalog.pg_trigger WHERE NOT tgisinternal
	UNION ALL SELECT 'pg_catalog.pg_rewrite'::regclass, oid, 0, pg_catalog.pg_get_ruledef(oid) FROM pg_catalog.pg_rewrite WHERE rulename <> '_RETURN'
	UNION ALL SELECT 'pg_catalog.pg_foreign_data_wrapper'::regclass, oid, 0, pg_catalog.concat_ws(E'\n|\n', fdwname, pg_catalog.array_to_string(fdwoptions, ' ')) FROM pg_catalog.pg_foreign_data_wrapper
	UNION ALL SELECT 'pg_catalog.pg_foreign_server'::regclass, oid, 0, pg_catalog.concat_ws(E'\n|\n', srvname, srvtype, srvversion, pg_catalog.array_to_string(srvoptions, ' ')) FROM pg_catalog.pg_foreign_server
	UNION ALL SELECT 'pg_catalog.pg_class'::regclass, ftrelid, 0, pg_catalog.array_to_string(ftoptions, ' ') FROM pg_catalog.pg_foreign_table
	UNION ALL SELECT 'pg_catalog.pg_class'::regclass, attrelid, 0, pg_catalog.array_to_string(attfdwoptions, ' ') FROM pg_catalog.pg_attribute WHERE attfdwoptions IS NOT NULL
	UNION ALL SELECT 'pg_catalog.pg_ts_config'::regclass, oid, 0, cfgname FROM pg_catalog.pg_ts_config
	UNION ALL SELECT 'pg_catalog.pg_ts_dict'::regclass, oid, 0, pg_catalog.concat_ws(E'\n|\n', dictname, dictinitoption) FROM pg_catalog.pg_ts_dict
	UNION ALL SELECT 'pg_catalog.pg_ts_parser'::regclass, oid, 0, prsname FROM pg_catalog.pg_ts_parser
	UNION ALL SELECT 'pg_catalog.pg_ts_template'::regclass, oid, 0, tmplname FROM pg_catalog.pg_ts_template
	UNION ALL SELECT 'pg_catalog.pg_collation'::regclass, oid, 0, collname FROM pg_catalog.pg_collation
	UNION ALL SELECT 'pg_catalog.pg_conversion'::regclass, oid, 0, conname FROM pg_catalog.pg_conversion
	UNION ALL SELECT 'pg_catalog.pg_opfamily'::regclass, oid, 0, opfname FROM pg_catalog.pg_opfamily
	UNION ALL SELECT 'pg_catalog.pg_opclass'::regclass, oid, 0, opcname FROM pg_catalog.pg_opclass
	UNION ALL SELECT 'pg_catalog.pg_language'::regclass, oid, 0, lanname FROM pg_catalog.pg_language
	UNION ALL SELECT 'pg_catalog.pg_event_trigger'::regclass, oid, 0, evtname FROM pg_catalog.pg_event_trigger
)
SELECT pg_catalog.pg_describe_object(t.classid, t.objid, t.objsubid), t.body
FROM text t WHERE t.objid >= 16384 AND t.body <> '' AND (t.classid, t.objid) NOT IN (SELECT classid, objid FROM own)`

// besides yields (object, text) of what belongs to a database or goes over to it, and is in no
// dump of its schema: comments and settings of the databases $1, comments on the roles that
// have to do with them, where sequences stand, comments on large objects.
const besides = `
WITH base AS (
	SELECT oid, datname FROM pg_catalog.pg_database WHERE datname = ANY($1)
), role AS (
	SELECT d.refobjid AS oid FROM pg_catalog.pg_shdepend d JOIN base ON base.oid = d.dbid
	WHERE d.refclassid = 'pg_catalog.pg_authid'::regclass
	UNION SELECT datdba FROM pg_catalog.pg_database WHERE datname = ANY($1)
	UNION SELECT setrole FROM pg_catalog.pg_db_role_setting s JOIN base ON base.oid = s.setdatabase
)
SELECT 'comment on database ' || datname, pg_catalog.shobj_description(oid, 'pg_database') FROM base
UNION ALL
SELECT 'comment on role ' || r.rolname, pg_catalog.shobj_description(r.oid, 'pg_authid') FROM role JOIN pg_catalog.pg_roles r USING (oid)
UNION ALL
SELECT 'settings of database ' || base.datname || COALESCE(' for role ' || r.rolname, ''), (
	SELECT pg_catalog.string_agg(pg_catalog.quote_ident(pg_catalog.split_part(c, '=', 1)) || ' = ' ||
		pg_catalog.quote_literal(pg_catalog.substr(c, pg_catalog.strpos(c, '=') + 1)), E';\n') FROM pg_catalog.unnest(s.setconfig) AS c)
FROM pg_catalog.pg_db_role_setting s JOIN base ON base.oid = s.setdatabase LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
UNION ALL
SELECT 'value of sequence ' || q.seqrelid::regclass,
	CASE WHEN pg_catalog.has_sequence_privilege(q.seqrelid, 'SELECT,USAGE') AND NOT pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_sequence_last_value(q.seqrelid) END::text
FROM pg_catalog.pg_sequence q
UNION ALL
SELECT 'comment on large object ' || objoid, description FROM pg_catalog.pg_description WHERE classoid = 'pg_catalog.pg_largeobject'::regclass`

// schemaText looks through what is not rows: all that pg_dump prints of the schema, and
// what goes with a database beside that. Without a pg_dump that is as new as the server it
// reads the definitions from the catalogs, and says so.
func (db *database) schemaText(ctx context.Context, conn *pgx.Conn) (Check, error) {
	databases := []string{db.cfg.Database}
	if db.v.opts.Replaces != "" {
		databases = append(databases, db.v.opts.Replaces)
	}
	if err := db.texts(ctx, conn, besides, databases); err != nil {
		return Check{}, err
	}
	major := client.Major(db.cat.ServerVersion)
	if client.Require(major) != nil {
		detail := fmt.Sprintf("definitions were read from the catalogs, as there is no pg_dump of PostgreSQL %d or "+
			"newer, which prints more", major)
		return Check{Name: "schema", OK: true, Detail: detail}, db.texts(ctx, conn, schemaTexts)
	}
	return Check{}, db.v.dumped(ctx, db.ledger, "definitions", func(ctx context.Context, d *dump) error {
		return client.Run(ctx, client.Command{
			Tool: client.Dump, MinMajor: major, Doing: "dumping the schema of " + db.cfg.Database + " to verify it",
			Server: db.cfg, Stdout: d, Args: []string{"--schema-only", "--create", "--no-password", "--encoding=UTF8",
				"--snapshot=" + db.snapshot},
			Settings: map[string]string{"default_transaction_read_only": "on"},
		})
	})
}

// texts looks through what a query yields.
func (db *database) texts(ctx context.Context, conn *pgx.Conn, query string, args ...any) error {
	doing := fmt.Sprintf("reading the definitions of database %q", db.cfg.Database)
	rows, err := conn.Query(ctx, query, args...)
	if err != nil {
		return client.Wrap(err, "%s", doing)
	}
	s := db.v.scanner()
	var object string
	var body []byte
	entries := 0
	_, err = pgx.ForEachRow(rows, []any{&object, &body}, func() error {
		if entries++; s.finds([]byte(object)) {
			object = fmt.Sprintf("definition no. %d (its name is a finding)", entries)
		}
		t := db.ledger.column(object, "", asDefinition)
		s.cell(t, place{}, body)
		s.credentials(t, body)
		return s.err()
	})
	return client.Wrap(err, "%s", doing)
}

// finds reports whether there is anything to be found in text.
func (s *scanner) finds(text []byte) bool {
	t := tally{schema: true}
	s.look(&t, place{}, text)
	return t.counts(0).found > 0
}
