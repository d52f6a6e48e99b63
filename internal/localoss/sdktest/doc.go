// Package sdktest runs the integration tests of the official Go SDK against the local OSS: what they
// expect of the real service, they must get here.
//
// The tests come from the SDK's own module, so that they are of the version that this project uses.
// The list passing.txt says which of them pass, with which signatures, and at which assertions the
// others fail, and why. A run fails if a test gets a worse result than its line says, or a better
// one: then its line has to be updated.
package sdktest
