package localoss

// level is what the address of a request names: nothing, a bucket, or an object.
type level int

const (
	onService level = iota
	onBucket
	onObject
)

// public is the access that an ACL must grant for a request without a signature.
type public int

const (
	never public = iota
	readObject
	writeObject
	readBucket
	anyone // whatever the ACL
)

// operation is one row of the routing table.
type operation struct {
	level  level
	method string
	// subresource is the query parameter that selects the operation, "" for none.
	subresource string
	// copies is whether the operation requires the header x-oss-copy-source.
	copies bool

	name   string // OSS's name
	accept func(*Server, *request) (effect, *Error)
	// action is the RAM action needed on the request's own resource. A request with a versionId
	// needs versioned instead, unless that is "".
	action, versioned string
	public            public
	// makesBucket is whether the operation makes the bucket if it does not exist.
	makesBucket bool
}

// operations is the routing table.
var operations = []operation{
	{level: onService, method: "GET",
		name: "ListBuckets", accept: (*Server).listBuckets,
		action: "ListBuckets"},

	{level: onBucket, method: "PUT",
		name: "PutBucket", accept: (*Server).putBucket,
		action: "PutBucket", makesBucket: true},
	{level: onBucket, method: "DELETE",
		name: "DeleteBucket", accept: (*Server).deleteBucket,
		action: "DeleteBucket"},
	{level: onBucket, method: "HEAD",
		name: "HeadBucket", accept: (*Server).headBucket,
		action: "GetBucketInfo"},
	{level: onBucket, method: "GET",
		name: "ListObjects", accept: (*Server).listObjects,
		action: "ListObjects", public: readBucket},
	{level: onBucket, method: "GET", subresource: "list-type",
		name: "ListObjectsV2", accept: (*Server).listObjectsV2,
		action: "ListObjects", public: readBucket},
	{level: onBucket, method: "GET", subresource: "versions",
		name: "ListObjectVersions", accept: (*Server).listObjectVersions,
		action: "ListObjectVersions"},
	{level: onBucket, method: "GET", subresource: "uploads",
		name: "ListMultipartUploads", accept: (*Server).listMultipartUploads,
		action: "ListMultipartUploads"},
	{level: onBucket, method: "POST", subresource: "delete",
		name: "DeleteMultipleObjects", accept: (*Server).deleteMultipleObjects},
	{level: onBucket, method: "GET", subresource: "bucketInfo",
		name: "GetBucketInfo", accept: (*Server).getBucketInfo,
		action: "GetBucketInfo"},
	{level: onBucket, method: "GET", subresource: "location",
		name: "GetBucketLocation", accept: (*Server).getBucketLocation,
		action: "GetBucketLocation"},
	{level: onBucket, method: "GET", subresource: "stat",
		name: "GetBucketStat", accept: (*Server).getBucketStat,
		action: "GetBucketStat"},
	{level: onBucket, method: "PUT", subresource: "acl",
		name: "PutBucketAcl", accept: (*Server).putBucketACL,
		action: "PutBucketAcl", makesBucket: true},
	{level: onBucket, method: "GET", subresource: "acl",
		name: "GetBucketAcl", accept: (*Server).getBucketACL,
		action: "GetBucketAcl"},
	{level: onBucket, method: "PUT", subresource: "versioning",
		name: "PutBucketVersioning", accept: (*Server).putBucketVersioning,
		action: "PutBucketVersioning"},
	{level: onBucket, method: "GET", subresource: "versioning",
		name: "GetBucketVersioning", accept: (*Server).getBucketVersioning,
		action: "GetBucketVersioning"},
	{level: onBucket, method: "PUT", subresource: "requestPayment",
		name: "PutBucketRequestPayment", accept: (*Server).putBucketRequestPayment,
		action: "PutBucketRequestPayment"},
	{level: onBucket, method: "GET", subresource: "requestPayment",
		name: "GetBucketRequestPayment", accept: (*Server).getBucketRequestPayment,
		action: "GetBucketRequestPayment"},
	{level: onBucket, method: "PUT", subresource: "tagging",
		name: "PutBucketTags", accept: (*Server).putBucketTags,
		action: "PutBucketTagging"},
	{level: onBucket, method: "GET", subresource: "tagging",
		name: "GetBucketTags", accept: (*Server).getBucketTags,
		action: "GetBucketTagging"},
	{level: onBucket, method: "DELETE", subresource: "tagging",
		name: "DeleteBucketTags", accept: (*Server).deleteBucketTags,
		action: "DeleteBucketTagging"},
	{level: onBucket, method: "PUT", subresource: "policy",
		name: "PutBucketPolicy", accept: (*Server).putBucketPolicy,
		action: "PutBucketPolicy"},
	{level: onBucket, method: "GET", subresource: "policy",
		name: "GetBucketPolicy", accept: (*Server).getBucketPolicy,
		action: "GetBucketPolicy"},
	{level: onBucket, method: "DELETE", subresource: "policy",
		name: "DeleteBucketPolicy", accept: (*Server).deleteBucketPolicy,
		action: "DeleteBucketPolicy"},
	{level: onBucket, method: "PUT", subresource: "cors",
		name: "PutBucketCors", accept: (*Server).putBucketCORS,
		action: "PutBucketCors"},
	{level: onBucket, method: "GET", subresource: "cors",
		name: "GetBucketCors", accept: (*Server).getBucketCORS,
		action: "GetBucketCors"},
	{level: onBucket, method: "DELETE", subresource: "cors",
		name: "DeleteBucketCors", accept: (*Server).deleteBucketCORS,
		action: "DeleteBucketCors"},
	{level: onBucket, method: "OPTIONS",
		name: "OptionObject", accept: (*Server).optionObject, public: anyone},
	{level: onBucket, method: "PUT", subresource: "inventoryId",
		name: "PutBucketInventory", accept: (*Server).putBucketInventory,
		action: "PutBucketInventory"},
	{level: onBucket, method: "PUT", subresource: "inventory",
		name: "PutBucketInventory", accept: (*Server).withoutInventoryID,
		action: "PutBucketInventory"},
	{level: onBucket, method: "GET", subresource: "inventoryId",
		name: "GetBucketInventory", accept: (*Server).getBucketInventory,
		action: "GetBucketInventory"},
	{level: onBucket, method: "GET", subresource: "inventory",
		name: "ListBucketInventory", accept: (*Server).listBucketInventory,
		action: "GetBucketInventory"},
	{level: onBucket, method: "DELETE", subresource: "inventoryId",
		name: "DeleteBucketInventory", accept: (*Server).deleteBucketInventory,
		action: "DeleteBucketInventory"},
	{level: onBucket, method: "DELETE", subresource: "inventory",
		name: "DeleteBucketInventory", accept: (*Server).withoutInventoryID,
		action: "DeleteBucketInventory"},
	{level: onBucket, method: "GET", subresource: "live",
		name: "ListLiveChannel", accept: (*Server).listLiveChannel,
		action: "ListLiveChannel"},
	{level: onBucket, method: "GET", subresource: "accessPoint",
		name: "ListAccessPoints", accept: (*Server).listAccessPoints,
		action: "ListAccessPoints"},

	{level: onObject, method: "PUT",
		name: "PutObject", accept: (*Server).putObject,
		action: "PutObject", public: writeObject},
	{level: onObject, method: "PUT", copies: true,
		name: "CopyObject", accept: (*Server).copyObject,
		action: "PutObject"},
	{level: onObject, method: "GET",
		name: "GetObject", accept: (*Server).getObject,
		action: "GetObject", versioned: "GetObjectVersion", public: readObject},
	{level: onObject, method: "HEAD",
		name: "HeadObject", accept: (*Server).headObject,
		action: "GetObject", versioned: "GetObjectVersion", public: readObject},
	{level: onObject, method: "HEAD", subresource: "objectMeta",
		name: "GetObjectMeta", accept: (*Server).getObjectMeta,
		action: "GetObject", versioned: "GetObjectVersion", public: readObject},
	{level: onObject, method: "OPTIONS",
		name: "OptionObject", accept: (*Server).optionObject, public: anyone},
	{level: onObject, method: "DELETE",
		name: "DeleteObject", accept: (*Server).deleteObject,
		action: "DeleteObject", versioned: "DeleteObjectVersion", public: writeObject},
	// The Python SDK v1 deletes with the parameters with which it has read a symlink.
	{level: onObject, method: "DELETE", subresource: "symlink",
		name: "DeleteObject", accept: (*Server).deleteObject,
		action: "DeleteObject", versioned: "DeleteObjectVersion", public: writeObject},
	{level: onObject, method: "POST", subresource: "append",
		name: "AppendObject", accept: (*Server).appendObject,
		action: "PutObject", public: writeObject},
	{level: onObject, method: "PUT", subresource: "acl",
		name: "PutObjectAcl", accept: (*Server).putObjectACL,
		action: "PutObjectAcl", versioned: "PutObjectVersionAcl"},
	{level: onObject, method: "GET", subresource: "acl",
		name: "GetObjectAcl", accept: (*Server).getObjectACL,
		action: "GetObjectAcl", versioned: "GetObjectVersionAcl"},
	{level: onObject, method: "PUT", subresource: "tagging",
		name: "PutObjectTagging", accept: (*Server).putObjectTagging,
		action: "PutObjectTagging", versioned: "PutObjectVersionTagging"},
	{level: onObject, method: "GET", subresource: "tagging",
		name: "GetObjectTagging", accept: (*Server).getObjectTagging,
		action: "GetObjectTagging", versioned: "GetObjectVersionTagging"},
	{level: onObject, method: "DELETE", subresource: "tagging",
		name: "DeleteObjectTagging", accept: (*Server).deleteObjectTagging,
		action: "DeleteObjectTagging", versioned: "DeleteObjectVersionTagging"},
	{level: onObject, method: "PUT", subresource: "symlink",
		name: "PutSymlink", accept: (*Server).putSymlink,
		action: "PutObject", public: writeObject},
	{level: onObject, method: "GET", subresource: "symlink",
		name: "GetSymlink", accept: (*Server).getSymlink,
		action: "GetObject", versioned: "GetObjectVersion", public: readObject},
	{level: onObject, method: "POST", subresource: "restore",
		name: "RestoreObject", accept: (*Server).restoreObject,
		action: "RestoreObject", versioned: "RestoreObjectVersion"},
	{level: onObject, method: "POST", subresource: "cleanRestoredObject",
		name: "CleanRestoredObject", accept: (*Server).cleanRestoredObject,
		action: "CleanRestoredObject"},

	{level: onObject, method: "POST", subresource: "uploads",
		name: "InitiateMultipartUpload", accept: (*Server).initiateMultipartUpload,
		action: "PutObject"},
	{level: onObject, method: "PUT", subresource: "uploadId",
		name: "UploadPart", accept: (*Server).uploadPart,
		action: "PutObject"},
	{level: onObject, method: "PUT", subresource: "uploadId", copies: true,
		name: "UploadPartCopy", accept: (*Server).uploadPartCopy,
		action: "PutObject"},
	{level: onObject, method: "POST", subresource: "uploadId",
		name: "CompleteMultipartUpload", accept: (*Server).completeMultipartUpload,
		action: "PutObject"},
	{level: onObject, method: "DELETE", subresource: "uploadId",
		name: "AbortMultipartUpload", accept: (*Server).abortMultipartUpload,
		action: "AbortMultipartUpload"},
	{level: onObject, method: "GET", subresource: "uploadId",
		name: "ListParts", accept: (*Server).listParts,
		action: "ListParts"},
}
