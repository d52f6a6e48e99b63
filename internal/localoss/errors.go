package localoss

import (
	"encoding/base64"
	"encoding/xml"
	"net/http"
)

// ErrorCode is the Code of an OSS error reply.
type ErrorCode string

// The error codes this server answers with. Status, message and the EC that
// OSS gives most often with each are in the table below.
const (
	AccessDenied               ErrorCode = "AccessDenied"
	ArchiveRestoreFileStale    ErrorCode = "ArchiveRestoreFileStale"
	ArchiveRestoreNotFinished  ErrorCode = "ArchiveRestoreNotFinished"
	ActiveRequestLimitExceeded ErrorCode = "ActiveRequestLimitExceeded"
	BadRequest                 ErrorCode = "BadRequest"
	BucketAlreadyExists        ErrorCode = "BucketAlreadyExists"
	BucketNotEmpty             ErrorCode = "BucketNotEmpty"
	EntityTooLarge             ErrorCode = "EntityTooLarge"
	EntityTooSmall             ErrorCode = "EntityTooSmall"
	FileAlreadyExists          ErrorCode = "FileAlreadyExists"
	FileImmutable              ErrorCode = "FileImmutable"
	IncompleteBody             ErrorCode = "IncompleteBody"
	InternalError              ErrorCode = "InternalError"
	InvalidAccessKeyID         ErrorCode = "InvalidAccessKeyId"
	InvalidArgument            ErrorCode = "InvalidArgument"
	InvalidBucketName          ErrorCode = "InvalidBucketName"
	InvalidDigest              ErrorCode = "InvalidDigest"
	InvalidEncryptionAlgorithm ErrorCode = "InvalidEncryptionAlgorithmError"
	InvalidObjectName          ErrorCode = "InvalidObjectName"
	InvalidObjectState         ErrorCode = "InvalidObjectState"
	InvalidPart                ErrorCode = "InvalidPart"
	InvalidPartOrder           ErrorCode = "InvalidPartOrder"
	InvalidRange               ErrorCode = "InvalidRange"
	InvalidSecurityToken       ErrorCode = "InvalidSecurityToken"
	InvalidStorageClass        ErrorCode = "InvalidStorageClass"
	InvalidTag                 ErrorCode = "InvalidTag"
	InvalidTargetType          ErrorCode = "InvalidTargetType"
	MalformedXML               ErrorCode = "MalformedXML"
	MetaOperationQPSLimit      ErrorCode = "MetaOperationQpsLimitExceeded"
	MethodNotAllowed           ErrorCode = "MethodNotAllowed"
	MissingContentLength       ErrorCode = "MissingContentLength"
	NoSuchBucket               ErrorCode = "NoSuchBucket"
	NoSuchKey                  ErrorCode = "NoSuchKey"
	NoSuchUpload               ErrorCode = "NoSuchUpload"
	NoSuchVersion              ErrorCode = "NoSuchVersion"
	NotImplemented             ErrorCode = "NotImplemented"
	NotModified                ErrorCode = "NotModified"
	NotSymlink                 ErrorCode = "NotSymlink"
	ObjectNotAppendable        ErrorCode = "ObjectNotAppendable"
	OperationNotSupported      ErrorCode = "OperationNotSupported"
	PositionNotEqualToLength   ErrorCode = "PositionNotEqualToLength"
	PreconditionFailed         ErrorCode = "PreconditionFailed"
	RequestTimeTooSkewed       ErrorCode = "RequestTimeTooSkewed"
	RequestTimeout             ErrorCode = "RequestTimeout"
	RestoreAlreadyInProgress   ErrorCode = "RestoreAlreadyInProgress"
	SecurityTokenExpired       ErrorCode = "SecurityTokenExpired"
	ServiceUnavailable         ErrorCode = "ServiceUnavailable"
	SecondLevelDomainForbidden ErrorCode = "SecondLevelDomainForbidden"
	SignatureDoesNotMatch      ErrorCode = "SignatureDoesNotMatch"
	SymlinkTargetNotExist      ErrorCode = "SymlinkTargetNotExist"
	TooManyBuckets             ErrorCode = "TooManyBuckets"
	TotalQPSLimitExceeded      ErrorCode = "TotalQpsLimitExceeded"
	UploadTrafficRateLimit     ErrorCode = "UploadTrafficRateLimitExceeded"
)

