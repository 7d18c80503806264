package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"refresher/internal/postgres/catalog"
	"refresher/internal/postgres/client"
	"refresher/internal/postgres/programs"
	"refresher/internal/s3sink"
	"refresher/internal/testkit/pgserver"
)

// restores are the pg_restore programs by major: those that are installed, and those of versionsDir.
func restores(t *testing.T) map[int]string {
	t.Helper()
	out := map[int]string{}
	for major := client.Oldest; major <= client.Newest; major++ {
		if path, found, err := programs.Find("pg_restore", major); err == nil {
			out[found] = path
		}
	}
	paths, _ := filepath.Glob(versionsDir + "/client-*/bin/pg_restore")
	for _, path := range paths {
		major, err := programs.Version(path)
		if err != nil {
			t.Fatal(err)
		}
		out[major] = path
	}
	return out
}

// loadsByAll restores a dump by every pg_restore that is not older than the pg_dump that wrote it: into a server of
// its own major (or the oldest that is newer) and into the newest. Each table must have the rows that the manifest
// says, and none may be left out.
func loadsByAll(t *testing.T, dump []byte, manifest *s3sink.Manifest, servers map[int]*pgserver.Cluster) {
	t.Helper()
	_, wrote, err := programs.Find(client.Dump, manifest.ServerMajor)
	if err != nil {
		t.Fatal(err)
	}
	majors := slices.Sorted(maps.Keys(servers))
	var did []string
	for by, tool := range restores(t) {
		into := slices.IndexFunc(majors, func(m int) bool { return m >= by && m >= manifest.ServerMajor })
		if by < wrote || into < 0 {
			continue
		}
		for _, to := range slices.Compact([]int{majors[into], majors[len(majors)-1]}) {
			loads(t, dump, manifest, tool, servers[to])
			did = append(did, fmt.Sprintf("%d into %d", by, to))
		}
	}
	slices.Sort(did)
	if t.Logf("%s, by pg_dump %d of a server %d: pg_restore %s", manifest.Content, wrote, manifest.ServerMajor,
		strings.Join(did, ", ")); len(did) == 0 {
		t.Error("no pg_restore has read it")
	}
}

// loads restores a dump by a pg_restore, and counts.
func loads(t *testing.T, dump []byte, manifest *s3sink.Manifest, tool string, server *pgserver.Cluster) {
	t.Helper()
	db := fmt.Sprintf("restored%d", sites.Add(1))
	server.Exec(t, "CREATE DATABASE "+db)
	defer server.Exec(t, "DROP DATABASE "+db)
	cmd := exec.Command(tool, "-d", server.URL(db))
	cmd.Stdin = bytes.NewReader(dump)
	if out, err := cmd.CombinedOutput(); err != nil && !knownOfPostgreSQL(string(out)) {
		t.Fatalf("%s into %d: %v\n%s", tool, server.Major(), err, out)
	}
	conn := pgserver.Conn(t, server.URL(db))
	defer conn.Close(t.Context())
	cat, err := catalog.Load(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	counted, err := cat.CountRows(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]int64{}
	for name, n := range counted {
		rows[name.String()] = n
	}
	for _, table := range manifest.Tables {
		if n, ok := rows[table.Name]; !ok || n != table.Rows {
			t.Errorf("%s by %s: %d rows (%t), the manifest says %d", table.Name, tool, n, ok, table.Rows)
		}
		delete(rows, table.Name)
	}
	for name, n := range rows {
		if n > 0 {
			t.Errorf("%s by %s: %d rows, and the manifest doesn't name it", name, tool, n)
		}
	}
}

// knownOfPostgreSQL reports whether all that pg_restore says is that it can't attach the index of a partition's
// exclusion constraint, which no dump of PostgreSQL's own brings back either (features[17] has one).
func knownOfPostgreSQL(said string) bool {
	return strings.Count(said, "error:") == 1 && strings.Contains(said, "errors ignored on restore: 1") &&
		strings.Contains(said, `ALTER INDEX public.once ATTACH PARTITION public."once too";`)
}

// everyMajorLoads looks at the dumps in folders that are buckets, with the servers that `make setup` gets.
func (s *site) everyMajorLoads(t *testing.T, buckets ...string) {
	all := builds(t)
	servers := map[int]*pgserver.Cluster{s.staging.Major(): s.staging}
	if newest := slices.Max(slices.Collect(maps.Keys(all))); newest > s.staging.Major() {
		servers[newest] = pgserver.New(t, pgserver.Options{Bin: all[newest]})
	}
	for _, dir := range buckets {
		dumps, err := filepath.Glob(filepath.Join(dir, "runs", "*", "*.dump"))
		if err != nil || len(dumps) != 1 {
			t.Fatal(dir, dumps, err)
		}
		var manifest s3sink.Manifest
		dump, err := os.ReadFile(dumps[0])
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(filepath.Dir(dumps[0]), "manifest.json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &manifest); err != nil {
			t.Fatal(err)
		}
		loadsByAll(t, dump, &manifest, servers)
	}
}
