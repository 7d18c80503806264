// Package verify proves that no personal data survived a run.
package verify
