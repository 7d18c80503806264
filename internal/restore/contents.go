package restore

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/sqltext"
	"refresher/internal/restore/postdata"
)

// Contents is what a dump tells of itself.
type Contents struct {
	Major      int    // of the server it was made on; 0 if it doesn't say
	Encoding   string // of its text
	Extensions []string
	Schemas    map[string]string               // of extensions
	References map[catalog.Name][]catalog.Name // the tables that foreign keys of a table lead to
}

var contentsShapes = sync.OnceValue(func() (s struct{ from, encoding, extension *regexp.Regexp }) {
	s.from = regexp.MustCompile(`(?m)^;\s+Dumped from database version: (\d+)`)
	s.encoding = regexp.MustCompile(`(?m)^SET client_encoding = '(\w+)';`)
	s.extension = regexp.MustCompile(
		`^CREATE EXTENSION IF NOT EXISTS (` + sqltext.NamePattern + `) WITH SCHEMA (` + sqltext.NamePattern + `)$`)
	return s
})

// ReadContents reads the contents of a dump, and refuses one with statements that pg_dump
// does not write.
func ReadContents(ctx context.Context, dump string) (*Contents, error) {
	major, err := client.ArchiveMajor(dump)
	if err != nil {
		return nil, err
	}
	var list, script bytes.Buffer
	read := client.Command{Tool: client.Restore, MinMajor: major, Doing: "reading the dump's contents"}
	read.Args, read.Stdout = []string{"--list", dump}, &list
	if err := client.Run(ctx, read); err != nil {
		return nil, err
	}
	read.Args, read.Stdout = []string{"--section=pre-data", "--section=post-data", "--no-owner", "--no-privileges",
		"--file=-", dump}, &script
	if err := client.Run(ctx, read); err != nil {
		return nil, err
	}
	statements, err := sqltext.Split(Plain(script.String()))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", read.Doing, err)
	}
	if err := onlyDumped(statements); err != nil {
		return nil, err
	}
	c := &Contents{Encoding: "UTF8", Schemas: map[string]string{}, References: map[catalog.Name][]catalog.Name{}}
	for _, st := range statements {
		from, to, ok, err := postdata.ForeignKey(st.Text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", read.Doing, err)
		}
		if ok {
			c.References[from] = append(c.References[from], to)
		}
		if m := contentsShapes().extension.FindStringSubmatch(strings.TrimSuffix(st.Text, ";")); m != nil {
			if name, err := catalog.ParseName(m[2] + "." + m[1]); err == nil {
				c.Schemas[name.Name] = name.Schema
			}
		}
	}
	if m := contentsShapes().from.FindSubmatch(list.Bytes()); m != nil {
		c.Major, _ = strconv.Atoi(string(m[1]))
	}
	if m := contentsShapes().encoding.FindSubmatch(script.Bytes()); m != nil {
		c.Encoding = string(m[1])
	}
	for line := range strings.Lines(list.String()) {
		m := tocLine.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if m == nil {
			continue
		}
		if name, ok := strings.CutPrefix(m[1], "EXTENSION - "); ok && !slices.Contains(bound, strings.TrimSpace(name)) {
			c.Extensions = append(c.Extensions, strings.TrimSpace(name))
		}
	}
	return c, nil
}

// Like describes the database that a dump wants: with its encoding, and with
// the locale that the server has.
func (c *Contents) Like() *catalog.Catalog { return &catalog.Catalog{Encoding: c.Encoding} }

// NotOlderThan refuses a server that is older than the one that a dump is from.
func (s *Server) NotOlderThan(major int) error {
	if to := client.Major(s.version); to < major {
		return fault.Refuse("version", "the %s server is PostgreSQL %d, older than the %d that the dump is "+
			"from: a dump "+
			"can be restored into the same or a newer version only", s.which, to, major)
	}
	return nil
}

// Fits refuses a server that is older than a dump, or has not got its extensions.
func (s *Server) Fits(ctx context.Context, c *Contents) error {
	if err := s.NotOlderThan(c.Major); err != nil {
		return err
	}
	const q = `SELECT coalesce(array_agg(x ORDER BY x), '{}') FROM unnest($1::text[]) x WHERE x NOT IN (SELECT name FROM
		pg_available_extensions)`
	var missing []string
	err := s.do(ctx, func(conn *pgx.Conn) error {
		return client.Wrap(conn.QueryRow(ctx, q, c.Extensions).Scan(&missing),
			"listing the extensions of the %s server",
			s.which)
	})
	if err == nil && len(missing) > 0 {
		return fmt.Errorf("the %s server has not got what the dump needs: install on its machine the packages of the "+
			"extensions %s", s.which, strings.Join(missing, ", "))
	}
	return err
}
