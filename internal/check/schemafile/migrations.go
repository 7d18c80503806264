package schemafile

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"refresher/internal/fault"
)

// expand lists the files of folders in the order in which migration tools run them, without
// what undoes them.
func expand(paths []string) ([]string, error) {
	var files []string
	for _, p := range paths {
		info, err := os.Stat(p)
		switch {
		case err != nil:
			return nil, fault.BadInput("--schema %s can't be read: %v", p, errors.Unwrap(err))
		case !info.IsDir():
			if fix := remedy(p); fix != "" {
				return nil, fault.BadInput("--schema %s is no SQL: %s", p, fix)
			}
			files = append(files, p)
			continue
		}
		in, err := folder(p)
		if err != nil {
			return nil, err
		}
		files = append(files, in...)
	}
	return files, nil
}

// folder lists a folder's migrations. Where Rails or Ecto keep the whole schema beside them,
// that alone counts.
func folder(dir string) ([]string, error) {
	if whole := filepath.Join(dir, "structure.sql"); exists(whole) {
		return []string{whole}, nil
	}
	var sql, other []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		name := filepath.Base(path)
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != dir && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "seeds"):
			return filepath.SkipDir
		case d.IsDir():
		case strings.HasSuffix(name, ".sql"):
			sql = append(sql, path)
		case remedy(path) != "":
			other = append(other, path)
		}
		return nil
	})
	if err != nil {
		return nil, fault.BadInput("--schema %s can't be read: %v", dir, errors.Unwrap(err))
	}
	for _, path := range other {
		if len(sql) == 0 || strings.HasSuffix(path, ".java") && flywayName().MatchString(filepath.Base(path)) {
			return nil, fault.BadInput("--schema %s is no SQL: %s", path, remedy(path))
		}
	}
	if len(sql) == 0 {
		return nil, fault.BadInput("--schema %s holds no .sql file", dir)
	}
	return ordered(sql), nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// remedies say how what is no SQL becomes some, by the names of files.
var remedies = [...]struct{ name, fix string }{
	{`(^|/)(schema|\d+_\w+)\.rb$`, "set config.active_record.schema_format = :sql in Rails, and give it the " +
		"db/structure.sql that bin/rails db:schema:dump writes then"},
	{`\.prisma$`, "give it the folder prisma/migrations, or what prisma migrate diff --from-empty " +
		"--to-schema-datamodel schema.prisma --script prints"},
	{`(^|/)schema\.rs$`, "give it Diesel's folder migrations"},
	{`(^|/)(env|alembic.*|versions/.*)\.py$`, "write SQL with alembic upgrade head --sql > schema.sql"},
	{`\.py$`, "for Alembic write SQL with alembic upgrade head --sql; for Django give it what pg_dump --schema-only " +
		"writes of a migrated database"},
	{`\.exs?$`, "give it the priv/repo/structure.sql that mix ecto.dump writes"},
	{`\.php$`, "give it the database/schema/pgsql-schema.sql that php artisan schema:dump writes"},
	{`\.(java|kt)$`, "a migration in Java can't be run here: give it what pg_dump --schema-only writes of a migrated database"},
	{`changelog.*\.(xml|ya?ml|json)$`, "write SQL with liquibase update-sql"},
	{`\.(m?js|cjs|ts)$`, "give it what pg_dump --schema-only writes of a migrated database"},
}

// remedy says what to do with a file that holds a schema in another language, "" for others.
func remedy(path string) string {
	for _, r := range remedies {
		if regexp.MustCompile(r.name).MatchString(filepath.ToSlash(path)) {
			return r.fix
		}
	}
	return ""
}

// flywayName is V2.1__name.sql, R__name.sql (repeatable), U2.1__name.sql (undo) or B3__name.sql (baseline).
var flywayName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([VUB])([0-9][0-9._]*?)__.*\.(?:sql|java)$|^(R)__.*\.(?:sql|java)$`)
})

// undoes are names of files that undo a migration.
var undoes = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(^|[._/])(down|undo|rollback|revert)\.sql$`)
})

// ordered sorts migrations as their tool does: Flyway's by version and the repeatable ones
// last, others by path with numbers as numbers.
func ordered(files []string) []string {
	files = slices.DeleteFunc(files, func(f string) bool { return undoes().MatchString(filepath.ToSlash(f)) })
	if !slices.ContainsFunc(files, func(f string) bool { return strings.HasPrefix(flyway(f).kind, "V") }) {
		slices.SortFunc(files, natural)
		return files
	}
	base := ""
	for _, f := range files {
		if m := flyway(f); m.kind == "B" && (base == "" || natural(m.version, base) > 0) {
			base = m.version
		}
	}
	files = slices.DeleteFunc(files, func(f string) bool { // callbacks and undo are no migrations
		m := flyway(f)
		return m.kind == "" || m.kind == "U" || m.kind == "V" && base != "" && natural(m.version, base) <= 0 ||
			m.kind == "B" && m.version != base
	})
	slices.SortFunc(files, func(a, b string) int {
		x, y := flyway(a), flyway(b)
		if (x.kind == "R") != (y.kind == "R") {
			return strings.Compare(strings.Trim(x.kind, "VB"), strings.Trim(y.kind, "VB"))
		}
		return cmp.Or(natural(x.version, y.version), strings.Compare(filepath.Base(a), filepath.Base(b)))
	})
	return files
}

type flywayMigration struct{ kind, version string }

func flyway(file string) flywayMigration {
	m := flywayName().FindStringSubmatch(filepath.Base(file))
	if m == nil {
		return flywayMigration{}
	}
	return flywayMigration{kind: m[1] + m[3], version: strings.ReplaceAll(m[2], "_", ".")}
}

// natural compares texts with runs of digits as numbers.
func natural(a, b string) int {
	for a != "" && b != "" {
		x, y := firstRun(a), firstRun(b)
		n, errA := strconv.ParseUint(x, 10, 64)
		k, errB := strconv.ParseUint(y, 10, 64)
		c := strings.Compare(x, y)
		if errA == nil && errB == nil {
			c = cmp.Or(cmp.Compare(n, k), c)
		}
		if c != 0 {
			return c
		}
		a, b = a[len(x):], b[len(y):]
	}
	return cmp.Compare(len(a), len(b))
}

// firstRun is a text's first run of digits, or of other characters.
func firstRun(s string) string {
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	i := 1
	for i < len(s) && digit(s[i]) == digit(s[0]) {
		i++
	}
	return s[:i]
}

// directions are the comments by which tools part what makes a migration from what undoes
// it: goose, dbmate, sql-migrate and tern.
var directions = [...]struct{ up, down string }{
	{"+goose up", "+goose down"}, {"migrate:up", "migrate:down"}, {"+migrate up", "+migrate down"},
	{"", "create above / drop below"},
}

// upOnly empties the lines that undo a migration, so that lines keep their numbers.
func upOnly(script string) string {
	lines := strings.Split(script, "\n")
	down := false
	for i, line := range lines {
		if comment, ok := strings.CutPrefix(strings.TrimSpace(line), "--"); ok {
			comment = strings.Join(strings.Fields(strings.ToLower(strings.Trim(comment, "- \t\r"))), " ")
			for _, d := range directions {
				down = (down || strings.HasPrefix(comment, d.down)) && (d.up == "" || !strings.HasPrefix(comment, d.up))
			}
		}
		if down {
			lines[i] = ""
		}
	}
	return strings.Join(lines, "\n")
}
