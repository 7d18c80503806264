package verify

import (
	"context"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/client"
)

// schemaTexts yields (object, number, text) of everything in a schema that a person
// wrote, or that a tool filled in from data, names too. Objects of extensions and
// of the system are left out. An object's number stands in for a description that
// is itself a finding.
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
	UNION ALL SELECT 'pg_catalog.pg_class'::regclass, q.seqrelid, 0, pg_catalog.concat_ws(' | ', q.seqstart,
		CASE WHEN pg_catalog.has_sequence_privilege(q.seqrelid, 'SELECT,USAGE') AND NOT pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_sequence_last_value(q.seqrelid) END) FROM pg_catalog.pg_sequence q
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
SELECT pg_catalog.pg_describe_object(t.classid, t.objid, t.objsubid), (pg_catalog.pg_identify_object(t.classid, t.objid, t.objsubid)).type || ' with oid ' || t.objid, t.body
FROM text t WHERE t.objid >= 16384 AND t.body <> '' AND (t.classid, t.objid) NOT IN (SELECT classid, objid FROM own)
UNION ALL
SELECT 'database ' || pg_catalog.current_database(), 'database', pg_catalog.shobj_description(oid, 'pg_database')
FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database() AND pg_catalog.shobj_description(oid, 'pg_database') IS NOT NULL`

// schemaText looks through what is not rows.
func (db *database) schemaText(ctx context.Context, conn *pgx.Conn) error {
	rows, err := conn.Query(ctx, schemaTexts)
	if err != nil {
		return client.Wrap(err, "reading the definitions of database %q", db.cfg.Database)
	}
	s := db.v.scanner()
	var object, number string
	var body []byte
	_, err = pgx.ForEachRow(rows, []any{&object, &number, &body}, func() error {
		if s.finds([]byte(object)) {
			object = number
		}
		s.cell(db.ledger.column(object, "", asDefinition), place{}, body)
		return s.err()
	})
	return client.Wrap(err, "reading the definitions of database %q", db.cfg.Database)
}

// finds reports whether there is anything to be found in text.
func (s *scanner) finds(text []byte) bool {
	t := tally{schema: true}
	s.look(&t, place{}, text)
	return t.counts(0).found > 0
}
