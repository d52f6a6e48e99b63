package main

import (
	"context"
	"os"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/settings"
)

// cloudFlags say which OSS a command talks to, and as whom. Secrets come from the
// environment alone: a command line is seen by every process.
type cloudFlags struct {
	Region      string `env:"OSS_REGION" help:"Region of the buckets." placeholder:"REGION"`
	Endpoint    string `env:"OSS_ENDPOINT" help:"Endpoint URL; default: the region's public one." placeholder:"URL"`
	AccessKeyID string `name:"access-key-id" env:"ALIBABA_CLOUD_ACCESS_KEY_ID" help:"Access key id; its secret and a security token come from ALIBABA_CLOUD_ACCESS_KEY_SECRET and ALIBABA_CLOUD_SECURITY_TOKEN." placeholder:"ID"`
}

// connect gives a client, and a context that signs with the credentials.
func (f *cloudFlags) connect(ctx context.Context) (*oss.Client, context.Context, error) {
	keys := f.credentials()
	switch {
	case f.Region == "":
		return nil, nil, usageError("say which region with --region, or set OSS_REGION")
	case f.Endpoint != "" && settings.CheckEndpoint(f.Endpoint) != nil:
		return nil, nil, usageError("--endpoint (OSS_ENDPOINT) " + settings.CheckEndpoint(f.Endpoint).Error())
	case keys.AccessKeyID == "" || keys.AccessKeySecret == "":
		return nil, nil, usageError("set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET")
	}
	endpoint := f.Endpoint
	if endpoint == "" {
		endpoint = "https://oss-" + f.Region + ".aliyuncs.com"
	}
	return copier.NewClient(f.Region, endpoint, nil), copier.WithCredentials(ctx, keys), nil
}

func (f *cloudFlags) credentials() copier.Credentials {
	return copier.Credentials{
		AccessKeyID:     f.AccessKeyID,
		AccessKeySecret: os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
		SecurityToken:   os.Getenv("ALIBABA_CLOUD_SECURITY_TOKEN"),
	}
}
