// Command print prints measures of the repository's sources, below the folder in which it is run. Without an argument:
// the packages with arrows that run back, the longest functions and how many lines are too long. With the folders of
// packages: their files in order, and the arrows that run back.
package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"afterput/internal/measure"
)

// columns is where lines end.
const columns = 120

func main() {
	measures := repository
	if len(os.Args) > 1 {
		measures = func() error { return packages(os.Args[1:]) }
	}
	if err := measures(); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

// repository prints the measures of everything below the working directory.
func repository() error {
	folders, err := packageFolders()
	if err != nil {
		return err
	}
	fmt.Println("packages whose files use each other in circles:")
	for _, folder := range folders {
		files, err := measure.ReadFiles(folder)
		if err != nil {
			return err
		}
		if back := len(files.Back()); back > 0 {
			fmt.Printf("  %-28s %3d arrows, %2d run back, %3d in circles; largest circle %2d of %2d files\n",
				folder, len(files.Arrows), back, files.InCircles(), len(files.Circle()), len(files.Names))
		}
	}
	if err := functions(); err != nil {
		return err
	}
	long, err := measure.LongLines(".", columns)
	if err != nil {
		return err
	}
	fmt.Printf("lines over %d columns: %d\n", columns, len(long))
	return nil
}

// functions prints the longest functions, those of tests apart.
func functions() error {
	all, err := measure.Functions(".")
	if err != nil {
		return err
	}
	inTest := func(f measure.Function) bool { return strings.HasSuffix(f.Path, "_test.go") }
	tests := slices.DeleteFunc(slices.Clone(all), func(f measure.Function) bool { return !inTest(f) })
	product := slices.DeleteFunc(all, inTest)
	fmt.Println("longest functions:")
	for _, f := range slices.Concat(product[:min(3, len(product))], tests[:min(1, len(tests))]) {
		fmt.Printf("  %4d lines  %s:%d %s\n", f.Lines, f.Path, f.Line, f.Name)
	}
	return nil
}

// packageFolders are the folders of the module's packages. Those of tests alone and those in testdata are left out.
func packageFolders() ([]string, error) {
	paths, err := measure.Sources(".")
	if err != nil {
		return nil, err
	}
	folders := map[string]bool{}
	for _, path := range paths {
		if !strings.HasSuffix(path, "_test.go") && !strings.Contains(path, "testdata") {
			folders[filepath.Dir(path)] = true
		}
	}
	return slices.Sorted(maps.Keys(folders)), nil
}

// packages prints the files of packages in order, and the arrows that run back.
func packages(folders []string) error {
	for _, folder := range folders {
		files, err := measure.ReadFiles(folder)
		if err != nil {
			return err
		}
		back := files.Back()
		fmt.Printf("%s: %d arrows, %d run back, %d in circles\n",
			folder, len(files.Arrows), len(back), files.InCircles())
		fmt.Printf("  order: %s\n", strings.Join(files.Order(), " "))
		fmt.Printf("  largest circle (%d): %s\n", len(files.Circle()), strings.Join(files.Circle(), " "))
		for _, a := range back {
			fmt.Printf("  back: %s -> %s\n", a.From, a.To)
		}
	}
	return nil
}
