// Package s3sink keeps datasets in an S3 bucket, or in a folder, so that a reader never
// sees half of one.
//
// # Layout
//
// A bucket's prefix belongs to one refresher:
//
//	<prefix>/latest.json                  which run is current: {run, manifest, sha256}; see [Latest]
//	<prefix>/runs/<run>/manifest.json     what the run holds; see [Manifest]
//	<prefix>/runs/<run>/…                 the run's objects: tables/…, <database>.dump, report.html
//
// # A run's life
//
// [Sink.Probe] finds a missing bucket, missing permissions and a server without
// conditional writes before anything is done, and [Sink.Private] a bucket that is
// public. [Sink.Stage] opens a run;
// [Staging.Put] streams objects into it, hashing as they go; [Staging.Verify]
// reads every object back and compares; [Staging.Publish], which wants a
// pass.Pass for this run and bucket, writes manifest.json and then, last of all,
// latest.json, on the condition that latest.json is still the one that was there
// when the run was staged. Two runs at once can't both win, and an older run never
// replaces a newer one. [Staging.Discard] removes a run that failed.
//
// A run is published when it has a manifest and its id (which starts with its UTC
// time) is not above that of the run that latest.json names. [Sink.Sweep] removes
// what killed runs left: their objects and unfinished multipart uploads.
// [Sink.Retain] removes published runs but the newest few. Under runs/, only what
// has the name of a run is ever deleted.
//
// # Servers
//
// Amazon S3 and servers compatible with it. Conditional writes (If-None-Match and
// If-Match on PutObject) are needed and are probed for: without them two runs
// could overwrite each other's latest.json unseen, so there is no fallback.
// Objects of more than 8 MiB go up as multipart uploads, which a failure aborts.
// Memory is bounded: a Put holds [Options.PartBytes] × ([Options.Concurrency] + 2).
//
// With an endpoint of its own, the SDK's default CRC32 trailers are left out, as
// many servers don't know them: the request signature covers every part, and the
// read-back compares SHA-256 in any case.
//
// # Folders
//
// A bucket may be a folder of this machine, file:///srv/datasets: what is above holds
// there, too. An object is written beside its name as .NAME.<16 hex>.upload, flushed to
// the disk and renamed; Sweep removes those of killed runs as it aborts uploads.
// latest.json is replaced under a lock (flock) on the file .lock, so that the folder
// may be shared by NFS as long as that has locks. Folders have mode 0700 and files 0600.
// A folder that every user may write to, or that lies in one, is refused. Links are
// listed as objects and never followed.
//
// # Permissions
//
// s3:PutObject, s3:GetObject, s3:DeleteObject and s3:AbortMultipartUpload on
// arn:aws:s3:::BUCKET/PREFIX/*; s3:ListBucket and s3:ListBucketMultipartUploads on
// arn:aws:s3:::BUCKET. With s3:GetBucketPolicyStatus, s3:GetBucketAcl and
// s3:GetBucketPublicAccessBlock, [Sink.Private] knows of all that makes a bucket public;
// without them it only asks for an object without credentials. Tags need
// s3:PutObjectTagging and s3:GetObjectTagging, and a KMS key kms:GenerateDataKey and
// kms:Decrypt.
//
// # Errors
//
// [Error] is one sentence with the bucket, the operation and what to do; it never
// holds credentials. A read-back that differs, a lost race and a missing pass are
// *fault.Refusal; a bad URL or option is *fault.Input.
package s3sink
