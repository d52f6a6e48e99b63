package main

import (
	"context"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
)

// stopper is an OSS whose client runs out of time once its upload is remembered and all parts are copied.
type stopper struct {
	copier.OSS
	stop context.CancelFunc
}

func (s *stopper) ListParts(ctx context.Context, req *oss.ListPartsRequest,
	fns ...func(*oss.Options)) (*oss.ListPartsResult, error) {
	s.stop()
	return s.OSS.ListParts(ctx, req, fns...)
}
