package main

import (
	"context"
	"os"
	"strings"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
	"afterput/internal/settings"
	"afterput/rules"
)

// cloudFlags say which OSS a command talks to, and as whom. Secrets come from the environment alone: every process can
// read a command line.
type cloudFlags struct {
	Region   string `env:"OSS_REGION" help:"Region of the buckets." placeholder:"REGION"`
	Endpoint string `env:"OSS_ENDPOINT" help:"Endpoint URL; default: the region's public one." placeholder:"URL"`

	AccessKeyID string `name:"access-key-id" env:"ALIBABA_CLOUD_ACCESS_KEY_ID" placeholder:"ID" help:"key_help"`
}

// cloudHelp holds the help texts that are too long for a struct tag.
var cloudHelp = helpTexts{
	"key_help": "Access key id; its secret and a security token come from ALIBABA_CLOUD_ACCESS_KEY_SECRET and " +
		"ALIBABA_CLOUD_SECURITY_TOKEN.",
}

// connect returns a client, and a context that holds the credentials to sign with.
func (f *cloudFlags) connect(ctx context.Context) (*oss.Client, context.Context, error) {
	keys := f.credentials()
	switch {
	case f.Region == "":
		return nil, nil, usageError("the region is missing: name it with --region, or set OSS_REGION")
	case f.Endpoint == "" && rules.CheckRegion(f.Region) != nil:
		return nil, nil, usageError("--region (OSS_REGION): " + strings.ReplaceAll(
			rules.CheckRegion(f.Region).Error()+"; with --endpoint any region is accepted", "?; with", "? With"))
	case f.Endpoint != "" && settings.CheckEndpoint(f.Endpoint) != nil:
		return nil, nil, usageError("--endpoint (OSS_ENDPOINT) " + settings.CheckEndpoint(f.Endpoint).Error())
	case keys.AccessKeyID == "" || keys.AccessKeySecret == "":
		return nil, nil, usageError("credentials are missing: " +
			"set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET")
	}
	endpoint := f.Endpoint
	if endpoint == "" {
		endpoint = "https://oss-" + f.Region + ".aliyuncs.com"
	}
	return osscall.NewClient(f.Region, endpoint, nil), osscall.WithCredentials(ctx, keys), nil
}

func (f *cloudFlags) credentials() osscall.Credentials {
	return osscall.Credentials{
		AccessKeyID:     f.AccessKeyID,
		AccessKeySecret: os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
		SecurityToken:   os.Getenv("ALIBABA_CLOUD_SECURITY_TOKEN"),
	}
}
