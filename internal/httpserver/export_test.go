package httpserver

// ListenError is the error of an address that cannot be bound.
var ListenError = listenError
