package app

import (
	"fmt"
	"io"

	"github.com/flowdeck/flowdeck/internal/gateway/iam"
)

// greet tells a person where to go, and, once, the password that was made.
func greet(out io.Writer, url, password string) {
	if password == "" {
		fmt.Fprintf(out, "\nFlowdeck is ready: %s\n\n", url)
		return
	}
	fmt.Fprintf(out, `
Flowdeck is ready: %s

  This is the first start. Sign in with

    account   %s
    user      %s
    password  %s

  The password is shown this once. "flowdeck user passwd %s" sets another.

`, url, accountName, iam.AdminName, password, iam.AdminName)
}
