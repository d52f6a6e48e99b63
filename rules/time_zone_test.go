package rules

import (
	"strings"
	"testing"
	"time"
)

func TestTimeZonesHaveOneFixedOffset(t *testing.T) {
	for zone, want := range map[string]int{
		"+08:00": 8 * 3600, "-03:30": -(3*3600 + 1800), "+14:00": 14 * 3600, "-12:00": -12 * 3600, "Z": 0, "UTC": 0,
		"+00:00": 0, "Asia/Shanghai": 8 * 3600, "Asia/Kolkata": 5*3600 + 1800,
	} {
		location, err := parseZone(zone)
		if err != nil {
			t.Error(err)
			continue
		}
		if _, offset := time.Unix(0, 0).In(location).Zone(); offset != want {
			t.Errorf("%s: %d seconds, want %d", zone, offset, want)
		}
	}
	for zone, advice := range map[string]string{
		"Europe/Berlin": "with summer time", "America/New_York": "with summer time",
		"Asia/Shangai": "did you mean Asia/Shanghai",
		"+8":           `did you mean "+08:00"`,
		"0800":         `did you mean "+08:00"`, "UTC-3:30": `did you mean "-03:30"`, "8:00": `did you mean "+08:00"`,
		"Asia/Beijing": "did you mean Asia/Shanghai", "+15": `such as "+08:00"`, "+08:60": `such as "+08:00"`,
		"+15:00": `such as "+08:00"`,
		"-12:30": `such as "+08:00"`,
		"GMT+8":  `did you mean "+08:00"`, "+0a:00": `such as "+08:00"`,
		"++1:00": `such as "+08:00"`,
	} {
		if _, err := parseZone(zone); err == nil || !strings.Contains(err.Error(), advice) {
			t.Errorf("%s: %v, want %q", zone, err, advice)
		}
	}
}

// The table must not be wrong: where the machine that runs the tests has zone files, they
// have the same offset in every month since OSS exists.
func TestNamedZonesAgreeWithTheZoneFiles(t *testing.T) {
	for name := range fixedZones {
		if !strings.Contains(name, "/") {
			continue
		}
		location, err := time.LoadLocation(name)
		if err != nil {
			t.Skip(err)
		}
		fixed, err := parseZone(name)
		if err != nil {
			t.Fatal(err)
		}
		for at := time.Date(2011, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() < 2031; at = at.AddDate(0, 1, 0) {
			if at.In(location).Format(time.DateTime) != at.In(fixed).Format(time.DateTime) {
				t.Errorf("%s: another offset in %s", name, at)
				break
			}
		}
	}
}

func TestTheWeekBeginsOnMonday(t *testing.T) {
	monday := time.Date(2026, 11, 16, 23, 59, 9, 0, time.UTC)
	for i, want := range []string{"1", "2", "3", "4", "5", "6", "7", "1"} {
		if got := timeValue(monday.AddDate(0, 0, i), "weekday"); got != want {
			t.Errorf("%d days after a Monday: %s, want %s", i, got, want)
		}
	}
	if got := timeValue(monday, "minute") + ":" + timeValue(monday, "second"); got != "59:09" {
		t.Errorf("minute and second: %s", got)
	}
}

func TestValuesOfTheTimeAreThoseOfTheZone(t *testing.T) {
	set, err := Load("r.yaml", []byte(`version: 1
sources: [inbox]
time-zone: Asia/Shanghai
rules:
  - name: r
    match: {}
    copy: [{bucket: out, key: "${time.date}/${key}", object-acl: private}, {bucket: "b-${time.year}"}]
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	o, facts := parseObject(t, []byte("bucket: inbox\nkey: a\ntime: 2026-12-31T17:30:00Z\n"))
	plan, err := set.Plan(o, facts)
	if err != nil || len(plan.Copies) != 2 || plan.Copies[0].Key != "2027-01-01/a" ||
		plan.Copies[1].Bucket != "b-2027" {
		t.Fatalf("%+v, %v", plan.Copies, err)
	}
	const want = "${time.…} in +08:00 (time-zone Asia/Shanghai, line 3)"
	for i, noted := range []string{"key", "bucket"} {
		for _, v := range plan.Copies[i].Values() {
			if (v.Note == want) != (v.Field == noted) {
				t.Errorf("copy %d, %s: note %q", i, v.Field, v.Note)
			}
		}
	}
}
