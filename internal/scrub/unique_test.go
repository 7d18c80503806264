package scrub_test

import (
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"refresher/internal/pii"
	"refresher/internal/pii/fake"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub"
	"refresher/internal/scrub/transform"
)

// uniqueClass is a class of values that a unique column may hold, in one type.
type uniqueClass struct {
	class  pii.Class
	types  []string
	value  func(i int) string
	second func(i int) string // others of the class
}

func widths(n ...int) (types []string) {
	for _, w := range n {
		types = append(types, fmt.Sprintf("varchar(%d)", w), fmt.Sprintf("bpchar(%d)", w))
	}
	return append(types, "text", "citext")
}

// luhn appends the check digit.
func luhn(digits string) string {
	for d := '0'; d <= '9'; d++ {
		sum := 0
		for i, c := range digits + string(d) {
			v := int(c - '0')
			if (len(digits)+1-i)%2 == 0 {
				if v *= 2; v > 9 {
					v -= 9
				}
			}
			sum += v
		}
		if sum%10 == 0 {
			return digits + string(d)
		}
	}
	return ""
}

var uniqueClasses = []uniqueClass{
	{pii.Email, widths(24, 28, 40, 255), func(i int) string { return fmt.Sprintf("jane.%d@mail.invalid", i) }, nil},
	{pii.Phone, append(widths(15, 16, 17, 20, 32), "int8", "numeric(15)", "numeric"), func(i int) string { return fmt.Sprint(4915110000000 + i*7919) },
		func(i int) string { return fmt.Sprint(2125550000 + i) }},
	{pii.Phone, widths(20), func(i int) string { return fmt.Sprintf("+33 (0) 6-%08d", i) }, nil},
	{pii.CreditCard, append(widths(18, 19, 24), "int8", "numeric(18)"), func(i int) string { return luhn(fmt.Sprint(453957870000000 + i*104729)) },
		func(i int) string { return luhn(fmt.Sprint(37144963500000 + i)) }},
	{pii.IBAN, widths(20, 22, 34), func(i int) string { return fmt.Sprintf("DE%02d%016d", i%97, i) }, nil},
	{pii.NationalID, append(widths(20, 32), "int8", "numeric(18)"), func(i int) string { return fmt.Sprint(123456789 + i) }, nil},
	{pii.NationalID, widths(9, 11, 14), func(i int) string { return fmt.Sprintf("%08dZ", i) }, nil},
	{pii.IP, append(widths(39, 45), "inet"), func(i int) string { return netip.AddrFrom4([4]byte{8, byte(i >> 16), byte(i >> 8), byte(i)}).String() },
		func(i int) string { return fmt.Sprintf("2a00:%x::%x", i, i+1) }},
	{pii.IP, widths(15), func(i int) string { return netip.AddrFrom4([4]byte{8, byte(i >> 16), byte(i >> 8), byte(i)}).String() }, nil},
	{pii.IP, []string{"cidr"}, func(i int) string { return netip.AddrFrom4([4]byte{byte(i >> 8), byte(i), 0, 0}).String() + "/16" },
		func(i int) string { return fmt.Sprintf("2a00:%x::/32", i) }},
	{pii.MAC, append(widths(17, 20), "macaddr"), func(i int) string { return fmt.Sprintf("00:1a:2b:%02x:%02x:%02x", i>>16, i>>8&255, i&255) },
		func(i int) string { return fmt.Sprintf("62:1a:2b:%02x:%02x:%02x", i>>16, i>>8&255, i&255) }},
	{pii.MAC, []string{"macaddr8"}, func(i int) string { return fmt.Sprintf("00:1a:2b:3c:4d:%02x:%02x:%02x", i>>16, i>>8&255, i&255) }, nil},
	{pii.Username, widths(8, 12, 15, 20, 30), func(i int) string { return fmt.Sprintf("jd%05d", i) }, nil},
	{pii.FullName, widths(10, 20, 60), func(i int) string { return fmt.Sprintf("Jane D%d", i) }, nil},
	{pii.Street, widths(15, 30), func(i int) string { return fmt.Sprintf("%d Main St", i) }, nil},
	{pii.City, widths(12, 40), func(i int) string { return fmt.Sprintf("City %d", i) }, nil},
	{pii.Company, widths(12, 40), func(i int) string { return fmt.Sprintf("Doe %d Ltd", i) }, nil},
	{pii.Token, append(widths(10, 20, 32, 36), "uuid", "bytea"), nil, nil},
	{pii.URL, widths(60, 255), func(i int) string { return fmt.Sprintf("https://doe.net/%d.jpg", i) }, nil},
	{pii.Domain, widths(60, 255), func(i int) string { return fmt.Sprintf("doe-%d.net", i) }, nil},
	{pii.BirthDate, []string{"date", "timestamp", "timestamptz"}, func(i int) string { return time.Date(1930, 1, 1+i, 0, 0, 0, 0, time.UTC).Format("2006-01-02") }, nil},
	{pii.None, widths(8, 12), func(i int) string { return fmt.Sprintf("B-XY %d", 1000+i) }, nil}, // a number plate
}

