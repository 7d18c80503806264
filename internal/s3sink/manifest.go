package s3sink

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"strings"

	"refresher/internal/fault"
)

// ManifestName is what a run's manifest is called below runs/<run>/.
const ManifestName = manifestName

// SignatureName is what the signature of a manifest is called, beside it.
const SignatureName = manifestName + ".sig"

const signatureName = SignatureName

// maxSignature is the largest signature file that is read, in bytes.
const maxSignature = 64 << 10

// Latest is latest.json: which run is current.
type Latest struct {
	Run      string `json:"run"`
	Manifest string `json:"manifest"` // the manifest's path below the prefix
	SHA256   string `json:"sha256"`   // of the manifest's bytes, in hex
}

// Manifest says what a run holds and where it came from.
type Manifest struct {
	Version        int             `json:"version"` // 1
	Run            string          `json:"run"`
	Database       string          `json:"database"`
	Bucket         string          `json:"bucket,omitempty"`       // its name in the configuration
	Content        string          `json:"content"`                // "full", "sample" or "synthetic"
	SchemaSHA256   string          `json:"schema_sha256"`          // of the source's schema
	RulesetSHA256  string          `json:"ruleset_sha256"`         // of the rules it was scrubbed by
	KeyFingerprint string          `json:"key_fingerprint"`        // tells keys apart, says nothing of the key
	ServerMajor    int             `json:"server_major,omitempty"` // of the server that the dump is from; 0: not said
	Tables         []Table         `json:"tables"`
	Objects        []Object        `json:"objects"`          // all but manifest.json, by name; filled in by Publish
	Report         json.RawMessage `json:"report,omitempty"` // summary of the run's report
}

// Table is one table of a dataset.
type Table struct {
	Name    string   `json:"name"` // schema.table, as rules write it
	Rows    int64    `json:"rows"`
	Objects []string `json:"objects,omitempty"` // names of its Parquet files, in order
	CSV     []string `json:"csv,omitempty"`     // names of its CSV files, in order
	JSONL   []string `json:"jsonl,omitempty"`   // names of its files of JSON lines, in order
	Columns []Column `json:"columns,omitempty"`
}

// Column is one column of a table's files.
type Column struct {
	Name    string `json:"name"`
	Type    string `json:"type"`              // PostgreSQL's
	Parquet string `json:"parquet,omitempty"` // e.g. DECIMAL(10,2); empty without Parquet files
	AsText  string `json:"as_text,omitempty"` // why it is text although its type has a Parquet type
}

// Object is one object of a run.
type Object struct {
	Name   string `json:"name"` // below runs/<run>/
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"` // in hex

	from string // URL of what it was taken over from; empty if this run wrote it
}

// runID is what a run is called: its start in UTC and a random tail.
var runID = regexp.MustCompile(`^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{4,16}$`)

const (
	maxLatest   = 64 << 10
	maxManifest = 64 << 20
)

// Latest reads latest.json; ok is false if nothing was published yet.
func (s *Sink) Latest(ctx context.Context) (l Latest, ok bool, err error) {
	l, etag, err := s.latest(ctx)
	return l, etag != "", err
}

// Unchanged refuses if latest.json is no more what it was before: another program published to
// this prefix.
func (s *Sink) Unchanged(ctx context.Context, before Latest) error {
	now, _, err := s.Latest(ctx)
	if err != nil {
		return fmt.Errorf("bucket %s: %w", s.name, err)
	}
	if now != before {
		return fault.Refuse("publish", "another program changed latest.json in bucket %s during the run; "+
			"one prefix must belong to one refresher", s.name)
	}
	return nil
}

// latest also returns the ETag, empty if there is no latest.json.
func (s *Sink) latest(ctx context.Context) (l Latest, etag string, err error) {
	key := s.prefix + latestName
	body, etag, missing, err := s.get(ctx, key, maxLatest)
	if err != nil || missing {
		return Latest{}, "", err
	}
	if json.Unmarshal(body, &l) != nil || !runID.MatchString(l.Run) ||
		l.Manifest != runsPrefix+l.Run+"/"+manifestName || len(l.SHA256) != 64 {
		return Latest{}, "", &Error{Bucket: s.bucket, Op: "GetObject", Key: key,
			Reason: "it is not a latest.json of refresher; give this dataset a prefix of its own, or remove the object"}
	}
	return l, etag, nil
}

func encode(v any) ([]byte, error) {
	b, err := json.MarshalIndent(v, "", "  ")
	return append(b, '\n'), err
}

func hexHash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// contentType is what a browser or a reader of the bucket is told.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".json":
		return "application/json"
	case ".html":
		return "text/html; charset=utf-8"
	case ".parquet":
		return "application/vnd.apache.parquet"
	case ".gz":
		return "application/gzip"
	case ".md":
		return "text/markdown; charset=utf-8"
	case ".sql", ".txt":
		return "text/plain; charset=utf-8"
	}
	return "application/octet-stream"
}

// goodName: a relative path of plain segments.
func goodName(name string) bool {
	return name != "" && !strings.HasPrefix(name, "/") && path.Clean(name) == name && !strings.HasPrefix(name, "..") &&
		name != "."
}
