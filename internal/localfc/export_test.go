package localfc

// AwaitDeath returns when the process last used has ended and its end is
// noticed.
func (r *Runtime) AwaitDeath() {
	r.mu.Lock()
	i := r.free[len(r.free)-1].instance
	r.mu.Unlock()
	<-i.exited
}
