// Package measure reads the repository's own sources: how the files of a package use each other, how long functions
// are, and which lines are too long. internal/measure/print prints it, make measure with cognitive complexity beside
// it.
package measure
