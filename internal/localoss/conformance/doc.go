// Package conformance says, as tests, how OSS behaves: one suite, run against
// the local OSS always, and against the live service when
//
//	OSS_TEST_ENDPOINT, OSS_TEST_REGION, OSS_TEST_ACCESS_KEY_ID and
//	OSS_TEST_ACCESS_KEY_SECRET
//
// are set. There it makes buckets of its own, with a random prefix, and
// removes them with all they hold. It speaks through the official Go SDK.
//
// What no public source settles is marked unconfirmed: the local OSS is held
// to the reading this project chose, the live service is only observed.
package conformance
