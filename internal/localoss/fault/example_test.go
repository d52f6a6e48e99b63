package fault

import (
	"fmt"
)

// everyField is a faults file with every field.
const everyField = `
seed: 42                          # of all random numbers; default 0
faults:                           # the first that selects a request happens
  - operation: UploadPartCopy     # or a list
    bucket: archive-*             # globs
    key: logs/**
    part: 7
    calls: 2-5                    # counted from 1; also 3, or 3- for 3 and all later
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
    committed: true               # with drop or error: it takes effect before
  - operation: DeleteObject
    error: {code: GatewayTimeout, status: 504}
    later: 3s                     # with drop or error: it takes effect that long after
  - calls: 4-
    body: malformed               # or empty, truncated, html, other, error, hollow
    without-etag: true
    headers: {Content-Range: null, x-oss-hash-crc64ecma: "1"}  # of the reply; null removes one
    corrupt: [0, 1KiB]            # offsets of bytes to store wrongly
    ignore-range: true            # of UploadPartCopy: copy everything
model:
  latency: 20ms
  bandwidth: 80MiB                # bytes per second of one request
  total-bandwidth: 10GiB          # of all requests together
  in-flight: 200                  # one more is answered with 503
  per-second: 10000               # one more is answered with 503
  stragglers: {probability: 0.01, factor: 20}
  uneven: {probability: 0.5, factor: 2}       # only the bandwidth is lower
  crowding: 64                    # with so many other transfers, each has half the bandwidth
  changes:                        # omitted fields do not change
    - {after: 10m, bandwidth: 40MiB}
    - {after: 20m, in-flight: 0}
`

func ExampleLoad() {
	script, err := Load("faults.yaml", []byte(everyField))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(script.Faults), "faults with seed", script.Seed)
	fmt.Println("latency", script.Model.Latency, "and", len(script.Model.Changes), "changes")
	// Then: localoss.Config{Intercept: script.Intercept()}

	_, err = Load("faults.yaml", []byte("model: {stragglers: {facktor: 20}}\n"))
	fmt.Println(err)
	// Output:
	// 4 faults with seed 42
	// latency 20ms and 2 changes
	// faults.yaml:1:22: stragglers has no field "facktor"; its fields are factor, probability
}
