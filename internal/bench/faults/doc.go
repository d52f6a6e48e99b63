// Package faults runs the SDK's Copier and this copy engine against the same faults of the same local OSS, and reports
// what each leaves behind. Its table is part of docs/benchmarks.md; a test keeps the two the same.
package faults
