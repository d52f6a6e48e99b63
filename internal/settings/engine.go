package settings

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/osscall"
	"afterput/internal/state"
	"afterput/internal/sts"
	"afterput/rules"
)

// The environment variables that set the copy engine's options.
const (
	State           = "AFTERPUT_STATE"
	Confirm         = "AFTERPUT_CONFIRM"
	Prefer          = "AFTERPUT_PREFER"
	PartSize        = "AFTERPUT_PART_SIZE"
	PartsInFlight   = "AFTERPUT_PARTS_IN_FLIGHT"
	SingleCopyLimit = "AFTERPUT_SINGLE_COPY_LIMIT"
	DeletesAnHour   = "AFTERPUT_DELETES_AN_HOUR"
	Endpoints       = "AFTERPUT_ENDPOINTS"
	STSEndpoint     = "AFTERPUT_STS_ENDPOINT"
)

// Engine reads the copy engine's options. env looks up a variable; one that is set
// to "" counts as not set. The problems are those of all the engine's variables.
func Engine(env func(string) (string, bool)) (copier.Options, Problems) {
	r := reader{env: env}
	o := r.engine(publicEndpoint(r.region()))
	return o, r.problems
}

// region is the region of the function and of the sources.
func (r *reader) region() string { return r.text("OSS_REGION", r.text("FC_REGION", "")) }

// engine reads the options. endpoint is that of the region, where OSS_ENDPOINT gives no other.
func (r *reader) engine(endpoint string) copier.Options {
	return copier.Options{
		Region:          r.region(),
		PartSize:        r.size(PartSize, 100<<10, 5<<30),
		PartsInFlight:   r.count(PartsInFlight, 1, 1000),
		SingleCopyLimit: r.size(SingleCopyLimit, 1, copier.MostSingleCopyLimit),
		DeletesAnHour:   r.count(DeletesAnHour, 1, 1_000_000),
		Confirm:         r.confirm(Confirm),
		Prefer:          r.prefer(Prefer),
		State:           r.state(State),
		Remote:          r.remote(r.text("OSS_ENDPOINT", endpoint)),
	}
}

func (r *reader) confirm(name string) copier.Confirm {
	switch v := copier.Confirm(r.text(name, string(copier.ConfirmSlow))); v {
	case copier.ConfirmAlways, copier.ConfirmSlow, copier.ConfirmNever:
		return v
	default:
		r.wrong(name, "is %q; want always, slow or never", v)
		return ""
	}
}

func (r *reader) prefer(name string) copier.Prefer {
	switch v := copier.Prefer(r.text(name, string(copier.PreferTime))); v {
	case copier.PreferTime, copier.PreferMoney:
		return v
	default:
		r.wrong(name, "is %q; want time or money", v)
		return ""
	}
}

// remote reads the endpoints of other regions and of STS, and returns what connects to a destination: through its
// region's public endpoint, if it is given no other, and as its role. home is the endpoint of the function's own
// region.
func (r *reader) remote(home string) func(rules.Remote) *oss.Client {
	region := r.region()
	endpoints, err := parseEndpoints(r.text(Endpoints, ""))
	if err != nil {
		r.wrong(Endpoints, "is %q; want REGION=URL such as cn-beijing=https://oss-cn-beijing.aliyuncs.com, with "+
			"commas between several: %v", r.text(Endpoints, ""), err)
	}
	roles := sts.New(r.stsEndpoint(region), nil)
	return func(to rules.Remote) *oss.Client {
		endpoint := cmp.Or(endpoints[to.Region], publicEndpoint(to.Region))
		if to.Region == region {
			endpoint = home
		}
		if to.Role == "" {
			return osscall.NewClient(to.Region, endpoint, nil)
		}
		return osscall.NewClientAs(roles.As(to), to.Region, endpoint, nil)
	}
}

// stsEndpoint is where roles are assumed: by default at the region's public endpoint.
func (r *reader) stsEndpoint(region string) string {
	v := r.text(STSEndpoint, "")
	if v == "" {
		return "https://sts." + region + ".aliyuncs.com"
	}
	if err := CheckEndpoint(v); err != nil {
		r.wrong(STSEndpoint, "is %q; want a URL such as https://sts.cn-hangzhou.aliyuncs.com, or within a VPC "+
			"https://sts-vpc.cn-hangzhou.aliyuncs.com", v)
	}
	return strings.TrimSuffix(v, "/")
}

func publicEndpoint(region string) string { return "https://oss-" + region + ".aliyuncs.com" }

// parseEndpoints reads REGION=URL,….
func parseEndpoints(s string) (map[string]string, error) {
	endpoints := map[string]string{}
	for pair := range strings.SplitSeq(s, ",") {
		if s == "" {
			break
		}
		region, endpoint, _ := strings.Cut(strings.TrimSpace(pair), "=")
		if err := rules.CheckRegion(region); err != nil {
			return nil, err
		}
		if endpoints[region] != "" {
			return nil, fmt.Errorf("%s has two endpoints", region)
		}
		if err := CheckEndpoint(endpoint); err != nil {
			return nil, fmt.Errorf("the endpoint of %s %w", region, err)
		}
		if other := regionOf(endpoint); other != "" && other != region {
			return nil, fmt.Errorf("the endpoint of %s is that of %s", region, other)
		}
		endpoints[region] = endpoint
	}
	return endpoints, nil
}

func (r *reader) state(name string) state.Location {
	location, err := state.Parse(r.text(name, ""))
	if err != nil {
		r.wrong(name, "%v", err)
	}
	return location
}

// ParseRulesURL splits the URL oss://BUCKET/KEY of the object that holds the rules.
// It refuses a key where the engine keeps state objects. The error begins with a
// verb: callers put the setting's name before it.
func ParseRulesURL(s string, states state.Location) (bucket, key string, err error) {
	bucket, key, ok := osscall.CutURL(s)
	if !ok || bucket == "" || key == "" {
		return "", "", fmt.Errorf("is %q; want oss://BUCKET/KEY such as oss://my-settings/rules.yaml", s)
	}
	if err := rules.CheckBucket(bucket); err != nil {
		return "", "", fmt.Errorf("is %q; want the name of a bucket: %w", s, err)
	}
	if states.Holds(bucket, key) {
		return "", "", fmt.Errorf("is %q, which is under the state prefix (%s), where the engine keeps and deletes "+
			"objects of its own; move the rules to another key", s, State)
	}
	return bucket, key, nil
}
