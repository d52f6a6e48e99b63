package proof

import (
	"bytes"
	"context"
	"io"
	"testing"
	"time"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/rules"
)

// The cases of copies to another region.

// runStreamedCase runs a case whose destination lies in another region. OSS does not show the CRC-64 of sources, as of
// objects that are older than the feature: the other checks have to keep faults from the destination.
func runStreamedCase(t *testing.T, faults []fault.Fault, test copyTest) {
	for i := range faults {
		if faults[i].Operations[0] == "GetObject" {
			faults[i].Header = withoutCRC
		}
	}
	faults = append(faults, fault.Fault{Operations: []string{"HeadObject", "GetObject"}, Bucket: sourceBucket,
		Header: withoutCRC})
	runCaseOf(t, program{streamed: true, faults: faults, faultsEnd: time.Hour}, copier.Options{}, test)
}

var withoutCRC = map[string]string{"X-Oss-Hash-Crc64ecma": ""}

// streamedCopy is plainCopy to another region.
func streamedCopy(o events.Object) *rules.Copy {
	plan := plainCopy(o)
	plan.Remote.Region = farRegion
	return plan
}

// wantStreamed checks that the destination is the copy of an object, after a copy with the outcome.
func (w *world) wantStreamed(t *testing.T, o events.Object, out copier.Outcome) {
	t.Helper()
	src, _ := w.Object(sourceBucket, o.Key)
	want, err := io.ReadAll(src.Reader())
	if err != nil {
		t.Fatal(err)
	}
	if s := w.stateOf(mirrorBucket + "/" + o.Key); out.Result != copier.Copied || !bytes.Equal(s.content, want) {
		t.Errorf("%s, %v: the destination is %v; want copied, with the content of the source", out.Result, out.Error, s)
	}
}

func TestCaseStreamedPartsOfTwoVersionsNeverMix(t *testing.T) {
	later := fault.Fault{Operations: []string{"UploadPart"}, Part: 2, Calls: fault.Nth(1), Error: &localoss.Error{
		Code: localoss.ServiceUnavailable, Header: map[string][]string{"X-Oss-Qos-Delay-Time": {"5000"}}}}
	runStreamedCase(t, []fault.Fault{later}, func(ctx context.Context, w *world, c *copier.Copier) {
		o := w.putLarge(ctx, attributeSets[0], nil)
		second := w.faults.watchCopies(o.Key, 1, time.Second)
		w.running.Go(func() {
			<-second.reached
			w.perform(ctx, step{kind: stepPut, key: o.Key, size: 130 << 10, content: 1})
		})
		out := c.Copy(ctx, c.Source(ctx, o), streamedCopy(o))
		w.running.Wait()
		if s := w.stateOf(mirrorBucket + "/" + o.Key); out.Result != copier.Superseded || s.content != nil {
			t.Errorf("%s, %v, %v; want superseded, and no object", out.Result, out.Error, s)
		}
	})
}

func TestCaseWhatArrivesWrongIsNoPart(t *testing.T) {
	for name, f := range map[string]fault.Fault{
		"OSS stores another byte than was sent": {Operations: []string{"UploadPart"}, Part: 2, Corrupt: []int64{7}},
		"the whole object for a range":          {Operations: []string{"GetObject"}, IgnoreRange: true},
		"content that breaks off":               {Operations: []string{"GetObject"}, Body: fault.Truncated},
		"half of the content":                   {Operations: []string{"GetObject"}, Body: fault.Malformed},
	} {
		t.Run(name, func(t *testing.T) {
			f.Calls = fault.Calls{First: 1, Last: 2}
			runStreamedCase(t, []fault.Fault{f}, func(ctx context.Context, w *world, c *copier.Copier) {
				o := w.putLarge(ctx, attributeSets[0], nil)
				w.wantStreamed(t, o, c.Copy(ctx, c.Source(ctx, o), streamedCopy(o)))
				n := w.Counts()
				if n["InitiateMultipartUpload"] != 1 || w.faults.injector.Happened()[0] == 0 {
					t.Errorf("%v, the fault happened %d times", n, w.faults.injector.Happened()[0])
				}
				// Only what OSS itself stores wrongly may be found later, in the list of the parts.
				if f.Operations[0] == "GetObject" && n["ListParts"] != 1 {
					t.Errorf("ListParts was sent %d times: a part was stored that is wrong", n["ListParts"])
				}
			})
		})
	}
}

func TestCaseSmallContentThatIsSpoiledIsNotSentOn(t *testing.T) {
	p := program{streamed: true, faultsEnd: time.Hour, faults: []fault.Fault{{
		Operations: []string{"GetObject"}, Body: fault.Spoiled, Calls: fault.Calls{First: 1, Last: 2}}}}
	runCaseOf(t, p, copier.Options{}, func(ctx context.Context, w *world, c *copier.Copier) {
		o := w.putSmall(ctx)
		w.wantStreamed(t, o, c.Copy(ctx, c.Source(ctx, o), streamedCopy(o)))
		if n := w.Counts()["PutObject"]; n != 2 { // that of the source too
			t.Errorf("%d times PutObject, want 2", n)
		}
	})
}

func TestCaseSmallContentThatBreaksOffIsNotSentOn(t *testing.T) {
	cut := fault.Fault{Operations: []string{"GetObject"}, Body: fault.Truncated, Calls: fault.Calls{First: 1, Last: 2}}
	runStreamedCase(t, []fault.Fault{cut}, func(ctx context.Context, w *world, c *copier.Copier) {
		o := w.putSmall(ctx)
		w.wantStreamed(t, o, c.Copy(ctx, c.Source(ctx, o), streamedCopy(o)))
		if n := w.Counts()["PutObject"]; n != 2 { // that of the source too
			t.Errorf("%d times PutObject, want 2", n)
		}
	})
}
