package signed

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// Source: Alibaba Cloud OpenAPI, signature V3, the example RunInstances.
func TestTheDocumentedSignatureIsAccepted(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "http://ecs.cn-shanghai.aliyuncs.com/"+
		"?ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai", nil)
	for name, value := range map[string]string{
		"x-acs-action":          "RunInstances",
		"x-acs-content-sha256":  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"x-acs-date":            "2023-10-26T10:22:32Z",
		"x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
		"x-acs-version":         "2014-05-26",
		"Authorization": "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;" +
			"x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version," +
			"Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
	} {
		r.Header.Set(name, value)
	}
	find := func(id string) (Key, bool) { return Key{Secret: "YourAccessKeySecret"}, id == "YourAccessKeyId" }
	if _, err := Check(r, nil, find, time.Date(2023, 10, 26, 10, 25, 0, 0, time.UTC)); err != nil {
		t.Errorf("%d %s: %s", err.Status, err.Code, err.Message)
	}
}
