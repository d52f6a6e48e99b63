package fault

import (
	"fmt"
)

// everyField is a faults file with every field.
const everyField = `
seed: 42                          # for all that is drawn; default 0
faults:                           # the first that selects a request strikes it
  - operation: UploadPartCopy     # or a list
    bucket: archive-*             # globs
    key: logs/**
    part: 7
    calls: 2-5                    # counted from 1; also 3, and 3- without end
    probability: 0.5
    delay: 2s                     # before the request takes effect
    reply-delay: 200ms            # after it
    error:                        # the reply; the request takes no effect
      code: InternalError
      status: 200                 # default: that of the code
      ec: 0000-1
      message: odd
      headers: {x-oss-qos-delay-time: 100}
  - operation: [CopyObject, CompleteMultipartUpload]
    calls: 3
    drop: true                    # cut the connection; the request takes no effect
    committed: true               # with drop or error: it takes effect all the same
  - operation: DeleteObject
    error: {code: GatewayTimeout, status: 504}
    later: 3s                     # with drop or error: it takes effect that long after the answer
  - calls: 4-
    body: malformed               # or empty, truncated, html, other, error, hollow
    without-etag: true
    headers: {Content-Range: null, x-oss-hash-crc64ecma: "1"}  # of the reply; null takes one out
    corrupt: [0, 1KiB]            # offsets that are stored wrongly
    ignore-range: true            # of UploadPartCopy: copy everything
model:
  latency: 20ms
  bandwidth: 83 MB                # bytes a second for one request
  total-bandwidth: 10GB           # for all of them together
  in-flight: 200                  # one more is answered 503
  per-second: 10000               # one more is answered 503
  stragglers: {probability: 0.01, factor: 20}
  changes:                        # fields left out stay as they were
    - {after: 10m, bandwidth: 41.5MB}
    - {after: 20m, in-flight: 0}
`

func ExampleLoad() {
	script, err := Load("faults.yaml", []byte(everyField))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(script.Faults), "faults, drawn from", script.Seed)
	fmt.Println("latency", script.Model.Latency, "and", len(script.Model.Changes), "changes")
	// Then: localoss.Config{Intercept: script.Intercept()}

	_, err = Load("faults.yaml", []byte("faults:\n  - opration: CopyObject\n    drop: true\n"))
	fmt.Println(err)
	// Output:
	// 4 faults, drawn from 42
	// latency 20ms and 2 changes
	// faults.yaml:2:5: a fault has no field "opration"; it knows body, bucket, calls, committed, corrupt, delay, drop, error, headers, ignore-range, key, later, operation, part, probability, reply-delay, without-etag
}
