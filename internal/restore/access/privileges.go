package access

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"refresher/internal/postgres/catalog"
)

// ownership is the statements that give the shadow's objects their owners: of an
// object that the live database has, the owner there; of a new one the owner of
// its schema there, or of the database.
func ownership(live, shadow *Inventory, databaseOwner string) []string {
	var create, schemas, others []string
	granted := map[string]bool{}
	for _, o := range sortedObjects(shadow) {
		st := shadow.objects[o]
		want := futureOwner(live, o, st, databaseOwner)
		if want == st.owner || st.follows {
			continue
		}
		alter := fmt.Sprintf("ALTER %s %s OWNER TO %s", alterable(o.kind), o.ident, catalog.Quote(want))
		if o.kind == "SCHEMA" {
			schemas = append(schemas, alter)
			continue
		}
		// A new owner must be allowed to create in the schema; what is too much is
		// revoked with everything else that the live database doesn't grant.
		if g := fmt.Sprintf("GRANT CREATE ON SCHEMA %s TO %s", catalog.Quote(st.schema),
			catalog.Quote(want)); st.schema != "" && !granted[g] {
			granted[g] = true
			create = append(create, g)
		}
		others = append(others, alter)
	}
	return slices.Concat(create, others, schemas)
}

// databaseOwnerRole stands for the owner of the database it is used in.
const databaseOwnerRole = "pg_database_owner"

func futureOwner(live *Inventory, o object, st standing, databaseOwner string) string {
	if was, ok := live.objects[o]; ok {
		return was.owner
	}
	schema, ok := live.schemas[st.schema]
	if !ok || schema.owner == databaseOwnerRole {
		return databaseOwner
	}
	return schema.owner
}

func alterable(kind string) string {
	switch kind {
	case "SEQUENCE":
		return "TABLE" // ALTER TABLE … OWNER serves every kind of relation
	case "FOREIGN SERVER":
		return "SERVER"
	}
	return kind
}

// wanted is the set of grants that the shadow should have: on objects that the
// live database has, those it has; on new ones what the default privileges of
// their owner say, in addition to what the server gave them.
func wanted(live, shadow *Inventory) map[grant]bool {
	want := map[grant]bool{}
	for g := range live.grants {
		if st, ok := shadow.objects[g.object]; ok && st.owner != g.grantee {
			want[g] = true
		}
	}
	for g := range shadow.grants {
		if _, ok := live.objects[g.object]; !ok {
			want[g] = true
		}
	}
	for o, st := range shadow.objects {
		if _, ok := live.objects[o]; ok {
			continue
		}
		for d := range live.defaults {
			if d.role == st.owner && d.grantee != st.owner && (d.schema == "" || d.schema == st.schema) &&
				d.objtype == objtype(o.kind) {
				want[grant{object: o, grantee: d.grantee, privilege: d.privilege, grantable: d.grantable}] = true
			}
		}
	}
	return want
}

func objtype(kind string) string {
	return map[string]string{"TABLE": "r", "SEQUENCE": "S", "ROUTINE": "f", "TYPE": "T", "SCHEMA": "n"}[kind]
}

// privileges is the statements that turn what the shadow grants into want.
func privileges(want, have map[grant]bool) []string {
	var out []string
	for _, g := range sortedGrants(have) {
		// GRANT adds a grant option and never takes it away.
		if !want[g] {
			out = append(out, fmt.Sprintf("REVOKE %s ON %s FROM %s", g.what(), g.on(), role(g.grantee)))
		}
	}
	for _, g := range sortedGrants(want) {
		if have[g] {
			continue
		}
		sql := fmt.Sprintf("GRANT %s ON %s TO %s", g.what(), g.on(), role(g.grantee))
		if g.grantable {
			sql += " WITH GRANT OPTION"
		}
		out = append(out, sql)
	}
	return out
}

func (g grant) what() string {
	if g.column != "" {
		return g.privilege + " (" + g.column + ")"
	}
	return g.privilege
}

func (o object) on() string { return o.kind + " " + o.ident }

// plural are the kinds of pg_default_acl in ALTER DEFAULT PRIVILEGES.
var plural = map[string]string{"r": "TABLES", "S": "SEQUENCES", "f": "ROUTINES", "T": "TYPES", "n": "SCHEMAS"}

// defaultPrivileges is the statements that make the live database's default
// privileges the shadow's, which has none yet.
func defaultPrivileges(live, shadow *Inventory) []string {
	var out []string
	add := func(verb, preposition string, d defaultGrant, option string) {
		in := ""
		if d.schema != "" {
			if _, ok := shadow.schemas[d.schema]; !ok {
				return
			}
			in = " IN SCHEMA " + catalog.Quote(d.schema)
		}
		if plural[d.objtype] == "" {
			return // a kind that this version of refresher doesn't know
		}
		out = append(out, fmt.Sprintf("ALTER DEFAULT PRIVILEGES FOR ROLE %s%s %s %s ON %s %s %s%s",
			catalog.Quote(d.role), in, verb, d.privilege, plural[d.objtype], preposition, role(d.grantee), option))
	}
	for _, d := range sortedDefaults(live.builtin) {
		if !live.defaults[d] {
			add("REVOKE", "FROM", d, "")
		}
	}
	for _, d := range sortedDefaults(live.defaults) {
		switch {
		case live.builtin[d]:
		case d.grantable:
			add("GRANT", "TO", d, " WITH GRANT OPTION")
		default:
			add("GRANT", "TO", d, "")
		}
	}
	return out
}

// lost says in words which owners and grants of the live database the shadow
// hasn't got.
func lost(live, shadow *Inventory, want map[grant]bool) []string {
	var out []string
	for _, o := range sortedObjects(live) {
		if now, ok := shadow.objects[o]; ok && now.owner != live.objects[o].owner && !now.follows {
			out = append(out, fmt.Sprintf("%s %s: its owner %s could not be carried over", strings.ToLower(o.kind),
				o.ident,
				live.objects[o].owner))
		}
	}
	for _, g := range sortedGrants(want) {
		if !shadow.grants[g] && shadow.objects[g.object].owner != g.grantee {
			out = append(out, fmt.Sprintf("%s %s: the grant of %s to %s could not be carried over",
				strings.ToLower(g.kind),
				g.ident, g.what(), role(g.grantee)))
		}
	}
	return out
}

func sortedObjects(inv *Inventory) []object {
	return slices.SortedFunc(maps.Keys(inv.objects), func(a, b object) int {
		return cmp.Or(strings.Compare(a.kind, b.kind), strings.Compare(a.ident, b.ident))
	})
}

func sortedGrants(set map[grant]bool) []grant {
	return slices.SortedFunc(maps.Keys(set), func(a, b grant) int {
		return cmp.Or(strings.Compare(a.kind, b.kind), strings.Compare(a.ident, b.ident),
			strings.Compare(a.column, b.column),
			strings.Compare(a.grantee, b.grantee), strings.Compare(a.privilege, b.privilege), compareBool(a.grantable,
				b.grantable))
	})
}

func sortedDefaults(set map[defaultGrant]bool) []defaultGrant {
	return slices.SortedFunc(maps.Keys(set), func(a, b defaultGrant) int {
		return cmp.Or(strings.Compare(a.role, b.role), strings.Compare(a.schema, b.schema), strings.Compare(a.objtype,
			b.objtype),
			strings.Compare(a.grantee, b.grantee), strings.Compare(a.privilege, b.privilege), compareBool(a.grantable,
				b.grantable))
	})
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
