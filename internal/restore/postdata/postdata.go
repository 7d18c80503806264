package postdata

import (
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/sqltext"
)

// Options say where and how a script runs.
type Options struct {
	Doing    string      // what errors say was being done
	Sessions []*pgx.Conn // in one database, at least one: so many builds go on side by side
	Skip     string      // settings that begin so are left out: the server doesn't know them; empty: none
}

// Run runs a script of pg_restore's, of a section post-data.
func Run(ctx context.Context, script string, o Options) error {
	statements, err := sqltext.Split(script)
	if err != nil {
		return fmt.Errorf("%s: %w", o.Doing, err)
	}
	p := &runner{Options: o}
	if p.rels, err = relations(ctx, o.Sessions[0]); err != nil {
		return err
	}
	settings := "SET maintenance_work_mem = '" + maintenanceMemory + "'"
	if len(o.Sessions) > 1 { // builds run side by side; more processes each only get in their way
		settings += "; SET max_parallel_maintenance_workers = 0"
	}
	if err := p.everywhere(ctx, settings); err != nil {
		return err
	}
	return p.run(ctx, statements)
}

// maintenanceMemory is what a build may use to sort or hash, in each session.
const maintenanceMemory = "256MB"

// relation is what a build has to know about a table or materialised view.
type relation struct {
	kind catalog.Kind
	root catalog.Name // of its partition tree; empty if it is in none
	size int64        // bytes
}

func relations(ctx context.Context, conn *pgx.Conn) (map[catalog.Name]relation, error) {
	const doing = "listing the relations to index"
	rows, err := conn.Query(ctx, `
		SELECT n.nspname, c.relname, c.relkind::text, coalesce(rn.nspname, ''), coalesce(r.relname, ''),
			pg_relation_size(c.oid)
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		LEFT JOIN pg_class r ON r.oid = pg_partition_root(c.oid) LEFT JOIN pg_namespace rn ON rn.oid = r.relnamespace
		WHERE c.relkind IN ('r', 'p', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`)
	if err != nil {
		return nil, client.Wrap(err, doing)
	}
	out := map[catalog.Name]relation{}
	var n catalog.Name
	var r relation
	var kind string
	_, err = pgx.ForEachRow(rows, []any{&n.Schema, &n.Name, &kind, &r.root.Schema, &r.root.Name, &r.size}, func() error {
		r.kind = catalog.Kind(kind[0])
		out[n] = r
		return nil
	})
	return out, client.Wrap(err, doing)
}

// runner runs a script.
type runner struct {
	Options
	rels map[catalog.Name]relation

	builds   []build  // what can run side by side, and hasn't yet
	after    []string // what follows the builds
	checks   []build  // of foreign keys, after everything else
	mu       sync.Mutex
	again    []string // what the server ended for a deadlock; guarded by mu
	comments []string // last
}

func (p *runner) run(ctx context.Context, statements []sqltext.Statement) error {
	statements, names := withoutAttached(statements)
	for _, st := range statements {
		if err := p.take(ctx, st); err != nil {
			return err
		}
	}
	if err := p.flush(ctx); err != nil {
		return err
	}
	if err := p.side(ctx, p.checks); err != nil {
		return err
	}
	if err := p.rename(ctx, names); err != nil {
		return err
	}
	return p.serially(ctx, p.comments)
}

// A statement that isn't of one of these shapes, which are those that pg_dump
// writes, runs alone and in its place.
const (
	part      = sqltext.NamePattern
	qualified = sqltext.QualifiedPattern
)

var (
	settingShape    = shape(`^(?:SET |SELECT pg_catalog\.set_config\()`)
	indexShape      = shape(`^CREATE (?:UNIQUE )?INDEX ` + part + ` ON (?:ONLY )?` + qualified + ` USING `)
	constraintShape = shape(`^ALTER TABLE (?:ONLY )?` + qualified + `\s+ADD CONSTRAINT ` + part +
		` (?:PRIMARY KEY|UNIQUE|EXCLUDE) `)
	foreignKeyShape = shape(`^ALTER TABLE (?:ONLY )?` + qualified + `\s+ADD CONSTRAINT (` + part +
		`) FOREIGN KEY \((?:"(?:[^"]|"")+"|[^")])+\) REFERENCES ` + qualified + `\(`)
	afterShape = shape(`^ALTER (?:INDEX |TABLE (?:ONLY )?` + qualified +
		` (?:CLUSTER ON|REPLICA IDENTITY USING INDEX) )`)
)

// ForeignKey reads a statement that adds a foreign key: the table that has it, and the one it refers to.
func ForeignKey(statement string) (from, to catalog.Name, ok bool, err error) {
	m := foreignKeyShape().FindStringSubmatch(statement)
	if m == nil {
		return from, to, false, nil
	}
	from, err = catalog.ParseName(m[1])
	to, terr := catalog.ParseName(m[3])
	return from, to, true, errors.Join(err, terr)
}

