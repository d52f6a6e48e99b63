package acs3

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	openapi "github.com/alibabacloud-go/openapi-util/service"
	"github.com/alibabacloud-go/tea/tea"
	"pgregory.net/rapid"
)

// Source: Alibaba Cloud OpenAPI, signature V3, the example RunInstances.
func TestTheDocumentedExampleIsSignedAsDocumented(t *testing.T) {
	req, err := http.NewRequest(http.MethodPost, "https://ecs.cn-shanghai.aliyuncs.com/?"+
		"ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"x-acs-action":          "RunInstances",
		"x-acs-content-sha256":  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"x-acs-date":            "2023-10-26T10:22:32Z",
		"x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
		"x-acs-version":         "2014-05-26",
	} {
		req.Header.Set(name, value)
	}
	got := authorization(req, Keys{AccessKeyID: "YourAccessKeyId", AccessKeySecret: "YourAccessKeySecret"})
	const want = "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
	if !strings.HasSuffix(got, want) {
		t.Errorf("got %s\nwant it to end with %s", got, want)
	}
}

func TestRequestsAreSignedAsTheOfficialLibrarySignsThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-zA-Z0-9 +*~%/=&:杭-]{0,12}`)
		values := rapid.MapOf(rapid.StringMatching(`[A-Za-z]{1,8}`), text).Draw(t, "query")
		path := rapid.SampledFrom([]string{"/", "/2023-03-30/functions/f_1/invocations"}).Draw(t, "path")
		body := []byte(text.Draw(t, "body"))
		keys := Keys{"id", text.Draw(t, "secret"), rapid.SampledFrom([]string{"", "token"}).Draw(t, "token")}
		query, asked := url.Values{}, map[string]*string{}
		for name, value := range values {
			query.Set(name, value)
			asked[name] = tea.String(value)
		}
		req, err := http.NewRequest(http.MethodPost, "https://fc.example.com"+path+"?"+query.Encode(), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/octet-stream")
		Sign(req, "Do", "2015-04-01", body, keys)
		headers := map[string]*string{"host": tea.String(req.URL.Host)}
		for name := range req.Header {
			if name != "Authorization" {
				headers[strings.ToLower(name)] = tea.String(req.Header.Get(name))
			}
		}
		want := openapi.GetAuthorization(&tea.Request{Method: tea.String(req.Method), Pathname: tea.String(path),
			Query: asked, Headers: headers}, tea.String(algorithm), headers["x-acs-content-sha256"],
			tea.String(keys.AccessKeyID), tea.String(keys.AccessKeySecret))
		if got := req.Header.Get("Authorization"); got != *want {
			t.Fatalf("got  %s\nwant %s", got, *want)
		}
	})
}
