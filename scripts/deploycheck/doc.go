// Package deploycheck checks what is in deploy/: compose files, the chart and the manifests, the
// Terraform module, the Dockerfile, systemd units, shell scripts and the GitHub Action. It is a
// module of its own, so that the libraries that read these formats stay out of the program's.
// `make test` runs it.
package deploycheck
