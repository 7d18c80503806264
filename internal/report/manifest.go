package report

import (
	"encoding/json"
	"slices"
	"strings"

	"refresher/internal/fault"
	"refresher/internal/report/signature"
	"refresher/internal/s3sink"
)

// Describes proves that the dataset with this manifest is the one that a bucket's
// copy of the report describes: so the signature of the report, whose document
// has that SHA-256, covers every object by its hash. n is how many there are.
func (r *Report) Describes(manifest []byte, sha256 string) (n int, err error) {
	var m s3sink.Manifest
	if json.Unmarshal(manifest, &m) != nil || m.Run == "" {
		return 0, fault.Refuse("dataset", "the manifest beside the report is none of refresher's")
	}
	if m.Run != r.Run {
		return 0, fault.Refuse("dataset", "the report is of run %s, and the dataset beside it of another", r.Run)
	}
	i := slices.IndexFunc(r.Datasets, func(d Dataset) bool { return r.Bucket != "" && d.Bucket == r.Bucket })
	if i < 0 {
		return 0, fault.Refuse("dataset", "the report is not the one that the run put beside a dataset")
	}
	refusal := fault.Refuse("dataset", "the dataset beside the report is not the one that the report describes")
	described := map[string]Object{}
	for _, o := range r.Datasets[i].Objects {
		described[o.Key] = o
	}
	for _, o := range m.Objects {
		d, ok := described[o.Name]
		delete(described, o.Name)
		switch {
		case o.Name == JSONName:
			if o.SHA256 != sha256 {
				refusal.Add("%s: the manifest lists another", o.Name)
			}
		case o.Name == JSONName+signature.Suffix, o.Name == HTMLName, o.Name == AttestationName:
		case !ok:
			refusal.Add("%s: the report knows no such object", o.Name)
		case d.SHA256 != o.SHA256 || d.Bytes != o.Size:
			refusal.Add("%s: the manifest gives it another hash or size", o.Name)
		default:
			n++
		}
	}
	for name := range described {
		refusal.Add("%s: the manifest does not list it", name)
	}
	if len(refusal.Problems) > 0 {
		slices.SortFunc(refusal.Problems, func(a, b fault.Problem) int { return strings.Compare(a.Text, b.Text) })
		return n, refusal
	}
	return n, nil
}
