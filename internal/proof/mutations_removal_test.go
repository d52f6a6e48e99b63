package proof

// removalMutations are errors in what stands before a deletion, one for each check.
var removalMutations = []mutation{
	{
		name: "removal: a source that is there", file: "relay/removed.go",
		test: "TestCaseNothingIsDeletedWhileTheSourceIsThere", removals: 61,
		old: "if !before.There {\n			out = h.Copier.Delete",
		new: "if !before.There || mutant(NAME) {\n			out = h.Copier.Delete",
	}, {
		name: "removal: any error counts as gone", file: "presence.go",
		test: "TestCaseAMissingRightIsNotAMissingSource", removals: 175,
		old: `case osscall.HasCode(err, "NoSuchKey"):`,
		new: `case osscall.HasCode(err, "NoSuchKey"), mutant(NAME) && err != nil:`,
	}, {
		name: "removal: any object deleted", file: "delete.go",
		test: "TestCaseOnlyTheCopyOfTheSourceIsDeleted", removals: 17,
		old: `out.Reason = c.notOurCopy(dst.head); out.Reason != "" {`,
		new: `out.Reason = c.notOurCopy(dst.head); out.Reason != "" && !mutant(NAME) {`,
	}, {
		name: "removal: the copy of any source deleted", file: "provenance.go",
		test: "TestCaseOnlyTheCopyOfTheSourceIsDeleted", removals: 25,
		old: "return ok && bucket == s.Object.Bucket && key == s.Object.Key",
		new: "return ok && (mutant(NAME) || bucket == s.Object.Bucket && key == s.Object.Key)",
	}, {
		name: "removal: a changed copy deleted", file: "provenance.go",
		test: "TestCaseOnlyTheCopyOfTheSourceIsDeleted", removals: 21,
		old: "(!counted || crc64 == head.CRC64)",
		new: "(!counted || crc64 == head.CRC64 || mutant(NAME))",
	}, {
		name: "removal: without versioning", file: "delete.go",
		test: "TestCaseWhatNothingBringsBackIsNotDeleted", removals: 3,
		old: "if !withoutVersioning && !keepsVersion(",
		new: "if !mutant(NAME) && !withoutVersioning && !keepsVersion(",
	}, {
		name: "removal: a version with the id null taken for one that stays", file: "delete.go",
		test: "TestCaseWhatNothingBringsBackIsNotDeleted", removals: 13,
		old: `return id != "" && id != "null"`,
		new: `return id != "" && (id != "null" || mutant(NAME))`,
	}, {
		name: "removal: no limit", file: "delete.go", test: "TestCaseDeletionsAreLimited", removals: 173,
		old: "if !c.copier.deletions.take(",
		new: "if !mutant(NAME) && !c.copier.deletions.take(",
	}, {
		name: "removal: sent again after a lost response", file: "delete.go",
		test: "TestCaseADeletionThatMayStillRunIsNotSentAgain", removals: 130,
		old: "call.Once = id == nil",
		new: "call.Once = id == nil && !mutant(NAME)",
	}, {
		name: "removal: no look after the deletion", file: "relay/removed.go",
		test: "TestEveryOrderOfARemovalAndANewUpload", removals: 130,
		old: "if after.There {",
		new: "if after.There && !mutant(NAME) {",
	}, {
		name: "removal: a retry does not make the copy good", file: "relay/removed.go",
		test: "TestCaseARetryOfARemovalMakesTheCopyThatItMayHaveDeleted", removals: 130,
		old: "deleted := inv.RetryCount != 0 || inv.Repeated",
		new: "deleted := unless(NAME, inv.RetryCount != 0 || inv.Repeated)",
	}, {
		name: "removal: a copy that lands after it is left", file: "relay/handler.go",
		test: "TestEveryOrderOfAnUploadAndItsRemoval", removals: 126,
		old: "if gone { //",
		new: "if gone && !mutant(NAME) { //",
	}, {
		name: "move: whatever became of the copies", file: "relay/move.go",
		test: "TestCaseASourceWhoseCopyExistedIsNotMoved", removals: 50,
		old: "if of == nil || of.Result != copier.Copied && of.Result != copier.Unchanged {",
		new: "if !mutant(NAME) && (of == nil || of.Result != copier.Copied && of.Result != copier.Unchanged) {",
	}, {
		name: "move: copies not compared", file: "move.go",
		test: "TestCaseASourceWhoseCopyDiffersIsNotMoved", removals: 98,
		old: "case !matches:",
		new: "case !matches && !mutant(NAME):",
	}, {
		name: "move: an older version brought back", file: "move.go",
		test: "TestEveryOrderOfAMoveAndANewUpload", removals: 14,
		old: `if older != "" {`,
		new: `if older != "" && !mutant(NAME) {`,
	}, {
		name: "move: a marker instead of the version", file: "move.go",
		test: "TestEveryOrderOfAMoveAndANewUpload", removals: 34,
		old: "c.deleteObject(ctx, &out.VersionID)",
		new: "c.deleteObject(ctx, unless(NAME, &out.VersionID))",
	}, {
		name: "move: without versioning", file: "move.go",
		test: "TestCaseAMoveWithoutVersioningMustBeAllowed", removals: 17,
		old: "if plans[i].DeleteSource && !plans[i].WithoutVersioning {",
		new: "if plans[i].DeleteSource && !plans[i].WithoutVersioning && !mutant(NAME) {",
	}, {
		name: "move: no last look", file: "move.go",
		test: "TestCaseAnUploadBeforeTheLastLookOfAMoveIsNotLost", removals: 159,
		old: "now.Head.VersionID != out.VersionID:",
		new: "now.Head.VersionID != out.VersionID:\n		if mutant(NAME) {\n			break\n		}",
	}, {
		name: "move: its copies deleted after it", file: "../rules/plan.go",
		test: "TestCaseTheRemovalOfAMovedObjectDeletesNothing", removals: 17,
		old: "c.NamesSource && !moves",
		new: "c.NamesSource && (!moves || mutant(NAME))",
	}, {
		name: "move: an upload meanwhile is a failure", file: "move.go",
		test: "TestRandomProgramsWithRemovals", seed: 88,
		old: "case osscall.Is(err, osscall.KindSuperseded):",
		new: "case osscall.Is(err, osscall.KindSuperseded) && !mutant(NAME):",
	}, {
		name: "move: no wait for the copy of a removed version", file: "move.go",
		test: "TestRandomProgramsWithRemovals", seed: 75,
		old: `older == "" && hidden && settles > 0 {`,
		new: `older == "" && hidden && settles > 0 && !mutant(NAME) {`,
	}, {
		name: "move: what is left of one is not found", file: "existing/unmoved.go",
		test: "TestCaseAComparisonFindsWhatIsLeftOfAMove", removals: 104,
		old: "w.Verdict == Same && w.Moved",
		new: "!mutant(NAME) && w.Verdict == Same && w.Moved",
	}, {
		name: "restore: of what was replaced", file: "restore.go",
		test: "TestRandomProgramsWithRemovals", seed: 78,
		old: "if err != nil && osscall.Classify(\"RestoreObject\", err).Permanent {",
		new: "if err != nil && !mutant(NAME) && osscall.Classify(\"RestoreObject\", err).Permanent {",
	}, {
		name: "restore: its end is ignored", file: "relay/handler.go",
		test: "TestRandomProgramsWithRemovals", seed: 9,
		old: "if !h.restored(set, src, report) {",
		new: "if mutant(NAME) || !h.restored(set, src, report) {",
	},
}

func init() { mutations = append(mutations, removalMutations...) }
