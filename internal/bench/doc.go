// Package bench measures the copy engine where the network is the bottleneck: in virtual time, against models of a
// service, beside the least time that any scheduler needs and beside the SDK's Copier. Its figures are the same on
// every machine, but for 1 % or so where requests are refused. docs/benchmarks.md has them; internal/bench/copies
// prints them.
package bench
