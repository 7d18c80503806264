package verify_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/parquet-go/parquet-go"

	"refresher/internal/pii"
	"refresher/internal/pii/fingerprint"
	"refresher/internal/pii/ident"
	"refresher/internal/postgres/catalog"
	"refresher/internal/testkit/pgserver"
	"refresher/internal/verify"
)

// A planted leak is a value of a class, in an encoding, at a place. Each is
// generated, stands alone in a table or file of its own, and must be found there.

// plantedClass makes values as production has them.
type plantedClass struct {
	class pii.Class
	make  func(r *rand.Rand) string
}

func pick(r *rand.Rand, list ...string) string { return list[r.IntN(len(list))] }

func digits(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + r.IntN(10))
	}
	return string(b)
}

func person(r *rand.Rand) (first, last string) {
	return pick(r, "Hanna", "Torbjörn", "Zdzisława", "Björk", "Saoirse", "Ngozi", "Thiago", "Renée", "Oisín", "Iñaki"),
		pick(r, "Bergström", "Włodarczyk", "Okonkwo", "Guðmundsdóttir", "Fitzwilliam", "Echeverría", "Vandenberghe",
			"Szczepański", "Papadopoulos", "McGillicuddy")
}

// luhn completes digits by their check digit (ISO/IEC 7812-1).
func luhn(d string) string { return d + string(rune(ident.LuhnDigit([]byte(d)))) }

func hexDigits(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "0123456789abcdef"[r.IntN(16)]
	}
	return string(b)
}

var plantedClasses = []plantedClass{
	{pii.Email, func(r *rand.Rand) string {
		f, l := person(r)
		return plainASCII(strings.ToLower(f)) + pick(r, ".", "_", "-", "+") + plainASCII(strings.ToLower(l)) +
			digits(r, 2) + "@" + pick(r, "gmail.com", "posteo.se", "t-online.de", "mail.co.uk")
	}},
	{pii.Phone, func(r *rand.Rand) string {
		return pick(r, "+46 70 1", "+49 151 2", "+44 7911 1", "+48 601 2") + digits(r, 2) + " " + digits(r, 2) + " " +
			digits(r, 2)
	}},
	{pii.FullName, func(r *rand.Rand) string { f, l := person(r); return f + " " + pick(r, "", "von ", "J. ") + l }},
	{pii.Street, func(r *rand.Rand) string {
		return digits(r, 3) + " " + pick(r, "Storgatan", "Kungsholms Strand", "Plac Zamkowy", "Rue Lepic") + " " +
			pick(r, "Apt 4", "2B", "lgh 1104")
	}},
	{pii.IP, func(r *rand.Rand) string {
		return fmt.Sprintf("%d.%d.%d.%d", 77+r.IntN(10), 100+r.IntN(100), 100+r.IntN(100), 100+r.IntN(100))
	}},
	{pii.NationalID, func(r *rand.Rand) string {
		return "5" + digits(r, 2) + "-4" + digits(r, 1) + "-7" +
			digits(r, 3)
	}},
	{pii.CreditCard, func(r *rand.Rand) string { return luhn("4716" + digits(r, 11)) }},
	{pii.IBAN, func(r *rand.Rand) string { return "SE45" + digits(r, 20) }},
	{pii.Username, func(r *rand.Rand) string {
		f, _ := person(r)
		return strings.ToLower(plainASCII(f)) + pick(r, "_the_", "-of-", "the") + digits(r, 4)
	}},
	{pii.MAC, func(r *rand.Rand) string {
		h := hexDigits(r, 10)
		return "3c:" + h[:2] + ":" + h[2:4] + ":" + h[4:6] + ":" + h[6:8] + ":" + h[8:]
	}},
	{pii.Token, func(r *rand.Rand) string { return "tok" + hexDigits(r, 8) + "x" + digits(r, 6) + hexDigits(r, 8) }},
	{pii.IMEI, func(r *rand.Rand) string { return luhn("35" + digits(r, 12)) }},
	{pii.VIN, func(r *rand.Rand) string { return "YV1LW" + digits(r, 3) + "B" + digits(r, 8) }},
	{pii.Crypto, func(r *rand.Rand) string { return "0x" + hexDigits(r, 20) + "9f" + hexDigits(r, 18) }},
}

func plainASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r > 127 {
			return 'o'
		}
		return r
	}, s)
}

// plantedEncoding is how a value is written; binary ones give bytes that are no text.
type plantedEncoding struct {
	name   string
	binary bool
	encode func(s string) string
}

func runes(format string) func(string) string {
	return func(s string) string {
		var b strings.Builder
		for _, r := range s {
			fmt.Fprintf(&b, format, r)
		}
		return b.String()
	}
}

