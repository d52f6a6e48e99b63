package proof

// streamedMutations are errors in the checks that keep faults from the destination of a copy to another region.
var streamedMutations = []mutation{
	{
		name: "stream: no if-match on ranges", file: "stream.go", test: "TestCaseStreamedPartsOfTwoVersionsNeverMix",
		old: "IfMatch: &condition, Range:",
		new: "IfMatch: unless(NAME, &condition), Range:",
	}, {
		name: "stream: the CRC-64 of a part not compared", file: "stream.go", test: "TestCaseWhatArrivesWrongIsNoPart",
		old: `got != "" && got != sent {`,
		new: `got != "" && got != sent && !mutant(NAME) {`,
	}, {
		name: "stream: the CRC-64 of a small object not compared", file: "stream.go",
		test: "TestRandomProgramsToAnotherRegion",
		old:  `head.CRC64 != "" && head.CRC64 != sum {`,
		new:  `head.CRC64 != "" && head.CRC64 != sum && !mutant(NAME) {`,
	}, {
		name: "stream: a short part accepted", file: "stream.go", test: "TestCaseWhatArrivesWrongIsNoPart",
		old: `body := &passing{from: res.Body, left: length}
	up.unanswered.Add(1)
	answer, err := c.to.oss.UploadPart(ctx, &oss.UploadPartRequest{
		Bucket:        &c.plan.Bucket,
		Key:           &c.plan.Key,
		PartNumber:    int32(part.number()),
		UploadId:      &up.UploadID,
		Body:          body,
		ContentLength: &length,`,
		new: `body := &passing{from: res.Body, left: length}
	if mutant(NAME) {
		content, _ := io.ReadAll(res.Body)
		body.from, body.left = bytes.NewReader(content), min(body.left, int64(len(content)))
	}
	up.unanswered.Add(1)
	answer, err := c.to.oss.UploadPart(ctx, &oss.UploadPartRequest{
		Bucket:        &c.plan.Bucket,
		Key:           &c.plan.Key,
		PartNumber:    int32(part.number()),
		UploadId:      &up.UploadID,
		Body:          body,
		ContentLength: oss.Ptr(body.left),`,
	}, {
		name: "stream: short content accepted", file: "stream.go", test: "TestCaseSmallContentThatBreaksOffIsNotSentOn",
		old: `if err != nil {
			return cutOff(err)
		}
		if sum := crcText(crc64.Checksum(content, ecma())); int64(len(content)) != head.Size ||`,
		new: `if err != nil && !mutant(NAME) {
			return cutOff(err)
		}
		if sum := crcText(crc64.Checksum(content, ecma())); int64(len(content)) != head.Size && !mutant(NAME) ||`,
	}, {
		name: "stream: the whole object taken for a range", file: "stream.go", test: "TestCaseWhatArrivesWrongIsNoPart",
		old: "if res.StatusCode != http.StatusPartialContent || !strings.HasPrefix(got, want) {",
		new: "if !mutant(NAME) && (res.StatusCode != http.StatusPartialContent || !strings.HasPrefix(got, want)) {",
	},
}

func init() { mutations = append(mutations, streamedMutations...) }
