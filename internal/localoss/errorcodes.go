package localoss

// ErrorCode is the Code of an error reply.
type ErrorCode string

// The error codes of this server. Their status, message and usual EC are in codes.
const (
	AccessDenied               ErrorCode = "AccessDenied"
	ArchiveRestoreFileStale    ErrorCode = "ArchiveRestoreFileStale"
	ArchiveRestoreNotFinished  ErrorCode = "ArchiveRestoreNotFinished"
	AccessForbidden            ErrorCode = "AccessForbidden"
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
	InvalidPolicyDocument      ErrorCode = "InvalidPolicyDocument"
	InvalidRange               ErrorCode = "InvalidRange"
	InvalidSecurityToken       ErrorCode = "InvalidSecurityToken"
	InvalidStorageClass        ErrorCode = "InvalidStorageClass"
	InvalidTag                 ErrorCode = "InvalidTag"
	InvalidTargetType          ErrorCode = "InvalidTargetType"
	InventoryAlreadyExist      ErrorCode = "InventoryAlreadyExist"
	InventoryExceedLimit       ErrorCode = "InventoryExceedLimit"
	MalformedXML               ErrorCode = "MalformedXML"
	MetaOperationQPSLimit      ErrorCode = "MetaOperationQpsLimitExceeded"
	MethodNotAllowed           ErrorCode = "MethodNotAllowed"
	MissingArgument            ErrorCode = "MissingArgument"
	MissingContentLength       ErrorCode = "MissingContentLength"
	NoSuchBucket               ErrorCode = "NoSuchBucket"
	NoSuchBucketPolicy         ErrorCode = "NoSuchBucketPolicy"
	NoSuchCORSConfiguration    ErrorCode = "NoSuchCORSConfiguration"
	NoSuchInventory            ErrorCode = "NoSuchInventory"
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

// codes has the status, the message and the usual EC of each code.
var codes = map[ErrorCode]struct {
	status      int
	ec, message string
}{
	AccessDenied: {403, "0003-00000001",
		"You have no right to access this object because of bucket acl."},
	AccessForbidden: {403, "0000-00000000",
		"CORSResponse: CORS is not enabled for this bucket."},
	ActiveRequestLimitExceeded: {503, "0048-00000107",
		"Active request limit exceeded."},
	ArchiveRestoreFileStale: {409, "0016-00000718",
		"The archive file or restore info stale"},
	ArchiveRestoreNotFinished: {409, "0016-00000719",
		"The archive file's restore is not finished."},
	BadRequest: {400, "0003-00000400",
		"The request is invalid."},
	BucketAlreadyExists: {409, "0015-00000104",
		"The requested bucket name is not available. The bucket namespace is shared by all users of the " +
			"system. Please select a different name and try again."},
	BucketNotEmpty: {409, "0015-00000301",
		"The bucket you tried to delete is not empty."},
	EntityTooLarge: {400, "0017-00000501",
		"Source object Length exceeds the maximum allowed size."},
	EntityTooSmall: {400, "0042-00000221",
		"Your proposed upload is smaller than the minimum allowed size."},
	FileAlreadyExists: {409, "0026-00000041",
		"The object you specified already exists and can not be overwritten."},
	FileImmutable: {409, "0026-00000053",
		"The object you specified is immutable."},
	IncompleteBody: {400, "0027-00000201",
		"The body is shorter than Content-Length announces."},
	InternalError: {500, "0000-00000500",
		"We encountered an internal error. Please try again."},
	InvalidAccessKeyID: {403, "0002-00000902",
		"The OSS Access Key Id you provided does not exist in our records."},
	InvalidArgument: {400, "0017-00000901",
		"Invalid Argument."},
	InvalidBucketName: {400, "0015-00000001",
		"The specified bucket is not valid."},
	InvalidDigest: {400, "0002-00000101",
		"The Content-MD5 you specified was invalid."},
	InvalidEncryptionAlgorithm: {400, "0005-00000005",
		"The Encryption request you specified is not valid. Supported value: AES256/KMS/SM4."},
	InvalidObjectName: {400, "0016-00000002",
		"The specified object is not valid."},
	InvalidObjectState: {403, "0016-00000701",
		"The operation is not valid for the object's state"},
	InvalidPart: {400, "0042-00000205",
		"One or more of the specified parts could not be found or the specified entity tag might not have " +
			"matched the part's entity tag."},
	InvalidPartOrder: {400, "0042-00000209",
		"The list of parts was not in ascending order. Parts list must specified in order by part number."},
	InvalidPolicyDocument: {400, "0030-00000005",
		"The policy is invalid."},
	InvalidRange: {416, "0026-00000031",
		"The requested range cannot be satisfied."},
	InvalidSecurityToken: {403, "0002-00000603",
		"The security token you provided is invalid."},
	InvalidStorageClass: {400, "0016-00000501",
		"The storage class you specified is invalid."},
	InvalidTag: {400, "0041-00000004",
		"The tag you specified is invalid."},
	InvalidTargetType: {400, "0016-00000204",
		"The target of the symlink is itself a symlink."},
	InventoryAlreadyExist: {409, "0000-00000000",
		"The inventory you specified already exists."},
	InventoryExceedLimit: {400, "0000-00000000",
		"You are not allowed to create more inventory than limit."},
	MalformedXML: {400, "0017-00000902",
		"The XML you provided was not well-formed or did not validate against our published schema."},
	MetaOperationQPSLimit: {503, "0048-00000104",
		"Meta operation QPS limit exceeded."},
	MethodNotAllowed: {405, "0003-00000405",
		"The specified method is not allowed against this resource."},
	MissingArgument: {400, "0016-00000606",
		"Missing Some Required Arguments."},
	MissingContentLength: {411, "0017-00000803",
		"You must provide the Content-Length HTTP header."},
	NoSuchBucket: {404, "0015-00000101",
		"The specified bucket does not exist."},
	NoSuchBucketPolicy: {404, "0030-00000006",
		"The specified bucket policy does not exist."},
	NoSuchCORSConfiguration: {404, "0000-00000000",
		"The CORS Configuration does not exist."},
	NoSuchInventory: {404, "0000-00000000",
		"The specified inventory does not exist."},
	NoSuchKey: {404, "0026-00000001",
		"The specified key does not exist."},
	NoSuchUpload: {404, "0042-00000002",
		"The specified upload does not exist. The upload ID may be invalid, or the upload may have been " +
			"aborted or completed."},
	NoSuchVersion: {404, "0026-00000002",
		"The specified version does not exist."},
	NotImplemented: {501, "0003-00000501",
		"A header or a parameter you provided implies functionality that is not implemented."},
	NotModified: {304, "0026-00000033",
		"The resource was not modified."},
	NotSymlink: {400, "0016-00000201",
		"The object you specified is not a symlink."},
	ObjectNotAppendable: {409, "0026-00000101",
		"The object is not appendable"},
	OperationNotSupported: {400, "0016-00000703",
		"The operation is not supported for this resource"},
	PositionNotEqualToLength: {409, "0026-00000102",
		"Position is not equal to file length"},
	PreconditionFailed: {412, "0026-00000032",
		"At least one of the pre-conditions you specified did not hold."},
	RequestTimeout: {400, "0027-00000202",
		"Your socket connection to the server was not read from or written to within the timeout period."},
	RequestTimeTooSkewed: {403, "0002-00000504",
		"The difference between the request time and the current time is too large."},
	RestoreAlreadyInProgress: {409, "0016-00000708",
		"The restore operation is in progress."},
	SecurityTokenExpired: {403, "0002-00000606",
		"The security token you provided has expired."},
	ServiceUnavailable: {503, "0048-00000503",
		"Please reduce your request rate."},
	SecondLevelDomainForbidden: {403, "0003-00001401",
		"Please use virtual hosted style to access."},
	SignatureDoesNotMatch: {403, "0002-00000201",
		"The request signature we calculated does not match the signature you provided. Check your key and " +
			"signing method."},
	SymlinkTargetNotExist: {404, "0026-00000005",
		"The symlink target object does not exist"},
	TooManyBuckets: {400, "0015-00000204",
		"You have attempted to create more buckets than allowed."},
	TotalQPSLimitExceeded: {503, "0048-00000101",
		"Total QPS limit exceeded."},
	UploadTrafficRateLimit: {503, "0048-00000105",
		"Upload traffic rate limit exceeded."},
}
