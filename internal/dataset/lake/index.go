package lake

// Where a target's run has its copies, and what it says of them.
const (
	IndexName = "index.json"
	Folder    = "objects/" // followed by the key
)

// Index is index.json: which version of which object each copy was made of, and by which rules.
type Index struct {
	Made    string  `json:"made_by"`
	Entries []Entry `json:"objects"`
}

// Entry is one object of the source.
type Entry struct {
	Source  string `json:"source"`           // keyed hash of its key, version and size
	Object  string `json:"object,omitempty"` // its copy; empty: the target's sample has nothing of it
	Pattern string `json:"pattern"`          // of the rules
	Rows    int64  `json:"rows"`
}

// PatternOf returns the pattern by whose rules a copy was made, empty if it is not known.
func PatternOf(entries []Entry) func(object string) string {
	patterns := map[string]string{}
	for _, e := range entries {
		patterns[e.Object] = e.Pattern
	}
	return func(object string) string { return patterns[object] }
}
