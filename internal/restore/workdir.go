package restore

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
)

// WorkDir makes a private folder in parent, or in the system's folder for temporary
// files if that is empty, for whoever alone may replace the live database, and removes
// those that begin alike of others who had that right and died.
func (s *Server) WorkDir(parent, prefix, name string) (string, error) {
	if parent == "" {
		parent = os.TempDir()
	}
	target := sha256.Sum256(fmt.Append(nil, s.SystemID(), "/", s.live))
	prefix += fmt.Sprintf("%x-", target[:6])
	dead, err := filepath.Glob(filepath.Join(parent, prefix+"*"))
	if err != nil {
		return "", fmt.Errorf("looking for folders that the dead left: %w", err)
	}
	for _, dir := range dead {
		if err := os.RemoveAll(dir); err != nil {
			return "", fmt.Errorf("removing a folder that the dead left: %w", err)
		}
	}
	dir, err := os.MkdirTemp(parent, prefix+name)
	if err != nil {
		return "", fmt.Errorf("making a temporary folder: %w", err)
	}
	return dir, nil
}