func octets(format string) func(string) string {
	return func(s string) string {
		var b strings.Builder
		for i := range len(s) {
			fmt.Fprintf(&b, format, s[i])
		}
		return b.String()
	}
}

func alphabet(upper, lower, digit rune) func(string) string {
	return func(s string) string {
		return strings.Map(func(r rune) rune {
			switch {
			case r >= 'A' && r <= 'Z':
				return upper + r - 'A'
			case r >= 'a' && r <= 'z':
				return lower + r - 'a'
			case r >= '0' && r <= '9':
				return digit + r - '0'
			}
			return r
		}, s)
	}
}

func inJSON(s string) string { return `{"note": "re: ` + s + `"}` }

func std(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

var plantedEncodings = []plantedEncoding{
	{"as it is", false, func(s string) string { return s }},
	{"upper case", false, strings.ToUpper},
	{"lower case", false, strings.ToLower},
	{"full width", false, alphabet(0xFF21, 0xFF41, 0xFF10)},
	{"mathematical", false, alphabet(0x1D400, 0x1D41A, 0x1D7CE)},
	{"zero width", false, func(s string) string {
		i := strings.IndexFunc(s[2:], func(r rune) bool { return r < 128 }) + 2
		return s[:i] + "\u200b" + s[i:]
	}},
	{"URL query", false, func(s string) string { return "/search?q=" + url.QueryEscape(s) + "&page=2" }},
	{"URL, every byte", false, octets("%%%02X")},
	{"URL twice", false, func(s string) string { return octets("%%25%02x")(s) }},
	{"entities", false, runes("&#%d;")},
	{"hex entities", false, runes("&#x%x;")},
	{"JSON escapes", false, runes(`\u%04x`)},
	{"C escapes", false, octets(`\x%02x`)},
	{"octal escapes", false, octets(`\%03o`)},
	{"base64", false, std},
	{"base64, no padding", false, func(s string) string { return base64.RawStdEncoding.EncodeToString([]byte(s)) }},
	{"base64url", false, func(s string) string { return base64.URLEncoding.EncodeToString([]byte("<<??>>" + s)) }},
	{"base64url, no padding", false, func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(inJSON(s))) }},
	{"base64 twice", false, func(s string) string { return std(std(s)) }},
	{"hex", false, func(s string) string { return hex.EncodeToString([]byte(s)) }},
	{"upper hex", false, func(s string) string { return "0x" + strings.ToUpper(hex.EncodeToString([]byte(s))) }},
	{"gzip", true, func(s string) string { return string(gzipped([]byte(inJSON(s)))) }},
	{"zstd", true, func(s string) string { return string(zstandard([]byte(inJSON(s)))) }},
	{"gzip in base64", false, func(s string) string { return std(string(gzipped([]byte(inJSON(s))))) }},
	{"zstd in hex", false, func(s string) string { return hex.EncodeToString(zstandard([]byte(inJSON(s)))) }},
	{"URL in base64 in entities", false, func(s string) string { return runes("&#%d;")(std(octets("%%%02x")(s))) }},
	{"five layers", false, func(s string) string {
		return `{\"data\": \"` + strings.ReplaceAll(url.QueryEscape(std(string(gzipped([]byte(runes("&#%d;")(s)))))),
			"%", `\\u0025`) + `\"}`
	}},
}

// plantedPlace is where an encoded value stands, in a table or file of its own;
// places of bytes take binary ones.
type plantedPlace struct {
	name  string
	bytes bool
	rows  func(table string) string                 // DDL and an INSERT of $1, or with %s for a literal
	file  func(s string) (name string, data []byte) // instead
}

func insert(columns, value string) func(string) string {
	return func(table string) string {
		return "CREATE TABLE " + table + " (" + columns + "); INSERT INTO " + table + " VALUES (" + value + ")"
	}
}

func ddl(text string) func(string) string {
	return func(table string) string { return strings.ReplaceAll(text, "TABLE_", table) }
}

