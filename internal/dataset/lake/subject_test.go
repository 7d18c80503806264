package lake_test

import (
	"strings"
	"testing"

	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub"
)

// Names that follow a person whose address the database alone has are refused, in each kind of file, and what
// the refusal names compiles.
func TestNamesThatNeedTheAddressOfTheirHome(t *testing.T) {
	number := &catalog.Type{OID: catalog.Int8OID, Schema: "pg_catalog", Name: "int8", SQL: "bigint", Kind: catalog.BaseType, BinaryIO: true}
	text := &catalog.Type{OID: catalog.TextOID, Schema: "pg_catalog", Name: "text", SQL: "text", Kind: catalog.BaseType, BinaryIO: true}
	users := &catalog.Table{Name: catalog.Name{Schema: "public", Name: "users"}, Kind: catalog.Ordinary, Persistence: 'p',
		PrimaryKey: []string{"uid"}}
	users.Root = users.Name
	for i, name := range []string{"uid", "mail", "name"} {
		c := &catalog.Column{Num: int16(i + 1), Name: name, Type: text, Mod: -1}
		if i == 0 {
			c.Type = number
		}
		users.Columns = append(users.Columns, c)
	}
	database := ruleset(t, "tables: {public.users: {subject: uid, columns: {uid: keep, mail: email, name: full_name}}}")
	objects := map[string][]byte{
		"a.csv":   []byte("uid,mail,name,born\n7,jane@corp.example,Jane Doe,1990-01-01\n"),
		"a.jsonl": []byte(`{"uid":7,"mail":"jane@corp.example","name":"Jane Doe","born":"1990-01-01"}`),
	}
	const refused = "lake.yaml:2:"
	for _, tt := range []struct{ subject, name, want string }{
		{"uid", "full_name", "shows the name of the address that public.users has, which objects don't know: name a column of " +
			"that address as the subject, or write subject: false here"},
		{"mail", "full_name", ""},
		{"uid", "{transform: full_name, subject: false}", ""},
	} {
		for key, b := range objects {
			rule := tt.name
			if key == "a.jsonl" && rule == "full_name" { // within a document, names are those of others unless a rule says so
				rule = "{transform: full_name, subject: true}"
			}
			plan, err := newPlan(t, map[string][]byte{key: b}, "objects: {'a.*': {subject: "+tt.subject+
				", columns: {uid: keep, mail: email, born: date_shift, name: "+rule+"}}}")
			if err != nil {
				t.Fatal(err)
			}
			cat := &catalog.Catalog{Database: "shop", Encoding: "UTF8", Tables: []*catalog.Table{users}}
			_, err = scrub.Compile(database, cat, testKey, plan.Files()...)
			if tt.want == "" && err != nil ||
				tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), refused)) {
				t.Errorf("%s about %s with name: %s: %v", key, tt.subject, tt.name, err)
			}
		}
	}
}
