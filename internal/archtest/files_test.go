package archtest

import (
	"testing"

	"afterput/internal/measure"
)

// The rules language grows most often. Where its files use each other in circles, nothing can be read or changed alone.
func TestFilesOfTheRulesDoNotUseEachOtherInCircles(t *testing.T) {
	for _, folder := range []string{"../../rules", "../../rules/internal/keyset"} {
		files, err := measure.ReadFiles(folder)
		if err != nil {
			t.Fatal(err)
		}
		if back := files.Back(); len(files.Arrows) == 0 || 10*len(back) >= len(files.Arrows) && len(back) > 8 {
			t.Errorf("%s: %d of %d arrows between files run back: %v", folder, len(back), len(files.Arrows), back)
		}
		if circle := files.Circle(); len(circle) >= 10 {
			t.Errorf("%s: %d files use each other in a circle: %v", folder, len(circle), circle)
		}
	}
}
