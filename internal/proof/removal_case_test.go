package proof

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/existing"
	"afterput/internal/localoss"
	"afterput/internal/osscall"
	"afterput/internal/relay"
	"afterput/internal/state"
)

// The cases below are those in which a deletion must not be made, or must be made good: one for each check that stands
// before a deletion.

// denySource keeps the access key denied from reading the source.
func denySource(op localoss.Operation) error {
	if op.AccessKeyID == "denied" && op.Bucket == sourceBucket {
		return &localoss.Error{Code: localoss.AccessDenied}
	}
	return nil
}

// removalCase is a world in which events are handled one after the other.
type removalCase struct {
	*removalRun
	t       *testing.T
	key     string            // access key of the function
	through http.RoundTripper // how the function's requests reach the server; nil is straight
}

func runRemovalCase(t *testing.T, s removalScenario, test func(c *removalCase)) {
	synctest.Test(t, func(t *testing.T) {
		c := &removalCase{removalRun: s.start(t), t: t, key: "user"}
		test(c)
		_ = c.Close()
	})
}

// handler is an instance of the function, with the client of its requests.
func (c *removalCase) handler() (*relay.Handler, *oss.Client) {
	via := c.through
	if via == nil {
		via = c.Transport()
	}
	client := osscall.NewClient("cn-hangzhou", endpoint, via)
	return relay.New(relay.Config{Rules: relay.Fixed(c.set), Log: discardLog,
		Copier: copier.New(client, copier.Options{State: state.Location{Off: true}})}), client
}

// handle handles an event, and returns the results in its report.
func (c *removalCase) handle(payload []byte, retries int) (all []copier.Result) {
	c.t.Helper()
	handler, _ := c.handler()
	answer, err := handler.Handle(c.t.Context(), relay.Invocation{RetryCount: retries,
		Credentials: osscall.Credentials{AccessKeyID: c.key, AccessKeySecret: c.key}}, payload)
	if failure := new(relay.Failure); errors.As(err, &failure) {
		answer = []byte(failure.Error())
	}
	report, err := relay.ReadReport(answer)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, one := range report.Objects[0].Copies {
		all = append(all, one.Result)
	}
	return all
}

// want handles an event of a step of the user, and compares the results.
func (c *removalCase) want(step string, want ...copier.Result) []byte {
	c.t.Helper()
	payload := c.perform(c.t, step).payload
	c.wantOf(payload, 0, want...)
	return payload
}

func (c *removalCase) wantOf(payload []byte, retries int, want ...copier.Result) {
	c.t.Helper()
	if got := c.handle(payload, retries); !slices.Equal(got, want) {
		c.t.Errorf("results %v, want %v", got, want)
	}
}

// putAt puts an object of somebody else.
func (c *removalCase) putAt(bucket, content string, meta map[string]string) {
	c.t.Helper()
	_, err := c.user.PutObject(c.t.Context(), &oss.PutObjectRequest{Bucket: &bucket, Key: oss.Ptr(removalKey),
		Body: strings.NewReader(content), Metadata: meta})
	if err != nil {
		c.t.Fatal(err)
	}
}

// versioning sets the versioning of the destination.
func (c *removalCase) versioning(status oss.VersioningStatusType) {
	c.t.Helper()
	_, err := c.user.PutBucketVersioning(c.t.Context(), &oss.PutBucketVersioningRequest{
		Bucket: oss.Ptr(mirrorBucket), VersioningConfiguration: &oss.VersioningConfiguration{Status: status}})
	if err != nil {
		c.t.Fatal(err)
	}
}

var (
	mirrored         = removalScenario{rules: mirrorRules}
	mirroredVersions = removalScenario{rules: strings.Replace(mirrorRules, ", without-versioning: true", "", 1)}
	moving           = removalScenario{rules: moveRules, versioned: true}
	movingOnce       = removalScenario{rules: strings.Replace(moveRules, "source: true",
		"source: true, forbid-overwrite: true", 1), versioned: true}
	movingUnversioned = removalScenario{rules: strings.Replace(moveRules, "source: true",
		"source: true, without-versioning: true", 1)}
)

