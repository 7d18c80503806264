package visible

import (
	"fmt"
	"strings"
)

// Count prints a number with thin groups: 1 234 567.
func Count(n int64) string {
	s := fmt.Sprint(n)
	var b strings.Builder
	for i, c := range s {
		if i > 0 && s[i-1] != '-' && (len(s)-i)%3 == 0 {
			b.WriteRune('\u202f')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// Size prints bytes in decimal units: 12.3 MB.
func Size(n int64) string {
	f := float64(n)
	for _, unit := range []string{"B", "kB", "MB", "GB"} {
		if f < 1000 {
			if unit == "B" {
				return fmt.Sprintf("%d B", n)
			}
			return fmt.Sprintf("%.3g %s", f, unit)
		}
		f /= 1000
	}
	return fmt.Sprintf("%.3g TB", f)
}

// Seconds prints a duration: 0.42 s, 12.3 s, 3 min 20 s, 1 h 12 min.
func Seconds(s float64) string {
	switch {
	case s < 10:
		return fmt.Sprintf("%.2f s", s)
	case s < 120:
		return fmt.Sprintf("%.1f s", s)
	case s < 3600:
		return two(int(s)/60, "min", int(s)%60, "s")
	}
	return two(int(s)/3600, "h", int(s)/60%60, "min")
}

// two prints a time in two units, without the second one if there is none of it: 1 h 12 min, 3 min.
func two(n int, unit string, rest int, smaller string) string {
	if rest == 0 {
		return fmt.Sprintf("%d %s", n, unit)
	}
	return fmt.Sprintf("%d %s %d %s", n, unit, rest, smaller)
}

// Away prints how far a moment is, in minutes, hours and minutes, or days and hours.
func Away(minutes int) string {
	switch {
	case minutes < 60:
		return fmt.Sprintf("%d min", minutes)
	case minutes < 48*60:
		return two(minutes/60, "h", minutes%60, "min")
	}
	return two(minutes/60/24, "d", minutes/60%24, "h")
}

// Server prints a server_version_num as people write it: 15.4.
func Server(num int) string { return fmt.Sprintf("%d.%d", num/10000, num%10000) }

// Plural prints a number of things: 1 column, 7 columns.
func Plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
