// Package proof holds the pass that a verification ends in. It lies in an internal
// folder of verify, so that the compiler lets no package outside of verify's folder
// call [New]; everybody else names the type as pass.Pass.
package proof

// Pass is the proof that a run's output was verified. Its fields can't be set from
// other packages, so the only values there are the zero value, which proves nothing,
// and what [New] made.
type Pass struct{ run, subject string }

// New makes the pass of a run and subject. Only verify.Judge calls it, after every
// check of every result held (layering_test.go checks who imports this package).
func New(run, subject string) Pass { return Pass{run, subject} }

// For reports whether the pass is for this run and subject: pass.StagingDatabase or
// a bucket's name. The zero value is for none.
func (p Pass) For(run, subject string) bool {
	return p.run != "" && p.run == run && p.subject == subject
}