func TestCaseNothingIsDeletedWhileTheSourceIsThere(t *testing.T) {
	runRemovalCase(t, mirrored, func(c *removalCase) {
		c.want("v1", copier.Copied)
		removal := c.want("delete", copier.Deleted)
		c.want("v2", copier.Copied)
		c.wantOf(removal, 0, copier.Kept)
		if got := c.at(mirrorBucket); got != "v2" {
			t.Errorf("the copy holds %q", got)
		}
	})
}

func TestCaseAMissingRightIsNotAMissingSource(t *testing.T) {
	runRemovalCase(t, mirrored, func(c *removalCase) {
		c.want("v1", copier.Copied)
		c.key = "denied"
		c.want("delete")
		if c.at(mirrorBucket) != "v1" {
			t.Error("the copy is gone")
		}
	})
}

func TestCaseOnlyTheCopyOfTheSourceIsDeleted(t *testing.T) {
	for name, meta := range map[string]map[string]string{
		"without a name":            nil,
		"the name of another":       {"afterput-source": "oss://source-bucket/in/other"},
		"the name of a changed one": {"afterput-source": "oss://source-bucket/in/k 1"},
	} {
		t.Run(name, func(t *testing.T) {
			runRemovalCase(t, mirrored, func(c *removalCase) {
				c.putAt(sourceBucket, "v1", nil)
				c.putAt(mirrorBucket, "somebody else's", meta)
				c.want("delete", copier.Kept)
			})
		})
	}
}

func TestCaseWhatNothingBringsBackIsNotDeleted(t *testing.T) {
	runRemovalCase(t, mirroredVersions, func(c *removalCase) {
		c.want("v1", copier.Copied)
		c.want("delete", copier.Failed)
	})
	runRemovalCase(t, mirroredVersions, func(c *removalCase) {
		c.versioning(oss.VersionEnabled)
		c.versioning(oss.VersionSuspended)
		c.want("v1", copier.Copied) // its version has the id null
		c.want("delete", copier.Failed)
	})
}

func TestCaseDeletionsAreLimited(t *testing.T) {
	runRemovalCase(t, mirrored, func(c *removalCase) {
		limited := copier.New(osscall.NewClient("cn-hangzhou", endpoint, c.Transport()),
			copier.Options{DeletesAnHour: 1})
		handler := relay.New(relay.Config{Rules: relay.Fixed(c.set), Log: discardLog, Copier: limited})
		failures := 0
		for range 2 {
			c.want("v1", copier.Copied)
			_, err := handler.Handle(c.t.Context(), relay.Invocation{Credentials: osscall.Credentials{
				AccessKeyID: "user", AccessKeySecret: "user"}}, c.perform(c.t, "delete").payload)
			if err != nil {
				failures++
			}
		}
		if failures != 1 {
			t.Errorf("%d of two deletions failed, want 1", failures)
		}
	})
}

func TestCaseARetryOfARemovalMakesTheCopyThatItMayHaveDeleted(t *testing.T) {
	runRemovalCase(t, mirrored, func(c *removalCase) {
		c.putAt(sourceBucket, "v1", nil)
		removal := c.perform(c.t, "delete").payload
		c.putAt(sourceBucket, "v2", nil)
		c.wantOf(removal, 1, copier.Kept, copier.Copied)
	})
}

// hooked calls a function after each request.
type hooked struct {
	next  http.RoundTripper
	after func(*http.Request) error
}

func (h hooked) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := h.next.RoundTrip(req)
	if err == nil {
		err = h.after(req)
	}
	if err != nil {
		return nil, err
	}
	return res, nil
}

func TestCaseADeletionThatMayStillRunIsNotSentAgain(t *testing.T) {
	runRemovalCase(t, mirrored, func(c *removalCase) {
		c.want("v1", copier.Copied)
		sent := 0
		c.through = hooked{c.Transport(), func(req *http.Request) error {
			if req.Method == http.MethodDelete {
				sent++
				return errors.New("connection reset")
			}
			return nil
		}}
		if c.want("delete", copier.Failed); sent != 1 {
			t.Errorf("DeleteObject was sent %d times", sent)
		}
	})
}

