package sample

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
)

// picking is a root at work: the rows that it may pick are in a table of the session, each with its hash.
type picking struct {
	Root
	entity *entity
	why    rune
	found  string // temporary table of (h, rel, tid)
	share  share  // of the hashes that found holds
	count  int64  // rows in found
	picked int64  // rows of it that are in the sample by now
}

// percent is the share of the rows that count: all of them if only a condition is given.
func (p *picking) percent() float64 {
	if p.Percent == 0 {
		return 100
	}
	return p.Percent
}

// find fills the table of the rows that a root may pick.
//
// Hashes are computed here and not on the server: a salt that travels in a statement can end in the server's
// log, in pg_stat_statements or in auto_explain's output.
func (s *Sample) find(ctx context.Context, i int, p *picking) error {
	p.found = fmt.Sprintf("pg_temp.refresher_root_%d", i)
	if _, err := s.conn.Exec(ctx, "CREATE TEMP TABLE "+strings.TrimPrefix(p.found, "pg_temp.")+
		` (h bigint NOT NULL, rel oid NOT NULL, tid tid NOT NULL) ON COMMIT DROP`); err != nil {
		return client.Wrap(err, "sampling %s", p.Table)
	}
	switch {
	case p.Keys != nil:
		return s.findIn(ctx, p, share{all: true})
	case p.Rows == 0:
		return s.findIn(ctx, p, shareOf(p.percent(), 1))
	}
	// The lowest hashes, as many as rows are wanted: of a large table a share of about that
	// size is looked through, and a larger one if there are fewer.
	rows := 0.0
	for _, leaf := range p.entity.leaves {
		var n float64
		if err := s.reader.QueryRow(ctx, "SELECT reltuples FROM pg_catalog.pg_class WHERE oid = $1::text::regclass",
			leaf.Name.SQL()).Scan(&n); err != nil {
			return client.Wrap(err, "sampling %s", p.Table)
		}
		rows += max(n, 0)
	}
	wanted := float64(p.Rows) + 6*math.Sqrt(float64(p.Rows)) // six standard deviations
	for factor := 1.0; ; factor *= 8 {
		part := share{all: true}
		if percent := 100 * factor * wanted / rows; percent < 100 { // +Inf without rows
			part = shareOf(percent, 1)
		}
		if err := s.findIn(ctx, p, part); err != nil || p.count >= p.Rows || part.all {
			return err
		}
	}
}

// findIn fills the table with the rows in a share of the hashes.
func (s *Sample) findIn(ctx context.Context, p *picking, part share) error {
	if _, err := s.conn.Exec(ctx, "TRUNCATE "+p.found); err != nil {
		return client.Wrap(err, "sampling %s", p.Table)
	}
	p.share = part
	r, w := io.Pipe()
	group, within := errgroup.WithContext(ctx)
	group.Go(func() error {
		err := s.writeHashes(within, p, part, w)
		w.CloseWithError(err)
		return err
	})
	group.Go(func() error {
		tag, err := s.conn.PgConn().CopyFrom(within, r, "COPY "+p.found+" (h, rel, tid) FROM STDIN (FORMAT binary)")
		r.CloseWithError(err)
		p.count = tag.RowsAffected()
		return client.Wrap(err, "sampling %s", p.Table)
	})
	if err := group.Wait(); err != nil {
		return err
	}
	_, err := s.conn.Exec(ctx, "ANALYZE "+p.found)
	return client.Wrap(err, "sampling %s", p.Table)
}

// copyHead and copyEnd frame a stream of COPY in binary format (PostgreSQL docs, COPY, Binary Format).
const (
	copyHead = "PGCOPY\n\377\r\n\000" + "\000\000\000\000" + "\000\000\000\000"
	copyEnd  = "\377\377"
)

// writeHashes reads the keys of the rows that count and writes, as a binary COPY, the places of those
// whose hash is in the share.
func (s *Sample) writeHashes(ctx context.Context, p *picking, part share, w io.Writer) error {
	out := bufio.NewWriterSize(w, 64<<10)
	_, _ = out.WriteString(copyHead) // Flush returns its error
	h := hasher{salt: s.opts.Salt, sha: sha256.New()}
	for _, leaf := range p.entity.leaves {
		sql, args := p.query(leaf)
		rows, err := s.reader.Query(ctx, sql, append([]any{pgx.QueryResultFormats{pgx.BinaryFormatCode}}, args...)...)
		if err != nil {
			return p.failed(err)
		}
		for rows.Next() {
			values := rows.RawValues() // an oid of 4 bytes, a tid of 6, a text
			hash := h.of(values[2])
			if !part.holds(hash) {
				continue
			}
			var row [30]byte
			binary.BigEndian.PutUint16(row[0:], 3)
			binary.BigEndian.PutUint32(row[2:], 8)
			binary.BigEndian.PutUint64(row[6:], uint64(ordered(hash)))
			binary.BigEndian.PutUint32(row[14:], 4)
			copy(row[18:22], values[0])
			binary.BigEndian.PutUint32(row[22:], 6)
			if _, err := out.Write(append(row[:26], values[1]...)); err != nil {
				rows.Close()
				return err
			}
		}
		if rows.Close(); rows.Err() != nil {
			return p.failed(rows.Err())
		}
	}
	_, _ = out.WriteString(copyEnd)
	return out.Flush()
}