// codes gives each code its status, its message and the EC it mostly has.
var codes = map[ErrorCode]struct {
	status      int
	message, ec string
}{
	AccessDenied:               {403, "You have no right to access this object because of bucket acl.", "0003-00000001"},
	ActiveRequestLimitExceeded: {503, "Active request limit exceeded.", "0048-00000107"},
	ArchiveRestoreFileStale:    {409, "The archive file or restore info stale", "0016-00000718"},
	ArchiveRestoreNotFinished:  {409, "The archive file's restore is not finished.", "0016-00000719"},
	BadRequest:                 {400, "The request is invalid.", "0003-00000400"},
	BucketAlreadyExists:        {409, "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.", "0015-00000104"},
	BucketNotEmpty:             {409, "The bucket you tried to delete is not empty.", "0015-00000301"},
	EntityTooLarge:             {400, "Source object Length exceeds the maximum allowed size.", "0017-00000501"},
	EntityTooSmall:             {400, "Your proposed upload is smaller than the minimum allowed size.", "0042-00000221"},
	FileAlreadyExists:          {409, "The object you specified already exists and can not be overwritten.", "0026-00000041"},
	FileImmutable:              {409, "The object you specified is immutable.", "0026-00000053"},
	IncompleteBody:             {400, "The body is shorter than Content-Length announces.", "0027-00000201"},
	InternalError:              {500, "We encountered an internal error. Please try again.", "0000-00000500"},
	InvalidAccessKeyID:         {403, "The OSS Access Key Id you provided does not exist in our records.", "0002-00000902"},
	InvalidArgument:            {400, "Invalid Argument.", "0017-00000901"},
	InvalidBucketName:          {400, "The specified bucket is not valid.", "0015-00000001"},
	InvalidDigest:              {400, "The Content-MD5 you specified was invalid.", "0002-00000101"},
	InvalidEncryptionAlgorithm: {400, "The Encryption request you specified is not valid. Supported value: AES256/KMS/SM4.", "0005-00000005"},
	InvalidObjectName:          {400, "The specified object is not valid.", "0016-00000002"},
	InvalidObjectState:         {403, "The operation is not valid for the object's state", "0016-00000701"},
	InvalidPart:                {400, "One or more of the specified parts could not be found or the specified entity tag might not have matched the part's entity tag.", "0042-00000205"},
	InvalidPartOrder:           {400, "The list of parts was not in ascending order. Parts list must specified in order by part number.", "0042-00000209"},
	InvalidRange:               {416, "The requested range cannot be satisfied.", "0026-00000031"},
	InvalidSecurityToken:       {403, "The security token you provided is invalid.", "0002-00000603"},
	InvalidStorageClass:        {400, "The storage class you specified is invalid.", "0016-00000501"},
	InvalidTag:                 {400, "The tag you specified is invalid.", "0041-00000004"},
	InvalidTargetType:          {400, "The target of the symlink is itself a symlink.", "0016-00000204"},
	MalformedXML:               {400, "The XML you provided was not well-formed or did not validate against our published schema.", "0017-00000902"},
	MetaOperationQPSLimit:      {503, "Meta operation QPS limit exceeded.", "0048-00000104"},
	MethodNotAllowed:           {405, "The specified method is not allowed against this resource.", "0003-00000405"},
	MissingContentLength:       {411, "You must provide the Content-Length HTTP header.", "0017-00000803"},
	NoSuchBucket:               {404, "The specified bucket does not exist.", "0015-00000101"},
	NoSuchKey:                  {404, "The specified key does not exist.", "0026-00000001"},
	NoSuchUpload:               {404, "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.", "0042-00000002"},
	NoSuchVersion:              {404, "The specified version does not exist.", "0026-00000002"},
	NotImplemented:             {501, "A header or a parameter you provided implies functionality that is not implemented.", "0003-00000501"},
	NotModified:                {304, "The resource was not modified.", "0026-00000033"},
	NotSymlink:                 {400, "The object you specified is not a symlink.", "0016-00000201"},
	ObjectNotAppendable:        {409, "The object is not appendable", "0026-00000101"},
	OperationNotSupported:      {400, "The operation is not supported for this resource", "0016-00000703"},
	PositionNotEqualToLength:   {409, "Position is not equal to file length", "0026-00000102"},
	PreconditionFailed:         {412, "At least one of the pre-conditions you specified did not hold.", "0026-00000032"},
	RequestTimeout:             {400, "Your socket connection to the server was not read from or written to within the timeout period.", "0027-00000202"},
	RequestTimeTooSkewed:       {403, "The difference between the request time and the current time is too large.", "0002-00000504"},
	RestoreAlreadyInProgress:   {409, "The restore operation is in progress.", "0016-00000708"},
	SecurityTokenExpired:       {403, "The security token you provided has expired.", "0002-00000606"},
	ServiceUnavailable:         {503, "Please reduce your request rate.", "0048-00000503"},
	SecondLevelDomainForbidden: {403, "Please use virtual hosted style to access.", "0003-00001401"},
	SignatureDoesNotMatch:      {403, "The request signature we calculated does not match the signature you provided. Check your key and signing method.", "0002-00000201"},
	SymlinkTargetNotExist:      {404, "The symlink target object does not exist", "0026-00000005"},
	TooManyBuckets:             {400, "You have attempted to create more buckets than allowed.", "0015-00000204"},
	TotalQPSLimitExceeded:      {503, "Total QPS limit exceeded.", "0048-00000101"},
	UploadTrafficRateLimit:     {503, "Upload traffic rate limit exceeded.", "0048-00000105"},
}

