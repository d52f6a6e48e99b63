package proof

// mutations are the errors that are put into the engine, one at a time. Hand-written copy functions and the copier of
// the SDK make the same errors.
var mutations = []mutation{
	{
		name: "no if-match on CopyObject", file: "requests.go", seed: 35,
		old: "IfMatch:           osscall.Optional(condition),",
		new: "IfMatch:           unless(NAME, osscall.Optional(condition)),",
	}, {
		name: "no if-match on parts", file: "parts.go", test: "TestCasePartsOfTwoVersionsNeverMix",
		old: "IfMatch:           &condition,",
		new: "IfMatch:           unless(NAME, &condition),",
	}, {
		name: "no second look", file: "copy.go", test: "TestCaseSlowCopyNeedsASecondLook",
		old: "out.NeedsSecondLook = out.Result == Copied &&",
		new: "out.NeedsSecondLook = out.Result == Copied && !mutant(NAME) &&",
	}, {
		name: "no CRC check before Complete", file: "verify.go", seed: 10,
		old: `if head.CRC64 != "" && head.CRC64 != combined {`,
		new: `if head.CRC64 != "" && head.CRC64 != combined && !mutant(NAME) {`,
	}, {
		name: "tags not encoded", file: "requests.go", seed: 1,
		old: `func percent(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }`,
		new: `func percent(s string) string {
	if mutant(NAME) {
		return s
	}
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}`,
	}, {
		name: "tags skipped when the count header is absent", file: "attributes.go",
		test: "TestCaseTagsAreCopiedWithoutTheCountHeader",
		old:  "return c.src.Tags()",
		new: `if head, ok := c.src.head.known(); ok && head.TaggingCount == 0 && mutant(NAME) {
		return nil, nil
	}
	return c.src.Tags()`,
	}, {
		name: "abort on the invocation's context", file: "osscall/deadline.go",
		test: "TestCaseUploadIsAbortedWhenTimeRunsOut",
		old:  "return context.WithDeadline(context.WithoutCancel(ctx), until)",
		new: `if mutant(NAME) {
		return context.WithDeadline(ctx, until)
	}
	return context.WithDeadline(context.WithoutCancel(ctx), until)`,
	}, {
		name: "state object not compared", file: "multipart.go",
		test: "TestCaseUploadWithOtherHeadersIsNotResumed",
		old:  "case o.ETag == head.ETag && o.Digest == digest && o.Size == head.Size:",
		new:  "case mutant(NAME) || o.ETag == head.ETag && o.Digest == digest && o.Size == head.Size:",
	}, {
		name: "NoSuchUpload taken as failure", file: "multipart.go", seed: 70,
		old: "&& !osscall.Is(err, osscall.KindNoSuchUpload) {\n			return out, err",
		new: "&& !osscall.Is(err, osscall.KindNoSuchUpload) || mutant(NAME) {\n			return out, err",
	}, {
		name: "any document under 200 believed", file: "osscall/response.go",
		test: "TestCaseErrorDocumentUnder200IsAFailure",
		old:  "	if !known {\n		return resp, nil",
		new:  "	if !known || mutant(NAME) {\n		return resp, nil",
	}, {
		name: "a slow CopyObject sent twice", file: "single.go",
		test: "TestCaseCopyObjectThatMayStillRunIsNotSentAgain",
		old:  "call.Once, call.Copies = true, true",
		new:  "call.Once, call.Copies = !mutant(NAME), true",
	}, {
		name: "in place without resending metadata", file: "inplace.go",
		test: "TestCaseInPlaceRewriteKeepsOtherAttributes",
		old:  "whole.Headers, whole.Meta = c.headersAndMeta(head)",
		new: `if mutant(NAME) {
		head.Headers, head.Meta = rules.ContentHeaders{}, nil
	}
	whole.Headers, whole.Meta = c.headersAndMeta(head)`,
	}, {
		name: "credentials cached", file: "osscall/client.go", seed: 1,
		old: "c, ok := ctx.Value(credentialsKey{}).(Credentials)",
		new: `c, ok := ctx.Value(credentialsKey{}).(Credentials)
	if mutant(NAME) {
		c = firstOf(c)
	}`,
	}, {
		name: "ACL on Initiate instead of Complete", file: "multipart.go", seed: 2,
		old: "request := c.initiateRequest(headers, meta, tags)",
		new: `request := c.initiateRequest(headers, meta, tags)
	if mutant(NAME) && c.plan.ObjectACL != "" {
		request.Headers = map[string]string{"x-oss-object-acl": c.plan.ObjectACL}
		moved := *c.plan
		moved.ObjectACL = ""
		c.plan = &moved
	}`,
	}, {
		name: "500 and 504 taken for refusals", file: "osscall/classify.go", seed: 765,
		old: "case status >= 500 && status != http.StatusNotImplemented, status == http.StatusRequestTimeout:\n" +
			"		return KindLost, false",
		new: "case status >= 500 && status != http.StatusNotImplemented, status == http.StatusRequestTimeout:\n" +
			"		if mutant(NAME) {\n			return KindThrottled, false\n		}\n		return KindLost, false",
	}, {
		name: "an earlier copy taken for a lost one", file: "lost.go",
		test: "TestCaseEarlierCopyIsNotTakenForALostOne",
		old:  "if err != nil || !d.exists || !since.IsZero() &&",
		new:  "if err != nil || !d.exists || !mutant(NAME) && !since.IsZero() &&",
	}, {
		name: "a second attempt writes without comparing", file: "source.go", seed: 11,
		old: "func (s *Source) mayBeCopied() bool { return",
		new: "func (s *Source) mayBeCopied() bool { return !mutant(NAME) &&",
	}, {
		name: "unchanged although the ACL differs", file: "compare.go", test: "TestCaseOtherACLIsNotUnchanged",
		old: "if c.plan.ObjectACL == \"\" {",
		new: "if c.plan.ObjectACL == \"\" || mutant(NAME) {",
	}, {
		name: "an upload aborted once although parts are in flight", file: "upload.go", seed: 6,
		old: "case gone || !up.written",
		new: "case gone || mutant(NAME) || !up.written",
	}, {
		name: "one state object for all uploads of a destination", file: "state/location.go", seed: 194,
		old: "id := url.PathEscape(u.UploadID)",
		new: "id := unless(NAME, url.PathEscape(u.UploadID))",
	}, {
		name: "tags not deleted after a lost reply", file: "single.go",
		test: "TestCaseTagsAreDeletedAfterALostReply",
		old:  "if err == nil && c.dropsTags() {",
		new:  "if err == nil && c.dropsTags() && !(mutant(NAME) && c.slow.Load()) {",
	}, {
		name: "endless requests about a link", file: "ifmatch.go", seed: 10,
		old: "if IsLink(head, err) && c.src.isObject() {",
		new: "if IsLink(head, err) && mutant(NAME) {\n		return c.ifMatch(), nil\n	}\n" +
			"	if IsLink(head, err) && c.src.isObject() {",
	}, {
		name: "a link compared by its target object", file: "secondlook.go", seed: 11,
		old: "if was, isLink := s.copiedLink(); isLink {",
		new: "if was, isLink := s.copiedLink(); isLink && !mutant(NAME) {",
	}, {
		name: "a panic ends the process", file: "osscall/panic.go", seed: 13,
		old: "if p := recover(); p != nil {",
		new: "if mutant(NAME) {\n			return\n		}\n		if p := recover(); p != nil {",
	}, {
		name: "version below a deleted version not copied", file: "relay/secondlook.go",
		test: "TestCaseVersionBelowADeletedVersionIsCopied",
		old:  "head, ok := src.Replacement()\n	if !ok ||",
		new:  "head, ok := src.Replacement()\n	if !ok || mutant(NAME) ||",
	}, {
		name: "a sweep forgets the pages in memory at its deadline", file: "existing/job.go",
		test: "TestCaseSweepStoppedWhileItListsLosesNothing",
		old:  "		files := j.run(runs)\n",
		new: "		if err != nil && mutant(NAME) {\n			j.buffer.Reset()\n			return nil\n		}\n" +
			"		files := j.run(runs)\n",
	}, {
		name: "compared by size alone", file: "existing/verdict.go", seed: 72,
		old: "	case src.CRC64 != \"\" && dst.CRC64 != \"\" && src.CRC64 != dst.CRC64:",
		new: "	case mutant(NAME):\n" +
			"	case src.CRC64 != \"\" && dst.CRC64 != \"\" && src.CRC64 != dst.CRC64:",
	}, {
		name: "a backfill that goes on copies without comparing", file: "existing/engine.go",
		test: "TestCaseBackfillThatGoesOnComparesWhatItHadBegun",
		old:  "o.object.MayBeCopied || bytes.Compare",
		new:  "o.object.MayBeCopied || !mutant(NAME) && bytes.Compare",
	}, {
		name: "objects begun before that is remembered", file: "existing/engine.go",
		test: "TestCaseBackfillThatGoesOnComparesWhatItHadBegun",
		old:  "	if before {\n		return nil",
		new:  "	if before || mutant(NAME) {\n		return nil",
	}, {
		name: "a backfill that goes on follows no newer version", file: "relay/secondlook.go",
		test: "TestCaseBackfillThatGoesOnRepairsWhatItsKilledProcessHasOverwritten",
		old:  "src.Retried && anySuperseded(copies)",
		new:  "(src.Retried && !mutant(NAME) || inv.RetryCount != 0) && anySuperseded(copies)",
	}, {
		name: "a sweep copies without comparing", file: "existing/sweep.go",
		test: "TestCaseSweepComparesAgainBeforeItCopiesInALaterInvocation",
		old:  "	inv.Repeated = true",
		new:  "	inv.Repeated = !mutant(NAME)",
	}, {
		name: "a sweep forgets what it could not copy", file: "existing/sweepend.go",
		test: "TestCaseSweepTriesAgainWhatMayHaveOverwrittenANewerVersion",
		old:  "	if p.HandOver.Failures == 0 {",
		new:  "	if p.HandOver.Failures == 0 || mutant(NAME) {",
	}, {
		name: "a sweep outlasts its invocation", file: "osscall/deadline.go", seed: 12,
		old: "	if !limited {",
		new: "	if !limited || mutant(NAME) {",
	}, {
		name: "a sweep goes on without its files", file: "existing/sweep.go",
		test: "TestCaseProgressWrittenAfterTheEndStopsNoSweep",
		old:  "err == nil && whole {",
		new:  "err == nil && (whole || mutant(NAME)) {",
	}, {
		name: "undecided copies are made on a guess", file: "existing/planner.go", seed: 96,
		old: "		case !c.Certain():",
		new: "		case !c.Certain() && !mutant(NAME):",
	}, {
		name: "a listing skips a page", file: "listing/walk.go", seed: 6,
		old: "entries, cut := s.claim(r, entries)",
		new: "entries, cut := s.claim(r, entries)\n	if mutant(NAME) && r.pages == 1 {\n		entries = nil\n	}",
	},
}
