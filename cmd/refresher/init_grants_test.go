package main

import (
	"strings"
	"testing"

	"refresher/internal/testkit/pgserver"
)

// The statements that init writes are those of the docs.
func TestGrantsAreThoseOfTheDocs(t *testing.T) {
	docs := readFile(t, "../../docs/servers.md")
	source, staging := (&initAnswers{}).grants()
	for line := range strings.SplitSeq(strings.ReplaceAll(source+staging, `"`, ""), "\n") {
		if line = strings.TrimPrefix(strings.TrimSpace(line), "-- "); strings.HasSuffix(line, ";") && !strings.Contains(docs, line) {
			t.Errorf("docs/servers.md lacks %q", line)
		}
	}
}

// Roles log in by the URLs and the statements that init writes: with the password of a URL, or a new one.
func TestInitGivesPasswords(t *testing.T) {
	t.Setenv("PGPASSFILE", "/dev/null")
	server := pgserver.New(t, pgserver.Options{Files: map[string]string{"pg_hba.conf": "host all " + pgserver.User +
		" 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"}})
	_, at, _ := strings.Cut(server.URL("postgres"), "@")
	for _, in := range []initAnswers{
		{source: "postgres://" + at, staging: "postgres://" + at},
		{source: "postgres://anna@" + at, staging: "postgres://o%27brien:p%C3%A9%20%27x%5C@" + at},
	} {
		source, staging := in.source, in.staging
		in.source, in.staging = withRole(source, "refresher_reader"), withRole(staging, "refresher_staging")
		if in.source == source || (in.staging == staging) != strings.Contains(staging, "brien") {
			t.Errorf("%s and %s became %s and %s", source, staging, in.source, in.staging)
		}
		production, other := in.grants()
		pgserver.Exec(t, server.URL("postgres"), production+other)
		if strings.Contains(production+other, "x\\") || strings.Contains(production+other, "choose one") {
			t.Errorf("a password is in the statements:\n%s%s", production, other)
		}
		for _, url := range []string{in.source, in.staging} {
			pgserver.Exec(t, url, "SELECT 1") // fails if it can't log in
		}
	}
}
