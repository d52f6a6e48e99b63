package main

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"text/template"

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
	Destinations    []string          `json:"destinations"`
	Patterns        []string          `json:"patterns,omitempty"` // of destinations that depend on the object
	CreatesBuckets  bool              `json:"creates_buckets,omitempty"`
	Owners          map[string]string `json:"owners,omitempty"`       // other accounts, by bucket
	Endpoints       string            `json:"endpoints,omitempty"`    // of other regions, as AFTERPUT_ENDPOINTS
	STSEndpoint     string            `json:"sts_endpoint,omitempty"` // of STS, if there are other accounts
	Page            string            `json:"page,omitempty"`         // its URL
	Program         string            `json:"-"`                      // this one, as it was called
}

// greeting is what is needed to try the rules by hand.
var greeting = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Parse(`
curl, from 7.87 on; in KEY percent-encode all but A-Z a-z 0-9 - . _ ~ and /, in capitals: a space is %20; for a KEY that
ends in /, as a folder marker's does, write -T - < /dev/null for -T FILE, or curl appends the file's name:
  curl -T FILE {{.Endpoint}}/{{index .Sources 0}}/KEY --user {{.AccessKeyID}}:{{.AccessKeySecret}} ` +
		`--aws-sigv4 aws:amz:{{.Region}}:s3 -H x-amz-content-sha256:UNSIGNED-PAYLOAD

ossutil 2:
  ossutil cp FILE oss://{{index .Sources 0}}/KEY --endpoint {{.Endpoint}} --region {{.Region}} ` +
		`--access-key-id {{.AccessKeyID}} --access-key-secret {{.AccessKeySecret}} --addressing-style path

ossutil 1:
  ossutil cp FILE oss://{{index .Sources 0}}/KEY -e {{.Endpoint}} -i {{.AccessKeyID}} -k {{.AccessKeySecret}}

Python SDK v2:
  import alibabacloud_oss_v2 as oss
  cfg = oss.config.load_default()
  cfg.region, cfg.endpoint, cfg.use_path_style = "{{.Region}}", "{{.Endpoint}}", True
  cfg.credentials_provider = oss.credentials.StaticCredentialsProvider("{{.AccessKeyID}}", "{{.AccessKeySecret}}")
  oss.Client(cfg).put_object(oss.PutObjectRequest(bucket="{{index .Sources 0}}", key="KEY", body=b"hello"))

Node.js, ali-oss:
  await new OSS({region: 'oss-{{.Region}}', endpoint: '{{.Endpoint}}', bucket: '{{index .Sources 0}}',
    accessKeyId: '{{.AccessKeyID}}', accessKeySecret: '{{.AccessKeySecret}}'}).put('KEY', Buffer.from('hello'))

Go SDK v2:
  oss.NewClient(oss.LoadDefaultConfig().WithRegion("{{.Region}}").WithEndpoint("{{.Endpoint}}").
    WithCredentialsProvider(credentials.NewStaticCredentialsProvider("{{.AccessKeyID}}", "{{.AccessKeySecret}}")))

Function Compute: {{.FCEndpoint}}, function {{.Function}}. To compare all copies with the rules, ` +
		`tags and metadata too, and to have it copy what is there already:
  export ALIBABA_CLOUD_ACCESS_KEY_ID={{.AccessKeyID}} ALIBABA_CLOUD_ACCESS_KEY_SECRET={{.AccessKeySecret}}
  {{.Program}} diff {{.Rules}} --deep --region {{.Region}} --endpoint {{.Endpoint}}
  {{.Program}} backfill {{.Rules}} --region {{.Region}} --endpoint {{.Endpoint}} --function {{.Function}} ` +
		`--fc-endpoint {{.FCEndpoint}}{{with .Endpoints}} --endpoints {{.}}{{end}}` +
		`{{with .STSEndpoint}} --sts-endpoint {{.}}{{end}} --yes

Upload to a source bucket; copies appear below. Ctrl-C stops.
`))
})

func (l *localText) listening(w localWelcome) {
	terminal.Fprintf(l.out, "listening on %s\n", w.Endpoint)
	terminal.Fprintf(l.out, "access key id %s, secret %s, region %s\n", w.AccessKeyID, w.AccessKeySecret, w.Region)
	for _, bucket := range slices.Sorted(maps.Keys(w.Owners)) {
		terminal.Fprintf(l.out, "bucket %s belongs to account %s: access key id %s, secret %s\n", bucket,
			w.Owners[bucket], w.Owners[bucket], w.AccessKeySecret)
	}
	terminal.Fprintf(l.out, "\nsources: %s\n", strings.Join(w.Sources, ", "))
	if len(w.Destinations) > 0 {
		terminal.Fprintf(l.out, "destinations: %s\n", strings.Join(w.Destinations, ", "))
	}
	if len(w.Patterns) > 0 {
		how := "create those that you try, or start with --create-buckets"
		if w.CreatesBuckets {
			how = "each is created when a copy needs it"
		}
		terminal.Fprintf(l.out, "destinations that depend on the object: %s; %s\n", strings.Join(w.Patterns, ", "), how)
	}
	if !l.quiet {
		l.greet(w)
	}
	if w.Page != "" { // last, where it is seen
		terminal.Fprintf(l.out, "page: %s\n", w.Page)
	}
}

// greet says how clients upload.
func (l *localText) greet(w localWelcome) {
	w.Region, w.Rules, w.Program = terminal.Escape(w.Region), terminal.Escape(w.Rules), terminal.Escape(w.Program)
	if w.Rules == stdin {
		w.Rules = "RULES"
	}
	_ = greeting().Execute(l.out, w) // whoever reads has gone: the cloud serves on
}
