package refresher_test

import (
	"fmt"
	"html"
	"os"
	"strings"
	"testing"
)

// captions say what a floor is for, in the picture of docs/architecture.md.
var captions = [len(floors)]string{
	1: "what all may use: whose fault, secrets, safe text",
	2: "PostgreSQL: catalog, COPY, values, SQL, programs",
	3: "personal data; the history of runs and the lock",
	4: "the work: read, scrub, restore, sample, store, verify",
	5: "rules against a catalog; what a run leaves to read",
	6: "the order of a run; a dataset to a developer",
	7: "the service: schedule, page, metrics",
}

// The picture of the floors is drawn from the table.
func TestFloorsAreDrawn(t *testing.T) {
	const file = "docs/floors.svg"
	got, _ := os.ReadFile(file)
	want := drawFloors()
	if string(got) == want {
		return
	}
	if os.Getenv("UPDATE") == "" {
		t.Fatalf("%s is old: UPDATE=1 go test . draws it", file)
	}
	if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

const (
	svgWidth  = 780
	rowHeight = 78
	svgStyle  = `.row{fill:#f4f7fa;stroke:#c9d4df}.box{fill:#fff;stroke:#9fb1c4;stroke-width:1.3}.top{fill:#e8f0fb;stroke:#7d9cc8}` +
		`text{fill:#17202b}.dim{fill:#5c6b7d;font-size:12.5px}.n{fill:#5c6b7d;font-size:22px;font-weight:600}` +
		`.arrow{stroke:#5c6b7d;stroke-width:2;fill:none;marker-end:url(#a)}.head{fill:#5c6b7d}` +
		`@media (prefers-color-scheme:dark){.row{fill:#141b23;stroke:#2b3744}.box{fill:#1d2732;stroke:#4a5a6c}` +
		`.top{fill:#1b2a3f;stroke:#4c6c9c}text{fill:#e5ebf2}.dim,.n{fill:#94a3b5}.arrow{stroke:#94a3b5}.head{fill:#94a3b5}}`
)

func drawFloors() string {
	height := 20 + rowHeight*(len(floors)+1)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" `+
		`font-family="system-ui,-apple-system,Segoe UI,Roboto,Arial,sans-serif" font-size="14" role="img" `+
		`aria-label="Packages on seven floors below cmd/refresher. A package imports only what is below it.">`+"\n<style>%s</style>\n", svgWidth, height, svgStyle)
	b.WriteString(`<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">` +
		`<path class="head" d="M0 0l8 4-8 4z"/></marker></defs>` + "\n")
	y := 10
	drawRow(&b, y, "", "flags, streams, exit codes; one file a command", []string{"cmd/refresher"}, "top")
	for floor := len(floors) - 1; floor > 0; floor-- {
		y += rowHeight
		var rooms []string
		for _, entry := range floors[floor] {
			room, _, _ := strings.Cut(entry, " → ")
			rooms = append(rooms, room)
		}
		drawRow(&b, y, fmt.Sprint(floor), captions[floor], rooms, "box")
	}
	y += rowHeight
	drawRow(&b, y, "", "throw-away servers: for tests, the demo and check --schema", []string{"testkit"}, "top")
	fmt.Fprintf(&b, `<path class="arrow" d="M738 30V%d"/><text class="dim" transform="translate(756 %d) rotate(90)" text-anchor="middle">imports</text>`+"\n</svg>\n",
		y-18, (y+20)/2)
	return b.String()
}

func drawRow(b *strings.Builder, y int, number, caption string, rooms []string, class string) {
	fmt.Fprintf(b, `<rect class="row" x="10" y="%d" width="710" height="%d" rx="9"/>`, y, rowHeight-8)
	fmt.Fprintf(b, `<text class="n" x="26" y="%d">%s</text><text class="dim" x="54" y="%d">%s</text>`, y+43, number, y+20, html.EscapeString(caption))
	x := 54
	for _, room := range rooms {
		width := 18 + 78*len(room)/10
		fmt.Fprintf(b, `<rect class="%s" x="%d" y="%d" width="%d" height="28" rx="6"/><text x="%d" y="%d" text-anchor="middle">%s</text>`,
			class, x, y+30, width, x+width/2, y+49, html.EscapeString(room))
		x += width + 8
	}
	b.WriteString("\n")
}
