package localoss

// CRCCombine is crcCombine, for tests from outside.
var CRCCombine = crcCombine
