package pgerr

import (
	"crypto/x509"
	"errors"
	"strings"
)

// tlsHint says what to do about a TLS connection that could not be made.
func tlsHint(err error) string {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	switch {
	case strings.Contains(err.Error(), "server refused TLS connection"):
		return "; switch ssl on at the server, or, if the way to it is safe by other means, write allow_plaintext: true beside its url"
	case errors.As(err, &name):
		return "; the server's certificate isn't for the host that the url names: use a name that it is for"
	case errors.As(err, &unknown):
		return "; the server's certificate isn't signed by a known authority: name your own CA's certificate by sslrootcert in the url"
	}
	return ""
}
