// Package proof tests what the copy engine promises (docs/design.md) by simulation: relay, rules and copier run against
// a local OSS, in one process and in virtual time (testing/synctest). It consists of tests only.
//
// # Parts of a simulation
//
// A world (world_test.go) is an OSS, a user who changes source objects in it, and a simulation of Function Compute that
// invokes the function for each event until an attempt succeeds.
//
// A program (program_test.go) is all that happens in a world: the rules file, the steps of the user, how the events of
// each step are delivered, and what goes wrong. A random program is made from a seed, a number; the same seed always
// makes the same program.
//
// In programs with removals an event may be given up after a few attempts, to be replayed in the end or never
// (givenup_test.go), and deletions may be limited, or refused since nothing would bring the object back.
//
// Events may get lost before they reach the function. Scans (scans_test.go) look through the objects that are there,
// beside the events: sweeps, whose invocations may end before they do; backfills, whose processes may be killed; and
// comparisons. After everything has ended, another sweep must find what the lost events have left out
// (lostevents_test.go).
//
// Faults (faults_test.go) are what goes wrong in OSS: slow requests, error replies, lost replies, corrupt parts,
// requests that take effect after an error was returned. Disruptions (program_test.go) are what goes wrong in the
// function: a kill, a broken connection, a panic. They happen in the transport (transport_test.go), which is between
// the engine and OSS.
//
// The oracle (oracle_test.go) decides what is right. It records each version of each source and each state of each
// destination, and knows a description of its own of every rules file (rulesets_test.go). It shares no code with the
// engine, the rules package or the local OSS. After a program has ended, it checks that no destination ever was a mix
// of versions, and that each destination has the newest version that the rules select. Other checks look at the
// reports, at leftover uploads (functioncompute_test.go), at writes and failures without need (needless_test.go), and
// at what sweeps, backfills and comparisons say they have found (lostevents_test.go).
//
// A scheduler (scheduler_test.go) takes the place of chance in small scenarios: it stops every request whose order
// matters, and releases one at a time.
//
// # Tests
//
//   - TestRandomProgramsUnderFaults runs random programs, TestRandomProgramsWithRemovals those in which sources are
//     archived, removed or moved (removalprograms_test.go, removaloracle_test.go), and
//     TestRandomProgramsToAnotherRegion those whose destinations lie in a region with its own speed and clock
//     (farside_test.go), perhaps in another account, whose role is assumed with sessions that end early
//     (sessions_test.go); TestSoak (make soak) runs all until it is stopped.
//   - The TestEveryOrder tests run every interleaving of small scenarios, such as two versions of one object. Of
//     interleavings that differ only in steps that are independent of one another (footprint_test.go), they run one
//     (search_test.go).
//   - The TestCase tests are situations that random programs meet too rarely.
//   - TestMutantsAreCaught puts errors into the engine on purpose (mutations_test.go), one at a time, and expects a
//     random program or a test to fail for each.
//
// # Reproducing a failure
//
// A random program that fails prints its seed, the smallest program that fails in the same way, and the log of its run.
// AFTERPUT_SEED runs the program of one seed again:
//
//	AFTERPUT_SEED=42 go test ./internal/proof -run RandomPrograms
//
// The engine's pauses between retries are random and not part of the program, so a seed may fail only sometimes; repeat
// it with -count. An interleaving that fails prints the order in which its requests were released; run its test again.
//
// In the log and in this package, a place is an object given as bucket/key.
package proof