// codes are values for types that hold opaque identifiers.
var codes = map[string]func(i int) string{
	"uuid":  func(i int) string { return fmt.Sprintf("550e8400-e29b-41d4-a716-%012d", i) },
	"bytea": func(i int) string { return fmt.Sprintf(`\x%08x`, i) },
}

const uniqueRows = 2000

// A unique column of every class, in every type and width, has a rule that the compiler
// proposes, and the best of them makes other values, each of which is known as nobody's and
// none of which is made twice.
func TestUniqueColumnsOfEveryClass(t *testing.T) {
	for _, c := range uniqueClasses {
		for _, typ := range c.types {
			t.Run(string(c.class)+" "+typ, func(t *testing.T) {
				values := make([]string, uniqueRows)
				for i := range values {
					switch make := codes[typ]; {
					case make != nil:
						values[i] = make(i)
					case c.value == nil:
						values[i] = fmt.Sprintf("k%07d", i)
					case c.second != nil && i%2 == 1:
						values[i] = c.second(i)
					default:
						values[i] = c.value(i)
					}
				}
				checkUnique(t, typ, firstUnique(t, c.class, typ), values)
			})
		}
	}
}

func uniqueColumn(t *testing.T, typ string) *catalog.Catalog {
	return newCatalog(t, tableDef{name: "a.t", columns: []string{"x " + typ + " not null"}, edit: func(t *catalog.Table) {
		t.Rows = uniqueRows
		t.Unique = []catalog.UniqueIndex{unique("x")}
	}})
}

// firstUnique is the best rule that compiles for a unique column. The compiler's advice
// names it, too.
func firstUnique(t *testing.T, class pii.Class, typ string) transform.Candidate {
	t.Helper()
	cat := uniqueColumn(t, typ)
	for _, c := range transform.ForUnique(class, transform.FamilyOf(cat.Tables[0].Columns[0].Type)) {
		if _, err := scrub.Compile(mustParse(t, head+"  a.t: {columns: {x: "+c.String()+"}}\n"), cat, testKey); err != nil {
			continue
		}
		line := head + fmt.Sprintf("  a.t: {columns: {x: {transform: choice, values: [%s], class: %s}}}\n", sampleOf(typ), class)
		_, err := scrub.Compile(mustParse(t, line), cat, testKey)
		if err == nil || !strings.Contains(err.Error(), "can make two values equal: use "+c.String()) {
			t.Errorf("the compiler doesn't propose %s: %v", c, err)
		}
		return c
	}
	t.Fatal("no rule serves it")
	return transform.Candidate{}
}

// sampleOf is some value of a type, as YAML.
func sampleOf(typ string) string {
	switch {
	case strings.HasPrefix(typ, "date"), strings.HasPrefix(typ, "timestamp"):
		return "'2020-01-01'"
	case typ == "inet", typ == "cidr":
		return "8.8.8.8"
	case typ == "macaddr":
		return "'00:1a:2b:3c:4d:5e'"
	case typ == "macaddr8":
		return "'00:1a:2b:3c:4d:5e:6f:70'"
	case typ == "uuid":
		return "550e8400-e29b-41d4-a716-446655440000"
	case typ == "bytea":
		return `'\x00'`
	}
	return "1"
}

func checkUnique(t *testing.T, typ string, rule transform.Candidate, values []string) {
	t.Helper()
	p := compile(t, uniqueColumn(t, typ), head+"  a.t: {columns: {x: "+rule.String()+"}}\n")
	rows := make([][]string, len(values))
	for i, v := range values {
		rows[i] = []string{v}
	}
	seen := map[string]int{}
	out := scrubbed(t, p, "a.t", rows...)
	for i, row := range out {
		v := row[0]
		if before, twice := seen[v]; twice {
			t.Fatalf("%s: %q and %q become one, %q", rule, values[before], values[i], v)
		}
		seen[v] = i
		if rule.Def.Class != pii.Date && !fake.Recognise(rule.Def.Class, []byte(v)) {
			t.Fatalf("%s: %q became %q, which no recogniser knows", rule, values[i], v)
		}
		if v == values[i] {
			t.Fatalf("%s: %q stays", rule, v)
		}
	}
	if len(out) != len(values) {
		t.Fatalf("%d rows, %d came out", len(values), len(out))
	}
	table, _, err := p.NewWriter(plan(t, p, "a.t"), io.Discard, nil).Rehearse([]byte(typ))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range table.Columns {
		if c.Leaked > 0 {
			t.Errorf("%s: %+v", rule, c)
		}
	}
}
