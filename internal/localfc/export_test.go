package localfc

// Executable is what decides whether a file may be run.
var Executable = executable

// AwaitDeath returns when the runtime has noticed the end of the process used last.
func (r *Runtime) AwaitDeath() {
	r.mu.Lock()
	i := r.free[len(r.free)-1].instance
	r.mu.Unlock()
	<-i.exited
}
