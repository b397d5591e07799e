package medialive

import _ "embed" // openapi.yaml

//go:embed openapi.yaml
var openAPI string

// Spec gives the specification that this package follows, as OpenAPI 3 in YAML.
func Spec() string { return openAPI }
