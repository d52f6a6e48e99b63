// Package conformance describes in tests how OSS behaves. The tests always run against the local
// OSS, and also against the real service if these variables are set:
//
//	OSS_TEST_ENDPOINT, OSS_TEST_REGION, OSS_TEST_ACCESS_KEY_ID and
//	OSS_TEST_ACCESS_KEY_SECRET
//
// There they create buckets of their own, with a random prefix, and delete them with everything
// in them. They use the official Go SDK.
//
// What no public source documents is marked unconfirmed: the local OSS must behave as this project
// assumes, and how the real service behaves is only logged.
package conformance
