package catalog

import "context"

// credential is the condition on an option's name and value that it could hold a
// credential: by its name, as the password of a connection string, in a URL or in a
// header. User mappings are where credentials belong, but not every wrapper says so.
const credential = ` (x.option_name ~* '(passw|passphrase|pwd|secret|token|credential|api.?key|access.?key|private.?key|service.?account)'
	OR x.option_value ~* '((password|pwd|secret|token)[[:space:]]*=|://[^/@[:space:]]*:[^/@[:space:]]+@|bearer[[:space:]])')`

func (l *loader) servers(ctx context.Context) error {
	const q = `
		SELECT s.srvname, w.fdwname, coalesce(s.srvtype, ''), coalesce(s.srvversion, ''),
		       coalesce(array_agg(x.option_name ORDER BY x.n) FILTER (WHERE NOT ` + credential + `), '{}'),
		       coalesce(array_agg(x.option_value ORDER BY x.n) FILTER (WHERE NOT ` + credential + `), '{}'),
		       coalesce(array_agg(x.option_name ORDER BY x.n) FILTER (WHERE ` + credential + `), '{}')
		FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
		LEFT JOIN LATERAL pg_options_to_table(s.srvoptions) WITH ORDINALITY x (option_name, option_value, n) ON true
		WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_foreign_server'::regclass AND d.objid = s.oid AND d.deptype = 'e')
		GROUP BY s.oid, s.srvname, w.fdwname, s.srvtype, s.srvversion ORDER BY s.srvname`
	var s Server
	var names, values []string
	return l.rows(ctx, q, []any{&s.Name, &s.Wrapper, &s.Type, &s.Version, &names, &values, &s.Withheld}, func() error {
		found := s
		for i, name := range names {
			found.Options = append(found.Options, Option{name, values[i]})
		}
		l.cat.Servers = append(l.cat.Servers, &found)
		return nil
	})
}

func (l *loader) credentials(ctx context.Context) error {
	const q = `
		SELECT DISTINCT o.what || ', option ' || x.option_name
		FROM (
			SELECT 'foreign-data wrapper ' || quote_ident(fdwname), fdwoptions FROM pg_foreign_data_wrapper
			UNION ALL
			SELECT 'foreign table ' || ftrelid::regclass, ftoptions FROM pg_foreign_table
			UNION ALL
			SELECT 'foreign table ' || attrelid::regclass || ', column ' || quote_ident(attname), attfdwoptions
			FROM pg_attribute WHERE attfdwoptions IS NOT NULL AND NOT attisdropped
		) o (what, options), LATERAL pg_options_to_table(o.options) x
		WHERE ` + credential + ` ORDER BY 1`
	var what string
	return l.rows(ctx, q, []any{&what}, func() error {
		l.cat.Credentials = append(l.cat.Credentials, what)
		return nil
	})
}

func (l *loader) policyRoles(ctx context.Context) error {
	const q = `SELECT DISTINCT r.rolname::text FROM pg_policy p CROSS JOIN unnest(p.polroles) u(oid) JOIN pg_roles r ON r.oid = u.oid ORDER BY 1`
	var role string
	return l.rows(ctx, q, []any{&role}, func() error {
		l.cat.PolicyRoles = append(l.cat.PolicyRoles, role)
		return nil
	})
}
