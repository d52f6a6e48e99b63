package keyset_test

import (
	"fmt"

	"afterput/rules/internal/keyset"
)

// A rule matches in/** except *.tmp and copies to out/${base}. Can the copy match the rule
// again?
func Example() {
	taken := keyset.StartingWith("in/").Minus(keyset.EndingWith(".tmp"))
	base := taken.Part(keyset.Base).Intersect(keyset.Any(1)) // an empty one is refused
	written := keyset.Concat(keyset.Literal("out/"), base)
	fmt.Println(taken.Intersect(written).IsEmpty())

	// With the destination in/done/${base} it can, and here is an object that does it.
	written = keyset.Concat(keyset.Literal("in/done/"), base)
	fmt.Println(taken.Intersect(written).Shortest())
	// Output:
	// true
	// in/done/! true
}

func ExampleParseGlob() {
	globs, err := keyset.ParseGlob("logs/{app,web}/*.gz")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, g := range globs {
		fmt.Println(g.Prefix(), g.Suffix(), g.Match("logs/web/a.gz"))
	}
	_, err = keyset.ParseGlob("logs/**.gz")
	fmt.Println(err)
	// Output:
	// logs/app/ .gz false
	// logs/web/ .gz true
	// ** crosses directories only if it is alone between slashes: write a/**/b, or a single *
}

func ExampleGlob_Set() {
	globs, _ := keyset.ParseGlob("in/**/*.csv")
	set := globs[0].Set()
	fmt.Println(set.Exact(), set.Contains("in/a.csv"), set.Contains("in/a/b/c.csv"), set.Contains("a.csv"))
	// Output: true true true false
}

func ExampleRegexp() {
	set := keyset.Regexp(`^in/[0-9]+\.csv$`)
	shortest, _ := set.Shortest()
	fmt.Println(set.Exact(), set.Prefix(), shortest)

	fmt.Println(keyset.Regexp(`\bcsv\b`).Exact())
	// Output:
	// true in/ in/0.csv
	// false
}

func ExampleRegexpGroup() {
	days := keyset.RegexpGroup(`^(?<day>[0-9]{2})/`, "day")
	fmt.Println(days.Contains("07"), days.Contains("7"))
	// Output: true false
}

func ExampleInspectRegexp() {
	ends := func(pattern string, most int) {
		info, _ := keyset.InspectRegexp(pattern, most)
		fmt.Println(info.Prefixes, info.Suffixes)
	}
	ends(`^in/.*\.csv$`, 16)
	ends(`(?i)\.(gz|bz2?)$`, 16)
	ends(`(?i)\.(gz|bz2?)$`, 8)
	// Output:
	// [in/] [.csv]
	// [] [.BZ2 .bZ2 .Bz2 .bz2 .BZ .GZ .bZ .gZ .Bz .Gz .bz .gz]
	// [] [.BZ2 .bZ2 z2 .BZ .GZ .bZ .gZ z]
}

func ExamplePart_Of() {
	for _, p := range []keyset.Part{keyset.Dir, keyset.Base, keyset.Stem, keyset.Ext} {
		fmt.Println(p, p.Of("a/b.tar.gz"))
	}
	// Output:
	// dir a
	// base b.tar.gz
	// stem b.tar
	// ext gz
}

func ExampleSet_Minus() {
	set := keyset.StartingWith("in/").Minus(keyset.EndingWith("/"))
	fmt.Println(set.Contains("in/a"), set.Contains("in/a/"))
	// Output: true false
}

func ExampleSet_CutPrefix() {
	set := keyset.Union(keyset.Literal("in/a"), keyset.Literal("b")).CutPrefix("in/")
	fmt.Println(set.Contains("a"), set.Contains("in/a"), set.Contains("b"))
	// Output: true false true
}

func ExampleSet_Prefixes() {
	images := keyset.Regexp(`^(in|upload)/.*\.(jpg|png)$`)
	fmt.Println(images.Prefixes(4), images.Suffixes(4))
	fmt.Println(images.Prefixes(1), images.Suffixes(1))

	// A class of many characters is not divided.
	fmt.Println(keyset.Regexp(`^logs/\d`).Prefixes(20))
	// Output:
	// [in/ upload/] [.png .jpg]
	// [] [g]
	// [logs/]
}
