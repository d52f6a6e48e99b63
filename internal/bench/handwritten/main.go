// Command handwritten is the function that people write when they have no
// afterput: the runtime's event structs, a loop over rules, the SDK's Copier. The
// benchmarks compare with it. It is written as simply as possible, and not tuned.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
	"github.com/aliyun/fc-runtime-go-sdk/events"
	"github.com/aliyun/fc-runtime-go-sdk/fc"
	"github.com/aliyun/fc-runtime-go-sdk/fccontext"
)

// rule says which objects go where. An empty field does not restrict.
type rule struct {
	Name         string `json:"name"`
	Bucket       string `json:"bucket"`
	Prefix       string `json:"prefix"`
	Suffix       string `json:"suffix"`
	ToBucket     string `json:"toBucket"`
	ToPrefix     string `json:"toPrefix"`
	StorageClass string `json:"storageClass"`
}

func (r *rule) matches(bucket, key string) bool {
	return (r.Bucket == "" || r.Bucket == bucket) && strings.HasPrefix(key, r.Prefix) &&
		strings.HasSuffix(key, r.Suffix)
}

// copied is one line of the answer.
type copied struct {
	Rule        string `json:"rule"`
	Source      string `json:"source"`
	Destination string `json:"destination"`
	ETag        string `json:"etag,omitempty"`
	Error       string `json:"error,omitempty"`
}

type function struct {
	rules  []rule
	copier *oss.Copier
}

func main() {
	f, err := newFunction()
	if err != nil {
		log.Fatal(err)
	}
	fc.Start(f.handle)
}

func newFunction() (*function, error) {
	text, err := os.ReadFile(filepath.Join(os.Getenv("FC_FUNC_CODE_PATH"), "rules.json"))
	if err != nil {
		return nil, err
	}
	f := &function{}
	if err := json.Unmarshal(text, &f.rules); err != nil {
		return nil, fmt.Errorf("rules.json: %w", err)
	}
	region := os.Getenv("OSS_REGION")
	if region == "" {
		region = os.Getenv("FC_REGION")
	}
	cfg := oss.LoadDefaultConfig().
		WithRegion(region).
		WithCredentialsProvider(credentials.CredentialsProviderFunc(ofInvocation)).
		WithReadWriteTimeout(5 * time.Minute) // a large copy answers late
	if endpoint := os.Getenv("OSS_ENDPOINT"); endpoint != "" {
		cfg.WithEndpoint(endpoint)
	} else {
		cfg.WithUseInternalEndpoint(true)
	}
	f.copier = oss.NewCopier(oss.NewClient(cfg))
	return f, nil
}

// ofInvocation signs with the keys that the invocation brought.
func ofInvocation(ctx context.Context) (credentials.Credentials, error) {
	c, ok := fccontext.FromContext(ctx)
	if !ok {
		return credentials.Credentials{}, errors.New("not called by Function Compute")
	}
	return credentials.Credentials{
		AccessKeyID:     c.Credentials.AccessKeyId,
		AccessKeySecret: c.Credentials.AccessKeySecret,
		SecurityToken:   c.Credentials.SecurityToken,
	}, nil
}

func (f *function) handle(ctx context.Context, event events.OssEvent) ([]copied, error) {
	var all []copied
	var failed []error
	for _, record := range event.Events {
		if record.EventName == nil || !strings.HasPrefix(*record.EventName, "ObjectCreated:") || record.Oss == nil {
			continue
		}
		bucket, key := oss.ToString(record.Oss.Bucket.Name), oss.ToString(record.Oss.Object.Key)
		for i := range f.rules {
			r := &f.rules[i]
			if !r.matches(bucket, key) {
				continue
			}
			c, err := f.copy(ctx, r, bucket, key)
			if err != nil {
				failed = append(failed, err)
			}
			log.Printf("rule %s: %s -> %s: etag %s, error %v", c.Rule, c.Source, c.Destination, c.ETag, err)
			all = append(all, c)
		}
	}
	return all, errors.Join(failed...)
}

func (f *function) copy(ctx context.Context, r *rule, bucket, key string) (copied, error) {
	toBucket, toKey := r.ToBucket, r.ToPrefix+key
	if toBucket == "" {
		toBucket = bucket
	}
	c := copied{Rule: r.Name, Source: "oss://" + bucket + "/" + key, Destination: "oss://" + toBucket + "/" + toKey}
	result, err := f.copier.Copy(ctx, &oss.CopyObjectRequest{
		Bucket:       &toBucket,
		Key:          &toKey,
		SourceBucket: &bucket,
		SourceKey:    &key,
		StorageClass: oss.StorageClassType(r.StorageClass),
	})
	if err != nil {
		c.Error = err.Error()
		return c, fmt.Errorf("rule %s: copy %s: %w", r.Name, c.Source, err)
	}
	c.ETag = oss.ToString(result.ETag)
	return c, nil
}
