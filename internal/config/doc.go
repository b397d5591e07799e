// Package config is Flowdeck's settings: typed, checked together, and safe to
// print. A setting comes from a flag, else from the environment, else from the
// file given with --config, else from its default.
package config
