package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
)

// graph is the files of one package, tests aside, and which uses names of which. An arrow
// leads from a file to another that defines a function, type, method, field, variable or
// constant that it uses.
type graph struct {
	files []string
	uses  []map[int]bool
}

// arrowsOf reads a package's folder.
func arrowsOf(folder string) (*graph, error) {
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}
	g, set := &graph{}, token.NewFileSet()
	var trees []*ast.File
	index := map[string]int{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		index[name] = len(g.files)
		g.files, g.uses, trees = append(g.files, name), append(g.uses, map[int]bool{}), append(trees, tree)
	}
	if len(trees) == 0 {
		return nil, fmt.Errorf("%s has no Go files", folder)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}}
	// What other packages define is not looked at: their names stay unknown.
	config := types.Config{Importer: nothing{}, Error: func(error) {}}
	pkg, _ := config.Check(folder, set, trees, info)
	arrow := func(from token.Pos, to types.Object) {
		if to == nil || to.Pkg() != pkg || !to.Pos().IsValid() {
			return
		}
		a, b := index[set.Position(from).Filename], index[set.Position(to.Pos()).Filename]
		if a != b {
			g.uses[a][b] = true
		}
	}
	for id, object := range info.Uses {
		if _, isPackage := object.(*types.PkgName); !isPackage {
			arrow(id.Pos(), object)
		}
	}
	for expr, selection := range info.Selections {
		arrow(expr.Pos(), selection.Obj())
	}
	return g, nil
}

// nothing imports empty packages.
type nothing struct{}

func (nothing) Import(path string) (*types.Package, error) {
	p := types.NewPackage(path, filepath.Base(path))
	p.MarkComplete()
	return p, nil
}

func (g *graph) count() (n int) {
	for _, to := range g.uses {
		n += len(to)
	}
	return n
}

// back is how many arrows run back up when the files are put on floors so that few do:
// one after another the file goes on top that is used least by those that are left, as
// against what it uses of them (the greedy heuristic of Eades, Lin and Smyth).
func (g *graph) back() (back int) {
	left, above := map[int]bool{}, map[int]bool{}
	for i := range g.files {
		left[i] = true
	}
	for len(left) > 0 {
		top := g.top(left)
		for j := range g.uses[top] {
			if above[j] {
				back++
			}
		}
		above[top] = true
		delete(left, top)
	}
	return back
}

// top is which of some files to put above the others.
func (g *graph) top(files map[int]bool) int {
	best, score := -1, 0
	for i := range g.files {
		if !files[i] {
			continue
		}
		used := g.usedBy(i, files)
		s := -used
		for j := range g.uses[i] {
			if files[j] {
				s++
			}
		}
		if used == 0 {
			s = len(g.files) // no arrow runs up to it
		}
		if best < 0 || s > score {
			best, score = i, s
		}
	}
	return best
}

// usedBy is how many of some files use file i.
func (g *graph) usedBy(i int, files map[int]bool) (n int) {
	for j := range files {
		if j != i && g.uses[j][i] {
			n++
		}
	}
	return n
}

// largestCircle is the number of files in the largest group of which each reaches each
// other along arrows; 1 where there is none.
func (g *graph) largestCircle() int {
	reach := make([]map[int]bool, len(g.files))
	for i := range g.files {
		reach[i] = map[int]bool{}
		todo := []int{i}
		for len(todo) > 0 {
			at := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			for j := range g.uses[at] {
				if !reach[i][j] {
					reach[i][j] = true
					todo = append(todo, j)
				}
			}
		}
	}
	sizes := make([]int, len(g.files))
	for i := range g.files {
		sizes[i] = 1
		for j := range g.files {
			if i != j && reach[i][j] && reach[j][i] {
				sizes[i]++
			}
		}
	}
	return slices.Max(sizes)
}
