package proof

import (
	"crypto/md5"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/internal/osscall"
	"afterput/internal/sts"
	"afterput/rules"
)

// TestRandomProgramsToAnotherRegion runs 60 random programs whose destinations lie in another region, so that the
// content of every copy goes through the function.
func TestRandomProgramsToAnotherRegion(t *testing.T) { runRandomPrograms(t, drawStreamed, 60) }

const homeRegion, farRegion = "cn-hangzhou", "cn-beijing"

// drawStreamed makes a program whose destinations lie in another region, with the faults of reading and sending in the
// place of those of copying.
func drawStreamed(seed uint64) program {
	p := drawProgram(seed)
	p.streamed = true
	r := rand.New(rand.NewPCG(seed, 12))
	for i := range p.faults {
		streamFault(r, &p.faults[i])
	}
	for range r.IntN(3) {
		f := fault.Fault{Operations: []string{"GetObject"}}
		switch r.IntN(4) {
		case 0:
			f.Body = []fault.Body{fault.Empty, fault.Truncated, fault.Malformed, fault.Spoiled}[r.IntN(4)]
		case 1:
			f.Operations, f.Corrupt = []string{"UploadPart"}, []int64{int64(r.IntN(20))}
		case 2:
			f.Drop, f.Delay = true, randomDuration(r, 0, 3*time.Second)
		case 3:
			f.IgnoreRange = true
		}
		f.Calls = fault.Calls{First: 1 + r.IntN(3), Last: 3 + r.IntN(3)}
		p.faults = append(p.faults, f)
	}
	p.far = drawFar(r)
	if r.IntN(3) == 0 {
		p.hideCRC()
	}
	return p
}

// hideCRC makes the sources those whose CRC-64 OSS does not show. Then nothing arrives wrong in a way that only that
// would tell.
func (p *program) hideCRC() {
	for i := range p.faults {
		f := &p.faults[i]
		if f.Body == fault.Spoiled {
			f.Body = fault.Truncated
		}
		if f.Corrupt != nil { // another invocation may resume the upload, and cannot tell
			f.Corrupt, f.Drop = nil, true
		}
		if f.Operations[0] == "GetObject" && !f.Drop {
			f.Header = withoutCRC
		}
	}
	p.faults = append(p.faults, fault.Fault{Operations: []string{"HeadObject", "GetObject"}, Bucket: sourceBucket,
		Header: withoutCRC})
}

// streamFault makes a fault of copying one of streaming.
func streamFault(r *rand.Rand, f *fault.Fault) {
	f.IgnoreRange = false
	switch f.Operations[0] {
	case "CopyObject":
		f.Operations = [][]string{{"PutObject"}, {"PutObject"}, {"GetObject"}}[r.IntN(3)]
	case "UploadPartCopy":
		f.Operations = []string{"UploadPart"}
	}
	if f.Operations[0] == "GetObject" { // it changes nothing
		f.Later, f.Committed, f.Corrupt = 0, false, nil
	}
	if !f.Drop && f.Error == nil && f.Body == "" && !f.WithoutETag && f.Corrupt == nil && f.Delay+f.ReplyDelay == 0 {
		f.Delay = randomDuration(r, 0, 12*time.Second)
	}
}

// yamlFile is the rules file of the program.
func (p *program) yamlFile(set *ruleset) []byte {
	text := string(set.yamlFile())
	if !p.streamed {
		return []byte(text)
	}
	remote := "      - region: " + farRegion + "\n        "
	if p.far.role {
		remote += "role: " + farRole + "\n        "
	}
	for _, bucket := range []string{mirrorBucket, secondBucket} {
		text = strings.ReplaceAll(text, "      - bucket: "+bucket, remote+"bucket: "+bucket)
	}
	return []byte(text)
}

// placeOf are the options of a bucket of the program: where it is, and whose.
func (p *program) placeOf(bucket string) (options []localoss.BucketOption) {
	if !p.streamed || bucket == sourceBucket {
		return nil
	}
	if p.far.role {
		options = append(options, localoss.WithOwner(farAccount))
	}
	return append(options, localoss.WithRegion(farRegion))
}

// options are those of the engine. Its instances do not all divide objects in the same way.
func (w *world) options() copier.Options {
	roles := sts.New("https://sts.example.com", stsTransport{w})
	inFlight := []int{2, copier.DefaultPartsInFlight}[w.engines.Add(1)%2]
	return copier.Options{
		LeastPart: 100 << 10, PartsInFlight: inFlight,
		SingleCopyLimit: largeSize, Confirm: w.program.confirm, State: w.stateLocation(),
		Region: homeRegion, Remote: func(to rules.Remote) *oss.Client {
			through := clockAhead{transport{w.Transport()}, w.program.far.clock}
			if to.Role == "" {
				return osscall.NewClient(to.Region, endpoint, through)
			}
			return osscall.NewClientAs(roles.As(to), to.Region, endpoint, through)
		},
	}
}

// noteContent records the content that a PutObject sends to another bucket than the source's, which tells which version
// it is of.
func (a *attempt) noteContent(req *http.Request) {
	place := strings.TrimPrefix(req.URL.Path, "/")
	if !a.world.program.streamed || req.Method != http.MethodPut || req.URL.RawQuery != "" || req.Body == nil ||
		strings.HasPrefix(place, sourceBucket+"/") || req.Header.Get("X-Oss-Copy-Source") != "" {
		return
	}
	content, err := io.ReadAll(req.Body)
	req.Body = io.NopCloser(strings.NewReader(string(content)))
	if err != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.contents == nil {
		a.contents = map[string]string{}
	}
	a.contents[place] = fmt.Sprintf("content %x", md5.Sum(content))
}

// sentContent names the content that the attempt has last sent to a place.
func (a *attempt) sentContent(place string) string {
	if a == nil {
		return ""
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.contents[place]
}

// streams reports whether a call sends content to a destination.
func streams(call *localoss.Call) bool {
	return call.Bucket != sourceBucket && slices.Contains([]string{"PutObject", "UploadPart"}, call.Name)
}

// places reports whether a call writes an object at a destination.
func places(call *localoss.Call) bool {
	return slices.Contains(placingOperations, call.Name) || call.Name == "PutObject" && streams(call)
}
