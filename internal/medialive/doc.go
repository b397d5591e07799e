// Package medialive knows the Media Live API of Huawei Cloud: its nouns, its
// limits, its errors, and a typed client for it, for IAM, for Cloud Eye, and for
// the extensions that a Flowdeck gateway adds under /ext/v1.
//
// Nothing outside this package builds an upstream request. The specification
// it follows is openapi.yaml in this folder.
package medialive
