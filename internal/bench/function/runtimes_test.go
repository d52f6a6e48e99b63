package main

import (
	"os"
	"testing"

	"go.yaml.in/yaml/v3"
)

// The figures are for what is deployed.
func TestBothRuntimesAreMeasuredAsTheirManifestsSetThemUp(t *testing.T) {
	for _, f := range []form{builtIn, custom} {
		text, err := os.ReadFile("../../../" + f.name)
		if err != nil {
			t.Fatal(err)
		}
		var file struct {
			Resources struct {
				Afterput struct {
					Props struct {
						MemorySize          int     `yaml:"memorySize"`
						CPU                 float64 `yaml:"cpu"`
						InstanceConcurrency int     `yaml:"instanceConcurrency"`
					}
				}
			}
		}
		if err := yaml.Unmarshal(text, &file); err != nil {
			t.Fatal(err)
		}
		p := file.Resources.Afterput.Props
		if got := (form{f.name, p.MemorySize, p.CPU, p.InstanceConcurrency}); got != f {
			t.Errorf("%s sets up %+v, measured is %+v", f.name, got, f)
		}
	}
}
