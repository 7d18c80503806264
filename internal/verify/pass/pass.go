// Package pass is what those who promote and publish need to know of a verification:
// that it was passed. restore.Promote and s3sink.Publish take a [Pass] and refuse the
// zero value and the pass of another run or subject; verify.Judge alone makes one.
//
// What holds: a package outside of internal/verify can neither call the constructor,
// which is in an internal folder there, nor fill in the fields. What does not: a
// program can always forge memory with package unsafe; none of ours imports it here.
//
// It imports nothing else, so that its users compile no detectors, fakes or fingerprints.
package pass

import "refresher/internal/verify/internal/proof"

// Pass is the proof that the output of one run was verified, for one subject.
type Pass = proof.Pass

// StagingDatabase is the subject of the pass that promotes a shadow. A bucket's pass
// has the bucket's name as its subject, and no bucket's name holds a space.
const StagingDatabase = "staging database"
