package copier

import (
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/rules"
)

func TestDestinationsOfOneAccountInOneRegionShareWhatRequestsHaveShown(t *testing.T) {
	c := New(nil, Options{Region: "cn-hangzhou", Remote: func(rules.Remote) *oss.Client { return &oss.Client{} }})
	at := func(region, role, externalID string) side {
		s, err := c.at(rules.Remote{Region: region, Role: role, ExternalID: externalID})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	const role, same, other = "acs:ram::1:role/a", "acs:ram::1:role/b", "acs:ram::2:role/a"
	far := at("cn-beijing", "", "")
	if far.service == c.home.service || far.service != at("cn-beijing", "", "").service {
		t.Error("another region must have limits of its own, and the same each time")
	}
	partner := at("cn-beijing", role, "")
	if partner.service == far.service || partner.service == at("cn-beijing", other, "").service {
		t.Error("other accounts must have limits of their own")
	}
	if again := at("cn-beijing", same, "id"); partner.service != again.service || partner.client == again.client {
		t.Error("two roles of one account share its limits, and no session")
	}
	if at("", "", "").service != c.home.service || at("cn-hangzhou", "", "").service != c.home.service {
		t.Error("the function's own region is no other")
	}
}
