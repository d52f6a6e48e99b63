// Package existing does for objects that are there already what the function does for uploads. One machine serves the
// commands diff and backfill and the function's sweep: a [Job] enumerates the objects of the sources, plans their
// copies by the rules, compares those with what the destinations hold, and has the missing ones made.
//
// An object's way: [listing] finds it, planner.wants says what the rules want of it, comparer.verdict whether the
// destination holds that, and hand over has the copy made by the engine or by the deployed function.
package existing
