package fcapi

import (
	"strings"
	"testing"

	openapi "github.com/alibabacloud-go/openapi-util/service"
	"github.com/alibabacloud-go/tea/tea"
)

// Source: Alibaba Cloud OpenAPI, signature V3, the example RunInstances.
func TestTheLibrarySignsTheDocumentedExampleAsDocumented(t *testing.T) {
	const nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	header := map[string]*string{}
	for name, value := range map[string]string{
		"host": "ecs.cn-shanghai.aliyuncs.com", "x-acs-action": "RunInstances", "x-acs-content-sha256": nothing,
		"x-acs-date": "2023-10-26T10:22:32Z", "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
		"x-acs-version": "2014-05-26",
	} {
		header[name] = tea.String(value)
	}
	got := openapi.GetAuthorization(&tea.Request{Method: tea.String("POST"), Pathname: tea.String("/"), Headers: header,
		Query: map[string]*string{"ImageId": tea.String("win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"),
			"RegionId": tea.String("cn-shanghai")}},
		tea.String("ACS3-HMAC-SHA256"), tea.String(nothing), tea.String("YourAccessKeyId"),
		tea.String("YourAccessKeySecret"))
	const want = "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
	if !strings.HasSuffix(*got, want) {
		t.Errorf("got %s\nwant it to end with %s", *got, want)
	}
}
