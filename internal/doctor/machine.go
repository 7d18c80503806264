package doctor

import (
	"context"
	"fmt"
	"os"
	"strings"

	"refresher/internal/fault"
	"refresher/internal/postgres/catalog"
	"refresher/internal/report/visible"
	"refresher/internal/s3sink"
)

// minFree is how much a run may want for schema dumps and fingerprints; it writes
// no rows to this machine's disk.
const minFree = 1 << 30

// machine looks at the folder for temporary files.
func (r *Report) machine(o Options) {
	const area, name = "machine", "temporary files"
	dir := o.TempDir
	if dir == "" {
		dir = os.TempDir()
	}
	probe, err := os.MkdirTemp(dir, "refresher-doctor-")
	if err != nil {
		r.Add(area, name, fmt.Errorf("%s can't be written to", dir), "",
			"set temp_dir to a folder that refresher's user may write to")
		return
	}
	defer os.RemoveAll(probe)
	if free, ok := freeBytes(dir); ok && free < minFree {
		r.warn(area, name, fmt.Sprintf("%s has %s free", dir, visible.Size(free)),
			"set temp_dir to a disk with a gigabyte free")
		return
	}
	r.ok(area, name, dir+" can be written to")
}

// bucket writes, reads and removes a probe object.
func (r *Report) bucket(ctx context.Context, b Bucket) {
	area := "bucket " + b.Name
	err := b.Sink.Probe(ctx)
	r.Add(area, "objects can be written, read, listed and removed", err, b.URL, Policy(b.URL))
	if err != nil {
		return
	}
	const private = "the bucket is not public"
	switch unknown, err := b.Sink.Private(ctx); {
	case fault.Decided(err) && b.Sink.Local():
		r.warn(area, private, err.Error()+"; only this machine reaches the server", "")
	case err != nil:
		r.Add(area, private, err, "", "block public access to the bucket, or take the policy and the grants away")
	case len(unknown) > 0:
		r.warn(area, private, "as far as can be seen: "+strings.Join(unknown, ", "),
			"grant s3:GetBucketPolicyStatus and s3:GetBucketAcl; if the server has neither, look yourself")
	default:
		r.ok(area, private, b.URL)
	}
}

// Policy is an IAM policy for a bucket's writer, as JSON to paste: the least that
// a run needs under its prefix.
func Policy(url string) string {
	place, err := s3sink.ParseURL(url)
	if err != nil || place.Folder {
		return ""
	}
	objects := "*"
	if place.Prefix != "" {
		objects = strings.TrimSuffix(place.Prefix, "/") + "/*"
	}
	return fmt.Sprintf(`{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:ListBucketMultipartUploads"], "Resource": "arn:aws:s3:::%[1]s"},
  {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
   "Resource": "arn:aws:s3:::%[1]s/%[2]s"}]}`, place.Bucket, objects)
}

func tableBytes(cat *catalog.Catalog) int64 {
	var n int64
	for _, t := range cat.Tables {
		n += t.Bytes
	}
	return n
}