// Error is a refusal. Message, EC and Status default to those of the code.
type Error struct {
	Code    ErrorCode
	Message string
	EC      string
	Status  int
	// Detail is further elements of the reply, such as what was signed.
	Detail []Detail
	// Denied is the action that a RAM policy does not allow, "" for other refusals.
	Denied string
	// Header is further headers of the reply.
	Header http.Header
}

// Detail is one element of an error reply.
type Detail struct{ Name, Value string }

func (e *Error) Error() string { return string(e.Code) + ": " + e.message() }

func (e *Error) status() int {
	if e.Status != 0 {
		return e.Status
	}
	if c, ok := codes[e.Code]; ok {
		return c.status
	}
	return http.StatusInternalServerError
}

func (e *Error) message() string {
	if e.Message != "" {
		return e.Message
	}
	return codes[e.Code].message
}

func (e *Error) ec() string {
	if e.EC != "" {
		return e.EC
	}
	if c, ok := codes[e.Code]; ok {
		return c.ec
	}
	return "0000-00000000"
}

// refuse makes an Error; message may be "" for the code's own.
func refuse(code ErrorCode, message string) *Error { return &Error{Code: code, Message: message} }

// refuseWithEC makes an Error with an EC other than the code's usual one.
func refuseWithEC(code ErrorCode, ec string) *Error { return &Error{Code: code, EC: ec} }

// invalidArgument names the argument as OSS does.
func invalidArgument(message, name, value string) *Error {
	return &Error{Code: InvalidArgument, Message: message, Detail: []Detail{{"ArgumentName", name}, {"ArgumentValue", value}}}
}

type errorXML struct {
	XMLName   xml.Name `xml:"Error"`
	Code      ErrorCode
	Message   string
	RequestID string     `xml:"RequestId"`
	HostID    string     `xml:"HostId"`
	Denied    *deniedXML `xml:"AccessDeniedDetail"`
	Detail    []detailXML
	EC        string
	Recommend string `xml:"RecommendDoc"`
}

type detailXML struct {
	XMLName xml.Name
	Value   string `xml:",chardata"`
}

// deniedXML says which right is missing, as OSS does for RAM users and roles.
// Source: OSS help, EC 0003-00000201.
type deniedXML struct {
	PolicyType    string
	AuthPrincipal string `xml:"AuthPrincipalOwnerId"`
	AuthAction    string
}

// errorResponse renders a refusal. A reply to HEAD cannot have a body: OSS puts
// the XML, as Base64, into x-oss-err.
func errorResponse(requestID, method string, e *Error) *Response {
	h := http.Header{}
	for k, v := range e.Header {
		h[k] = v
	}
	h.Set("x-oss-request-id", requestID)
	h.Set("x-oss-ec", e.ec())
	r := &Response{Status: e.status(), Header: h, Code: e.Code}
	if r.Status == http.StatusNotModified {
		return r
	}
	doc := errorXML{Code: e.Code, Message: e.message(), RequestID: requestID, HostID: hostID, EC: e.ec(),
		Recommend: "https://api.aliyun.com/troubleshoot?q=" + e.ec()}
	if e.Denied != "" {
		doc.Denied = &deniedXML{"AccountLevelIdentityBasedPolicy", accountID, e.Denied}
	}
	for _, d := range e.Detail {
		doc.Detail = append(doc.Detail, detailXML{xml.Name{Local: d.Name}, d.Value})
	}
	body := marshal(doc)
	h.Set("Content-Type", "application/xml")
	if method == http.MethodHead {
		h.Set("x-oss-err", base64.StdEncoding.EncodeToString(body))
		return r
	}
	r.SetBody(body)
	return r
}

// hostID is the HostId of every error reply.
const hostID = "oss.local"

// marshal renders an XML document. The types marshalled are this package's
// own and always can be.
func marshal(v any) []byte {
	b, err := xml.MarshalIndent(v, "", "  ")
	if err != nil {
		panic("localoss: " + err.Error())
	}
	return append([]byte(xml.Header), append(b, '\n')...)
}
