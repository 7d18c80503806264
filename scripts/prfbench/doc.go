// Package prfbench measures keyed functions beside each other, for docs/decisions/0019. It is a module of its own, so
// that the program's graph stays without their libraries: cd scripts/prfbench && go test -bench .
package prfbench
