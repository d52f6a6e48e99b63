package main

import (
	"maps"
	"slices"

	"afterput/internal/terminal"
)

// localWelcome is what is needed to try the rules of a local cloud by hand.
type localWelcome struct {
	Endpoint        string            `json:"endpoint"`    // of OSS
	FCEndpoint      string            `json:"fc_endpoint"` // of Function Compute
	Function        string            `json:"function"`
	AccessKeyID     string            `json:"access_key_id"`
	AccessKeySecret string            `json:"access_key_secret"`
	Region          string            `json:"region"`
	Rules           string            `json:"rules"` // the file
	Sources         []string          `json:"sources"`
	Owners          map[string]string `json:"owners,omitempty"` // other accounts, by bucket
	Page            string            `json:"page,omitempty"`   // its URL
}

func (l *localText) listening(w localWelcome) {
	terminal.Fprintf(l.out, "listening on %s\n", w.Endpoint)
	terminal.Fprintf(l.out, "access key id %s, secret %s, region %s\n\n", w.AccessKeyID, w.AccessKeySecret, w.Region)
	for _, bucket := range slices.Sorted(maps.Keys(w.Owners)) {
		terminal.Fprintf(l.out, "bucket %s belongs to account %s: access key id %s, secret %s\n", bucket,
			w.Owners[bucket], w.Owners[bucket], w.AccessKeySecret)
	}
	terminal.Fprintf(l.out, "ossutil 2:\n  ossutil cp FILE oss://%s/KEY --endpoint %s --region %s "+
		"--access-key-id %s --access-key-secret %s --addressing-style path\n\n",
		w.Sources[0], w.Endpoint, w.Region, w.AccessKeyID, w.AccessKeySecret)
	terminal.Fprintf(l.out, `Go SDK:
  oss.NewClient(oss.LoadDefaultConfig().WithRegion(%q).WithEndpoint(%q).
    WithCredentialsProvider(credentials.NewStaticCredentialsProvider(%q, %q)))

`, w.Region, w.Endpoint, w.AccessKeyID, w.AccessKeySecret)
	terminal.Fprintf(l.out, `
Function Compute: %s, function %s. To have it copy what is there already:
  export ALIBABA_CLOUD_ACCESS_KEY_ID=%s ALIBABA_CLOUD_ACCESS_KEY_SECRET=%s
  afterput backfill %s --region %s --endpoint %s --function %s --fc-endpoint %s --yes

`, w.FCEndpoint, w.Function, w.AccessKeyID, w.AccessKeySecret, w.Rules, w.Region, w.Endpoint, w.Function,
		w.FCEndpoint)
	if w.Page != "" {
		terminal.Fprintf(l.out, "page: %s\n\n", w.Page)
	}
	terminal.Fprintf(l.out, "Upload to a source bucket; copies appear below. Ctrl-C stops.\n")
}
