// Package proof holds the proofs of what the copy engine promises, and nothing
// else: it is all tests.
//
//   - The model test runs random programs of uploads, deliveries, faults and kills
//     against the whole path (relay, rules, copier) and an OSS in this process, in
//     virtual time, and judges the history of every destination.
//   - The interleavings run every order of the small cases.
//   - The mutants are errors put into the engine on purpose, each of which must be
//     caught by the other two.
//
// What is right is said by an oracle that shares no code with the engine, the
// rules or the server: it knows what was uploaded when, and a description of its
// own of each rules file.
package proof