var plantedPlaces = []plantedPlace{
	{name: "text", rows: insert("v text", "%s")},
	{name: "prose", rows: insert("v text", "'Called on Tuesday about ' || %s || ', will call back.'")},
	{name: "varchar", rows: insert("v varchar(4000)", "%s")},
	{name: "domain", rows: insert("v domain_of_text", "%s")},
	{name: "jsonb value", rows: insert("v jsonb",
		"jsonb_build_object('a', jsonb_build_array(1, jsonb_build_object('b', %s::text)))")},
	{name: "jsonb key", rows: insert("v jsonb", "jsonb_build_object(%s::text, 1)")},
	{name: "json", rows: insert("v json", "json_build_object('a', %s::text)")},
	{name: "array", rows: insert("v text[]", "ARRAY['first', %s, NULL]")},
	{name: "composite", rows: insert("v pair", "ROW('x', %s)::pair")},
	{name: "array of composites", rows: insert("v pair[]", "ARRAY[ROW(%s, 'x')::pair]")},
	{name: "XML", rows: insert("v xml", "xmlelement(name note, %s::text)")},
	{name: "bytea", bytes: true, rows: insert("v bytea", "%b")},
	{name: "bytea in an array", bytes: true, rows: insert("v bytea[]", "ARRAY['\\x00'::bytea, %b]")},
	{name: "partition", rows: func(t string) string {
		return "CREATE TABLE " + t + " (k int, v text) PARTITION BY LIST (k); CREATE TABLE " + t + "_1 PARTITION OF " +
			t + " FOR VALUES IN (1); INSERT INTO " + t + " VALUES (1, %s)"
	}},
	{name: "generated column", rows: func(t string) string {
		return "CREATE TABLE " + t + " (v text, w text GENERATED ALWAYS AS ('<' || v || '>') STORED); INSERT INTO " +
			t + " VALUES (%s)"
	}},
	{name: "materialised view", rows: ddl("CREATE TABLE TABLE_base (v text); INSERT INTO TABLE_base VALUES (%s); " +
		"CREATE MATERIALIZED VIEW TABLE_ AS SELECT v FROM TABLE_base")},
	{name: "default", rows: ddl("CREATE TABLE TABLE_ (v text DEFAULT %s)")},
	{name: "comment", rows: ddl("CREATE TABLE TABLE_ (v text); COMMENT ON COLUMN TABLE_.v IS %s")},
	{name: "function", rows: ddl("CREATE FUNCTION TABLE_() RETURNS text LANGUAGE sql AS $f$ SELECT %s::text $f$")},
	{name: "view", rows: ddl("CREATE VIEW TABLE_ AS SELECT %s::text AS v")},
	{name: "log", file: func(s string) (string, []byte) {
		return "app.log", []byte(strings.Repeat("2026-11-21T03:00:00Z INFO ok\n", 20) +
			"2026-11-21T03:00:01Z ERROR no answer for " + s + "\n" + strings.Repeat("2026-11-21T03:00:02Z INFO ok\n",
			20))
	}},
	{name: "CSV", file: func(s string) (string, []byte) {
		return "x.csv", []byte("id,note\r\n1,ok\r\n2,\"" + strings.ReplaceAll(s, `"`, `""`) + "\"\r\n")
	}},
	{name: "JSON lines", file: func(s string) (string, []byte) {
		return "x.jsonl", []byte("{\"id\": 1}\n{\"id\": 2, \"note\": " + strconv.Quote(s) + "}\n")
	}},
	{name: "packed text", file: func(s string) (string, []byte) {
		return "x.txt.gz",
			gzipped([]byte("first\n" + s + "\nlast\n"))
	}},
	{name: "Parquet", bytes: true, file: func(s string) (string, []byte) {
		type row struct {
			V string `parquet:"v"`
		}
		var b bytes.Buffer
		w := parquet.NewGenericWriter[row](&b)
		_, _ = w.Write([]row{{"first"}, {s}})
		_ = w.Close()
		return "x.parquet", b.Bytes()
	}},
	{name: "INSERT", file: func(s string) (string, []byte) {
		return "x.sql", []byte("--\n-- PostgreSQL database dump\n--\n\nINSERT INTO public.x VALUES (1, " +
			catalog.Literal(s) + ");\n")
	}},
}

// leak is one plant.
type leak struct {
	plantedClass
	plantedEncoding
	plantedPlace
	value, table string
}

func (l *leak) String() string {
	return fmt.Sprintf("%s %q, %s, in %s (%s)", l.class, l.value, l.plantedEncoding.name, l.plantedPlace.name, l.table)
}

// leaks are n plants: each class, encoding and place in turn, so that each meets
// many of the others.
func leaks(n int, seed uint64) (all []*leak) {
	r := rand.New(rand.NewPCG(seed, 1))
	for i := 0; len(all) < n; i++ {
		l := &leak{plantedClass: plantedClasses[i%len(plantedClasses)],
			plantedEncoding: plantedEncodings[i%len(plantedEncodings)],
			plantedPlace:    plantedPlaces[r.IntN(len(plantedPlaces))], table: fmt.Sprintf("leak_%d", len(all))}
		if i%2 == 1 {
			l.plantedPlace, l.plantedEncoding = plantedPlaces[i/2%len(plantedPlaces)],
				plantedEncodings[r.IntN(len(plantedEncodings))]
		}
		if l.binary && !l.bytes {
			continue
		}
		l.value = l.make(r)
		all = append(all, l)
	}
	return all
}

