package existing

import (
	"context"
	"slices"

	"afterput/internal/sorted"
)

// perReader is about how much memory it takes to read a run.
const perReader = 64 << 10

// rewrite merges runs until few are read at the same time, so that memory does not depend on how many there are. set
// replaces them in what the job remembers.
func (j *Job) rewrite(ctx context.Context, runs []sorted.Run, set func([]sorted.Run)) error {
	if err := j.deleteObsolete(ctx); err != nil {
		return err
	}
	together := max(4, j.Memory/perReader)
	for sorted.Together(runs) > together/4 {
		groups := sorted.Groups(runs, together)
		for i, group := range groups {
			if sorted.Together(group) == 1 {
				continue
			}
			merged, err := sorted.Rewrite(ctx, j.Store, group, j.fileName, func(name string, content []byte) error {
				return j.Store.Put(ctx, name, content)
			})
			if err != nil {
				return err
			}
			groups[i] = merged
			runs = slices.Concat(groups...)
			err = j.write(ctx, func() []file {
				set(runs)
				for _, r := range group {
					j.state.Obsolete = append(j.state.Obsolete, r.Name)
				}
				return nil
			})
			if err == nil {
				err = j.deleteObsolete(ctx)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// deleteObsolete deletes the files that rewritten ones have replaced.
func (j *Job) deleteObsolete(ctx context.Context) error {
	for _, name := range j.state.Obsolete {
		if err := j.Store.Delete(ctx, name); err != nil {
			return err
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.state.Obsolete = nil
	return nil
}

// deleteLeftovers deletes the files that a process had written when it was killed before it could remember them. They
// have the numbers that follow those of the progress. Of failures there is at most one, of runs as many as were being
// rewritten.
func (p *progress) deleteLeftovers(ctx context.Context, store Store) error {
	if err := store.Delete(ctx, failuresFile(p.HandOver.Failures+1)); err != nil {
		return err
	}
	for n := p.Files + 1; ; n++ {
		ok, err := store.Has(ctx, runFile(p.ID, n))
		if err != nil || !ok {
			return err
		}
		if err := store.Delete(ctx, runFile(p.ID, n)); err != nil {
			return err
		}
	}
}

// fileName is the name of the next run.
func (j *Job) fileName() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.nextFile()
}

// nextFile is the name of the next run. The caller holds mu.
func (j *Job) nextFile() string {
	j.state.Files++
	return runFile(j.state.ID, j.state.Files)
}
