// Package deploy derives from a rules file what its deployment needs: the triggers that deliver the events, and the RAM
// policy of the function's role. It also checks an s.yaml against the rules.
package deploy
