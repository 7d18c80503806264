package verify_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"refresher/internal/pii/fake"
	"refresher/internal/testkit/pgserver"
	"refresher/internal/verify"
)

func noise(n int) []byte {
	b := make([]byte, n)
	for i, r := 0, rand.New(rand.NewPCG(1, 2)); i < len(b); i++ {
		b[i] = byte(r.Uint32())
	}
	return b
}

// Words of a text search are read in the order in which they stood.
func TestLexemes(t *testing.T) {
	url := pgserver.DB(t)
	opts := verify.Options{Set: source(t)}
	pgserver.Exec(t, url, `CREATE DOMAIN words AS tsvector; CREATE TABLE t (id int PRIMARY KEY, v tsvector, vs tsvector[], d words, q tsquery, qs tsquery[]);
		INSERT INTO t (id) VALUES (0); INSERT INTO t VALUES (1, '', '{}', '', '', '{}'),
		(2, to_tsvector('simple', 'it''s nothing to see'), ARRAY[NULL, to_tsvector('simple', 'hanna'), 'x', to_tsvector('simple', 'bergström')], 'a b', to_tsquery('simple', 'hanna & x & bergström'), NULL)`)
	passes(t, database(t, opts, url, nil))
	for _, c := range []struct{ column, value, class string }{
		{"v", `to_tsvector('simple', 'dear Hanna Bergström, zero')`, "full_name"},
		{"v", `to_tsvector('simple', 'ask Hanna') || to_tsvector('simple', 'Bergström')`, "full_name"},
		{"v", `to_tsvector('simple', 'call +46 70 174 06 58 now')`, "phone"},
		{"v", `to_tsvector('simple', 'see 4556 7375 8689 9855 there')`, "credit_card"},
		{"v", `to_tsvector('simple', 'mail ` + srcEmail + ` now')`, "email"},
		{"v", `$$'it''s' '` + srcEmail + `'$$`, "email"},
		{"v", `strip(to_tsvector('simple', '` + srcEmail + `'))`, "email"},
		{"vs", `ARRAY[NULL, to_tsvector('simple', 'dear Hanna Bergström'), '']`, "full_name"},
		{"d", `to_tsvector('simple', 'dear Hanna Bergström, zero')`, "full_name"},
		{"q", `phraseto_tsquery('simple', 'dear Hanna Bergström')`, "full_name"},
		{"q", `to_tsquery('simple', 'x | (!Hanna:*A & Bergström:B)')`, "full_name"},
		{"q", `phraseto_tsquery('simple', 'call 4556 7375 8689 9855')`, "credit_card"},
		{"qs", `ARRAY[NULL, phraseto_tsquery('simple', 'Hanna Bergström')]`, "full_name"},
	} {
		pgserver.Exec(t, url, "UPDATE t SET "+c.column+" = "+c.value+" WHERE id = 2")
		r := database(t, opts, url, nil)
		silent(t, r)
		if r.Survivors != 1 || string(r.Findings[0].Class) != c.class || r.Findings[0].Column != c.column ||
			r.Findings[0].Key != "id=2" {
			t.Errorf("%s = %s: %d survivors, %v", c.column, c.class, r.Survivors, r.Findings)
		}
		pgserver.Exec(t, url, "UPDATE t SET "+c.column+" = NULL WHERE id = 2")
	}
}

// Fakes are no findings there either, nor are dates.
func TestFakesInLexemes(t *testing.T) {
	url := pgserver.DB(t)
	random := noise(100 * len(fake.Digest{}))
	values := []string{"2026-11-22 04:53:12", "10.0.0.1 and 1234-5678"}
	for i := range 100 {
		var d fake.Digest
		copy(d[:], random[i*len(d):])
		values = append(values, string(fake.AppendPhone(nil, &d, fake.PhoneForm(d[0]%6))),
			string(fake.AppendCard(nil, &d)), string(fake.AppendIBAN(nil, &d, 20)),
			string(fake.AppendEmail(nil, &d, fake.EmailForm{Names: true, Hash: fake.MinHash})),
			string(fake.AppendStreet(nil, &d)), string(fake.AppendSSN(nil, &d, true)))
	}
	for i, v := range values {
		values[i] = "('see " + strings.ReplaceAll(v, "'", "''") + " there')"
	}
	pgserver.Exec(t, url, `CREATE TABLE t AS SELECT to_tsvector('simple', x) AS v, phraseto_tsquery('simple', x) AS q FROM (VALUES `+strings.Join(values, ", ")+`) AS x (x)`)
	r := database(t, verify.Options{Set: source(t)}, url, nil)
	passes(t, r)
	if len(r.Findings) > 0 {
		t.Errorf("%v", r.Findings)
	}
}
