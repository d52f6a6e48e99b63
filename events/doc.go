// Package events reads the payload with which Function Compute invokes a function
// after something happened in OSS. Whatever envelope the payload comes in (an OSS
// trigger, EventBridge, an SMQ topic or queue), [Parse] returns one [Object] for every
// record in it.
//
// The package is pure: it does no I/O and reads neither clock nor environment.
package events
