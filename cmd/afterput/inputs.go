package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/existing"
	"afterput/internal/inventory"
	"afterput/internal/osscall"
	"afterput/rules"
)

// keys reads --keys: the keys of source objects, by bucket; nil without the flag.
func (f *selectFlags) keys(set *rules.Set) (map[string][]string, error) {
	if f.Keys == "" {
		return nil, nil
	}
	keys := make(map[string][]string)
	err := eachLine("the keys", f.Keys, func(line string) error {
		bucket, key, err := sourceOf(line, set.Sources())
		if key != "" {
			keys[bucket] = append(keys[bucket], key)
		}
		return err
	})
	return keys, err
}

// otherURL is what to write instead of the name of an object that is written as for S3, or as its URL in OSS; "" for
// other names. A key could begin so too, but none does.
func otherURL(name string) string {
	if strings.HasPrefix(name, "s3://") {
		return "oss://BUCKET/KEY"
	}
	u, err := url.Parse(name)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || !strings.HasSuffix(u.Hostname(), ".aliyuncs.com") {
		return ""
	}
	bucket, _, _ := strings.Cut(u.Hostname(), ".")
	return osscall.URL(bucket, strings.TrimPrefix(u.Path, "/"))
}

// checkKey reports what is wrong with the key of an object that a person names.
func checkKey(key string) error {
	err := rules.CheckKey(key)
	if err == nil {
		return nil
	}
	advice := ""
	if rest := strings.TrimLeft(key, `/\`); rest != key && rest != "" {
		advice = fmt.Sprintf("; write %.20q", rest)
	}
	return fmt.Errorf("no object has the key %.20q: %w%s", key, err, advice)
}

// sourceOf reads one line of --keys; key is "" for a line of diff --json that names no source.
func sourceOf(line string, sources []string) (bucket, key string, err error) {
	if strings.HasPrefix(line, "{") {
		var f findingLine
		if json.Unmarshal([]byte(line), &f) != nil {
			return "", "", errors.New("want a key, oss://BUCKET/KEY, or a line of afterput diff --json")
		}
		if line = f.Source; line == "" {
			return "", "", nil
		}
	}
	bucket, key, isURL := osscall.CutURL(line)
	switch write := otherURL(line); {
	case write != "":
		return "", "", fmt.Errorf("%q: write %s", line, write)
	case isURL && key == "":
		return "", "", fmt.Errorf("%q names no object", line)
	case isURL && !slices.Contains(sources, bucket):
		return "", "", fmt.Errorf("bucket %s is not one of the sources: %s", bucket, strings.Join(sources, ", "))
	case !isURL && len(sources) > 1:
		return "", "", fmt.Errorf("the rules have several sources; write oss://BUCKET/KEY instead of %q", line)
	case !isURL:
		bucket, key = sources[0], line
	}
	if err := checkKey(key); err != nil {
		return "", "", err
	}
	return bucket, key, nil
}

// inventories opens --inventory.
func (f *selectFlags) inventories(
	ctx context.Context, client *oss.Client, engine *copier.Copier, set *rules.Set,
) (all []existing.Inventory, err error) {
	for _, url := range f.Inventory {
		inv, err := openInventory(ctx, client, engine, set, url)
		if err != nil {
			return nil, namedBy(err, "--inventory")
		}
		if !slices.Contains(slices.Concat(set.Sources(), set.Destinations()), inv.Bucket()) {
			return nil, fmt.Errorf("%s lists bucket %s, which is neither a source nor a destination of the rules",
				url, inv.Bucket())
		}
		if slices.ContainsFunc(all, func(o existing.Inventory) bool { return o.Bucket() == inv.Bucket() }) {
			return nil, usageError(fmt.Sprintf("--inventory: two of them list %s; give one a bucket", inv.Bucket()))
		}
		all = append(all, inv)
	}
	return all, nil
}

// openInventory opens an inventory that lies in the region and account of the bucket that it lists: in the function's
// own, or where the rules copy to.
func openInventory(
	ctx context.Context, client *oss.Client, engine *copier.Copier, set *rules.Set, url string,
) (*inventory.Inventory, error) {
	inv, err := inventory.Open(ctx, client, url)
	if !osscall.Is(err, osscall.KindPermanent) {
		return inv, err
	}
	for to := range set.Remotes() {
		other, _ := engine.Remote(to)
		if other == nil {
			continue
		}
		if inv, err := inventory.Open(ctx, other, url); err == nil {
			return inv, nil
		}
	}
	return nil, err
}