// setOf is the set of the leaks' values and of other people's.
func setOf(t *testing.T, all []*leak) *fingerprint.Set {
	t.Helper()
	store, err := fingerprint.NewStore(t.TempDir(), []byte("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	c := store.Collector()
	for _, l := range all {
		c.Add(l.class, []byte(l.value))
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for class, st := range store.Stats() {
		if st.Short+st.Fictional > 0 {
			t.Fatalf("%s: %+v", class, st)
		}
	}
	set, err := store.Build()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// plantedSQL is a leak's statements.
func (l *leak) sql() string {
	text := l.encode(l.value)
	literal := catalog.Literal(text)
	if l.binary { // only bytes
		literal = "''"
	}
	return strings.NewReplacer("%s", literal, "%b",
		`'\x`+hex.EncodeToString([]byte(text))+`'::bytea`).Replace(l.rows(l.table))
}

// Planted leaks, class by place by encoding: every one is found where it stands, in
// the database and in its dump. REFRESHER_PLANTS sets how many there are (make proof
// takes 2,000), REFRESHER_SEED which.
func TestPlantedLeaks(t *testing.T) {
	n, seed := 200, uint64(1)
	if v, err := strconv.Atoi(os.Getenv("REFRESHER_PLANTS")); err == nil {
		n = v
	}
	if v, err := strconv.ParseUint(os.Getenv("REFRESHER_SEED"), 10, 64); err == nil {
		seed = v
	}
	all := leaks(n, seed)
	set := setOf(t, all)
	ctx := context.Background()
	dbURL := pgserver.DB(t)
	conn, err := pgx.Connect(ctx, dbURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	exec1 := func(sql string) {
		if _, err := conn.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Fatalf("%v in %s", err, sql)
		}
	}
	exec1("CREATE TYPE pair AS (a text, b text); CREATE DOMAIN domain_of_text AS text")
	v := verify.New(verify.Options{Run: run, Set: set, Workers: 2})
	detectors := verify.New(verify.Options{Run: run, Workers: 2})
	missed, inFiles := 0, 0
	miss := func(l *leak, where string) {
		t.Helper()
		if missed++; missed < 30 {
			t.Errorf("not found in the %s: %s", where, l)
		}
	}
	began := time.Now()
	for _, l := range all {
		if l.file == nil {
			exec1(l.sql())
			continue
		}
		inFiles++
		name, data := l.file(l.encode(l.value))
		if !survives(looked(t, v, name, data), l, "") {
			miss(l, "file")
		}
		if l.class == pii.Email && !finds(looked(t, detectors, name, data), l, "", verify.Detection) {
			miss(l, "file by detectors")
		}
	}
	whole, err := v.Database(ctx, config(t, dbURL), nil)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(pgserver.Shared(t).Tool("pg_dump"), "-Fc", "-d", dbURL).Output()
	if err != nil {
		t.Fatal(err)
	}
	dump, err := v.Dump(ctx, "x.dump", bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	detected, err := detectors.Database(ctx, config(t, dbURL), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range all {
		if l.file != nil {
			continue
		}
		if !survives([]*verify.Result{whole}, l, l.table) {
			miss(l, "database")
		}
		if l.class == pii.Email && !finds([]*verify.Result{detected}, l, l.table, verify.Detection) {
			miss(l, "database by detectors")
		}
		if l.inSchema() {
			continue // the dump's definitions are one text: findings of it don't name an object
		}
		if !survives([]*verify.Result{dump}, l, l.table) {
			miss(l, "dump")
		}
	}
	t.Logf("%d leaks, %d of them in files: %d not found, in %v", n, inFiles, missed,
		time.Since(began).Round(time.Millisecond))
	text := fmt.Sprintf("%v %v", whole.Findings, dump.Findings)
	for _, l := range all {
		if strings.Contains(text, l.value) {
			t.Errorf("%s is printed", l)
		}
	}
}

// inSchema reports places that are no rows, or rows that a dump leaves out.
func (l *leak) inSchema() bool {
	switch l.plantedPlace.name {
	case "default", "comment", "function", "view", "materialised view":
		return true
	}
	return false
}

// survives reports whether results have a strong survivor of a leak's class in an
// object of that name.
func survives(results []*verify.Result, l *leak, table string) bool {
	return finds(results, l, table, verify.Survivor)
}

func finds(results []*verify.Result, l *leak, table, kind string) bool {
	for _, r := range results {
		for _, f := range r.Findings {
			named := table == "" || strings.Contains(f.Table+" ", table+" ") || strings.Contains(f.Table, table+"_") ||
				strings.Contains(f.Table, table+"(") || strings.HasSuffix(f.Table, "."+table)
			if named && f.Kind == kind && f.Class == l.class && (f.Strong || l.inSchema()) {
				return true
			}
		}
	}
	return false
}