// shape is a pattern that is compiled when it is first used.
func shape(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// take runs a statement, or puts it off.
func (p *runner) take(ctx context.Context, st sqltext.Statement) error {
	text := st.Text
	if m := indexShape().FindStringSubmatch(text); m != nil {
		return p.index(text, m[1], false)
	}
	if m := constraintShape().FindStringSubmatch(text); m != nil {
		return p.index(text, m[1], true)
	}
	switch {
	case afterShape().MatchString(text):
		p.after = append(p.after, text)
		return nil
	case strings.HasPrefix(text, "COMMENT ON "):
		p.comments = append(p.comments, text)
		return nil
	}
	if err := p.flush(ctx); err != nil {
		return err
	}
	if m := foreignKeyShape().FindStringSubmatch(text); m != nil && !strings.HasSuffix(text, " NOT VALID") &&
		!strings.HasSuffix(text, " NOT ENFORCED") {
		return p.foreignKey(ctx, text, m[1], m[2], m[3])
	}
	if settingShape().MatchString(text) {
		return p.everywhere(ctx, text)
	}
	return p.exec(ctx, p.Sessions[0], text)
}

// index adds the build of an index, or of a constraint that is one.
func (p *runner) index(text, table string, exclusive bool) error {
	n, r, err := p.relation(table)
	if err != nil {
		return err
	}
	b := build{sql: text, weight: r.size, locks: locks{n.SQL(): exclusive}}
	switch {
	case r.kind == catalog.Partitioned: // the entry of the parent alone: quick, but it looks at its partitions
		b.weight = math.MaxInt64
		b.locks[tree(r.root)] = true
	case r.root != (catalog.Name{}):
		b.locks[tree(r.root)] = false
	}
	p.builds = append(p.builds, b)
	return nil
}

// foreignKey adds a foreign key. One from or to a partition tree can't be added
// NOT VALID (PostgreSQL 17 and before): it is checked while both trees are locked.
func (p *runner) foreignKey(ctx context.Context, text, table, name, referenced string) error {
	from, fr, err := p.relation(table)
	if err != nil {
		return err
	}
	to, tr, err := p.relation(referenced)
	if err != nil {
		return err
	}
	check := build{sql: text, weight: fr.size, locks: locks{to.SQL(): false, from.SQL(): true}}
	none := catalog.Name{}
	if fr.root == none && tr.root == none {
		check.sql = "ALTER TABLE " + table + " VALIDATE CONSTRAINT " + name
		p.checks = append(p.checks, check)
		return p.exec(ctx, p.Sessions[0], text+" NOT VALID")
	}
	check.locks[to.SQL()] = true
	for _, root := range []catalog.Name{fr.root, tr.root} {
		if root != none {
			check.locks[tree(root)] = true
		}
	}
	p.checks = append(p.checks, check)
	return nil
}

func (p *runner) relation(name string) (catalog.Name, relation, error) {
	n, err := catalog.ParseName(name)
	if err != nil {
		return n, relation{}, fmt.Errorf("%s: %w", p.Doing, err)
	}
	return n, p.rels[n], nil // nothing is known of a materialised view that post-data makes
}

func tree(root catalog.Name) string { return "tree of " + root.SQL() }

// flush runs what was put off, but foreign keys and comments.
func (p *runner) flush(ctx context.Context) error {
	builds, after := p.builds, p.after
	p.builds, p.after = nil, nil
	if err := p.side(ctx, builds); err != nil {
		return err
	}
	return p.serially(ctx, after)
}

// side runs builds side by side. An index's function may read other tables, which
// can't be known: a build that deadlocks for that runs again, alone.
func (p *runner) side(ctx context.Context, builds []build) error {
	err := sideBySide(ctx, len(p.Sessions), builds, func(ctx context.Context, session int, b build) error {
		err := p.exec(ctx, p.Sessions[session], b.sql)
		if client.Code(err) == "40P01" {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.again = append(p.again, b.sql)
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	again := p.again
	p.again = nil
	return p.serially(ctx, again)
}

func (p *runner) serially(ctx context.Context, statements []string) error {
	for _, text := range statements {
		if err := p.exec(ctx, p.Sessions[0], text); err != nil {
			return err
		}
	}
	return nil
}

// everywhere sets a parameter in every session.
func (p *runner) everywhere(ctx context.Context, text string) error {
	if p.Skip != "" && strings.HasPrefix(text, p.Skip) {
		return nil
	}
	for _, conn := range p.Sessions {
		if err := p.exec(ctx, conn, text); err != nil {
			return err
		}
	}
	return nil
}

func (p *runner) exec(ctx context.Context, conn *pgx.Conn, text string) error {
	_, err := conn.PgConn().Exec(ctx, text).ReadAll()
	return client.Wrap(err, "%s: %s", p.Doing, named(text))
}

// named is a statement up to the name of what it makes, before any constant: a
// comment's text, say, which its sixth word would begin.
func named(text string) string {
	text, _, _ = strings.Cut(text, "'")
	words := strings.Fields(text)
	return strings.Join(words[:min(len(words), 6)], " ")
}