func TestCaseASourceWhoseCopyExistedIsNotMoved(t *testing.T) {
	runRemovalCase(t, movingOnce, func(c *removalCase) {
		payload := c.perform(c.t, "v1").payload
		c.putAt(mirrorBucket, "v1", nil) // the same content, but somebody else's
		c.wantOf(payload, 0, copier.Exists, copier.Kept)
	})
}

func TestCaseASourceWhoseCopyDiffersIsNotMoved(t *testing.T) {
	runRemovalCase(t, moving, func(c *removalCase) {
		c.through = hooked{c.Transport(), func(req *http.Request) error {
			if req.Header.Get("X-Oss-Copy-Source") != "" {
				c.putAt(mirrorBucket, "somebody else's", nil)
			}
			return nil
		}}
		c.want("v1", copier.Copied, copier.Kept)
	})
}

func TestCaseAMoveWithoutVersioningMustBeAllowed(t *testing.T) {
	s := moving
	s.versioned = false
	runRemovalCase(t, s, func(c *removalCase) { c.want("v1", copier.Copied, copier.Failed) })
}

func TestCaseAnUploadBeforeTheLastLookOfAMoveIsNotLost(t *testing.T) {
	runRemovalCase(t, movingUnversioned, func(c *removalCase) {
		c.through = hooked{c.Transport(), func(req *http.Request) error {
			if req.Method == http.MethodHead && strings.HasPrefix(req.URL.Path, "/"+mirrorBucket) {
				c.putAt(sourceBucket, "v2", nil)
			}
			return nil
		}}
		c.want("v1", copier.Copied, copier.Kept)
		if got := c.at(sourceBucket); got != "v2" {
			t.Errorf("the source holds %q", got)
		}
	})
}

// withoutDeletions sends no DeleteObject.
type withoutDeletions struct{ next http.RoundTripper }

func (w withoutDeletions) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method == http.MethodDelete {
		return nil, errors.New("no route to host")
	}
	return w.next.RoundTrip(req)
}

func TestCaseAComparisonFindsWhatIsLeftOfAMove(t *testing.T) {
	runRemovalCase(t, moving, func(c *removalCase) {
		c.through = withoutDeletions{c.Transport()}
		c.want("v1", copier.Copied, copier.Failed) // and its event is given up
		c.through = nil
		handler, client := c.handler()
		keys := osscall.Credentials{AccessKeyID: c.key, AccessKeySecret: c.key}
		ctx := osscall.WithCredentials(c.t.Context(), keys)
		job, err := existing.Open(ctx, existing.Config{Rules: c.set, RulesDigest: "1", Region: "cn-hangzhou",
			Copier: handler.Copier, Lister: existing.Lister(client, handler.Copier, c.set),
			Store: existing.NewMemory(), Keep: existing.ByDefault})
		if err != nil {
			c.t.Fatal(err)
		}
		if err := job.Compare(ctx); err != nil || job.Counts().Of(existing.Unmoved).Copies != 1 {
			c.t.Fatalf("%v, %+v", err, job.Counts())
		}
		if err := job.ByEngine(ctx, handler, relay.Invocation{Credentials: keys}, 1, nil); err != nil {
			c.t.Fatal(err)
		}
		if c.at(sourceBucket) != "" || c.at(mirrorBucket) != "v1" {
			c.t.Errorf("the source holds %q, the copy %q", c.at(sourceBucket), c.at(mirrorBucket))
		}
	})
}

func TestCaseTheRemovalOfAMovedObjectDeletesNothing(t *testing.T) {
	runRemovalCase(t, movingUnversioned, func(c *removalCase) {
		c.want("v1", copier.Copied, copier.Deleted)
		c.wantOf(c.events[len(c.events)-1], 0, copier.Kept)
		if got := c.at(mirrorBucket); got != "v1" {
			t.Errorf("the moved object holds %q", got)
		}
	})
}
