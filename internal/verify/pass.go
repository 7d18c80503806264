package verify

// Pass is the proof that a run's output was verified. Only this package can make
// one; restore.Promote and s3sink.Publish refuse the zero value and a pass of
// another run.
type Pass struct{ run, subject string }

// For reports whether the pass is for this run and subject ([StagingDatabase] or a bucket's name).
func (p Pass) For(run, subject string) bool {
	return p.run != "" && p.run == run && p.subject == subject
}

// StagingDatabase is the subject of the pass that promotes a shadow. A bucket's
// pass has the bucket's name as its subject, and no bucket's name holds a space.
const StagingDatabase = "staging database"
