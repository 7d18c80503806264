package fault

// Nearest returns the candidate that word was probably meant to be, "" if none
// is near: at most a third of its letters differ, counting a swap of
// neighbours as one difference.
func Nearest(word string, candidates []string) string {
	best, bestDist := "", len(word)/3+1
	for _, c := range candidates {
		if d := distance(word, c, bestDist); d < bestDist || d == bestDist && best == "" && d <= len(c)/3+1 &&
			d < len(word) {
			best, bestDist = c, d
		}
	}
	return best
}

// DidYouMean is a hint to append to a message: ` (did you mean "x"?)`, or
// nothing if no candidate is near.
func DidYouMean(word string, candidates []string) string {
	if n := Nearest(word, candidates); n != "" {
		return ` (did you mean "` + n + `"?)`
	}
	return ""
}

// distance is the optimal string alignment distance of a and b; anything above
// limit may be reported as limit+1.
func distance(a, b string, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit || len(a) > 128 || len(b) > 128 {
		return limit + 1
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
