package detect

import (
	"os"
	"strings"
	"testing"
)

// credentials are those of testdata/credentials.txt, each with its vendor.
func credentials(t *testing.T) (all [][2]string) {
	t.Helper()
	b, err := os.ReadFile("../../../testdata/credentials.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t"); ok {
			all = append(all, [2]string{name, strings.NewReplacer("|", "", `\n`, "\n").Replace(value)})
		}
	}
	return all
}

// Every credential is found as a whole, strongly, by itself and within other text.
func TestCredentials(t *testing.T) {
	all, named := credentials(t), map[string]bool{}
	for _, c := range all {
		named[c[0]] = true
		for _, around := range [][2]string{{"", ""}, {"key ", ", thanks"}, {`{"v":"`, `"}`}, {"KEY=", "\n"}} {
			text := around[0] + c[1] + around[1]
			hits := New().Scan(nil, []byte(text))
			found := false
			for _, h := range hits {
				found = found || h.Strong && h.Start <= len(around[0]) && h.End >= len(around[0])+len(strings.TrimRight(c[1], "]=D3%"))
			}
			if !found {
				t.Errorf("%s: %q: %s", c[0], text, show(text, hits))
			}
		}
	}
	for _, v := range vendors {
		if !named[v.name] {
			t.Errorf("testdata/credentials.txt has none of %s", v.name)
		}
	}
}

// What resembles a credential is none: too short, of another alphabet, or a word with a prefix of one.
func TestNearlyCredentials(t *testing.T) {
	hex := strings.Repeat("9f86d081884c7d65", 4)
	for _, text := range []string{
		"AC" + hex[:32], "AC" + hex[:32] + ":" + hex[:31], "AC" + hex[:32] + ": account of the shop, its digest " + hex[:40],
		"re_send_the_confirmation_to_everybody_in_the_list", "live_stream_of_the_conference_in_the_main_hall", "secret_santa_participants_of_the_london_office_2026",
		"key-value-store", "key-" + hex[:31], "key-" + hex[:33], "sk-" + strings.Repeat("abc", 15), "sl.example", "pul-down-menu",
		"EAA" + strings.Repeat("a", 120), "ExponentPushToken[x]", "access-production-servers-in-the-second-region",
		"12:AA:BB", "712345678:AAbcdef", "71234567890:AA" + strings.Repeat("b", 33), "712345678:AA" + strings.Repeat("b", 34), "12345678:AAA",
		"1//0", "1//2 cup of sugar", "APA91b", "x:APA91b" + strings.Repeat("a", 100), "abcdefghij:APA91babc",
		hex[:31] + "-us1", hex[:32] + "-usa", strings.Repeat("0", 32) + "-us1", strings.Repeat("0", 32) + "-00000000-00000000", hex[:32] + "-" + hex[:8],
		"550e8400-e29b-41d4-a716-446655440000", "sv=2022-11-02&sig=short", "https://docs.invalid/?sv=2022&se=2027&sig=abcdefghijklmnopqrstuvwxyz",
		"pat" + hex[:14] + "." + hex[:63], "pat" + hex[:14] + "." + hex + "0", "pattern" + hex[:10] + "-" + hex, "path1234567890." + hex,
		"a7F8Q~" + hex[:30], "a7F8Q~" + hex[:36], "a7FxQ~" + hex[:34], "a-F8Q~" + hex[:34], "a7F8R~" + hex[:34], "xa7F8Q~" + hex[:34],
		"MTIz.NDU2.Nzg5", "Mozilla.Foundation.organisation-of-the-web-browser-firefox",
	} {
		for _, h := range New().Scan(nil, []byte(text)) {
			if h.Strong {
				t.Errorf("%q: %s", text, show(text, []Hit{h}))
			}
		}
	}
}
