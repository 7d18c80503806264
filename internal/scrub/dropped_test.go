package scrub_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"refresher/internal/pii"
	"refresher/internal/pii/fingerprint"
	"refresher/internal/postgres/copyfmt"
	"refresher/internal/scrub"
)

// survivors are the texts that the search for source values finds after rows of one table.
func survivors(t *testing.T, p *scrub.Program, rows [][]string, texts ...string) map[string]pii.Class {
	t.Helper()
	store, err := fingerprint.NewStore(t.TempDir(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	fp := store.Collector()
	tp := plan(t, p, "a.t")
	w := p.NewWriter(tp, io.Discard, fp)
	in := copyfmt.AppendHeader(nil, tp.Format)
	for _, row := range rows {
		in = append(in, wire(t, tp, row...)...)
	}
	if _, err := w.Write(copyfmt.AppendTrailer(in, tp.Format)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Close(), fp.Close()); err != nil {
		t.Fatal(err)
	}
	set, err := store.Build()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]pii.Class{}
	for _, text := range texts {
		for _, hit := range set.Matcher().Scan(nil, []byte("it says "+text+", as it did")) {
			found[text] = hit.Class
		}
	}
	return found
}

// What a value is comes from where it stood, not from what replaces it: names, streets
// and codes are looked for after any rule that takes them away.
func TestDroppedValuesAreLookedFor(t *testing.T) {
	const name, street, code, number = "Ottokar Zwetschgauer", "Oberhammerlinger Gasse 88", "C4X81K77Q", "8839201745"
	for _, rule := range []string{"null", "{transform: constant, value: someone}", "lorem", "{transform: mask, first: 1}",
		"{transform: regex_replace, pattern: '.+', with: 'x'}", "{transform: choice, values: [a, b]}"} {
		p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"n text", "s varchar(40)", "c text", "d text"}}),
			head+fmt.Sprintf("  a.t: {columns: {n: %s, s: %[1]s, c: %[1]s, d: %[1]s}}\n", rule))
		got := survivors(t, p, [][]string{{name, street, "Passport " + code, "Policy " + number}}, name, street, code, number)
		if got[name] != pii.FullName || got[street] != pii.Street || got[code] != pii.Token || got[number] == "" {
			t.Errorf("%s: %v", rule, got)
		}
	}
	for column, rule := range map[string]string{
		"_text": "null", "jsonb": "null", "json": `{json: {x: keep}}`, "xml": "{xml: {a: keep}}", "text": "{transform: digits, domain: t}",
	} {
		value := map[string]string{"_text": `{"` + name + `",NULL}`, "jsonb": `{"a b": ["` + name + `"]}`, "json": `{"y": "` + name + `"}`,
			"xml": "<b>" + name + "</b>", "text": name + " 1"}[column]
		p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"v " + column}}), head+"  a.t: {columns: {v: "+rule+"}}\n")
		if got := survivors(t, p, [][]string{{value}}, name); (got[name] == pii.FullName) != (column != "text") {
			t.Errorf("%s, %s: %v", column, rule, got)
		}
	}
	// Given name and surname that stand side by side in a document.
	p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"j jsonb"}}), head+`  a.t: {columns: {j: {json: {"people[*].first": first_name, "people[*].last": last_name}}}}`+"\n")
	got := survivors(t, p, [][]string{{`{"people": [{"last": "Pfefferkornell", "first": "Adelgunde"}, {"first": "Wunibald", "last": "Ziegenhalser"}]}`}},
		"Adelgunde Pfefferkornell", "Wunibald Ziegenhalser", "Adelgunde Ziegenhalser")
	if len(got) != 2 || got["Adelgunde Ziegenhalser"] != "" {
		t.Errorf("names in a document: %v", got)
	}
}

// A declared class counts for every value; none says that a place holds nobody's.
func TestDeclaredClass(t *testing.T) {
	p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"a text", "b text", "c text"}}),
		head+"  a.t: {columns: {a: {transform: lorem, class: username}, b: {transform: lorem, class: none}, c: lorem}}\n")
	got := survivors(t, p, [][]string{{"zwetschgauer77", "Quirin Hinterhuberl", "kunigunde"}}, "zwetschgauer77", "Quirin Hinterhuberl", "kunigunde")
	if got["zwetschgauer77"] != pii.Username || len(got) != 1 {
		t.Error(got)
	}
}

// A place that shows few texts again and again holds words, although they look like names.
func TestVocabulariesAreNobodysNames(t *testing.T) {
	p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"state text", "name text"}}),
		head+"  a.t: {columns: {state: {transform: choice, values: [a, b]}, name: {transform: choice, values: [a, b]}}}\n")
	var rows [][]string
	for i := range 200 {
		rows = append(rows, []string{[]string{"In Progress", "On Hold", "Waiting For Customer"}[i%3], "Bert Name" + strings.Repeat("a", i)})
	}
	for _, n := range []int{7, 200} {
		got := survivors(t, p, rows[:n], "In Progress", "On Hold", "Bert Nameaaa")
		if len(got) != 1 || got["Bert Nameaaa"] == "" {
			t.Errorf("%d rows: %v", n, got)
		}
	}
}

// Prose of a row doesn't name whom the row's other columns named, also if these were dropped.
func TestTextReplacesWhatOtherRulesDrop(t *testing.T) {
	p := compile(t, newCatalog(t, tableDef{name: "a.t", columns: []string{"n1 text", "n2 text", "n3 text", "street text", "code text", "holder text", "body text"}}),
		head+`  a.t: {columns: {n1: null, n2: {transform: constant, value: x}, n3: lorem, street: null, code: {transform: mask}, holder: null, body: text}}`+"\n")
	in := []string{"Ottokar Zwetschgauer", "Quirin Hinterhuberl", "Kunigunde Wackerbartel", "Oberhammerlinger Gasse 88", "C4X81K77Q", "Leberecht Kratzenbach"}
	body := "Here is Ottokar Zwetschgauer, with Quirin Hinterhuberl and Kunigunde Wackerbartel, Oberhammerlinger Gasse 88, C4X81K77Q; Kratzenbach is well."
	got := scrubbed(t, p, "a.t", append(in, body))[0][6]
	for _, gone := range []string{"Zwetschgauer", "Hinterhuberl", "Wackerbartel", "Oberhammerlinger", "C4X81K77Q", "Kratzenbach"} {
		if strings.Contains(got, gone) {
			t.Errorf("%s stays: %s", gone, got)
		}
	}
	if !strings.HasPrefix(got, "Here is ") || !strings.HasSuffix(got, " is well.") {
		t.Error(got)
	}
}
