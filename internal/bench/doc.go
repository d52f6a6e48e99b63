// Package bench measures the copy engine where the network is what is waited for:
// in virtual time, against models of a service, beside the least time that any
// scheduler needs and beside the SDK's Copier. Its figures are the same on every
// machine. docs/benchmarks.md holds them.
package bench
