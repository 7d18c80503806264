package restore

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const run = "20261121T030000Z-7f3a"

func TestScratchNames(t *testing.T) {
	long := strings.Repeat("ü", 31) // 62 bytes
	for _, tt := range []struct{ got, want string }{
		{ScratchName("shop", "shadow", run), "shop_shadow_20261121t030000z-7f3a"},
		{ScratchName("shop", "sample", run+"_1"), "shop_sample_20261121t030000z-7f3a_1"},
		{PreviousName("shop"), "shop_previous"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %s, want %s", tt.got, tt.want)
		}
	}
	for _, live := range []string{"shop", long, strings.Repeat("x", 63), "a_shadow_b"} {
		for _, kind := range scratchKinds {
			name := ScratchName(live, kind, run)
			if len(name) > maxName || !isScratch(live, name) {
				t.Errorf("%s of %s: %q, %d bytes", kind, live, name, len(name))
			}
		}
		if len(PreviousName(live)) > maxName {
			t.Errorf("previous of %s is too long", live)
		}
	}
	if ScratchName(strings.Repeat("x", 60)+"a", "old", run) == ScratchName(strings.Repeat("x", 60)+"b", "old", run) {
		t.Error("two long names share a scratch name")
	}
}

// What a user named must never be taken for a dead run's remains.
func TestIsScratchSparesOthers(t *testing.T) {
	for _, name := range []string{"shop", "shop_previous", "shop_shadow_boxing", "shop_old_", "shop_old_2025",
		"other_shadow_20261121t030000z-7f3a",
		"shop2_old_20261121t030000z-7f3a", "shop_shadow_20261121t030000z-7f3a_copy", "shop_shadow_20261121T030000Z-7f3a",
		"my_shop_shadow_20261121t030000z-7f3a"} {
		if isScratch("shop", name) {
			t.Errorf("%s would be dropped", name)
		}
	}
}

func TestPromotionOrder(t *testing.T) {
	for _, tt := range []struct {
		name   string
		exists map[string]bool
		want   []rename
	}{
		{"first run", map[string]bool{}, []rename{{"shadow", "shop"}}},
		{"second run", map[string]bool{"shop": true}, []rename{{"shop", "shop_previous"}, {"shadow", "shop"}}},
		{"later", map[string]bool{"shop": true, "shop_previous": true}, []rename{{"shop_previous", "old"}, {"shop",
			"shop_previous"}, {"shadow", "shop"}}},
		{"live was dropped", map[string]bool{"shop_previous": true}, []rename{{"shadow", "shop"}}},
	} {
		got := promotion("shop", "shadow", "old", tt.exists)
		if d := cmp.Diff(tt.want, got, cmp.AllowUnexported(rename{})); d != "" {
			t.Errorf("%s: %s", tt.name, d)
		}
	}
}

func TestLeaveOut(t *testing.T) {
	for _, tt := range []struct {
		line    string
		version int
		entry   string
		out     bool
	}{
		{"3380; 6104 16403 PUBLICATION - pub postgres\n", 150000, "PUBLICATION - pub", true},
		{"3381; 6106 16404 PUBLICATION TABLE public pub t postgres\n", 150000, "PUBLICATION TABLE public pub t", true},
		{"5; 6100 1 SUBSCRIPTION - sub postgres\n", 150000, "SUBSCRIPTION - sub", true},
		{"5; 3466 1 EVENT TRIGGER - et postgres\n", 150000, "EVENT TRIGGER - et", true},
		{"5; 0 0 USER MAPPING - USER MAPPING ann SERVER s postgres\n", 150000, "USER MAPPING - USER MAPPING ann SERVER s",
			true},
		{"3; 0 0 COMMENT - EXTENSION hstore \n", 150000, "COMMENT - EXTENSION hstore", true},
		{"3; 0 0 COMMENT - SCHEMA public postgres\n", 140000, "COMMENT - SCHEMA public", true},
		{"3; 0 0 COMMENT - SCHEMA public postgres\n", 150000, "", false},
		{"2; 3079 16385 EXTENSION - hstore \n", 150000, "", false},
		{"214; 1259 16399 TABLE public PUBLICATION postgres\n", 150000, "", false},
		{"; Archive created\n", 150000, "", false},
	} {
		entry, out := leaveOut(tt.line, tt.version)
		if out != tt.out || out && entry != tt.entry {
			t.Errorf("%q: %q, %t", tt.line, entry, out)
		}
	}
}
