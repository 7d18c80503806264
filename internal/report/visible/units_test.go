package visible

import "testing"

func TestUnits(t *testing.T) {
	for got, want := range map[string]string{
		Count(0): "0", Count(999): "999", Count(1000): "1\u202f000", Count(-1234567): "-1\u202f234\u202f567",
		Size(999): "999 B", Size(1500): "1.5 kB", Size(987_654_321): "988 MB", Size(2_000_000_000_000): "2 TB",
		Seconds(0.123): "0.12 s", Seconds(61): "61.0 s", Seconds(200): "3 min 20 s",
		Seconds(180): "3 min", Seconds(3599.9): "59 min 59 s", Seconds(3600): "1 h", Seconds(4325): "1 h 12 min",
		Away(59): "59 min", Away(60): "1 h", Away(61): "1 h 1 min", Away(4 * 24 * 60): "4 d", Away(75 * 60): "3 d 3 h",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
