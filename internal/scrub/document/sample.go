package document

import "errors"

// Sample returns one place that a path leads to: any key is "kestrel", any number
// of steps is one, of elements it is the first.
func Sample(path string) ([]Step, error) {
	steps, reason := parsePath(path)
	if reason != "" {
		return nil, errors.New(reason)
	}
	list := make([]Step, len(steps))
	for i, s := range steps {
		switch s.kind {
		case elements:
			list[i] = Step{IsIndex: true, Index: s.lo}
		case oneKey:
			list[i] = Step{Key: s.key}
		default:
			list[i] = Step{Key: "kestrel"}
		}
	}
	return list, nil
}
