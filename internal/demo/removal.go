package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/localcloud"
	"afterput/internal/localoss"
	"afterput/internal/terminal"
	"afterput/rules"
)

// removed and moved are the objects of the part about removals: the one is removed, the other moved.
const removed, moved = "contracts/draft.txt", "scans/0001.txt"

// showRemoval shows that the copy of a removed object is deleted, and that an object is moved, with the example beside
// the given rules file.
func showRemoval(ctx context.Context, function, rulesFile string, w io.Writer) error {
	file := filepath.Join(filepath.Dir(rulesFile), "mirror.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	set, err := rules.Load(file, text, os.LookupEnv)
	if err != nil {
		return err
	}
	var triggers []localcloud.Trigger
	for _, bucket := range set.Sources() {
		triggers = append(triggers, localcloud.Trigger{Bucket: bucket,
			Events: append(rules.RemovalEvents(), "ObjectCreated:*")})
	}
	cloud, err := localcloud.Start(ctx, localcloud.Config{Function: function, Rules: file, Sources: set.Sources(),
		Destinations: set.Destinations(), Triggers: triggers, OSS: localoss.Config{DeleteMarkerEvents: true}})
	if err != nil {
		return err
	}
	shown := removal(ctx, cloud, append(set.Sources(), set.Destinations()...))
	if err := errors.Join(shown, cloud.Close()); err != nil {
		return fmt.Errorf("removal: %w", err)
	}
	terminal.Fprintf(w, "\n%s: documents/%s was removed, and a delete marker hides its copy;\n"+
		"intake/%s was moved to workbench.\n", filepath.Base(file), removed, moved)
	return nil
}

// removal uploads the two objects, removes one, and checks what is left.
func removal(ctx context.Context, cloud *localcloud.Cloud, buckets []string) error {
	client := cloud.Client()
	for _, bucket := range buckets {
		if _, err := client.PutBucketVersioning(ctx, &oss.PutBucketVersioningRequest{Bucket: &bucket,
			VersioningConfiguration: &oss.VersioningConfiguration{Status: oss.VersionEnabled}}); err != nil {
			return err
		}
	}
	for _, o := range [][2]string{{"documents", removed}, {"intake", moved}} {
		if _, err := client.PutObject(ctx, &oss.PutObjectRequest{Bucket: &o[0], Key: &o[1],
			Body: strings.NewReader("demo\n")}); err != nil {
			return err
		}
	}
	if err := cloud.FC.Wait(ctx); err != nil {
		return err
	}
	if _, ok := cloud.OSS.Object("documents-replica", removed); !ok {
		return fmt.Errorf("%s was not copied", removed)
	}
	if _, err := client.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: oss.Ptr("documents"),
		Key: oss.Ptr(removed)}); err != nil {
		return err
	}
	if err := cloud.FC.Wait(ctx); err != nil {
		return err
	}
	_, copied := cloud.OSS.Object("documents-replica", removed)
	_, source := cloud.OSS.Object("intake", moved)
	_, there := cloud.OSS.Object("workbench", moved)
	if copied || source || !there || len(cloud.OSS.Versions("documents-replica", removed)) != 2 {
		return fmt.Errorf("the copy of %s is there: %t; %s is in intake: %t, in workbench: %t", removed, copied, moved,
			source, there)
	}
	return nil
}
