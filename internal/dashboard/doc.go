// Package dashboard tests the Grafana dashboard, examples/grafana/afterput.json, and draws its picture for the
// documentation: its queries are run over generated lines of the log, by an interpreter of as much of SLS's query
// language as they use.
package dashboard
