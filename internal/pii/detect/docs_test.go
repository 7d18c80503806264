package detect

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"refresher/internal/pii/ident"
)

var update = flag.Bool("update", false, "write the generated tables of docs/detectors.md")

// The tables of vendors and of national numbers in docs/detectors.md are those of the packages.
func TestDocs(t *testing.T) {
	const file = "../../../docs/detectors.md"
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for name, table := range map[string]string{"vendors": vendorTable(), "nationals": nationalTable()} {
		begin, end := "<!-- "+name+": begin -->\n", "<!-- "+name+": end -->"
		head, rest, ok := strings.Cut(text, begin)
		_, tail, ok2 := strings.Cut(rest, end)
		if !ok || !ok2 {
			t.Fatalf("%s lacks %q or %q", file, begin, end)
		}
		text = head + begin + table + end + tail
	}
	switch {
	case text == string(b):
	case !*update:
		t.Fatalf("%s is out of date: run go test ./internal/pii/detect -update", file)
	default:
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func vendorTable() string {
	var table strings.Builder
	table.WriteString("| vendor | its keys begin with |\n|---|---|\n")
	for _, v := range vendors {
		var prefixes []string
		for _, k := range v.keys {
			prefixes = append(prefixes, "`"+k.prefix+"`")
		}
		fmt.Fprintf(&table, "| %s | %s |\n", v.name, strings.Join(prefixes, ", "))
	}
	return table.String()
}

func nationalTable() string {
	var table strings.Builder
	table.WriteString("| kind | number | written | checked | passed by chance |\n|---|---|---|---|---|\n")
	for _, n := range ident.Nationals() {
		var forms []string
		for _, f := range strings.Split(n.Forms, "|") {
			f = strings.TrimRight(f, "?")
			if printed, ok := strings.CutSuffix(f, "!"); ok {
				f = "**" + printed + "**"
			}
			forms = append(forms, f)
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s | %.2g |\n", n.Kind, n.Name, strings.Join(forms, ", "), n.Note, n.Chance)
	}
	return table.String()
}
