// Package sdktest runs the integration tests of the official Go SDK against
// the local OSS: what they find on the real service they must find here.
//
// The tests come from the SDK's own module, so they are exactly as old as the
// SDK this project builds with. The list passing.txt says which of them pass,
// with which signatures, and at which assertions the others fail, and why. A
// test that does worse than its line fails the run, and so does one that does
// better, until its line says so.
package sdktest
