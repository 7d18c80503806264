package client

// Options is for tests with a server, whose package imports this one.
var Options = options
