package restore

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"unicode/utf8"
)

// maxName is NAMEDATALEN - 1 in bytes (src/include/pg_config_manual.h).
const maxName = 63

// runSuffix is a run's id in lower case as it ends a database's name, with a
// number where one run makes several: 20261121t030000z-7f3a, 20261121t030000z-7f3a_1.
var runSuffix = regexp.MustCompile(`^\d{8}t\d{6}z-[0-9a-f]{4,8}(_\d+)?$`)

// scratchKinds are the kinds of database that exist during a run only, pullKinds
// those that exist during a pull only: see [ConnectTarget].
var (
	scratchKinds = []string{"shadow", "sample", "old", verified}
	pullKinds    = []string{pulled, replaced}
)

const (
	pulled   = "pull"     // being built
	replaced = "replaced" // what was previous before
)

// ScratchName is the name of a run's own database beside the live one:
// live_kind_run, at most 63 bytes. A live name too long for that is shortened, with a hash
// of the whole name to keep it distinct.
func ScratchName(live, kind, run string) string {
	return fit(live, "_"+kind+"_"+strings.ToLower(run))
}

// PreviousName is the name under which the database before the live one is kept.
func PreviousName(live string) string { return fit(live, "_previous") }

func fit(live, suffix string) string {
	return shorten(live, maxName-len(suffix)) + suffix
}

func shorten(name string, limit int) string {
	if len(name) <= limit {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	cut := max(0, limit-9)
	for cut > 0 && !utf8.RuneStart(name[cut]) {
		cut--
	}
	return name[:cut] + "~" + hex.EncodeToString(sum[:4])
}

// isScratch reports whether name is what ScratchName makes of live for some run.
func isScratch(live, name string) bool { return isOf(scratchKinds, live, name) }

func isOf(kinds []string, live, name string) bool {
	for _, kind := range kinds {
		run, ok := afterLast(name, "_"+kind+"_")
		if ok && runSuffix.MatchString(run) && ScratchName(live, kind, run) == name {
			return true
		}
	}
	return false
}

// afterLast is what follows the last sep.
func afterLast(s, sep string) (after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return "", false
	}
	return s[i+len(sep):], true
}