// query reads place and key of the rows of a table that count.
func (p *picking) query(leaf *catalog.Table) (sql string, args []any) {
	alias := catalog.Quote(p.entity.root.Name.Name) // so that a condition can name it
	sql = "SELECT " + alias + ".tableoid, " + alias + ".ctid, " + keyText(p.entity.root, alias) + " FROM " +
		rowsOf(leaf, alias)
	switch {
	case p.Where != "":
		sql += " WHERE (" + p.Where + "\n)" // which may end in a comment
	case p.Keys != nil:
		var lists, equal []string
		for i, name := range p.entity.root.PrimaryKey {
			var list []string
			for _, k := range p.Keys {
				list = append(list, k[i])
			}
			args = append(args, list)
			lists = append(lists, "$"+strconv.Itoa(i+1)+"::text[]")
			equal = append(equal, fmt.Sprintf("%s.%s = \"refresher keys\".k%d::%s", alias, catalog.Quote(name), i,
				p.entity.root.Column(name).Type.SQL))
		}
		columns := make([]string, len(lists))
		for i := range columns {
			columns[i] = "k" + strconv.Itoa(i)
		}
		sql += " WHERE EXISTS (SELECT FROM unnest(" + strings.Join(lists, ", ") + ") AS \"refresher keys\" (" +
			strings.Join(columns, ", ") + ") WHERE " + strings.Join(equal, " AND ") + ")"
	}
	return sql, args
}

// failed tells what the user can mend from what the server can't do.
func (p *picking) failed(err error) error {
	wrapped := client.Wrap(err, "reading the keys of %s", p.Table)
	if !strings.HasPrefix(client.Code(err), "22") {
		return wrapped
	}
	if p.Keys != nil {
		return fault.BadInput("sample: root table %s: an entry of keys is no value of the primary key: %v", p.Table,
			wrapped)
	}
	return fault.BadInput("sample: root table %s: where can't be decided for some row: %v", p.Table, wrapped)
}

// hasher makes the hashes by which rows are chosen.
type hasher struct {
	salt []byte
	sha  hash.Hash
	sum  [sha256.Size]byte
}

func (h *hasher) of(key []byte) uint64 {
	h.sha.Reset()
	h.sha.Write(h.salt) // never fails (hash.Hash)
	h.sha.Write(key)
	return binary.BigEndian.Uint64(h.sha.Sum(h.sum[:0]))
}

// ordered makes an integer of a hash that PostgreSQL's bigint has in the same order.
func ordered(hash uint64) int64 { return int64(hash ^ 1<<63) }

// pickShare picks of the rows that were found for a root those in its share as it is now.
func (s *Sample) pickShare(ctx context.Context, p *picking) error {
	if err := s.conn.QueryRow(ctx, "SELECT count(*) FROM "+s.chosen(p)+" AS f").Scan(&p.picked); err != nil {
		return client.Wrap(err, "sampling %s", p.Table)
	}
	for _, leaf := range p.entity.leaves {
		err := s.add(ctx, p.entity, "SELECT f.rel, f.tid, '"+string(p.why)+`'::"char", 0, `+sizeOf(leaf, "t")+" FROM "+
			s.chosen(p)+" AS f JOIN "+rowsOf(leaf, "t")+" ON t.tableoid = f.rel AND t.ctid = f.tid")
		if err != nil {
			return err
		}
	}
	return nil
}

// chosen is the FROM item of what a root picks.
func (s *Sample) chosen(p *picking) string {
	switch {
	case p.Keys != nil:
		return p.found
	case p.Rows > 0:
		return "(SELECT * FROM " + p.found + " ORDER BY h, rel, tid LIMIT " +
			decimal(int64(math.Floor(float64(p.Rows)*s.factor))) + ")"
	}
	part := shareOf(p.percent(), s.factor)
	if part.all {
		return p.found
	}
	return "(SELECT * FROM " + p.found + " WHERE h < " + decimal(ordered(part.below)) + ")"
}

// keyText is the text that is hashed: of the primary key, else of the whole row.
func keyText(t *catalog.Table, alias string) string {
	cols := t.PrimaryKey
	if len(cols) == 0 {
		for _, c := range t.Columns { // by name: a partition can have another order
			cols = append(cols, c.Name)
		}
	} else if len(cols) == 1 {
		return alias + "." + catalog.Quote(cols[0]) + "::text"
	}
	refs := make([]string, len(cols))
	for i, c := range cols {
		refs[i] = alias + "." + catalog.Quote(c)
	}
	return "ROW(" + strings.Join(refs, ", ") + ")::text"
}

// sizeOf is SQL of the bytes that a row takes: its values as they are stored, its header and its
// line pointer.
func sizeOf(t *catalog.Table, alias string) string {
	var b strings.Builder
	b.WriteString("28::bigint")
	for _, c := range t.Columns {
		b.WriteString(" + coalesce(pg_catalog.pg_column_size(" + alias + "." + catalog.Quote(c.Name) + "), 0)")
	}
	return "(" + b.String() + ")"
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
