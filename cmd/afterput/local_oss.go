package main

import (
	"slices"
	"strings"

	"afterput/events"
	"afterput/internal/localcloud"
	"afterput/internal/localoss"
	"afterput/internal/osscall"
	"afterput/rules"
)

// ossConfig is what the flags say of OSS, and of what is logged.
func (cmd *localCmd) ossConfig(
	c console, config *localcloud.Config, r *localRules, p localPrinter,
) (files *serverFiles, err error) {
	cfg := &config.OSS
	cfg.Region, cfg.AccessKeys = cmd.Region, accountKeys("local", "local", config.Owners)
	if config.Roles != nil { // an account itself cannot assume roles, a user of it can
		cfg.AccessKeys["local"] = localoss.AccessKey{Secret: "local", Principal: "local"}
	}
	if cmd.Policy != "" {
		if cfg.Authorize, err = authorizeBy(cmd.Policy, localcloud.FunctionKey); err != nil {
			return nil, err
		}
	}
	if cmd.CreateBuckets {
		cfg.CreateBucket = r.mayCreate
	}
	if files, err = cmd.configure(cfg, c); err != nil {
		return nil, err
	}
	config.FC.OnRequest = files.logFC
	people, log := cfg.AccessKeys, cfg.OnRequest
	cfg.OnRequest = func(q localoss.Request) {
		if log != nil {
			log(q)
		}
		if _, person := people[q.AccessKeyID]; !person || !uploads(q) {
			return
		}
		if sources := r.InForce().Sources(); !slices.Contains(sources, q.Bucket) {
			p.elsewhere(q.Bucket, q.Key, sources)
		}
	}
	return files, nil
}

// uploads reports whether a request has made an object.
func uploads(q localoss.Request) bool {
	return q.Status/100 == 2 && slices.Contains(
		[]string{"PutObject", "AppendObject", "CompleteMultipartUpload", "CopyObject", "PutSymlink"}, q.Name)
}

// bucketPatterns are the names of destinations that depend on the object, each with * for what is not certain.
func bucketPatterns(set *rules.Set) (patterns []string) {
	for _, a := range set.Accesses() {
		if strings.HasSuffix(a.Destination.Bucket, "*") {
			patterns = append(patterns, a.Destination.Bucket)
		}
	}
	slices.Sort(patterns)
	return slices.Compact(patterns)
}

// cutOff collects the events of which the end of a local cloud has cut off the copies.
type cutOff struct {
	rules    *localRules
	payloads [][]byte
}

// cutCopy is a copy that was perhaps not made.
type cutCopy struct {
	Source      string `json:"source"`
	Destination string `json:"destination"`
	Rule        string `json:"rule"`
}

func (c *cutOff) add(payload []byte) { c.payloads = append(c.payloads, payload) }

// copies are those of all the events. The cloud is closed.
func (c *cutOff) copies() (all []cutCopy) {
	for _, payload := range c.payloads {
		objects, _ := events.Parse(payload) // of one that cannot be read, no copy is known
		for _, o := range objects {
			plan, err := c.rules.InForce().Plan(o, nil)
			if err != nil {
				continue
			}
			for _, p := range plan.Copies {
				all = append(all, cutCopy{osscall.URL(o.Bucket, o.Key), osscall.URL(p.Bucket, p.Key), p.Rule})
			}
		}
	}
	return all
}
