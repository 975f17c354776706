"""Where H(A1) comes from: implementations of `httpauth.protocols.Users`."""
