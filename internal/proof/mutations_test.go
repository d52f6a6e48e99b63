package proof

// mutations are the errors that hand-written copy functions and the SDK's own
// copier make, put into the engine one by one.
var mutations = []mutation{
	{
		name: "no if-match on CopyObject", file: "requests.go", seed: 61,
		old: "IfMatch:           text(form),",
		new: "IfMatch:           unless(NAME, text(form)),",
	}, {
		name: "no if-match on parts", file: "parts.go", test: "TestCasePartsOfTwoVersionsNeverMix",
		old: "IfMatch:           &form,",
		new: "IfMatch:           unless(NAME, &form),",
	}, {
		name: "no second look", file: "copier.go", seed: 87,
		old: "out.LookAgain = out.Outcome == Copied &&",
		new: "out.LookAgain = out.Outcome == Copied && !mutant(NAME) &&",
	}, {
		name: "no CRC check before Complete", file: "finish.go", seed: 69,
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
		name: "tags skipped when the count header is absent", file: "multipart.go", test: "TestCaseTagsAreCarriedOverWithoutTheirCount",
		old: "return r.src.Tags()",
		new: `if head, ok := r.src.head.known(); ok && head.TaggingCount == 0 && mutant(NAME) {
		return nil, nil
	}
	return r.src.Tags()`,
	}, {
		name: "abort on the invocation's context", file: "deadline.go", test: "TestCaseNothingStaysOpenAfterTheTimeIsUp",
		old: "return context.WithDeadline(context.WithoutCancel(ctx), until)",
		new: `if mutant(NAME) {
		return context.WithDeadline(ctx, until)
	}
	return context.WithDeadline(context.WithoutCancel(ctx), until)`,
	}, {
		name: "state object not compared", file: "multipart.go", test: "TestCaseAnUploadBegunWithOtherHeadersIsNotGoneOnWith",
		old: "if saved.ETag == head.ETag &&",
		new: "if mutant(NAME) || saved.ETag == head.ETag &&",
	}, {
		name: "NoSuchUpload taken as failure", file: "finish.go", test: "TestCaseALostReplyToCompleteIsLookedInto",
		old: "case Is(err, KindNoSuchUpload),",
		new: "case Is(err, KindNoSuchUpload) && !mutant(NAME),",
	}, {
		name: "empty ETag taken as success", file: "single.go", test: "TestCaseAnErrorUnder200IsNoCopy",
		old: `if err == nil && oss.ToString(res.ETag) == "" {`,
		new: `if err == nil && oss.ToString(res.ETag) == "" && !mutant(NAME) {`,
	}, {
		name: "a slow CopyObject sent twice", file: "single.go", test: "TestCaseACopyObjectThatMayStillRunIsNotSentAgain",
		old: `sending := sending{op: "CopyObject", once: true,`,
		new: `sending := sending{op: "CopyObject", once: !mutant(NAME),`,
	}, {
		name: "in place without resending metadata", file: "inplace.go", test: "TestInPlaceChangesKeepWhatTheyDoNotName",
		old: "whole.Headers, whole.Meta = r.wanted(head)",
		new: `if mutant(NAME) {
		head.Headers, head.Meta = rules.ContentHeaders{}, nil
	}
	whole.Headers, whole.Meta = r.wanted(head)`,
	}, {
		name: "credentials cached", file: "client.go", seed: 1,
		old: "c, ok := ctx.Value(credentialsKey{}).(Credentials)",
		new: `c, ok := ctx.Value(credentialsKey{}).(Credentials)
	if mutant(NAME) {
		c = firstOf(c)
	}`,
	}, {
		name: "ACL on Initiate instead of Complete", file: "multipart.go", seed: 2,
		old: "request := r.initiateRequest(headers, meta, tags)",
		new: `request := r.initiateRequest(headers, meta, tags)
	if mutant(NAME) && r.plan.ObjectACL != "" {
		request.Headers = map[string]string{"x-oss-object-acl": r.plan.ObjectACL}
		moved := *r.plan
		moved.ObjectACL = ""
		r.plan = &moved
	}`,
	},
}
